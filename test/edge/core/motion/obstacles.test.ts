// The window's distances to walls against the plain question: from a cell to the nearest edge of any closed cell.
import t from "tap";
import { createSeen } from "../../../../edge/core/motion/scan.js";
import { type Walls, wallsOf } from "../../../../edge/core/motion/walls.js";
import { createWindow, type LocalWindow, localWindow } from "../../../../edge/core/motion/window.js";
import { chanceOf, gridOf, PHYSICS } from "./world.js";

const SIDE = 30;

function randomWalls(seed: number, cellM: number): Walls {
  const chance = chanceOf(seed);
  const row = () => Array.from({ length: SIDE }, () => (chance() < 0.08 ? "#" : ".")).join("");
  return wallsOf(gridOf(Array.from({ length: SIDE }, row), cellM));
}

function fill(window: LocalWindow, walls: Walls, pose: { readonly xM: number; readonly yM: number }): void {
  const siteValue = new Float32Array(walls.grid.width * walls.grid.height);
  const seen = createSeen();
  const at = { ...pose, headingRad: 0 };
  localWindow(window, { walls, siteWalls: walls, physics: PHYSICS, pose: at, seen, avoid: [], siteValue, goal: pose });
}

/** Whether the lattice cell `x`, `y` of the window (0 is the first planned one) lies in a wall or off the map. */
function isClosed(window: LocalWindow, walls: Walls, x: number, y: number): boolean {
  const { grid } = walls;
  const gx = Math.floor((window.originXM + (x + 0.5) * window.cellM - grid.originXM) / grid.cellM);
  const gy = Math.floor((window.originYM + (y + 0.5) * window.cellM - grid.originYM) / grid.cellM);
  const isInside = gx >= 0 && gy >= 0 && gx < grid.width && gy < grid.height;
  return !isInside || grid.blocked[gy * grid.width + gx] !== 0;
}

function naiveWallM(window: LocalWindow, walls: Walls, x: number, y: number): number {
  let bestM = window.reachM;
  const reach = Math.ceil(0.7 * window.rim);
  for (let dy = -reach; dy <= reach; dy += 1) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      if (!isClosed(window, walls, x + dx, y + dy)) continue;
      const cells = Math.hypot(Math.max(0, Math.abs(dx) - 0.5), Math.max(0, Math.abs(dy) - 0.5));
      bestM = Math.min(bestM, cells * window.cellM);
    }
  }
  return bestM;
}

function worstErrorM(window: LocalWindow, walls: Walls): number {
  let worst = 0;
  for (let y = 0; y < window.side; y += 3) {
    for (let x = 0; x < window.side; x += 1) {
      const error = Math.abs((window.wallM[y * window.side + x] as number) - naiveWallM(window, walls, x, y));
      worst = Math.max(worst, error);
    }
  }
  return worst;
}

t.test("a window knows how far each of its cells is from a wall, on maps of coarser cells", async (t) => {
  for (const [seed, cellM] of [0.37, 0.5, 1].entries()) {
    const walls = randomWalls(seed, cellM);
    const window = createWindow({ sideM: 6.4, cellM: 0.1, physics: PHYSICS });
    for (const share of [0.05, 0.5, 0.8]) {
      const pose = { xM: share * SIDE * cellM, yM: (1 - share) * SIDE * cellM };
      fill(window, walls, pose);
      t.ok(worstErrorM(window, walls) < 1e-6, `cells of ${cellM} m, at ${pose.xM} ${pose.yM}`);
    }
  }
});

t.test("a window that has not moved keeps its walls, and measures again on another map", async (t) => {
  const window = createWindow({ sideM: 6.4, cellM: 0.1, physics: PHYSICS });
  const pose = { xM: 7, yM: 7 };
  const [one, other] = [randomWalls(1, 0.5), randomWalls(2, 0.5)];
  fill(window, one, pose);
  const { measured } = window;
  fill(window, one, pose);
  t.equal(window.measured, measured, "the same measurement");
  fill(window, other, pose);
  t.ok(worstErrorM(window, other) < 1e-6, "of the other map");
});
