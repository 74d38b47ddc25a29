// What a model is fed, as the row of numbers that its reference speaks of: the step from a run to the watch over the
// drift of its inputs.

import { elementAt, type NamedTensor } from "./elements.js";
import type { ModelReference } from "./histogram.js";

/**
 * The numbers that a reference speaks of, in its order, out of what a run is fed. False, and `into` is to be thrown
 * away, when one of them is not there.
 */
export function featuresInto(into: Float64Array, reference: ModelReference, feeds: readonly NamedTensor[]): boolean {
  for (let at = 0; at < reference.features.length; at += 1) {
    const { tensor, index } = reference.features[at] as ModelReference["features"][number];
    const feed = tensorOf(feeds, tensor);
    if (feed === undefined || index >= feed.data.length) return false;
    into[at] = elementAt(feed, index);
  }
  return true;
}

function tensorOf(feeds: readonly NamedTensor[], tensor: string): NamedTensor | undefined {
  for (const feed of feeds) if (feed.tensor === tensor) return feed;
  return undefined;
}
