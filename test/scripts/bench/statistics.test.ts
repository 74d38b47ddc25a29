// The arithmetic of the benches: quartiles, and ratios taken round by round.

import t from "tap";
import { alone, beside } from "../../../scripts/bench/bench.js";
import { interleave } from "../../../scripts/bench/rounds.js";
import { costRatios, quantile, spreadOf } from "../../../scripts/bench/statistics.js";

t.test("quantile takes the value at a share, between neighbours in proportion", async (t) => {
  const table: readonly (readonly [readonly number[], number, number])[] = [
    [[7], 0, 7],
    [[7], 1, 7],
    [[1, 2], 0.5, 1.5],
    [[1, 2, 3], 0.5, 2],
    [[1, 2, 3, 4, 5], 0.25, 2],
    [[0, 10], 0.9, 9],
    [[0, 10, 100], 1, 100],
  ];
  for (const [sorted, share, expected] of table) t.equal(quantile(sorted, share), expected, `${sorted} at ${share}`);
  t.throws(() => quantile([], 0.5), { message: "a quantile needs at least one value" });
});

t.test("spread is the median with its quartiles, whatever the order", async (t) => {
  t.same(spreadOf([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4, count: 5 });
  t.same(spreadOf([10, 9]), { median: 9.5, low: 9.25, high: 9.75, count: 2 });
  t.same(spreadOf([2, 2, 2, 2, 1000]), { median: 2, low: 2, high: 2, count: 5 }, "one disturbed round moves nothing");
  const values = [3, 1, 2];
  spreadOf(values);
  t.same(values, [3, 1, 2], "the values keep their order");
});

t.test("spread refuses nothing to measure and what is no number", async (t) => {
  t.throws(() => spreadOf([]), RangeError);
  t.throws(() => spreadOf([1, Number.NaN]), { message: "a measurement must be finite, found NaN" });
  t.throws(() => spreadOf([1, Number.POSITIVE_INFINITY]), { message: /found Infinity/ });
});

t.test("cost ratio is above 1 where ours costs more, for times and for rates", async (t) => {
  t.same(costRatios([2, 6], [1, 3], "less"), [2, 2], "twice the time");
  t.same(costRatios([50, 50], [100, 200], "more"), [2, 4], "half the rate, a quarter");
  t.same(costRatios([1], [4], "less"), [0.25]);
  t.throws(() => costRatios([1, 2], [1], "less"), { message: "expected pairs, found 2 and 1 values" });
});

t.test("cost ratio goes by rounds, so that noise which hits both is no difference", async (t) => {
  const row = beside({ figure: "f", unit: "ms" }, { own: [2, 20, 200], raw: [1, 10, 100] }, { what: "raw" });
  t.same(row.ratio, { median: 2, low: 2, high: 2, count: 3 });
  t.match(row, { own: { median: 20 }, raw: { what: "raw", spread: { median: 10 } } });
  t.same(alone("f", "ms", [1]), {
    ...{ figure: "f", unit: "ms", own: { median: 1, low: 1, high: 1, count: 1 }, raw: null, ratio: null },
  });
});

t.test("rounds take the contestants in turn and do not count the first ones", async (t) => {
  const order: string[] = [];
  const measure = (name: string) => async (): Promise<number> => {
    order.push(name);
    return order.length;
  };
  const [a, b] = await interleave([measure("a"), measure("b")] as const, { rounds: 2, warmUp: 1 });
  t.equal(order.join(""), "ababab");
  t.same(
    [a, b],
    [
      [3, 5],
      [4, 6],
    ],
  );
});
