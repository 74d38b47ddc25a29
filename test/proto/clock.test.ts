// R2, R6: which steps of a machine's clocks end leases and which are only noted.
import fc from "fast-check";
import t from "tap";
import { type ClockAnomaly, type ClockReading, clockAnomaly, SUSPEND_SEEN_MS } from "../../proto/clock.js";
import { readClocks } from "../../proto/codec/clock.js";

const start: ClockReading = { monotonicMs: 1000, bootMs: 5000, wallMs: 1_700_000_000_000 };

function later(monotonicMs: number, bootMs: number, wallMs: number): ClockReading {
  return {
    monotonicMs: start.monotonicMs + monotonicMs,
    bootMs: start.bootMs + bootMs,
    wallMs: start.wallMs + wallMs,
  };
}

t.test("R2 clockAnomaly names what happened between two readings", async (t) => {
  const YEAR_MS = 365 * 86_400_000;
  const cases: readonly [string, ClockReading, ClockAnomaly][] = [
    ["nothing passed", later(0, 0, 0), "none"],
    ["one loop", later(50, 50, 50), "none"],
    ["a long pause of the process", later(60_000, 60_000, 60_000), "none"],
    ["the boot clock is read coarsely", later(50, 50 + SUSPEND_SEEN_MS, 50), "none"],
    ["one ms more", later(50, 51 + SUSPEND_SEEN_MS, 50), "suspended"],
    ["a nap of an hour", later(50, 3_600_050, 3_600_050), "suspended"],
    ["the boot clock lags", later(50, 0, 50), "none"],
    ["back by one ms", later(-1, 50, 50), "backwards"],
    ["back, and a nap", later(-1, 3_600_000, 3_600_000), "backwards"],
    ["wall step of a second is tolerated", later(50, 50, 1050), "none"],
    ["wall step ahead", later(50, 50, 1051), "wall-step"],
    ["wall step back", later(50, 50, -951), "wall-step"],
    ["wall a year ahead", later(50, 50, YEAR_MS), "wall-step"],
    ["wall a year back", later(50, 50, -YEAR_MS), "wall-step"],
  ];
  for (const [name, after, expected] of cases) t.equal(clockAnomaly(start, after), expected, name);
});

t.test("R2 clockAnomaly sees every suspension, whatever the wall clock does", async (t) => {
  const ms = fc.integer({ min: 0, max: 10_000_000 });
  const property = fc.property(ms, ms, fc.integer(), (awakeMs, asleepMs, wallMs) => {
    const found = clockAnomaly(start, later(awakeMs, awakeMs + asleepMs, wallMs));
    return (found === "suspended") === asleepMs > SUSPEND_SEEN_MS;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});

/** A machine whose process loses the processor after some reads of a clock, for so long each. */
function interrupted(lossesMs: readonly number[]) {
  const at = { monotonicMs: 1000, bootMs: 5000, wallMs: 1_700_000_000_000 };
  const left = [...lossesMs];
  const read = (clock: keyof typeof at) => () => {
    const value = at[clock];
    const lossMs = left.shift() ?? 0;
    for (const each of Object.keys(at) as (keyof typeof at)[]) at[each] += lossMs;
    return value;
  };
  const clocks = { monotonicMs: read("monotonicMs"), bootMs: read("bootMs"), wallMs: read("wallMs") };
  const suspend = (ms: number): void => {
    at.bootMs += ms;
    at.wallMs += ms;
  };
  return { clocks, suspend, at };
}

t.test("R2 process that loses the processor between two clocks sees no suspension", (t) => {
  for (let read = 0; read < 4; read += 1) {
    const { clocks } = interrupted([...new Array<number>(read).fill(0), 400]);
    t.equal(clockAnomaly(readClocks(clocks), readClocks(clocks)), "none", `after read ${read} of the first reading`);
    const losses = [...new Array<number>(4 + read).fill(0), 400];
    const second = interrupted(losses);
    const [before, after] = [readClocks(second.clocks), readClocks(second.clocks)];
    t.equal(clockAnomaly(before, after), "none", `after read ${read} of the second reading`);
    t.ok(second.at.monotonicMs - after.monotonicMs <= 400, "the reading is the newest one");
  }
  t.end();
});

t.test("R2 a suspension is seen although the process loses the processor at any read, once a reading is quiet", (t) => {
  const loss = fc.integer({ min: 0, max: 2000 });
  fc.assert(
    fc.property(fc.array(loss, { maxLength: 9 }), fc.integer({ min: 0, max: 5000 }), (losses, asleepMs) => {
      const { clocks, suspend } = interrupted(losses);
      const before = readClocks(clocks);
      suspend(asleepMs);
      const found = clockAnomaly(before, readClocks(clocks));
      return found === (asleepMs > SUSPEND_SEEN_MS ? "suspended" : "none");
    }),
  );
  t.end();
});
