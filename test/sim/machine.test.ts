// The clocks of a simulated machine: what a program reads at a true time under drift, suspension, steps, coarse ticks
// and a reboot, and that a checker can ask for what was so earlier.

import fc from "fast-check";
import t from "tap";
import { MS, SECOND } from "./kernel.js";
import { Machine } from "./machine.js";

const BOOTED_MS = 60_000;

function fresh(): Machine {
  return new Machine("board", { bootedUs: BOOTED_MS * MS, nowUs: 0 });
}

/** Monotonic and boot clock since the start, ms. */
function gone(machine: Machine, nowUs: number): readonly [number, number] {
  const { monotonicMs, bootMs } = machine.read(nowUs);
  t.equal(machine.monotonicMs(nowUs), monotonicMs, "both ways to read it agree");
  return [monotonicMs - BOOTED_MS, bootMs - BOOTED_MS];
}

t.test("all clocks of a sound machine run with true time, in whole milliseconds", (t) => {
  const machine = fresh();
  const start = machine.read(0);
  t.same(start, { monotonicMs: BOOTED_MS, bootMs: BOOTED_MS, wallMs: start.wallMs });
  t.same(gone(machine, 10 * SECOND + 999), [10_000, 10_000]);
  t.equal(machine.read(10 * SECOND).wallMs - start.wallMs, 10_000);
  t.end();
});

t.test("a rate bends monotonic and boot clock from then on, and the timers of the machine with them", (t) => {
  const machine = fresh();
  machine.setRate(1.1, 10 * SECOND);
  t.same(gone(machine, 20 * SECOND), [21_000, 21_000]);
  t.equal(machine.rate, 1.1);
  t.equal(Math.round(machine.lastsUs(1100)), SECOND, "a timer of a quick clock is short");
  machine.setRate(0.9, 20 * SECOND);
  t.same(gone(machine, 30 * SECOND), [30_000, 30_000]);
  t.end();
});

t.test("a suspension stops the monotonic clock and not the boot clock", (t) => {
  const machine = fresh();
  machine.suspend(5 * SECOND);
  t.ok(machine.suspended);
  t.same(gone(machine, 8 * SECOND), [5000, 8000]);
  machine.setRate(0.5, 8 * SECOND);
  t.ok(machine.suspended, "a rate does not end it");
  machine.resume(9 * SECOND);
  t.notOk(machine.suspended);
  t.same(gone(machine, 11 * SECOND), [6000, 9500]);
  t.end();
});

t.test("a step back hits the monotonic clock alone, and never below zero", (t) => {
  const machine = fresh();
  machine.stepBack(3000, 10 * SECOND);
  t.same(gone(machine, 10 * SECOND), [7000, 10_000]);
  t.same(gone(machine, 12 * SECOND), [9000, 12_000]);
  machine.stepBack(10_000_000, 12 * SECOND);
  t.equal(machine.read(12 * SECOND).monotonicMs, 0);
  t.end();
});

t.test("a wall clock jumps, and no other clock with it", (t) => {
  const machine = fresh();
  const before = machine.read(SECOND);
  machine.stepWall(-31_557_600_000);
  t.same(machine.read(SECOND), { ...before, wallMs: before.wallMs - 31_557_600_000 });
  t.end();
});

t.test("a coarse monotonic clock is read in its ticks, and is never ahead", (t) => {
  const machine = fresh();
  machine.setCoarse(20);
  for (const [atUs, expected] of [
    [0, 0],
    [19_999, 0],
    [20_000, 20],
    [39_999, 20],
  ] as const)
    t.equal(gone(machine, atUs)[0], expected);
  machine.setCoarse(1);
  t.equal(gone(machine, 39_999)[0], 39);
  t.end();
});

t.test("a reboot begins all but the wall clock's date anew, also out of a suspension", (t) => {
  const machine = fresh();
  machine.suspend(SECOND);
  machine.reboot(100 * SECOND);
  t.notOk(machine.suspended);
  const { monotonicMs, bootMs } = machine.read(101 * SECOND);
  t.same([monotonicMs, bootMs], [6000, 6000]);
  t.end();
});

t.test("the boot clock can be asked for at an earlier true time, exactly", (t) => {
  const machine = fresh();
  machine.setRate(1.1, 10 * SECOND);
  machine.suspend(20 * SECOND);
  machine.resume(30 * SECOND);
  t.equal(machine.bootUsAt(4 * SECOND), BOOTED_MS * MS + 4 * SECOND);
  t.equal(Math.round(machine.bootUsAt(15 * SECOND)), BOOTED_MS * MS + 15.5 * SECOND);
  t.equal(Math.round(machine.bootUsAt(25 * SECOND)), BOOTED_MS * MS + 26.5 * SECOND, "a suspension counts");
  t.equal(machine.bootUsAt(-1), Number.NEGATIVE_INFINITY, "before it was known");
  t.end();
});

type Deed = { readonly kind: "rate" | "suspend" | "resume" | "coarse"; readonly value: number };

t.test("no drift, suspension or tick makes a clock go back or leave its bounds", (t) => {
  const deed: fc.Arbitrary<Deed> = fc.record({
    kind: fc.constantFrom("rate", "suspend", "resume", "coarse"),
    value: fc.double({ min: -1, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(deed, fc.integer({ min: 1, max: 5_000_000 })), { maxLength: 40 }), (deeds) => {
      const machine = fresh();
      let nowUs = 0;
      let coarse = 1;
      let last = machine.read(0);
      const asked: { readonly atUs: number; readonly bootUs: number }[] = [];
      for (const [{ kind, value }, afterUs] of deeds) {
        if (kind === "rate") machine.setRate(1 + 0.1 * value, nowUs);
        else if (kind === "suspend") machine.suspend(nowUs);
        else if (kind === "resume") machine.resume(nowUs);
        else {
          coarse = value > 0 ? 20 : 1;
          machine.setCoarse(coarse);
        }
        const runs = !machine.suspended;
        nowUs += afterUs;
        const now = machine.read(nowUs);
        const [monotonic, boot] = [now.monotonicMs - last.monotonicMs, now.bootMs - last.bootMs];
        const [least, most] = [(0.9 * afterUs) / MS, (1.1 * afterUs) / MS];
        if (monotonic < -coarse || (kind !== "coarse" && monotonic < 0)) return false;
        if (boot < least - 1 || boot > most + 1) return false;
        if (monotonic > (runs ? most : 0) + 21 || now.monotonicMs > now.bootMs) return false;
        asked.push({ atUs: nowUs, bootUs: machine.bootUsAt(nowUs) });
        last = now;
      }
      return asked.every(({ atUs, bootUs }) => Math.abs(machine.bootUsAt(atUs) - bootUs) < 0.01);
    }),
    { numRuns: 150 },
  );
  t.end();
});

t.test("the true time of a reading is found again, under drift and suspension, and moves with the rate ahead", (t) => {
  const step = fc.record({ afterUs: fc.integer({ min: 1, max: 5 * SECOND }), rate: fc.constantFrom(0.98, 1, 1.02) });
  const property = fc.property(
    fc.array(step, { maxLength: 8 }),
    fc.integer({ min: 0, max: 60 * SECOND }),
    (steps, atUs) => {
      const machine = fresh();
      let nowUs = 0;
      for (const { afterUs, rate } of steps) {
        nowUs += afterUs;
        machine.setRate(rate, nowUs);
      }
      return Math.abs(machine.trueUsAt(machine.bootUsAt(atUs)) - atUs) < 0.01;
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
  t.end();
});
