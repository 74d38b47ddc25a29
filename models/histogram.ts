// How the inputs of a model are spread, and how far one spread is from another. Pure, so that the edge's core may
// import it. The reference of a model (`reference.ts`) holds one histogram a feature; the edge counts what it sees into
// the same bins.

/** Bins of values: the first below `edges[0]`, the next from there on, and so forth; one share more than edges. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly shares: readonly number[];
}

/** The spread of one number of an input, where the model was made. */
export interface FeatureReference extends Histogram {
  readonly tensor: string;
  readonly index: number; // into the tensor, row by row
}

/** What the inputs of a model looked like where it was made. */
export interface ModelReference {
  readonly samples: number;
  readonly features: readonly FeatureReference[];
}

/** Most edges of a histogram. */
export const EDGES_MOST = 63;

/** The bin of a value: how many edges are not above it. What is no number falls into the first. */
export function binOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value >= (edges[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Added to the count of each bin on both sides, so that the logarithm of an empty bin exists. */
const SMOOTHING = 0.5;

/**
 * The population stability index of what was counted against a reference: sum over the bins of (p - q) * ln(p / q), p
 * the share counted and q the share expected. It is the symmetric relative entropy of Jeffreys (1946); the use and the
 * convention that 0.1 deserves attention and 0.25 is drift come from credit scoring (Lewis, An Introduction to Credit
 * Scoring, 1994; Siddiqi, Intelligent Credit Scoring, 2017). Without any drift it is near (bins - 1) * (1 / counted + 1
 * / samples) (Yurdakul and Naranjo, Statistical properties of the population stability index, 2020), so that few
 * samples show drift where there is none. 0 where nothing was counted. `counts` from `at` on, one for each bin.
 */
export function stabilityIndex(
  reference: Histogram & { readonly samples: number },
  counted: { readonly counts: ArrayLike<number>; readonly at: number; readonly total: number },
): number {
  const { shares, samples } = reference;
  const { counts, at, total } = counted;
  if (total === 0) return 0;
  const added = SMOOTHING * shares.length;
  let sum = 0;
  for (let bin = 0; bin < shares.length; bin += 1) {
    const p = ((counts[at + bin] as number) + SMOOTHING) / (total + added);
    const q = ((shares[bin] as number) * samples + SMOOTHING) / (samples + added);
    sum += (p - q) * Math.log(p / q);
  }
  return sum;
}
