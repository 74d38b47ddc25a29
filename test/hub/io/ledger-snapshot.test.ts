// A ledger with a snapshot beside it: it starts from there with the same state, whatever is wrong with the snapshot is
// no harm, and whatever is wrong with the ledger is found as without one.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { verifyLedger } from "../../../hub/io/verify.js";
import { genesis, sealRecord } from "../../../proto/codec/records.js";
import { aDirectory, asKilled, bytesBelow, filesOf, LOG, TABLE } from "./ledger-world.js";
import {
  SNAPSHOT,
  shift,
  snapshotBytes,
  snapshotted,
  start,
  started,
  stateAfter,
  withLevel,
  workOn,
} from "./snapshot-world.js";

function reseal(bytes: Buffer): Buffer {
  const body = bytes.subarray(0, -32);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

/** The same snapshot with another text of the same length in it, sealed anew. */
function altered(dir: string, from: string, to: string): void {
  const bytes = snapshotBytes(dir);
  const at = bytes.indexOf(from);
  if (at < 0 || from.length !== to.length) throw new Error(`no ${from} in the snapshot`);
  bytes.write(to, at);
  writeFileSync(join(dir, SNAPSHOT), reseal(bytes));
}

t.test("R14 ledger with a snapshot starts from it, with the state of all events", async (t) => {
  const dir = await snapshotted(t);
  const whole = asKilled(t, dir);
  rmSync(join(whole, SNAPSHOT));
  const full = await started(whole);
  t.match(full, { snapshotAt: 0, taken: 230, notes: "", text: stateAfter(230) });
  t.same(await started(dir), { ...full, snapshotAt: 200, taken: 30 });
  t.same(await started(dir), { ...full, snapshotAt: 200, taken: 30 }, "and again, its log now in a table");
  await workOn(dir, 260, { keep: true });
  t.match(await started(dir), { snapshotAt: 260, taken: 0, notes: "", text: stateAfter(260) }, "a second snapshot");
  t.same(readdirSync(dir).sort(), ["ledger", "ledger.head", SNAPSHOT], "nothing else is left");
  t.match(await verifyLedger(dir), { problems: [], snapshotAt: 260, notes: [/agrees with the events/] });
});

t.test(
  "R14 an older snapshot serves as well, and what was left of one that was never finished is no harm",
  async (t) => {
    const dir = await snapshotted(t);
    const old = snapshotBytes(dir);
    await workOn(dir, 300, { keep: true });
    const newer = snapshotBytes(dir);
    writeFileSync(join(dir, SNAPSHOT), old);
    writeFileSync(join(dir, `${SNAPSHOT}.new`), newer.subarray(0, newer.length / 2)); // killed before the rename
    t.match(await started(dir), { snapshotAt: 200, taken: 100, notes: "", text: stateAfter(300) });
    await workOn(dir, 310, { keep: true });
    t.match(await started(dir), { snapshotAt: 310, notes: "", text: stateAfter(310) });
    t.notOk(existsSync(join(dir, `${SNAPSHOT}.new`)));
  },
);

t.test("ledger with a snapshot that is damaged, cut, foreign, newer or odd is read in full", async (t) => {
  const dir = await snapshotted(t);
  const whole = snapshotBytes(dir);
  const yard = aDirectory(t);
  const other = await start(yard, { site: "yard", create: true });
  await other.store.append(shift(1, 20));
  await other.store.keepSnapshot(20, []);
  await other.store.close();
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    return bytes;
  };
  const newer = Buffer.from(whole);
  newer.writeUInt16BE(2, 8);
  const cases: readonly [string, Buffer, RegExp][] = [
    ["magic", flipped(0), /it is no snapshot/],
    ["version", flipped(9), /expected version 1, found 0/],
    ["genesis", flipped(15), /its SHA-256 does not fit/],
    ["count", flipped(50), /its SHA-256/],
    ["hash", flipped(60), /its SHA-256/],
    ["length of a part", flipped(87), /its SHA-256/],
    ["list of tables", flipped(whole.indexOf("sha256") + 12), /its SHA-256/],
    ["state", flipped(whole.indexOf("longestWaitMs") + 15), /its SHA-256/],
    ["ended ids", flipped(whole.indexOf("endedIds") + 12), /its SHA-256/],
    ["seal", flipped(whole.length - 1), /its SHA-256/],
    ["cut in the middle", whole.subarray(0, whole.length / 2), /its SHA-256/],
    ["cut by one byte", whole.subarray(0, -1), /its SHA-256/],
    ["longer by one byte", Buffer.concat([whole, Buffer.alloc(1)]), /its SHA-256/],
    ["empty", Buffer.alloc(0), /it has 0 bytes/],
    ["newer", reseal(newer), /expected version 1, found 2/],
    ["foreign", snapshotBytes(yard), /belongs to another store/],
  ];
  for (const [what, bytes, why] of cases) {
    writeFileSync(join(dir, SNAPSHOT), bytes);
    const found = await started(dir, { create: true });
    t.match(found, { snapshotAt: 0, taken: 230, text: stateAfter(230), problems: "" }, what);
    t.match(found.notes, why, what);
    t.match(found.notes, /ledger.snapshot is not used/, what);
    const verdict = await verifyLedger(dir);
    t.match([verdict.problems, verdict.snapshotAt, verdict.notes.join()], [[], null, why], `${what}, verified`);
  }
  rmSync(join(dir, SNAPSHOT));
  mkdirSync(join(dir, SNAPSHOT));
  t.match(await started(dir), { snapshotAt: 0, text: stateAfter(230), notes: /not used/ }, "a directory");
});

t.test("R14 state that cannot be read, or that is of another schema, is replayed from the first event", async (t) => {
  for (const [from, to, why] of [
    ['"schema":5', '"schema":1', /snapshot.schema: expected 5, found 1/],
    ['"epoch":1', '"epoch":x', /not used/],
    ['"events":200', '"events":199', /its state follows event 199, its hash is that of 200/],
    ['"tasksKept":20', '"tasksKept":19', /snapshot.ended: expected at most 19|snapshot.tasksKept/],
  ] as const) {
    const dir = await snapshotted(t);
    altered(dir, from, to);
    t.match(await started(dir), { snapshotAt: 0, taken: 230, text: stateAfter(230), notes: why }, from);
  }
});

t.test("ledger behind its snapshot, or of another past, is damaged and left as it was found", async (t) => {
  const dir = await snapshotted(t);
  const early = asKilled(t, dir);
  await workOn(dir, 300, { keep: true });
  copyFileSync(join(dir, SNAPSHOT), join(early, SNAPSHOT));
  const before = bytesBelow(early);
  const behind = /records 231 to 300 are missing: ledger.snapshot was taken after record 300, the store ends with 230/;
  t.match((await started(early, { create: true })).problems, behind);
  t.match((await verifyLedger(early)).problems, [behind]);
  t.same(bytesBelow(early), before, "not a byte changed");

  const lost = aDirectory(t);
  copyFileSync(join(dir, SNAPSHOT), join(lost, SNAPSHOT));
  t.match((await started(lost, { create: true })).problems, /ledger: the directory is missing/);
  t.same(readdirSync(lost), [SNAPSHOT], "no new ledger was made in its place");

  const another = aDirectory(t);
  const { store } = await start(another, { create: true });
  await store.append(shift(1, 40));
  await store.append(shift(41, 320));
  await store.close();
  copyFileSync(join(dir, SNAPSHOT), join(another, SNAPSHOT));
  const past = /record 300: ledger.snapshot was taken after one of hash [0-9a-f]{12}, found/;
  t.match((await started(another)).problems, past);
  t.match((await verifyLedger(another)).problems, [past]);
});

t.test("ledger whose tables LevelDB has rewritten since its snapshot is proven all the same", async (t) => {
  const dir = await snapshotted(t, { before: 400, after: 100 });
  const tables = filesOf(dir, TABLE).map((file) => readFileSync(file, "latin1"));
  await withLevel(dir, (level) => compact(level));
  const now = filesOf(dir, TABLE).map((file) => readFileSync(file, "latin1"));
  t.notOk(
    now.some((bytes) => tables.includes(bytes)),
    "no table is the same",
  );
  t.match(await started(dir), { snapshotAt: 400, taken: 100, notes: "", text: stateAfter(500) });
});

async function compact(level: unknown): Promise<void> {
  await (level as { compactRange(from: string, to: string): Promise<void> }).compactRange("a", "z");
}

t.test("any flipped byte or cut of a table or log is found, although there is a snapshot", async (t) => {
  const dir = await snapshotted(t, { before: 60, after: 10 });
  const damages = filesOf(dir, /\.(ldb|log)$/).flatMap((file) => {
    const length = readFileSync(file).length;
    return Array.from({ length: 24 }, (_, index) => ({ file, at: Math.floor((index * length) / 24) }));
  });
  const before = bytesBelow(dir);
  for (const { file, at } of damages) {
    const whole = readFileSync(file);
    if (whole.length === 0) continue;
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 16, at);
    for (const harmed of [bytes, whole.subarray(0, at)]) {
      writeFileSync(file, harmed);
      const { problems } = await started(dir);
      if (problems === "") t.fail(`${file}: byte ${at} of ${whole.length} unnoticed`);
    }
    writeFileSync(file, whole);
  }
  t.ok(damages.length > 40);
  t.same(bytesBelow(dir), before, "and nothing was changed");
  t.match(await started(dir), { snapshotAt: 60, taken: 10, notes: "" });
});

t.test("records forged under sound checksums are found, although there is a snapshot", async (t) => {
  const key = (sequence: number): string => `e${String(sequence).padStart(16, "0")}`;
  for (const [sequence, harm] of [
    [20, "gone"],
    [20, "changed"],
    [205, "gone"],
    [205, "changed"],
    [230, "gone"],
  ] as const) {
    const dir = await snapshotted(t);
    await withLevel(dir, async (level) => {
      const bytes = Buffer.from((await level.get(key(sequence))) ?? "");
      bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70);
      if (harm === "gone") await level.del(key(sequence));
      else await level.put(key(sequence), bytes);
    });
    t.match((await started(dir)).problems, new RegExp(`record ${sequence}`), `${sequence} ${harm}`);
  }
  const nobody = await snapshotted(t);
  await withLevel(nobody, (level) => level.del("owner"));
  t.match((await started(nobody)).problems, /it names no owner/);
  const newer = await snapshotted(t);
  const payload = Buffer.from(JSON.stringify({ kind: "ledger", owner: "depot", schema: 2 }));
  const owner = sealRecord({ sequence: 0, left: 0, previous: genesis("ledger", "depot"), payload });
  await withLevel(newer, (level) => level.put("owner", owner));
  t.match((await started(newer)).problems, /expected schema 1, found 2/);
  const dir = await snapshotted(t);
  t.match((await started(dir, { site: "yard" })).problems, /expected the store of "yard", found that of "depot"/);
});

t.test("tail that was cut is found behind a snapshot, one that was never acknowledged is kept or noted", async (t) => {
  const dir = aDirectory(t, { below: "/dev/shm" });
  await workOn(dir, 100, { keep: true });
  const { store } = await start(dir);
  await store.append(shift(101, 110));
  const head = readFileSync(join(dir, "ledger.head"));
  await store.append(shift(111, 112));
  const killed = asKilled(t, dir);
  await store.close();
  const [log = ""] = filesOf(killed, LOG).filter((file) => readFileSync(file).length > 0);
  const whole = readFileSync(log);
  writeFileSync(log, whole.subarray(0, -20));
  t.match((await started(asKilled(t, killed))).problems, /records 111 to 112 are missing: the head file counts 112/);
  writeFileSync(join(killed, "ledger.head"), head);
  t.match(await started(asKilled(t, killed)), { snapshotAt: 100, taken: 10, notes: /torn|within a record/ });
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(changed.length - 30) ^ 1, changed.length - 30);
  writeFileSync(log, changed);
  t.match((await started(asKilled(t, killed))).problems, /the checksum of the \d+ bytes there does not fit/, "changed");
  writeFileSync(log, whole);
  t.match(await started(killed), { snapshotAt: 100, taken: 12, notes: "", text: stateAfter(112) });
});

t.test("head that is older than the ledger by more than a batch is found behind a snapshot", async (t) => {
  const dir = aDirectory(t, { below: "/dev/shm" });
  await workOn(dir, 100, { keep: true });
  const head = readFileSync(join(dir, "ledger.head"));
  for (const to of [110, 120]) await workOn(dir, to, { keep: false });
  writeFileSync(join(dir, "ledger.head"), head);
  t.match(
    (await started(dir)).problems,
    /the head file is older than the store: it counts 100 records, .* 2 batches more/,
  );
});

t.test("verify finds a snapshot that says something else than the events", async (t) => {
  const dir = await snapshotted(t);
  const sound = snapshotBytes(dir);
  altered(dir, '"longestWaitMs":9', '"longestWaitMs":8');
  const { problems } = await verifyLedger(dir);
  t.same(problems, [`${SNAPSHOT}: after event 200 state.longestWaitMs is 8, the events give 9`]);
  writeFileSync(join(dir, SNAPSHOT), sound);
  altered(dir, '"lastLeft":0', '"lastLeft":7');
  t.match((await verifyLedger(dir)).problems, [/what it says of the table with SHA-256 [0-9a-f]{12} is wrong/]);
  t.match(await started(dir), { snapshotAt: 0, text: stateAfter(230), notes: /the whole ledger was read/ });
});
