// Losses and forgeries of whole files and records: each makes verify fail and the hub refuse to start, naming what is
// wrong.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Level } from "level";
import t from "tap";
import { LedgerStore } from "../../../hub/io/ledger-store.js";
import { verifyLedger } from "../../../hub/io/verify.js";
import {
  aDirectory,
  aLedger,
  asKilled,
  beforeTheHead,
  events,
  fileOf,
  filesOf,
  killedLedger,
  LOG,
  open,
  problemsAtOpen,
  tabledLedger,
} from "./ledger-world.js";

t.test("ledger that lost a file does not open, and the file is named", async (t) => {
  for (const make of [killedLedger, tabledLedger]) {
    const dir = await make(t);
    for (const file of filesOf(dir, /CURRENT$|MANIFEST-\d+$|\.log$|\.ldb$|ledger\.head$/)) {
      const whole = readFileSync(file);
      rmSync(file);
      const problems = await problemsAtOpen(dir, { create: true });
      const name = basename(file);
      t.ok(
        problems?.some((problem) => problem.includes(name)),
        `${name} missing: ${problems?.join("; ")}`,
      );
      t.not((await verifyLedger(dir)).problems.length, 0);
      writeFileSync(file, "");
      if (whole.length > 0)
        t.ok(
          (await problemsAtOpen(dir))?.some((problem) => /missing|CURRENT|expected|no MANIFEST/.test(problem)),
          `${name} empty`,
        );
      writeFileSync(file, whole);
    }
    t.equal(await problemsAtOpen(dir), null);
  }
});

t.test("ledger with a head of another time or another site does not open", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.append(events(1, 1));
  const early = readFileSync(join(dir, "ledger.head"));
  await store.append(events(2, 3));
  await store.append(events(4, 5));
  const earlyStore = asKilled(t, dir);
  await store.append(events(6, 6));
  await store.close();
  const late = readFileSync(join(dir, "ledger.head"));

  writeFileSync(join(dir, "ledger.head"), early);
  t.match(await problemsAtOpen(dir), [
    /head file is older than the store: it counts 1 records, .* 6 records, 3 batches/,
  ]);
  writeFileSync(join(dir, "ledger.head"), late);
  t.equal(await problemsAtOpen(dir), null);

  writeFileSync(join(earlyStore, "ledger.head"), late);
  t.match(await problemsAtOpen(earlyStore), [/record 6 is missing: the head file counts 6, the store 5/]);

  const yard = aDirectory(t);
  const other = await open(yard, { create: true, site: "yard" });
  await other.store.append(events(1, 6));
  await other.store.close();
  cpSync(join(yard, "ledger.head"), join(dir, "ledger.head"));
  const problems = await problemsAtOpen(dir);
  t.match(problems?.join("\n"), /head file belongs to another store than that of "depot"/);
  t.match(problems?.join("\n"), /record 6: the head file expects hash/);
});

t.test("ledger of another site is refused", async (t) => {
  const dir = await aLedger(t, [events(1, 2)]);
  t.match(await problemsAtOpen(dir, { site: "yard" }), [/expected the store of "yard", found that of "depot"/]);
  t.match((await verifyLedger(dir, { site: "yard" })).problems, [/expected the store of "yard"/]);
  t.match(await verifyLedger(dir), { site: "depot", events: 2, problems: [] });
});

t.test("R10 batch that was written but never acknowledged is kept when whole, and counted from then on", async (t) => {
  const { dir } = await beforeTheHead(t);
  const opened = await open(dir);
  t.same(opened.events, events(1, 5));
  await opened.store.close();
  t.match(await verifyLedger(dir), { events: 5, head: { count: 5 }, problems: [] });
});

t.test(
  "ledger with a forged record, a gap, a fork or a foreign key is damaged, although all checksums of LevelDB fit",
  async (t) => {
    const harms: readonly [string, RegExp, (level: Level<string, Buffer>) => Promise<void>][] = [
      ["gap", /record 2 is missing/, (level) => level.del(key(2))],
      ["lost end", /record 5 is missing: the head file counts 5, the store 4/, (level) => level.del(key(5))],
      ["wrong place", /record 4: it says that it is record 2/, async (level) => level.put(key(4), await at(level, 2))],
      ["foreign key", /unknown key "f1"/, (level) => level.put("f1", Buffer.from("x"))],
      ["no owner", /it names no owner/, (level) => level.del("owner")],
      ["text", /record 3: expected at least 54 bytes, found 1/, (level) => level.put(key(3), Buffer.from("x"))],
      ["beyond", /record 7: expected|record 6 is missing/, async (level) => level.put(key(7), await at(level, 5))],
    ];
    for (const [what, named, harm] of harms) {
      const dir = await aLedger(t, [events(1, 3), events(4, 5)]);
      await withLevel(dir, harm);
      t.match((await problemsAtOpen(dir))?.join("\n"), named, what);
    }
    const forked = await aLedger(t, [events(1, 3), events(4, 5)]);
    const fork = await aLedger(t, [events(1, 2), events(3, 5)]);
    await withLevel(fork, async (other) => {
      const record = await at(other, 4);
      await withLevel(forked, (level) => level.put(key(4), record));
    });
    t.match(
      (await problemsAtOpen(forked))?.join("\n"),
      /record 5: it follows|record 4: it follows|of its batch/,
      "fork",
    );
  },
);

t.test("ledger whose last batch is cut inside is damaged even where the head does not know it", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.append(events(1, 3));
  const head = readFileSync(join(dir, "ledger.head"));
  await store.append(events(4, 6));
  await store.close();
  writeFileSync(join(dir, "ledger.head"), head);
  await withLevel(dir, (level) => level.del(key(6)));
  t.match(await problemsAtOpen(dir), [/the last batch is cut: record 6 is missing/]);
});

t.test("damaged ledger is told by one error that names the directory and every problem", async (t) => {
  const dir = await killedLedger(t);
  mkdirSync(join(dir, "ledger.check-999999999-left"));
  const file = fileOf(dir, LOG);
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(60) ^ 4, 60);
  writeFileSync(file, bytes);
  const failure = await LedgerStore.open({ dir, site: "depot", create: true }).catch((cause: Error) => cause);
  t.match(failure, { name: "LedgerDamaged", problems: [/^ledger\/\d+\.log: byte 0: the checksum/, /^ledger: /] });
  t.ok(failure instanceof Error && failure.message.includes(dir), "with the path");
});

function key(sequence: number): string {
  return `e${String(sequence).padStart(16, "0")}`;
}

async function at(level: Level<string, Buffer>, sequence: number): Promise<Buffer> {
  return (await level.get(key(sequence))) as Buffer;
}

async function withLevel(dir: string, act: (level: Level<string, Buffer>) => Promise<void>): Promise<void> {
  const level = new Level<string, Buffer>(join(dir, "ledger"), { valueEncoding: "buffer" });
  await level.open();
  await act(level);
  await level.close();
}
