// What people and other systems are shown of a site: readers of the views of operator.proto and the types that follow
// from them. Views are read leniently in their words and numbers, because a person must see a robot although one of its
// values is odd; whoever shows them escapes what a terminal would obey. Unknown rungs read as HALT, unknown places as
// UNKNOWN (R7).

import { type LedgerEvent, readLedgerEvent } from "./ledger.js";
import {
  also,
  count,
  enumOf,
  enumOr,
  flag,
  listOf,
  optional,
  type Read,
  type Reader,
  struct,
  WireRefused,
} from "./shape.js";
import { rung } from "./wire.js";

export const PLACE_STATES = ["FREE", "CLAIMED", "LAPSED_UNKNOWN", "OCCUPIED_UNCLAIMED", "UNKNOWN"] as const;
export type PlaceState = (typeof PLACE_STATES)[number];
/**
 * How far a HALT that the hub imposes on a robot has come, by evidence: its edge has not said that it follows; it has;
 * and it has been seen to stand since.
 */
export const HALT_STATES = ["not-delivered", "delivered", "obeyed"] as const;
export type HaltState = (typeof HALT_STATES)[number];
export const TASK_PHASES = ["WAITING", "ACTIVE", "DONE", "TASK_FAILED", "CANCELLED"] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];

export const MOST_ROBOTS = 4096;
const MOST_TASKS = 200_000;
const MOST_LINES = 10_000;

/** Text of any kind: a view is shown whatever words it holds. */
export const said: Reader<string> = (value, path) => {
  if (typeof value !== "string") throw new WireRefused(path, "text", value);
  return value;
};
const real: Reader<number> = (value, path) => {
  if (typeof value !== "number") throw new WireRefused(path, "a number", value);
  return value;
};
const cause = struct({ name: said, rung, detail: said });
const causes = listOf(cause, 256);
const token = struct({ epoch: count, counter: count });
export const phase = enumOf(TASK_PHASES);

const confidence = struct({ least: real, unsure: count, tenths: listOf(count, 256) });

const robotView = struct({
  id: said,
  fleet: said,
  linked: flag,
  rung,
  causes,
  ageBoundMs: optional(count),
  leaseLeftMs: optional(count),
  task: said,
  destination: said,
  pose: optional(struct({ xM: real, yM: real, headingRad: real })),
  errorM: real,
  speedMps: real,
  chargeRatio: optional(real),
  charging: flag,
  planMs: optional(real),
  activity: said,
  blockedBy: said,
  pathM: listOf(real, 4096),
  absent: flag,
  telemetryCapturedMs: optional(count),
  telemetryVerdict: said,
  telemetrySent: count,
  plans: count,
  planDeadlineMisses: count,
  inferenceMs: real,
  model: optional(struct({ name: said, drives: flag, confidence: optional(confidence) })),
  halt: said,
});
export const readRobotView = also(robotView, { drained: said, overrideLeftMs: count });
/** A robot as people see it. Absent `ageBoundMs`: nothing was ever fresh; absent `leaseLeftMs`: no lease; absent
 * `model`: what drives it is not told. */
export type RobotView = Read<typeof readRobotView>;

const readFleetView = struct({ id: said, rung, causes, robots: count, stale: count });
export type FleetView = Read<typeof readFleetView>;

const readTaskCounts = struct({
  submitted: count,
  accepted: count,
  waiting: count,
  active: count,
  done: count,
  failed: count,
  cancelled: count,
});
export type TaskCounts = Read<typeof readTaskCounts>;

const readDecisionView = struct({
  id: said,
  question: said,
  subject: said,
  waitingMs: count,
  safeDefault: said,
  type: said,
  version: count,
  deadlineLeftMs: count,
  choices: listOf(said, 16),
  why: said,
  evidence: listOf(said, 64),
});
export type DecisionView = Read<typeof readDecisionView>;

export const readSiteView = struct({
  site: said,
  epoch: count,
  events: count,
  upMs: count,
  restartWaitMs: count,
  grantsFrozen: flag,
  robots: listOf(readRobotView, MOST_ROBOTS),
  fleets: listOf(readFleetView, MOST_ROBOTS),
  tasks: readTaskCounts,
  decisions: listOf(readDecisionView, MOST_LINES),
  nowMs: count,
  telemetryReceived: count,
  telemetryRefused: count,
  telemetryBytes: count,
});
export type SiteView = Read<typeof readSiteView>;

export const readPlaceView = struct({
  id: said,
  state: enumOr(PLACE_STATES, "UNKNOWN"),
  robot: said,
  task: said,
  token: optional(token),
  detail: said,
});
export type PlaceView = Read<typeof readPlaceView>;

const taskView = struct({
  id: said,
  phase,
  stops: listOf(struct({ destinations: listOf(said, 4096) }), 4096),
  stopIndex: count,
  robot: said,
  destination: said,
  fleet: said,
  operator: said,
  acceptedAgoMs: count,
  detail: said,
});
export const readTaskView = also(taskView, {
  priority: count,
  deadlineLeftMs: count,
  lateMs: count,
  doneInMs: count,
  paused: said,
});
export type TaskView = Read<typeof readTaskView>;

export const readListRobotsResponse = struct({ robots: listOf(readRobotView, MOST_ROBOTS) });
export const readListPlacesResponse = struct({ places: listOf(readPlaceView, MOST_ROBOTS) });
export const readListTasksResponse = struct({ tasks: listOf(readTaskView, MOST_TASKS) });

export const readExplainResponse = struct({
  kind: said,
  lines: listOf(said, MOST_LINES),
  events: listOf<LedgerEvent>(readLedgerEvent, MOST_LINES),
  facts: listOf(
    struct({ about: said, code: said, says: said, forMs: optional(count), leftMs: optional(count) }),
    MOST_LINES,
  ),
});
/** One thing that stands now; times in ms. */
export interface ToldFact {
  readonly about: string;
  readonly code: string;
  readonly says: string;
  readonly forMs?: number | undefined;
  readonly leftMs?: number | undefined;
}
export interface ExplainResponse extends Omit<Read<typeof readExplainResponse>, "facts"> {
  readonly facts: readonly ToldFact[];
}
