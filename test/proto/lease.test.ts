// R2, R3: the lease arithmetic, by table and over whole runs judged in true time. A harness that cannot find a planted
// fault proves nothing, so each way of getting it wrong must be found too.
import fc from "fast-check";
import t from "tap";
import {
  brakeAheadMs,
  certainlyLapsed,
  commandValidMs,
  hubLeaseEnd,
  hubWaitMs,
  type LeaseConstants,
  mayAct,
  mayActOn,
  mustBrake,
  NEVER,
  NO_LEASE,
  renewalAnswered,
  renewalSent,
} from "../../proto/lease.js";
import { type Breach, type Outcome, tryLease } from "./lease-trial.js";

const usual: LeaseConstants = {
  leaseMs: 3000,
  deadmanMs: 100,
  brakingMs: 800,
  rhoRobot: 0.1,
  rhoHub: 0.1,
  tickMs: 1,
  loopJitterMs: 50,
};

t.test("R3 hubWaitMs gives the numbers of the proof", async (t) => {
  const rows: readonly [number, readonly [number, number, number, number]][] = [
    [0.0002, [1902, 2902, 3903, 5904]],
    [0.001, [1904, 2906, 3908, 5912]],
    [0.01, [1931, 2951, 3971, 6012]],
    [0.1, [2214, 3436, 4658, 7103]],
  ];
  for (const [rho, row] of rows) {
    [1000, 2000, 3000, 5000].forEach((leaseMs, column) => {
      const found = hubWaitMs({ ...usual, leaseMs, rhoRobot: rho, rhoHub: rho });
      t.equal(found, row[column], `rho ${rho}, D ${leaseMs}`);
    });
  }
});

t.test("R2 brakeAheadMs covers braking and dead-man on a fast clock, and the loop's jitter", async (t) => {
  t.equal(brakeAheadMs({ ...usual, rhoRobot: 0.25 }), 1175);
  t.equal(brakeAheadMs({ ...usual, rhoRobot: 0.0002 }), 951);
  t.equal(brakeAheadMs({ ...usual, loopJitterMs: 0, brakingMs: 0, deadmanMs: 1 }), 2, "rounded up");
});

t.test("R2 lease counts from the sending of the renewal that is answered", async (t) => {
  let lease = renewalSent(NO_LEASE, { nonce: 1, sentMs: 1000 });
  lease = renewalSent(lease, { nonce: 2, sentMs: 1400 });
  t.equal(lease.endMs, NEVER, "asking gives no right");
  const answer = { leaseMs: 3000, leaseMostMs: 3000 };
  const first = renewalAnswered(lease, { nonce: 1, ...answer });
  t.equal(first.endMs, 4000);
  const second = renewalAnswered(first, { nonce: 2, ...answer });
  t.equal(second.endMs, 4400);
  t.same(second.pending, []);
  t.equal(renewalAnswered(second, { nonce: 1, ...answer }), second, "a repeated answer changes nothing");
  const late = renewalAnswered(renewalAnswered(lease, { nonce: 2, ...answer }), { nonce: 1, ...answer });
  t.equal(late.endMs, 4400, "an older answer that comes late takes no right away");
});

t.test("R2 lease is not prolonged by an answer to what was never asked", async (t) => {
  const lease = renewalSent(NO_LEASE, { nonce: 7, sentMs: 1000 });
  for (const nonce of [0, 6, 8, 2 ** 40, Number.NaN]) {
    t.equal(renewalAnswered(lease, { nonce, leaseMs: 3000, leaseMostMs: 3000 }), lease, `nonce ${nonce}`);
  }
});

t.test("R2 grant of a lease may shorten D and never lengthen it", async (t) => {
  const lease = renewalSent(NO_LEASE, { nonce: 1, sentMs: 1000 });
  const end = (leaseMs: number, leaseMostMs: number) =>
    renewalAnswered(lease, { nonce: 1, leaseMs, leaseMostMs }).endMs;
  t.equal(end(1000, 3000), 2000);
  t.equal(end(9000, 3000), 4000);
  t.equal(end(10.9, 3000), 1010, "rounded down");
  t.equal(end(0, 3000), NEVER, "0 is no lease");
  t.equal(end(-5, 3000), NEVER);
  t.equal(end(Number.NaN, 3000) > 0, false, "what is no number is no lease");
});

t.test("R13 lease forgets renewals beyond a bound, and their answers with them", async (t) => {
  let lease = NO_LEASE;
  for (let nonce = 1; nonce <= 1000; nonce += 1) lease = renewalSent(lease, { nonce, sentMs: nonce });
  t.equal(lease.pending.length, 64);
  t.equal(renewalAnswered(lease, { nonce: 900, leaseMs: 3000, leaseMostMs: 3000 }).endMs, NEVER);
  t.equal(renewalAnswered(lease, { nonce: 937, leaseMs: 3000, leaseMostMs: 3000 }).endMs, 3937);
});

t.test("R2 lease covers the claims that the newest answered renewal has named, and no other", async (t) => {
  const answer = { leaseMs: 3000, leaseMostMs: 3000 };
  let lease = renewalSent(NO_LEASE, { nonce: 1, sentMs: 1000 });
  lease = renewalSent(lease, { nonce: 2, sentMs: 1400, covers: ["1.7"] });
  lease = renewalSent(lease, { nonce: 3, sentMs: 1800, covers: ["1.8"] });
  const may = (of: typeof lease, token: string, nowMs = 2000) => mayActOn(of, { token, nowMs });
  t.equal(may(lease, "1.7"), false, "asked is not answered");
  const first = renewalAnswered(lease, { nonce: 1, ...answer });
  t.same([mayAct(first, 2000), may(first, "1.7")], [true, false], "a lease for nothing");
  const second = renewalAnswered(first, { nonce: 2, ...answer });
  t.same([may(second, "1.7"), may(second, "1.8"), may(second, "1.70")], [true, false, false]);
  t.same([may(second, "1.7", 4399), may(second, "1.7", 4400)], [true, false], "until its end");
  const third = renewalAnswered(second, { nonce: 3, ...answer });
  t.same([may(third, "1.7"), may(third, "1.8")], [false, true], "the newest answer counts");
  const late = renewalAnswered(renewalAnswered(lease, { nonce: 3, ...answer }), { nonce: 2, ...answer });
  t.same([may(late, "1.7"), may(late, "1.8")], [false, true], "an older answer that comes late does not");
  const refused = renewalAnswered(second, { nonce: 3, leaseMs: 0, leaseMostMs: 3000 });
  t.same([may(refused, "1.7"), may(refused, "1.8")], [true, false], "a refusal names nothing new");
  t.equal(may(NO_LEASE, "1.7"), false);
});

t.test("R2 command is allowed, braked and bounded by the lease's end", async (t) => {
  const lease = { ...NO_LEASE, endMs: 4000 };
  const rows: readonly [number, boolean, boolean, number][] = [
    [0, true, false, 300],
    [2959, true, false, 300],
    [2960, true, true, 300],
    [3700, true, true, 300],
    [3701, true, true, 299],
    [3999, true, true, 1],
    [4000, false, true, 0],
    [9000, false, true, 0],
  ];
  for (const [nowMs, may, must, validMs] of rows) {
    t.equal(mayAct(lease, nowMs), may, `mayAct at ${nowMs}`);
    t.equal(mustBrake(lease, { nowMs, brakeAheadMs: 1040 }), must, `mustBrake at ${nowMs}`);
    t.equal(commandValidMs(lease, { nowMs, deadmanMs: 300 }), validMs, `validity at ${nowMs}`);
  }
  t.equal(mayAct(NO_LEASE, 0), false);
  t.equal(mustBrake(NO_LEASE, { nowMs: 0, brakeAheadMs: 1040 }), true);
  t.equal(commandValidMs(NO_LEASE, { nowMs: 0, deadmanMs: 300 }), 0);
});

t.test("R2 command never outlives the lease, at any time and dead-man", async (t) => {
  const ms = fc.integer({ min: 0, max: 100_000 });
  const property = fc.property(ms, ms, ms, (endMs, nowMs, deadmanMs) => {
    const valid = commandValidMs({ ...NO_LEASE, endMs }, { nowMs, deadmanMs });
    return valid >= 0 && valid <= deadmanMs && (valid === 0 || nowMs + valid <= endMs);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});

t.test("R3 hubLeaseEnd counts from the receipt and never moves back", async (t) => {
  t.equal(hubLeaseEnd(NEVER, { receivedMs: 100, waitMs: 4658 }), 4758);
  t.equal(hubLeaseEnd(9000, { receivedMs: 100, waitMs: 4658 }), 9000);
  t.equal(certainlyLapsed(4758, 4757), false);
  t.equal(certainlyLapsed(4758, 4758), true);
  t.equal(certainlyLapsed(NEVER, 0), true, "what was never given has lapsed");
});

function worst(trials: readonly Outcome[]): number {
  return trials.reduce((most, trial) => Math.max(most, trial.overlapMs), Number.NEGATIVE_INFINITY);
}

t.test(
  "R3 hub is never certain of a lapse while the robot may still move, over drawn clocks and networks",
  async (t) => {
    const trials = Array.from({ length: 300 }, (_, seed) => tryLease({ seed, breach: "none" }));
    const bad = trials.findIndex((trial) => trial.overlapMs > 0);
    t.equal(bad, -1, `seed ${bad}`);
    const acts = trials.reduce((sum, trial) => sum + trial.acts, 0);
    const lapses = trials.reduce((sum, trial) => sum + trial.lapses, 0);
    t.ok(acts > 200_000, `the robots acted ${acts} times`);
    t.ok(lapses > 400, `the hubs saw ${lapses} lapses`);
  },
);

t.test("R3 hub is never early with the slowest robot, the fastest hub and clocks in whole ticks", async (t) => {
  for (const tickMs of [1, 10]) {
    const trials = Array.from({ length: 60 }, (_, seed) => tryLease({ seed, breach: "none", corner: true, tickMs }));
    const most = worst(trials);
    t.ok(most <= 0, `tick ${tickMs} ms: worst overlap ${most} ms`);
    t.ok(most > -20, `and the wait is not much longer than it must be: ${most} ms`);
  }
});

t.test("R3 trial finds each planted fault of the lease", async (t) => {
  const planted: readonly [Breach, boolean][] = [
    ["no-robot-drift", true],
    ["no-robot-drift", false],
    ["no-motion", false],
    ["from-receipt", false],
    ["silence-proves", false],
  ];
  for (const [breach, corner] of planted) {
    let seed = 0;
    while (seed < 100 && tryLease({ seed, breach, corner }).overlapMs <= 0) seed += 1;
    t.ok(seed < 100, `${breach}${corner ? " in the corner" : ""}: found by seed ${seed}`);
  }
});

t.test("R3 trial finds a wait that forgets the tick of the clocks", async (t) => {
  const tickMs = 10;
  let seed = 0;
  while (seed < 200 && tryLease({ seed, breach: "no-tick", corner: true, tickMs }).overlapMs <= 0) seed += 1;
  t.ok(seed < 200, `found by seed ${seed}`);
});
