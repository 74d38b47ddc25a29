// What a confidence is worth: from the largest share of the softmax to the share of choices that were right. Fitted by
// isotonic regression (pool adjacent violators), so that it never falls, over bins of equal count, so that a few points
// with straight lines between them say it, as the manifest keeps them. Pure.

/** One choice: its raw confidence, 0 to 1, and whether it was right. */
export interface Choice {
  readonly raw: number;
  readonly isRight: boolean;
}

export type Calibration = readonly (readonly [raw: number, right: number])[];

const POINTS_MOST = 40;
const ERROR_BINS = 15;

interface Pool {
  readonly count: number;
  readonly rawSum: number;
  readonly rightSum: number;
}

/** The pool as a point of the calibration. */
function pointOf({ count, rawSum, rightSum }: Pool): readonly [raw: number, right: number] {
  return [rounded(rawSum / count), rounded(rightSum / count)];
}

function merged(a: Pool, b: Pool): Pool {
  return { count: a.count + b.count, rawSum: a.rawSum + b.rawSum, rightSum: a.rightSum + b.rightSum };
}

/**
 * At least two points, rising in both. Below the least raw confidence that was seen it falls to `chance`, where that is
 * given: the raw confidence of knowing nothing, and how often a drawn choice is right. Throws for no choices.
 */
export function calibrationOf(choices: readonly Choice[], chance?: Calibration[number]): Calibration {
  if (choices.length === 0) throw new Error("a calibration needs choices, found none");
  const sorted = choices.toSorted((a, b) => a.raw - b.raw);
  const size = Math.ceil(sorted.length / POINTS_MOST);
  const pools: Pool[] = [];
  for (let from = 0; from < sorted.length; from += size) {
    const bin = sorted.slice(from, from + size);
    const rawSum = bin.reduce((sum, { raw }) => sum + raw, 0);
    pools.push({ count: bin.length, rawSum, rightSum: bin.filter(({ isRight }) => isRight).length });
    for (let last = pools.length - 1; last > 0; last -= 1) {
      const [before, after] = [pools[last - 1] as Pool, pools[last] as Pool];
      const [[raw, right], [nextRaw, nextRight]] = [pointOf(before), pointOf(after)];
      if (raw < nextRaw && right < nextRight) break;
      pools.splice(last - 1, 2, merged(before, after));
    }
  }
  const points = pools.map(pointOf);
  const [first] = points;
  if (chance !== undefined && first !== undefined && chance[0] < first[0] && chance[1] <= first[1])
    points.unshift([rounded(chance[0]), rounded(chance[1])]);
  return points.length > 1 || first === undefined
    ? points
    : [
        [0, first[1]],
        [1, first[1]],
      ];
}

function rounded(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}

/** Straight lines between the points, flat beyond them: as `propose.ts` reads them. */
export function calibrated(points: Calibration, raw: number): number {
  const at = points.findIndex(([x]) => x >= raw);
  if (at <= 0) return (at === 0 ? points[0] : points.at(-1))?.[1] ?? 0;
  const [x0, y0] = points[at - 1] as readonly [number, number];
  const [x1, y1] = points[at] as readonly [number, number];
  return y0 + ((raw - x0) / (x1 - x0)) * (y1 - y0);
}

/** One bar of a reliability diagram: mean confidence and share that was right, of so many choices. */
export interface Bar {
  readonly count: number;
  readonly confidence: number;
  readonly right: number;
}

/** Choices in bins of equal count, by their confidence. */
export function reliability(choices: readonly Choice[], bins = ERROR_BINS): readonly Bar[] {
  const sorted = choices.toSorted((a, b) => a.raw - b.raw);
  const bars: Bar[] = [];
  for (let bin = 0; bin < bins; bin += 1) {
    const part = sorted.slice(Math.floor((bin * sorted.length) / bins), Math.floor(((bin + 1) * sorted.length) / bins));
    if (part.length === 0) continue;
    const confidence = part.reduce((sum, { raw }) => sum + raw, 0) / part.length;
    bars.push({ count: part.length, confidence, right: part.filter(({ isRight }) => isRight).length / part.length });
  }
  return bars;
}

/** Expected calibration error: mean distance between confidence and share that was right, over bins of equal count. */
export function calibrationError(choices: readonly Choice[]): number {
  const bars = reliability(choices);
  const sum = bars.reduce((total, { count, confidence, right }) => total + count * Math.abs(confidence - right), 0);
  return choices.length === 0 ? 0 : sum / choices.length;
}
