// Numbers and words as the page says them. Pure.

import { CAUSES, type CauseName, type ClearRule, type Rung } from "../../proto/mode.js";
import { leftText as left } from "../../proto/span-text.js";

export { ageText } from "../../proto/span-text.js";

/** What is left in ms, rounded down; "none" when there is nothing. */
export function leftText(ms: number | undefined): string {
  return left(ms, "none");
}

/** A number with a unit, or that it is not told. */
export function told(value: number | undefined | null, unit: string, digits = 1): string {
  return value === undefined || value === null || !Number.isFinite(value)
    ? "not told"
    : `${value.toFixed(digits)} ${unit}`;
}

/** A moment of the wall clock as local time of day, "14:03:07"; "-" for none. */
export function clockText(wallMs: number): string {
  const at = new Date(wallMs);
  if (!Number.isFinite(wallMs) || Number.isNaN(at.getTime())) return "-";
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** "1 robot", "2 robots". */
export function several(found: number, thing: string): string {
  return `${found} ${thing}${found === 1 ? "" : "s"}`;
}

const CLEARS: Readonly<Record<ClearRule, string>> = {
  calm: "clears as soon as its evidence is good",
  dwell: "clears one rung at a time, each after a calm dwell",
  person: "clears when a person clears it and its evidence is good",
};

export interface CauseWords {
  readonly says: string;
  readonly clears: string;
  readonly needsPerson: boolean;
}

/** What a cause means and how it lets go. A cause that this page does not know waits for a person. */
export function causeWords(name: string): CauseWords {
  const known = Object.hasOwn(CAUSES, name) ? CAUSES[name as CauseName] : undefined;
  if (known === undefined)
    return { says: "this page does not know this cause", clears: CLEARS.person, needsPerson: true };
  return { says: known.says, clears: CLEARS[known.clear], needsPerson: known.clear === "person" };
}

/** R8: what a robot does on each rung. */
export const DOES: Readonly<Record<Rung, string>> = {
  AUTONOMOUS: "drives by its models; takes new tasks",
  REACTIVE_ONLY: "goes slowly by reactive rules to the end of its checked path, then holds; gets nothing new",
  CONFIRM: "holds; its lease is not renewed",
  HALT: "stands until a person clears it",
};

export const SHORT: Readonly<Record<Rung, string>> = {
  AUTONOMOUS: "AUTO",
  REACTIVE_ONLY: "REACTIVE",
  CONFIRM: "CONFIRM",
  HALT: "HALT",
};

const NEXT: Readonly<Record<string, string>> = {
  BUSY: "See on the map who holds it; choose another place, or wait.",
  PLACE_UNKNOWN: "Let the robots be heard, or look there and state the place free.",
  LEASE_RUNNING: "Ask again when that time is over; until then the robot may still move.",
  NOT_AUTONOMOUS: "The robot's card names what holds it.",
  ROBOT_STALE: "Wait until its telemetry is fresh again.",
  TASK_ENDED: "The task list shows how it ended.",
  TASK_DIFFERS: "Give another name, or none.",
  TOO_MANY: "Ask again when some of them have ended.",
  NO_ACT: "Give your name and a reason.",
  NOTHING_TO_DO: "There is nothing of that kind to change; the robot's card shows what holds it.",
  NOT_LOWER: "Choose a lower rung; robots climb by themselves.",
  WRONG_IDENTITY: "Act under the name that your token carries, or with a token that may act.",
  SITE_STOPPING: "Ask again when the hub is back.",
  SUPERSEDED: "Ask again.",
  MALFORMED: "Reload this page; it may be of another version than the hub.",
};

/** What to do after a refusal. */
export function nextStep(code: string): string {
  if (code.startsWith("UNKNOWN")) return "Choose a name from the lists of this page.";
  return NEXT[code] ?? "See the hub's log.";
}
