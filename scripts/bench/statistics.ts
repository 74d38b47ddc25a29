// The arithmetic of the benches. A figure is a median with its quartiles, because one disturbed round must not move it;
// a ratio is taken round by round between two measurements that ran one right after the other, so that what slows the
// machine down slows both.

/** A median with its quartiles, over `count` measurements. */
export interface Spread {
  readonly median: number;
  readonly low: number; // a quarter lies below
  readonly high: number; // a quarter lies above
  readonly count: number;
}

/** "less": a time or a size; "more": a rate. */
export type Better = "less" | "more";

/** The value at a share of sorted values, between neighbours in proportion. Throws RangeError for none. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new RangeError("a quantile needs at least one value");
  return below + (above - below) * (at - Math.floor(at));
}

/** Throws RangeError for no values, or for one that is not finite. */
export function spreadOf(values: readonly number[]): Spread {
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new RangeError(`a measurement must be finite, found ${odd}`);
  const sorted = [...values].sort((a, b) => a - b);
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share)) as [number, number, number];
  return { median, low, high, count: sorted.length };
}

/** What ours costs in units of what the other costs, round by round: 2 is twice as slow, for times and for rates. */
export function costRatios(own: readonly number[], raw: readonly number[], better: Better): readonly number[] {
  if (own.length !== raw.length) throw new RangeError(`expected pairs, found ${own.length} and ${raw.length} values`);
  return own.map((value, index) => {
    const other = raw[index] as number;
    return better === "less" ? value / other : other / value;
  });
}
