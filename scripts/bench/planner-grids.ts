// A plan by the edge's planner process (R11), on grids that the edge's own core asked for while driving and on a site
// of 161 x 63 cells: from the request to the result, beside the same model in this process, and beside Dijkstra's
// algorithm, in time and in what it found. The process of its own costs two copies of the grids over a channel and what
// a change of process costs; it buys a planner that can be ended.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "../../models/load.js";
import type { ModelManifest } from "../../models/manifest.js";
import { type PlanRequest, type PlanResult, UNREACHABLE } from "../../models/planner.js";
import { gridResult, gridRun, type ModelRun } from "../../models/run.js";
import { dijkstra } from "../../test/models/helpers/dijkstra.js";
import { alone, beside, type Row } from "./bench.js";
import { solve } from "./dijkstra.js";
import { EdgeLoad } from "./edge-load.js";
import { type ModelHost, openRaw, startHost } from "./model-host.js";
import { interleave } from "./rounds.js";
import { quantile } from "./statistics.js";

const MODEL = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "models", "grid-planner", "model");
const PLANS_PER_ROUND = 8;
const ROUNDS = 20;
const DRIVE_PERIODS = 1200;
const HZ = 10;
const TICK_MS = 10; // of the kernel's account of processor time

interface Parts {
  readonly manifest: ModelManifest;
  readonly host: ModelHost;
  readonly raw: Awaited<ReturnType<typeof openRaw>>;
}

function runOf({ manifest }: Parts, request: PlanRequest): ModelRun {
  const run = gridRun(manifest, request);
  if (typeof run === "string") throw new Error(run);
  return run;
}

async function plan(parts: Parts, request: PlanRequest): Promise<PlanResult> {
  const { result } = await parts.host.ask(runOf(parts, request));
  const found = gridResult(parts.manifest, request, result);
  if (typeof found === "string") throw new Error(found);
  return found;
}

/** Processor time that a process has used so far, in ms, all threads, by the kernel's ticks. */
function processorMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return TICK_MS * (Number(fields[11]) + Number(fields[12]));
}

/** Milliseconds of each of these requests. */
async function timesMs(requests: readonly PlanRequest[], ask: (request: PlanRequest) => unknown): Promise<number[]> {
  const times: number[] = [];
  for (const request of requests) {
    const startMs = performance.now();
    await ask(request);
    times.push(performance.now() - startMs);
  }
  return times;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function timeRows(what: string, parts: Parts, requests: readonly PlanRequest[]): Promise<readonly Row[]> {
  const [all, inferences]: [number[], number[]] = [[], []];
  const used = { edge: 0, planner: 0 };
  const own = async (): Promise<number> => {
    const before = { edge: process.cpuUsage(), planner: processorMs(parts.host.pid) };
    const modelMs: number[] = [];
    const times = await timesMs(requests, async (request) => modelMs.push((await plan(parts, request)).inferenceMs));
    all.push(...times);
    inferences.push(mean(modelMs));
    const edge = process.cpuUsage(before.edge);
    used.edge += (edge.user + edge.system) / 1000;
    used.planner += processorMs(parts.host.pid) - before.planner;
    return mean(times);
  };
  const raw = async () => mean(await timesMs(requests, (request) => parts.raw(runOf(parts, request))));
  const plain = async () => mean(await timesMs(requests, solve));
  const [trips, runs, plains] = await interleave([own, raw, plain] as const, { rounds: ROUNDS });
  const around = trips.map((tripMs, index) => tripMs - (inferences.slice(-ROUNDS)[index] ?? 0));
  const share = (usedMs: number): number => (usedMs / all.length) * (HZ / 10);
  const p99 = quantile(
    all.slice(-ROUNDS * requests.length).toSorted((a, b) => a - b),
    0.99,
  );
  return [
    beside(
      { figure: `${what}: request to result`, unit: "ms" },
      { own: trips, raw: runs },
      { what: "session.run here" },
    ),
    alone(`${what}: request to result, p99`, "ms", [p99]),
    alone(`${what}: of it around the model`, "ms", around),
    beside(
      { figure: `${what}: the same`, unit: "ms" },
      { own: trips, raw: plains },
      { what: "Dijkstra in TypeScript" },
    ),
    alone(`${what}: share of a core at ${HZ} Hz, planner process`, "%", [share(used.planner)]),
    alone(`${what}: share of a core at ${HZ} Hz, edge process`, "%", [share(used.edge)]),
  ];
}

/** The largest relative error against Dijkstra's algorithm in double precision; infinite for another reachability. */
function errorOf({ value }: PlanResult, { width, height, cost, seed }: PlanRequest): number {
  const seeds = new Map<number, number>();
  for (const [cell, start] of seed.entries()) if (start < UNREACHABLE) seeds.set(cell, start);
  let worst = 0;
  dijkstra({ width, height, cost }, seeds).forEach((truth, cell) => {
    const found = value[cell] ?? Number.NaN;
    if (Number.isFinite(truth) !== found < UNREACHABLE) worst = Number.POSITIVE_INFINITY;
    else if (Number.isFinite(truth) && found !== truth) worst = Math.max(worst, Math.abs(found - truth) / truth);
  });
  return worst;
}

async function rowsOf(what: string, parts: Parts, requests: readonly PlanRequest[]): Promise<readonly Row[]> {
  const found: PlanResult[] = [];
  for (const request of requests) {
    const result = await plan(parts, request);
    const { value } = await parts.raw(runOf(parts, request));
    if (!result.value.every((cost, cell) => cost === value?.data[cell])) throw new Error("two runs of a model differ");
    found.push(result);
  }
  const errors = found.map((result, at) => errorOf(result, requests[at] as PlanRequest));
  return [
    ...(await timeRows(what, parts, requests)),
    alone(
      `${what}: sweeps`,
      "",
      found.map(({ sweeps }) => sweeps),
    ),
    alone(`${what}: largest relative error, millionths`, "", [1e6 * Math.max(...errors)]),
  ];
}

function spread(requests: readonly PlanRequest[]): PlanRequest[] {
  const step = Math.max(1, Math.floor(requests.length / PLANS_PER_ROUND));
  return requests.filter((_, index) => index % step === 0).slice(0, PLANS_PER_ROUND);
}

/** Racks of 10 x 2 cells, ten a row and twenty rows, as in MovingAI's warehouse-10-20-10-2-1; goals spread over it. */
function warehouses(isEven: boolean): readonly PlanRequest[] {
  const [width, height] = [161, 63];
  const cost = new Float32Array(width * height);
  for (let cell = 0; cell < cost.length; cell += 1) {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    const isWall = x === 0 || y === 0 || x === width - 1 || y === height - 1;
    const isRack = x >= 26 && x < 135 && (x - 26) % 11 < 10 && y >= 2 && y < 61 && (y - 2) % 3 < 2;
    if (!isWall && !isRack) cost[cell] = isEven ? 1 : 1 + ((cell * 2_654_435_761) % 1000) / 333;
  }
  return [0, 0.35, 0.5, 0.7].map((share, id) => {
    const seed = new Float32Array(cost.length).fill(UNREACHABLE);
    const from = Math.floor(share * cost.length);
    seed[cost.findIndex((value, cell) => cell >= from && value > 0)] = 0;
    return { id, kind: "site", width, height, cost, seed };
  });
}

export async function gridRows(): Promise<readonly Row[]> {
  const load = new EdgeLoad();
  for (let period = 0; period < DRIVE_PERIODS; period += 1) load.period();
  if (load.arrivals === 0) throw new Error("the robot of the bench arrived nowhere");
  const { manifest } = await loadModel(MODEL);
  const parts = { manifest, host: await startHost(MODEL), raw: await openRaw(MODEL) };
  const rows: Row[] = [];
  for (const kind of ["local", "site"] as const) {
    const requests = spread(load.plans.filter((request) => request.kind === kind));
    const [first] = requests;
    if (first === undefined) throw new Error(`the edge asked for no ${kind} plan`);
    rows.push(...(await rowsOf(`${kind} ${first.width}x${first.height}`, parts, requests)));
  }
  rows.push(...(await rowsOf("racks 161x63", parts, warehouses(true))));
  rows.push(...(await rowsOf("racks 161x63, uneven", parts, warehouses(false))));
  return rows;
}
