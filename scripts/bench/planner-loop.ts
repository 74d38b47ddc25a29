// The edge's control loop beside a process that infers without a pause: the same core and the same timer as in
// `edge/runtime.ts`, in stretches with and without the load, and how far its ticks lie off their period.

import { setTimeout as sleep } from "node:timers/promises";
import { alone, beside, type Row } from "./bench.js";
import { EdgeLoad } from "./edge-load.js";
import { startHost } from "./model-host.js";
import { POLICY_INPUTS, writePolicy } from "./policy-model.js";
import { scratchDir } from "./scratch.js";
import { quantile } from "./statistics.js";

const LAYERS = 20;
const STRETCHES = 6;
const STRETCH_MS = 2500;
const AIM_MS = 5;

/** How far each tick of a stretch came off the period after the one before, ms. */
async function stretch(load: EdgeLoad): Promise<readonly number[]> {
  const off: number[] = [];
  let lastMs: number | null = null;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (lastMs !== null) off.push(Math.abs(nowMs - lastMs - load.controlMs));
    lastMs = nowMs;
    load.period();
  }, load.controlMs);
  await sleep(STRETCH_MS);
  clearInterval(timer);
  return off;
}

export async function loopRows(): Promise<readonly Row[]> {
  const directory = scratchDir();
  const { name } = writePolicy(directory, LAYERS);
  const host = await startHost(directory);
  const obs = { tensor: "obs", type: "float32", dims: [POLICY_INPUTS], data: new Float32Array(POLICY_INPUTS) } as const;
  const load = new EdgeLoad();
  for (let period = 0; period < 200; period += 1) load.period();
  const saturated: number[] = [];
  const idle: number[] = [];
  const inferring: number[] = [];
  for (let at = 0; at < STRETCHES; at += 1) {
    idle.push(...(await stretch(load)));
    let busyMs = 0;
    let isOn = true;
    const saturate = async (): Promise<void> => {
      for (let id = 1; isOn; id += 1)
        busyMs += (await host.ask({ id, model: name, feeds: [obs], reset: false })).result.inferenceMs;
    };
    const saturating = saturate();
    const startMs = performance.now();
    saturated.push(...(await stretch(load)));
    inferring.push((100 * busyMs) / (performance.now() - startMs));
    isOn = false;
    await saturating;
  }
  const at = (values: readonly number[], share: number) =>
    quantile(
      values.toSorted((a, b) => a - b),
      share,
    );
  const figure = (what: string) => ({
    figure: `control loop, a model that never rests: off its period, ${what}`,
    unit: "ms",
  });
  const row = (what: string, share: number): Row =>
    beside(
      figure(what),
      { own: [at(saturated, share)], raw: [at(idle, share)] },
      { what: "the same loop, no model runs" },
    );
  return [
    row("p50", 0.5),
    row("p99", 0.99),
    row("most", 1),
    beside(figure("p99, beside its aim"), { own: [at(saturated, 0.99)], raw: [AIM_MS] }, { what: "aim" }),
    alone("control loop, a model that never rests: inferring for", "%", inferring),
  ];
}
