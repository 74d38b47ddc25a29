// Proves a store sound where most of its tables are known, on a copy, as the full judgement does (records-judge.ts). A
// table that has the SHA-256 of one that was judged holds the same records; every other table and the logs are judged
// record by record; the runs of all of them must join to one chain from the owner's genesis to the head; and LevelDB
// must give, from the snapshot's last record on, the end of that chain. What cannot be proven is not called damage: the
// caller then judges the whole store, which finds the damage or proves the store sound.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Level } from "level";
import { genesis, type OpenedRecord, openRecord } from "./records.js";
import {
  type Judged,
  type Known,
  OWNER_KEY,
  readOwner,
  reasonOf,
  recordKey,
  type StorePlace,
  type TakeRecord,
} from "./records-chain.js";
import { type LiveFiles, liveFiles, readLogs, tableFile } from "./records-files.js";
import { type Head, type HeadScan, readHead } from "./records-head.js";
import { entriesFrom, onCopy, openLevel } from "./records-judge.js";
import { drained } from "./records-leveldb.js";
import {
  batchEntries,
  hexOf,
  joinRuns,
  judgeTable,
  Runs,
  sequenceOf,
  sha256Of,
  type TableDigest,
} from "./records-table.js";

export interface Expected {
  readonly owner: string;
  readonly known: Known;
  readonly after: number; // records after this one are taken
  readonly take: TakeRecord;
}

/** Thrown inside for what leaves the proof open. */
class Unproven extends Error {}

/** Returns why nothing is proven as text; never throws, because the full judgement then meets the same cause. */
export async function proveStore(place: StorePlace, expected: Expected): Promise<Judged | string> {
  try {
    const head = await readHead(join(place.dataDir, `${place.name}.head`), `${place.name}.head`);
    return await onCopy(place, (copy) => new Proof(place, copy, expected).judged(head));
  } catch (cause) {
    return reasonOf(cause);
  }
}

interface Stretch {
  readonly from: number;
  readonly count: number;
  readonly marks: readonly { readonly count: number; readonly hash: Uint8Array }[];
  readonly headCount: number;
}

class Proof {
  readonly #place: StorePlace;
  readonly #expected: Expected;
  readonly #dir: string; // of the copy
  readonly #digests: TableDigest[] = []; // of the live tables
  readonly #logRuns = new Runs();
  #owner = "";

  constructor(place: StorePlace, dir: string, expected: Expected) {
    this.#place = place;
    this.#dir = dir;
    this.#expected = expected;
  }

  async judged({ head, before, problems }: HeadScan): Promise<Judged> {
    const { name } = this.#place;
    if (head === null || problems.length > 0) throw new Unproven(problems.join("; "));
    const live = await liveFiles(this.#dir, name);
    if (!("tables" in live)) throw new Unproven(live.join("; "));
    await this.#digestTables(live);
    const notes = await this.#readLogs(live);
    const chain = this.#chain();
    if (!genesis(this.#place.kind, this.#expected.owner).equals(head.genesis))
      throw new Unproven(`${name}.head: of another owner`);
    const heads = before === null ? [head] : [head, before];
    await this.#follow(chain.count, heads);
    const { owner } = this.#expected;
    return { owner, count: chain.count, lastHash: Buffer.from(chain.hash, "hex"), head, problems: [], notes };
  }

  async #digestTables(live: LiveFiles): Promise<void> {
    const known = new Map(this.#expected.known.tables.map((table) => [table.sha256, table]));
    for (const [number, size] of live.tables) {
      const file = tableFile(live.names, number);
      if (file === undefined) throw new Unproven(`table ${number}: missing`);
      const bytes = await readFile(join(this.#dir, file));
      if (bytes.length !== size) throw new Unproven(`${file}: expected ${size} bytes, found ${bytes.length}`);
      const digest = known.get(sha256Of(bytes)) ?? judgeNow(file, bytes);
      if (digest.owner !== "") this.#owner = digest.owner;
      this.#digests.push(digest);
    }
  }

  /** Returns the notes about a torn end, which the head then shows to be no loss. */
  async #readLogs(live: LiveFiles): Promise<readonly string[]> {
    const { records, problems, notes } = await readLogs(this.#dir, { name: this.#place.name, ...live });
    if (problems.length > 0) throw new Unproven(problems.join("; "));
    for (const record of records) {
      for (const { key, value } of batchEntries(record)) {
        const sequence = sequenceOf(key);
        if (sequence === 0) this.#owner = value.toString("hex");
        else this.#logRuns.add(sequence, value);
      }
    }
    return notes;
  }

  #chain(): { readonly count: number; readonly hash: string } {
    const { owner } = this.#expected;
    const found = this.#owner === "" ? "it names no owner" : this.#ownerProblem(owner);
    if (found !== null) throw new Unproven(found);
    const runs = [...this.#digests.flatMap((digest) => digest.runs), ...this.#logRuns.runs];
    const joined = joinRuns(runs, hexOf(genesis(this.#place.kind, owner)));
    if ("problem" in joined) throw new Unproven(joined.problem);
    return joined;
  }

  #ownerProblem(owner: string): string | null {
    const found = readOwner(Buffer.from(this.#owner, "hex"), this.#place);
    if (typeof found === "string") return found;
    return found.owner === owner ? null : `it is the store of "${found.owner}"`;
  }

  /** From the first record that somebody counts or wants, one by one, as LevelDB gives them. */
  async #follow(count: number, heads: readonly Head[]): Promise<void> {
    const { known, after } = this.#expected;
    const marks = [known, ...heads].filter((mark) => mark.count > 0);
    const most = Math.max(...marks.map((mark) => mark.count), 0);
    if (count < most) throw new Unproven(`it holds ${count} records, ${most} were counted`);
    const from = Math.min(after + 1, ...marks.map((mark) => mark.count));
    const level = await openLevel(this.#dir, { create: false }).catch((cause: unknown) => {
      throw new Unproven(`LevelDB cannot open it: ${reasonOf(cause)}`);
    });
    try {
      await this.#followIn(level, { from, count, marks, headCount: heads[0]?.count ?? 0 });
    } finally {
      await level.close();
    }
  }

  async #followIn(level: Level<string, Buffer>, to: Stretch): Promise<void> {
    let previous: Uint8Array | null = null;
    let beyond = 0;
    let sequence = to.from;
    for await (const [key, bytes] of entriesFrom(level, recordKey(to.from))) {
      if (key === OWNER_KEY) break;
      const record = openRecord(bytes, { sequence, previous });
      for (const mark of to.marks)
        if (mark.count === sequence && Buffer.compare(mark.hash, record.hash) !== 0)
          throw new Unproven(`record ${sequence} is not the one that was counted`);
      if (record.left === 0 && sequence > to.headCount) beyond += 1;
      if (sequence > this.#expected.after) this.#take(record, bytes);
      previous = record.hash;
      sequence += 1;
    }
    if (sequence !== to.count + 1) throw new Unproven(`record ${sequence} is missing`);
    if (beyond > 1) throw new Unproven(`${beyond} batches that the head does not count`);
  }

  #take({ payload, sequence }: OpenedRecord, sealed: Uint8Array): void {
    try {
      this.#expected.take(payload, sequence, sealed);
    } catch (cause) {
      throw new Unproven(`record ${sequence}: not readable: ${(cause as Error).message}`);
    }
  }
}

function judgeNow(file: string, bytes: Buffer): TableDigest {
  const judged = drained(judgeTable(file, bytes));
  if (typeof judged === "string") throw new Unproven(judged);
  return judged;
}
