// The digests of the tables of a store in use, for its next snapshot. LevelDB never changes a table once it is written
// and never gives its number to another, so each is read and judged once, in slices, while the store is in use. A table
// that is not whole yet, or not sound, has no digest: the next open judges it.

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { judgeTable, sha256InSteps, type TableDigest } from "./records-table.js";

const TABLE = /^\d+\.ldb$/;
/** After each step, which takes a fraction of a millisecond: the hub has appends to store and robots to control. */
const PAUSE_MS = 1;

export class TableDigests {
  readonly #dir: string;
  readonly #known: ReadonlyMap<string, TableDigest>; // by SHA-256
  #judged = new Map<string, TableDigest | null>(); // by file name and size
  #endMs = Number.POSITIVE_INFINITY;

  /** `known`: digests that a snapshot of this store carried. */
  constructor(dir: string, known: readonly TableDigest[]) {
    this.#dir = dir;
    this.#known = new Map(known.map((digest) => [digest.sha256, digest]));
  }

  /** Those of the tables that are in the directory now. One call at a time. */
  async now(): Promise<readonly TableDigest[]> {
    const before = this.#judged;
    this.#judged = new Map();
    for (const file of await readdir(this.#dir)) {
      if (!TABLE.test(file)) continue;
      const found = await this.#digestOf(file, before);
      if (found !== null) this.#judged.set(found.key, found.digest);
    }
    return [...this.#judged.values()].filter((digest) => digest !== null);
  }

  /** The process is to end: what is not judged within `mostMs` is left to the next open. */
  hurry(mostMs: number): void {
    this.#endMs = performance.now() + mostMs;
  }

  /** null when there is no time for it. */
  async #inSteps<T>(steps: Generator<void, T>): Promise<T | null> {
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      if (performance.now() > this.#endMs) return null;
      const pauseMs = this.#endMs === Number.POSITIVE_INFINITY ? PAUSE_MS : 0;
      await new Promise((resolve) => (pauseMs === 0 ? setImmediate(resolve) : setTimeout(resolve, pauseMs)));
    }
  }

  async #digestOf(file: string, before: ReadonlyMap<string, TableDigest | null>) {
    const path = join(this.#dir, file);
    try {
      const key = `${file} ${(await stat(path)).size}`;
      const judged = before.get(key);
      if (judged !== undefined) return { key, digest: judged };
      const bytes = await readFile(path);
      const sha256 = await this.#inSteps(sha256InSteps(bytes));
      const judgedNow = this.#known.get(sha256 ?? "") ?? (await this.#inSteps(judgeTable(file, bytes)));
      if (judgedNow === null) return null;
      return { key: `${file} ${bytes.length}`, digest: typeof judgedNow === "string" ? null : judgedNow };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null; // LevelDB has merged it into others
      throw cause;
    }
  }
}

/** What a list of digests says wrongly about the tables that are in `dir` now, each judged anew. */
export async function digestProblems(dir: string, listed: readonly TableDigest[]): Promise<readonly string[]> {
  const told = new Map(listed.map((digest) => [digest.sha256, JSON.stringify(digest.runs)]));
  const digests = new TableDigests(dir, []);
  digests.hurry(Number.MAX_SAFE_INTEGER); // nobody waits for this process
  const found = await digests.now();
  const wrong = found.filter(({ sha256, runs }) => told.has(sha256) && told.get(sha256) !== JSON.stringify(runs));
  return wrong.map(({ sha256 }) => `what it says of the table with SHA-256 ${sha256.slice(0, 12)} is wrong`);
}
