// The canaries of all models that an edge holds: one for each that has golden vectors. Those of one process go one
// after the other: it takes none while it has anything else to do.

import type { ModelRun } from "../models/run.js";
import { Canary, type CanaryAnswer } from "./canary.js";
import { modelName } from "./core/controller/slots.js";
import type { HeldModel } from "./model-processes.js";

/** A canary is answered within this or the model's own deadline: it looks for what is broken, not for what is slow. */
const DEADLINE_MS = 1000;

export class Canaries {
  readonly #of = new Map<string, Canary>();

  /** Models go by the names of `modelName`. `periodMs`: 0 for none. */
  constructor(
    models: readonly HeldModel[],
    how: {
      readonly periodMs: number;
      readonly run: (model: string, run: ModelRun) => boolean;
      readonly kill: (model: string) => void;
      readonly tell: (model: string, fault: string) => void;
    },
  ) {
    for (const { manifest, golden } of models) {
      if (how.periodMs === 0 || golden === undefined) continue;
      const name = modelName(manifest);
      const canary = new Canary({
        ...{ model: manifest.name, golden, periodMs: how.periodMs },
        deadlineMs: Math.max(DEADLINE_MS, manifest.limits.deadlineMs),
        run: (run) => how.run(name, run),
        kill: () => how.kill(name),
        tell: (fault) => how.tell(name, fault),
      });
      this.#of.set(name, canary);
    }
  }

  /** To be called at each step, after whatever the step wants to be run has been sent. */
  tick(nowMs: number): void {
    for (const canary of this.#of.values()) canary.tick(nowMs);
  }

  /** To be called after each answer: a model that is asked at each step is free between two steps only. */
  begin(nowMs: number): void {
    for (const canary of this.#of.values()) canary.begin(nowMs);
  }

  ready(model: string): void {
    this.#of.get(model)?.ready();
  }

  answered(model: string, answer: CanaryAnswer): void {
    this.#of.get(model)?.answered(answer);
  }

  gone(model: string): void {
    this.#of.get(model)?.gone();
  }
}
