// Disks: what is durable, what is being written, and what a crash, a failing sync, another machine's disk or an old
// copy make of it. A write that was not acknowledged is there afterwards or it is not; one that was acknowledged stays.

import type { EdgeMemory } from "../../edge/core/memory.js";
import { replay } from "../../hub/core/hub.js";
import type { LedgerState } from "../../hub/core/ledger-state.js";
import { continueReplay, fromSnapshot, snapshotOf } from "../../hub/core/snapshot.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import type { Random } from "../../scripts/world/random.js";
import { type Kernel, MS, SECOND } from "./kernel.js";

/** What is wrong with a disk just now. */
export interface DiskTrouble {
  readonly slow: number; // 0 to 1
  readonly fails: boolean;
}

interface Write<T> {
  readonly what: T;
  readonly done: (ok: boolean) => void;
}

/** One thing is written at a time, by one process. */
abstract class Disk<T> {
  readonly #kernel: Kernel;
  readonly #chance: Random;
  readonly #trouble: () => DiskTrouble;
  #writing: Write<T> | null = null;

  constructor(parts: { readonly kernel: Kernel; readonly chance: Random; readonly trouble: () => DiskTrouble }) {
    this.#kernel = parts.kernel;
    this.#chance = parts.chance;
    this.#trouble = parts.trouble;
  }

  protected abstract keep(what: T): void;

  write(what: T, done: (ok: boolean) => void): void {
    if (this.#writing !== null) throw new Error("the simulated disk is asked to write two things at once");
    const write = { what, done };
    this.#writing = write;
    const trouble = this.#trouble();
    const draw = this.#chance.next();
    const tookUs = (1 + 6 * draw * draw) * MS + (trouble.slow > 0 ? draw * trouble.slow * 5 * SECOND : 0);
    this.#kernel.after(tookUs, () => {
      if (this.#writing !== write) return; // the process is gone, and the crash has decided
      this.#writing = null;
      const fails = trouble.fails || this.#trouble().fails;
      if (!fails || this.#chance.next() < 0.5) this.keep(what); // a sync that failed may have written
      done(!fails);
    });
  }

  /** The process that writes is gone. */
  crash(): void {
    if (this.#writing !== null && this.#chance.next() < 0.5) this.keep(this.#writing.what);
    this.#writing = null;
  }
}

export class HubDisk extends Disk<readonly LedgerEvent[]> {
  events: LedgerEvent[] = [];
  #ends: number[] = []; // of each batch: a batch is there or it is not
  #snapshot: { readonly after: number; readonly plain: ReturnType<typeof snapshotOf> } | null = null;

  protected override keep(what: readonly LedgerEvent[]): void {
    this.events.push(...what);
    this.#ends.push(this.events.length);
  }

  /** Of the state after all that is durable. */
  keepSnapshot(state: LedgerState): void {
    this.#snapshot = { after: this.events.length, plain: snapshotOf(state) };
  }

  /** The state that a start of the hub works on: the snapshot, and what was stored after it. */
  open(tasksKept: number): LedgerState {
    const kept = this.#snapshot;
    if (kept === null) return replay(this.events, tasksKept);
    return continueReplay(fromSnapshot(kept.plain), this.events.slice(kept.after));
  }

  /** A copy of another disk, of whole batches and of at most `most` events. */
  copy(of: HubDisk, most: number): void {
    this.#ends = of.#ends.filter((end) => end <= most);
    this.events = of.events.slice(0, this.#ends.at(-1) ?? 0);
    const kept = of.#snapshot;
    this.#snapshot = kept !== null && kept.after <= this.events.length ? kept : null;
  }
}

export class EdgeDisk extends Disk<EdgeMemory> {
  memory: EdgeMemory | null = null; // null: empty
  owner: string;

  constructor(owner: string, parts: ConstructorParameters<typeof Disk<EdgeMemory>>[0]) {
    super(parts);
    this.owner = owner;
  }

  protected override keep(what: EdgeMemory): void {
    this.memory = what;
  }
}
