// What a LevelDB file holds, without LevelDB: the entries of a table and of a log, and their digest. The digest of a
// table is a fact about its bytes: which sealed records a file with this SHA-256 holds, each of them judged, and the
// hashes at the ends of every unbroken run, so that runs of several files can be linked without reading them again.
//
// An entry of a table: shared, rest and value lengths as varints | rest of the key | value; a key ends in 8 bytes that
// carry its kind in the lowest (1: put, 0: delete). A record of a log is a batch: sequence u64 | count u32 | entries of
// kind u8 | key | value, both with their length before them.

import { createHash } from "node:crypto";
import { openRecord, RecordDamaged } from "./records.js";
import { Cursor, dataBlocks, scanTableInSteps } from "./records-leveldb.js";

export interface Entry {
  readonly key: string;
  readonly value: Buffer;
}

/** Unbroken: each record follows the one before it. Hashes in hex. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly previous: string; // what record `first` says that it follows
  readonly hash: string; // of record `last`
  readonly firstLeft: number; // records that follow `first` in its batch
  readonly lastLeft: number;
}

export interface TableDigest {
  readonly sha256: string;
  readonly owner: string; // the owner's sealed record in hex; empty when it is in another table
  readonly runs: readonly Run[];
}

/** R13: a table of more pieces is judged anew at each open. */
export const MOST_RUNS = 64;
/** Records that are judged between two yields. */
const AT_ONCE = 100;
const HASHED_AT_ONCE = 524_288;
const PUT = 1;
const TRAILER_BYTES = 8;
const BATCH_HEADER_BYTES = 12;
const OWNER = "owner";
const KEY = /^e(\d{16})$/;

/** Thrown for what no store of sealed records that only grows can hold. */
export class Unforeseen extends Error {
  override readonly name = "Unforeseen";
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The same, for who does other work between two steps. */
export function* sha256InSteps(bytes: Uint8Array): Generator<void, string> {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += HASHED_AT_ONCE) {
    hash.update(bytes.subarray(at, at + HASHED_AT_ONCE));
    yield;
  }
  return hash.digest("hex");
}

/** The sequence of a record's key; 0 for the owner's. Throws Unforeseen. */
export function sequenceOf(key: string): number {
  if (key === OWNER) return 0;
  const sequence = Number(KEY.exec(key)?.[1] ?? 0);
  if (sequence === 0) throw new Unforeseen(`unknown key ${JSON.stringify(key.slice(0, 40))}`);
  return sequence;
}

/** The entries of a table whose checksums hold, in the order of their keys. Throws RangeError and Unforeseen. */
export function* tableEntries(bytes: Buffer): Generator<Entry> {
  for (const block of dataBlocks(bytes)) {
    const restarts = block.readUInt32LE(block.length - 4);
    const cursor = new Cursor(block.subarray(0, block.length - 4 - 4 * restarts));
    let key = Buffer.alloc(0);
    while (!cursor.atEnd) {
      const shared = cursor.varint();
      const rest = cursor.varint();
      const length = cursor.varint();
      key = Buffer.concat([key.subarray(0, shared), cursor.take(rest)]);
      if (key.length < TRAILER_BYTES || shared + rest !== key.length) throw new RangeError("a key is too short");
      const end = key.length - TRAILER_BYTES;
      if (key[end] !== PUT) throw new Unforeseen("a deleted key");
      yield { key: key.toString("latin1", 0, end), value: viewOf(cursor.take(length)) };
    }
  }
}

/** The entries of one record of a log. Throws RangeError and Unforeseen. */
export function* batchEntries(record: Uint8Array): Generator<Entry> {
  const cursor = new Cursor(record);
  cursor.take(BATCH_HEADER_BYTES);
  while (!cursor.atEnd) {
    const [kind] = cursor.take(1);
    if (kind !== PUT) throw new Unforeseen("a deleted key");
    const key = viewOf(cursor.slice()).toString("latin1");
    yield { key, value: viewOf(cursor.slice()) };
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Judges a table to the last byte: its checksums, every record and how they follow each other. Yields often, so that it
 * can be done in slices. Returns why there is no digest as text: it is damaged, not yet whole, or holds what is not
 * foreseen.
 */
export function* judgeTable(name: string, bytes: Buffer): Generator<void, TableDigest | string> {
  const [problem] = yield* scanTableInSteps(name, bytes);
  if (problem !== undefined) return problem;
  const runs = new Runs();
  let owner = "";
  let judged = 0;
  try {
    for (const { key, value } of tableEntries(bytes)) {
      const sequence = sequenceOf(key);
      if (sequence === 0) owner = value.toString("hex");
      else runs.add(sequence, value);
      judged += 1;
      if (judged % AT_ONCE === 0) yield;
    }
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof Unforeseen || cause instanceof RecordDamaged)) throw cause;
    return `${name}: ${cause.message}`;
  }
  const found = runs.runs;
  if (found.length > MOST_RUNS) return `${name}: ${found.length} runs of records`;
  return { sha256: yield* sha256InSteps(bytes), owner, runs: found };
}

interface OpenRun {
  readonly first: number;
  last: number;
  readonly previous: Uint8Array;
  hash: Uint8Array;
  readonly firstLeft: number;
  lastLeft: number;
}

/** Joins records, in the order of their sequences, to runs. */
export class Runs {
  readonly #runs: OpenRun[] = [];

  /** Throws RecordDamaged, and Unforeseen for a record that comes twice. */
  add(sequence: number, bytes: Buffer): void {
    const run = this.#runs.at(-1);
    if (run !== undefined && sequence <= run.last) throw new Unforeseen(`record ${sequence} stands there twice`);
    if (run === undefined || sequence !== run.last + 1) {
      const { previous, hash, left } = openRecord(bytes, { sequence, previous: null });
      this.#runs.push({ first: sequence, last: sequence, previous, hash, firstLeft: left, lastLeft: left });
      return;
    }
    const { hash, left } = openRecord(bytes, { sequence, previous: run.hash });
    if (run.lastLeft > 0 && left !== run.lastLeft - 1)
      throw new RecordDamaged(`record ${sequence}: it is no part of the batch before it`);
    run.last = sequence;
    run.hash = hash;
    run.lastLeft = left;
  }

  get runs(): readonly Run[] {
    return this.#runs.map((run) => ({ ...run, previous: hexOf(run.previous), hash: hexOf(run.hash) }));
  }
}

/** Joins the runs of all files to one chain; `problem` says where it breaks. */
export function joinRuns(
  runs: readonly Run[],
  genesis: string,
): { readonly count: number; readonly hash: string } | { readonly problem: string } {
  let end = { last: 0, hash: genesis, lastLeft: 0 };
  for (const run of [...runs].sort((a, b) => a.first - b.first)) {
    if (run.first !== end.last + 1) return { problem: `record ${end.last + 1} is followed by a run from ${run.first}` };
    if (run.previous !== end.hash) return { problem: `record ${run.first} does not follow record ${end.last}` };
    if (end.lastLeft > 0 && run.firstLeft !== end.lastLeft - 1)
      return { problem: `record ${run.first} is no part of the batch before it` };
    end = run;
  }
  if (end.lastLeft > 0) return { problem: `the last batch lacks ${end.lastLeft} records` };
  return { count: end.last, hash: end.hash };
}

export function hexOf(bytes: Uint8Array): string {
  return viewOf(bytes).toString("hex");
}
