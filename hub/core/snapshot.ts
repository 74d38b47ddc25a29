// R10, R14: the ledger's state after some event as plain data, and back. `fromSnapshot(snapshotOf(state))` equals
// `state`, the order of every map and set included, and what comes back shares nothing with what was taken. The readers
// are closed: whatever is not the snapshot of a possible state is refused with its path, so that the hub reads its
// whole ledger instead.

import { tokenKey } from "../../proto/claim.js";
import { ASSIGNMENT_ENDS, DEADLINE_VERDICTS, type LedgerEvent, stops } from "../../proto/ledger.js";
import {
  count,
  enumOf,
  flag,
  id,
  listOf,
  maybeId,
  type Read,
  type Reader,
  struct,
  structOf,
  text,
  WireRefused,
} from "../../proto/shape.js";
import { PURPOSES, rungTold, token } from "../../proto/wire.js";
import { apply, ENDED_IDS_KEPT } from "./apply.js";
import { type Claim, ceilingKey, emptyLedgerState, type LedgerState, type Task } from "./ledger-state.js";

/** Of the plain data. A snapshot of another schema is not read. */
export const SNAPSHOT_SCHEMA = 5;

const MOST = 2_000_000; // of anything that is listed
const prose = text(400);
const anyToken = struct({ epoch: count, counter: count });

const ids: Reader<readonly string[]> = (value, path) => {
  if (!Array.isArray(value) || value.length > MOST) throw new WireRefused(path, `at most ${MOST} ids`, typeof value);
  for (const item of value) id(item, path); // no path of each: there may be a million
  return value;
};

function orNull<T>(read: Reader<T>): Reader<T | null> {
  return (value, path) => (value === null ? null : read(value, path));
}
const said = struct({ operator: text(64), reason: prose });

const readTask = struct({
  ...{ stops, fleet: maybeId, dwellMs: count, operator: text(64), reason: prose, id, order: count },
  phase: enumOf(["WAITING", "ACTIVE", "DONE", "TASK_FAILED", "CANCELLED"] as const),
  ...{ stopIndex: count, robot: maybeId, acceptedWallMs: count, acceptedHubMs: count, acceptedEpoch: count },
  ...{ token: anyToken, cancelAsked: flag, attempts: count, ended: prose },
  ...{ priority: count, deadlineMs: orNull(count), spentMs: count, toldTimes: count },
  ...{ told: orNull(enumOf(DEADLINE_VERDICTS)), paused: orNull(said) },
});

const readEnd = enumOf(ASSIGNMENT_ENDS);
const readClaim = struct({
  ...{ token, assignment: id, robot: id, destination: id, purpose: enumOf(PURPOSES), task: maybeId, stopIndex: count },
  ...{ phase: enumOf(["assigned", "standing", "ended"] as const), lapsed: flag },
  end: (value: unknown, path: string) => (value === null ? null : readEnd(value, path)),
});

const readQuestion = struct({
  ...{ id, type: id, subject: text(128), facts: prose, version: count, answerMs: count, safeDefault: id },
  ...{ askedHubMs: count, askedEpoch: count },
});

const readSmall = struct({
  ...{ schema: count, tasksKept: count, events: count, epoch: count, counter: count, longestWaitMs: count },
  ...{ startedMs: count, lastMs: count },
  lastGiven: anyToken,
  absent: listOf(struct({ robot: id, seen: prose }), MOST),
  drained: listOf(struct({ robot: id, operator: text(64), reason: prose }), MOST),
  climbsHeld: listOf(struct({ robot: id, rung: rungTold, cause: text(200) }), MOST),
  claims: listOf(readClaim, MOST),
  ceilings: listOf(
    structOf(
      { robot: maybeId, fleet: maybeId, rung: rungTold, operator: text(64), reason: prose, event: count },
      { forMs: count, sinceEpoch: count, sinceMs: count, spentMs: count },
    ),
    MOST,
  ),
  questions: listOf(readQuestion, MOST),
  counts: struct({ accepted: count, done: count, failed: count, cancelled: count }),
  open: ids,
  ended: ids,
});

/** All but what grows with the length of the ledger or the number of tasks listed. */
export type SmallSnapshot = Read<typeof readSmall>;

export interface Snapshot extends SmallSnapshot {
  readonly tasks: readonly Read<typeof readTask>[]; // in the order of the state
  readonly endedIds: readonly string[]; // oldest first
}

/** Plain data that JSON carries without loss. Shares no object that can change with the state. */
export function snapshotOf(state: LedgerState): Snapshot {
  const tasks = [...state.tasks.values()].map((task) => ({ ...task }));
  return { ...smallSnapshotOf(state), tasks, endedIds: [...state.endedIds] };
}

/** All but the tasks and the ended ids. */
export function smallSnapshotOf(state: LedgerState): SmallSnapshot {
  const { tasksKept, events, epoch, startedMs, lastMs, counter, lastGiven, longestWaitMs } = state;
  return {
    ...{ schema: SNAPSHOT_SCHEMA, tasksKept, events, epoch, startedMs, lastMs, counter, lastGiven, longestWaitMs },
    absent: [...state.absent].map(([robot, seen]) => ({ robot, seen })),
    claims: [...state.claims.values()].map((claim) => ({ ...claim })),
    drained: [...state.drained].map(([robot, by]) => ({ robot, ...by })),
    climbsHeld: [...state.climbsHeld].map(([robot, held]) => ({ robot, ...held })),
    ceilings: [...state.ceilings.values()].map((ceiling) => ({ ...ceiling })),
    questions: [...state.questions.values()],
    counts: { ...state.counts },
    ...{ open: [...state.open], ended: [...state.ended] },
  };
}

/** Throws WireRefused for whatever `snapshotOf` cannot have given. */
export function fromSnapshot(plain: unknown): LedgerState {
  const small = readSmall(plain, "snapshot");
  if (small.schema !== SNAPSHOT_SCHEMA) throw new WireRefused("snapshot.schema", `${SNAPSHOT_SCHEMA}`, small.schema);
  const { tasks, endedIds } = plain as { readonly tasks?: unknown; readonly endedIds?: unknown };
  const { tasksKept, events, epoch, startedMs, lastMs, counter, lastGiven, longestWaitMs } = small;
  const state: LedgerState = {
    ...emptyLedgerState(tasksKept),
    ...{ events, epoch, startedMs, lastMs, counter, lastGiven, longestWaitMs },
    absent: keyed(small.absent, { path: "snapshot.absent", key: ({ robot }) => robot, value: ({ seen }) => seen }),
    tasks: keyed(listOf(readTask, MOST)(tasks, "snapshot.tasks"), {
      ...{ path: "snapshot.tasks", key: (task) => task.id, value: (task): Task => ({ ...task }) },
    }),
    open: unique(small.open, "snapshot.open"),
    ceilings: keyed(small.ceilings, {
      ...{ path: "snapshot.ceilings", key: ceilingKey, value: (one) => ({ ...one }) },
    }),
    climbsHeld: keyed(small.climbsHeld, {
      ...{ path: "snapshot.climbsHeld", key: ({ robot }) => robot, value: ({ rung, cause }) => ({ rung, cause }) },
    }),
    drained: keyed(small.drained, {
      ...{ path: "snapshot.drained", key: ({ robot }) => robot },
      value: ({ operator, reason }) => ({ operator, reason }),
    }),
    questions: keyed(small.questions, {
      ...{ path: "snapshot.questions", key: (question) => question.id, value: (question) => question },
    }),
    ended: [...small.ended],
    endedIds: unique(ids(endedIds, "snapshot.endedIds"), "snapshot.endedIds"),
    counts: { ...small.counts },
  };
  for (const claim of small.claims) hold(state, { ...claim });
  return judged(state);
}

/** R1: no two claims of one destination; R5: no token above the last one given. */
function hold(state: LedgerState, claim: Claim): void {
  const key = tokenKey(claim.token);
  const { epoch, counter } = claim.token;
  if (state.claims.has(key)) throw new WireRefused("snapshot.claims", "each token once", key);
  if (state.byDestination.has(claim.destination))
    throw new WireRefused("snapshot.claims", "each destination once", claim.destination);
  if (epoch > state.epoch || (epoch === state.epoch && counter > state.counter))
    throw new WireRefused("snapshot.claims", `tokens up to ${tokenKey(state)}`, key);
  state.claims.set(key, claim);
  state.byDestination.set(claim.destination, claim);
}

/** What events refer to must be there, so that the tail of the ledger applies. */
function judged(state: LedgerState): LedgerState {
  const { tasks, open, ended, endedIds, tasksKept } = state;
  for (const task of open) if (!tasks.has(task)) throw new WireRefused("snapshot.open", "tasks that are listed", task);
  for (const task of ended) {
    if (!tasks.has(task) || open.has(task)) throw new WireRefused("snapshot.ended", "listed tasks that ended", task);
    if (!endedIds.has(task)) throw new WireRefused("snapshot.endedIds", "every ended task", `none named ${task}`);
  }
  if (tasks.size !== open.size + ended.length)
    throw new WireRefused("snapshot.tasks", `the ${open.size} open and ${ended.length} ended ones`, tasks.size);
  if (ended.length > tasksKept) throw new WireRefused("snapshot.ended", `at most ${tasksKept}`, ended.length);
  if (endedIds.size > ENDED_IDS_KEPT)
    throw new WireRefused("snapshot.endedIds", `at most ${ENDED_IDS_KEPT}`, endedIds.size);
  return state;
}

/**
 * Goes on from `state`, which changes, with the events that follow it, and returns it. Throws when they do not follow
 * or contradict it.
 */
export function continueReplay(state: LedgerState, events: Iterable<LedgerEvent>): LedgerState {
  for (const event of events) apply(state, event);
  return state;
}

/**
 * Where two snapshots of the same event first differ, as a path and both values; null when nowhere. For people who
 * verify a ledger.
 */
export function differenceOf(a: unknown, b: unknown, path = "state"): string | null {
  if (Object.is(a, b)) return null;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return `${path} is ${shown(a)}, the events give ${shown(b)}`;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = differenceOf(left[key], right[key], `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}

function unique(list: readonly string[], path: string): Set<string> {
  const set = new Set(list);
  if (set.size !== list.length) throw new WireRefused(path, "each id once", `${list.length - set.size} repeated`);
  return set;
}

function keyed<T, V>(
  list: readonly T[],
  by: { readonly path: string; readonly key: (item: T) => string; readonly value: (item: T) => V },
): Map<string, V> {
  const map = new Map(list.map((item) => [by.key(item), by.value(item)]));
  if (map.size !== list.length) throw new WireRefused(by.path, "each name once", `${list.length - map.size} repeated`);
  return map;
}
