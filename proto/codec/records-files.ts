// The files of a LevelDB directory: a consistent copy of them, and the judgement on that copy before LevelDB opens it.
// A store is always judged on a copy, because opening rewrites: LevelDB turns its log into a table, writes a new
// MANIFEST and deletes what it holds for obsolete. The original stays untouched until nothing was found, so the
// evidence survives.
//
// Tables never change once they are written, so they are linked; CURRENT, MANIFEST and logs are copied. LOCK is never
// opened: closing any handle on it would release the lock of a store that this very process holds.

import { copyFile, link, readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { readManifest, scanLog, scanTable } from "./records-leveldb.js";

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

/** Reads every file of a store that matters, byte for byte, without LevelDB. `name` is how messages call the store. */
export async function judgeFiles(dir: string, name: string): Promise<FilesJudged> {
  const names = (await readdir(dir)).filter((file) => OURS.test(file));
  const fault = (problem: string): FilesJudged => ({ problems: [problem], notes: [], openable: false });
  if (!names.includes("CURRENT")) return fault(`${name}/CURRENT: missing`);
  const current = await readFile(join(dir, "CURRENT"), "latin1");
  const manifestName = /^(MANIFEST-\d+)\n$/.exec(current)?.[1];
  if (manifestName === undefined) {
    const found = JSON.stringify(current.slice(0, 60));
    return fault(`${name}/CURRENT: expected the name of one MANIFEST and a newline, found ${found}`);
  }
  if (!names.includes(manifestName)) return fault(`${name}/${manifestName}: missing, although CURRENT names it`);
  const scan = scanLog(`${name}/${manifestName}`, await readFile(join(dir, manifestName)));
  if (scan.problems.length > 0) return { problems: scan.problems, notes: [], openable: false };
  const torn = scan.notes[0];
  if (torn !== undefined) return fault(torn);
  try {
    const { logNumber, tables } = readManifest(scan.records);
    const inTables = await judgeTables(dir, { name, names, tables });
    const inLogs = await judgeLogs(dir, { name, names, logNumber });
    const problems = [...inTables, ...inLogs.problems];
    return { problems, notes: inLogs.notes, openable: inTables.length === 0 };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return fault(`${name}/${manifestName}: it is no list of files: ${cause.message}`);
  }
}

async function judgeTables(
  dir: string,
  live: { readonly name: string; readonly names: readonly string[]; readonly tables: ReadonlyMap<number, number> },
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [number, size] of live.tables) {
    const file = live.names.find((name) => TABLE.test(name) && Number.parseInt(name, 10) === number);
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

async function judgeLogs(
  dir: string,
  live: { readonly name: string; readonly names: readonly string[]; readonly logNumber: number },
): Promise<{ readonly problems: readonly string[]; readonly notes: readonly string[] }> {
  const logs = live.names.filter((name) => name.endsWith(".log") && Number.parseInt(name, 10) >= live.logNumber);
  const problems: string[] = [];
  const notes: string[] = [];
  if (!logs.some((log) => Number.parseInt(log, 10) === live.logNumber)) {
    problems.push(`${live.name}/${padded(live.logNumber)}.log: missing`);
  }
  for (const log of logs) {
    const scan = scanLog(`${live.name}/${log}`, await readFile(join(dir, log)));
    problems.push(...scan.problems);
    notes.push(...scan.notes);
  }
  return { problems, notes };
}

function padded(number: number): string {
  return String(number).padStart(6, "0");
}
