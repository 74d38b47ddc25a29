// A child that runs models, what it said, and runs for it.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import type { CanaryAnswer } from "../../edge/canary.js";
import { ModelProcess, type ModelProcessOptions } from "../../edge/io/model-process.js";
import { gridPlannerManifest, writeGridPlanner } from "../../models/grid-planner/write.js";
import { type PlanRequest, UNREACHABLE } from "../../models/planner.js";
import { gridRun, type ModelResult, type ModelRun, type ReadyModel } from "../../models/run.js";

const DEADLINE_MS = 20_000;
export const entry = fileURLToPath(new URL("../../edge/planner/main.js", import.meta.url));

interface Seen {
  readonly ready: { pid: number; models: readonly ReadyModel[] }[];
  readonly results: ModelResult[];
  readonly refusals: { id: number; reason: string }[];
  readonly canaries: (CanaryAnswer & { readonly model: string })[];
  readonly exits: { pid: number; code: number | null; signal: string | null }[];
}

export function aPlanner(
  t: Test,
  options: Partial<ModelProcessOptions> = {},
): { planner: ModelProcess; seen: Seen; modelDir: string } {
  const modelDir = t.testdir();
  writeGridPlanner(modelDir);
  const seen: Seen = { ready: [], results: [], refusals: [], canaries: [], exits: [] };
  const events = {
    onReady: (info: Seen["ready"][number]) => void seen.ready.push(info),
    onResult: (result: ModelResult) => void seen.results.push(result),
    onRefused: (_: string, id: number, reason: string) => void seen.refusals.push({ id, reason }),
    onCanary: (model: string, answer: CanaryAnswer) => void seen.canaries.push({ model, ...answer }),
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

export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${DEADLINE_MS} ms in vain for: ${what}`);
    await sleep(5);
  }
}

const MANIFEST = gridPlannerManifest(new Uint8Array(1));

/** A run that values a grid of 4 by 3 cells. */
export function aRun(id: number, more: Partial<PlanRequest> = {}): ModelRun {
  const cost = new Float32Array(12).fill(2);
  const seed = new Float32Array(12).fill(UNREACHABLE);
  seed[0] = 0;
  const run = gridRun(MANIFEST, { id, kind: "local", width: 4, height: 3, cost, seed, ...more });
  if (typeof run === "string") throw new Error(run);
  return run;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] !== "Z";
  } catch {
    return false;
  }
}
