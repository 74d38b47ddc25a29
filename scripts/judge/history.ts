// The true poses that the judge remembers per robot: enough to say how a body moved between two samples, how far it has
// driven, and whether it has been standing somewhere at an instant that a late line speaks of.

import type { PoseLine } from "./trace.js";

/** A body stands below this speed. */
export const STANDS_MPS = 0.02;
const KEPT_MS = 120_000;
/** A robot whose newest pose is older than this at the instant asked for is not judged to stand. */
const SEEN_MS = 1000;

export class PoseHistory {
  readonly #samples: PoseLine[] = [];
  #drivenM = 0;
  #longestGapMs = 0;

  get drivenM(): number {
    return this.#drivenM;
  }

  /** Longest time between two samples of which one was in motion: a hole in the evidence. */
  get longestGapMs(): number {
    return this.#longestGapMs;
  }

  /** Adds a sample and returns the one before it. Samples that are not later than the last are left out. */
  add(sample: PoseLine): PoseLine | undefined {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.t <= last.t) return undefined;
    this.#samples.push(sample);
    while ((this.#samples[0]?.t ?? sample.t) < sample.t - KEPT_MS) this.#samples.shift();
    if (last !== undefined) {
      this.#drivenM += Math.hypot(sample.x - last.x, sample.y - last.y);
      const moving = Math.abs(last.speed) > STANDS_MPS || Math.abs(sample.speed) > STANDS_MPS;
      if (moving) this.#longestGapMs = Math.max(this.#longestGapMs, sample.t - last.t);
    }
    return last;
  }

  /** Pairs of neighbouring samples that overlap the time from `fromMs` to `toMs`, newest first. */
  segments(fromMs: number, toMs: number): (readonly [PoseLine, PoseLine])[] {
    const found: (readonly [PoseLine, PoseLine])[] = [];
    for (let index = this.#samples.length - 1; index > 0; index -= 1) {
      const [a, b] = [this.#samples[index - 1], this.#samples[index]];
      if (a === undefined || b === undefined || b.t <= fromMs) break;
      if (a.t < toMs) found.push([a, b]);
    }
    return found;
  }

  /** True when every sample from `forMs` before `atMs` until then stood within `radiusM` of a point. */
  stoodWithin(
    place: { readonly x: number; readonly y: number; readonly radiusM: number },
    span: { readonly atMs: number; readonly forMs: number },
  ): boolean {
    let newestMs: number | null = null;
    for (let index = this.#samples.length - 1; index >= 0; index -= 1) {
      const sample = this.#samples[index];
      if (sample === undefined || sample.t > span.atMs) continue;
      newestMs ??= sample.t;
      const away = Math.hypot(sample.x - place.x, sample.y - place.y);
      if (span.atMs - newestMs > SEEN_MS || Math.abs(sample.speed) >= STANDS_MPS || away >= place.radiusM) return false;
      if (sample.t < span.atMs - span.forMs) return true;
    }
    return false;
  }
}
