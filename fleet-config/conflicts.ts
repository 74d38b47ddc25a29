// R1: which destinations must not be held at the same time. Pure. Two destinations conflict when the config names the
// pair, on either side, or when their footprints overlap. The relation is symmetric and no destination conflicts with
// itself.

import { footprintsOverlap } from "../proto/claim.js";
import type { Destination } from "./types.js";

/** For each destination the ids of those that conflict with it, in the order of the config; empty lists included. */
export function conflictsOf(config: { readonly destinations: readonly Destination[] }): Map<string, readonly string[]> {
  const { destinations } = config;
  const pairs = new Map<string, Set<number>>(destinations.map(({ id }) => [id, new Set()]));
  const indexOf = new Map(destinations.map(({ id }, index) => [id, index]));
  const join = (a: number, b: number) => {
    const first = destinations[a];
    const second = destinations[b];
    if (a === b || first === undefined || second === undefined) return;
    pairs.get(first.id)?.add(b);
    pairs.get(second.id)?.add(a);
  };
  destinations.forEach((one, a) => {
    for (const id of one.conflictsWith ?? []) join(a, indexOf.get(id) ?? a);
    for (let b = a + 1; b < destinations.length; b += 1) {
      const other = destinations[b];
      if (other !== undefined && footprintsOverlap(one, other)) join(a, b);
    }
  });
  return new Map(
    destinations.map(({ id }) => {
      const found = [...(pairs.get(id) ?? [])].sort((a, b) => a - b);
      return [id, found.map((index) => destinations[index]?.id ?? "")];
    }),
  );
}
