// The kernel of the simulator against a sorted list: what is due first happens first, what is due at once happens in an
// order that the seed draws, and nothing happens twice, early or never.

import fc from "fast-check";
import t from "tap";
import { Random } from "../../scripts/world/random.js";
import { Kernel } from "./kernel.js";

/** The order in which things happen that are all due now. */
function orderOfTies(seed: number, count: number): readonly number[] {
  const kernel = new Kernel(new Random(seed));
  const order: number[] = [];
  for (let index = 0; index < count; index += 1) kernel.after(10, () => order.push(index));
  kernel.run(10);
  return order;
}

t.test("the kernel lets things happen in the order of their times, as a sorted list does", (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 200 }), fc.nat(60), fc.nat(), (times, untilUs, seed) => {
      const kernel = new Kernel(new Random(seed));
      const seen: { readonly due: number; readonly atUs: number }[] = [];
      for (const due of times) kernel.after(due, () => seen.push({ due, atUs: kernel.nowUs }));
      kernel.run(untilUs);
      const expected = times.filter((due) => due <= untilUs).sort((one, other) => one - other);
      t.strictSame(
        seen.map(({ due }) => due),
        expected,
      );
      for (const { due, atUs } of seen) if (due !== atUs) throw new Error(`${due} happened at ${atUs}`);
      return kernel.nowUs === untilUs && kernel.done === expected.length;
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("the kernel keeps order among what is asked for while things happen", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 60 }), fc.nat(), (pairs, seed) => {
      const kernel = new Kernel(new Random(seed));
      const at: number[] = [];
      for (const [first, then] of pairs)
        kernel.after(first, () => {
          at.push(kernel.nowUs);
          kernel.after(then, () => at.push(kernel.nowUs));
        });
      kernel.run(40);
      const expected = pairs.flatMap(([first, then]) => [first, first + then]).sort((one, other) => one - other);
      return JSON.stringify(at) === JSON.stringify(expected);
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test(
  "the seed breaks ties: the same order for the same seed, another for another, and no order is preferred",
  (t) => {
    t.same(orderOfTies(1, 20), orderOfTies(1, 20));
    t.notSame(orderOfTies(1, 20), orderOfTies(2, 20));
    t.same(
      [...orderOfTies(3, 20)].sort((one, other) => one - other),
      Array.from({ length: 20 }, (_, index) => index),
    );
    const first = Array.from({ length: 300 }, (_, seed) => orderOfTies(seed, 3)[0]);
    for (const index of [0, 1, 2]) {
      const times = first.filter((found) => found === index).length;
      t.ok(times > 60 && times < 140, `${index} comes first in ${times} of 300 seeds`);
    }
    t.end();
  },
);

t.test("the kernel never goes back: what is asked for the past happens now", (t) => {
  const kernel = new Kernel(new Random(1));
  const at: number[] = [];
  kernel.after(7.6, () => kernel.after(-100, () => at.push(kernel.nowUs)));
  kernel.run(100);
  t.same(at, [8], "whole microseconds");
  t.equal(kernel.nowUs, 100, "a run that nothing happens in any more still takes its time");
  kernel.run(50);
  t.equal(kernel.nowUs, 100);
  t.end();
});

t.test("a run ends early as soon as it is over, and goes on from there", (t) => {
  const kernel = new Kernel(new Random(1));
  const seen: number[] = [];
  for (const due of [1, 2, 3, 4]) kernel.after(due, () => seen.push(due));
  kernel.run(10, () => seen.length === 2);
  t.same([seen, kernel.nowUs, kernel.done], [[1, 2], 2, 2]);
  kernel.run(10);
  t.same([seen, kernel.nowUs, kernel.done], [[1, 2, 3, 4], 10, 4]);
  t.end();
});
