// The snapshot file beside a store of sealed records: what followed from its first `count` records, the hash of the
// last of them, and the digests of the tables that were judged. It is a help and never evidence: whatever is wrong with
// it, the store itself is read instead.
//
// Layout, big endian: "DROVSNAP" | version u16 | zero u16 | genesis of the owner, 32 bytes | count u64 | hash of record
// `count`, 32 bytes | parts, each: length u32, JSON of [name, value] | length 0 | SHA-256 over everything before it. It
// is written as a new file, synced, renamed, and the directory synced, so that there is always a whole one.

import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { count, listOf, type Reader, struct, text, WireRefused } from "../shape.js";
import { HASH_BYTES } from "./records.js";
import { reasonOf } from "./records-chain.js";
import { syncDirectory } from "./records-head.js";
import { MOST_RUNS, type TableDigest } from "./records-table.js";

const MAGIC = "DROVSNAP";
const VERSION = 1;
const HEADER_BYTES = 84;
const LENGTH_BYTES = 4;
/** R13. A larger file is not read. */
const MOST_BYTES = 1_073_741_824;
const MOST_TABLES = 100_000;
const WRITE_BYTES = 262_144;

export interface SnapshotHead {
  readonly genesis: Uint8Array;
  readonly count: number;
  readonly hash: Uint8Array;
}

/** A part: its name and what JSON carries without loss. */
export type SnapshotPart = readonly [name: string, value: unknown];

export interface SnapshotFile extends SnapshotHead {
  readonly parts: ReadonlyMap<string, readonly unknown[]>; // the values of each name, in the order written
}

/**
 * The snapshot in `file`, of the store with this genesis, null for any; null when there is none; a text that says why
 * it cannot be used. Never throws.
 */
export async function readSnapshot(file: string, genesis: Uint8Array | null): Promise<SnapshotFile | string | null> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) return `it has ${size} bytes; at most ${MOST_BYTES} are read`;
    return openSnapshot(await readFile(file), genesis);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ENOENT" ? null : reasonOf(cause);
  }
}

function openSnapshot(bytes: Buffer, expected: Uint8Array | null): SnapshotFile | string {
  const end = bytes.length - HASH_BYTES;
  if (end < HEADER_BYTES + LENGTH_BYTES) return `it has ${bytes.length} bytes`;
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return "it is no snapshot";
  const version = bytes.readUInt16BE(8);
  if (version !== VERSION) return `expected version ${VERSION}, found ${version}`;
  const seal = createHash("sha256").update(bytes.subarray(0, end)).digest();
  if (!seal.equals(bytes.subarray(end))) return "its SHA-256 does not fit its bytes";
  const genesis = bytes.subarray(12, 44);
  if (expected !== null && !genesis.equals(expected)) return "it belongs to another store";
  const parts = new Map<string, unknown[]>();
  for (let at = HEADER_BYTES; at < end - LENGTH_BYTES; ) {
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt32BE(at);
    const [name, value] = JSON.parse(bytes.toString("utf8", start, at)) as SnapshotPart;
    const values = parts.get(name);
    if (values === undefined) parts.set(name, [value]);
    else values.push(value);
  }
  const hash = bytes.subarray(52, 52 + HASH_BYTES);
  return { genesis, count: Number(bytes.readBigUInt64BE(44)), hash, parts };
}

function headerOf({ genesis, count, hash }: SnapshotHead): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt16BE(VERSION, 8);
  bytes.set(genesis, 12);
  bytes.writeBigUInt64BE(BigInt(count), 44);
  bytes.set(hash, 52);
  return bytes;
}

function framed(part: SnapshotPart): Buffer {
  const json = Buffer.from(JSON.stringify(part));
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + json.length);
  bytes.writeUInt32BE(json.length, 0);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/**
 * Writes a snapshot, replacing the one before only when the new one is durable. Parts should be small, because each is
 * made in one go; between them other work goes on. Returns the size in bytes; throws the file system's error.
 */
export async function writeSnapshot(file: string, head: SnapshotHead, parts: Iterable<SnapshotPart>): Promise<number> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", 0o600);
  let bytes = 0;
  try {
    bytes = await writeAll(handle, head, parts);
    await handle.sync();
  } catch (cause) {
    await handle.close();
    await rm(temporary, { force: true });
    throw cause;
  }
  await handle.close();
  await rename(temporary, file);
  await syncDirectory(dirname(file));
  return bytes;
}

async function writeAll(handle: FileHandle, head: SnapshotHead, parts: Iterable<SnapshotPart>): Promise<number> {
  const seal = createHash("sha256");
  let written = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    seal.update(bytes);
    await handle.writeFile(bytes);
    written += bytes.length;
  };
  let waiting: Buffer[] = [headerOf(head)];
  let length = HEADER_BYTES;
  for (const part of parts) {
    const bytes = framed(part);
    waiting.push(bytes);
    length += bytes.length;
    await turn();
    if (length < WRITE_BYTES) continue;
    await write(Buffer.concat(waiting));
    waiting = [];
    length = 0;
  }
  await write(Buffer.concat([...waiting, Buffer.alloc(LENGTH_BYTES)]));
  await handle.writeFile(seal.digest());
  return written + HASH_BYTES;
}

/** Lets everything else go on that waits for the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const HEX = /^(?:[0-9a-f]{2})*$/;

function hex(most: number): Reader<string> {
  return (value, path) => {
    const read = text(most)(value, path);
    if (!HEX.test(read)) throw new WireRefused(path, "hexadecimal digits", read);
    return read;
  };
}

const hash = hex(2 * HASH_BYTES);
const run = struct({ first: count, last: count, previous: hash, hash, firstLeft: count, lastLeft: count });

/** Digests of tables out of a part. Throws WireRefused. */
export const readDigests: Reader<readonly TableDigest[]> = listOf(
  struct({ sha256: hash, owner: hex(8192), runs: listOf(run, MOST_RUNS) }),
  MOST_TABLES,
);
