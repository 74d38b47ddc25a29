// The head file beside a store of sealed records: how many records it holds and the hash of the last one. It is made
// durable after each synced batch and before the batch is acknowledged, so an acknowledged record can never be lost in
// silence: not by a cut tail, a deleted log or a dropped block, not even within the first second after a kill.
//
// Two slots of 4096 bytes, written in turn, one sector each, so that a power cut leaves the other one whole. Slot
// layout, big endian: "DROVHEAD" | version u16 | zero u16 | commit u64 | count u64 | hash of record `count`, 32 bytes |
// genesis of the owner, 32 bytes | CRC32C u32 | zeros. The higher commit counts. A slot that cannot be read is damage,
// never skipped: the count in it may have been the higher one.

import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32c, HASH_BYTES, shortHash } from "./records.js";

const MAGIC = "DROVHEAD";
const VERSION = 1;
const SLOT_BYTES = 4096;
const SLOTS = 2;
const USED_BYTES = 96;

export interface Head {
  readonly commit: number; // of the slot
  readonly count: number; // records
  readonly hash: Uint8Array; // of record `count`; the genesis when there is none
  readonly genesis: Uint8Array;
}

export interface HeadScan {
  readonly head: Head | null;
  readonly before: Head | null; // the one that the newest replaced
  readonly problems: readonly string[];
}

/** Reads and judges a head file. A missing file is a problem like any other. */
export async function readHead(file: string, name: string): Promise<HeadScan> {
  let scan = await readOnce(file, name);
  // A slot may be caught while a running hub writes it.
  for (let again = 0; again < 3 && scan.problems.length > 0; again += 1) scan = await readOnce(file, name);
  return scan;
}

async function readOnce(file: string, name: string): Promise<HeadScan> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    return { head: null, before: null, problems: [`${name}: missing; expected a head file beside the store`] };
  }
  if (bytes.length !== SLOTS * SLOT_BYTES) {
    const found = `expected ${SLOTS * SLOT_BYTES} bytes, found ${bytes.length}`;
    return { head: null, before: null, problems: [`${name}: ${found}`] };
  }
  const problems: string[] = [];
  const heads: Head[] = [];
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const read = readSlot(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES), slot);
    if (typeof read === "string") problems.push(`${name}: slot ${slot}: ${read}`);
    else heads.push(read);
  }
  heads.sort((a, b) => b.commit - a.commit);
  const [head = null, before = null] = heads;
  if (head !== null && before !== null && (head.commit !== before.commit + 1 || head.count < before.count)) {
    const found = `commits ${before.commit} and ${head.commit}, counts ${before.count} and ${head.count}`;
    problems.push(`${name}: expected two consecutive commits with rising counts, found ${found}`);
  }
  return { head, before, problems };
}

function readSlot(bytes: Buffer, slot: number): Head | string {
  const crc = crc32c(bytes, { end: USED_BYTES });
  const stored = bytes.readUInt32BE(USED_BYTES);
  if (crc !== stored) return `its CRC32C is ${stored.toString(16)}, its bytes give ${crc.toString(16)}`;
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return "it is no head";
  const version = bytes.readUInt16BE(8);
  if (version !== VERSION) return `expected version ${VERSION}, found ${version}`;
  if (!bytes.subarray(USED_BYTES + 4).every((byte) => byte === 0)) return "expected zeros after its contents";
  const commit = Number(bytes.readBigUInt64BE(12));
  if (commit % SLOTS !== slot) return `it holds commit ${commit}, which belongs in the other slot`;
  const count = Number(bytes.readBigUInt64BE(20));
  return { commit, count, hash: bytes.subarray(28, 60), genesis: bytes.subarray(60, 92) };
}

function slotBytes(head: Head): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt16BE(VERSION, 8);
  bytes.writeBigUInt64BE(BigInt(head.commit), 12);
  bytes.writeBigUInt64BE(BigInt(head.count), 20);
  bytes.set(head.hash, 28);
  bytes.set(head.genesis, 28 + HASH_BYTES);
  bytes.writeUInt32BE(crc32c(bytes, { end: USED_BYTES }), USED_BYTES);
  return bytes;
}

/** Makes the head file of an empty store, atomically: temporary file, fsync, rename, fsync of the directory. */
export async function createHead(file: string, genesis: Uint8Array): Promise<void> {
  const empty = { count: 0, hash: genesis, genesis };
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w");
  try {
    await handle.write(Buffer.concat([slotBytes({ ...empty, commit: 0 }), slotBytes({ ...empty, commit: 1 })]));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncDirectory(dirname(file));
}

export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes heads, each durable before its promise resolves. After an error it must not be used again. */
export class HeadWriter {
  readonly #handle: FileHandle;
  #head: Head;

  private constructor(handle: FileHandle, head: Head) {
    this.#handle = handle;
    this.#head = head;
  }

  /** Continues after `head`, which must be what the file says. */
  static async open(file: string, head: Head): Promise<HeadWriter> {
    return new HeadWriter(await open(file, "r+"), head);
  }

  async write(count: number, hash: Uint8Array): Promise<void> {
    const head: Head = { commit: this.#head.commit + 1, count, hash, genesis: this.#head.genesis };
    const bytes = slotBytes(head).subarray(0, USED_BYTES + 4);
    const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, (head.commit % SLOTS) * SLOT_BYTES);
    if (bytesWritten !== bytes.length) {
      throw new Error(`cannot write the head ${shortHash(hash)}: ${bytesWritten} of ${bytes.length} bytes written`);
    }
    await this.#handle.datasync();
    this.#head = head;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
