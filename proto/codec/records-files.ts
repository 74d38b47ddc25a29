// The files of a LevelDB directory: a consistent copy of them, and the judgement on that copy before LevelDB opens it.
// A store is always judged on a copy, because opening rewrites: LevelDB turns its log into a table, writes a new
// MANIFEST and deletes what it holds for obsolete. The original stays untouched until nothing was found, so the
// evidence survives.
//
// Tables never change once they are written, so they are linked; CURRENT, MANIFEST and logs are copied. LOCK is never
// opened: closing any handle on it would release the lock of a store that this very process holds.

import { copyFile, link, readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type LogScan, readManifest, scanLog, scanTable } from "./records-leveldb.js";

const ATTEMPTS = 20;
const OURS = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/;
const TABLE = /^\d+\.(ldb|sst)$/;

/**
 * Copies the store in `from` to the empty directory `to`; safe while a hub writes there. Throws when it never rests.
 */
export async function copyStore(from: string, to: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await fingerprint(from);
    const copied = await tryCopy(from, to, before.names);
    const after = await fingerprint(from);
    if (copied && before.text === after.text) return;
  }
  throw new Error(`cannot copy ${from}: it changed during each of ${ATTEMPTS} attempts`);
}

// While the names and the size of the MANIFEST stay, no table or log was added or dropped; logs may have grown.
async function fingerprint(dir: string): Promise<{ readonly names: readonly string[]; readonly text: string }> {
  const names = (await readdir(dir)).filter((name) => OURS.test(name)).sort();
  const sizes = names.filter((name) => name.startsWith("MANIFEST")).map(async (name) => sizeOf(join(dir, name)));
  return { names, text: [...names, ...(await Promise.all(sizes))].join(" ") };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if (isMissing(cause)) return -1;
    throw cause;
  }
}

async function tryCopy(from: string, to: string, names: readonly string[]): Promise<boolean> {
  try {
    for (const name of names) await copyOne(join(from, name), join(to, name));
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}

async function copyOne(from: string, to: string): Promise<void> {
  if (!TABLE.test(basename(from))) return copyFile(from, to);
  try {
    await link(from, to);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code === "ENOENT") throw cause;
    await copyFile(from, to); // another file system, or one without links
  }
}

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === "ENOENT";
}

export interface FilesJudged {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  /**
   * True when LevelDB may open the copy although there are problems: only logs, whose checksums it verifies, are hit.
   */
  readonly openable: boolean;
}

/** The files of a store that count, as its MANIFEST says. */
export interface LiveFiles {
  readonly names: readonly string[]; // all files of LevelDB in the directory
  readonly tables: ReadonlyMap<number, number>; // number of a live table to its size in bytes
  readonly logNumber: number; // logs from this number on are still to be replayed
}

/** Reads CURRENT and the MANIFEST. Returns what is wrong with them as a list. `name` is how messages call the store. */
export async function liveFiles(dir: string, name: string): Promise<LiveFiles | readonly string[]> {
  const names = (await readdir(dir)).filter((file) => OURS.test(file));
  if (!names.includes("CURRENT")) return [`${name}/CURRENT: missing`];
  const current = await readFile(join(dir, "CURRENT"), "latin1");
  const manifestName = /^(MANIFEST-\d+)\n$/.exec(current)?.[1];
  if (manifestName === undefined) {
    const found = JSON.stringify(current.slice(0, 60));
    return [`${name}/CURRENT: expected the name of one MANIFEST and a newline, found ${found}`];
  }
  if (!names.includes(manifestName)) return [`${name}/${manifestName}: missing, although CURRENT names it`];
  const scan = scanLog(`${name}/${manifestName}`, await readFile(join(dir, manifestName)));
  if (scan.problems.length > 0) return scan.problems;
  const torn = scan.notes[0];
  if (torn !== undefined) return [torn];
  try {
    return { names, ...readManifest(scan.records) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return [`${name}/${manifestName}: it is no list of files: ${cause.message}`];
  }
}

/** Reads every file of a store that matters, byte for byte, without LevelDB. */
export async function judgeFiles(dir: string, name: string): Promise<FilesJudged> {
  const live = await liveFiles(dir, name);
  if (!("tables" in live)) return { problems: live, notes: [], openable: false };
  const inTables = await judgeTables(dir, { name, ...live });
  const inLogs = await readLogs(dir, { name, ...live });
  const problems = [...inTables, ...inLogs.problems];
  return { problems, notes: inLogs.notes, openable: inTables.length === 0 };
}

/** The name of a table's file; undefined when it is missing. */
export function tableFile(names: readonly string[], number: number): string | undefined {
  return names.find((name) => TABLE.test(name) && Number.parseInt(name, 10) === number);
}

async function judgeTables(
  dir: string,
  live: { readonly name: string; readonly names: readonly string[]; readonly tables: ReadonlyMap<number, number> },
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [number, size] of live.tables) {
    const file = tableFile(live.names, number);
    if (file === undefined) {
      problems.push(`${live.name}/${padded(number)}.ldb: missing`);
      continue;
    }
    const bytes = await readFile(join(dir, file));
    if (bytes.length === size) problems.push(...scanTable(`${live.name}/${file}`, bytes));
    else problems.push(`${live.name}/${file}: expected ${size} bytes, found ${bytes.length}`);
  }
  return problems;
}

/** Reads the logs that count, the oldest first. */
export async function readLogs(
  dir: string,
  live: { readonly name: string; readonly names: readonly string[]; readonly logNumber: number },
): Promise<LogScan> {
  const numberOf = (log: string): number => Number.parseInt(log, 10);
  const logs = live.names.filter((name) => name.endsWith(".log") && numberOf(name) >= live.logNumber);
  const all = { records: [] as Uint8Array[], problems: [] as string[], notes: [] as string[] };
  if (!logs.some((log) => numberOf(log) === live.logNumber)) {
    all.problems.push(`${live.name}/${padded(live.logNumber)}.log: missing`);
  }
  for (const log of logs.sort((a, b) => numberOf(a) - numberOf(b))) {
    const scan = scanLog(`${live.name}/${log}`, await readFile(join(dir, log)));
    all.records.push(...scan.records);
    all.problems.push(...scan.problems);
    all.notes.push(...scan.notes);
  }
  return all;
}

function padded(number: number): string {
  return String(number).padStart(6, "0");
}
