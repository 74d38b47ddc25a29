// A backup is the ledger, byte for byte, or it is refused; a restore makes the ledger or nothing.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { backupLedger, restoreLedger } from "../../../hub/io/backup.js";
import { verifyLedger } from "../../../hub/io/verify.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import { aDirectory, bytesBelow, open, SITE, type Teardown } from "./ledger-world.js";

const judge = async (dir: string) => (await verifyLedger(dir)).problems;

/** A ledger that replays: a start, then statements that robots are away. */
async function aSoundLedger(t: Teardown, robots: number): Promise<string> {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  const bodies: LedgerBody[] = [{ kind: "hubStarted", epoch: 1, longestWaitMs: 0, configHash: "c", software: "s" }];
  for (let robot = 1; robot <= robots; robot += 1)
    bodies.push({ kind: "robotAbsent", robot: `r${robot}`, operator: "ada", reason: "shift", seen: "in the workshop" });
  const all = bodies.map(
    (body, index): LedgerEvent => ({ sequence: index + 1, schema: 1, epoch: 1, hubMs: index, wallMs: 1, body }),
  );
  await store.append(all.slice(0, 2));
  await store.append(all.slice(2));
  await store.close();
  return dir;
}

t.test(
  "R5 R10 a restored ledger has the chain of the backup, believes nobody away, and asks people to look",
  async (t) => {
    const dir = await aSoundLedger(t, 3);
    const before = bytesBelow(dir);
    const file = join(aDirectory(t), "ledger.backup");
    const taken = await backupLedger(dir, file);
    t.match(taken, { owner: SITE, count: 4, epoch: 1 });
    t.same(bytesBelow(dir), before, "a backup changes nothing");
    t.same(readdirSync(join(file, "..")), ["ledger.backup"], "and leaves nothing beside it");
    const to = join(aDirectory(t), "new", "data");
    t.match(await restoreLedger({ file, dataDir: to, site: SITE, judge }), { count: 4, added: 4 });
    t.same(readdirSync(to).sort(), ["ledger", "ledger.head"]);
    const [old, restored] = [await open(dir), await open(to)];
    t.same(restored.events.slice(0, 4), old.events);
    t.same(
      restored.events.slice(4).map(({ body }) => body.kind),
      ["robotEnrolled", "robotEnrolled", "robotEnrolled", "ceilingSet"],
    );
    t.match(restored.events.at(-1)?.body, { rung: "CONFIRM", operator: "hub", reason: /restored.*after event 4/ });
    await old.store.close();
    await restored.store.close();
    t.match(await verifyLedger(to), { events: 8, problems: [] });
    const again = join(aDirectory(t), "again.backup");
    await backupLedger(to, again);
    t.ok(readFileSync(again).includes(readFileSync(file).subarray(512, -32)), "the sealed records are the same");
  },
);

t.test("R10 a backup that is taken while the ledger grows is the beginning of it, each time", async (t) => {
  const dir = await aSoundLedger(t, 1);
  const folder = aDirectory(t);
  const { store } = await open(dir);
  let growing = true;
  const grown = (async () => {
    for (let sequence = 3; growing; sequence += 1) {
      const body: LedgerBody = { kind: "robotEnrolled", robot: `r${sequence}` };
      await store.append([{ sequence, schema: 1, epoch: 1, hubMs: sequence, wallMs: 1, body }]);
    }
  })();
  for (const round of [1, 2, 3, 4, 5]) {
    const acknowledged = store.count;
    const { count } = await backupLedger(dir, join(folder, `${round}`));
    t.ok(count >= acknowledged, "all that was acknowledged when it began");
  }
  growing = false;
  await grown;
  const all = await store.read(1, store.count);
  await store.close();
  for (const round of [1, 5]) {
    const to = join(folder, `to-${round}`);
    const { count } = await restoreLedger({ file: join(folder, `${round}`), dataDir: to, site: null, judge });
    const restored = await open(to);
    t.same(restored.events.slice(0, count), all.slice(0, count));
    await restored.store.close();
  }
});

t.test("a backup of more records than one batch is restored whole", async (t) => {
  const dir = await aSoundLedger(t, 2500);
  const file = join(aDirectory(t), "ledger.backup");
  await backupLedger(dir, file);
  const to = aDirectory(t);
  mkdirSync(join(to, "ledger.new-999999999-killed"));
  t.match(await restoreLedger({ file, dataDir: to, site: null, judge }), { count: 2501, added: 2501 });
  t.match(await verifyLedger(to), { events: 5002, problems: [] });
  t.same(readdirSync(to).sort(), ["ledger", "ledger.head"], "what a restore that was killed had left is gone");
});

t.test(
  "a backup with any byte changed, cut anywhere, or with more behind it is refused, and nothing is made",
  async (t) => {
    const dir = await aSoundLedger(t, 1);
    const file = join(aDirectory(t), "ledger.backup");
    await backupLedger(dir, file);
    const whole = readFileSync(file);
    const to = aDirectory(t);
    const refusal = async (bytes: Buffer): Promise<string> => {
      writeFileSync(file, bytes);
      return restoreLedger({ file, dataDir: to, site: null, judge }).then(
        () => "restored",
        (cause: Error) => `${cause.name}: ${cause.message}`,
      );
    };
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
      t.match(await refusal(flipped), /^BackupDamaged: /, `byte ${at}`);
    }
    for (let length = 0; length < whole.length; length += 7)
      t.match(await refusal(whole.subarray(0, length)), /^BackupDamaged: .*(is cut|is no backup)/, `${length} bytes`);
    t.match(await refusal(Buffer.concat([whole, Buffer.from("x")])), /is too long/);
    t.match(await refusal(Buffer.from("-- SQL dump")), /is no backup that drover-hub has written/);
    t.same(readdirSync(to), []);
  },
);

t.test("what is there is never replaced, and what is not sound is not copied", async (t) => {
  const dir = await aSoundLedger(t, 1);
  const folder = aDirectory(t);
  const file = join(folder, "ledger.backup");
  writeFileSync(file, "mine");
  await t.rejects(backupLedger(dir, file), { name: "BackupRefused", exitClass: "usage", message: /there already/ });
  t.equal(readFileSync(file, "utf8"), "mine");
  const good = join(folder, "good.backup");
  await backupLedger(dir, good);
  const taken = join(folder, "taken");
  mkdirSync(taken);
  writeFileSync(join(taken, "notes.txt"), "mine");
  await t.rejects(restoreLedger({ file: good, dataDir: taken, site: null, judge }), {
    ...{ exitClass: "usage", message: /not empty: it holds notes.txt/ },
  });
  await t.rejects(restoreLedger({ file: good, dataDir: join(folder, "x"), site: "elsewhere", judge }), {
    ...{ exitClass: "data", message: /expected the ledger of site "elsewhere", found that of "depot"/ },
  });
  t.notOk(existsSync(join(folder, "x")));
  const unsound = restoreLedger({
    file: good,
    dataDir: join(folder, "y"),
    site: null,
    judge: async () => ["record 1"],
  });
  await t.rejects(unsound, { exitClass: "data", message: /not sound: record 1/ });
  t.same(readdirSync(join(folder, "y")), []);
  await t.rejects(backupLedger(folder, join(folder, "z")), { exitClass: "missing", message: /holds no ledger/ });
  writeFileSync(join(dir, "ledger.head"), "");
  await t.rejects(backupLedger(dir, join(folder, "z")), { exitClass: "data", message: /not backed up/ });
  t.notOk(
    readdirSync(folder).some((name) => name.startsWith("z")),
    "not even a piece of it",
  );
});
