// LevelDB's own files, read as bytes. LevelDB drops a damaged tail or middle of its log in silence and does not check
// the checksums of its tables when it reads them (both tried with 1.20), so a store is judged by this reader before
// LevelDB is allowed to touch it. Every byte of a log, of a MANIFEST and of a live table is covered by a checksum or
// must be zero.
//
// A log and a MANIFEST are blocks of 32 KiB that hold pieces: masked CRC32C u32 | length u16 | type u8 | bytes, all
// little endian; type 1 is a whole record, 2, 3 and 4 its first, middle and last piece. A last piece that the file is
// too short for, or whose end is zeros, is what a power cut leaves: it is a note, not a problem; whether it was ever
// acknowledged is judged by who reads the head file.

import { crc32c } from "./records.js";

const BLOCK_BYTES = 32_768;
const PIECE_HEADER_BYTES = 7;
const SECTOR_BYTES = 512;
const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const BLOCKS_AT_ONCE = 64;
const TABLE_MAGIC = "57fb808b247547db";

export interface LogScan {
  readonly records: readonly Uint8Array[];
  readonly problems: readonly string[];
  readonly notes: readonly string[]; // a torn end
}

interface Piece {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** Reads a log or a MANIFEST. Stops at the first thing that is wrong. */
export function scanLog(name: string, bytes: Buffer): LogScan {
  const records: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  let offset = 0;
  const done = (problems: string[], notes: string[] = []): LogScan => ({ records, problems, notes });
  for (;;) {
    const rest = BLOCK_BYTES - (offset % BLOCK_BYTES);
    if (rest < PIECE_HEADER_BYTES) {
      const padding = bytes.subarray(offset, offset + rest);
      if (!allZero(padding)) return done([`${name}: byte ${offset}: expected zeros before the next block`]);
      offset += rest;
    }
    if (offset >= bytes.length) {
      return pieces.length === 0 ? done([]) : done([], [`${name}: its last write ends within a record (torn)`]);
    }
    const piece = readPiece(bytes, offset);
    if (typeof piece === "string") return done([`${name}: byte ${offset}: ${piece}`]);
    if (piece === null) return done([], [`${name}: byte ${offset}: torn last write`]);
    const opens = piece.type === 1 || piece.type === 2;
    if (opens !== (pieces.length === 0)) return done([`${name}: byte ${offset}: a piece of a record is missing`]);
    pieces.push(piece.payload);
    if (piece.type === 1 || piece.type === 4) {
      records.push(pieces.length === 1 ? piece.payload : Buffer.concat(pieces));
      pieces = [];
    }
    offset += PIECE_HEADER_BYTES + piece.payload.length;
  }
}

/** The piece at `offset`; null for a torn end of the file; a text for damage. */
function readPiece(bytes: Buffer, offset: number): Piece | null | string {
  if (allZero(bytes.subarray(offset))) return null;
  if (offset + PIECE_HEADER_BYTES > bytes.length) return null;
  const length = bytes.readUInt16LE(offset + 4);
  const type = bytes.readUInt8(offset + 6);
  const start = offset + PIECE_HEADER_BYTES;
  const blockEnd = offset - (offset % BLOCK_BYTES) + BLOCK_BYTES;
  if (start + length > Math.min(blockEnd, bytes.length)) {
    if (start + length > blockEnd) return `a length of ${length} bytes does not fit its block`;
    const whole = checksumHolds(bytes, offset, bytes.length - start);
    return whole ? `its length says ${length} bytes, its checksum fits ${bytes.length - start}` : null;
  }
  if (!checksumHolds(bytes, offset, length)) {
    return zeroFromSector(bytes, start) ? null : `the checksum of the ${length} bytes there does not fit`;
  }
  if (type < 1 || type > 4) return `unknown type ${type}`;
  return { type, payload: bytes.subarray(start, start + length) };
}

function checksumHolds(bytes: Buffer, offset: number, length: number): boolean {
  const start = offset + PIECE_HEADER_BYTES - 1;
  return bytes.readUInt32LE(offset) === masked(crc32c(bytes, { start, end: start + 1 + length }));
}

// A power cut may leave whole sectors of the last write as zeros.
function zeroFromSector(bytes: Buffer, start: number): boolean {
  const lastSector = Math.floor((bytes.length - 1) / SECTOR_BYTES) * SECTOR_BYTES;
  return lastSector > start && allZero(bytes.subarray(lastSector));
}

export interface Manifest {
  readonly logNumber: number; // logs from this number on are still to be replayed
  readonly tables: ReadonlyMap<number, number>; // number of a live table to its size in bytes
}

/** What the records of a MANIFEST add up to. Throws RangeError for records that are no version edits. */
export function readManifest(records: readonly Uint8Array[]): Manifest {
  const tables = new Map<number, number>();
  let logNumber = 0;
  for (const record of records) {
    const cursor = new Cursor(record);
    while (!cursor.atEnd) {
      const tag = cursor.varint();
      if (tag === 1) cursor.slice();
      else if (tag === 2) logNumber = cursor.varint();
      else if (tag === 3 || tag === 4 || tag === 9) cursor.varint();
      else if (tag === 5) cursor.skipLevel().slice();
      else if (tag === 6) tables.delete(cursor.skipLevel().varint());
      else if (tag === 7) {
        const table = cursor.skipLevel().varint();
        tables.set(table, cursor.varint());
        cursor.slice();
        cursor.slice();
      } else throw new RangeError(`unknown tag ${tag}`);
    }
  }
  return { logNumber, tables };
}

/** The data blocks of a table that was scanned and found whole, in the order of their keys. */
export function dataBlocks(bytes: Buffer): readonly Buffer[] {
  const cursor = new Cursor(bytes.subarray(bytes.length - FOOTER_BYTES));
  cursor.handle();
  return handlesIn(blockAt(bytes, cursor.handle())).map((handle) => blockAt(bytes, handle));
}

function blockAt(bytes: Buffer, { offset, size }: Handle): Buffer {
  return bytes.subarray(offset, offset + size);
}

/** Checks every block of a table and that blocks and footer fill the file. Returns what is wrong. */
export function scanTable(name: string, bytes: Buffer): readonly string[] {
  return drained(scanTableInSteps(name, bytes));
}

/** The same, for who does other work between two steps. */
export function* scanTableInSteps(name: string, bytes: Buffer): Generator<void, readonly string[]> {
  const footer = bytes.subarray(Math.max(0, bytes.length - FOOTER_BYTES));
  if (footer.length < FOOTER_BYTES || footer.toString("hex", FOOTER_BYTES - 8) !== TABLE_MAGIC) {
    return [`${name}: its footer is missing or damaged (${bytes.length} bytes)`];
  }
  try {
    const cursor = new Cursor(footer.subarray(0, FOOTER_BYTES - 8));
    const metaindex = cursor.handle();
    const index = cursor.handle();
    if (!allZero(cursor.rest())) return [`${name}: its footer is damaged`];
    const handles = [metaindex, index];
    for (const root of [metaindex, index]) {
      const fault = blockFault(bytes, root);
      if (fault !== null) return [`${name}: ${fault}`];
      handles.push(...handlesIn(blockAt(bytes, root)));
    }
    return yield* faultsOfBlocks(name, bytes, handles);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return [`${name}: its index is damaged: ${cause.message}`];
  }
}

function* faultsOfBlocks(name: string, bytes: Buffer, handles: readonly Handle[]): Generator<void, readonly string[]> {
  const problems: string[] = [];
  let end = 0;
  for (const [index, handle] of [...handles].sort((a, b) => a.offset - b.offset).entries()) {
    if (handle.offset !== end)
      return [...problems, `${name}: byte ${end}: expected a block, found none until ${handle.offset}`];
    const fault = blockFault(bytes, handle);
    if (fault !== null) problems.push(`${name}: ${fault}`);
    end = handle.offset + handle.size + TRAILER_BYTES;
    if (index % BLOCKS_AT_ONCE === 0) yield;
  }
  if (end + FOOTER_BYTES !== bytes.length) problems.push(`${name}: byte ${end}: expected the footer`);
  return problems;
}

/** Takes all steps at once. */
export function drained<T>(steps: Generator<void, T>): T {
  for (let next = steps.next(); ; next = steps.next()) if (next.done === true) return next.value;
}

export interface Handle {
  readonly offset: number;
  readonly size: number;
}

function blockFault(bytes: Buffer, handle: Handle): string | null {
  const end = handle.offset + handle.size;
  if (end + TRAILER_BYTES > bytes.length) return `a block at byte ${handle.offset} reaches beyond the file`;
  const stored = bytes.readUInt32LE(end + 1);
  if (stored === masked(crc32c(bytes, { start: handle.offset, end: end + 1 }))) return null;
  return `the checksum of the block at bytes ${handle.offset} to ${end} does not fit`;
}

/** The values of an index block, each a handle. Its entries: shared, rest and value lengths, rest of the key, value. */
function handlesIn(block: Buffer): Handle[] {
  const restarts = block.readUInt32LE(block.length - 4);
  const cursor = new Cursor(block.subarray(0, Math.max(0, block.length - 4 - 4 * restarts)));
  const handles: Handle[] = [];
  while (!cursor.atEnd) {
    cursor.varint();
    const keyRest = cursor.varint();
    const length = cursor.varint();
    cursor.take(keyRest);
    handles.push(new Cursor(cursor.take(length)).handle());
  }
  return handles;
}

/** Reads numbers and slices, one after the other. Throws RangeError beyond the end. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A number of 7 bits per byte, lowest first. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError(`no number at byte ${this.#at}`);
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length)
      throw new RangeError(`${length} bytes at byte ${this.#at} are too many`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  slice(): Uint8Array {
    return this.take(this.varint());
  }

  skipLevel(): this {
    this.varint();
    return this;
  }

  handle(): Handle {
    return { offset: this.varint(), size: this.varint() };
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}

// LevelDB stores checksums rotated and shifted, so that a checksum over bytes that hold checksums stays strong.
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function allZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
