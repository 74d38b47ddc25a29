// The first moment of a store of sealed records, and what is swept away before it is opened.

import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { genesis, sealRecord } from "./records.js";
import { OWNER_KEY, reasonOf, type StorePlace } from "./records-chain.js";
import { createHead, readHead, syncDirectory } from "./records-head.js";
import { openLevel } from "./records-judge.js";

/**
 * Makes an empty store where there never was one. The head file is there before the directory, so that a start cut
 * short between the two is told from a loss.
 */
export async function createIfNew(place: StorePlace, owner: string): Promise<void> {
  const dir = join(place.dataDir, place.name);
  await mkdir(place.dataDir, { recursive: true, mode: 0o700 });
  const names = await readdir(place.dataDir);
  if (names.includes(place.name)) return;
  const first = genesis(place.kind, owner);
  if (names.includes(`${place.name}.head`)) {
    const { head, problems } = await readHead(`${dir}.head`, `${place.name}.head`);
    const neverUsed = head !== null && head.count === 0 && head.commit === 1 && first.equals(head.genesis);
    if (problems.length > 0 || !neverUsed) return;
  } else await createHead(`${dir}.head`, first);
  const fresh = await mkdtemp(`${dir}.new-${process.pid}-`);
  const level = await openLevel(fresh, { create: true }).catch((cause: unknown) => {
    throw new Error(`cannot make ${dir}: ${reasonOf(cause)}`, { cause });
  });
  const payload = Buffer.from(JSON.stringify({ kind: place.kind, owner, schema: place.schema }));
  const sealed = sealRecord({ sequence: 0, left: 0, previous: first, payload });
  await level.put(OWNER_KEY, sealed, { sync: true });
  await level.close();
  await rename(fresh, dir);
  await syncDirectory(place.dataDir);
}

/** Removes what a process that was killed has left: copies for judging, and stores never finished. */
export async function sweep(place: StorePlace): Promise<void> {
  const ours = new RegExp(`^${place.name}\\.(?:check|new)-(\\d+)-`);
  const names = await readdir(place.dataDir).catch((cause: unknown) => {
    if (codeOf(cause) === "ENOENT") return [];
    throw cause;
  });
  for (const name of names) {
    const pid = ours.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(place.dataDir, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return codeOf(cause) !== "ESRCH";
  }
}

/** The code of the innermost error; level wraps what LevelDB and the file system say. */
export function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as NodeJS.ErrnoException;
  return cause.cause === undefined ? code : (codeOf(cause.cause) ?? code);
}
