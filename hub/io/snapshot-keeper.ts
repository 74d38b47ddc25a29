// Keeps the snapshot of the ledger young while the hub runs (DESIGN: ledger): after each so many events, after a start
// that had to read the whole ledger, and at the end. The state is taken at once and written in slices; appends and the
// control of robots go on meanwhile. A snapshot is a help, not a promise: when it cannot be written the hub goes on
// without, and says so once until one was written again.

import type { LedgerState } from "../core/ledger-state.js";
import { piecesOf, type SnapshotPiece } from "../core/rebuilding.js";

/** What the tail after a snapshot holds at the most when the hub is killed, but for what came while it was written. */
export const EVENTS_BETWEEN = 10_000;

/** How long judging what is new may hold up the end of the hub. */
const CLOSING_MS = 2000;

export interface SnapshotStore {
  readonly count: number; // durable events
  /** Keeps what was taken after the durable event `after`. */
  keepSnapshot(after: number, parts: Iterable<SnapshotPiece>): Promise<number>;
  hurry(mostMs: number): void;
}

export interface KeeperOptions {
  readonly store: SnapshotStore;
  readonly snapshotAt: number; // the event after which the one on disk was taken; 0: there is none that can be used
  readonly onFault: (why: string) => void;
  readonly eventsBetween?: number;
}

interface Taken {
  readonly after: number;
  readonly pieces: Iterable<SnapshotPiece>;
}

export class SnapshotKeeper {
  readonly #options: KeeperOptions;
  #last: number; // event of the newest snapshot that was tried
  #taken: Taken | null = null; // waits until its last event is durable
  #writing: Promise<void> | null = null;
  #failed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#last = options.snapshotAt;
  }

  /** To be told after each append that became durable. `state` may be ahead of what is durable. */
  appended(state: LedgerState): void {
    const between = this.#last === 0 ? 1 : (this.#options.eventsBetween ?? EVENTS_BETWEEN);
    if (this.#writing === null && this.#taken === null && state.events - this.#last >= between) this.#take(state);
    const { store } = this.#options;
    if (this.#taken === null || store.count < this.#taken.after) return;
    const taken = this.#taken;
    this.#taken = null;
    this.#writing = this.#write(taken).finally(() => {
      this.#writing = null;
    });
  }

  /** The last one, of a hub that has stored all it decided. Resolves when it is written or has failed. */
  async close(state: LedgerState): Promise<void> {
    const { store } = this.#options;
    store.hurry(CLOSING_MS);
    await this.#writing;
    this.#taken = null;
    if (state.events !== store.count || state.events === this.#last) return;
    this.#take(state);
    this.appended(state);
    await this.#writing;
  }

  #take(state: LedgerState): void {
    this.#last = state.events;
    this.#taken = { after: state.events, pieces: piecesOf(state) };
  }

  async #write({ after, pieces }: Taken): Promise<void> {
    try {
      await this.#options.store.keepSnapshot(after, pieces);
      this.#failed = false;
    } catch (cause) {
      if (!this.#failed) this.#options.onFault((cause as Error).message);
      this.#failed = true;
    }
  }
}
