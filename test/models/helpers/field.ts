// Runs the reference planner's bytes and compares its field with Dijkstra's.

import { InferenceSession, Tensor } from "onnxruntime-node";
import { buildGridPlanner } from "../../../models/grid-planner/build.js";
import { UNREACHABLE } from "../../../models/planner.js";
import { dijkstra, type Grid } from "./dijkstra.js";

export interface Field {
  readonly value: Float32Array;
  readonly sweeps: number;
  readonly tookMs: number;
}

export type Planner = (grid: Grid, seeds: ReadonlyMap<number, number>) => Promise<Field>;

/** The planner as a function, on one thread. */
export async function aPlanner(bytes: Uint8Array = buildGridPlanner()): Promise<Planner> {
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return async ({ width, height, cost }, seeds) => {
    const seed = new Float32Array(width * height).fill(UNREACHABLE);
    for (const [cell, value] of seeds) seed[cell] = value;
    const dims = [height, width];
    const startMs = performance.now();
    const out = await session.run({ cost: new Tensor("float32", cost, dims), seed: new Tensor("float32", seed, dims) });
    const tookMs = performance.now() - startMs;
    return { value: out.value?.data as Float32Array, sweeps: Number(out.sweeps?.data[0]), tookMs };
  };
}

/**
 * The largest relative error of a field against Dijkstra's. Infinity when a cell is reachable for one and not for the
 * other, or is not exactly 0 where it must be.
 */
export function worstError(grid: Grid, seeds: ReadonlyMap<number, number>, field: Field): number {
  const truth = dijkstra(grid, seeds);
  let worst = 0;
  truth.forEach((distance, cell) => {
    const value = field.value[cell] as number;
    const reachable = Number.isFinite(distance);
    if (reachable !== value < UNREACHABLE || !(value >= 0)) worst = Number.POSITIVE_INFINITY;
    else if (reachable && value !== distance) worst = Math.max(worst, Math.abs(value - distance) / distance);
  });
  return worst;
}
