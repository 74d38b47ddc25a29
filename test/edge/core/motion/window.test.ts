import t from "tap";
import { siteCost, siteSeed } from "../../../../edge/core/motion/costmap.js";
import { extractPath } from "../../../../edge/core/motion/path.js";
import { BEHIND_SEED, refugeSeed } from "../../../../edge/core/motion/refuge.js";
import { createSeen, placeScan, UNMAPPED } from "../../../../edge/core/motion/scan.js";
import { wallGapM, wallsOf } from "../../../../edge/core/motion/walls.js";
import { createWindow, type LocalWindow, localWindow } from "../../../../edge/core/motion/window.js";
import { UNREACHABLE } from "../../../../models/planner.js";
import { solve } from "./dijkstra.js";
import { at } from "./scenarios.js";
import { gridOf, PHYSICS } from "./world.js";

const hall = wallsOf(gridOf(Array.from({ length: 20 }, () => ".".repeat(20))));
const wallWithDoor = wallsOf(gridOf(Array.from({ length: 15 }, (_, row) => (row === 7 ? "......." : "...#..."))));

interface Scene {
  readonly walls?: typeof hall;
  readonly pose?: { xM: number; yM: number; headingRad: number };
  readonly goal?: { xM: number; yM: number };
  readonly others?: readonly { xM: number; yM: number }[];
}

/** A window around a robot, answered by the stand-in for the model. */
function plan(scene: Scene) {
  const walls = scene.walls ?? hall;
  const pose = scene.pose ?? { xM: 5.5, yM: 10.5, headingRad: 0 };
  const goal = scene.goal ?? { xM: 17.5, yM: 10.5 };
  const { width, height } = walls.grid;
  const cost = siteCost(walls, { physics: PHYSICS, avoid: [], blockedAt: [], open: [] });
  const request = { id: 1, kind: "site", width, height, cost, seed: siteSeed(walls, cost, goal) } as const;
  const siteValue = solve(request).value;
  const seen = createSeen();
  for (const other of scene.others ?? []) {
    for (let ray = 0; ray < 40; ray++) {
      const angle = (2 * Math.PI * ray) / 40;
      seen.xM[seen.count] = other.xM + 0.35 * Math.cos(angle);
      seen.yM[seen.count] = other.yM + 0.35 * Math.sin(angle);
      seen.kind[seen.count++] = UNMAPPED;
    }
  }
  seen.unmappedCount = seen.count;
  const window = createWindow({ sideM: 6.4, cellM: 0.1, physics: PHYSICS });
  const input = { walls, siteWalls: walls, physics: PHYSICS, pose, seen, avoid: [], siteValue, goal };
  localWindow(window, input);
  const answer = (): void => {
    const { side } = window;
    const local = { id: 2, kind: "local", width: side, height: side, cost: window.cost, seed: window.seed } as const;
    window.value.set(solve(local).value);
  };
  answer();
  const path = () =>
    extractPath(window, { siteWalls: walls, siteCost: cost, siteValue, pose, target: at("goal", goal.xM, goal.yM) });
  return { window, walls, pose, siteValue, path, answer };
}

function cellOf(window: LocalWindow, xM: number, yM: number): number {
  const x = Math.floor((xM - window.originXM) / window.cellM);
  return Math.floor((yM - window.originYM) / window.cellM) * window.side + x;
}

t.test("a window agrees with the site field on free floor, in metres", async (test) => {
  const { window, path } = plan({});
  const value = window.value[cellOf(window, 5.5, 10.5)] ?? 0;
  test.ok(Math.abs(value - 12) < 1, `${value} m of free floor for 12 m`);
  const found = path();
  test.ok(found !== undefined && Math.abs(found.detourM) < 1, `no detour, found ${found?.detourM}`);
  test.same(found?.pointsM.slice(-2), [17.5, 10.5], "the path ends at the target");
  test.ok(found?.reachesTarget);
});

t.test("a window closes what the disc would touch and leaves a door of one cell open", async (test) => {
  const { window, walls, path } = plan({
    walls: wallWithDoor,
    pose: { xM: 1.6, yM: 6.2, headingRad: 0 },
    goal: { xM: 5.5, yM: 8.5 },
  });
  let closed = 0;
  for (let cell = 0; cell < window.cost.length; cell++) {
    const xM = window.originXM + ((cell % window.side) + 0.5) * window.cellM;
    const yM = window.originYM + (Math.floor(cell / window.side) + 0.5) * window.cellM;
    const nearRobotOrGoal = Math.hypot(xM - 1.6, yM - 6.2) < 0.6 || Math.hypot(xM - 5.5, yM - 8.5) < 0.6;
    if ((window.cost[cell] ?? 0) <= 0) closed++;
    else if (!nearRobotOrGoal && wallGapM(walls, xM, yM, 1) < PHYSICS.radiusM - 0.06) test.fail(`${xM}, ${yM} is open`);
  }
  test.ok(closed > 200, `${closed} cells closed`);
  const points = path()?.pointsM ?? [];
  test.ok(points.length >= 6, "there is a way through the door");
  for (let point = 0; point + 3 < points.length; point += 2) {
    for (let t01 = 0; t01 <= 1; t01 += 0.1) {
      const xM = (points[point] ?? 0) * (1 - t01) + (points[point + 2] ?? 0) * t01;
      const yM = (points[point + 1] ?? 0) * (1 - t01) + (points[point + 3] ?? 0) * t01;
      const gapM = wallGapM(walls, xM, yM, 1);
      if (gapM < PHYSICS.radiusM) test.fail(`the path touches a wall at ${xM}, ${yM}: ${gapM}`);
    }
  }
});

t.test("a path leads round something unmapped on its right-hand side", async (test) => {
  const { path } = plan({ others: [{ xM: 7.5, yM: 10.5 }] });
  const points = path()?.pointsM ?? [];
  let lowest = Infinity;
  let nearest = Infinity;
  for (let point = 0; point + 3 < points.length; point += 2) {
    for (let t01 = 0; t01 <= 1; t01 += 0.05) {
      const xM = (points[point] ?? 0) * (1 - t01) + (points[point + 2] ?? 0) * t01;
      const yM = (points[point + 1] ?? 0) * (1 - t01) + (points[point + 3] ?? 0) * t01;
      nearest = Math.min(nearest, Math.hypot(xM - 7.5, yM - 10.5));
      if (Math.abs(xM - 7.5) < 0.3) lowest = Math.min(lowest, yM);
    }
  }
  test.ok(lowest < 9.8, `passes below, to the right, at y ${lowest}`);
  test.ok(nearest > 0.8, `keeps ${nearest} m from the other's middle`);
});

t.test("something unmapped in the only door makes the way a long detour", async (test) => {
  const scene = { walls: wallWithDoor, pose: { xM: 1.6, yM: 7.5, headingRad: 0 }, goal: { xM: 5.5, yM: 7.5 } };
  const free = plan(scene).path();
  const blocked = plan({ ...scene, others: [{ xM: 3.5, yM: 7.5 }] }).path();
  test.ok(free !== undefined && free.detourM < 1, `free: ${free?.detourM}`);
  test.ok(blocked === undefined || blocked.detourM > 2.2, `blocked: ${blocked?.detourM}`);
});

t.test("a refuge lies beside the blocked way, not on it", async (test) => {
  const scene = plan({ others: [{ xM: 7.7, yM: 10.5 }] });
  const { window, walls: siteWalls, pose, siteValue } = scene;
  test.ok(refugeSeed(window, { siteWalls, physics: PHYSICS, pose, siteValue, pathM: [5.5, 10.5, 17.5, 10.5] }));
  for (let cell = 0; cell < window.seed.length; cell++) {
    const yM = window.originYM + (Math.floor(cell / window.side) + 0.5) * window.cellM;
    if ((window.seed[cell] ?? 0) < BEHIND_SEED && Math.abs(yM - 10.5) < 0.9) test.fail(`a refuge at y ${yM}`);
  }
  scene.answer();
  test.ok((window.value[cellOf(window, 5.5, 10.5)] ?? UNREACHABLE) < 4, "and it is near");
});

t.test("a scan is sorted into walls and other things; a broken one says that nothing is free", async (test) => {
  const rays = 120;
  const rangesM = new Float64Array(rays);
  const angleStepRad = (2 * Math.PI) / rays;
  const poseAtCapture = { xM: 2, yM: 10, headingRad: Math.PI / 2 };
  const scan = { angleMinRad: 0, angleStepRad, rangeMaxM: 8, rangesM, poseAtCapture };
  rangesM[30] = 1.98;
  rangesM[0] = 3;
  rangesM[60] = 8;
  const seen = createSeen();
  placeScan(seen, scan, { walls: hall, physics: PHYSICS });
  const points = Array.from({ length: seen.count }, (_, point) => [seen.kind[point], seen.xM[point], seen.yM[point]]);
  const isNear = (kind: number, xM: number, yM: number): boolean =>
    points.some(([k, x, y]) => k === kind && Math.hypot((x ?? 0) - xM, (y ?? 0) - yM) < 1e-6);
  test.ok(isNear(0, 0.02, 10), "left of the robot is the map's edge");
  test.ok(isNear(1, 2, 13), "ahead is something unmapped");
  test.equal(seen.unmappedCount, 1);
  test.ok(seen.sightM > 5);
  for (const [why, broken] of [
    ["a range that is no number", { rangesM: Float64Array.from(rangesM, (range, ray) => (ray === 7 ? NaN : range)) }],
    ["a negative range", { rangesM: Float64Array.from(rangesM, (range, ray) => (ray === 7 ? -1 : range)) }],
    ["half a circle", { angleStepRad: angleStepRad / 2 }],
    ["no rays", { rangesM: [] }],
    ["too many rays", { rangesM: new Float64Array(1441), angleStepRad: (2 * Math.PI) / 1441 }],
    ["no step", { angleStepRad: 0 }],
  ] as const) {
    placeScan(seen, { ...scan, ...broken }, { walls: hall, physics: PHYSICS });
    test.equal(seen.sightM, 0, why);
  }
});
