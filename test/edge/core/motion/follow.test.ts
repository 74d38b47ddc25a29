import t from "tap";
import { pursue } from "../../../../edge/core/motion/follow.js";
import type { Path } from "../../../../edge/core/motion/path.js";
import { descend, straighten } from "../../../../edge/core/motion/path.js";
import { solve } from "./dijkstra.js";
import { chanceOf, PHYSICS } from "./world.js";

function aPath(...pointsM: number[]): Path {
  return { targetId: "a", pointsM, reachesTarget: true, detourM: 0 };
}

function at(xM: number, yM: number, headingRad: number, speedMps = 0, path = aPath(0, 0, 20, 0)) {
  const limits = { maxSpeedMps: 2, latencyS: 0.1, periodS: 0.1 };
  const progress = { segment: 0, turning: false };
  return pursue({ path, progress, pose: { xM, yM, headingRad }, speedMps, physics: PHYSICS, limits });
}

t.test("pursuit steers", async (test) => {
  test.equal(at(5, 0, 0, 2).speedMps, 2, "full speed on the straight");
  test.ok(Math.abs(at(5, 0, 0, 2).turnRadps) < 1e-9, "and no turn");
  test.ok(at(5, -0.3, 0, 1).turnRadps > 0, "left, back to the path");
  test.ok(at(5, 0.3, 0, 1).turnRadps < 0, "right, back to the path");
  test.equal(at(5, 0, 2).speedMps, 0, "turns in place when it faces away");
  test.ok(at(5, 0, 2).turnRadps < 0);
  test.ok(at(5, 0, 0, 0.5).speedMps <= 0.5 + 1.2 * 0.2 + 1e-9, "speeds up within the acceleration");
});

t.test("pursuit can always stop at the end of the path, and slows before a corner", async (test) => {
  for (const leftM of [0.1, 0.3, 0.6, 1, 1.5, 2, 3]) {
    const { speedMps } = at(20 - leftM, 0, 0, 2);
    const stopM = speedMps * 0.1 + (speedMps * speedMps) / (2 * PHYSICS.brakeMps2);
    test.ok(stopM <= leftM + 0.05, `${speedMps} m/s with ${leftM} m left`);
  }
  const corner = aPath(0, 0, 4, 0, 4, 4);
  test.equal(at(0.5, 0, 0, 2, corner).speedMps, 2);
  test.ok(at(3.4, 0, 0, 2, corner).speedMps < 1.1);
});

t.test("pursuit follows a path beyond a first straight of any length, without a new plan", async (test) => {
  const path = aPath(0, 0, 3.2, 0, 3.4, 0.1, 3.6, 0.3, 3.8, 0.6, 4, 4);
  const limits = { maxSpeedMps: 0.5, latencyS: 0.1, periodS: 0.1 };
  const progress = { segment: 0, turning: false };
  let [xM, yM, headingRad] = [0, 0, 0];
  for (let tick = 0; tick < 300; tick++) {
    const pose = { xM, yM, headingRad };
    const { speedMps, turnRadps } = pursue({ path, progress, pose, speedMps: 0.4, physics: PHYSICS, limits });
    headingRad += 0.1 * turnRadps;
    xM += 0.1 * speedMps * Math.cos(headingRad);
    yM += 0.1 * speedMps * Math.sin(headingRad);
  }
  test.ok(Math.hypot(xM - 4, yM - 4) < 0.1, `it ends at (${xM}, ${yM})`);
});

t.test("pursuit stays within the base's range wherever the robot is", async (test) => {
  const chance = chanceOf(3);
  for (let run = 0; run < 2000; run++) {
    const pointsM = Array.from({ length: 12 }, () => 10 * chance());
    const found = at(10 * chance(), 10 * chance(), 7 * chance(), 2 * chance(), aPath(...pointsM));
    const isInRange = found.speedMps >= 0 && found.speedMps <= 2 && Math.abs(found.turnRadps) <= PHYSICS.maxTurnRadps;
    if (!isInRange || !Number.isFinite(found.turnRadps)) test.fail(JSON.stringify({ pointsM, found }));
  }
  test.pass("2000 places");
});

t.test("a descent follows the field without cutting a corner, and straightening costs nothing", async (test) => {
  const chance = chanceOf(8);
  for (let run = 0; run < 60; run++) {
    const side = 20;
    const cost = new Float32Array(side * side).map(() => (chance() < 0.25 ? -1 : 1 + 2 * chance()));
    cost[0] = 1;
    const seed = new Float32Array(side * side).fill(1e9);
    seed[0] = 0;
    const { value } = solve({ id: 1, kind: "local", width: side, height: side, cost, seed });
    const field = { width: side, height: side, cost, value };
    for (const start of [399, 210, 57, 380]) {
      const cells = descend(field, start);
      if (cells.length === 0) continue;
      test.equal(cells.at(-1), 0, "ends at the seed");
      for (let step = 1; step < cells.length; step++) {
        const from = cells[step - 1] as number;
        const to = cells[step] as number;
        const corners = [Math.floor(from / side) * side + (to % side), Math.floor(to / side) * side + (from % side)];
        if (corners.some((corner) => (cost[corner] as number) <= 0)) test.fail(`cuts a corner from ${from} to ${to}`);
      }
      const kept = straighten(field, cells);
      test.ok(kept.length <= cells.length && kept[0] === start && kept.at(-1) === 0);
    }
  }
});
