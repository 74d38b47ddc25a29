// Why a robot cannot take a task on: its first reason, in the order in which the core decides. Whether it may be given
// anything is asked of the grant decision (claims.ts); what else dispatch weighs is asked of dispatch.

import type { RefusalCode } from "../../../proto/errors.js";
import { ageText } from "../../../proto/span-text.js";
import { wayClosed, whyNoGrants, whyOnItsWay } from "../claims.js";
import { Round } from "../dispatch/round.js";
import { type Finding, heldOff } from "../interplay.js";
import { actingClaim, type Task } from "../ledger-state.js";
import { effectiveOf, hubCauses } from "../modes.js";
import { viewOf } from "../round.js";
import { whyTakenOver } from "../taking-over.js";
import { type HubState, Turn } from "../turn.js";
import type { RobotWatch } from "../watch.js";
import type { Beginnings, Fact, FactCode } from "./fact.js";
import { beyondFacts } from "./giving.js";
import { heldOffFact } from "./mode.js";

export interface At {
  readonly nowMs: number;
  readonly began: Beginnings;
}

/** What is made once for an explanation, when it is first asked for: a site may have a thousand robots. */
export interface Look extends At {
  readonly round: () => Round; // as dispatch would see it now
  readonly inHand: () => ReadonlyMap<string, readonly string[]>; // robot to open tasks that are bound to it
}

export function lookOf(state: HubState, at: At): Look {
  const { nowMs } = at;
  const once = <T>(make: () => T): (() => T) => {
    const made: T[] = [];
    return () => {
      if (made.length === 0) made.push(make());
      return made[0] as T;
    };
  };
  return {
    ...at,
    round: once(() => new Round(viewOf(new Turn(state, { nowMs, wallMs: 0 })), { travel: { costM: () => 0 }, nowMs })),
    inHand: once(() => {
      const found = new Map<string, readonly string[]>();
      for (const id of state.ledger.open) {
        const robot = state.ledger.tasks.get(id)?.robot ?? "";
        if (robot !== "") found.set(robot, [...(found.get(robot) ?? []), id]);
      }
      return found;
    }),
  };
}

/** The robots that may serve the task, places aside: its carrier, else those of its fleet. */
export function candidates(state: HubState, task: Task): readonly RobotWatch[] {
  const all = [...state.watches.values()];
  if (task.robot !== "") return all.filter(({ id }) => id === task.robot);
  return task.fleet === "" ? all : all.filter(({ fleet }) => fleet === task.fleet);
}

/** Refusals of every robot alike, which are told of the task itself. */
export function toldForAll(state: HubState, task: Task): ReadonlySet<FactCode> {
  const found = new Set<FactCode>();
  if (task.paused !== null) found.add("PAUSED");
  if (wayClosed(state, "taskGrant", "AUTONOMOUS") !== null) found.add("NOT_PERMITTED");
  return found;
}

/** The first reason for which a robot cannot take the task on, wherever it goes; null when there is none. */
export function whyNotRobot(
  state: HubState,
  watch: RobotWatch,
  { task, at }: { readonly task: Task; readonly at: Look },
): Fact | null {
  const { nowMs } = at;
  const about = watch.id;
  const absent = state.ledger.absent.get(about);
  if (absent !== undefined) return { about, code: "ABSENT", says: `${about} is stated absent (${absent})` };
  const refusal = whyNoGrants(state, watch, nowMs);
  if (refusal !== null)
    return { about, code: refusal.code, says: `${refusal.message}${byCause(state, watch, refusal.code)}` };
  const [beyond] = beyondFacts(state, watch, { purpose: "TASK", nowMs });
  if (beyond !== undefined) return beyond;
  const takenOver = whyTakenOver(state, { robot: about, task });
  if (takenOver !== null) return { about, code: takenOver.code, says: takenOver.message };
  const destination = task.stops[task.stopIndex]?.destinations[0] ?? "";
  if (whyOnItsWay(state, { robot: about, destination }) !== null) {
    const acting = actingClaim(state.ledger, about);
    const what = acting?.task ? `task ${acting.task}` : (acting?.purpose.toLowerCase() ?? "");
    return { about, code: "ACTING", says: `${about} is on its way to ${acting?.destination} (${what})` };
  }
  const [off] = offFact(heldOff(state.interplay, "rung of", about, nowMs), about, at);
  if (off !== undefined) return off;
  return inHand(watch, task, at) ?? excluded(watch, { task, nowMs }) ?? chargeOf(watch, at);
}

/** The cause of the rung that keeps it from new work, or from renewing. */
export function byCause(state: HubState, watch: RobotWatch, code: RefusalCode): string {
  const rung = effectiveOf(state, watch);
  const cause = [...hubCauses(state, watch), ...watch.edgeCauses].find((one) => one.rung === rung);
  if (rung === "AUTONOMOUS" || cause === undefined || watch.stream === null) return "";
  const on = code === "NOT_AUTONOMOUS" ? "" : `, on ${rung}`;
  return `${on} by ${cause.name}${cause.detail === "" ? "" : ` (${cause.detail})`}`;
}

function inHand({ id: about }: RobotWatch, task: Task, at: Look): Fact | null {
  const other = at
    .inHand()
    .get(about)
    ?.find((id) => id !== task.id);
  if (other === undefined) return null;
  return { about, code: "IN_HAND", says: `${about} has task ${other} in hand, which waits for its next stop` };
}

/** What dispatch leaves alone for a while, since it went to and fro. */
export function offFact(finding: Finding | null, about: string, at: Pick<At, "nowMs">): readonly Fact[] {
  return finding === null ? [] : [heldOffFact(finding, about, at)];
}

/** Every place of the stop is one that the robot has lately failed to reach. */
function excluded(watch: RobotWatch, { task, nowMs }: { readonly task: Task; readonly nowMs: number }): Fact | null {
  const places = task.stops[task.stopIndex]?.destinations ?? [];
  const until = places.map((place) => watch.excluded.get(place) ?? 0);
  const leftMs = Math.min(...until) - nowMs;
  if (!(leftMs > 0) || places.length === 0) return null;
  const where = places.slice(0, 4).join(", ");
  const says = `${watch.id} has lately failed to reach ${where}; it is tried again in ${ageText(leftMs)}`;
  return { about: watch.id, code: "EXCLUDED", says, leftMs };
}

/** As dispatch judges its battery. */
function chargeOf(watch: RobotWatch, at: Look): Fact | null {
  const round = at.round();
  const robot = round.robots.get(watch.id);
  if (robot === undefined) return null;
  const energy = round.energy(robot);
  if (energy !== "low" && energy !== "charging") return null;
  const { lowRatio, fullRatio } = round.policyOf(robot);
  const found = `${Math.floor((robot.chargeRatio ?? 0) * 100)} %`;
  const wanted = energy === "low" ? `under ${lowRatio * 100} %, to be charged first` : `until ${fullRatio * 100} %`;
  return {
    about: watch.id,
    code: "LOW_CHARGE",
    says: `${watch.id} ${energy === "low" ? "has" : "charges at"} ${found}, ${wanted}`,
  };
}
