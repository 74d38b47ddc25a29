// The simulated motor controller: watchdog, rules of sequence and age, braking, and that a stall hides nothing.

import t from "tap";
import {
  advance,
  collide,
  type Drive,
  inhibit,
  isAtRest,
  permit,
  receive,
  type SetPoint,
  startDrive,
} from "../../../scripts/world/physics.js";
import { Random } from "../../../scripts/world/random.js";
import { aSetPoint, LIMITS } from "./helpers.js";

function aDrive(): Drive {
  return startDrive({ xM: 0, yM: 0, headingRad: 0 }, 0);
}

function until(drive: Drive, toMs: number): Drive {
  return advance(drive, { toMs, limits: LIMITS, random: new Random(1) });
}

function obeying(drive: Drive, setPoint: Partial<SetPoint>): Drive {
  const got = receive(drive, aSetPoint(setPoint), LIMITS);
  if (got.refusal !== null) throw new Error(`expected the set-point to be applied, found "${got.refusal}"`);
  return got.drive;
}

/** Driven at full speed by fresh commands until `toMs`, one each 100 ms, the last one at `toMs`. */
function driven(toMs: number): Drive {
  let drive = aDrive();
  for (let now = 0; now <= toMs; now += 100) {
    drive = obeying(until(drive, now), { sequence: now / 100 + 1, speedMps: 9, sentMonotonicMs: now });
  }
  return drive;
}

t.test("R2 the watchdog stops the base valid_for_ms after receipt, and at the dead-man time at most", async (t) => {
  for (const [validForMs, expiresMs] of [
    [100, 100],
    [300, 300],
    [5000, 300],
  ] as const) {
    const drive = obeying(aDrive(), { validForMs });
    const atEnd = until(drive, expiresMs);
    const speedAtEnd = atEnd.speedMps;
    t.ok(Math.abs(speedAtEnd - expiresMs / 1000) < 1e-9, `it accelerates for ${expiresMs} ms, to ${speedAtEnd}`);
    t.ok(until(drive, expiresMs + 10).speedMps < speedAtEnd, `and brakes right after ${expiresMs} ms`);
    t.equal(until(drive, expiresMs + (speedAtEnd / LIMITS.brakeMps2) * 1000 + 1).speedMps, 0, "to rest");
  }
});

t.test("R2 the base stands within dead-man plus braking time, and within the braking distance", async (t) => {
  const drive = driven(3000);
  t.equal(drive.speedMps, LIMITS.maxSpeedMps, "it goes at its highest speed");
  const expired = until(drive, 3000 + LIMITS.deadmanMs);
  const brakingMs = (LIMITS.maxSpeedMps / LIMITS.brakeMps2) * 1000;
  t.not(until(expired, expired.atMs + brakingMs - 20).speedMps, 0, "not before the braking time");
  const stands = until(expired, expired.atMs + brakingMs + 1);
  t.equal(stands.speedMps, 0);
  const brakingM = (LIMITS.maxSpeedMps * LIMITS.maxSpeedMps) / (2 * LIMITS.brakeMps2);
  t.ok(Math.abs(stands.xM - expired.xM - brakingM) < 0.03 * brakingM, `it took ${stands.xM - expired.xM} m`);
  t.ok(isAtRest(stands));
});

t.test("R2 a stall of any length changes nothing of the watchdog", async (t) => {
  const drive = driven(2000);
  const atOnce = until(drive, 600_000);
  let inSteps = drive;
  for (let now = 2000; now <= 5000; now += 7) inSteps = until(inSteps, now);
  t.equal(atOnce.speedMps, 0);
  t.equal(atOnce.atMs, 600_000);
  t.ok(Math.abs(atOnce.xM - inSteps.xM) < 0.02, `${atOnce.xM} and ${inSteps.xM}`);
});

t.test("R2 a set-point is refused by its sequence, its age and its numbers", async (t) => {
  const moving = until(obeying(aDrive(), { sequence: 10 }), 100);
  const stoppedByZero = until(obeying(moving, { sequence: 11, speedMps: 0, sentMonotonicMs: 100 }), 390);
  const standing = until(moving, 2000);
  const table: readonly (readonly [string, Drive, Partial<SetPoint>, string | null])[] = [
    ["a higher one", moving, { sequence: 11, sentMonotonicMs: 100 }, null],
    ["the same one again", moving, { sequence: 10, sentMonotonicMs: 100 }, "sequence"],
    ["a lower one while the watchdog runs", moving, { sequence: 9, sentMonotonicMs: 100 }, "sequence"],
    ["a lower one while it stands under a command", stoppedByZero, { sequence: 1, sentMonotonicMs: 390 }, "sequence"],
    ["a lower one once it stands and nothing is followed", standing, { sequence: 1, sentMonotonicMs: 2000 }, null],
    ["one as old as it is valid", moving, { sequence: 11, sentMonotonicMs: 0, validForMs: 100 }, null],
    ["one older than it is valid", moving, { sequence: 11, sentMonotonicMs: -1, validForMs: 100 }, "old"],
    ["a higher one, old, while it stands", standing, { sequence: 11, sentMonotonicMs: 1000 }, "old"],
    ["no number", moving, { sequence: 11, speedMps: Number.NaN, sentMonotonicMs: 100 }, "not-finite"],
    ["an infinite turn", moving, { sequence: 11, turnRadps: Number.POSITIVE_INFINITY }, "not-finite"],
    ["a negative validity", moving, { sequence: 11, validForMs: -1 }, "not-finite"],
  ];
  for (const [name, drive, setPoint, refusal] of table) {
    const got = receive(drive, aSetPoint(setPoint), LIMITS);
    t.equal(got.refusal, refusal, name);
    if (refusal !== null) t.equal(got.drive, drive, `${name}: nothing changes`);
  }
});

t.test("an inhibited base brakes, takes only stops, and moves again once permitted", async (t) => {
  const stopped = inhibit(driven(2000));
  t.equal(receive(stopped, aSetPoint({ sequence: 99, sentMonotonicMs: 2000 }), LIMITS).refusal, "inhibited");
  t.equal(receive(stopped, aSetPoint({ sequence: 99, speedMps: 0, sentMonotonicMs: 2000 }), LIMITS).refusal, null);
  const slower = until(stopped, 2010);
  t.ok(slower.speedMps < stopped.speedMps && slower.speedMps > 0, "it brakes, it does not jump to rest");
  t.equal(receive(permit(stopped), aSetPoint({ sequence: 99, sentMonotonicMs: 2000 }), LIMITS).refusal, null);
  t.equal(collide(driven(2000)).speedMps, 0, "an obstacle takes all the speed");
});

t.test("speed and turn stay within the limits, and a reversal passes through rest", async (t) => {
  let drive = obeying(driven(3000), { sequence: 50, speedMps: -9, turnRadps: 99, sentMonotonicMs: 3000 });
  let last = drive;
  for (let now = 3000; now <= 6000; now += 10) {
    last = drive;
    const asked = aSetPoint({ sequence: 100 + now, speedMps: -9, turnRadps: 99, sentMonotonicMs: now });
    drive = receive(until(drive, now), asked, LIMITS).drive;
    const within = Math.abs(drive.speedMps) <= LIMITS.maxSpeedMps && Math.abs(drive.turnRadps) <= LIMITS.maxTurnRadps;
    if (!within) t.fail(`beyond the limits at ${now}`);
    const rate = drive.speedMps < 0 ? LIMITS.accelMps2 : LIMITS.brakeMps2;
    if (Math.abs(drive.speedMps - last.speedMps) > rate * 0.01 + 1e-9) t.fail(`speed jumps at ${now}`);
    if (drive.travelledM < last.travelledM) t.fail("the wheels' count falls");
  }
  t.equal(drive.speedMps, -LIMITS.maxSpeedMps);
});

t.test("slip is small and comes from the seed alone", async (t) => {
  const path = (seed: number): Drive => advance(driven(3000), { toMs: 3200, limits: LIMITS, random: new Random(seed) });
  t.same(path(1), path(1));
  t.notSame(path(1), path(2));
  const moved = path(3);
  t.ok(Math.abs(moved.xM - moved.travelledM) < 0.03 * moved.travelledM, "within three percent of the wheels");
});
