// Whether the inputs of a model are still spread as where it was made: each feature by its population stability index
// against the model's reference, over the newest samples. Decisions that follow each other closely see the same thing:
// so a sample is taken only every so often, that the window spans what a robot meets, and not one aisle. A sample costs
// one search in the edges of each feature; the indices are computed anew every twentieth part of the window.

import { binOf, type FeatureReference, type ModelReference, stabilityIndex } from "../../../models/histogram.js";
import { type BinMemory, BinWindow } from "./windows.js";

const JUDGED_PARTS = 20;

export interface DriftPolicy {
  readonly driftSamples: number;
  readonly leastDriftSamples: number;
  readonly driftIndex: number;
  readonly driftEveryMs: number;
}

/** What it remembers, as plain values (R14). */
export interface DriftMemory {
  readonly window: BinMemory;
  readonly unjudged: number;
  readonly sampledMs: number;
  readonly worst: { readonly index: number; readonly feature: number };
}

export class Drift {
  readonly #features: readonly (FeatureReference & { readonly samples: number })[];
  readonly #policy: DriftPolicy;
  readonly #window: BinWindow;
  readonly #counted: { counts: Uint32Array; at: number; total: number };
  readonly #binOfRow: (feature: number) => number;
  #row: ArrayLike<number> = [];
  #unjudged = 0;
  #sampledMs = Number.NEGATIVE_INFINITY;
  /** The largest index of all features when they were last judged, and whose it is. */
  #worst = { index: 0, feature: 0 };

  constructor({ samples, features }: ModelReference, policy: DriftPolicy) {
    this.#features = features.map((feature) => ({ ...feature, samples }));
    this.#policy = policy;
    this.#window = new BinWindow(
      features.map(({ shares }) => shares.length),
      policy.driftSamples,
    );
    this.#counted = { counts: this.#window.counts, at: 0, total: 0 };
    this.#binOfRow = (feature) =>
      binOf((this.#features[feature] as FeatureReference).edges, this.#row[feature] as number);
  }

  get index(): number {
    return this.#worst.index;
  }

  get size(): number {
    return this.#window.size;
  }

  /** One decision; `row` holds the numbers of the reference's features, in its order. No-op soon after a sample. */
  add(row: ArrayLike<number>, nowMs: number): void {
    if (nowMs - this.#sampledMs < this.#policy.driftEveryMs) return;
    this.#sampledMs = nowMs;
    this.#row = row;
    this.#window.add(this.#binOfRow);
    this.#unjudged += 1;
    const { driftSamples, leastDriftSamples } = this.#policy;
    const isEnough = this.#window.size >= leastDriftSamples;
    if (isEnough && this.#unjudged >= Math.ceil(driftSamples / JUDGED_PARTS)) this.#judge();
  }

  #judge(): void {
    this.#unjudged = 0;
    this.#worst.index = 0;
    this.#counted.total = this.#window.size;
    for (let feature = 0; feature < this.#features.length; feature += 1) {
      this.#counted.at = this.#window.starts[feature] as number;
      const index = stabilityIndex(this.#features[feature] as FeatureReference & { samples: number }, this.#counted);
      if (index <= this.#worst.index) continue;
      this.#worst.index = index;
      this.#worst.feature = feature;
    }
  }

  /** What has drifted, in words; empty when nothing has. What was counted is forgotten with it. */
  take(): string {
    const { index, feature } = this.#worst;
    const { driftIndex } = this.#policy;
    if (index <= driftIndex) return "";
    this.clear();
    const { tensor, index: at } = this.#features[feature] as FeatureReference;
    return `input ${tensor}[${at}] is ${index.toFixed(2)} off its reference, at most ${driftIndex}`;
  }

  get memory(): DriftMemory {
    const { index, feature } = this.#worst;
    const [unjudged, sampledMs] = [this.#unjudged, this.#sampledMs];
    return { window: this.#window.memory, unjudged, sampledMs, worst: { index, feature } };
  }

  restore({ window, unjudged, sampledMs, worst }: DriftMemory): void {
    this.#window.restore(window);
    this.#unjudged = unjudged;
    this.#sampledMs = sampledMs;
    Object.assign(this.#worst, worst);
  }

  clear(): void {
    this.#window.clear();
    this.#unjudged = 0;
    this.#worst.index = 0;
  }
}
