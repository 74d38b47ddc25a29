// The judge as a program, and its reader of lines: what it cannot read it refuses.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { plant, soundTrace } from "../../../scripts/judge/plant.js";
import { readLine, TraceRefused } from "../../../scripts/judge/read.js";
import { cellsOf, runLengths, type TraceLine } from "../../../scripts/judge/trace.js";

const MAIN = fileURLToPath(new URL("../../../scripts/judge/main.js", import.meta.url));

function run(args: readonly string[]): { status: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

function aFile(t: Test, lines: readonly TraceLine[], tail = "\n"): string {
  const path = join(t.testdir(), "trace.jsonl");
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join("\n") + tail);
  return path;
}

t.test("the program prints every zero and exits 0 for a sound trace", async (t) => {
  const { status, out } = run([aFile(t, soundTrace())]);
  t.equal(status, 0, out);
  t.match(out, /conflicts +0\ncollisions +0\ncommandsAfterLease +0\nfalseFresh +0\n/);
  t.match(out, /downgrade latency +p50 -60 ms/);
});

t.test("the program exits 1 for a planted trace and says what it found", async (t) => {
  const { status, out } = run([aFile(t, plant("late command"))]);
  t.equal(status, 1);
  t.match(out, /commandsAfterLease: r1 received command 1000000 .* 301 ms after its lease's end/);
});

t.test("the program exits 1 when the report claims another number", async (t) => {
  const trace = aFile(t, soundTrace());
  const report = `${trace}.report.json`;
  writeFileSync(report, JSON.stringify({ conflicts: 0, collisions: 2, commandsAfterLease: 0, falseFresh: 0 }));
  const { status, out } = run([trace, "--report", report]);
  t.equal(status, 1);
  t.match(out, /collisions is 2, the trace gives 0/);
});

t.test("a last line cut short is left out and said so; any other broken line is refused", async (t) => {
  const cut = run([aFile(t, soundTrace(), '\n{"kind":"pose","t":1')]);
  t.equal(cut.status, 0);
  t.match(cut.err, /is cut short/);
  const broken = run([aFile(t, [...soundTrace(), { kind: "pose" } as TraceLine, ...soundTrace().slice(1)])]);
  t.equal(broken.status, 65);
  t.match(broken.err, /pose.t: expected number, found nothing/);
});

t.test("wrong use and a missing file have their own exit codes", async (t) => {
  t.equal(run([]).status, 64);
  t.equal(run(["--nonsense"]).status, 64);
  t.equal(run([join(t.testdir(), "absent.jsonl")]).status, 66);
  t.equal(run([aFile(t, [], "")]).status, 65);
});

t.test("readLine refuses unknown kinds and wrong fields, with the line and the field", async (t) => {
  for (const [text, says] of [
    ["nonsense", /line 3: expected a JSON object/],
    ["[]", /line 3: expected a JSON object/],
    ['{"kind":"toString","t":1}', /expected a kind of site, pose/],
    ['{"kind":"mode","t":1,"from":"A","to":2,"cause":""}', /mode.to: expected string, found 2/],
    ['{"kind":"telemetry","t":1,"robot":"r1","channel":"pose","sequence":1,"capturedMs":null}', /telemetry.capturedMs/],
    ['{"kind":"ledger","t":1,"event":{"sequence":1}}', /ledger.event: expected a sequence and a body/],
  ] as const) {
    t.throws(() => readLine(text, 3), says, text);
    t.throws(() => readLine(text, 3), TraceRefused);
  }
  for (const line of soundTrace().slice(0, 20)) t.same(readLine(JSON.stringify(line), 1), line);
});

t.test("maps survive their run lengths; runs that do not fill the map are refused", async (t) => {
  for (const cells of [
    [0, 0, 1, 1, 0, 1],
    [1, 1, 1, 1, 1, 1],
    [0, 0, 0, 0, 0, 0],
    [1, 0, 1, 0, 1, 0],
  ]) {
    const blocked = Uint8Array.from(cells);
    const map = { width: 3, height: 2, cellM: 1, originXM: 0, originYM: 0, blockedRle: runLengths(blocked) };
    t.same(cellsOf(map), blocked);
    t.throws(() => cellsOf({ ...map, height: 3 }), { message: /add up to 9 cells, found 6/ });
  }
});
