// The planner child as a real process: it answers, it refuses, it dies and comes back, and a stopped one is ended too.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { ModelProcess, type ModelProcessOptions } from "../../edge/io/model-process.js";
import { FrameReader } from "../../edge/planner/frame-reader.js";
import { gridPlannerManifest, writeGridPlanner } from "../../models/grid-planner/write.js";
import { type PlanRequest, UNREACHABLE } from "../../models/planner.js";
import { gridRun, type ModelResult, type ModelRun, type ReadyModel } from "../../models/run.js";

const DEADLINE_MS = 20_000;
const entry = fileURLToPath(new URL("../../edge/planner/main.js", import.meta.url));

interface Seen {
  readonly ready: { pid: number; models: readonly ReadyModel[] }[];
  readonly results: ModelResult[];
  readonly refusals: { id: number; reason: string }[];
  readonly exits: { pid: number; code: number | null; signal: string | null }[];
}

function aPlanner(
  t: Test,
  options: Partial<ModelProcessOptions> = {},
): { planner: ModelProcess; seen: Seen; modelDir: string } {
  const modelDir = t.testdir();
  writeGridPlanner(modelDir);
  const seen: Seen = { ready: [], results: [], refusals: [], exits: [] };
  const events = {
    onReady: (info: Seen["ready"][number]) => void seen.ready.push(info),
    onResult: (result: ModelResult) => void seen.results.push(result),
    onRefused: (_: string, id: number, reason: string) => void seen.refusals.push({ id, reason }),
    onExit: (info: Seen["exits"][number]) => void seen.exits.push(info),
  };
  const planner = new ModelProcess({
    models: [{ directory: modelDir }],
    events,
    restartMs: { initial: 20, max: 100 },
    ...options,
  });
  t.teardown(() => planner.close());
  return { planner, seen, modelDir };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${DEADLINE_MS} ms in vain for: ${what}`);
    await sleep(5);
  }
}

const MANIFEST = gridPlannerManifest(new Uint8Array(1));

/** A run that values a grid of 4 by 3 cells. */
function aRun(id: number, more: Partial<PlanRequest> = {}): ModelRun {
  const cost = new Float32Array(12).fill(2);
  const seed = new Float32Array(12).fill(UNREACHABLE);
  seed[0] = 0;
  const run = gridRun(MANIFEST, { id, kind: "local", width: 4, height: 3, cost, seed, ...more });
  if (typeof run === "string") throw new Error(run);
  return run;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] !== "Z";
  } catch {
    return false;
  }
}

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

t.test("R11 planner process comes back after kill, and nothing of the old child arrives", async (t) => {
  const { planner, seen } = aPlanner(t);
  planner.start();
  await until("ready", () => seen.ready.length === 1);
  const first = planner.pid as number;
  planner.run(aRun(1));
  planner.kill();
  t.equal(planner.run(aRun(2)), false, "not to a child that is being ended");
  await until("exit", () => seen.exits.length === 1);
  t.same(seen.exits, [{ pid: first, code: null, signal: "SIGKILL" }]);
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
  t.equal(seen.exits[0]?.code, 3);
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

t.test("R13 planner child refuses to start without a channel", async (t) => {
  const child = spawn(process.execPath, [entry, t.testdir(), "any"], { stdio: ["ignore", "ignore", "pipe"] });
  const said: string[] = [];
  child.stderr.on("data", (text) => said.push(String(text)));
  const [code] = await once(child, "close");
  t.equal(code, 2);
  t.match(said.join(""), /expected to be started by the edge/);
});
