// Follows the chain of sealed records of a store, record by record, and collects what is wrong with it (DESIGN:
// ledger): each record is there, unchanged, in its place, in the chain of its owner; what the head file and a snapshot
// counted is there, and at most one batch more.

import { genesis, type OpenedRecord, openRecord, RecordDamaged, shortHash } from "./records.js";
import type { Head, HeadScan } from "./records-head.js";
import type { TableDigest } from "./records-table.js";

/** Where a store is and what it is. Its directory is `dataDir/name`, its head file `dataDir/name.head`. */
export interface StorePlace {
  readonly dataDir: string;
  readonly name: string;
  readonly kind: string; // what its owner's record says
  readonly schema: number; // of the payloads
  readonly keep: number; // records kept, the newest; Infinity: all
}

/** Takes each kept record in order, its payload and as it is sealed. What it throws is a problem of that record. */
export type TakeRecord = (payload: Uint8Array, sequence: number, sealed: Uint8Array) => void;

/** What a snapshot of the store says, which was sealed and of this store's owner. */
export interface Known {
  readonly name: string; // of the snapshot, for messages
  readonly count: number; // records when it was taken
  readonly hash: Uint8Array; // of record `count`
  readonly tables: readonly TableDigest[]; // judged since
}

export interface Judged {
  readonly owner: string | null; // as the store says
  readonly count: number; // sequence of the last record
  readonly lastHash: Uint8Array | null;
  readonly head: Head | null;
  readonly problems: readonly string[];
  readonly notes: readonly string[]; // what was found and is no damage
}

export const OWNER_KEY = "owner";
const KEY = /^e(\d{16})$/;
const MOST_PROBLEMS = 32;

export function recordKey(sequence: number): string {
  return `e${String(sequence).padStart(16, "0")}`;
}

export interface Expected {
  readonly owner: string | null;
  readonly take: TakeRecord;
  readonly known?: Known | undefined;
  readonly headBefore: HeadScan; // read before the copy was made: the store holds at least this
  readonly headAfter: HeadScan; // read after it: the store holds at most one batch more
}

/** Reads the owner's record; a text when it is none, or not of a store of this kind and schema. */
export function readOwner(bytes: Uint8Array, place: StorePlace): { readonly owner: string } | string {
  const { kind, schema } = place;
  try {
    const payload = openRecord(bytes, { sequence: 0, previous: null }).payload;
    const found = JSON.parse(Buffer.from(payload).toString("utf8")) as Readonly<Record<string, unknown>>;
    if (found.kind !== kind) return `expected a store of kind ${kind}, found ${found.kind}`;
    if (found.schema !== schema) return `expected schema ${schema}, found ${found.schema}`;
    return { owner: String(found.owner) };
  } catch (cause) {
    return reasonOf(cause);
  }
}

/** Follows the chain record by record. */
export class ChainJudge {
  readonly #place: StorePlace;
  readonly #expected: Expected;
  readonly #problems: string[] = [];
  #more = 0;
  #owner: string | null = null;
  #genesis: Buffer | null = null;
  #first = 1; // of the records kept
  #count = 0;
  #hash: Uint8Array | null = null;
  #left = 0;
  #beyond = 0; // batches that the head does not know

  constructor(place: StorePlace, expected: Expected) {
    this.#place = place;
    this.#expected = expected;
  }

  problem(text: string): void {
    const named = text.startsWith(this.#place.name) ? text : `${this.#place.name}: ${text}`;
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(named);
    else this.#more += 1;
  }

  owner(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) return this.problem("it names no owner");
    const found = readOwner(bytes, this.#place);
    if (typeof found === "string") return this.problem(found);
    this.#owner = found.owner;
    const owner = this.#expected.owner ?? this.#owner;
    if (owner !== this.#owner) this.problem(`expected the store of "${owner}", found that of "${this.#owner}"`);
    this.#genesis = genesis(this.#place.kind, this.#owner);
    const { head } = this.#expected.headAfter;
    if (head !== null && !this.#genesis.equals(head.genesis)) {
      this.problem(`its head file belongs to another store than that of "${this.#owner}"`);
    }
  }

  /** Before the entries: which sequence is the last one, and so the first of those kept. */
  lastKey(key: string): void {
    const last = Number(KEY.exec(key)?.[1] ?? 0);
    this.#first = Math.max(1, last - this.#place.keep + 1);
    this.#count = this.#first - 1;
  }

  entry(key: string, bytes: Buffer): void {
    if (key === OWNER_KEY) return;
    const digits = KEY.exec(key)?.[1];
    if (digits === undefined) return this.problem(`unknown key ${JSON.stringify(key.slice(0, 40))}`);
    const sequence = Number(digits);
    if (sequence < this.#first) return; // dropped before; LevelDB may bring old keys back
    if (sequence > this.#count + 1) this.problem(missing(this.#count + 1, sequence - 1));
    const previous = sequence === this.#count + 1 ? this.#previousOf(sequence) : null;
    this.#count = sequence;
    this.#hash = null;
    try {
      const record = openRecord(bytes, { sequence, previous });
      this.#hash = record.hash;
      this.#follow(record);
      this.#expected.take(record.payload, sequence, bytes);
    } catch (cause) {
      const reason = reasonOf(cause);
      this.problem(cause instanceof RecordDamaged ? reason : `record ${sequence}: not readable: ${reason}`);
    }
  }

  #previousOf(sequence: number): Uint8Array | null {
    return sequence === 1 ? this.#genesis : this.#hash;
  }

  #follow(record: OpenedRecord): void {
    const { sequence, left } = record;
    if (this.#left > 0 && left !== this.#left - 1) {
      this.problem(`record ${sequence}: expected ${this.#left - 1} more records of its batch, found ${left}`);
    }
    this.#left = left;
    for (const head of [
      this.#expected.headBefore.head,
      this.#expected.headAfter.head,
      this.#expected.headAfter.before,
    ]) {
      if (head?.count !== sequence || sameBytes(head.hash, record.hash)) continue;
      const expected = `the head file expects hash ${shortHash(head.hash)}`;
      this.problem(`record ${sequence}: ${expected}, found ${shortHash(record.hash)}`);
    }
    const { known } = this.#expected;
    if (known?.count === sequence && !sameBytes(known.hash, record.hash)) {
      const expected = `${known.name} was taken after one of hash ${shortHash(known.hash)}`;
      this.problem(`record ${sequence}: ${expected}, found ${shortHash(record.hash)}`);
    }
    if (left === 0 && sequence > (this.#expected.headAfter.head?.count ?? 0)) this.#beyond += 1;
  }

  end(): void {
    if (this.#left > 0) this.problem(`the last batch is cut: ${missing(this.#count + 1, this.#count + this.#left)}`);
    const least = this.#expected.headBefore.head;
    if (least !== null && this.#count < least.count) {
      this.problem(
        `${missing(this.#count + 1, least.count)}: the head file counts ${least.count}, the store ${this.#count}`,
      );
    }
    const { known } = this.#expected;
    if (known !== undefined && this.#count < known.count) {
      const taken = `${known.name} was taken after record ${known.count}`;
      this.problem(`${missing(this.#count + 1, known.count)}: ${taken}, the store ends with ${this.#count}`);
    }
    const most = this.#expected.headAfter.head;
    if (most !== null && this.#beyond > 1) {
      const found = `the store holds ${this.#count} records, ${this.#beyond} batches more`;
      this.problem(`the head file is older than the store: it counts ${most.count} records, ${found}`);
    }
  }

  judged(notes: readonly string[]): Judged {
    const more = this.#more === 0 ? [] : [`${this.#place.name}: and ${this.#more} more problems`];
    // A torn end explains records that are missing; where none is missing it was never acknowledged.
    const problems = this.#problems.length === 0 ? [] : [...this.#problems, ...more, ...notes];
    return {
      owner: this.#owner,
      count: this.#count,
      lastHash: this.#count === 0 ? this.#genesis : this.#hash,
      head: this.#expected.headAfter.head,
      problems,
      notes: problems.length === 0 ? notes : [],
    };
  }
}

function missing(from: number, to: number): string {
  return from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The innermost message of an error; LevelDB's reason is the cause of level's. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause === undefined ? cause.message : reasonOf(cause.cause);
}
