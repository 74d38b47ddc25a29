// Which robot needs a person first, and why in one sentence. Pure.

import type { ConsoleSite, LiveRobot } from "../../proto/console.js";
import { NEVER_FRESH } from "../../proto/freshness.js";
import { severity } from "../../proto/mode.js";
import { type Freshness, freshnessOf, leaseLeftMs } from "./ages.js";
import { ageText, causeWords, clockText, DOES, leftText } from "./words.js";

export interface Need {
  readonly id: string;
  /** 0: nothing; higher is more urgent. */
  readonly level: number;
  readonly freshness: Freshness;
  /** What is the matter, since when, and what is done about it; "" when nothing is. */
  readonly why: string;
}

export interface Seen {
  readonly site: ConsoleSite;
  readonly viewAgeMs: number;
  /** The page itself has heard nothing for a while: what the hub did since is not known. */
  readonly isStale: boolean;
  /** The wall clock of the hub by now. */
  readonly wallMs: number;
}

const LOW_CHARGE = 0.15;

export function needOf(robot: LiveRobot, seen: Seen): Need {
  const freshness = freshnessOf(robot, seen.site, seen.viewAgeMs);
  return { id: robot.id, level: levelOf(robot, freshness), freshness, why: whyOf(robot, { freshness, seen }) };
}

function levelOf(robot: LiveRobot, { verdict }: Freshness): number {
  if (robot.absent) return 0;
  const person = robot.causes.some(({ name }) => causeWords(name).needsPerson) ? 1 : 0;
  const silent = verdict === "lost" ? 6 : verdict === "late" ? 4 : 0;
  const base = Math.max(silent, 2 * severity(robot.rung) + person, robot.linked ? 0 : 3);
  if (base > 0) return base;
  return robot.chargeRatio !== undefined && robot.chargeRatio < LOW_CHARGE && !robot.charging ? 1 : 0;
}

function whyOf(robot: LiveRobot, { freshness, seen }: { readonly freshness: Freshness; readonly seen: Seen }): string {
  if (robot.absent) return "stated to be off the floor";
  const { ageMs, verdict } = freshness;
  const parts: string[] = [];
  if (ageMs === NEVER_FRESH) parts.push("never heard since the hub started");
  else if (verdict !== "fresh") {
    const words = seen.isStale ? "not heard by this page for" : "silent for";
    parts.push(`${words} ${ageText(ageMs)}, since ${clockText(seen.wallMs - ageMs)}`);
  }
  if (!robot.linked) parts.push("no link");
  const [worst] = robot.causes;
  if (worst !== undefined && worst.name !== "telemetry-stale")
    parts.push(worst.detail === "" ? worst.name : `${worst.name}: ${worst.detail}`);
  if (robot.rung !== "AUTONOMOUS") parts.push(DOES[robot.rung]);
  if (verdict !== "fresh" || !robot.linked) parts.push(leaseWords(robot, seen));
  if (parts.length > 0) return parts.join("; ");
  return robot.chargeRatio !== undefined && robot.chargeRatio < LOW_CHARGE && !robot.charging ? "battery is low" : "";
}

/** How long it may still move. A lease may have been renewed since the last view of a page that is stale. */
export function leaseWords(robot: LiveRobot, seen: Pick<Seen, "viewAgeMs" | "isStale">): string {
  if (seen.isStale) return "whether it may move is not known to this page";
  const leftMs = leaseLeftMs(robot, seen.viewAgeMs);
  return leftMs === undefined ? "no lease runs: it stands by itself" : `may move for ${leftText(leftMs)} more`;
}

/** Most urgent first; among equals the longest silent, then by name as people count. */
export function byNeed(one: Need, other: Need): number {
  if (one.level !== other.level) return other.level - one.level;
  if (one.level >= 3 && one.freshness.ageMs !== other.freshness.ageMs && one.freshness.verdict !== "fresh")
    return other.freshness.ageMs > one.freshness.ageMs ? 1 : -1;
  return NAMES.compare(one.id, other.id);
}

const NAMES = new Intl.Collator("en", { numeric: true });
