// The site as the ledger tells it after some event, built beside all else: events are read and applied in small pieces
// with a turn of the event loop between them, from the nearest state that is kept. One question at a time; a newer one
// takes the place of one that waits.

import { tokenKey } from "../../proto/claim.js";
import type { PastSite } from "../../proto/console.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import type { Rung } from "../../proto/mode.js";
import type { LedgerState } from "../core/ledger-state.js";
import { piecesOf, Rebuilding, type SnapshotPiece } from "../core/rebuilding.js";
import type { OperatorPort } from "../operator-port.js";

const READ_AT_ONCE = 50; // a few milliseconds of this thread
const KEPT_MOST = 24;
const BETWEEN_LEAST = 2000;
const OPEN_TASKS_MOST = 500;
const ENDED_KEPT = 100; // they are counted, not shown

type Modes = Map<
  string,
  { readonly robot: string; readonly fleet: string; readonly rung: Rung; readonly cause: string }
>;

interface Kept {
  readonly after: number;
  readonly pieces: readonly SnapshotPiece[];
  readonly modes: Modes;
  readonly wallMs: number;
}

export interface PastOptions {
  readonly port: Pick<OperatorPort, "events" | "eventCount">;
  readonly breathe?: () => Promise<void>;
}

export class Past {
  readonly #options: PastOptions;
  readonly #kept: Kept[] = [];
  #building: Builder;
  #queue: Promise<unknown> = Promise.resolve();
  #newest = 0; // number of the newest question

  constructor(options: PastOptions) {
    this.#options = options;
    this.#building = new Builder();
  }

  /**
   * The state after event `sequence`; after the last one when that is higher. null: a newer question took its place.
   * Throws when the ledger cannot be read or contradicts itself.
   */
  async at(sequence: number): Promise<Omit<PastSite, "poses"> | null> {
    this.#newest += 1;
    const own = this.#newest;
    const turn = this.#queue.then(() => this.#build(sequence, own));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #build(sequence: number, own: number): Promise<Omit<PastSite, "poses"> | null> {
    const { port, breathe = nextTurn } = this.#options;
    const to = Math.min(sequence, port.eventCount());
    const from = this.#kept.filter(({ after }) => after <= to).at(-1);
    const here = this.#building.after;
    if (here > to || (from !== undefined && from.after > here)) this.#building = new Builder(from);
    while (this.#building.after < to) {
      if (own !== this.#newest) return null;
      const most = Math.min(READ_AT_ONCE, to - this.#building.after);
      const events = await port.events(this.#building.after + 1, most);
      if (events.length === 0) throw new Error(`event ${this.#building.after + 1} cannot be read`);
      for (const event of events) this.#building.take(event);
      this.#keep();
      await breathe();
    }
    return this.#building.view();
  }

  /** Keeps a state each so many events; when there are too many, every second one. */
  #keep(): void {
    const between = Math.max(BETWEEN_LEAST, Math.ceil((2 * this.#options.port.eventCount()) / KEPT_MOST));
    const last = this.#kept.at(-1)?.after ?? 0;
    if (this.#building.after - last < between) return;
    this.#kept.push(this.#building.kept());
    if (this.#kept.length > KEPT_MOST) this.#kept.splice(0, this.#kept.length, ...this.#kept.filter((_, i) => i % 2));
  }
}

class Builder {
  readonly #rebuilding: Rebuilding;
  readonly #modes: Modes;
  #wallMs: number;

  constructor(from?: Kept) {
    this.#rebuilding = new Rebuilding(ENDED_KEPT);
    this.#rebuilding.begin(from?.pieces ?? null);
    this.#modes = new Map(from?.modes ?? []);
    this.#wallMs = from?.wallMs ?? 0;
  }

  get after(): number {
    return this.#rebuilding.state.events;
  }

  take(event: LedgerEvent): void {
    this.#rebuilding.take(event);
    this.#wallMs = event.wallMs;
    const { body } = event;
    if (body.kind === "hubStarted") this.#modes.clear(); // what a robot was before is not so by itself now
    if (body.kind !== "modeChanged") return;
    const { robot, fleet, to: rung, cause } = body;
    this.#modes.set(`${robot} ${fleet}`, { robot, fleet, rung, cause });
  }

  /** Without the ids of tasks that ended long ago: they tell only that no task is accepted twice, which is proven. */
  kept(): Kept {
    const { state } = this.#rebuilding;
    state.endedIds.clear();
    for (const id of state.ended) state.endedIds.add(id);
    const pieces = [...piecesOf(state)];
    return { after: this.after, pieces, modes: new Map(this.#modes), wallMs: this.#wallMs };
  }

  view(): Omit<PastSite, "poses"> {
    const { state } = this.#rebuilding;
    return {
      ...{ sequence: state.events, wallMs: this.#wallMs, epoch: state.epoch, counts: { ...state.counts } },
      places: [...state.byDestination.values()].map(({ destination: id, robot, task, token, lapsed, phase }) => {
        return { id, robot, task, token: tokenKey(token), lapsed, phase };
      }),
      tasks: openTasks(state),
      ceilings: [...state.ceilings.values()].map(({ robot, fleet, rung, operator, reason }) => {
        return { robot, fleet, rung, operator, reason };
      }),
      modes: [...this.#modes.values()],
      absent: [...state.absent.keys()],
    };
  }
}

function openTasks(state: LedgerState): PastSite["tasks"] {
  const open = [...state.open].slice(0, OPEN_TASKS_MOST);
  return open.flatMap((id) => {
    const task = state.tasks.get(id);
    return task === undefined ? [] : [{ id, phase: task.phase, robot: task.robot }];
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
