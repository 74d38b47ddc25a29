// Limits of acceleration and jerk, alone and in the guard.
import t from "tap";
import { type GuardContext, guard } from "../../../../edge/core/motion/guard.js";
import { after, type Before, reachableMps } from "../../../../edge/core/motion/rate.js";
import { createSeen, placeScan } from "../../../../edge/core/motion/scan.js";
import { wallsOf } from "../../../../edge/core/motion/walls.js";
import { gridOf, PHYSICS } from "./world.js";

const PERIOD_S = 0.05;
const REST: Before = { speedMps: 0, accelMps2: 0, periodS: PERIOD_S };

/** Speeds commanded one after the other when as much as may be is asked for, towards `wishMps`. */
function climb(wishMps: number, from: Before, ticks: number): number[] {
  const speeds: number[] = [];
  let before = from;
  for (let tick = 0; tick < ticks; tick++) {
    const most = reachableMps(wishMps, before, { speedMps: before.speedMps, physics: PHYSICS });
    before = after(before, Math.sign(wishMps) * Math.min(Math.abs(wishMps), most));
    speeds.push(before.speedMps);
  }
  return speeds;
}

t.test("R11 a speed grows by no more than acceleration and jerk, forwards and backwards", async (test) => {
  for (const wishMps of [PHYSICS.maxSpeedMps, -PHYSICS.maxSpeedMps]) {
    const speeds = [0, ...climb(wishMps, REST, 60)].map(Math.abs);
    const accels = speeds.slice(1).map((speed, tick) => (speed - (speeds[tick] as number)) / PERIOD_S);
    const jerks = accels.slice(1).map((accel, tick) => (accel - (accels[tick] as number)) / PERIOD_S);
    test.ok(Math.max(...accels) <= PHYSICS.accelMps2 + 1e-9, `${Math.max(...accels)} m/s2`);
    test.ok(Math.max(...jerks) <= PHYSICS.accelMps2 / 0.2 + 1e-9, `${Math.max(...jerks)} m/s3`);
    test.equal(speeds.at(-1), PHYSICS.maxSpeedMps, "and reaches what is asked for");
  }
});

t.test("R11 a site may say how fast the acceleration may grow", async (test) => {
  const physics = { ...PHYSICS, jerkMps3: 2 };
  const first = reachableMps(1, REST, { speedMps: 0, physics });
  test.ok(Math.abs(first - 2 * PERIOD_S * PERIOD_S) < 1e-12, `${first} m/s after one period`);
});

t.test("R11 a change of direction begins at rest, and a base that rolls already may go on as it does", async (test) => {
  const forth: Before = { speedMps: 1.5, accelMps2: 1.2, periodS: PERIOD_S };
  const back = reachableMps(-1, forth, { speedMps: 0, physics: PHYSICS });
  test.ok(back < 0.02, `${back} m/s backwards`);
  const rolling = reachableMps(1, REST, { speedMps: 0.8, physics: PHYSICS });
  test.ok(rolling > 0.8 && rolling < 0.9, `${rolling} m/s`);
  test.equal(after(forth, 0.3).accelMps2, 0, "what slows down has no acceleration");
});

t.test("R11 guard grants only what may follow, on the same arc, and always a whole stop", async (test) => {
  const walls = wallsOf(gridOf(Array.from({ length: 20 }, () => ".".repeat(20))));
  const pose = { xM: 10, yM: 10, headingRad: 0, errorM: 0.05 };
  const seen = createSeen();
  const scan = { angleMinRad: 0, angleStepRad: Math.PI / 60, rangeMaxM: 8, rangesM: new Float64Array(120) };
  placeScan(seen, { ...scan, poseAtCapture: pose }, { walls, physics: PHYSICS });
  const context: GuardContext = {
    ...{ pose, speedMps: 0.5, turnRadps: 0, physics: PHYSICS, walls, seen, latencyS: 0.1, holdS: 0.3 },
    ...{ maxSpeedMps: 2, before: { speedMps: 0.5, accelMps2: 0, periodS: PERIOD_S } },
  };
  const verdict = guard({ speedMps: 2, turnRadps: 1 }, context);
  const command = verdict.ok ? verdict.command : { speedMps: 0, turnRadps: 0 };
  test.ok(command.speedMps > 0.5 && command.speedMps <= 0.5 + 0.3 * PERIOD_S + 1e-9, `${command.speedMps} m/s`);
  test.ok(Math.abs(command.turnRadps / command.speedMps - 0.5) < 1e-9);
  test.equal(verdict.ok && verdict.limitedBy, undefined, "that is no veto");
  const stop = guard({ speedMps: 0, turnRadps: 0 }, context);
  test.same(stop.ok && stop.command, { speedMps: 0, turnRadps: 0 });
});
