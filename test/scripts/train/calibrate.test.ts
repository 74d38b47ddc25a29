// What a confidence is worth: the calibration rises, says what was fitted, and brings the error down.

import fc from "fast-check";
import t from "tap";
import {
  type Choice,
  calibrated,
  calibrationError,
  calibrationOf,
  reliability,
} from "../../../scripts/train/calibrate.js";
import { Random } from "../../../scripts/world/random.js";

/** Choices that are right with half the chance that they claim. */
function boasts(seed: string, count: number): readonly Choice[] {
  const draw = new Random(seed);
  return Array.from({ length: count }, () => {
    const raw = draw.next();
    return { raw, isRight: draw.next() < raw / 2 };
  });
}

t.test("calibration rises in both, whatever the choices", (t) => {
  const choice = fc.record({ raw: fc.double({ min: 0, max: 1, noNaN: true }), isRight: fc.boolean() });
  fc.assert(
    fc.property(fc.array(choice, { minLength: 1, maxLength: 200 }), (choices) => {
      const points = calibrationOf(choices);
      const rises = points.every(([raw, right], at) => {
        const before = points[at - 1];
        return before === undefined || (raw > before[0] && right >= before[1]);
      });
      return (
        rises && points.length >= 2 && points.length <= 64 && points.every(([, right]) => right >= 0 && right <= 1)
      );
    }),
  );
  t.same(calibrationOf(boasts("fit", 400), [0.001, 0])[0], [0.001, 0], "what nothing was seen of is chance");
  t.throws(() => calibrationOf([]), /found none/);
  t.end();
});

t.test("calibrated confidence is the share that was right, on choices that it never saw", (t) => {
  const points = calibrationOf(boasts("fit", 4000));
  const held = boasts("held", 4000);
  const after = held.map(({ raw, isRight }) => ({ raw: calibrated(points, raw), isRight }));
  const [before, now] = [calibrationError(held), calibrationError(after)];
  t.ok(before > 0.2, `${before} before`);
  t.ok(now < 0.04, `${now} after`);
  for (const { confidence, right } of reliability(after, 5)) t.ok(Math.abs(confidence - right) < 0.06);
  t.end();
});

t.test("calibrated confidence lies on straight lines between the points, flat beyond", (t) => {
  const points = [
    [0.2, 0.1],
    [0.6, 0.5],
  ] as const;
  for (const [raw, expected] of [
    [0, 0.1],
    [0.2, 0.1],
    [0.4, 0.3],
    [0.6, 0.5],
    [1, 0.5],
  ] as const)
    t.ok(Math.abs(calibrated(points, raw) - expected) < 1e-12, `${raw} gives ${expected}`);
  t.equal(calibrationError([]), 0);
  t.end();
});
