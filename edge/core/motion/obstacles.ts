// Distances in the local window: from every cell to the nearest wall and to the nearest thing that is not on the map.
// Exact to the cell; capped at the window's reach. Nothing is allocated.
import { fallDirection } from "./costmap.js";
import { type Seen, UNMAPPED } from "./scan.js";
import { type Physics, type Pose, scaleOf } from "./types.js";
import type { Walls } from "./walls.js";

/** The window's frame and its distance fields; those of unmapped things have a rim of `rim` cells all around. */
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
  /** Of the columns, rim included: the map's column, or OFF_MAP. */
  readonly mapX: Int32Array;
  /** Of the planned columns, and of the planned cells: squared distances to the nearest wall, see measureWalls. */
  readonly along: Int32Array;
  readonly quarters: Int32Array;
  /** Where the walls were measured, so that a window that has not moved keeps them. */
  measured: { readonly walls: Walls; readonly originXM: number; readonly originYM: number } | null;
}

const OFF_MAP = -1;

export interface UnmappedInput {
  readonly siteWalls: Walls;
  readonly siteValue: Float32Array;
  readonly physics: Physics;
  readonly pose: Pose;
  readonly seen: Seen;
}

/** Distance from each planned cell's centre to the nearest blocked square of the map. */
export function fillWalls(window: Obstacles, walls: Walls): void {
  const { measured, originXM, originYM } = window;
  if (measured?.walls === walls && measured.originXM === originXM && measured.originYM === originYM) return;
  window.measured = { walls, originXM, originYM };
  if (walls.grid.cellM <= 1.01 * window.cellM) readWalls(window, walls);
  else measureWalls(window, walls);
}

/** Map cells no larger than the window's: the map's own exact gaps serve. */
function readWalls(window: Obstacles, walls: Walls): void {
  const { side, rim, wallM, reachM, mapX } = window;
  const { grid, gapM } = walls;
  fillMapX(window, walls);
  for (let y = 0; y < side; y++) {
    const gy = mapRow(window, walls, y + rim);
    for (let x = 0; x < side; x++) {
      const gx = mapX[x + rim] as number;
      const isInside = gx !== OFF_MAP && gy !== OFF_MAP;
      wallM[y * side + x] = isInside ? Math.min(reachM, gapM[gy * grid.width + gx] as number) : 0;
    }
  }
}

function fillMapX(window: Obstacles, walls: Walls): void {
  const { rim, cellM, originXM, mapX } = window;
  const { grid } = walls;
  for (let x = 0; x < mapX.length; x++) {
    const gx = Math.floor((originXM + (x - rim + 0.5) * cellM - grid.originXM) / grid.cellM);
    mapX[x] = gx >= 0 && gx < grid.width ? gx : OFF_MAP;
  }
}

function mapRow(window: Obstacles, walls: Walls, y: number): number {
  const { grid } = walls;
  const gy = Math.floor((window.originYM + (y - window.rim + 0.5) * window.cellM - grid.originYM) / grid.cellM);
  return gy >= 0 && gy < grid.height ? gy : OFF_MAP;
}

/**
 * Map cells larger than the window's: rows in one row of the map have the same walls and are measured together, as a
 * band. Squared distances, in quarters of a squared cell, are whole numbers until the end.
 */
function measureWalls(window: Obstacles, walls: Walls): void {
  const { side, rim, cellM, wallM, reachM, quarters } = window;
  const full = side + 2 * rim;
  fillMapX(window, walls);
  quarters.fill(NONE);
  for (let first = 0, next = 0; first < full; first = next) {
    const gy = mapRow(window, walls, first);
    next = first + 1;
    while (next < full && mapRow(window, walls, next) === gy) next++;
    if (measureAlong(window, walls, gy)) measureAcross(window, { first, last: next - 1 });
  }
  for (let cell = 0; cell < wallM.length; cell++) {
    const found = quarters[cell] as number;
    wallM[cell] = found >= NONE ? reachM : Math.min(reachM, Math.sqrt(found / 4) * cellM);
  }
}

/** More than any squared distance, and far from overflow when another is added. */
const NONE = 1e9;

/** Walls farther than this many cells, in a row or a column, are not felt. */
function wallReach(window: Obstacles): number {
  return Math.ceil(0.7 * window.rim);
}

/** From the centre of a cell to the nearest edge of one that lies so many cells away in a row or column. */
function quartersOf(cells: number): number {
  return cells === 0 ? 0 : (2 * cells - 1) * (2 * cells - 1);
}

/** Fills `along` for one row of the map; false when no column of it feels a wall. */
function measureAlong(window: Obstacles, walls: Walls, gy: number): boolean {
  const { side, rim, mapX, along } = window;
  const { width, blocked } = walls.grid;
  const reach = wallReach(window);
  const isWall = (x: number): boolean => {
    const gx = mapX[x] as number;
    return gx === OFF_MAP || gy === OFF_MAP || blocked[gy * width + gx] !== 0;
  };
  let wall = -NONE;
  for (let x = 0; x < rim + side; x++) {
    if (isWall(x)) wall = x;
    if (x >= rim) along[x - rim] = x - wall;
  }
  let isFelt = false;
  wall = NONE;
  for (let x = mapX.length - 1; x >= rim; x--) {
    if (isWall(x)) wall = x;
    if (x >= rim + side) continue;
    const cells = Math.min(along[x - rim] as number, wall - x);
    along[x - rim] = cells <= reach ? quartersOf(cells) : NONE;
    if (cells <= reach) isFelt = true;
  }
  return isFelt;
}

/** Takes the distances `along` of a band of rows into all rows that feel it. */
function measureAcross(window: Obstacles, band: { readonly first: number; readonly last: number }): void {
  const { side, rim, quarters, along } = window;
  const reach = wallReach(window);
  const low = Math.max(0, band.first - reach - rim);
  const high = Math.min(side - 1, band.last + reach - rim);
  for (let y = low; y <= high; y++) {
    const across = quartersOf(Math.max(0, band.first - y - rim, y + rim - band.last));
    for (let x = 0, cell = y * side; x < side; x++, cell++) {
      const found = (along[x] as number) + across;
      if (found < (quarters[cell] as number)) quarters[cell] = found;
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
