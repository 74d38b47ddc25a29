// The digests of tables and the snapshot file, as bytes: no flipped bit of either passes.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import t from "tap";
import { genesis, hashOf, sealRecord } from "../../proto/codec/records.js";
import { TableDigests } from "../../proto/codec/records-digests.js";
import { readSnapshot, writeSnapshot } from "../../proto/codec/records-snapshot.js";
import { joinRuns, judgeTable, type Run, type TableDigest } from "../../proto/codec/records-table.js";

const GENESIS = genesis("ledger", "depot");

function aFolder(t: { teardown(end: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), "drover-snapshot-"));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Sealed records 1 to `count`, in batches of three. */
function chain(count: number): Buffer[] {
  let previous: Uint8Array = GENESIS;
  return Array.from({ length: count }, (_, index) => {
    const left = Math.min(2 - (index % 3), count - 1 - index);
    const sealed = sealRecord({ sequence: index + 1, left, previous, payload: Buffer.from(`event ${index + 1}`) });
    previous = hashOf(sealed);
    return sealed;
  });
}

/** The bytes of the table that LevelDB makes of these entries. */
async function tableOf(dir: string, entries: readonly (readonly [string, Buffer | null])[]): Promise<Buffer> {
  const options = { keyEncoding: "utf8", valueEncoding: "buffer", compression: false } as const;
  for (let opened = 0; opened < 2; opened += 1) {
    const level = new Level<string, Buffer>(dir, options); // the second open moves the log to a table
    await level.open();
    for (const [key, value] of opened === 0 ? entries : [])
      await (value === null ? level.del(key) : level.put(key, value));
    await level.close();
  }
  const [table = ""] = readdirSync(dir).filter((name) => name.endsWith(".ldb"));
  return readFileSync(join(dir, table));
}

function judged(bytes: Buffer): TableDigest | string {
  const judging = judgeTable("a.ldb", bytes);
  for (;;) {
    const { done, value } = judging.next();
    if (done === true) return value;
  }
}

function keyOf(sequence: number): string {
  return `e${String(sequence).padStart(16, "0")}`;
}

t.test("digest of a table tells its runs, and every flipped byte of it leaves none", async (t) => {
  const records = chain(40);
  const some = [2, 3, 4, 5, 6, 20, 21, 40].map((sequence) => [keyOf(sequence), records[sequence - 1] ?? null] as const);
  const bytes = await tableOf(aFolder(t), [...some, ["owner", Buffer.from("o")]]);
  const digest = judged(bytes);
  if (typeof digest === "string") throw new Error(digest);
  t.same(
    digest.runs.map(({ first, last, firstLeft, lastLeft }) => [first, last, firstLeft, lastLeft]),
    [
      [2, 6, 1, 0],
      [20, 21, 1, 0],
      [40, 40, 0, 0],
    ],
  );
  t.equal(digest.owner, "6f");
  for (let at = 0; at < bytes.length; at += 1) {
    const harmed = Buffer.from(bytes);
    harmed.writeUInt8(harmed.readUInt8(at) ^ 1, at);
    if (typeof judged(harmed) !== "string") t.fail(`byte ${at} of ${bytes.length}`);
  }
  for (let length = 0; length < bytes.length; length += 7)
    if (typeof judged(bytes.subarray(0, length)) !== "string") t.fail(`cut at ${length}`);
});

t.test("table that holds what no ledger can hold has no digest", async (t) => {
  const [one, two, three] = chain(3) as [Buffer, Buffer, Buffer];
  const alone = sealRecord({ sequence: 2, left: 0, previous: hashOf(one), payload: Buffer.from("event 2") });
  const foreign = sealRecord({ sequence: 2, left: 1, previous: GENESIS, payload: Buffer.from("event 2") });
  for (const [what, entries, why] of [
    [
      "a deleted key",
      [
        [keyOf(1), one],
        [keyOf(2), null],
      ],
      /a deleted key/,
    ],
    [
      "an unknown key",
      [
        [keyOf(1), one],
        ["f1", two],
      ],
      /unknown key "f1"/,
    ],
    [
      "a record in the wrong place",
      [
        [keyOf(1), one],
        [keyOf(2), three],
      ],
      /record 2: it says that it is record 3/,
    ],
    [
      "a record of another chain",
      [
        [keyOf(1), one],
        [keyOf(2), foreign],
      ],
      /record 2: it follows/,
    ],
    [
      "a record of another batch",
      [
        [keyOf(1), one],
        [keyOf(2), alone],
      ],
      /record 2: it is no part of the batch/,
    ],
    ["no record", [[keyOf(1), Buffer.from("x")]], /record 1: expected at least/],
  ] as const)
    t.match(judged(await tableOf(aFolder(t), entries)), why, what);
});

t.test("runs join to one chain from the genesis, or the gap is named", async (t) => {
  const run = (first: number, last: number, more: Partial<Run> = {}): Run => {
    return { first, last, previous: `h${first - 1}`, hash: `h${last}`, firstLeft: 0, lastLeft: 0, ...more };
  };
  t.same(joinRuns([run(4, 9), run(1, 3), run(10, 10)], "h0"), { count: 10, hash: "h10" });
  t.match(joinRuns([], "h0"), { count: 0, hash: "h0" });
  const broken: readonly [readonly Run[], RegExp][] = [
    [[run(2, 3)], /record 1 is followed by a run from 2/],
    [[run(1, 3), run(5, 9)], /record 4 is followed by a run from 5/],
    [[run(1, 3), run(3, 9)], /record 4 is followed by a run from 3/],
    [[run(1, 3, { previous: "other" })], /record 1 does not follow record 0/],
    [[run(1, 3), run(4, 9, { previous: "other" })], /record 4 does not follow record 3/],
    [[run(1, 3, { lastLeft: 2 }), run(4, 9, { firstLeft: 0 })], /record 4 is no part of the batch/],
    [[run(1, 3, { lastLeft: 2 })], /the last batch lacks 2 records/],
  ];
  for (const [runs, problem] of broken) t.match(joinRuns(runs, "h0"), { problem });
});

t.test("digests of a store in use are made once for each table, and not for one that is not whole", async (t) => {
  const dir = aFolder(t);
  const records = chain(30);
  const bytes = await tableOf(
    join(dir, "level"),
    records.map((record, index) => [keyOf(index + 1), record] as const),
  );
  const whole = join(dir, "000005.ldb");
  writeFileSync(whole, bytes);
  writeFileSync(join(dir, "000007.ldb"), bytes.subarray(0, 100));
  writeFileSync(join(dir, "000009.log"), "");
  const digests = new TableDigests(dir, []);
  const found = await digests.now();
  t.match(found, [{ runs: [{ first: 1, last: 30 }] }]);
  t.equal(found.length, 1);
  t.equal((await digests.now())[0], found[0], "the same, not judged again");
  const told = { sha256: found[0]?.sha256 ?? "", owner: "", runs: [] };
  t.equal((await new TableDigests(dir, [told]).now())[0], told, "nor what a snapshot told");
  writeFileSync(join(dir, "000007.ldb"), bytes);
  t.equal((await digests.now()).length, 2, "the other one is whole now");
  const late = new TableDigests(dir, []);
  late.hurry(-1);
  t.same(await late.now(), [], "none where there is no time left");
  rmSync(whole);
  t.equal((await digests.now()).length, 1, "and this one is gone");
});

t.test("snapshot file gives back its parts in order, and no flipped bit or cut of it passes", async (t) => {
  const file = join(aFolder(t), "a.snapshot");
  t.equal(await readSnapshot(file, GENESIS), null);
  const head = { genesis: GENESIS, count: 2 ** 40, hash: Buffer.alloc(32, 7) };
  const parts = [
    ["small", { a: 1 }],
    ["ids", ["x", "y"]],
    ["ids", ["z"]],
  ] as const;
  const size = await writeSnapshot(file, head, parts);
  const bytes = readFileSync(file);
  t.equal(size, bytes.length);
  const read = await readSnapshot(file, GENESIS);
  t.match(read, { count: 2 ** 40, hash: head.hash });
  t.same(read !== null && typeof read !== "string" && [...read.parts], [
    ["small", [{ a: 1 }]],
    ["ids", [["x", "y"], ["z"]]],
  ]);
  t.type(await readSnapshot(file, genesis("ledger", "yard")), "string");
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const harmed = Buffer.from(bytes);
    harmed.writeUInt8(harmed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    writeFileSync(file, harmed);
    if (typeof (await readSnapshot(file, GENESIS)) !== "string") t.fail(`bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length += 1) {
    writeFileSync(file, bytes.subarray(0, length));
    if (typeof (await readSnapshot(file, GENESIS)) !== "string") t.fail(`cut at ${length}`);
  }
});

t.test("snapshot that cannot be written leaves the one before, and nothing else", async (t) => {
  const dir = aFolder(t);
  const file = join(dir, "a.snapshot");
  const head = { genesis: GENESIS, count: 1, hash: Buffer.alloc(32) };
  await writeSnapshot(file, head, [["small", 1]]);
  const before = readFileSync(file);
  const parts = (function* () {
    yield ["small", "x".repeat(600_000)] as const;
    throw new Error("no space left on device");
  })();
  await t.rejects(writeSnapshot(file, head, parts), /no space left/);
  t.same(readdirSync(dir), ["a.snapshot"]);
  t.same(readFileSync(file), before);
});
