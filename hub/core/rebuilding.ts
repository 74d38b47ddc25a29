// R10, R13: a snapshot in pieces, so that neither taking nor writing it holds up the control of robots, and the state
// of the ledger built while its events are read, from such pieces on where there are some.

import type { LedgerEvent } from "../../proto/ledger.js";
import { WireRefused } from "../../proto/shape.js";
import { apply } from "./apply.js";
import { emptyLedgerState, type LedgerState } from "./ledger-state.js";
import { fromSnapshot, smallSnapshotOf } from "./snapshot.js";

const TASKS_AT_ONCE = 100;
const IDS_AT_ONCE = 5000;

/** A piece of a snapshot: of its small part, of its tasks or of its ended ids. */
export type SnapshotPiece = readonly [name: string, value: unknown];

/**
 * Takes the snapshot of now and gives it in pieces, each made when it is asked for, so that a large state holds nobody
 * up: at once are copied the small part and the open tasks, since an ended task changes no more. Of the ended ids the
 * next slice is read at each step: the ones that came later are left out, and Error is thrown when the oldest were
 * dropped before they were read.
 */
export function piecesOf(state: LedgerState): Iterable<SnapshotPiece> {
  const small = smallSnapshotOf(state);
  const tasks = [...state.tasks.values()].map((task) => (state.open.has(task.id) ? { ...task } : task));
  const ids = new EndedIds(state);
  const first = ids.next();
  return (function* () {
    yield ["small", small];
    for (let at = 0; at < tasks.length; at += TASKS_AT_ONCE) yield ["tasks", tasks.slice(at, at + TASKS_AT_ONCE)];
    for (let piece = first; piece.length > 0; piece = ids.next()) yield ["endedIds", piece];
  })();
}

class EndedIds {
  readonly #state: LedgerState;
  readonly #source: Iterator<string, undefined>;
  readonly #count: number;
  readonly #endedBefore: number;
  #read = 0;

  constructor(state: LedgerState) {
    this.#state = state;
    this.#source = state.endedIds.values();
    this.#count = state.endedIds.size;
    this.#endedBefore = endedSoFar(state);
  }

  next(): readonly string[] {
    const came = endedSoFar(this.#state) - this.#endedBefore;
    const dropped = this.#count + came - this.#state.endedIds.size;
    if (dropped > this.#read) throw new Error("the oldest ended ids were dropped while the snapshot was taken");
    const ids: string[] = [];
    for (; ids.length < IDS_AT_ONCE && this.#read < this.#count; this.#read += 1) {
      const { value } = this.#source.next();
      if (value !== undefined) ids.push(value);
    }
    return ids;
  }
}

function endedSoFar({ counts }: LedgerState): number {
  return counts.done + counts.failed + counts.cancelled;
}

/** The snapshot that these pieces make, for `fromSnapshot`. */
export function joinPieces(pieces: Iterable<SnapshotPiece>): unknown {
  let small: unknown = null;
  const lists: Record<"tasks" | "endedIds", unknown[]> = { tasks: [], endedIds: [] };
  for (const [name, value] of pieces) {
    if (name === "small") small = value;
    if (name !== "tasks" && name !== "endedIds") continue;
    if (!Array.isArray(value)) throw new WireRefused(`snapshot.${name}`, "a list", value);
    for (const item of value) lists[name].push(item);
  }
  return typeof small === "object" ? { ...small, ...lists } : small;
}

/** Builds the state while a ledger is read: from a snapshot where one is good for it, else from the first event. */
export class Rebuilding {
  readonly #tasksKept: number;
  #state: LedgerState;
  #fault: Error | null = null;

  constructor(tasksKept: number) {
    this.#tasksKept = tasksKept;
    this.#state = emptyLedgerState(tasksKept);
  }

  /**
   * Begins, or begins anew, with the state of a snapshot; null: with the empty one. Returns after which event that is.
   * Throws WireRefused for a snapshot that does not tell the state; then nothing has begun.
   */
  readonly begin = (pieces: Iterable<SnapshotPiece> | null): number => {
    this.#fault = null;
    const kept = this.#tasksKept;
    this.#state = pieces === null ? emptyLedgerState(kept) : keeping(fromSnapshot(joinPieces(pieces)), kept);
    return this.#state.events;
  };

  /** Never throws: the first event that contradicts those before is told by `state`. */
  readonly take = (event: LedgerEvent): void => {
    if (this.#fault !== null) return;
    try {
      apply(this.#state, event);
    } catch (cause) {
      this.#fault = cause as Error;
    }
  };

  /** Throws when the events contradict each other. */
  get state(): LedgerState {
    if (this.#fault !== null) throw this.#fault;
    return this.#state;
  }
}

/** With fewer ended tasks listed where that is the wish. More cannot be had from a snapshot that has dropped some. */
function keeping(state: LedgerState, tasksKept: number): LedgerState {
  if (state.tasksKept < tasksKept && state.ended.length < state.endedIds.size)
    throw new WireRefused("snapshot.tasksKept", `at least ${tasksKept}`, state.tasksKept);
  for (const task of state.ended.splice(0, Math.max(0, state.ended.length - tasksKept))) state.tasks.delete(task);
  return { ...state, tasksKept };
}
