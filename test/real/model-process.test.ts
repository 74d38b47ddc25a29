// The planner child as a real process: it answers, it refuses, it dies and comes back, and a stopped one is ended too.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { FrameReader } from "../../edge/planner/frame-reader.js";
import { writeGridPlanner } from "../../models/grid-planner/write.js";
import type { ModelRun } from "../../models/run.js";
import { writeChaser } from "../models/helpers/chaser-model.js";

import { aPlanner, aRun, entry, isAlive, until } from "./model-process-kit.js";

t.setTimeout(120_000); // the machine may be busy with others

t.test("R11 planner process answers a request, one at a time", async (t) => {
  const { planner, seen } = aPlanner(t);
  t.equal(planner.run(aRun(1)), false, "not before it is started");
  planner.start();
  t.equal(planner.run(aRun(1)), false, "not before it is ready");
  await until("ready", () => seen.ready.length === 1);
  const model = { model: "grid-planner", version: "1.1.0", provider: "cpu", note: "" };
  t.match(seen.ready, [{ pid: planner.pid, models: [model] }]);
  t.equal(planner.run(aRun(7)), true);
  t.equal(planner.run(aRun(8)), false, "not while one is under way");
  await until("result", () => seen.results.length === 1);
  const [value] = seen.results[0]?.outputs ?? [];
  t.match(seen.results[0], { id: 7, model: "grid-planner" });
  t.match(value, { tensor: "value", type: "float32", dims: [3, 4] });
  t.same(Array.from(value?.data.slice(0, 4) ?? [], Number), [0, 2, 4, 6]);
  t.ok((seen.results[0]?.inferenceMs ?? -1) >= 0);
  t.equal(planner.run(aRun(9)), true, "again after the answer");
  await until("second result", () => seen.results.length === 2);
});

t.test("R11 planner process refuses a run that breaks the contract of its model, and goes on", async (t) => {
  const { planner, seen } = aPlanner(t);
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  const { feeds, ...run } = aRun(0);
  const [cost, seed] = feeds as [ModelRun["feeds"][number], ModelRun["feeds"][number]];
  const spoiled: [Partial<ModelRun>, RegExp][] = [
    [{ model: "another" }, /expected one of grid-planner, found "another"/],
    [{ feeds: [cost] }, /input "seed": expected it to be fed, found nothing/],
    [{ feeds: [{ ...cost, dims: [3, 5] }, seed] }, /input "cost": found \[3,5\] with 12 numbers/],
    [{ feeds: [{ ...cost, dims: [12] }, seed] }, /input "cost": found \[12\]/],
    [{ feeds: [{ ...cost, dims: [0, 12] }, seed] }, /input "cost": found \[0,12\]/],
    [{ feeds: [{ ...cost, type: "float16" }, seed] }, /input "cost": expected float32, found float16/],
  ];
  for (const [index, [more, reason]] of spoiled.entries()) {
    t.equal(planner.run({ feeds, ...run, ...more, id: index }), true);
    await until("refusal", () => seen.refusals.length === index + 1);
    t.match(seen.refusals[index], { id: index, reason });
  }
  planner.run(aRun(99));
  await until("result", () => seen.results.length === 1);
  t.same(seen.exits, []);
});

t.test("R11 a canary goes the way of a run, only while it is free, and a run overtakes it", async (t) => {
  const { planner, seen } = aPlanner(t);
  const aCanary = (id: number): ModelRun => ({ ...aRun(id), reset: true, apart: true });
  t.equal(planner.canary(aCanary(-1)), false, "not before it is started");
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  t.equal(planner.canary(aCanary(-1)), true);
  t.equal(planner.canary(aCanary(-2)), false, "one at a time");
  await until("answer", () => seen.canaries.length === 1);
  t.match(seen.canaries[0], { kind: "result", result: { id: -1, model: "grid-planner" } });
  t.equal(planner.run(aRun(1)), true);
  t.equal(planner.canary(aCanary(-3)), false, "not while a run is under way");
  await until("result", () => seen.results.length === 1);
  process.kill(planner.pid as number, "SIGSTOP");
  t.equal(planner.canary(aCanary(-4)), true);
  t.equal(planner.run(aRun(2)), true, "a run waits for no canary");
  t.match(seen.canaries[1], { model: "grid-planner", kind: "overtaken", id: -4 });
  t.equal(planner.canary(aCanary(-5)), false);
  process.kill(planner.pid as number, "SIGCONT");
  await until("second result", () => seen.results.length === 2);
  t.equal(seen.results[1]?.id, 2);
  t.equal(seen.canaries.length, 2, "the answer of the overtaken one is dropped");
  t.equal(planner.canary({ ...aCanary(-6), model: "another" }), true);
  await until("refusal", () => seen.canaries.length === 3);
  t.match(seen.canaries[2], { model: "another", kind: "refused", id: -6 });
  t.same([seen.refusals, seen.exits], [[], []]);
});

t.test("R11 models that share a process have their own canaries, and a run of either overtakes", async (t) => {
  const folders = ["planner", "chaser"].map((name) => join(t.testdirName, name));
  const { planner, seen } = aPlanner(t, { models: folders.map((directory) => ({ directory })) });
  const [plans = "", drives = ""] = folders;
  mkdirSync(plans);
  writeGridPlanner(plans);
  writeChaser(drives, { version: "1.0.0" });
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  const aCanary = (model: string): ModelRun => ({ ...aRun(-1), model, reset: true, apart: true });
  t.equal(planner.canary(aCanary("chaser")), true);
  t.equal(planner.canary(aCanary("grid-planner")), false, "one at a time");
  await until("answer", () => seen.canaries.length === 1);
  t.match(seen.canaries[0], { model: "chaser", kind: "refused", id: -1 }, "it is fed a grid");
  t.equal(planner.canary(aCanary("grid-planner")), true, "of the same id");
  await until("second answer", () => seen.canaries.length === 2);
  t.match(seen.canaries[1], { model: "grid-planner", kind: "result" });
  process.kill(planner.pid as number, "SIGSTOP");
  t.equal(planner.canary(aCanary("chaser")), true);
  t.equal(planner.run(aRun(1)), true);
  t.match(seen.canaries[2], { model: "chaser", kind: "overtaken", id: -1 });
  t.equal(planner.run({ ...aRun(2), model: "chaser" }), true, "nor does another model wait");
  process.kill(planner.pid as number, "SIGCONT");
  await until("result and refusal", () => seen.results.length === 1 && seen.refusals.length === 1);
  t.same([seen.canaries.length, seen.exits], [3, []], "the answer of the overtaken one is dropped");
});

t.test("R11 planner process comes back after kill, and nothing of the old child arrives", async (t) => {
  const { planner, seen } = aPlanner(t);
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  const first = planner.pid as number;
  planner.run(aRun(1));
  planner.kill();
  t.equal(planner.run(aRun(2)), false, "not to a child that is being ended");
  await until("exit", () => seen.exits.length === 1);
  t.same(seen.exits, [{ pid: first, code: null, signal: "SIGKILL", said: "" }]);
  await until("ready again", () => seen.ready.length === 2);
  t.not(planner.pid, first);
  t.equal(planner.run(aRun(3)), true);
  await until("result", () => seen.results.length > 0);
  t.same(
    seen.results.map(({ id }) => id),
    [3],
  );
});

t.test("R11 planner process ends a stopped child by kill", async (t) => {
  const { planner, seen } = aPlanner(t);
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  const stopped = planner.pid as number;
  process.kill(stopped, "SIGSTOP");
  t.equal(planner.run(aRun(1)), true);
  await sleep(50);
  t.same(seen.results, [], "a stopped child answers nothing");
  planner.kill();
  await until("exit", () => seen.exits.length === 1);
  t.equal(isAlive(stopped), false);
  await until("ready again", () => seen.ready.length === 2);
});

t.test("R11 planner process restarts a child that was killed by someone else", async (t) => {
  const { planner, seen } = aPlanner(t);
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  process.kill(planner.pid as number, "SIGKILL");
  await until("ready again", () => seen.ready.length === 2);
  t.match(seen.exits, [{ signal: "SIGKILL" }]);
});

t.test("R13 planner process never gets ready with a model that is refused, and tries with pauses", async (t) => {
  const { planner, seen, modelDir } = aPlanner(t);
  writeFileSync(join(modelDir, "manifest.json"), "{}");
  planner.start();
  await until("two exits", () => seen.exits.length >= 2);
  t.match(seen.exits[0], { code: 3, said: /^planner: .*manifest\.json: expected a manifest that is sound/ });
  t.same(seen.ready, []);
});

t.test("R13 planner process ends a child that does not get ready in time", async (t) => {
  const { planner, seen } = aPlanner(t, { readyMs: 1 });
  planner.start();
  await until("exit", () => seen.exits.length >= 1);
  t.equal(seen.exits[0]?.signal, "SIGKILL");
  t.same(seen.ready, []);
});

t.test("R11 planner process closes its child for good, also a stopped one", async (t) => {
  const { planner, seen } = aPlanner(t);
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  const pid = planner.pid as number;
  process.kill(pid, "SIGSTOP");
  await planner.close();
  t.equal(isAlive(pid), false);
  t.equal(planner.pid, undefined);
  planner.start();
  t.equal(planner.pid, undefined, "start after close does nothing");
  t.same(seen.exits, [], "no event after close");
});

t.test("R13 planner process survives whatever a child says, and ends that child", async (t) => {
  const said: Record<string, string> = {
    "nothing that is a frame": "Buffer.alloc(100, 0xff)",
    "a head that is no JSON": "frame('{')",
    "an answer before it is ready": "frame({ kind: 'result', model: 'grid-planner', tensors: [] })",
    "a body that its head does not tell of": "frame({ kind: 'ready', models: [] }, 8)",
    "that it is ready twice": "Buffer.concat([ready, ready])",
    "an answer that nobody asked for": "Buffer.concat([ready, frame({ kind: 'refused', model: 'm', reason: '' })])",
  };
  const prelude = `import { writeSync } from "node:fs";
    function frame(head, body = 0) {
      const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
      const bytes = Buffer.alloc(40 + Math.ceil(text.length / 8) * 8 + body);
      bytes.writeUInt32LE(text.length, 0);
      bytes.writeUInt32LE(body, 4);
      text.copy(bytes, 40);
      return bytes;
    }
    const ready = frame({ kind: "ready", models: [] });
    setInterval(() => {}, 1000);`;
  for (const [what, bytes] of Object.entries(said)) {
    const entry = join(t.testdirName, "strange.mjs");
    const { planner, seen } = aPlanner(t, { entry, restartMs: { initial: 60_000, max: 60_000 } });
    writeFileSync(entry, `${prelude}\nwriteSync(3, ${bytes});`);
    planner.start();
    await until(`the end of a child that says ${what}`, () => seen.exits.length === 1);
    t.equal(seen.exits[0]?.signal, "SIGKILL", what);
    t.same(seen.results, []);
    await planner.close();
  }
});

t.test("R11 planner process ends a child that lets its channel go", async (t) => {
  const entry = join(t.testdirName, "deaf.mjs");
  const { planner, seen } = aPlanner(t, { entry, restartMs: { initial: 60_000, max: 60_000 } });
  writeFileSync(entry, 'import { closeSync } from "node:fs"; closeSync(3); setInterval(() => {}, 1000);');
  planner.start();
  await until("its end", () => seen.exits.length === 1);
  t.equal(seen.exits[0]?.signal, "SIGKILL");
});

t.test("R11 planner child ends when the channel to its parent closes, and prints nothing on stdout", async (t) => {
  const modelDir = t.testdir();
  writeGridPlanner(modelDir);
  const child = spawn(process.execPath, [entry, modelDir, "any"], { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  const printed: string[] = [];
  child.stdout?.on("data", (text) => printed.push(String(text)));
  const channel = child.stdio[3] as Duplex;
  const [said] = await once(channel, "data");
  const ready = new FrameReader().answer(said);
  t.match(ready, { kind: "ready", models: [{ model: "grid-planner", version: "1.1.0", sha256: /^[0-9a-f]{64}$/ }] });
  channel.destroy();
  const [code] = await once(child, "exit");
  t.equal(code, 0);
  t.same(printed, []);
});

t.test("R13 a child that takes more memory than its models may is ended, and started again", async (t) => {
  const { planner, seen } = aPlanner(t, { memoryBytes: 1 });
  planner.start();
  await until("two ends", () => seen.exits.length >= 2);
  t.ok(seen.exits.every(({ signal }) => signal === "SIGKILL"));
});

t.test("R13 a child loads no other model than the one that was judged", async (t) => {
  const { planner, seen, modelDir } = aPlanner(t);
  await planner.close();
  const models = [{ directory: modelDir, sha256: "0".repeat(64) }];
  const other = aPlanner(t, { models });
  other.planner.start();
  await until("two ends", () => other.seen.exits.length >= 2);
  t.ok(
    other.seen.exits.every(({ code }) => code === 3),
    "a model is refused",
  );
  t.same([seen.ready, other.seen.ready], [[], []]);
});

t.test("R13 planner child refuses to start without a channel", async (t) => {
  const child = spawn(process.execPath, [entry, t.testdir(), "any"], { stdio: ["ignore", "ignore", "pipe"] });
  const said: string[] = [];
  child.stderr.on("data", (text) => said.push(String(text)));
  const [code] = await once(child, "close");
  t.equal(code, 2);
  t.match(said.join(""), /expected to be started by the edge/);
});
