// Ledgers drawn at random, every event of them possible where it stands: what a hub may have written in any life.

import fc from "fast-check";
import { apply } from "../../../hub/core/apply.js";
import { emptyLedgerState, type LedgerState } from "../../../hub/core/ledger-state.js";
import {
  ASSIGNMENT_ENDS,
  DEADLINE_VERDICTS,
  LEDGER_SCHEMA,
  type LedgerBody,
  type LedgerEvent,
  TASK_ENDS,
} from "../../../proto/ledger.js";

const ROBOTS = ["r1", "r2", "r3"];
const PLACES = ["A", "B", "C", "D"];
const SCOPES = [
  { robot: "", fleet: "" },
  { robot: "r1", fleet: "" },
  { robot: "", fleet: "f" },
];
const TIMED = ["CONFIRM", "REACTIVE_ONLY"] as const;
const said = { operator: "ada", reason: "a word" };

interface Draw {
  readonly what: number;
  readonly a: number;
  readonly b: number;
}

type Maker = (state: LedgerState, draw: Draw) => LedgerBody | null;

function pick<T>(list: readonly T[], draw: number): T | undefined {
  return list[draw % list.length];
}

const MAKERS: readonly Maker[] = [
  (state) => {
    return { kind: "hubStarted", epoch: state.epoch + 1, longestWaitMs: 3000, configHash: "0", software: "0" };
  },
  (_, { a }) => ({ kind: "robotEnrolled", robot: pick(ROBOTS, a) ?? "" }),
  (_, { a }) => ({ kind: "robotAbsent", robot: pick(ROBOTS, a) ?? "", seen: "shop", ...said }),
  accept,
  accept,
  (state, { a, b }) => {
    const task = pick([...state.open], a);
    return task === undefined ? null : { kind: "taskEnded", task, end: pick(TASK_ENDS, b) ?? "END_DONE", reason: "so" };
  },
  (state, { a }) => {
    const task = pick([...state.open], a);
    return task === undefined ? null : { kind: "cancelAsked", task, ...said };
  },
  claim,
  claim,
  ...(["arrived", "claimLapsed"] as const).map((kind): Maker => {
    return (state, { a }) => {
      const held = pick([...state.claims.values()], a);
      return held === undefined ? null : { kind, token: held.token, outcome: "o-1" };
    };
  }),
  (state, { a, b }) => {
    const held = pick([...state.claims.values()], a);
    if (held === undefined || held.end !== null) return null;
    const end = pick(ASSIGNMENT_ENDS, b) ?? "COMPLETED";
    return { kind: "assignmentEnded", token: held.token, end, reason: "", outcome: "" };
  },
  (state, { a }) => {
    const held = pick([...state.claims.values()], a);
    return held === undefined ? null : { kind: "claimFreed", token: held.token, exit: "LEFT", ...said, seen: "" };
  },
  (_, { a, b }) => {
    const rung = pick(["CONFIRM", "HALT"] as const, b) ?? "HALT";
    return { kind: "ceilingSet", ...(pick(SCOPES, a) ?? { robot: "", fleet: "" }), rung, ...said };
  },
  (_, { a, b }) => {
    const scope = pick(SCOPES, a) ?? { robot: "", fleet: "" };
    return { kind: "ceilingSet", ...scope, rung: pick(TIMED, b) ?? "CONFIRM", ...said, forMs: 1 + a };
  },
  (_, { a, b }) => {
    const scope = pick(SCOPES, a) ?? { robot: "", fleet: "" };
    return { kind: "ceilingEnded", ...scope, rung: pick(TIMED, b) ?? "CONFIRM" };
  },
  ...(["taskPaused", "taskResumed"] as const).map((kind): Maker => {
    return (state, { a }) => {
      const task = pick([...state.open], a);
      return task === undefined ? null : { kind, task, ...said };
    };
  }),
  (state, { a, b }) => {
    const task = pick([...state.open], a);
    const verdict = pick(DEADLINE_VERDICTS, b) ?? "MISSED";
    return task === undefined ? null : { kind: "deadlineTold", task, verdict, byMs: a, detail: "so" };
  },
  (_, { a }) => ({ kind: "robotDrained", robot: pick(ROBOTS, a) ?? "", ...said }),
  (_, { a }) => ({ kind: "robotUndrained", robot: pick(ROBOTS, a) ?? "", ...said }),
  (_, { a, b }) => ({
    ...{ kind: "climbHeld", robot: pick(ROBOTS, a) ?? "" },
    ...{ rung: pick(["AUTONOMOUS", "REACTIVE_ONLY", "CONFIRM"], b) ?? "CONFIRM", cause: "so" },
  }),
  (_, { a }) => ({ kind: "ceilingCleared", ...(pick(SCOPES, a) ?? { robot: "", fleet: "" }), ...said }),
  (state, { a, b }) => {
    const known = pick([...state.questions.keys()], a) ?? `free-${a}`;
    const question = b % 2 === 0 ? known : `free-${b}`;
    const about = { type: "free", subject: pick(PLACES, b) ?? "", facts: `so ${b}`, answerMs: a, safeDefault: "keep" };
    return { kind: "questionAsked", question, ...about };
  },
  (state, { a, b }) => {
    const asked = pick([...state.questions.values()], a);
    if (asked === undefined) return null;
    const about = { question: asked.id, version: asked.version };
    if (b % 3 === 0) return { kind: "questionAnswered", ...about, choice: "keep", ...said };
    return b % 3 === 1
      ? { kind: "questionExpired", ...about, choice: "keep" }
      : { kind: "questionWithdrawn", ...about };
  },
  () => ({ kind: "actRecorded", act: "look", subject: "r1", seen: "", ...said }),
  (_, { a }) => {
    const model = { model: "chaser", version: `2.${a}.0`, sha256: "9f86d081884c7d65", from: "" };
    return { kind: "modelSwapAllowed", robot: pick(ROBOTS, a) ?? "", ...model };
  },
  (_, { a }) => {
    const chain = { between: ["A", "B"], times: 1 + a, events: [1], holdOffMs: 15_000 };
    return { kind: "interplayFound", what: "ROBOT_TO_AND_FRO", subject: "r1", ...chain };
  },
];

function accept(state: LedgerState, { a, b }: Draw): LedgerBody | null {
  const stops = [{ destinations: [pick(PLACES, a) ?? "", pick(PLACES, b) ?? ""] }, { destinations: ["A"] }];
  const task = `t${state.counts.accepted + 1}`;
  const asked = { task, stops, fleet: "", dwellMs: a, ...said };
  return { kind: "taskAccepted", ...asked, ...(b % 2 === 0 ? {} : { priority: a % 10, deadlineMs: 1 + b }) };
}

function claim(state: LedgerState, { a, b }: Draw): LedgerBody | null {
  const destination = pick(PLACES, a) ?? "";
  if (state.epoch === 0 || state.byDestination.has(destination)) return null;
  const token = { epoch: state.epoch, counter: state.counter + 1 + (a % 2) };
  const task = b % 3 === 0 ? "" : (pick([...state.open], b) ?? "");
  const purpose = task === "" ? "PARK" : "TASK";
  const robot = pick(ROBOTS, b) ?? "";
  return {
    kind: "claimed",
    token,
    assignment: `a-${a}`,
    robot,
    destination,
    purpose,
    task,
    stopIndex: 0,
    leaseMs: 3000,
  };
}

function ledgerOf(draws: readonly Draw[], tasksKept: number): readonly LedgerEvent[] {
  const state = emptyLedgerState(tasksKept);
  const events: LedgerEvent[] = [];
  for (const draw of draws) {
    const body = pick(MAKERS, draw.what)?.(state, draw) ?? null;
    if (body === null) continue;
    const sequence = events.length + 1;
    const at = { hubMs: sequence * 7, wallMs: 1_763_000_000_000 + sequence };
    const event: LedgerEvent = { sequence, schema: LEDGER_SCHEMA, epoch: state.epoch, ...at, body };
    apply(state, event);
    events.push(event);
  }
  return events;
}

const small = fc.integer({ min: 0, max: 1000 });

/** A ledger and how many ended tasks stay listed. */
export const anyLedger = fc
  .tuple(
    fc.array(fc.record({ what: small, a: small, b: small }), { maxLength: 120, size: "max" }),
    fc.integer({ min: 0, max: 6 }),
  )
  .map(([draws, tasksKept]) => ({ events: ledgerOf(draws, tasksKept), tasksKept }));
