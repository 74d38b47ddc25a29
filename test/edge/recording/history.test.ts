// R13, R14: of the decisions of a robot the samples are dropped first, and no change is lost that a bound does not
// take: not by a full store, not by a disk that is too slow, not by a process that is killed.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { History, type HistoryLimits } from "../../../edge/recording/history.js";

const LIMITS: HistoryLimits = { decisionRecords: 100, decisionRecordDays: 7, recordedInputs: 50 };

function aDir(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), "drover-history-"));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function opened(dir: string, limits = LIMITS): Promise<History> {
  return (await History.open(dir, { limits })).history;
}

const ids = async (history: History, kind: "decision" | "sample") =>
  (await history.recent(kind, 10_000)).map((value) => (value as readonly string[])[0]);

t.test("R13 full history drops samples first, then the oldest changes", async (t) => {
  const dir = aDir(t);
  const history = await opened(dir);
  const changes = Array.from({ length: 90 }, (_, index) => `d-b-${index * 10}`);
  for (let index = 0; index < 900; index += 1) {
    const id = `d-b-${index}`;
    history.record(index % 10 === 0 ? "decision" : "sample", id, [id]);
  }
  t.same(await ids(history, "decision"), changes, "no change is gone");
  t.match(await ids(history, "sample"), ["d-b-889", "d-b-891"], "the newest samples fill the rest");
  t.equal((await ids(history, "sample")).length, 10);
  t.equal(await history.decision("d-b-5"), null);
  t.same((await history.decision("d-b-0"))?.value, ["d-b-0"]);
  for (let index = 900; index < 1000; index += 1) history.record("decision", `d-b-${index}`, [`d-b-${index}`]);
  t.same((await ids(history, "decision")).at(0), "d-b-900");
  t.same(await ids(history, "sample"), []);
  await history.close();
  const again = await opened(dir);
  again.record("decision", "d-b-1000", ["d-b-1000"]);
  t.same((await ids(again, "decision")).at(-1), "d-b-1000");
  t.equal((await ids(again, "decision")).length, 100);
  await again.close();
});

t.test("R13 what waits for a slow disk gives up samples and inputs before a change", async (t) => {
  const history = await opened(aDir(t), { ...LIMITS, decisionRecords: 100_000 });
  for (let index = 0; index < 4000; index += 1) {
    history.record("sample", `d-b-${2 * index}`, ["x"]);
    history.record("input", `i-${index}`, {});
    if (index % 4 === 0) history.record("decision", `d-b-${2 * index + 1}`, [`d-b-${2 * index + 1}`]);
  }
  t.ok(history.dropped > 3000, `${history.dropped} dropped`);
  t.equal((await ids(history, "decision")).length, 1000);
  await history.close();
});

t.test("R14 changes are there after a kill, at any moment", async (t) => {
  const dir = aDir(t);
  const history = await opened(join(dir, "live"));
  for (let index = 0; index < 5; index += 1) {
    for (let one = 0; one < 10; one += 1)
      history.record("decision", `d-b-${10 * index + one}`, [`d-b-${10 * index + one}`]);
    await history.decision("d-b-0"); // everything that was recorded is with the disk
    cpSync(join(dir, "live"), join(dir, `killed-${index}`), { recursive: true });
  }
  await history.close();
  for (let index = 0; index < 5; index += 1) {
    const left = await opened(join(dir, `killed-${index}`));
    t.equal((await ids(left, "decision")).length, 10 * (index + 1));
    await left.close();
  }
});

const HISTORY_MODULE = new URL("../../../edge/recording/history.js", import.meta.url).href;
const CHILD = `
const { History } = await import(${JSON.stringify(HISTORY_MODULE)});
const limits = { decisionRecords: 100000, decisionRecordDays: 7, recordedInputs: 10 };
const { history } = await History.open(process.argv[1], { limits });
for (let index = 1; ; index += 1) {
  history.record("decision", "d-b-" + index, ["d-b-" + index]);
  if (index % 20 !== 0) continue;
  await history.decision("d-b-1");
  process.stdout.write(index + "\\n");
}`;

/** Of the log that LevelDB writes to; nothing else of it grows so soon. */
function logBytes(dir: string): number {
  const logs = readdirSync(dir).filter((name) => name.endsWith(".log"));
  return logs.reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
}

t.test("R14 a change is on its way to the disk at once, with the samples before it", async (t) => {
  const dir = aDir(t);
  t.intercept(globalThis, "setInterval", { value: () => ({ unref: () => 0 }) }); // its own clock never comes
  const history = await opened(dir);
  const empty = logBytes(dir);
  history.record("sample", "d-b-1", ["a sample"]);
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.equal(logBytes(dir), empty, "a sample waits");
  history.record("decision", "d-b-2", ["a change"]);
  for (const endMs = performance.now() + 5000; logBytes(dir) === empty && performance.now() < endMs; )
    await new Promise((resolve) => setImmediate(resolve));
  const written = readdirSync(dir).filter((name) => name.endsWith(".log"));
  const text = written.map((name) => readFileSync(join(dir, name)).toString("latin1")).join("");
  t.match(text, "a sample");
  t.match(text, "a change");
  await history.close();
});

t.test(
  "R14 process that is killed while it records loses no change that was with the disk, and none between",
  async (t) => {
    const dir = aDir(t);
    const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD, dir], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = 0;
    const killed = new Promise((resolve) => child.once("exit", resolve));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      told = Number(text.trim().split("\n").at(-1));
      if (told >= 500) child.kill("SIGKILL");
    });
    await killed;
    const history = await opened(dir, { ...LIMITS, decisionRecords: 100_000 });
    const kept = await ids(history, "decision");
    t.same(
      kept,
      Array.from({ length: kept.length }, (_, index) => `d-b-${index + 1}`),
      "none is missing between",
    );
    t.ok(kept.length >= told, `${kept.length} of at least ${told}`);
    await history.close();
  },
);
