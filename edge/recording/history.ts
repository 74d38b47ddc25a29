// R14: the decisions of a robot and what it heard, in a LevelDB of their own, never synced, bounded by number, bytes
// and age (R13). Decisions of two kinds share one bound: those that change what the robot does, and samples of one that
// goes on. Samples are the first to be dropped, whether the bound is reached or the disk does not keep up; a change is
// given to the disk at once, so that a process that is killed loses none that it has long carried out.
//
// Keys: kind, sequence of 16 digits, wall clock, size, id, parted by "~"; and for decisions "x~ID" to the newest such
// key. A value is its CRC32C and V8's serialisation, which keeps every number bit for bit.

import { rm } from "node:fs/promises";
import { deserialize, serialize } from "node:v8";
import { Level } from "level";
import { crc32c } from "../../proto/codec/records.js";
import { reasonOf } from "../../proto/codec/records-judge.js";

/** In the data directory. */
export const HISTORY = "history";

/** `sample`: a decision that goes on as before. */
export type HistoryKind = "decision" | "sample" | "input";

export interface HistoryLimits {
  readonly decisionRecords: number; // samples included
  readonly decisionRecordDays: number; // for all kinds
  readonly recordedInputs: number;
  readonly historyBytes?: number; // of decisions and samples, and again of inputs
}

export interface HistoryOptions {
  readonly limits: HistoryLimits;
  readonly nowWallMs?: () => number; // for the age alone
}

/** A decision as it is stored. */
export interface Stored {
  readonly value: object;
  readonly wallMs: number;
}

const LEVEL = { keyEncoding: "utf8", valueEncoding: "buffer", cacheSize: 1_048_576 } as const;
const FLUSH_MS = 250;
const MOST_PENDING = 4096;
const MOST_PENDING_BYTES = 16_777_216;
const DEFAULT_BYTES = 268_435_456;
const DAY_MS = 86_400_000;

/** Of one kind of records. */
interface Ring {
  readonly prefix: string;
  next: number; // sequence
  oldest: number;
  count: number;
  bytes: number;
}

interface Pending {
  readonly ring: Ring;
  readonly id: string;
  readonly key: string;
  readonly bytes: Buffer;
}

const ringOf = (prefix: string): Ring => ({ prefix, next: 1, oldest: 1, count: 0, bytes: 0 });

export class History {
  readonly #level: Level<string, Buffer>;
  readonly #options: HistoryOptions;
  readonly #rings: Readonly<Record<HistoryKind, Ring>> = {
    decision: ringOf("d"),
    sample: ringOf("s"),
    input: ringOf("n"),
  };
  readonly #timer: NodeJS.Timeout;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> = Promise.resolve();
  #failed = false;
  /** Records dropped because they came faster than the disk took them, or because the disk failed. */
  dropped = 0;

  private constructor(level: Level<string, Buffer>, options: HistoryOptions) {
    this.#level = level;
    this.#options = options;
    this.#timer = setInterval(() => void this.#flush(), FLUSH_MS).unref();
  }

  /** Drops a damaged history, and says so in `notes`. */
  static async open(dir: string, options: HistoryOptions): Promise<{ history: History; notes: readonly string[] }> {
    try {
      return { history: await History.openOnce(dir, options), notes: [] };
    } catch (cause) {
      await rm(dir, { recursive: true, force: true });
      const notes = [`history: damaged, dropped and begun anew: ${reasonOf(cause)}`];
      return { history: await History.openOnce(dir, options), notes };
    }
  }

  /** Rejects with LevelDB's error for what it cannot open. */
  static async openOnce(dir: string, options: HistoryOptions): Promise<History> {
    const level = new Level<string, Buffer>(dir, LEVEL);
    await level.open();
    const history = new History(level, options);
    try {
      for (const ring of Object.values(history.#rings)) await history.#measure(ring);
      const { decision, sample } = history.#rings;
      decision.next = Math.max(decision.next, sample.next);
      return history;
    } catch (cause) {
      clearInterval(history.#timer);
      await level.close();
      throw cause;
    }
  }

  async #measure(ring: Ring): Promise<void> {
    for await (const key of this.#level.keys({ gt: `${ring.prefix}0`, lt: `${ring.prefix}:` })) {
      const { sequence, bytes } = partsOf(key);
      if (ring.count === 0) ring.oldest = sequence;
      ring.next = sequence + 1;
      ring.count += 1;
      ring.bytes += bytes;
    }
  }

  /** Never fails, never waits. A change is on its way to the disk when this returns, the rest 250 ms later. */
  record(kind: HistoryKind, id: string, value: object): void {
    const ring = this.#rings[kind];
    const body = serialize(value);
    const bytes = Buffer.allocUnsafe(4 + body.length);
    bytes.writeUInt32BE(crc32c(body), 0);
    body.copy(bytes, 4);
    const counter = kind === "input" ? ring : this.#rings.decision; // one order for both kinds of decisions
    const sequence = String(counter.next).padStart(16, "0");
    counter.next += 1;
    this.#pending.push({ ring, id, key: `${ring.prefix}${sequence}~${this.#nowMs()}~${bytes.length}~${id}`, bytes });
    this.#pendingBytes += bytes.length;
    while (this.#pending.length > MOST_PENDING || this.#pendingBytes > MOST_PENDING_BYTES) this.#dropOne();
    if (kind === "decision") void this.#flush();
  }

  /** The oldest that waits, of what matters least. */
  #dropOne(): void {
    const isOther = ({ ring }: Pending): boolean => ring !== this.#rings.decision;
    const index = Math.max(0, this.#pending.findIndex(isOther));
    const [gone] = this.#pending.splice(index, 1);
    this.#pendingBytes -= gone?.bytes.length ?? 0;
    this.dropped += 1;
  }

  /** What was last recorded under this decision id; null when it is not or no longer known. */
  async decision(id: string): Promise<Stored | null> {
    await this.#flush();
    try {
      const key = (await this.#level.get(`x~${id}`))?.toString("utf8");
      const bytes = key === undefined ? undefined : await this.#level.get(key);
      const value = bytes === undefined ? null : recordedIn(bytes);
      return value === null ? null : { value, wallMs: partsOf(key as string).wallMs };
    } catch {
      return null;
    }
  }

  /** The newest `most` records of a kind, oldest first. */
  async recent(kind: HistoryKind, most: number): Promise<object[]> {
    await this.#flush();
    const { prefix } = this.#rings[kind];
    const newest = { gt: `${prefix}0`, lt: `${prefix}:`, reverse: true, limit: most };
    const found: object[] = [];
    try {
      for await (const bytes of this.#level.values(newest)) {
        const value = recordedIn(bytes);
        if (value !== null) found.push(value);
      }
    } catch {
      // What is still readable is all there is.
    }
    return found.reverse();
  }

  /** The newest `most` decisions, samples too, oldest first. */
  async decisions(most: number): Promise<readonly Stored[]> {
    await this.#flush();
    const found: (Stored & { readonly sequence: number })[] = [];
    for (const { prefix } of [this.#rings.decision, this.#rings.sample]) {
      const newest = { gt: `${prefix}0`, lt: `${prefix}:`, reverse: true, limit: most };
      for await (const [key, bytes] of this.#level.iterator(newest)) {
        const value = recordedIn(bytes);
        if (value !== null) found.push({ value, ...partsOf(key) });
      }
    }
    return found.sort((one, other) => one.sequence - other.sequence).slice(-most);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
    await this.#level.close();
  }

  #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#writePending());
    return this.#flushing;
  }

  async #writePending(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      if (this.#failed) throw new Error("an earlier write failed");
      const batch = this.#level.batch();
      for (const { ring, id, key, bytes } of pending) {
        batch.put(key, bytes);
        if (ring !== this.#rings.input) batch.put(`x~${id}`, Buffer.from(key));
        ring.count += 1;
        ring.bytes += bytes.length;
      }
      await batch.write({ sync: false });
      await this.#trim();
    } catch {
      this.#failed = true;
      this.dropped += pending.length;
    }
  }

  /** R13: samples make room for changes before a change does for a newer one. */
  async #trim(): Promise<void> {
    const { decision, sample, input } = this.#rings;
    const { historyBytes: bytesMost = DEFAULT_BYTES, decisionRecords, recordedInputs } = this.#options.limits;
    const isOver = () => decision.count + sample.count > decisionRecords || decision.bytes + sample.bytes > bytesMost;
    await this.#dropOldest(sample, isOver);
    await this.#dropOldest(decision, isOver);
    await this.#dropOldest(input, () => input.count > recordedInputs || input.bytes > bytesMost);
  }

  // Starts at the oldest key, not before it: LevelDB would step over every key that was ever deleted.
  async #dropOldest(ring: Ring, isOver: () => boolean): Promise<void> {
    if (ring.count === 0) return;
    const keepFromMs = this.#nowMs() - this.#options.limits.decisionRecordDays * DAY_MS;
    const from = `${ring.prefix}${String(ring.oldest).padStart(16, "0")}`;
    const batch = this.#level.batch();
    for await (const key of this.#level.keys({ gte: from, lt: `${ring.prefix}:` })) {
      const entry = partsOf(key);
      ring.oldest = entry.sequence;
      if (!isOver() && entry.wallMs >= keepFromMs) break;
      batch.del(key);
      ring.oldest = entry.sequence + 1;
      ring.count -= 1;
      ring.bytes -= entry.bytes;
      if (ring === this.#rings.input) continue;
      const newest = await this.#level.get(`x~${entry.id}`);
      if (newest?.toString("utf8") === key) batch.del(`x~${entry.id}`);
    }
    if (batch.length === 0) await batch.close();
    else await batch.write({ sync: false });
  }

  #nowMs = (): number => (this.#options.nowWallMs ?? Date.now)();
}

function partsOf(key: string): { sequence: number; wallMs: number; bytes: number; id: string } {
  const [head = "", wallMs, bytes, ...id] = key.split("~");
  return { sequence: Number(head.slice(1)), wallMs: Number(wallMs), bytes: Number(bytes), id: id.join("~") };
}

/** Null for a value that is not what was stored: history is evidence, and half of a record is none. */
function recordedIn(bytes: Buffer): object | null {
  try {
    if (bytes.readUInt32BE(0) !== crc32c(bytes, { start: 4 })) return null;
    const value: unknown = deserialize(bytes.subarray(4));
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
