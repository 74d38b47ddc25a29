// What a bench is and what it measures: rows of figures, each where possible beside the library that it rests on,
// measured in the same run. No bench judges a time; it fails only when something does not work.

import { type Better, costRatios, type Spread, spreadOf } from "./statistics.js";

export interface BenchOptions {
  /** Events of the ledger that `restart` opens. */
  readonly events: number;
  /** How long `site` runs. */
  readonly siteMs: number;
  /** Scenes of `reactive`, and the seed of the first. */
  readonly scenes: number;
  readonly from: number;
}

/** One figure. `raw` and `ratio` are null where there is nothing to compare with. */
export interface Row {
  readonly figure: string;
  readonly unit: string;
  readonly own: Spread;
  readonly raw: { readonly what: string; readonly spread: Spread } | null;
  /** Above 1 ours costs more. */
  readonly ratio: Spread | null;
}

export interface Bench {
  run(options: BenchOptions): Promise<readonly Row[]>;
}

/** What a bench process tells whoever started it. */
export type BenchMessage =
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly why: string };

interface Figure {
  readonly figure: string;
  readonly unit: string;
}

/** A figure alone: one value per round, at least one. */
export function alone(figure: string, unit: string, own: readonly number[]): Row {
  return { figure, unit, own: spreadOf(own), raw: null, ratio: null };
}

/** A figure beside another's; the values at one index come from one round. */
export function beside(
  { figure, unit }: Figure,
  pairs: { readonly own: readonly number[]; readonly raw: readonly number[] },
  against: { readonly what: string; readonly better?: Better },
): Row {
  const { own, raw } = pairs;
  return {
    ...{ figure, unit, own: spreadOf(own) },
    raw: { what: against.what, spread: spreadOf(raw) },
    ratio: spreadOf(costRatios(own, raw, against.better ?? "less")),
  };
}
