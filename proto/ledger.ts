// The events of the hub's ledger as typed values (DESIGN: ledger), and their readers. What each one changes is written
// in hub/core/apply.ts alone.

import { RUNGS } from "./mode.js";
import {
  count,
  enumOf,
  id,
  listOf,
  maybeId,
  oneOf,
  type Read,
  struct,
  structOf,
  text,
  toOneOf,
  upTo,
} from "./shape.js";
import { readAssignmentWhy } from "./why.js";
import { MODEL_CHARACTERS, PURPOSES, rungTold, token } from "./wire.js";

export const LEDGER_SCHEMA = 1;
export const TASK_ENDS = ["END_DONE", "END_FAILED", "END_CANCELLED"] as const;
export const ASSIGNMENT_ENDS = ["COMPLETED", "GAVE_UP", "WITHDRAWN", "ABANDONED", "REFUSED"] as const;
export const FREE_EXITS = ["LEFT", "SEEN_ELSEWHERE", "STATED_FREE", "REPLACED"] as const;

export const INTERPLAYS = [
  "TASK_TO_AND_FRO",
  "ROBOT_TO_AND_FRO",
  "ACTORS_FIGHT",
  "RUNG_FLAPS",
  "MODEL_TO_AND_FRO",
] as const;

const MOST_IN_CHAIN = 64;
/** How urgent a task is: 0 whenever, 9 before all else. Each step counts as a time of waiting (`dispatch`). */
export const PRIORITY_MOST = 9;
export const PRIORITY_USUAL = 5;
export const DEADLINE_VERDICTS = ["EXPECTED_LATE", "EXPECTED_IN_TIME", "MISSED"] as const;
export type DeadlineVerdict = (typeof DEADLINE_VERDICTS)[number];
/** Of a deadline or an override: 30 days. */
export const SPAN_MS_MOST = 2_592_000_000;

const MOST_STOPS = 64;
const MOST_ALTERNATIVES = 4096;
const prose = text(400);
export const stop = struct({ destinations: listOf(id, MOST_ALTERNATIVES) });
export const stops = listOf(stop, MOST_STOPS);

const readBody = oneOf({
  hubStarted: struct({ epoch: count, longestWaitMs: count, configHash: text(128), software: text(64) }),
  robotEnrolled: struct({ robot: id }),
  robotAbsent: struct({ robot: id, operator: text(64), reason: prose, seen: prose }),
  taskAccepted: structOf(
    { task: id, stops, fleet: maybeId, dwellMs: count, operator: text(64), reason: prose },
    { priority: upTo(PRIORITY_MOST), deadlineMs: upTo(SPAN_MS_MOST) },
  ),
  taskEnded: struct({ task: id, end: enumOf(TASK_ENDS), reason: prose }),
  cancelAsked: struct({ task: id, operator: text(64), reason: prose }),
  claimed: structOf(
    {
      ...{ token, assignment: id, robot: id, destination: id, purpose: enumOf(PURPOSES), task: maybeId },
      ...{ stopIndex: count, leaseMs: count },
    },
    { why: readAssignmentWhy },
  ),
  arrived: struct({ token, outcome: id }),
  assignmentEnded: struct({ token, end: enumOf(ASSIGNMENT_ENDS), reason: prose, outcome: maybeId }),
  claimLapsed: struct({ token }),
  claimFreed: struct({ token, exit: enumOf(FREE_EXITS), operator: text(64), reason: prose, seen: prose }),
  ceilingSet: structOf(
    { robot: maybeId, fleet: maybeId, rung: rungTold, operator: text(64), reason: prose },
    { forMs: upTo(SPAN_MS_MOST) },
  ),
  ceilingCleared: struct({ robot: maybeId, fleet: maybeId, operator: text(64), reason: prose }),
  modeChanged: struct({ robot: maybeId, fleet: maybeId, from: enumOf(RUNGS), to: enumOf(RUNGS), cause: text(64) }),
  questionAsked: struct({
    question: id,
    type: id,
    subject: text(128),
    facts: prose,
    answerMs: count,
    safeDefault: id,
  }),
  questionAnswered: struct({ question: id, version: count, choice: id, operator: text(64), reason: prose }),
  questionExpired: struct({ question: id, version: count, choice: id }),
  questionWithdrawn: struct({ question: id, version: count }),
  actRecorded: struct({ act: text(64), subject: text(64), operator: text(64), reason: prose, seen: prose }),
  interplayFound: struct({
    ...{ what: enumOf(INTERPLAYS), subject: id, between: listOf(text(MODEL_CHARACTERS), MOST_IN_CHAIN), times: count },
    ...{ events: listOf(count, MOST_IN_CHAIN), holdOffMs: count },
  }),
  deadlineTold: struct({ task: id, verdict: enumOf(DEADLINE_VERDICTS), byMs: count, detail: prose }),
  taskPaused: struct({ task: id, operator: text(64), reason: prose }),
  taskResumed: struct({ task: id, operator: text(64), reason: prose }),
  robotDrained: struct({ robot: id, operator: text(64), reason: prose }),
  robotUndrained: struct({ robot: id, operator: text(64), reason: prose }),
  ceilingEnded: struct({ robot: maybeId, fleet: maybeId, rung: rungTold }),
  climbHeld: struct({ robot: id, rung: enumOf(RUNGS), cause: text(200) }),
  modelSwapAllowed: struct({ robot: id, model: id, version: id, sha256: id, from: text(MODEL_CHARACTERS) }),
});
export type LedgerBody = Read<typeof readBody>;

const readTag = struct({ sequence: count, schema: count, epoch: count, hubMs: count, wallMs: count });

export interface LedgerEvent extends Read<typeof readTag> {
  readonly body: LedgerBody;
}

/** Reads the plain object that the codec gives for a LedgerEvent. Throws WireRefused. */
export function readLedgerEvent(plain: unknown, path: string): LedgerEvent {
  return { ...readTag(plain, path), body: readBody(plain, path) };
}

/** The reverse of readLedgerEvent. */
export function toLedgerEvent(event: LedgerEvent): Record<string, unknown> {
  const { body, ...tag } = event;
  return { ...tag, ...toOneOf(body) };
}
