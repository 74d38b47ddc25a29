// The simulated lidar against naive marching, its noise, and its price.

import t from "tap";
import type { Grid } from "../../../fleet-config/grid.js";
import { castDisc, castGrid, LIDAR, type Ray, scan } from "../../../scripts/world/lidar.js";
import { Random } from "../../../scripts/world/random.js";
import { aGrid, anEmptyGrid } from "./helpers.js";

const STEP_M = 0.0005;

function isBlocked(grid: Grid, xM: number, yM: number): boolean {
  const x = Math.floor((xM - grid.originXM) / grid.cellM);
  const y = Math.floor((yM - grid.originYM) / grid.cellM);
  return x < 0 || y < 0 || x >= grid.width || y >= grid.height || grid.blocked[y * grid.width + x] === 1;
}

function marched(grid: Grid, ray: Ray, rangeM: number): number {
  for (let step = 0; step * STEP_M < rangeM; step += 1) {
    if (isBlocked(grid, ray.xM + step * STEP_M * ray.dx, ray.yM + step * STEP_M * ray.dy)) return step * STEP_M;
  }
  return rangeM;
}

function aRandomGrid(random: Random): Grid {
  const grid = { ...anEmptyGrid(24, 18, 0.37), originXM: -3.3, originYM: 1.7 };
  return { ...grid, blocked: grid.blocked.map(() => (random.next() < 0.12 ? 1 : 0)) };
}

t.test("castGrid agrees with naive marching on random maps", async (t) => {
  const random = new Random("lidar");
  let corners = 0;
  for (let n = 0; n < 400; n += 1) {
    const grid = aRandomGrid(random);
    const angle = n % 40 === 0 ? (n / 40) * (Math.PI / 2) : random.between(0, 2 * Math.PI);
    const at = { xM: random.between(-3.3, 5.5), yM: random.between(1.7, 8.3) };
    const ray = { ...at, dx: Math.cos(angle), dy: Math.sin(angle) };
    const exact = castGrid(grid, ray, 8);
    const naive = marched(grid, ray, 8);
    // Marching can step over a corner that the ray cuts; then the exact answer is shorter and lies in a blocked cell.
    const ahead = exact + 1e-9;
    const cut = exact < naive && isBlocked(grid, ray.xM + ahead * ray.dx, ray.yM + ahead * ray.dy);
    if (cut && naive - exact > 2 * STEP_M) corners += 1;
    if (Math.abs(exact - naive) > 2 * STEP_M && !cut) t.fail(`ray ${n}: exact ${exact}, marched ${naive}`);
  }
  t.ok(corners < 10, `${corners} corners were stepped over by marching`);
});

t.test("castGrid measures straight down an axis, exactly, and stops at the map's border", async (t) => {
  const grid = aGrid(["......", "....#.", "......"]);
  t.equal(castGrid(grid, { xM: 0.25, yM: 1.5, dx: 1, dy: 0 }, 8), 3.75);
  t.equal(castGrid(grid, { xM: 0.25, yM: 1.5, dx: -1, dy: 0 }, 8), 0.25);
  t.equal(castGrid(grid, { xM: 4.5, yM: 0.5, dx: 0, dy: 1 }, 8), 0.5);
  t.equal(castGrid(grid, { xM: 4.5, yM: 1.5, dx: 0, dy: 1 }, 8), 0, "from inside a blocked cell");
  t.equal(castGrid(grid, { xM: 0.25, yM: 0.5, dx: 1, dy: 0 }, 2), 2, "no farther than the range");
});

t.test("castDisc meets the near side of a disc, and misses what is beside or behind", async (t) => {
  const disc = { xM: 5, yM: 0, radiusM: 0.5 };
  t.equal(castDisc(disc, { xM: 0, yM: 0, dx: 1, dy: 0 }), 4.5);
  t.equal(castDisc(disc, { xM: 0, yM: 0, dx: -1, dy: 0 }), Number.POSITIVE_INFINITY);
  t.equal(castDisc(disc, { xM: 0, yM: 0.6, dx: 1, dy: 0 }), Number.POSITIVE_INFINITY);
  t.equal(castDisc(disc, { xM: 5.1, yM: 0, dx: 1, dy: 0 }), 0);
});

t.test("scan sees another robot in the ray that points at it, in the robot frame", async (t) => {
  const grid = anEmptyGrid(40, 40);
  const spec = { rays: 120, rangeMaxM: 8, sigmaM: 0.01 };
  const place = { xM: 20, yM: 20, headingRad: Math.PI / 2 };
  const ahead = { xM: 20, yM: 23, radiusM: 0.4 };
  const far = { xM: 20, yM: 10, radiusM: 0.4 };
  const ranges = scan(place, { grid, discs: [ahead, far], spec, random: new Random(1) });
  t.equal(ranges.length, 120);
  t.ok(Math.abs((ranges[60] ?? 0) - 2.6) < 0.06, `straight ahead: ${ranges[60]}`);
  t.ok((ranges[0] ?? 0) >= 8, "nothing behind within range");
  t.ok((ranges[90] ?? 0) >= 8, "nothing on the left");
});

t.test("R6 two scans of a live lidar are never identical, not even where nothing returns", async (t) => {
  const scene = { grid: anEmptyGrid(40, 40), discs: [], spec: LIDAR, random: new Random(5) };
  const place = { xM: 20, yM: 20, headingRad: 0 };
  const seen = new Set<string>();
  for (let n = 0; n < 200; n += 1) {
    const ranges = scan(place, scene);
    t.ok(
      ranges.every((range) => range >= LIDAR.rangeMaxM),
      "no return is told as the longest range or more",
    );
    seen.add(Float32Array.from(ranges).join());
  }
  t.equal(seen.size, 200);
});

t.test("scan noise has the deviation it claims", async (t) => {
  const grid = aGrid(["..........", "..........", ".........."]);
  const spec = { rays: 4, rangeMaxM: 8, sigmaM: 0.01 };
  const random = new Random(9);
  const errors: number[] = [];
  for (let n = 0; n < 2000; n += 1) {
    const [back = 0] = scan({ xM: 3, yM: 1.5, headingRad: 0 }, { grid, discs: [], spec, random });
    errors.push(back - 3);
  }
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const sigma = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length);
  t.ok(Math.abs(mean) < 0.001 && Math.abs(sigma - 0.01) < 0.001, `mean ${mean}, deviation ${sigma}`);
});

t.test("eight lidars at 10 Hz cost less than a twentieth of a core", async (t) => {
  const random = new Random("price");
  const grid = { ...anEmptyGrid(400, 400, 0.1) };
  const discs = Array.from({ length: 8 }, () => ({
    xM: random.between(5, 35),
    yM: random.between(5, 35),
    radiusM: 0.4,
  }));
  const once = (): void => {
    for (const disc of discs) {
      const place = { ...disc, headingRad: random.next() };
      scan(place, { grid, discs: discs.filter((other) => other !== disc), spec: LIDAR, random });
    }
  };
  for (let n = 0; n < 20; n += 1) once();
  const before = process.cpuUsage();
  for (let n = 0; n < 50; n += 1) once();
  const used = process.cpuUsage(before);
  const share = (used.user + used.system) / 1_000_000 / 5; // fifty rounds are five seconds of the world
  t.comment(`${(share * 100).toFixed(2)} % of a core`);
  t.ok(share < 0.05, `${(share * 100).toFixed(2)} % of a core`);
});
