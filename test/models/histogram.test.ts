// Drift is measured by the population stability index: against its formula, without drift, and with some.

import t from "tap";
import { binOf, stabilityIndex } from "../../models/histogram.js";
import { referenceOf } from "../../models/reference.js";
import { between, type Chance, chanceFrom } from "../proto/true-time.js";

/** Normal, by the sum of twelve. */
function normal(chance: Chance): number {
  let sum = -6;
  for (let one = 0; one < 12; one += 1) sum += chance();
  return sum;
}

function countsOf(edges: readonly number[], values: readonly number[]): readonly number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of values) counts[binOf(edges, value)] = (counts[binOf(edges, value)] ?? 0) + 1;
  return counts;
}

function indexOf(shares: readonly number[], counts: readonly number[], samples = 1e9): number {
  const total = counts.reduce((sum, one) => sum + one, 0);
  return stabilityIndex({ edges: [], shares, samples }, { counts, at: 0, total });
}

t.test("a value lies in the bin whose lower edge it reaches, as a plain count of edges says", (t) => {
  const chance = chanceFrom(7);
  let compared = 0;
  for (let run = 0; run < 200; run += 1) {
    const edges = Array.from({ length: Math.floor(between(chance, 0, 20)) }, () => Math.round(between(chance, -9, 9)));
    const rising = [...new Set(edges)].sort((a, b) => a - b);
    for (const value of [...rising, ...Array.from({ length: 20 }, () => between(chance, -12, 12))]) {
      if (binOf(rising, value) !== rising.filter((edge) => value >= edge).length) t.fail(`${value} in ${rising}`);
      compared += 1;
    }
  }
  t.ok(compared > 4000, `${compared} values`);
  t.equal(binOf([1, 2], Number.NaN), 0);
  t.equal(binOf([1, 2], Number.POSITIVE_INFINITY), 2);
  t.end();
});

t.test("the index is the sum of (p - q) ln(p / q): worked by hand, 0 for equal shares, the same both ways", (t) => {
  const close = (found: number, wanted: number) => t.ok(Math.abs(found - wanted) < 1e-4, `${found}, wanted ${wanted}`);
  close(indexOf([0.5, 0.5], [600_000, 400_000]), 0.1 * Math.log(1.2) - 0.1 * Math.log(0.8));
  close(indexOf([0.1, 0.2, 0.7], [10_000, 20_000, 70_000]), 0);
  close(indexOf([0.1, 0.2, 0.7], [70_000, 20_000, 10_000]), 1.2 * Math.log(7));
  const [p, q] = [
    [0.25, 0.25, 0.5],
    [0.125, 0.5, 0.375],
  ] as const;
  const counts = (shares: readonly number[]) => shares.map((share) => share * 1e6);
  close(indexOf(p, counts(q), 1e6), indexOf(q, counts(p), 1e6));
  t.equal(indexOf([0.5, 0.5], [0, 0]), 0, "nothing counted says nothing");
  t.end();
});

t.test("the index is never negative, and finite also where a bin is empty on either side", (t) => {
  const chance = chanceFrom(11);
  for (let run = 0; run < 500; run += 1) {
    const bins = 2 + Math.floor(chance() * 20);
    const draw = () => Array.from({ length: bins }, () => (chance() < 0.4 ? 0 : Math.floor(chance() * 100)));
    const [expected, counts] = [draw(), draw()];
    const sum = expected.reduce((total, one) => total + one, 0) || 1;
    const shares = expected.map((count) => count / sum);
    const index = indexOf(shares, counts, 1 + Math.floor(chance() * 1000));
    if (!(index >= -1e-12 && Number.isFinite(index))) t.fail(`${index} for ${shares} and ${counts}`);
  }
  t.pass("500 draws");
  t.end();
});

t.test("samples of the same world stay below 0.1, and of one that is a deviation away are beyond 0.25", (t) => {
  const chance = chanceFrom(3);
  const draw = (count: number, shift = 0) => Array.from({ length: count }, () => normal(chance) + shift);
  const made = referenceOf(
    "x",
    draw(5000).map((value) => [value]),
  );
  const [feature] = made.features;
  if (feature === undefined) return t.fail("a feature");
  const reference = { ...feature, samples: made.samples };
  const index = (values: readonly number[]) =>
    stabilityIndex(reference, { counts: countsOf(feature.edges, values), at: 0, total: values.length });
  let [most, sum] = [0, 0];
  for (let run = 0; run < 200; run += 1) {
    const same = index(draw(500));
    most = Math.max(most, same);
    sum += same;
  }
  t.ok(most < 0.1, `at most ${most.toFixed(3)} without drift`);
  const expected = (feature.shares.length - 1) * (1 / 500 + 1 / 5000);
  t.ok(sum / 200 < 1.5 * expected, `${(sum / 200).toFixed(4)} on average, about ${expected.toFixed(4)} by theory`);
  t.ok(index(draw(500, 1)) > 0.25, `${index(draw(500, 1)).toFixed(2)} for a shift of one deviation`);
  t.ok(index(new Array<number>(500).fill(0.1)) > 0.25, "a value that stands still has drifted, too");
  return t.end();
});
