// What the watch over the models' health is told of the controllers: decisions of the live one only. A model in the
// shadow may be as unwell as it likes; it drives nothing, and must never lower its robot (R7).

import { featuresInto } from "../../../models/features.js";
import type { EdgeState } from "../types.js";
import type { Rested, Slot } from "./slots.js";

/** Told before whatever the decision leads to: a failure may cost the model its role. */
export function tellDecision(
  state: EdgeState,
  slot: Slot,
  of: {
    readonly confidence: number | null; // null: none that can be read
    readonly rests: Rested;
    readonly isRefused: boolean;
    readonly atMs: number;
  },
): void {
  if (slot.role !== "live") return;
  const { rests, isRefused, atMs } = of;
  const confidence = slot.manifest.confidence.kind === "none" ? null : of.confidence;
  const features = featuresOf(state, slot.model, rests);
  state.health.decided(slot.model, { confidence, ageMs: rests.ageMs, isRefused, features, atMs });
}

/** The numbers that the model's reference speaks of; null where it has none. */
function featuresOf({ context }: EdgeState, model: string, { feeds }: Rested): Float64Array | null {
  const reference = context.watched.find(({ name }) => name === model)?.reference ?? null;
  if (reference === null) return null;
  const row = new Float64Array(reference.features.length);
  return featuresInto(row, reference, feeds) ? row : null;
}
