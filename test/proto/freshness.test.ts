// R6: the age bound against the truth over whole runs, against exact arithmetic, and the verdicts by table.
import fc from "fast-check";
import t from "tap";
import {
  ageBoundMs,
  boardAgeMs,
  type CaptureTime,
  captureBoundMs,
  countRepeats,
  type EchoedSample,
  isCalm,
  isNewer,
  NEVER_FRESH,
  type Repeats,
  type Verdict,
  verdictOf,
  worseVerdict,
} from "../../proto/freshness.js";
import { type Formula, tryFreshness } from "./freshness-trial.js";

const TRIALS = 300;

t.test("R6 ageBoundMs is never lower than the true age, over drawn clocks and networks", async (t) => {
  let judged = 0;
  let before = 0;
  for (let seed = 0; seed < TRIALS; seed += 1) {
    const trial = tryFreshness(seed);
    if (trial.shortMs > 0) t.fail(`seed ${seed}: a bound was ${trial.shortMs} ms short of the truth`);
    if (trial.lateMs > 0) t.fail(`seed ${seed}: earliest capture ${trial.lateMs} ms after the capture`);
    judged += trial.judged;
    before += trial.before;
  }
  t.ok(judged > 100_000, `${judged} bounds were judged`);
  t.ok(before > 10_000, `${before} samples were older than their nonce`);
});

const WRONG: Readonly<Record<string, Formula>> = {
  "drift forgotten": (s) => ageBoundMs({ ...s, rhoHub: 0, rhoRobot: 0 }),
  "hub's drift the wrong way": (s) => ageBoundMs({ ...s, rhoHub: -s.rhoHub }),
  "robot's drift the wrong way": (s) => ageBoundMs({ ...s, rhoRobot: -s.rhoRobot }),
  "capture before the nonce taken for one at its receipt": (s) =>
    ageBoundMs({ ...s, elapsedMs: Math.max(0, s.elapsedMs) }),
  "size of elapsed taken off": (s) => ageBoundMs({ ...s, elapsedMs: Math.abs(s.elapsedMs) }),
  "readings taken for exact": (s) => {
    const before = s.elapsedMs >= 0 ? s.elapsedMs / (1 + s.rhoRobot) : s.elapsedMs / (1 - s.rhoRobot);
    return Math.ceil((s.nowMs - s.nonceSentMs) / (1 - s.rhoHub) - before);
  },
};

t.test("R6 trial finds each wrong formula", async (t) => {
  for (const [name, formula] of Object.entries(WRONG)) {
    let seed = 0;
    while (seed < TRIALS && tryFreshness(seed, formula).shortMs <= 0) seed += 1;
    t.ok(seed < TRIALS, `${name}: found by seed ${seed}`);
  }
});

/** The bound in exact fractions of whole numbers: drifts in thousandths, readings one tick uncertain. */
function exactBound(s: EchoedSample): number {
  const hub = BigInt(Math.round(1000 - 1000 * s.rhoHub));
  const elapsed = BigInt(s.elapsedMs - 1);
  const robot = BigInt(Math.round(1000 + (elapsed >= 0n ? 1000 : -1000) * s.rhoRobot));
  const top = 1000n * (BigInt(s.nowMs - s.nonceSentMs + 1) * robot - elapsed * hub);
  const bottom = hub * robot;
  const floor = top / bottom;
  return Number(top > 0n && top % bottom !== 0n ? floor + 1n : floor);
}

t.test("R6 ageBoundMs agrees with exact arithmetic", async (t) => {
  const ms = fc.integer({ min: 0, max: 100_000_000 });
  const rho = fc.integer({ min: 0, max: 499 }).map((thousandths) => thousandths / 1000);
  const sample = fc.record({
    nowMs: ms,
    nonceSentMs: ms,
    elapsedMs: fc.integer({ min: -50_000_000, max: 50_000_000 }),
    rhoHub: rho,
    rhoRobot: rho,
  });
  const property = fc.property(sample, (s) => {
    const exact = exactBound(s);
    const found = ageBoundMs(s);
    if (exact < -1) return found === NEVER_FRESH;
    return Math.abs(found - exact) <= 1 || (exact <= 1 && found === NEVER_FRESH);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
});

t.test("R6 ageBoundMs counts a capture in the future, and what is no number, as never fresh", async (t) => {
  const honest = { nowMs: 10_000, nonceSentMs: 9000, elapsedMs: 0, rhoHub: 0.1, rhoRobot: 0.1 };
  t.equal(ageBoundMs({ ...honest, elapsedMs: 5000 }), NEVER_FRESH);
  t.equal(ageBoundMs({ ...honest, nonceSentMs: 20_000 }), NEVER_FRESH);
  for (const field of ["nowMs", "nonceSentMs", "elapsedMs"] as const)
    t.equal(ageBoundMs({ ...honest, [field]: Number.NaN }), NEVER_FRESH, `${field} NaN`);
});

t.test("R6 ageBoundMs only grows while nothing is received", async (t) => {
  const sample = { nonceSentMs: 1000, elapsedMs: 300, rhoHub: 0.1, rhoRobot: 0.1 };
  let last = 0;
  for (let nowMs = 1300; nowMs < 40_000; nowMs += 7) {
    const bound = ageBoundMs({ ...sample, nowMs });
    if (bound < last) t.fail(`at ${nowMs}: ${bound} after ${last}`);
    last = bound;
  }
  t.ok(last > 40_000);
});

t.test("R6 boardAgeMs bounds a sample by what it carries, and by nothing else", async (t) => {
  const at = (capturedMs: number): CaptureTime => ({ kind: "monotonic", capturedMs });
  const rows: readonly [string, CaptureTime, number][] = [
    ["captured now", at(1000), 1],
    ["captured long ago", at(400), 601],
    ["a clock that rounds up", at(1002), 1],
    ["from the future", at(1003), NEVER_FRESH],
    ["far from the future", at(9e15), NEVER_FRESH],
    ["fraction of a millisecond", at(999.5), 2],
    ["a tick that was sent", { kind: "tick", tickSentMs: 950 }, 51],
    ["a tick that nobody sent", { kind: "tick", tickSentMs: undefined }, NEVER_FRESH],
    ["neither", { kind: "none" }, NEVER_FRESH],
    ["no number", at(Number.NaN), NEVER_FRESH],
  ];
  for (const [name, capture, expected] of rows) t.equal(boardAgeMs(capture, 1000), expected, name);
  t.equal(captureBoundMs({ kind: "none" }), undefined);
});

t.test("R6 boardAgeMs is never lower than the true age of a capture stamped in whole milliseconds", async (t) => {
  const trueMs = fc.double({ min: 0, max: 1e7, noNaN: true });
  const property = fc.property(trueMs, fc.double({ min: 0, max: 10_000, noNaN: true }), (capturedMs, ageMs) => {
    const capture: CaptureTime = { kind: "monotonic", capturedMs: Math.floor(capturedMs) };
    return boardAgeMs(capture, Math.floor(capturedMs + ageMs)) >= ageMs;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});

t.test("R6 verdicts on a bound, and the worse of two", async (t) => {
  const limit = { limitMs: 5000, lostMs: 30_000 };
  const rows: readonly [number, Verdict, boolean][] = [
    [0, "fresh", true],
    [2500, "fresh", true],
    [2501, "fresh", false],
    [5000, "fresh", false],
    [5001, "late", false],
    [30_000, "late", false],
    [30_001, "lost", false],
    [NEVER_FRESH, "lost", false],
    [Number.NaN, "lost", false],
  ];
  for (const [boundMs, verdict, calm] of rows) {
    t.equal(verdictOf(boundMs, limit), verdict, `${boundMs} ms`);
    t.equal(isCalm(boundMs, limit), calm, `calm at ${boundMs} ms`);
  }
  const verdicts: readonly Verdict[] = ["fresh", "late", "lost"];
  for (const [a, one] of verdicts.entries()) {
    for (const [b, other] of verdicts.entries()) t.equal(worseVerdict(one, other), verdicts[Math.max(a, b)]);
  }
});

t.test("R6 isNewer orders by the sequence of one source alone", async (t) => {
  const last = { source: "boot1", sequence: 9 };
  t.equal(isNewer(undefined, { source: "boot1", sequence: 1 }), true);
  const rows: readonly [string, number, boolean][] = [
    ["boot1", 8, false],
    ["boot1", 9, false],
    ["boot1", 10, true],
    ["boot2", 1, true],
  ];
  for (const [source, sequence, expected] of rows)
    t.equal(isNewer(last, { source, sequence }), expected, `${source} ${sequence}`);
});

t.test("R6 countRepeats counts identical values in a row, like a naive recount", async (t) => {
  const property = fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 40 }), (prints) => {
    let seen: Repeats | undefined;
    return prints.every((fingerprint, index) => {
      seen = countRepeats(seen, fingerprint);
      let naive = 1;
      while (prints[index - naive] === fingerprint) naive += 1;
      return seen.inRow === naive;
    });
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});
