// R11: canaries of several models: each begins when its own process is free, also between two steps, and what one finds
// is told under the name of its model.
import t from "tap";
import { Canaries } from "../../edge/canaries.js";
import { ModelProcesses } from "../../edge/model-processes.js";
import type { GoldenFile } from "../../models/golden.js";
import type { ModelRun } from "../../models/run.js";
import { floats } from "../models/helpers/trial-models.js";
import { controller } from "./core/chaser.js";

const GOLDEN: GoldenFile = {
  tolerance: { absolute: 0.1, relative: 0 },
  vectors: [{ name: "one", inputs: [floats("x", [1])], outputs: [floats("y", [10])] }],
};
const MODELS = [
  { role: "controller", directory: "", manifest: controller("1.0.0"), golden: GOLDEN },
  { role: "candidate", directory: "", manifest: controller("2.0.0"), golden: GOLDEN },
  { role: "candidate", directory: "", manifest: controller("3.0.0") },
] as const;
const ONE = "chaser 1.0.0";
const TWO = "chaser 2.0.0";

function desk(periodMs = 1000) {
  const seen = { runs: [] as { model: string; run: ModelRun }[], told: [] as string[], killed: [] as string[] };
  const busy = new Set<string>();
  const canaries = new Canaries(MODELS, {
    periodMs,
    run: (model, run) => {
      if (!busy.has(model)) seen.runs.push({ model, run });
      return !busy.has(model);
    },
    kill: (model) => void seen.killed.push(model),
    tell: (model, fault) => void seen.told.push(`${model}: ${fault}`),
  });
  const result = (y: number) => ({ id: -1, model: "chaser", outputs: [floats("y", [y])], beganMs: 0, inferenceMs: 1 });
  return { canaries, busy, seen, answer: (y: number) => ({ kind: "result", result: result(y) }) as const };
}

t.test("R11 each model with golden vectors has its own canary, under its own name", async (t) => {
  const { canaries, seen, answer } = desk();
  canaries.tick(5000);
  t.same(
    seen.runs.map(({ model, run }) => [model, run.model, run.id]),
    [
      [ONE, "chaser", -1],
      [TWO, "chaser", -1],
    ],
  );
  canaries.answered(TWO, answer(11));
  canaries.answered("another", answer(11));
  canaries.answered(ONE, answer(10));
  t.match(seen.told, [/^chaser 2\.0\.0: "one": expected y\[0\] = 10/, /^chaser 1\.0\.0: $/]);
  canaries.ready(TWO);
  canaries.tick(5050);
  t.equal(seen.runs.length, 3, "a new process is looked at first, the other model at its time");
  canaries.gone(TWO);
  t.match(seen.told[2], /^chaser 2\.0\.0: the process ended/);
  canaries.gone(ONE);
  t.equal(seen.told.length, 3);
});

t.test("R11 a model that is asked at each step is looked at between two", async (t) => {
  const { canaries, seen, busy } = desk();
  busy.add(ONE);
  for (let atMs = 5000; atMs < 10_000; atMs += 50) canaries.tick(atMs);
  t.notOk(seen.runs.some(({ model }) => model === ONE));
  busy.clear();
  canaries.begin(10_010);
  canaries.begin(10_011);
  t.equal(seen.runs.filter(({ model }) => model === ONE).length, 1);
});

t.test("R11 a controller that answers late by its own deadline is no fault; one that does not answer is", async (t) => {
  const { canaries, seen } = desk(10_000);
  for (let atMs = 5000; atMs <= 6000; atMs += 50) canaries.tick(atMs);
  t.same([seen.told, seen.killed], [[], []]);
  for (let atMs = 6050; atMs <= 6200; atMs += 50) canaries.tick(atMs);
  t.same(seen.killed, [ONE, TWO]);
  t.match(seen.told, [/^chaser 1\.0\.0: no answer to "one" in \d+ ms$/, /^chaser 2\.0\.0: no answer/]);
});

t.test("a period of 0 means none, and a process that is not there takes none", async (t) => {
  const { canaries, seen } = desk(0);
  canaries.tick(5000);
  t.same(seen.runs, []);
  const nothing = (): void => {};
  const events = {
    ...{ onReady: nothing, onResult: nothing, onRefused: nothing, onCanary: nothing, onGone: nothing },
  };
  const processes = new ModelProcesses(MODELS.slice(0, 1), { processes: "shared", restartMs: 20, events });
  const run = { id: -1, model: "chaser", feeds: [], reset: true, apart: true };
  t.equal(processes.canary(ONE, run), false, "not started");
  t.equal(processes.canary(TWO, run), false, "not held");
});
