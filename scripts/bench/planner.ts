// A plan by the edge's planner process (R11), on grids that the edge's own core asked for while driving: from the
// request to the result, beside the same model in this process, and beside Dijkstra's algorithm. The process of its own
// costs two copies of the grids over a pipe and what a change of process costs; it buys a planner that can be ended.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelProcess } from "../../edge/io/model-process.js";
import { loadModel } from "../../models/load.js";
import type { PlanKind, PlanRequest, PlanResult } from "../../models/planner.js";
import { gridResult, gridRun, type ModelResult } from "../../models/run.js";
import { alone, beside, type Row } from "./bench.js";
import { solve } from "./dijkstra.js";
import { EdgeLoad } from "./edge-load.js";
import { interleave } from "./rounds.js";
import { atEnd } from "./scratch.js";

const MODEL = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "models", "grid-planner", "model");
const PLANS_PER_ROUND = 8;
const ROUNDS = 20;
const DRIVE_PERIODS = 1200;
const HZ = 10;
const TICK_MS = 10; // of the kernel's account of processor time

type Ask = (request: PlanRequest) => Promise<PlanResult>;

/** The planner process, ready, as a function. */
async function startPlanner(): Promise<{ ask: Ask; pid: () => number | undefined }> {
  const { manifest } = await loadModel(MODEL);
  let answer: (result: ModelResult) => void = () => {};
  let refuse: (cause: Error) => void = () => {};
  let ready: () => void = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const planner = new ModelProcess({
    models: [{ directory: MODEL }],
    events: {
      onReady: () => ready(),
      onResult: (result) => answer(result),
      onRefused: (_model, _id, reason) => refuse(new Error(`the planner refused: ${reason}`)),
      onExit: ({ code, signal }) => refuse(new Error(`the planner ended with ${signal ?? code}`)),
    },
  });
  atEnd(() => planner.close());
  planner.start();
  await isReady;
  const ask: Ask = (request) =>
    new Promise((resolve, reject) => {
      answer = (result) => {
        const plan = gridResult(manifest, request, result);
        if (typeof plan === "string") reject(new Error(plan));
        else resolve(plan);
      };
      refuse = reject;
      const run = gridRun(manifest, request);
      if (typeof run === "string" || !planner.run(run)) reject(new Error(`the planner takes no run: ${run}`));
    });
  return { ask, pid: () => planner.pid };
}

type RawRun = (request: PlanRequest) => Promise<Float32Array>;

/** The same model and options in this process, nothing around it. */
async function openRaw(): Promise<RawRun> {
  const { bytes } = await loadModel(MODEL);
  const session = await InferenceSession.create(bytes, {
    ...{ executionProviders: ["cpu"], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" },
    ...{ graphOptimizationLevel: "all", logSeverityLevel: 3 },
  });
  return async ({ width, height, cost, seed }) => {
    const dims = [height, width];
    const feeds = { cost: new Tensor("float32", cost, dims), seed: new Tensor("float32", seed, dims) };
    const { value } = await session.run(feeds);
    return value?.data as Float32Array;
  };
}

/** Processor time that a process has used so far, in ms, all threads, by the kernel's ticks. */
function processorMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return TICK_MS * (Number(fields[11]) + Number(fields[12]));
}

/** Mean milliseconds of one of these requests. */
async function meanMs(requests: readonly PlanRequest[], ask: (request: PlanRequest) => unknown): Promise<number> {
  const startMs = performance.now();
  for (const request of requests) await ask(request);
  return (performance.now() - startMs) / requests.length;
}

async function rowsOf(kind: PlanKind, ask: Ask, parts: Parts): Promise<readonly Row[]> {
  const { raw, pid, all } = parts;
  const requests = spread(all.filter((request) => request.kind === kind));
  const [first] = requests;
  if (first === undefined) throw new Error(`the edge asked for no ${kind} plan`);
  const size = `${kind} ${first.width}x${first.height}`;
  const inferences: number[] = [];
  let plans = 0;
  const used = { edge: 0, planner: 0 };
  const own = async (): Promise<number> => {
    const before = { edge: process.cpuUsage(), planner: processorMs(pid()) };
    let modelMs = 0;
    const tookMs = await meanMs(requests, async (request) => {
      modelMs += (await ask(request)).inferenceMs;
    });
    inferences.push(modelMs / requests.length);
    plans += requests.length;
    const edge = process.cpuUsage(before.edge);
    used.edge += (edge.user + edge.system) / 1000;
    used.planner += processorMs(pid()) - before.planner;
    return tookMs;
  };
  const alike = [own, () => meanMs(requests, raw), () => meanMs(requests, solve)] as const;
  const [trips, runs, plain] = await interleave(alike, { rounds: ROUNDS });
  const around = trips.map((tripMs, index) => tripMs - (inferences.slice(-ROUNDS)[index] ?? 0));
  const share = (usedMs: number): number => (usedMs / plans) * (HZ / 10);
  return [
    beside(
      { figure: `${size}: request to result`, unit: "ms" },
      { own: trips, raw: runs },
      { what: "session.run here" },
    ),
    alone(`${size}: of it around the model`, "ms", around),
    beside({ figure: `${size}: the same`, unit: "ms" }, { own: trips, raw: plain }, { what: "Dijkstra in TypeScript" }),
    alone(`${size}: share of a core at ${HZ} Hz, planner process`, "%", [share(used.planner)]),
    alone(`${size}: share of a core at ${HZ} Hz, edge process`, "%", [share(used.edge)]),
  ];
}

interface Parts {
  readonly raw: RawRun;
  readonly pid: () => number | undefined;
  readonly all: readonly PlanRequest[];
}

function spread(requests: readonly PlanRequest[]): PlanRequest[] {
  const step = Math.max(1, Math.floor(requests.length / PLANS_PER_ROUND));
  return requests.filter((_, index) => index % step === 0).slice(0, PLANS_PER_ROUND);
}

/** Both ways answer the same question: the fields must agree. */
async function compare(request: PlanRequest, ask: Ask, raw: RawRun): Promise<void> {
  const { value } = await ask(request);
  const other = await raw(request);
  if (!value.every((cost, cell) => cost === other[cell])) throw new Error("the two runs of the model differ");
}

export async function run(): Promise<readonly Row[]> {
  const load = new EdgeLoad();
  for (let period = 0; period < DRIVE_PERIODS; period += 1) load.period();
  if (load.arrivals === 0) throw new Error("the robot of the bench arrived nowhere");
  const { ask, pid } = await startPlanner();
  const raw = await openRaw();
  for (const request of load.plans.slice(0, 3)) await compare(request, ask, raw);
  const parts = { raw, pid, all: load.plans };
  return [...(await rowsOf("local", ask, parts)), ...(await rowsOf("site", ask, parts))];
}
