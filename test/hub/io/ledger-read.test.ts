// Reading ranges of events from a ledger in use.

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import t from "tap";
import { aDirectory, aLedger, events, filesOf, open, problemsAtOpen, TABLE } from "./ledger-world.js";

t.test("ledger in use gives any range of its durable events, and nothing beyond", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  t.same(await store.read(1, 10), []);
  await store.append(events(1, 30));
  for (const [from, most, first, last] of [
    [1, 30, 1, 30],
    [1, 1, 1, 1],
    [0, 2, 1, 2],
    [17, 5, 17, 21],
    [28, 99, 28, 30],
  ] as const)
    t.same(await store.read(from, most), events(first, last), `${most} from ${from}`);
  t.same(await store.read(31, 5), []);
  t.same(await store.read(5, 0), []);
  const later = store.append(events(31, 31));
  t.ok((await store.read(30, 5)).length <= 2);
  await later;
  t.same(await store.read(31, 5), events(31, 31));
  await store.close();
});

t.test("R14 a record that is damaged while the ledger is in use is told by its number", async (t) => {
  const dir = await aLedger(t, [events(1, 9)]);
  await (await open(dir)).store.close(); // moves them to a table
  const { store } = await open(dir);
  const [table = ""] = filesOf(dir, TABLE).filter((file) => readFileSync(file).includes("task-5"));
  const file = openSync(table, "r+");
  writeSync(file, "x", readFileSync(table).indexOf("task-5"));
  closeSync(file);
  t.same(await store.read(1, 4), events(1, 4), "those before it are given");
  await t.rejects(store.read(3, 4), /record 5: its CRC32C is/);
  await store.close();
  t.match(await problemsAtOpen(dir), [/checksum of the block/]);
});
