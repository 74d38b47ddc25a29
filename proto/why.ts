// Why this robot and not another, as the dispatcher weighed it: plain data that travels with a claim into the ledger.
// Bounded (R13): the best few of those that lost, each with one word of a closed list and a sentence for people.

import { count, enumOf, listOf, number, type Read, structOf, text } from "./shape.js";

/** Why a robot or a place lost. */
export const WHY_NOT = {
  FURTHER: "its way is longer",
  TAKEN_BY_OTHER: "it was given something else in the same round",
  HAS_WORK: "it has work of its own",
  CARRIES_LOAD: "it carries the load of another task",
  DRAINED: "a person has it drained",
  FLEET_DIFFERS: "the task is for another fleet",
  CHARGE_LOW: "its charge is too low",
  CHARGING: "it charges, and another one was there",
  NO_LEASE: "it has no link or no lease",
  NOT_AUTONOMOUS: "its mode takes no work",
  ROBOT_STALE: "its telemetry is too old",
  FAILED_LATELY: "it failed to get there lately",
  NO_WAY: "there is no way",
  KEPT: "it is kept for a task that has waited long",
  PLACE_HELD: "the place, or one in conflict with it, is held",
  OTHER: "another reason",
} as const satisfies Record<string, string>;
export type WhyNotReason = keyof typeof WHY_NOT;
const REASONS = Object.keys(WHY_NOT) as WhyNotReason[];

export const WHY_ROBOTS_MOST = 5;
export const WHY_PLACES_MOST = 3;
export const WHY_CHARACTERS_MOST = 120;
const WAY_MOST_M = 1e9;

const costM = number(0, WAY_MOST_M);
const whyNot = structOf({ subject: text(64), reason: enumOf(REASONS), detail: text(WHY_CHARACTERS_MOST) }, { costM });
export const readAssignmentWhy = structOf(
  {
    ...{ costM, waitedMs: count, lookedAt: count },
    ...{ robots: listOf(whyNot, WHY_ROBOTS_MOST), places: listOf(whyNot, WHY_PLACES_MOST) },
  },
  {},
);
export type AssignmentWhy = Read<typeof readAssignmentWhy>;
export type WhyNot = Read<typeof whyNot>;

/** One line per fact, for people. */
export function whyLines(robot: string, why: AssignmentWhy): readonly string[] {
  const waited = `its waiting counted for ${(why.waitedMs / 1000).toFixed(0)} s`;
  const best = why.lookedAt === 1 ? `${robot} goes on with it` : `${robot} was the best of ${why.lookedAt} robots`;
  return [
    `${best}: ${why.costM.toFixed(1)} m away, ${waited}`,
    ...why.robots.map((not) => `not ${not.subject}: ${not.detail || WHY_NOT[not.reason]}`),
    ...why.places.map((not) => `not to ${not.subject}: ${not.detail || WHY_NOT[not.reason]}`),
  ];
}
