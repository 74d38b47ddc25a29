// What the robot keeps on its own disk. `DATA/state` and `DATA/state.head` hold its memory (R5, R7, R10): sealed
// records in a chain, one for each change, the newest 64 kept, each durable before its save resolves; damage or another
// robot's store is refused at open. `DATA/history` holds decisions and recorded inputs (R14): another LevelDB, never
// synced, bounded by number, bytes and age, oldest dropped first (R13). The two share no file, so the history can never
// displace, delay or damage the memory; a damaged history is dropped and said so.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { Level } from "level";
import { crc32c } from "../../proto/codec/records.js";
import { reasonOf } from "../../proto/codec/records-judge.js";
import { SealedStore } from "../../proto/codec/records-store.js";
import { type EdgeMemory, EMPTY_MEMORY, readEdgeMemory } from "../core/memory.js";

export { StoreDamaged, StoreInUse } from "../../proto/codec/records-store.js";

export type HistoryKind = "decision" | "input";

export interface StoreLimits {
  readonly decisionRecords: number;
  readonly decisionRecordDays: number; // for both kinds
  readonly recordedInputs: number;
  readonly historyBytes?: number; // of each kind
}

export interface EdgeStoreOptions {
  readonly dir: string; // the data directory
  readonly robot: string;
  readonly create: boolean; // only at the first start: make an empty store where there never was one
  readonly limits: StoreLimits;
  readonly nowWallMs?: () => number; // for the age of history alone
}

const MEMORY_PLACE = { name: "state", kind: "robot memory", schema: 1, keep: 64 };
const HISTORY_LEVEL = { keyEncoding: "utf8", valueEncoding: "buffer", cacheSize: 1_048_576 } as const;
const FLUSH_MS = 250;
const MOST_PENDING = 4096;
const MOST_PENDING_BYTES = 16_777_216;
const DEFAULT_HISTORY_BYTES = 268_435_456;
const DAY_MS = 86_400_000;

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
      const { history, notes } = await History.open(join(options.dir, "history"), options);
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

  /**
   * Notes a decision or an input; never fails, never waits. Kept at the latest 250 ms later; a killed robot loses
   * those.
   */
  record(kind: HistoryKind, id: string, value: object): void {
    this.#history.record(kind, id, value);
  }

  /** What was last recorded under this decision id; null when it is not or no longer known. */
  async decision(id: string): Promise<object | null> {
    return this.#history.decision(id);
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

interface Ring {
  readonly prefix: string;
  readonly most: number;
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

// Keys: prefix, sequence of 16 digits, wall clock, size, id, parted by "~"; and for decisions "x~ID" to the newest such
// key. A value is its CRC32C and V8's serialisation, which keeps every number bit for bit.
class History {
  readonly #level: Level<string, Buffer>;
  readonly #options: EdgeStoreOptions;
  readonly #rings: Readonly<Record<HistoryKind, Ring>>;
  readonly #timer: NodeJS.Timeout;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> = Promise.resolve();
  #failed = false;
  dropped = 0;

  private constructor(level: Level<string, Buffer>, options: EdgeStoreOptions) {
    this.#level = level;
    this.#options = options;
    this.#rings = {
      decision: { prefix: "d", most: options.limits.decisionRecords, next: 1, oldest: 1, count: 0, bytes: 0 },
      input: { prefix: "n", most: options.limits.recordedInputs, next: 1, oldest: 1, count: 0, bytes: 0 },
    };
    this.#timer = setInterval(() => void this.#flush(), FLUSH_MS).unref();
  }

  static async open(dir: string, options: EdgeStoreOptions): Promise<{ history: History; notes: readonly string[] }> {
    try {
      return { history: await History.#openOnce(dir, options), notes: [] };
    } catch (cause) {
      await rm(dir, { recursive: true, force: true });
      const notes = [`history: damaged, dropped and begun anew: ${reasonOf(cause)}`];
      return { history: await History.#openOnce(dir, options), notes };
    }
  }

  static async #openOnce(dir: string, options: EdgeStoreOptions): Promise<History> {
    const level = new Level<string, Buffer>(dir, HISTORY_LEVEL);
    await level.open();
    const history = new History(level, options);
    try {
      for (const ring of Object.values(history.#rings)) await history.#measure(ring);
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

  record(kind: HistoryKind, id: string, value: object): void {
    const ring = this.#rings[kind];
    const body = serialize(value);
    const bytes = Buffer.allocUnsafe(4 + body.length);
    bytes.writeUInt32BE(crc32c(body), 0);
    body.copy(bytes, 4);
    const sequence = String(ring.next).padStart(16, "0");
    ring.next += 1;
    this.#pending.push({ ring, id, key: `${ring.prefix}${sequence}~${this.#nowMs()}~${bytes.length}~${id}`, bytes });
    this.#pendingBytes += bytes.length;
    while (this.#pending.length > MOST_PENDING || this.#pendingBytes > MOST_PENDING_BYTES) {
      this.#pendingBytes -= this.#pending.shift()?.bytes.length ?? 0;
      this.dropped += 1;
    }
  }

  async decision(id: string): Promise<object | null> {
    await this.#flush();
    try {
      const key = await this.#level.get(`x~${id}`);
      const bytes = key === undefined ? undefined : await this.#level.get(key.toString("utf8"));
      return bytes === undefined ? null : recordedIn(bytes);
    } catch {
      return null;
    }
  }

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
        if (ring.prefix === "d") batch.put(`x~${id}`, Buffer.from(key));
        ring.count += 1;
        ring.bytes += bytes.length;
      }
      await batch.write({ sync: false });
      for (const ring of Object.values(this.#rings)) await this.#trim(ring);
    } catch {
      this.#failed = true;
      this.dropped += pending.length;
    }
  }

  // R13. Starts at the oldest key, not before it: LevelDB would step over every key that was ever deleted.
  async #trim(ring: Ring): Promise<void> {
    const { historyBytes: bytesMost = DEFAULT_HISTORY_BYTES, decisionRecordDays } = this.#options.limits;
    const keepFromMs = this.#nowMs() - decisionRecordDays * DAY_MS;
    const from = `${ring.prefix}${String(ring.oldest).padStart(16, "0")}`;
    const batch = this.#level.batch();
    for await (const key of this.#level.keys({ gte: from, lt: `${ring.prefix}:` })) {
      const entry = partsOf(key);
      ring.oldest = entry.sequence;
      if (ring.count <= ring.most && ring.bytes <= bytesMost && entry.wallMs >= keepFromMs) break;
      batch.del(key);
      ring.oldest = entry.sequence + 1;
      ring.count -= 1;
      ring.bytes -= entry.bytes;
      if (ring.prefix !== "d") continue;
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
