// How sure models are, from what robots tell of them: ten numbers, how many of a model's newest decisions lie in each
// tenth from 0 to 1. What is not told, and what does not drive, is no figure: never 0, never sure. Pure.

import type { RobotView } from "./operator-views.js";

export type Model = RobotView["model"];
export type Confidence = NonNullable<NonNullable<Model>["confidence"]>;

export const TENTHS = 10;

export function decisionsOf(tenths: readonly number[]): number {
  return tenths.reduce((sum, found) => sum + found, 0);
}

/** The confidence of the model that drives now; undefined when none does, it tells none, or that is not told. */
export function confidenceNow(model: Model): Confidence | undefined {
  return model?.drives === true ? model.confidence : undefined;
}

/** Of each 100 decisions, how many were less sure than the model's manifest asks; null where there was none. */
export function unsureOf(told: readonly Pick<Confidence, "unsure" | "tenths">[]): number | null {
  const decisions = told.reduce((sum, { tenths }) => sum + decisionsOf(tenths), 0);
  if (decisions === 0) return null;
  return (100 * told.reduce((sum, { unsure }) => sum + unsure, 0)) / decisions;
}

/** Decisions of several models in each tenth. */
export function tenthsOf(told: readonly Pick<Confidence, "tenths">[]): readonly number[] {
  return Array.from({ length: TENTHS }, (_, tenth) => told.reduce((sum, { tenths }) => sum + (tenths[tenth] ?? 0), 0));
}

/** The tenth, 0 to 9, in which the middle decision lies, the less sure one of two; null where there was none. */
export function medianTenth(tenths: readonly number[]): number | null {
  const half = decisionsOf(tenths) / 2;
  let below = 0;
  for (const [tenth, found] of tenths.entries()) {
    below += found;
    if (found > 0 && below >= half) return tenth;
  }
  return null;
}
