// Ways to hurt a store of sealed records on disk, by hand and byte by byte: the hub's ledger or an edge's memory. What
// is changed through LevelDB has LevelDB's own checksums right, so that only the record's own seal can tell.

import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Level } from "level";
import { crc32c, genesis, hashOf, openRecord, sealRecord } from "../../proto/codec/records.js";

/** A store in a data directory of its own, and who owns it. */
export interface StoreAt {
  readonly dataDir: string;
  readonly name: "ledger" | "state";
  readonly kind: string; // as its owner's record says
  readonly owner: string;
}

export const dirOf = (at: StoreAt): string => join(at.dataDir, at.name);
export const headOf = (at: StoreAt): string => `${dirOf(at)}.head`;

/** A file of the store by its kind: the longest log or table, or the MANIFEST. */
export function fileOf(at: StoreAt, pattern: RegExp): string {
  const files = readdirSync(dirOf(at))
    .filter((name) => pattern.test(name))
    .map((name) => join(dirOf(at), name));
  const [longest] = files.sort((a, b) => statSync(b).size - statSync(a).size);
  if (longest === undefined) throw new Error(`${dirOf(at)} has no file like ${pattern}`);
  return longest;
}

export const LOG = /^\d+\.log$/;
export const TABLE = /^\d+\.ldb$/;
export const MANIFEST = /^MANIFEST-\d+$/;

/** Flips a bit of the byte at this share of the file's length. */
export function flip(file: string, share: number): void {
  const bytes = readFileSync(file);
  const at = Math.min(bytes.length - 1, Math.floor(bytes.length * share));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

/** Takes bytes away from the end. */
export function cut(file: string, bytes: number): void {
  truncateSync(file, Math.max(0, statSync(file).size - bytes));
}

/** Overwrites the last bytes by zeros. */
export function zeroTail(file: string, count: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0, Math.max(0, bytes.length - count));
  writeFileSync(file, bytes);
}

/** Opens the store with LevelDB alone, as somebody would who knows nothing of seals. */
export async function edit(at: StoreAt, change: (level: Level<string, Buffer>) => Promise<void>): Promise<void> {
  const level = new Level<string, Buffer>(dirOf(at), {
    ...{ keyEncoding: "utf8", valueEncoding: "buffer", compression: false, createIfMissing: false },
  });
  await level.open();
  await change(level);
  await level.close();
}

export const keyOf = (sequence: number): string => `e${String(sequence).padStart(16, "0")}`;
export const OWNER = "owner";

/** The sequences that the store holds. */
export async function sequencesOf(level: Level<string, Buffer>): Promise<readonly number[]> {
  const keys = await level.keys().all();
  return keys.filter((key) => /^e\d{16}$/.test(key)).map((key) => Number(key.slice(1)));
}

/** The bytes of a record that must be there. */
export async function recordOf(level: Level<string, Buffer>, key: string): Promise<Buffer> {
  const bytes = await level.get(key);
  if (bytes === undefined) throw new Error(`the store has no ${key}`);
  return bytes;
}

/** Another owner's record in the place of the right one: same kind, same owner, another schema. */
export function withSchema(at: StoreAt, schema: number): Promise<void> {
  const payload = Buffer.from(JSON.stringify({ kind: at.kind, owner: at.owner, schema }));
  const sealed = sealRecord({ sequence: 0, left: 0, previous: genesis(at.kind, at.owner), payload });
  return edit(at, (level) => level.put(OWNER, sealed, { sync: true }));
}

/** A further record, sealed and chained as it should be, whose payload nobody can read. */
export async function appendSealed(at: StoreAt, payload: Uint8Array): Promise<void> {
  await edit(at, async (level) => {
    const last = Math.max(...(await sequencesOf(level)));
    const previous = hashOf(await recordOf(level, keyOf(last)));
    await level.put(keyOf(last + 1), sealRecord({ sequence: last + 1, left: 0, previous, payload }), { sync: true });
  });
}

/** Another record under the sequence of the last but two, chained to the one before it. */
export async function forge(at: StoreAt): Promise<void> {
  await edit(at, async (level) => {
    const sequence = Math.max(...(await sequencesOf(level))) - 2;
    const { left, previous, payload } = openRecord(await recordOf(level, keyOf(sequence)), {
      sequence,
      previous: null,
    });
    const other = Buffer.from(payload);
    other[other.length - 2] = (other[other.length - 2] ?? 0) ^ 1;
    await level.put(keyOf(sequence), sealRecord({ sequence, left, previous, payload: other }), { sync: true });
  });
}

/** The MANIFEST of a database that orders its keys by another rule, with the checksum that belongs to it. */
export function otherComparator(at: StoreAt): void {
  const file = fileOf(at, MANIFEST);
  const bytes = readFileSync(file);
  const name = bytes.indexOf("BytewiseComparator");
  if (name < 0) throw new Error(`${file} names no comparator`);
  bytes.write("BytewiseComparatoR", name, "latin1");
  const length = bytes.readUInt16LE(4);
  const crc = crc32c(bytes, { start: 6, end: 7 + length });
  bytes.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 0);
  writeFileSync(file, bytes);
}
