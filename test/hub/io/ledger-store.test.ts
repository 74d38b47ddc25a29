import { spawn } from "node:child_process";
import { chmodSync, cpSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { LedgerDamaged, LedgerInUse } from "../../../hub/io/ledger-store.js";
import { verifyLedger } from "../../../hub/io/verify.js";
import { aDirectory, aLedger, anEvent, asKilled, events, open, problemsAtOpen } from "./ledger-world.js";

t.test("ledger gives back what was appended, in order, over reopens and kills", async (t) => {
  const dir = aDirectory(t);
  const { store, events: none } = await open(dir, { create: true });
  t.same(none, []);
  await store.append(events(1, 3));
  await store.append(events(4, 4));
  t.equal(store.count, 4);
  const killed = await open(asKilled(t, dir));
  t.same(killed.events, events(1, 4), "right after a kill");
  await killed.store.close();
  await store.close();
  for (let round = 0; round < 6; round += 1) {
    const again = await open(dir, { create: true });
    t.same(again.events, events(1, 4 + round), "create does no harm to a ledger that is there");
    await again.store.append([anEvent(5 + round)]);
    await again.store.close();
  }
  t.same(readdirSync(dir).sort(), ["ledger", "ledger.head"], "nothing else is left");
});

t.test("R10 appends of one turn share a batch and keep their order", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  const done: number[] = [];
  const appends = Array.from({ length: 50 }, (_, index) =>
    store.append([anEvent(index + 1)]).then(() => done.push(index)),
  );
  await Promise.all(appends);
  t.same(
    done,
    Array.from({ length: 50 }, (_, index) => index),
  );
  t.equal(store.count, 50);
  await store.append([]);
  await store.close();
  const again = await open(dir);
  t.equal(again.events.length, 50);
  await again.store.close();
});

t.test("ledger refuses a gap, a repetition, another schema and a closed store, and writes nothing", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.append(events(1, 2));
  await t.rejects(store.append([anEvent(4)]), /expected sequence 3 of schema 1, found 4 of 1/);
  await t.rejects(store.append([anEvent(2)]), RangeError);
  await t.rejects(store.append([anEvent(3), anEvent(5)]), RangeError);
  await t.rejects(store.append([{ ...anEvent(3), schema: 2 }]), RangeError);
  await t.rejects(store.append([anEvent(3, "x".repeat(2_000_000))]), /at most 1048576 bytes/);
  await store.append([anEvent(3)]);
  await store.close();
  await store.close();
  await t.rejects(store.append([anEvent(4)]), /closed/);
  t.same((await verifyLedger(dir)).events, 3);
});

t.test("ledger is made only when asked, and only where there never was one", async (t) => {
  const dir = aDirectory(t);
  t.match(await problemsAtOpen(dir), [/ledger: the directory is missing/, /ledger.head: missing/]);
  t.match(await problemsAtOpen(join(dir, "nowhere")), [/ledger: the directory is missing/, /ledger.head: missing/]);
  t.same(readdirSync(dir), []);
  t.equal(await problemsAtOpen(join(dir, "new", "deep"), { create: true }), null);
  const used = await aLedger(t, [events(1, 2)]);
  rmSync(join(used, "ledger"), { recursive: true });
  const gone = [/ledger: the directory is missing; its head file counts 2 records/];
  t.match(await problemsAtOpen(used, { create: true }), gone);
});

t.test("ledger whose first start was cut short is made at the next", async (t) => {
  const dir = await aLedger(t, []);
  rmSync(join(dir, "ledger"), { recursive: true });
  cpSync(join(dir, "ledger.head"), join(dir, "ledger.new-999999999-abc"));
  t.equal(await problemsAtOpen(dir, { create: true }), null);
  t.same(readdirSync(dir).sort(), ["ledger", "ledger.head"], "and what was left is gone");
});

t.test("ledger in use is told in words", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.append(events(1, 2));
  await t.rejects(open(dir), LedgerInUse);
  await t.rejects(open(dir), /another process uses it; only one may run on a data directory/);
  await store.append(events(3, 3));
  await store.close();
  t.equal(await problemsAtOpen(dir), null);
});

t.test("verify judges a ledger while a hub writes to it", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  let next = 1;
  let running = true;
  const writing = (async () => {
    while (running) {
      await store.append([anEvent(next, "z".repeat(300)), anEvent(next + 1, "y".repeat(300))]);
      next += 2;
    }
  })();
  for (let round = 0; round < 15; round += 1) {
    const before = store.count;
    const verdict = await verifyLedger(dir, { site: "depot" });
    t.same(verdict.problems, []);
    t.ok(verdict.events >= before, `${verdict.events} events, ${before} were acknowledged before`);
  }
  running = false;
  await writing;
  await store.append(events(next, next));
  await store.close();
  t.same((await verifyLedger(dir)).head?.count, next);
});

t.test("R10 a write error poisons the ledger: nothing is acknowledged any more", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.append(events(1, 1));
  renameSync(join(dir, "ledger"), join(dir, "moved")); // LevelDB fails when it needs its next log
  let acknowledged = 1;
  const failure = await (async () => {
    for (; acknowledged < 100; acknowledged += 1) await store.append([anEvent(acknowledged + 1, "w".repeat(200_000))]);
    throw new Error("no write failed");
  })().catch((cause: Error) => cause);
  t.match(failure.message, /cannot write record \d+ of .*nothing more is written until it is opened anew/);
  const later = await store.append([anEvent(store.count + 1)]).catch((cause: Error) => cause);
  t.equal(later, failure, "the same error, without another try");
  t.equal(store.count, acknowledged);
  await store.close();
  renameSync(join(dir, "moved"), join(dir, "ledger"));
  const again = await verifyLedger(dir);
  t.equal(again.events, acknowledged, "what was acknowledged is there");
});

t.test("ledger without permission is a plain error, not damage", { skip: process.getuid?.() === 0 }, async (t) => {
  const dir = await aLedger(t, [events(1, 2)]);
  chmodSync(join(dir, "ledger"), 0);
  t.teardown(() => chmodSync(join(dir, "ledger"), 0o700));
  const failure = await open(dir).catch((cause: Error) => cause);
  t.notOk(failure instanceof LedgerDamaged);
  t.match(failure, { code: "EACCES" });
});

t.test("R10 every event that a killed hub had acknowledged is there", async (t) => {
  const dir = aDirectory(t);
  const urlOf = (module: string) => JSON.stringify(new URL(module, import.meta.url));
  const script = `
    const { LedgerStore } = await import(${urlOf("../../../hub/io/ledger-store.js")});
    const { anEvent } = await import(${urlOf("./ledger-world.js")});
    const { store } = await LedgerStore.open({ dir: process.argv[1], site: "depot", create: true });
    for (let n = store.count + 1; ; n += 1) { await store.append([anEvent(n)]); process.stdout.write(n + "\\n"); }`;
  let acknowledged = 0;
  for (const after of [1, 40, 17]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      seen += 1;
      if (seen === after) child.kill("SIGKILL");
    }
    const verdict = await verifyLedger(dir);
    t.same(verdict.problems, []);
    t.ok(verdict.events >= acknowledged, `${verdict.events} events, ${acknowledged} acknowledged`);
    const { store, events: found } = await open(dir);
    t.equal(found.length, verdict.events);
    await store.close();
  }
});

t.test("ledger directory that is a file is refused", async (t) => {
  const dir = await aLedger(t, [events(1, 1)]);
  rmSync(join(dir, "ledger"), { recursive: true });
  writeFileSync(join(dir, "ledger"), "");
  t.match(await problemsAtOpen(dir), [/the directory is missing/]);
});
