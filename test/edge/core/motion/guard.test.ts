import fc from "fast-check";
import t from "tap";
import { CREEP_MPS, type GuardContext, guard, unmappedGapM } from "../../../../edge/core/motion/guard.js";
import { createSeen, placeScan, type Seen, UNMAPPED } from "../../../../edge/core/motion/scan.js";
import { wallGapM, wallsOf } from "../../../../edge/core/motion/walls.js";
import { chanceOf, gridOf, PHYSICS } from "./world.js";

const hall = wallsOf(gridOf(Array.from({ length: 20 }, () => ".".repeat(20))));
const corridor = wallsOf(gridOf(["####################", "....................", "####################"]));

/** A scan of nothing but these points, all unmapped. */
function seeing(points: readonly { xM: number; yM: number }[]): Seen {
  const seen = createSeen();
  const rangesM = new Float64Array(120);
  const poseAtCapture = { xM: 0, yM: 0, headingRad: 0 };
  const scan = { angleMinRad: 0, angleStepRad: (2 * Math.PI) / 120, rangeMaxM: 8, rangesM, poseAtCapture };
  placeScan(seen, scan, { walls: hall, physics: PHYSICS });
  for (const point of points) {
    seen.xM[seen.count] = point.xM;
    seen.yM[seen.count] = point.yM;
    seen.kind[seen.count++] = UNMAPPED;
  }
  return seen;
}

function aContext(over: Partial<GuardContext> = {}): GuardContext {
  return {
    pose: { xM: 10, yM: 10, headingRad: 0, errorM: 0.05 },
    speedMps: 0,
    turnRadps: 0,
    physics: PHYSICS,
    walls: hall,
    seen: seeing([]),
    latencyS: 0.1,
    holdS: 0.3,
    maxSpeedMps: PHYSICS.maxSpeedMps,
    ...over,
  };
}

t.test("R11 guard answers the plain cases", async (test) => {
  const free = guard({ speedMps: 2, turnRadps: 0 }, aContext());
  test.same(free, { ok: true, command: { speedMps: 2, turnRadps: 0 }, limitedBy: undefined }, "free floor");
  const refusals = [
    [{ speedMps: Number.NaN, turnRadps: 0 }, {}, "not-finite"],
    [{ speedMps: 1, turnRadps: Number.POSITIVE_INFINITY }, {}, "not-finite"],
    [{ speedMps: 2.01, turnRadps: 0 }, {}, "out-of-range"],
    [{ speedMps: 1, turnRadps: -1.81 }, {}, "out-of-range"],
    [{ speedMps: 1, turnRadps: 0 }, { seen: null }, "no-scan"],
    [{ speedMps: 1, turnRadps: 0 }, { seen: createSeen() }, "no-scan"],
    [{ speedMps: 1, turnRadps: 0 }, { pose: { xM: 19.6, yM: 10, headingRad: 0, errorM: 0 } }, "no-room-map"],
    [{ speedMps: 1, turnRadps: 0 }, { seen: seeing([{ xM: 10.4, yM: 10 }]) }, "no-room-unmapped"],
  ] as const;
  for (const [proposal, over, reason] of refusals) {
    test.same(guard(proposal, aContext(over)), { ok: false, reason }, reason);
  }
});

t.test("R11 guard lets a disc stand, and turn where it stands, whatever is near", async (test) => {
  const near = aContext({ seen: seeing([{ xM: 10.3, yM: 10 }]) });
  test.same(guard({ speedMps: 0, turnRadps: 1 }, near), {
    ok: true,
    command: { speedMps: 0, turnRadps: 1 },
    limitedBy: undefined,
  });
  const rolling = guard({ speedMps: 0, turnRadps: 1 }, { ...near, speedMps: 1 });
  test.same(rolling.ok && rolling.command, { speedMps: 0, turnRadps: 0 }, "brakes before it turns");
});

t.test("R11 guard lets a robot leave what it is too near to, creeping, and not approach it", async (test) => {
  const near = aContext({ seen: seeing([{ xM: 10.42, yM: 10 }]) });
  test.notOk(guard({ speedMps: 1, turnRadps: 0 }, near).ok);
  const away = guard({ speedMps: -1, turnRadps: 0 }, near);
  test.ok(away.ok && away.command.speedMps < 0 && away.command.speedMps >= -CREEP_MPS);
});

t.test("R8 guard obeys the highest speed of the rung, along the same arc", async (test) => {
  const slow = guard({ speedMps: 2, turnRadps: 0.5 }, aContext({ maxSpeedMps: 0.5 }));
  test.same(slow.ok && slow.command, { speedMps: 0.5, turnRadps: 0.125 });
});

t.test("R11 guard slows down smoothly towards something unmapped", async (test) => {
  let before = 0;
  for (const awayM of [0.5, 0.8, 1.2, 2, 3, 5]) {
    const verdict = guard({ speedMps: 2, turnRadps: 0 }, aContext({ seen: seeing([{ xM: 10 + awayM, yM: 10 }]) }));
    const speed = verdict.ok ? verdict.command.speedMps : 0;
    test.ok(speed >= before, `${speed} m/s at ${awayM} m`);
    before = speed;
  }
  test.equal(before, 2, "full speed at 5 m");
});

t.test("R11 guard passes a corridor of one cell", async (test) => {
  const pose = { xM: 3, yM: 1.5, headingRad: 0.02, errorM: 0.05 };
  const verdict = guard({ speedMps: 1, turnRadps: 0 }, aContext({ walls: corridor, pose }));
  test.ok(verdict.ok && verdict.command.speedMps >= 0.5, JSON.stringify(verdict));
});

/** Where a base goes that obeys the command for the reaction time and brakes: small steps, nothing clever. */
function naiveTrack(
  context: GuardContext,
  command: { speedMps: number; turnRadps: number },
): { xM: number; yM: number }[] {
  const track: { xM: number; yM: number }[] = [];
  let { xM, yM, headingRad } = context.pose;
  let v = context.speedMps;
  let w = context.turnRadps;
  const dt = 0.005;
  for (let timeS = 0; timeS < 4; timeS += dt) {
    const isBraking = timeS >= context.latencyS + context.holdS;
    const isObeying = timeS >= context.latencyS;
    const aimV = isBraking ? 0 : isObeying ? command.speedMps : v;
    const rate = Math.abs(aimV) < Math.abs(v) ? context.physics.brakeMps2 : context.physics.accelMps2;
    const ratio = command.turnRadps / command.speedMps;
    const aimW = isBraking ? ratio * v : isObeying ? command.turnRadps : w;
    v += Math.max(-rate * dt, Math.min(rate * dt, aimV - v));
    w += Math.max(-5 * dt, Math.min(5 * dt, aimW - w));
    headingRad += w * dt;
    xM += v * dt * Math.cos(headingRad);
    yM += v * dt * Math.sin(headingRad);
    track.push({ xM, yM });
  }
  return track;
}

t.test("R11 what guard grants touches neither wall nor point, nor leaves our half of a gap", async (test) => {
  const property = fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
    const chance = chanceOf(seed);
    const rows = Array.from({ length: 12 }, () =>
      Array.from({ length: 12 }, () => (chance() < 0.12 ? "#" : ".")).join(""),
    );
    const walls = wallsOf(gridOf(rows));
    const pose = { xM: 2 + 8 * chance(), yM: 2 + 8 * chance(), headingRad: 6.28 * chance(), errorM: 0.05 };
    const points = [0, 1, 2].map(() => ({ xM: pose.xM + 6 * chance() - 3, yM: pose.yM + 6 * chance() - 3 }));
    const startGapM = Math.min(
      wallGapM(walls, pose.xM, pose.yM, 5),
      ...points.map((point) => Math.hypot(point.xM - pose.xM, point.yM - pose.yM) - unmappedGapM(PHYSICS)),
    );
    if (startGapM < PHYSICS.radiusM + 0.03) return true;
    const context = aContext({ walls, pose, seen: seeing(points), speedMps: 2 * chance(), turnRadps: chance() - 0.5 });
    const verdict = guard({ speedMps: 2 * chance(), turnRadps: 3 * chance() - 1.5 }, context);
    if (!verdict.ok || verdict.command.speedMps === 0) return true;
    const slackM = 0.06;
    return naiveTrack(context, verdict.command).every(({ xM, yM }) => {
      if (wallGapM(walls, xM, yM, 5) < PHYSICS.radiusM - slackM) return false;
      return points.every((point) => {
        const dx = point.xM - pose.xM;
        const dy = point.yM - pose.yM;
        const awayM = Math.hypot(dx, dy);
        const towardsM = ((xM - pose.xM) * dx + (yM - pose.yM) * dy) / awayM;
        const isClear = Math.hypot(point.xM - xM, point.yM - yM) >= PHYSICS.radiusM;
        return isClear && towardsM <= (awayM - PHYSICS.radiusM) / 2 + slackM;
      });
    });
  });
  fc.assert(property, { numRuns: 400, seed: 11 });
  test.pass("400 situations");
});
