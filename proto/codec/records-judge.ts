// Judges a store of sealed records against its head file, on a copy and to the last byte, without changing the store
// (DESIGN: ledger). It holds: every acknowledged record is there, unchanged, in its place, in the chain of its owner;
// the store has at most one batch that was never acknowledged. Anything else is a problem that names the file or the
// record.

import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import {
  ChainJudge,
  type Judged,
  type Known,
  OWNER_KEY,
  reasonOf,
  type StorePlace,
  type TakeRecord,
} from "./records-chain.js";
import { copyStore, judgeFiles } from "./records-files.js";
import { type HeadScan, readHead } from "./records-head.js";

export { reasonOf } from "./records-chain.js";

const AT_ONCE = 1000;

export async function openLevel(dir: string, options: { readonly create: boolean }): Promise<Level<string, Buffer>> {
  const level = new Level<string, Buffer>(dir, {
    keyEncoding: "utf8",
    valueEncoding: "buffer",
    compression: false,
    createIfMissing: options.create,
    errorIfExists: options.create,
  });
  await level.open();
  return level;
}

/**
 * Judges the store. `owner` is who it must belong to, null for whoever it says. Errors of the file system (no
 * permission, no space) are thrown as they are.
 */
export async function judgeStore(
  place: StorePlace,
  expected: { readonly owner: string | null; readonly take: TakeRecord; readonly known?: Known | undefined },
): Promise<Judged> {
  const dir = join(place.dataDir, place.name);
  const headFile = `${dir}.head`;
  const headBefore = await readHead(headFile, `${place.name}.head`);
  if (!(await isDirectory(dir))) return nothing(place, headBefore);
  return onCopy(place, async (copy) => {
    const headAfter = await readHead(headFile, `${place.name}.head`);
    const files = await judgeFiles(copy, place.name);
    const chain = new ChainJudge(place, { ...expected, headBefore, headAfter });
    for (const problem of [...headAfter.problems, ...files.problems]) chain.problem(problem);
    if (files.openable) await readCopy(copy, chain);
    return chain.judged(files.notes);
  });
}

/** Works on a copy of the store, which is removed in the end; elsewhere when the disk of the store is full. */
export async function onCopy<T>(place: StorePlace, work: (copy: string) => Promise<T>): Promise<T> {
  try {
    return await onCopyIn(await checkDirectory(place), place, work);
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    return onCopyIn(await elsewhere(place), place, work);
  }
}

async function onCopyIn<T>(copy: string, place: StorePlace, work: (copy: string) => Promise<T>): Promise<T> {
  try {
    await copyStore(join(place.dataDir, place.name), copy);
    return await work(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** No space: nothing is said of the store. LevelDB tells it in words alone. */
function isFull(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === "ENOSPC" || /no space left/i.test(reasonOf(cause));
}

function nothing(place: StorePlace, scan: HeadScan): Judged {
  const recorded = scan.head === null ? "" : `; its head file counts ${scan.head.count} records`;
  const problem = `${place.name}: the directory is missing${recorded}`;
  const problems = [problem, ...scan.problems];
  return { owner: null, count: 0, lastHash: null, head: scan.head, problems, notes: [] };
}

// Beside the store, so that tables can be linked; elsewhere when the evidence is mounted read-only.
async function checkDirectory(place: StorePlace): Promise<string> {
  try {
    return await mkdtemp(join(place.dataDir, prefixOf(place)));
  } catch {
    return elsewhere(place);
  }
}

function elsewhere(place: StorePlace): Promise<string> {
  return mkdtemp(join(tmpdir(), `drover-${prefixOf(place)}`));
}

function prefixOf(place: StorePlace): string {
  return `${place.name}.check-${process.pid}-`;
}

async function readCopy(copy: string, chain: ChainJudge): Promise<void> {
  let level: Level<string, Buffer>;
  try {
    level = await openLevel(copy, { create: false });
  } catch (cause) {
    if (isFull(cause)) throw cause;
    chain.problem(`LevelDB cannot open it: ${reasonOf(cause)}`);
    return;
  }
  try {
    chain.owner(await level.get(OWNER_KEY));
    for await (const last of level.keys({ reverse: true, limit: 1, lt: OWNER_KEY })) chain.lastKey(last);
    await readRecords(level, chain);
    chain.end();
  } catch (cause) {
    chain.problem(`LevelDB cannot read it: ${reasonOf(cause)}`);
  } finally {
    await level.close();
  }
}

async function readRecords(level: Level<string, Buffer>, chain: ChainJudge): Promise<void> {
  for await (const [key, bytes] of entriesFrom(level, "")) chain.entry(key, bytes);
}

/** The entries from a key on, in their order. */
export async function* entriesFrom(level: Level<string, Buffer>, key: string): AsyncGenerator<[string, Buffer]> {
  const iterator = level.iterator({ gte: key, highWaterMarkBytes: 1_048_576 });
  try {
    for (;;) {
      const entries = await iterator.nextv(AT_ONCE);
      if (entries.length === 0) return;
      yield* entries;
    }
  } finally {
    await iterator.close();
  }
}

async function isDirectory(dir: string): Promise<boolean> {
  try {
    return (await stat(dir)).isDirectory();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}
