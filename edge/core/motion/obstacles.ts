// Distances in the local window: from every cell to the nearest wall and to the nearest thing that is not on the map.
// Stamped around each obstacle, exact to the cell; capped at the window's reach. Nothing is allocated.
import { fallDirection } from "./costmap.js";
import { type Seen, UNMAPPED } from "./scan.js";
import { type Physics, type Pose, scaleOf } from "./types.js";
import type { Walls } from "./walls.js";

/** The window's frame and its distance fields, which have a rim of `rim` cells all around the planned cells. */
export interface Obstacles {
  readonly side: number;
  readonly cellM: number;
  readonly originXM: number;
  readonly originYM: number;
  readonly rim: number;
  readonly reachM: number;
  readonly wallM: Float32Array;
  readonly unmappedM: Float32Array;
  /** 1 where a cell lies left of something unmapped, as seen along the route. */
  readonly left: Uint8Array;
}

export interface UnmappedInput {
  readonly siteWalls: Walls;
  readonly siteValue: Float32Array;
  readonly physics: Physics;
  readonly pose: Pose;
  readonly seen: Seen;
}

/** Distance from each cell's centre to the nearest blocked square of the map. */
export function fillWalls(window: Obstacles, walls: Walls): void {
  if (walls.grid.cellM <= 1.01 * window.cellM) readWalls(window, walls);
  else stampWalls(window, walls);
}

/** Map cells no larger than the window's: the map's own exact gaps serve. */
function readWalls(window: Obstacles, walls: Walls): void {
  const { rim, cellM, wallM, reachM } = window;
  const { grid, gapM } = walls;
  const full = window.side + 2 * rim;
  for (let y = 0; y < full; y++) {
    const gy = Math.floor((window.originYM + (y - rim + 0.5) * cellM - grid.originYM) / grid.cellM);
    for (let x = 0; x < full; x++) {
      const gx = Math.floor((window.originXM + (x - rim + 0.5) * cellM - grid.originXM) / grid.cellM);
      const isInside = gx >= 0 && gy >= 0 && gx < grid.width && gy < grid.height;
      wallM[y * full + x] = isInside ? Math.min(reachM, gapM[gy * grid.width + gx] as number) : 0;
    }
  }
}

/** Map cells larger than the window's: every wall cell that has a free neighbour stamps its distances around itself. */
function stampWalls(window: Obstacles, walls: Walls): void {
  const { rim, wallM } = window;
  const full = window.side + 2 * rim;
  const reach = Math.ceil(0.7 * rim);
  wallM.fill(window.reachM);
  const closed = window.left;
  fillClosed(window, walls, closed);
  for (let y = 0; y < full; y++) {
    for (let x = 0; x < full; x++) {
      const index = y * full + x;
      if (closed[index] === 0) continue;
      wallM[index] = 0;
      const isInner =
        (x === 0 || closed[index - 1] === 1) &&
        (x === full - 1 || closed[index + 1] === 1) &&
        (y === 0 || closed[index - full] === 1) &&
        (y === full - 1 || closed[index + full] === 1);
      if (!isInner) stampWall(wallM, { full, x, y, reach, cellM: window.cellM });
    }
  }
}

function fillClosed(window: Obstacles, walls: Walls, closed: Uint8Array): void {
  const { rim, cellM } = window;
  const { grid } = walls;
  const full = window.side + 2 * rim;
  for (let y = 0; y < full; y++) {
    const gy = Math.floor((window.originYM + (y - rim + 0.5) * cellM - grid.originYM) / grid.cellM);
    const isRow = gy >= 0 && gy < grid.height;
    for (let x = 0; x < full; x++) {
      const gx = Math.floor((window.originXM + (x - rim + 0.5) * cellM - grid.originXM) / grid.cellM);
      const isFree = isRow && gx >= 0 && gx < grid.width && grid.blocked[gy * grid.width + gx] === 0;
      closed[y * full + x] = isFree ? 0 : 1;
    }
  }
}

interface Stamp {
  readonly full: number;
  readonly x: number;
  readonly y: number;
  readonly reach: number;
  readonly cellM: number;
}

function stampWall(into: Float32Array, stamp: Stamp): void {
  const { full, x, y, reach, cellM } = stamp;
  const y1 = Math.min(full - 1, y + reach);
  const x1 = Math.min(full - 1, x + reach);
  for (let row = Math.max(0, y - reach); row <= y1; row++) {
    const dy = Math.max(0, Math.abs(row - y) - 0.5);
    for (let column = Math.max(0, x - reach); column <= x1; column++) {
      const dx = Math.max(0, Math.abs(column - x) - 0.5);
      const distanceM = Math.sqrt(dx * dx + dy * dy) * cellM;
      const index = row * full + column;
      if (distanceM < (into[index] as number)) into[index] = distanceM;
    }
  }
}

/** How far behind its seen surface an unmapped thing is taken to reach, in metres: about the body of a robot. */
const BODY_M = [0, 0.2, 0.4];

/** Distance from each cell to the nearest unmapped return and the body behind it, and what lies left of one. */
export function fillUnmapped(window: Obstacles, input: UnmappedInput): void {
  const { rim, cellM, unmappedM, left } = window;
  const { seen, pose } = input;
  const full = window.side + 2 * rim;
  unmappedM.fill(window.reachM);
  const scale = scaleOf(input.physics);
  left.fill(0);
  const travel = fallDirection(input.siteWalls, input.siteValue, pose);
  const lowXM = window.originXM - rim * cellM;
  const lowYM = window.originYM - rim * cellM;
  for (let point = 0; point < seen.count; point++) {
    if (seen.kind[point] !== UNMAPPED) continue;
    const dx = (seen.xM[point] as number) - pose.xM;
    const dy = (seen.yM[point] as number) - pose.yM;
    const rangeM = Math.hypot(dx, dy);
    if (rangeM < 1e-6) continue;
    for (const depthM of BODY_M) {
      const stretch = (rangeM + depthM * scale) / rangeM;
      const x = Math.floor((pose.xM + dx * stretch - lowXM) / cellM);
      const y = Math.floor((pose.yM + dy * stretch - lowYM) / cellM);
      if (x < 0 || y < 0 || x >= full || y >= full || unmappedM[y * full + x] === 0) continue;
      stampUnmapped(window, { full, x, y, reach: rim, cellM }, travel);
    }
  }
}

function stampUnmapped(window: Obstacles, stamp: Stamp, travel: { dx: number; dy: number }): void {
  const { full, x, y, reach, cellM } = stamp;
  const { unmappedM, left } = window;
  const y1 = Math.min(full - 1, y + reach);
  const x1 = Math.min(full - 1, x + reach);
  for (let row = Math.max(0, y - reach); row <= y1; row++) {
    for (let column = Math.max(0, x - reach); column <= x1; column++) {
      const dx = column - x;
      const dy = row - y;
      const distanceM = Math.sqrt(dx * dx + dy * dy) * cellM;
      if (distanceM >= window.reachM) continue;
      const index = row * full + column;
      if (distanceM < (unmappedM[index] as number)) unmappedM[index] = distanceM;
      if (travel.dx * dy - travel.dy * dx > 1) left[index] = 1;
    }
  }
}
