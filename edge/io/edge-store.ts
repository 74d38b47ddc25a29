// What the robot keeps on its own disk. `DATA/state` and `DATA/state.head` hold its memory (R5, R7, R10): sealed
// records in a chain, one for each change, the newest 64 kept, each durable before its save resolves; damage or another
// robot's store is refused at open. `DATA/history` holds decisions and what was heard (R14, recording/history.ts). The
// two share no file, so the history can never displace, delay or damage the memory; a damaged history is dropped and
// said so.

import { join } from "node:path";
import { SealedStore } from "../../proto/codec/records-store.js";
import { type EdgeMemory, EMPTY_MEMORY, readEdgeMemory } from "../core/memory.js";
import { type Explained, explained } from "../recording/explain.js";
import { HISTORY, History, type HistoryKind, type HistoryLimits } from "../recording/history.js";

export { StoreDamaged, StoreInUse } from "../../proto/codec/records-store.js";

export interface EdgeStoreOptions {
  readonly dir: string; // the data directory
  readonly robot: string;
  readonly create: boolean; // only at the first start: make an empty store where there never was one
  readonly limits: HistoryLimits;
  readonly nowWallMs?: () => number; // for the age of history alone
}

/** R13: a few milliseconds of the thread on which the robot is controlled. */
const SEARCHED_LIVE = 200;
const MEMORY_PLACE = { name: "state", kind: "robot memory", schema: 1, keep: 64 };

export class EdgeStore {
  readonly #memory: SealedStore;
  readonly #history: History;

  private constructor(memory: SealedStore, history: History) {
    this.#memory = memory;
    this.#history = history;
  }

  /**
   * Opens the robot's store. `notes` tells what was found and is no damage of the memory. Throws StoreDamaged (the
   * memory is not what was saved, is missing, or is another robot's), StoreInUse, or the file system's error.
   */
  static async open(
    options: EdgeStoreOptions,
  ): Promise<{ readonly store: EdgeStore; readonly memory: EdgeMemory; readonly notes: readonly string[] }> {
    let memory = EMPTY_MEMORY;
    const take = (payload: Uint8Array, sequence: number): void => {
      memory = readEdgeMemory(JSON.parse(Buffer.from(payload).toString("utf8")), `memory ${sequence}`);
    };
    const place = { ...MEMORY_PLACE, dataDir: options.dir };
    const { store, found } = await SealedStore.open(place, { owner: options.robot, create: options.create, take });
    try {
      const { history, notes } = await History.open(join(options.dir, HISTORY), options);
      return { store: new EdgeStore(store, history), memory, notes: [...found.notes, ...notes] };
    } catch (cause) {
      await store.close();
      throw cause;
    }
  }

  /**
   * Resolves when the memory is durable. After a write error this and every later save rejects (R5: accept nothing
   * more).
   */
  async save(memory: EdgeMemory): Promise<void> {
    const checked = readEdgeMemory(memory, "memory");
    await this.#memory.append([Buffer.from(JSON.stringify(checked))]);
  }

  /** Notes a decision or an input; never fails, never waits. */
  record(kind: HistoryKind, id: string, value: object): void {
    this.#history.record(kind, id, value);
  }

  /** What was last recorded under this decision id; null when it is not or no longer known. */
  async decision(id: string): Promise<object | null> {
    return (await this.#history.decision(id))?.value ?? null;
  }

  /**
   * A decision with what became of it, while the robot drives: few other records are looked through. Rejects with
   * RecordingRefused for what is not known.
   */
  async explained(id: string): Promise<Explained> {
    return explained(this.#history, id, SEARCHED_LIVE);
  }

  /** The newest `most` records of a kind, oldest first. */
  async recent(kind: HistoryKind, most: number): Promise<object[]> {
    return this.#history.recent(kind, most);
  }

  /** Records dropped because they came faster than the disk took them, or because the history's disk failed. */
  get dropped(): number {
    return this.#history.dropped;
  }

  /** Waits for what was saved and recorded. */
  async close(): Promise<void> {
    await this.#history.close();
    await this.#memory.close();
  }
}
