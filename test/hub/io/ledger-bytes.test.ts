// Every byte of a ledger on disk, one by one: flipped, cut off, torn. Opening and verify must find each, name it, and
// leave the evidence as it was; only a torn write that was never acknowledged is forgiven.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import t, { type Test } from "tap";
import { verifyLedger } from "../../../hub/io/verify.js";
import {
  asKilled,
  beforeTheHead,
  bytesBelow,
  events,
  fileOf,
  filesOf,
  killedLedger,
  LOG,
  open,
  problemsAtOpen,
  TABLE,
  tabledLedger,
} from "./ledger-world.js";

t.setTimeout(180_000);

interface Change {
  readonly what: string;
  readonly bytes: Buffer;
}

/**
 * Puts each changed content in the file's place; opening must find it, name the file or a record, and touch nothing.
 */
async function eachIsFound(
  t: Test,
  harm: { readonly dir: string; readonly file: string; readonly changes: readonly Change[]; readonly named: RegExp },
): Promise<void> {
  const { dir, file, changes, named } = harm;
  const whole = readFileSync(file);
  const before = bytesBelow(dir);
  let found = 0;
  for (const [index, { what, bytes }] of changes.entries()) {
    writeFileSync(file, bytes);
    // Both apply one judgement: opening is asked always, verify now and then.
    const told = index % 20 === 0 ? (await verifyLedger(dir)).problems : ["not asked"];
    const problems = (await problemsAtOpen(dir)) ?? [];
    if (!problems.some((problem) => named.test(problem))) t.fail(`${what}: not named: "${problems.join("; ")}"`);
    else if (told.length === 0) t.fail(`${what} was not noticed by verify`);
    else if (!readFileSync(file).equals(bytes)) t.fail(`${what}: the evidence was changed`);
    else found += 1;
    writeFileSync(file, whole);
  }
  t.equal(found, changes.length, `${found} of ${changes.length} changes of ${basename(file)} found`);
  t.same(bytesBelow(dir), before, "and nothing else was changed");
}

function flips(bytes: Buffer, options: { readonly from?: number; readonly step?: number } = {}): Change[] {
  const changes: Change[] = [];
  for (let at = options.from ?? 0; at < bytes.length; at += options.step ?? 1) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at);
    changes.push({ what: `flip at byte ${at}`, bytes: damaged });
  }
  return changes;
}

function cuts(bytes: Buffer): Change[] {
  return Array.from({ length: bytes.length }, (_, length) => {
    return { what: `cut to ${length} bytes`, bytes: bytes.subarray(0, length) };
  });
}

t.test("ledger with any flipped byte in its log does not open, right after a kill", async (t) => {
  const dir = await killedLedger(t);
  const file = fileOf(dir, LOG);
  await eachIsFound(t, { dir, file, changes: flips(readFileSync(file)), named: /\.log: byte|records? \d/ });
});

t.test("ledger with its log cut anywhere does not open, right after a kill", async (t) => {
  const dir = await killedLedger(t);
  const file = fileOf(dir, LOG);
  await eachIsFound(t, { dir, file, changes: cuts(readFileSync(file)), named: /records? \d.* missing/ });
  t.equal(await problemsAtOpen(dir), null, "undamaged it opens");
});

t.test("ledger with any flipped byte in its tables does not open", async (t) => {
  const dir = await tabledLedger(t);
  for (const file of filesOf(dir, TABLE)) {
    const whole = readFileSync(file);
    const step = whole.includes("task-1") ? 1 : 5; // the other table holds the owner's record
    await eachIsFound(t, { dir, file, changes: flips(whole, { step }), named: /\.ldb: / });
  }
});

t.test("ledger with a table cut anywhere does not open", async (t) => {
  const dir = await tabledLedger(t);
  for (const file of filesOf(dir, TABLE)) {
    const changes = cuts(readFileSync(file)).filter((_, index) => index % 5 === 0);
    await eachIsFound(t, { dir, file, changes, named: /\.ldb: expected \d+ bytes, found \d+/ });
  }
});

t.test("ledger with a flipped byte or a cut in CURRENT, MANIFEST or its head does not open", async (t) => {
  const dir = await tabledLedger(t);
  for (const [pattern, named] of [
    [/CURRENT$/, /CURRENT|MANIFEST/],
    [/MANIFEST-\d+$/, /MANIFEST/],
  ] as const) {
    const file = fileOf(dir, pattern);
    const whole = readFileSync(file);
    await eachIsFound(t, { dir, file, changes: flips(whole), named });
    const boundaries = cuts(whole).filter(({ bytes }) => bytes.length > 0);
    await eachIsFound(t, { dir, file, changes: boundaries.filter((_, index) => index % 3 === 0), named });
  }
  const file = join(dir, "ledger.head");
  const whole = readFileSync(file);
  const inUse = flips(whole).filter((_, at) => (at % 4096 < 100 && at % 2 === 0) || at % 801 === 0);
  await eachIsFound(t, { dir, file, changes: inUse, named: /ledger\.head: slot [01]: / });
  t.equal(await problemsAtOpen(dir), null, "undamaged it opens");
});

t.test("R10 batch that was never acknowledged may be torn anywhere, but not changed", async (t) => {
  const { dir, acknowledged, whole } = await beforeTheHead(t);
  const scratch = asKilled(t, dir);
  const file = fileOf(scratch, LOG);
  const ends = [...Array(whole.length - acknowledged.length - 1).keys()].map((more) => acknowledged.length + 1 + more);
  // All of the first piece's header, then every ninth length.
  for (const length of ends.filter((_, index) => index < 10 || index % 9 === 0)) {
    writeFileSync(file, whole.subarray(0, length));
    const verdict = await verifyLedger(scratch);
    if (verdict.problems.length > 0 || verdict.events !== 3) t.fail(`cut to ${length}: ${verdict.problems.join("; ")}`);
    if (!verdict.notes.some((note) => /torn/.test(note))) t.fail(`cut to ${length}: no note`);
  }
  writeFileSync(file, Buffer.concat([acknowledged, Buffer.alloc(whole.length - acknowledged.length)]));
  const opened = await open(scratch);
  t.same(opened.events, events(1, 3), "a tail of zeros was never acknowledged either");
  t.match(opened.notes, [/torn/]);
  await opened.store.append(events(4, 4));
  await opened.store.close();
  t.equal(await problemsAtOpen(scratch), null, "the ledger goes on");

  const changed = asKilled(t, dir);
  const target = fileOf(changed, LOG);
  await flipsAreFound(t, { dir: changed, file: target, from: acknowledged.length });
});

async function flipsAreFound(
  t: Test,
  where: { readonly dir: string; readonly file: string; readonly from: number },
): Promise<void> {
  const changes = flips(readFileSync(where.file), { from: where.from });
  const whole = readFileSync(where.file);
  for (const { what, bytes } of changes) {
    writeFileSync(where.file, bytes);
    const { problems } = await verifyLedger(where.dir);
    if (problems.length === 0) t.fail(`${what} was not noticed`);
  }
  writeFileSync(where.file, whole);
  t.pass(`${changes.length} flips`);
}
