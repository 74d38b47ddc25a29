import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { type EdgeMemory, EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { EdgeStore, StoreDamaged, StoreInUse } from "../../../edge/io/edge-store.js";
import type { HistoryKind, HistoryLimits } from "../../../edge/recording/history.js";

interface Teardown {
  teardown(end: () => void): void;
}

// In memory where that can be: the tests open hundreds of stores.
const BELOW = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

function aDirectory(t: Teardown): string {
  const dir = mkdtempSync(join(BELOW, "drover edge "));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const LIMITS: HistoryLimits = { decisionRecords: 20, decisionRecordDays: 7, recordedInputs: 30 };

async function open(
  dir: string,
  options: { robot?: string; create?: boolean; limits?: HistoryLimits; nowWallMs?: () => number } = {},
) {
  return EdgeStore.open({ dir, robot: "r1", create: false, limits: LIMITS, ...options });
}

function aMemory(counter: number, more: Partial<EdgeMemory> = {}): EdgeMemory {
  const token = { epoch: 2, counter };
  const holding = { token, assignment: `a${counter}`, task: "t1", destination: "P4", purpose: "TASK" } as const;
  return {
    highestToken: token,
    latches: ["bumper"],
    holdings: [{ ...holding, arrived: false, dwellMs: 5000 }],
    outbox: [{ id: `o${counter}`, token, assignment: "a1", kind: "ARRIVED", reason: "", decisionId: "" }],
    ...more,
  };
}

async function problemsAtOpen(dir: string, options: { robot?: string; create?: boolean } = {}) {
  try {
    const { store } = await open(dir, options);
    await store.close();
    return null;
  } catch (cause) {
    if (!(cause instanceof StoreDamaged)) throw cause;
    return cause.problems;
  }
}

/** Waits until the store's own timer has written. */
async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !holds(); ) {
    if (performance.now() > end) throw new Error("it never became true");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

t.test("R5 edge store gives back the memory that was saved last, over reopens and kills", async (t) => {
  const dir = aDirectory(t);
  const first = await open(dir, { create: true });
  t.same(first.memory, EMPTY_MEMORY);
  for (let counter = 1; counter <= 5; counter += 1) await first.store.save(aMemory(counter));
  const killed = aDirectory(t);
  cpSync(dir, killed, { recursive: true });
  t.same((await reopened(killed)).memory, aMemory(5), "right after a kill");
  await first.store.close();
  for (let counter = 6; counter <= 150; counter += 29) {
    const { store, memory } = await open(dir, { create: true });
    t.equal(memory.highestToken.counter, counter === 6 ? 5 : counter - 1);
    await Promise.all(Array.from({ length: 29 }, (_, index) => store.save(aMemory(counter + index))));
    await store.close();
  }
  t.same((await reopened(dir)).memory, aMemory(150), "long after the first records were dropped");
});

t.test("edge store refuses a memory that it could not read again", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await t.rejects(
    store.save({ ...EMPTY_MEMORY, highestToken: { epoch: 1, counter: Number.NaN } }),
    /memory.highestToken/,
  );
  await t.rejects(store.save({ ...EMPTY_MEMORY, latches: [""] }), /memory.latches\[0\]/);
  await store.save(aMemory(1));
  await store.close();
  t.same((await reopened(dir)).memory, aMemory(1));
});

async function reopened(dir: string): Promise<{ memory: EdgeMemory; notes: readonly string[] }> {
  const opened = await open(dir);
  await opened.store.close();
  return opened;
}

t.test("edge store of another robot is refused", async (t) => {
  const dir = aDirectory(t);
  await (await open(dir, { create: true })).store.close();
  t.match(await problemsAtOpen(dir, { robot: "r2" }), [/expected the store of "r2", found that of "r1"/]);
  t.equal(await problemsAtOpen(dir), null);
});

t.test("edge store that is missing is damage unless it may be made; one that is lost stays damage", async (t) => {
  const dir = aDirectory(t);
  t.match(await problemsAtOpen(dir), [/state: the directory is missing/, /state.head: missing/]);
  const { store } = await open(dir, { create: true });
  await store.save(aMemory(1));
  await store.close();
  rmSync(join(dir, "state"), { recursive: true });
  const gone = /state: the directory is missing; its head file counts 1 records/;
  t.match(await problemsAtOpen(dir, { create: true }), [gone]);
});

t.test("edge store in use is told in words", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await t.rejects(open(dir), StoreInUse);
  await store.close();
});

t.test("R5 edge store with any flipped byte of a saved memory does not open, right after a kill", async (t) => {
  t.setTimeout(120_000);
  const live = aDirectory(t);
  const { store } = await open(live, { create: true });
  for (let counter = 1; counter <= 2; counter += 1) await store.save(aMemory(counter, { latches: [], outbox: [] }));
  const dir = aDirectory(t);
  cpSync(live, dir, { recursive: true });
  await store.close();
  const [name] = readdirSync(join(dir, "state")).filter((file) => file.endsWith(".log"));
  const log = join(dir, "state", name as string);
  const whole = readFileSync(log);
  let found = 0;
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at);
    writeFileSync(log, damaged);
    const problems = await problemsAtOpen(dir);
    if (problems === null || !problems.every((problem) => problem.startsWith("state")))
      t.fail(`byte ${at}: ${problems}`);
    else found += 1;
  }
  t.equal(found, whole.length, `${found} flips found`);
  for (let length = 0; length < whole.length; length += 13) {
    writeFileSync(log, whole.subarray(0, length));
    t.match((await problemsAtOpen(dir))?.join("\n"), /missing/, `cut to ${length}`);
  }
  writeFileSync(log, whole);
  t.equal(await problemsAtOpen(dir), null);
});

t.test("R10 a write error poisons the memory, and the robot is told", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.save(aMemory(1));
  renameSync(join(dir, "state"), join(dir, "moved"));
  const outbox = Array.from({ length: 3000 }, (_, index) => ({ ...aMemory(index).outbox[0], reason: "w".repeat(200) }));
  const large = { ...aMemory(2), outbox } as EdgeMemory;
  const failure = await (async () => {
    for (let round = 0; round < 40; round += 1) await store.save(large);
    throw new Error("no write failed");
  })().catch((cause: Error) => cause);
  t.match(failure.message, /cannot write record \d+ of .*state.*nothing more is written/);
  t.equal(await store.save(aMemory(3)).catch((cause: Error) => cause), failure);
  store.record("decision", "d1", { speedMps: 1 });
  t.same(await store.decision("d1"), { speedMps: 1 }, "the history goes on");
  await store.close();
});

t.test("R14 history gives back every number bit for bit", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  const value = { a: -0, b: Number.NaN, c: 0.1 + 0.2, d: 5e-324, scan: Float32Array.of(1.1, 2.2) };
  store.record("input", "i1", value);
  store.record("decision", "d1", { answer: "first" });
  store.record("decision", "d1", { answer: "second" });
  const [back] = await store.recent("input", 10);
  t.ok(Object.is((back as typeof value).a, -0));
  t.same(back, value);
  t.same(await store.decision("d1"), { answer: "second" }, "the newest of an id");
  t.equal(await store.decision("d2"), null);
  await store.close();
  const again = await open(dir);
  t.same(await again.store.decision("d1"), { answer: "second" });
  t.same(await again.store.recent("decision", 1), [{ answer: "second" }]);
  t.same(await again.store.recent("decision", 5), [{ answer: "first" }, { answer: "second" }], "oldest first");
  await again.store.close();
});

async function recordMany(store: EdgeStore, kind: HistoryKind, range: { from: number; to: number }): Promise<void> {
  for (let n = range.from; n <= range.to; n += 1) {
    store.record(kind, `${kind}-${n}`, { n });
    if (n % 7 === 0) await store.recent(kind, 1); // writes what waits
  }
}

t.test("R13 history keeps the newest by number, over reopens", async (t) => {
  const dir = aDirectory(t);
  let next = 1;
  for (let round = 0; round < 3; round += 1) {
    const { store } = await open(dir, { create: true });
    await recordMany(store, "decision", { from: next, to: next + 39 });
    await recordMany(store, "input", { from: next, to: next + 39 });
    next += 40;
    const decisions = (await store.recent("decision", 1000)) as { n: number }[];
    const numbers = decisions.map(({ n }) => n).join();
    t.equal(numbers, Array.from({ length: 20 }, (_, index) => next - 20 + index).join());
    t.equal((await store.recent("input", 1000)).length, 30);
    t.equal(await store.decision(`decision-${next - 21}`), null, "dropped");
    t.same(await store.decision(`decision-${next - 20}`), { n: next - 20 }, "kept");
    t.equal(store.dropped, 0);
    await store.close();
  }
});

t.test("R13 history keeps within its bytes and its age", async (t) => {
  const dir = aDirectory(t);
  let nowMs = 1_763_000_000_000;
  const limits = { decisionRecords: 1000, decisionRecordDays: 2, recordedInputs: 1000, historyBytes: 10_000 };
  const { store } = await open(dir, { create: true, limits, nowWallMs: () => nowMs });
  for (let n = 1; n <= 30; n += 1) store.record("input", `i${n}`, { n, filler: "x".repeat(1000) });
  const kept = (await store.recent("input", 1000)) as { n: number }[];
  t.ok(kept.length >= 8 && kept.length <= 10, `${kept.length} records of 1 kB within 10 kB`);
  t.equal(kept.at(-1)?.n, 30);
  store.record("decision", "old", { n: 1 });
  await store.recent("decision", 1);
  nowMs += 86_400_000;
  store.record("decision", "newer", { n: 2 });
  t.equal((await store.recent("decision", 9)).length, 2);
  nowMs += 86_400_001;
  t.same(await store.recent("decision", 9), [{ n: 2 }], "older than two days is dropped");
  t.equal(await store.decision("old"), null);
  await store.close();
});

t.test("history is written by itself, and what comes too fast is dropped and counted, oldest first", async (t) => {
  const dir = aDirectory(t);
  const limits = { ...LIMITS, recordedInputs: 100_000 };
  const { store } = await open(dir, { create: true, limits });
  store.record("input", "i", { by: "timer" });
  await until(() => {
    const log = readdirSync(join(dir, "history")).find((name) => name.endsWith(".log"));
    return log !== undefined && statSync(join(dir, "history", log)).size > 0;
  });
  for (let n = 1; n <= 5000; n += 1) store.record("input", `i${n}`, { n });
  t.equal(store.dropped, 5000 - 4096);
  const kept = (await store.recent("input", 10_000)) as { n: number }[];
  t.equal(kept.length, 4097);
  t.equal(kept.at(-1)?.n, 5000);
  await store.close();
});

t.test("damaged history is dropped and said so; the memory stays", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.save(aMemory(1));
  store.record("decision", "d1", { n: 1 });
  await store.close();
  writeFileSync(join(dir, "history", "CURRENT"), "nonsense");
  const { memory, notes } = await reopened(dir);
  t.same(memory, aMemory(1));
  t.match(notes, [/history: damaged, dropped and begun anew/]);
  t.same((await reopened(dir)).notes, []);
});

t.test("record of the history whose bytes changed is left out", async (t) => {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  for (const [n, mark] of ["alpha", "bravo", "charlie"].entries()) store.record("decision", `d${n}`, { n, mark });
  await store.close();
  await (await open(dir)).store.close(); // moves the log to a table, whose checksums LevelDB does not check
  for (const name of readdirSync(join(dir, "history")).filter((file) => file.endsWith(".ldb"))) {
    const bytes = readFileSync(join(dir, "history", name));
    const at = bytes.indexOf("bravo");
    if (at >= 0) bytes.write("brave", at);
    writeFileSync(join(dir, "history", name), bytes);
  }
  const again = await open(dir);
  t.equal(await again.store.decision("d1"), null);
  const left = (await again.store.recent("decision", 9)) as { mark: string }[];
  t.equal(left.map(({ mark }) => mark).join(), "alpha,charlie");
  await again.store.close();
});
