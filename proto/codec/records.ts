// The record around everything that must not be forgotten (DESIGN: ledger). Records form a chain: each carries the hash
// of the one before, so a gap, a fork, a changed byte or a foreign record is found when the store is read.
//
// Layout, big endian: version u16 | left u32 | sequence u64 | hash of the record before, 32 bytes | payload length u32
// | payload | CRC32C u32 over everything before it. `left` counts the records that follow in the same synced batch. The
// hash of a record is the SHA-256 over all its bytes, its CRC included. Record 1 carries `genesis(kind, owner)`, so
// that a record never fits the chain of another owner.

import { createHash, hash as sha256 } from "node:crypto";

export const RECORD_VERSION = 1;
export const HASH_BYTES = 32;
/** R13: a record is one event or one snapshot of a robot's memory, never bulk data. */
export const MOST_PAYLOAD_BYTES = 1_048_576;

const HEADER_BYTES = 50;
const CRC_BYTES = 4;

/** Thrown for bytes that are not the record they should be; the message says which record and what differs. */
export class RecordDamaged extends Error {
  override readonly name = "RecordDamaged";
}

export interface RecordParts {
  readonly sequence: number; // from 1; 0 for the owner's record
  readonly left: number; // records that follow in the same batch
  readonly previous: Uint8Array; // hash of the record before
  readonly payload: Uint8Array;
}

export interface OpenedRecord extends RecordParts {
  readonly hash: Uint8Array; // of this record
}

/** The bytes to store. Throws RangeError for a payload above MOST_PAYLOAD_BYTES or a hash of another length. */
export function sealRecord(parts: RecordParts): Buffer {
  const { payload, previous } = parts;
  if (payload.length > MOST_PAYLOAD_BYTES) {
    const expected = `at most ${MOST_PAYLOAD_BYTES} bytes`;
    throw new RangeError(`cannot seal record ${parts.sequence}: expected ${expected}, found ${payload.length}`);
  }
  if (previous.length !== HASH_BYTES) {
    throw new RangeError(`cannot seal record ${parts.sequence}: the hash before it has ${previous.length} bytes`);
  }
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length + CRC_BYTES);
  bytes.writeUInt16BE(RECORD_VERSION, 0);
  bytes.writeUInt32BE(parts.left, 2);
  bytes.writeBigUInt64BE(BigInt(parts.sequence), 6);
  bytes.set(previous, 14);
  bytes.writeUInt32BE(payload.length, 46);
  bytes.set(payload, HEADER_BYTES);
  const end = HEADER_BYTES + payload.length;
  bytes.writeUInt32BE(crc32c(bytes, { end }), end);
  return bytes;
}

/**
 * The record in `bytes`, which stands where record `sequence` should. `previous` is the hash that it must carry, or
 * null when the record before is not known. Throws RecordDamaged. The payload is a view, not a copy.
 */
export function openRecord(
  bytes: Uint8Array,
  expected: { readonly sequence: number; readonly previous: Uint8Array | null },
): OpenedRecord {
  const name = expected.sequence === 0 ? "the owner's record" : `record ${expected.sequence}`;
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = raw.length - CRC_BYTES;
  if (end < HEADER_BYTES) {
    throw new RecordDamaged(`${name}: expected at least ${HEADER_BYTES + CRC_BYTES} bytes, found ${raw.length}`);
  }
  const crc = crc32c(raw, { end });
  const stored = raw.readUInt32BE(end);
  if (crc !== stored) throw new RecordDamaged(`${name}: its CRC32C is ${hex(stored)}, its bytes give ${hex(crc)}`);
  const version = raw.readUInt16BE(0);
  if (version !== RECORD_VERSION) {
    throw new RecordDamaged(`${name}: expected record version ${RECORD_VERSION}, found ${version}`);
  }
  const sequence = Number(raw.readBigUInt64BE(6));
  if (sequence !== expected.sequence) throw new RecordDamaged(`${name}: it says that it is record ${sequence}`);
  const length = raw.readUInt32BE(46);
  if (length !== end - HEADER_BYTES) {
    throw new RecordDamaged(`${name}: expected ${length} bytes of payload, found ${end - HEADER_BYTES}`);
  }
  const previous = raw.subarray(14, 46);
  if (expected.previous !== null && !previous.equals(expected.previous)) {
    const found = `it follows ${shortHash(previous)}`;
    throw new RecordDamaged(`${name}: ${found}, the record before it has hash ${shortHash(expected.previous)}`);
  }
  return { sequence, left: raw.readUInt32BE(2), previous, payload: raw.subarray(HEADER_BYTES, end), hash: hashOf(raw) };
}

/** The hash of a sealed record, which the next one carries. */
export function hashOf(sealed: Uint8Array): Buffer {
  return sha256("sha256", sealed, "buffer");
}

/** What record 1 of the store of `owner` carries as the hash before it. */
export function genesis(kind: string, owner: string): Buffer {
  return createHash("sha256").update(`drover ${kind}\n${owner}`).digest();
}

/** The first 12 digits of a hash, for people. */
export function shortHash(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex", 0, 6);
}

/** CRC32C (Castagnoli, reflected polynomial 0x82F63B78) of bytes `start` to `end`, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, range: { readonly start?: number; readonly end?: number } = {}): number {
  const end = range.end ?? bytes.length;
  let index = range.start ?? 0;
  let crc = ~0;
  for (; index + 4 <= end; index += 4) {
    crc ^= at(bytes, index) | (at(bytes, index + 1) << 8) | (at(bytes, index + 2) << 16) | (at(bytes, index + 3) << 24);
    crc =
      entry(768 + (crc & 255)) ^
      entry(512 + ((crc >>> 8) & 255)) ^
      entry(256 + ((crc >>> 16) & 255)) ^
      entry(crc >>> 24);
  }
  for (; index < end; index += 1) crc = entry((crc ^ at(bytes, index)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

// Four tables of 256: table k advances a byte by k further zero bytes, so that four bytes go in one step.
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(1024);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let index = 256; index < 1024; index += 1) {
    const before = tables[index - 256] as number;
    tables[index] = (tables[before & 255] as number) ^ (before >>> 8);
  }
  return tables;
}

function entry(index: number): number {
  return TABLES[index] as number;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
