// A backup: all records of a sealed store in one file, as they are sealed, so that what is restored has the same chain
// of hashes as what was backed up. A backup is evidence: it is read whole or refused with a reason.
//
// Layout, big endian: a header of 512 bytes | records, each: length u32, the sealed record | SHA-256 over the records
// and then the header. The header: "DROVBACK" | version u16 | zero u16 | schema of the payloads u32 | count u64 | bytes
// of the records u64 | hash of record `count`, 32 bytes | epoch u64 | when it was taken, by the wall clock in ms, u64 |
// length u16 and UTF-8 of the kind | the same of the owner | zeros | CRC32C u32 over all before it. It is written under
// another name, synced, read back, and only then given its own; a file of that name is never replaced.

import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { type FileHandle, link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32c, genesis, HASH_BYTES, MOST_PAYLOAD_BYTES, openRecord, shortHash } from "./records.js";
import { reasonOf } from "./records-chain.js";
import { syncDirectory } from "./records-head.js";

const MAGIC = "DROVBACK";
const VERSION = 1;
const HEADER_BYTES = 512;
const CRC_AT = HEADER_BYTES - 4;
const TEXTS_AT = 80;
const LENGTH_BYTES = 4;
/** What file systems without links say, e.g. of a memory stick. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "ENOSYS"]);
const AT_ONCE_BYTES = 262_144;
/** Of a sealed record: its payload and what is around it. */
const MOST_RECORD_BYTES = MOST_PAYLOAD_BYTES + 1024;

/** Thrown for a file that is no sound backup; the message says which and what is wrong. */
export class BackupDamaged extends Error {
  override readonly name = "BackupDamaged";
}

export interface BackupHead {
  readonly kind: string;
  readonly owner: string;
  readonly schema: number;
  readonly count: number; // records
  readonly hash: Uint8Array; // of record `count`
  readonly epoch: number; // in which the last event was decided
  readonly takenWallMs: number;
}

interface Scanned extends BackupHead {
  readonly bodyBytes: number;
}

/** Writes the records one after the other, then the header before them. Under a name of its own until `publish`. */
export class BackupWriter {
  readonly #temporary: string;
  readonly #file: string;
  readonly #fd: number;
  readonly #seal = createHash("sha256");
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #bodyBytes = 0;

  /** Throws the file system's error. */
  constructor(file: string) {
    this.#file = file;
    this.#temporary = `${file}.new-${process.pid}`;
    this.#fd = openSync(this.#temporary, "wx", 0o600);
    writeSync(this.#fd, Buffer.alloc(HEADER_BYTES));
  }

  add(sealed: Uint8Array): void {
    const bytes = Buffer.allocUnsafe(LENGTH_BYTES + sealed.length);
    bytes.writeUInt32BE(sealed.length, 0);
    bytes.set(sealed, LENGTH_BYTES);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= AT_ONCE_BYTES) this.#flush();
  }

  /** Makes it durable, reads it back and gives it its name. Throws EEXIST where there is a file by now. */
  async publish(head: BackupHead): Promise<void> {
    this.#flush();
    const header = headerOf({ ...head, bodyBytes: this.#bodyBytes });
    writeWhole(this.#fd, this.#seal.update(header).digest());
    writeSync(this.#fd, header, 0, HEADER_BYTES, 0);
    fsyncSync(this.#fd);
    await readBackup(this.#temporary, () => {});
    await nameNew(this.#temporary, this.#file);
  }

  /** To be called in any case. */
  async close(): Promise<void> {
    closeSync(this.#fd);
    await rm(this.#temporary, { force: true });
    await syncDirectory(dirname(this.#file));
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#waiting);
    this.#seal.update(bytes);
    writeWhole(this.#fd, bytes);
    this.#bodyBytes += bytes.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** Throws EEXIST for a name that is taken. */
async function nameNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to); // never replaces, unlike rename
  } catch (cause) {
    if (!NO_LINKS.has((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    if (await isThere(to)) throw Object.assign(new Error(`${to} is there already`), { code: "EEXIST" });
    await rename(from, to);
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/**
 * Reads a backup: its header and checksum first, then each record, in order, its seal and its chain judged, to `take`.
 * Returns what the header says. Throws BackupDamaged, what `take` throws, and the file system's error.
 */
export async function readBackup(
  file: string,
  take: (sealed: Uint8Array, payload: Uint8Array, sequence: number) => void | Promise<void>,
): Promise<BackupHead> {
  const handle = await open(file, "r");
  try {
    const head = await scan(handle, file);
    const first = genesis(head.kind, head.owner);
    let [sequence, previous, left] = [0, first as Uint8Array, 0];
    for await (const sealed of recordsOf(handle, head, file)) {
      sequence += 1;
      const record = judged(() => openRecord(sealed, { sequence, previous }), file);
      previous = record.hash;
      left = record.left;
      await take(sealed, record.payload, sequence);
    }
    if (sequence !== head.count || left !== 0 || Buffer.compare(previous, head.hash) !== 0) {
      const expected = `expected ${head.count} records that end with hash ${shortHash(head.hash)}`;
      throw new BackupDamaged(`${file}: ${expected}, found ${sequence} that end with ${shortHash(previous)}`);
    }
    return head;
  } finally {
    await handle.close();
  }
}

/** The header of a file whose length and checksum fit. */
async function scan(handle: FileHandle, file: string): Promise<Scanned> {
  const { size } = await handle.stat();
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
  const isOurs = header.toString("latin1", 0, MAGIC.length) === MAGIC;
  if (!isOurs) throw new BackupDamaged(`${file} is no backup that drover-hub has written`);
  if (bytesRead < HEADER_BYTES)
    throw new BackupDamaged(`${file} is cut: it ends within its header, after ${size} bytes`);
  const head = readHeader(header, file);
  const expected = HEADER_BYTES + head.bodyBytes + HASH_BYTES;
  if (size < expected) throw new BackupDamaged(`${file} is cut: expected ${expected} bytes, found ${size}`);
  if (size > expected) throw new BackupDamaged(`${file} is too long: expected ${expected} bytes, found ${size}`);
  const seal = createHash("sha256");
  for await (const chunk of bytesOf(handle, head.bodyBytes)) seal.update(chunk);
  const stored = Buffer.alloc(HASH_BYTES);
  await handle.read(stored, 0, HASH_BYTES, expected - HASH_BYTES);
  if (!seal.update(header).digest().equals(stored)) {
    throw new BackupDamaged(`${file} is damaged: its SHA-256 does not fit its bytes`);
  }
  return head;
}

async function* bytesOf(handle: FileHandle, bodyBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bodyBytes; ) {
    const chunk = Buffer.alloc(Math.min(AT_ONCE_BYTES, bodyBytes - at));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, HEADER_BYTES + at);
    if (bytesRead === 0) return; // it shrank meanwhile: the checksum tells
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

async function* recordsOf(handle: FileHandle, { bodyBytes }: Scanned, file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytesOf(handle, bodyBytes)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (rest.length < LENGTH_BYTES) break;
      const length = rest.readUInt32BE(0);
      if (length > MOST_RECORD_BYTES) throw new BackupDamaged(`${file} is damaged: a record of ${length} bytes`);
      if (rest.length < LENGTH_BYTES + length) break;
      yield rest.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
      rest = rest.subarray(LENGTH_BYTES + length);
    }
  }
  if (rest.length > 0) throw new BackupDamaged(`${file} is damaged: its last record is cut`);
}

function judged<T>(read: () => T, file: string): T {
  try {
    return read();
  } catch (cause) {
    throw new BackupDamaged(`${file} is damaged: ${reasonOf(cause)}`);
  }
}

function headerOf(head: Scanned): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt16BE(VERSION, 8);
  bytes.writeUInt32BE(head.schema, 12);
  bytes.writeBigUInt64BE(BigInt(head.count), 16);
  bytes.writeBigUInt64BE(BigInt(head.bodyBytes), 24);
  bytes.set(head.hash, 32);
  bytes.writeBigUInt64BE(BigInt(head.epoch), 64);
  bytes.writeBigUInt64BE(BigInt(head.takenWallMs), 72);
  let at = TEXTS_AT;
  for (const text of [head.kind, head.owner]) {
    const utf8 = Buffer.from(text);
    if (at + 2 + utf8.length > CRC_AT) throw new RangeError(`the name "${text}" is too long for a backup`);
    bytes.writeUInt16BE(utf8.length, at);
    bytes.set(utf8, at + 2);
    at += 2 + utf8.length;
  }
  bytes.writeUInt32BE(crc32c(bytes, { end: CRC_AT }), CRC_AT);
  return bytes;
}

function readHeader(bytes: Buffer, file: string): Scanned {
  const version = bytes.readUInt16BE(8);
  if (version !== VERSION)
    throw new BackupDamaged(`${file}: expected a backup of version ${VERSION}, found ${version}`);
  if (crc32c(bytes, { end: CRC_AT }) !== bytes.readUInt32BE(CRC_AT)) {
    throw new BackupDamaged(`${file} is damaged: the CRC32C of its header does not fit`);
  }
  let at = TEXTS_AT;
  const text = (): string => {
    const start = at + 2;
    at = start + bytes.readUInt16BE(at);
    return bytes.toString("utf8", start, at);
  };
  const [kind, owner] = [text(), text()];
  return {
    ...{ kind, owner, schema: bytes.readUInt32BE(12), count: Number(bytes.readBigUInt64BE(16)) },
    ...{ bodyBytes: Number(bytes.readBigUInt64BE(24)), hash: Buffer.from(bytes.subarray(32, 64)) },
    ...{ epoch: Number(bytes.readBigUInt64BE(64)), takenWallMs: Number(bytes.readBigUInt64BE(72)) },
  };
}

/** Whether there is anything of that name. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}
