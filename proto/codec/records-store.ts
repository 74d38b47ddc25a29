// A LevelDB directory of sealed records that is only ever appended to (DESIGN: ledger; R5, R10). Opening it judges all
// of it first, on a copy. An append resolves when its records and then the head file are durable; appends that wait for
// one another share one synced batch. After any write error nothing more is written, and no sync is ever tried twice:
// what the disk holds is then known only by opening the store anew.

import { join } from "node:path";
import type { Level } from "level";
import { hashOf, MOST_PAYLOAD_BYTES, openRecord, RecordDamaged, sealRecord } from "./records.js";
import {
  type Judged,
  type Known,
  OWNER_KEY,
  reasonOf,
  recordKey,
  type StorePlace,
  type TakeRecord,
} from "./records-chain.js";
import { codeOf, createIfNew, sweep } from "./records-create.js";
import { HeadWriter } from "./records-head.js";
import { judgeStore, openLevel } from "./records-judge.js";
import { proveStore } from "./records-prove.js";

const MOST_PER_BATCH = 1024;
const READ_BYTES = 1_048_576;
/** R13: what may wait for the disk. */
const MOST_WAITING = 65_536;

/** Thrown at open for a store that is not what was acknowledged, or not its owner's. Nothing was changed. */
export class StoreDamaged extends Error {
  override readonly name: string = "StoreDamaged";
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super(`${what} is damaged: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/** Thrown at open when another process, or this one, has the store open. */
export class StoreInUse extends Error {
  override readonly name = "StoreInUse";
}

export interface OpenStore {
  readonly owner: string;
  readonly create: boolean; // make an empty store where there never was one
  readonly take: TakeRecord;
  /**
   * What a snapshot says: judging needs to read only what it does not know, and only records after `after` are taken.
   * When that proves nothing, everything is judged: `again` is called, and then all records are taken.
   */
  readonly known?: Known & { readonly after: number; readonly again: (why: string) => void };
}

interface Waiting {
  readonly payloads: readonly Uint8Array[];
  readonly resolve: () => void;
  readonly reject: (cause: Error) => void;
}

/** What the store says about itself when it was opened. */
export type Found = Pick<Judged, "count" | "notes">;

export class SealedStore {
  readonly #place: StorePlace;
  readonly #level: Level<string, Buffer>;
  readonly #head: HeadWriter;
  #queue: Waiting[] = [];
  #accepted: number; // sequence of the last record that was asked for
  #count: number; // sequence of the last durable record
  #hash: Uint8Array; // of record #count
  #writing: Promise<void> | null = null;
  #poison: Error | null = null;
  #closed = false;

  private constructor(place: StorePlace, parts: { level: Level<string, Buffer>; head: HeadWriter; found: Judged }) {
    this.#place = place;
    this.#level = parts.level;
    this.#head = parts.head;
    this.#count = parts.found.count;
    this.#accepted = parts.found.count;
    this.#hash = parts.found.lastHash as Uint8Array;
  }

  /** Throws StoreDamaged, StoreInUse, or the file system's error. */
  static async open(place: StorePlace, options: OpenStore): Promise<{ store: SealedStore; found: Found }> {
    await sweep(place);
    if (options.create) await createIfNew(place, options.owner);
    const found = await judged(place, options);
    const dir = join(place.dataDir, place.name);
    if (found.problems.length > 0) throw new StoreDamaged(dir, found.problems);
    const level = await openForUse(dir);
    try {
      await sameAsJudged(level, { dir, found });
      if (found.head === null) throw new StoreDamaged(dir, [`${place.name}.head: missing`]);
      const head = await HeadWriter.open(`${dir}.head`, found.head);
      const store = new SealedStore(place, { level, head, found });
      if (found.count > found.head.count) await head.write(found.count, store.#hash);
      return { store, found };
    } catch (cause) {
      await level.close();
      throw cause;
    }
  }

  /** Records that are durable and acknowledged, the dropped ones counted in. */
  get count(): number {
    return this.#count;
  }

  /** The sequence that the next appended record will have. */
  get nextSequence(): number {
    return this.#accepted + 1;
  }

  /** The write error after which nothing more is written; null while all is well. */
  get poison(): Error | null {
    return this.#poison;
  }

  /**
   * The payloads of durable records from `from` on, at most `most`, their seals and their chain judged. Throws
   * RecordDamaged.
   */
  async read(from: number, most: number): Promise<readonly Uint8Array[]> {
    const payloads: Uint8Array[] = [];
    let previous: Uint8Array | null = null;
    const first = Math.max(1, from);
    const last = Math.min(this.#count, first + most - 1);
    if (last < first) return payloads;
    const range = { gte: recordKey(first), lte: recordKey(last), highWaterMarkBytes: READ_BYTES };
    for await (const [, bytes] of this.#level.iterator(range)) {
      const record = openRecord(bytes, { sequence: first + payloads.length, previous });
      previous = record.hash;
      payloads.push(record.payload);
    }
    if (payloads.length === last - first + 1) return payloads;
    throw new RecordDamaged(`record ${first + payloads.length}: missing in ${this.#place.name}`);
  }

  /** The hash of a durable record. Throws RecordDamaged. */
  async hashAt(sequence: number): Promise<Uint8Array> {
    const bytes = await this.#level.get(recordKey(sequence));
    if (bytes === undefined) throw new RecordDamaged(`record ${sequence}: missing in ${this.#place.name}`);
    return openRecord(bytes, { sequence, previous: null }).hash;
  }

  /** Resolves when all these payloads are durable; keeps the order of calls. An empty list is a no-op. */
  append(payloads: readonly Uint8Array[]): Promise<void> {
    if (this.#poison !== null) return Promise.reject(this.#poison);
    if (this.#closed) return Promise.reject(new Error(`cannot append to ${this.#place.name}: it is closed`));
    if (payloads.length === 0) return Promise.resolve();
    const largest = payloads.reduce((most, payload) => Math.max(most, payload.length), 0);
    if (largest > MOST_PAYLOAD_BYTES) {
      const expected = `expected records of at most ${MOST_PAYLOAD_BYTES} bytes, found ${largest}`;
      return Promise.reject(new RangeError(`cannot append to ${this.#place.name}: ${expected}`));
    }
    if (this.#accepted + payloads.length - this.#count > MOST_WAITING) {
      return Promise.reject(
        new Error(`cannot append to ${this.#place.name}: ${MOST_WAITING} records wait for the disk`),
      );
    }
    this.#accepted += payloads.length;
    return new Promise((resolve, reject) => {
      this.#queue.push({ payloads, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Waits for what was appended, then closes. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#level.close();
    await this.#head.close();
  }

  async #write(): Promise<void> {
    // One turn of the event loop, so that appends of the same turn share a batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#writeBatch(group.flatMap((waiting) => waiting.payloads));
        for (const waiting of group) waiting.resolve();
      } catch (cause) {
        this.#fail(cause, group);
      }
    }
    this.#writing = null;
  }

  #nextGroup(): Waiting[] {
    let records = 0;
    let length = 0;
    for (const waiting of this.#queue) {
      records += waiting.payloads.length;
      if (length > 0 && records > MOST_PER_BATCH) break;
      length += 1;
    }
    return this.#queue.splice(0, length);
  }

  async #writeBatch(payloads: readonly Uint8Array[]): Promise<void> {
    let previous = this.#hash;
    let sequence = this.#count;
    const batch = this.#level.batch();
    for (const [index, payload] of payloads.entries()) {
      sequence += 1;
      const sealed = sealRecord({ sequence, left: payloads.length - 1 - index, previous, payload });
      batch.put(recordKey(sequence), sealed);
      if (sequence > this.#place.keep) batch.del(recordKey(sequence - this.#place.keep));
      previous = hashOf(sealed);
    }
    await batch.write({ sync: true });
    await this.#head.write(sequence, previous);
    this.#count = sequence;
    this.#hash = previous;
  }

  #fail(cause: unknown, group: readonly Waiting[]): void {
    const what = `cannot write record ${this.#count + 1} of ${join(this.#place.dataDir, this.#place.name)}`;
    this.#poison = new Error(`${what}: ${reasonOf(cause)}; nothing more is written until it is opened anew`, { cause });
    for (const waiting of [...group, ...this.#queue]) waiting.reject(this.#poison);
    this.#queue = [];
  }
}

async function judged(place: StorePlace, options: OpenStore): Promise<Judged> {
  const { owner, take, known } = options;
  if (known === undefined) return judgeStore(place, { owner, take });
  const proven = await proveStore(place, { owner, take, known, after: known.after });
  if (typeof proven !== "string") return proven;
  known.again(proven);
  return judgeStore(place, { owner, take, known });
}

async function openForUse(dir: string): Promise<Level<string, Buffer>> {
  try {
    return await openLevel(dir, { create: false });
  } catch (cause) {
    if (codeOf(cause) === "LEVEL_LOCKED") {
      throw new StoreInUse(`cannot open ${dir}: another process uses it; only one may run on a data directory`);
    }
    throw new Error(`cannot open ${dir}: ${reasonOf(cause)}`, { cause });
  }
}

// Between the copy and this open another process may have used the store.
async function sameAsJudged(
  level: Level<string, Buffer>,
  expected: { readonly dir: string; readonly found: Judged },
): Promise<void> {
  for await (const [key, bytes] of level.iterator({ reverse: true, limit: 1, lt: OWNER_KEY })) {
    const { count, lastHash } = expected.found;
    if (key === recordKey(count) && lastHash !== null && hashOf(bytes).equals(lastHash)) return;
    throw new StoreInUse(`cannot open ${expected.dir}: another process wrote to it while it was read`);
  }
  if (expected.found.count === 0) return;
  throw new StoreDamaged(expected.dir, [`its records vanished when LevelDB opened it`]);
}
