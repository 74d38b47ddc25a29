// R14: which inputs of the core are kept for `explain`: what the hub, the planner and the store said, each in full, and
// a pose a second. Enough to tell a story by.

import type { EdgeInput } from "./core/types.js";

/** Samples and plans are recorded at most this often, each channel. */
const TOLD_MS = 1000;

export interface ToldInput {
  readonly id: string;
  readonly value: object;
}

export class Told {
  readonly #toldMs = new Map<string, number>();
  #inputs = 0;

  /** What is to be kept of an input; null for one that is not. */
  take(input: EdgeInput, nowMs: number): ToldInput | null {
    if (!this.#isTold(input, nowMs)) return null;
    this.#inputs += 1;
    const { kind } = input;
    const told =
      input.kind === "planned" || input.kind === "ran"
        ? { kind, id: input.result.id, inferenceMs: input.result.inferenceMs }
        : input;
    return { id: `i-${this.#inputs}`, value: { nowMs, ...told } };
  }

  #isTold(input: EdgeInput, nowMs: number): boolean {
    switch (input.kind) {
      case "tick":
        return false;
      case "planned":
      case "ran":
      case "sample": {
        const told = input.kind === "sample" ? input.sample.channel : input.kind;
        if (told === "scan" || nowMs - (this.#toldMs.get(told) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) return false;
        this.#toldMs.set(told, nowMs);
        return true;
      }
      case "hub":
        return input.message.kind !== "renewed";
      case "linkOpened":
      case "linkClosed":
      case "saved":
      case "storeFault":
      case "plannerReady":
      case "plannerGone":
      case "planRefused":
      case "canary":
      case "modelReady":
      case "modelGone":
      case "runRefused":
        return true;
    }
  }
}
