// A failing run made smaller: faults of its plan are left out, half of them at a time and then one by one, as long as
// the run still fails in the same checker. What is left is what the failure needs.

import { simulate } from "./simulate.js";
import type { Outcome, RunOptions } from "./world.js";

export interface Smaller {
  readonly outcome: Outcome;
  readonly without: ReadonlySet<number>;
  readonly runs: number;
}

/** Null when the run does not fail. `most`: runs to spend. */
export function minimise(options: RunOptions, most = 400): Smaller | null {
  const first = simulate(options);
  const wanted = first.failure;
  if (wanted === null) return null;
  let best = { outcome: first, without: new Set(options.without ?? []) };
  let runs = 1;
  const fails = (without: Set<number>): boolean => {
    if (runs >= most) return false;
    runs += 1;
    const outcome = simulate({ ...options, without });
    const same = outcome.failure?.class === wanted.class && outcome.failure.checker === wanted.checker;
    if (same) best = { outcome, without };
    return same;
  };
  const left = (): number[] => best.outcome.faults.map(({ index }) => index);
  for (let size = Math.ceil(left().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left().length; ) {
      const dropped = left().slice(at, at + size);
      if (!fails(new Set([...best.without, ...dropped]))) at += size;
    }
  }
  return { ...best, runs };
}
