// One run of a model: what goes to the process that runs it, and what comes back (R11). Types and pure conversions, so
// that the edge's core may import it. A grid that the core wants valued is a run like any other.

import type { NamedTensor } from "./elements.js";
import type { ModelManifest } from "./manifest.js";
import { type PlanRequest, type PlanResult, planRequestFault } from "./planner.js";

export interface ModelRun {
  readonly id: number;
  readonly model: string; // its name in the manifest; a process may hold several
  readonly feeds: readonly NamedTensor[];
  readonly reset: boolean; // its recurrent state begins anew
  /** Beside the live runs: from fresh states, or those fed, which it gives back, and the live ones stay as they are. */
  readonly apart?: boolean;
}

export interface ModelResult {
  readonly id: number;
  readonly model: string;
  readonly outputs: readonly NamedTensor[];
  readonly beganMs: number; // when the model began, by CLOCK_MONOTONIC of the board
  readonly inferenceMs: number; // the model's own time
}

/** What a process says. `refused` answers a run that breaks the contract of its model; the process stays usable. */
export type RunnerMessage =
  | { readonly kind: "ready"; readonly models: readonly ReadyModel[] }
  | { readonly kind: "result"; readonly result: ModelResult }
  | { readonly kind: "refused"; readonly id: number; readonly model: string; readonly reason: string };

/** A model that is loaded, and on what it runs: what was asked, what runs, and why not the first choice. */
export interface ReadyModel {
  readonly model: string;
  readonly version: string;
  readonly sha256: string;
  readonly provider: string;
  readonly note: string; // why not the first choice; empty when that runs
}

/** The run that values this grid, or why the model cannot. */
export function gridRun(manifest: ModelManifest, request: PlanRequest): ModelRun | string {
  const { id, width, height, cost, seed } = request;
  const fault = planRequestFault(request);
  if (fault !== undefined) return fault;
  const { maxCells } = manifest.limits;
  if (width * height > maxCells) return `expected at most ${maxCells} cells, found ${width * height}`;
  const grids = { cost, seed };
  const feeds = manifest.inputs.flatMap(({ tensor, type, fill }) =>
    fill.kind === "grid" ? [{ tensor, type, dims: [height, width], data: grids[fill.grid] }] : [],
  );
  if (feeds.length !== manifest.inputs.length)
    return `expected a model of grids alone, found ${manifest.name} with ${manifest.inputs.length} inputs`;
  return { id, model: manifest.name, feeds, reset: false };
}

/** The value field that such a run gave, or why it is none. */
export function gridResult(manifest: ModelManifest, request: PlanRequest, result: ModelResult): PlanResult | string {
  const { id, kind, width, height } = request;
  const { proposal } = manifest;
  if (proposal.kind !== "field") return `expected a model that proposes a field, found ${proposal.kind}`;
  const field = result.outputs.find(({ tensor }) => tensor === proposal.tensor);
  if (!(field?.data instanceof Float32Array) || field.data.length !== width * height)
    return `expected ${width * height} float32 values from the model, found ${field?.data.length ?? "none"}`;
  const sweeps = result.outputs.find(({ tensor }) => tensor === "sweeps")?.data[0];
  const { inferenceMs } = result;
  return { id, kind, width, height, value: field.data, sweeps: Number(sweeps ?? 0), inferenceMs };
}
