// A canary: at a set period one golden vector of a model goes the way that its runs go (runtime, child process, result)
// and its answer is compared as at admission. It shows what a check at the start cannot: memory that has flipped, a
// runtime that has gone wrong, a child that answers no more. No run waits for a canary to come back: it begins when no
// run is under way, and makes way for the first that comes, after which it counts as never begun. Its outputs drive
// nothing, so that it also runs on REACTIVE_ONLY, where it is the evidence that lets `canary-failed` clear.

import { compareOutputs, type GoldenFile, type GoldenVector } from "../models/golden.js";
import type { ModelResult, ModelRun } from "../models/run.js";

const FAULT_LENGTH = 120;
/** One that made way is tried again after this, so that canaries that take long cost the runs behind them little. */
const AGAIN_MS = 500;

/** What became of the run of a canary. */
export type CanaryAnswer =
  | { readonly kind: "result"; readonly result: ModelResult }
  | { readonly kind: "refused"; readonly id: number; readonly reason: string }
  | { readonly kind: "overtaken"; readonly id: number };

export interface CanaryParts {
  readonly model: string; // its name in the manifest
  readonly golden: GoldenFile;
  readonly periodMs: number; // above 0
  readonly deadlineMs: number;
  /** Begins a run; false, and nothing happens, unless the way is free. */
  readonly run: (run: ModelRun) => boolean;
  /** What was found; empty when all is well. */
  readonly tell: (fault: string) => void;
  /** The child does not answer. */
  readonly kill: () => void;
}

export class Canary {
  readonly #parts: CanaryParts;
  #dueMs = Number.NEGATIVE_INFINITY;
  #runs = 0;
  #next = 0; // of the vectors
  #flight: { readonly id: number; readonly vector: GoldenVector; readonly sentMs: number; isLate: boolean } | null =
    null;

  constructor(parts: CanaryParts) {
    this.#parts = parts;
  }

  /** To be called at each step, after whatever the step wants to be planned has been sent. */
  tick(nowMs: number): void {
    const { deadlineMs, kill } = this.#parts;
    if (this.#flight === null) return this.begin(nowMs);
    const tookMs = nowMs - this.#flight.sentMs;
    if (tookMs <= deadlineMs) return;
    if (!this.#flight.isLate) {
      this.#flight.isLate = true; // this process itself may have stood: the answer may lie there unread until now
      return;
    }
    this.#end(`no answer to "${this.#flight.vector.name}" in ${tookMs} ms`);
    kill();
  }

  /** Begins one when it is its time, none is under way, and the way is free. */
  begin(nowMs: number): void {
    if (this.#flight !== null) return;
    const { model, golden, periodMs, run } = this.#parts;
    const vector = golden.vectors[this.#next % golden.vectors.length];
    if (nowMs < this.#dueMs || vector === undefined) return;
    const id = -(this.#runs + 1); // below the ids of live runs, which count from 1
    if (!run({ id, model, feeds: vector.inputs, reset: true, apart: true })) return;
    this.#runs += 1;
    this.#dueMs = nowMs + periodMs;
    this.#flight = { id, vector, sentMs: nowMs, isLate: false };
  }

  /** Takes what became of a run. Anything but the one under way is ignored. */
  answered(answer: CanaryAnswer): void {
    const flight = this.#flight;
    if (flight === null || (answer.kind === "result" ? answer.result.id : answer.id) !== flight.id) return;
    switch (answer.kind) {
      case "overtaken":
        this.#flight = null;
        this.#dueMs = flight.sentMs + Math.min(AGAIN_MS, this.#parts.periodMs);
        return;
      case "refused":
        return this.#end(`"${flight.vector.name}": refused: ${answer.reason}`);
      case "result": {
        const { outputs } = answer.result;
        const compared = compareOutputs(flight.vector.outputs, outputs, this.#parts.golden.tolerance);
        const words = compared.ok ? "" : `expected ${compared.expected}, found ${compared.found}`;
        return this.#end(words === "" ? "" : `"${flight.vector.name}": ${words}`);
      }
    }
  }

  /** A child has started, and is looked at before anything else. */
  ready(): void {
    this.#dueMs = Number.NEGATIVE_INFINITY;
  }

  /** The child has ended; with a canary under way that is its answer. */
  gone(): void {
    if (this.#flight !== null) this.#end(`the process ended on "${this.#flight.vector.name}"`);
  }

  #end(fault: string): void {
    this.#flight = null;
    this.#next += 1;
    this.#parts.tell(fault.slice(0, FAULT_LENGTH));
  }
}
