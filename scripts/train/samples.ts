// What was collected: features as the assembler gave them, and the velocity that the exact planner wanted there. The
// share of a candidate in the answer falls with its distance from that velocity.

import { CANDIDATES, SECTORS, SIDED, WIDTH } from "../../models/local-policy/policy.js";
import type { Random } from "../world/random.js";

export interface Sample {
  readonly features: Float32Array; // WIDTH numbers
  readonly wanted: readonly [number, number]; // m/s, rad/s
}

/** The same situation with left and right exchanged. */
export function mirrored({ features, wanted }: Sample): Sample {
  const other = features.slice();
  for (let sector = 1; sector < SECTORS; sector += 1) other[sector] = features[SECTORS - sector] as number;
  for (const at of SIDED) other[at] = -(features[at] as number);
  return { features: other, wanted: [wanted[0], -wanted[1]] };
}

/** Writes the wanted share of each candidate, all together 1, into `into` from `offset` on. */
export function writeShares(wanted: readonly [number, number], into: Float32Array, offset: number): void {
  const [speedMps, turnRadps] = wanted;
  const speedWide = 0.05 + 0.08 * speedMps;
  const turnWide = 0.06 + 0.12 * Math.abs(turnRadps);
  let sum = 0;
  const distances = CANDIDATES.map(
    ([speed, turn]) => ((speed - speedMps) / speedWide) ** 2 + ((turn - turnRadps) / turnWide) ** 2,
  );
  const least = Math.min(...distances);
  distances.forEach((distance, at) => {
    const share = Math.exp((least - distance) / 2);
    into[offset + at] = share;
    sum += share;
  });
  for (let at = 0; at < CANDIDATES.length; at += 1) into[offset + at] = (into[offset + at] as number) / sum;
}

/** Batches of one pass over the samples in a drawn order, each sample or its mirror image; a last short one is left. */
export function* batches(
  samples: readonly Sample[],
  options: { readonly size: number; readonly draw: Random },
): Generator<{ readonly x: Float32Array; readonly y: Float32Array }> {
  const { size, draw } = options;
  const order = Array.from(samples, (_, at) => at);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = draw.below(at + 1);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  for (let from = 0; from + size <= order.length; from += size) {
    const x = new Float32Array(size * WIDTH);
    const y = new Float32Array(size * CANDIDATES.length);
    for (let row = 0; row < size; row += 1) {
      const drawn = samples[order[from + row] as number] as Sample;
      const sample = draw.next() < 0.5 ? drawn : mirrored(drawn);
      x.set(sample.features, row * WIDTH);
      writeShares(sample.wanted, y, row * CANDIDATES.length);
    }
    yield { x, y };
  }
}
