// Cost of the site map for the planning model. One unit everywhere: a cost of 1 is one metre of free floor, so a cell
// holds (cost per metre) * (cell size) and the model's cost-to-go is in metres of free floor. Value fields of grids
// with different cell sizes therefore agree, and the local window (window.ts) can take its seeds from the site field.
import { UNREACHABLE } from "../../../models/planner.js";
import { type Disc, type Physics, type Point, scaleOf } from "./types.js";
import type { Walls } from "./walls.js";

// Lengths are for a robot of 0.35 m radius and scale with it (types.ts).
/** Room beside the disc below which a cell of the site map is closed: its centre may be as near as this to a wall. */
export const SITE_MARGIN_M = 0.05;
/** Walls nearer than radius plus this cost extra, up to WALL_COST per metre at touch. */
export const SOFT_WALL_M = 0.5;
export const WALL_COST = 2;
/** Extra per metre inside a footprint that the robot does not hold (R1: driving through is not holding, waiting is). */
export const AVOID_COST = 4;
/** Extra per metre where somebody lately stood in the way: taken only when the detour is longer. */
export const BLOCK_COST = 12;
/** Extra per metre in cells too near to a wall, opened only around a robot or a target that is already there. */
export const TIGHT_COST = 6;
const OPEN_WITHIN_M = 0.6;

export interface SiteCostOptions {
  readonly physics: Physics;
  readonly avoid: readonly Disc[];
  readonly blockedAt: readonly Disc[];
  /** The robot and the target: cells around them are opened where only the margin closes them. */
  readonly open: readonly Point[];
}

/** How far from a wall it costs nothing more to be. */
export function softWallM(physics: Physics): number {
  return physics.radiusM + SOFT_WALL_M * scaleOf(physics);
}

/** Extra cost per metre at a place whose nearest wall is `gapM` away; Infinity where the disc would touch. */
export function wallCost(gapM: number, physics: Physics, hardM: number): number {
  if (gapM < hardM) return Infinity;
  const reachM = SOFT_WALL_M * scaleOf(physics);
  const softM = physics.radiusM + reachM;
  if (gapM >= softM) return 0;
  const depth = (softM - gapM) / reachM;
  return WALL_COST * depth * depth;
}

/** Costs of all cells of the site, row 0 at the bottom; <= 0 is closed. Writes into `into` when it fits. */
export function siteCost(walls: Walls, options: SiteCostOptions, into?: Float32Array): Float32Array {
  const { grid, gapM } = walls;
  const { physics } = options;
  const hardM = physics.radiusM + SITE_MARGIN_M * scaleOf(physics);
  const softM = softWallM(physics);
  const cells = grid.width * grid.height;
  const cost = into !== undefined && into.length === cells ? into : new Float32Array(cells);
  for (let index = 0; index < cells; index++) {
    const gap = gapM[index] as number;
    const extra = gap >= softM ? 0 : wallCost(gap, physics, hardM);
    cost[index] = extra === Infinity ? -1 : (1 + extra) * grid.cellM;
  }
  for (const point of options.open)
    openAround(walls, cost, { xM: point.xM, yM: point.yM, radiusM: OPEN_WITHIN_M * scaleOf(physics) });
  for (const disc of options.avoid) addInside(walls, cost, { disc, extra: AVOID_COST });
  for (const disc of options.blockedAt) addInside(walls, cost, { disc, extra: BLOCK_COST });
  return cost;
}

function cellsAround(walls: Walls, at: Point, reachM: number): { x0: number; x1: number; y0: number; y1: number } {
  const { grid } = walls;
  return {
    x0: Math.max(0, Math.floor((at.xM - reachM - grid.originXM) / grid.cellM)),
    x1: Math.min(grid.width - 1, Math.floor((at.xM + reachM - grid.originXM) / grid.cellM)),
    y0: Math.max(0, Math.floor((at.yM - reachM - grid.originYM) / grid.cellM)),
    y1: Math.min(grid.height - 1, Math.floor((at.yM + reachM - grid.originYM) / grid.cellM)),
  };
}

function openAround(walls: Walls, cost: Float32Array, at: Disc): void {
  const { grid, gapM } = walls;
  const { x0, x1, y0, y1 } = cellsAround(walls, at, at.radiusM);
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const index = y * grid.width + x;
      if ((cost[index] as number) <= 0 && (gapM[index] as number) > 0) cost[index] = (1 + TIGHT_COST) * grid.cellM;
    }
  }
}

function addInside(walls: Walls, cost: Float32Array, area: { disc: Disc; extra: number }): void {
  const { grid } = walls;
  const { disc, extra } = area;
  const reachM = Math.max(disc.radiusM, 0.5 * grid.cellM);
  const { x0, x1, y0, y1 } = cellsAround(walls, disc, reachM);
  for (let y = y0; y <= y1; y++) {
    const dy = grid.originYM + (y + 0.5) * grid.cellM - disc.yM;
    for (let x = x0; x <= x1; x++) {
      const dx = grid.originXM + (x + 0.5) * grid.cellM - disc.xM;
      const index = y * grid.width + x;
      if (dx * dx + dy * dy > reachM * reachM || (cost[index] as number) <= 0) continue;
      cost[index] = (cost[index] as number) + extra * grid.cellM;
    }
  }
}

/** Seeds for the site field: cost-to-go 0 at the target, and its free neighbours by their distance from it. */
export function siteSeed(walls: Walls, cost: Float32Array, goal: Point, into?: Float32Array): Float32Array {
  const { grid } = walls;
  const cells = grid.width * grid.height;
  const seed = into !== undefined && into.length === cells ? into : new Float32Array(cells);
  seed.fill(UNREACHABLE);
  const cx = Math.floor((goal.xM - grid.originXM) / grid.cellM);
  const cy = Math.floor((goal.yM - grid.originYM) / grid.cellM);
  if (!(cx >= 0 && cy >= 0 && cx < grid.width && cy < grid.height)) return seed;
  const index = cy * grid.width + cx;
  const own = cost[index] as number;
  if (own <= 0) return seed;
  const dx = grid.originXM + (cx + 0.5) * grid.cellM - goal.xM;
  const dy = grid.originYM + (cy + 0.5) * grid.cellM - goal.yM;
  seed[index] = (Math.hypot(dx, dy) * own) / grid.cellM;
  return seed;
}

/**
 * Cost-to-go at any point of a value field, in metres of free floor: bilinear between the reachable centres around it,
 * never across a corner that a step may not cut. UNREACHABLE when the point's own cell is.
 */
export function valueAt(walls: Walls, value: Float32Array, at: Point): number {
  const { grid } = walls;
  const fx = (at.xM - grid.originXM) / grid.cellM - 0.5;
  const fy = (at.yM - grid.originYM) / grid.cellM - 0.5;
  const ownX = Math.floor(fx + 0.5);
  const ownY = Math.floor(fy + 0.5);
  if (!(ownX >= 0 && ownY >= 0 && ownX < grid.width && ownY < grid.height)) return UNREACHABLE;
  const own = value[ownY * grid.width + ownX] as number;
  if (!(own < UNREACHABLE)) return UNREACHABLE;
  const otherX = Math.floor(fx) === ownX ? ownX + 1 : ownX - 1;
  const otherY = Math.floor(fy) === ownY ? ownY + 1 : ownY - 1;
  const tx = Math.abs(fx - ownX);
  const ty = Math.abs(fy - ownY);
  const sideX = cellValue(walls, value, otherX, ownY);
  const sideY = cellValue(walls, value, ownX, otherY);
  const diagonal = sideX < UNREACHABLE && sideY < UNREACHABLE ? cellValue(walls, value, otherX, otherY) : UNREACHABLE;
  let weight = (1 - tx) * (1 - ty);
  let sum = weight * own;
  if (sideX < UNREACHABLE) {
    weight += tx * (1 - ty);
    sum += tx * (1 - ty) * sideX;
  }
  if (sideY < UNREACHABLE) {
    weight += (1 - tx) * ty;
    sum += (1 - tx) * ty * sideY;
  }
  if (diagonal < UNREACHABLE) {
    weight += tx * ty;
    sum += tx * ty * diagonal;
  }
  return sum / weight;
}

/** Unit vector in which a value field falls fastest around a point, over 0.7 m; zero where it says nothing. */
export function fallDirection(walls: Walls, value: Float32Array, at: Point): { dx: number; dy: number } {
  const stepM = 0.7;
  const here = valueAt(walls, value, at);
  if (!(here < UNREACHABLE)) return { dx: 0, dy: 0 };
  const slope = (dxM: number, dyM: number): number => {
    const ahead = valueAt(walls, value, { xM: at.xM + dxM, yM: at.yM + dyM });
    const behind = valueAt(walls, value, { xM: at.xM - dxM, yM: at.yM - dyM });
    if (ahead < UNREACHABLE && behind < UNREACHABLE) return (behind - ahead) / 2;
    if (ahead < UNREACHABLE) return Math.max(0, here - ahead);
    return behind < UNREACHABLE ? Math.min(0, behind - here) : 0;
  };
  const dx = slope(stepM, 0);
  const dy = slope(0, stepM);
  const length = Math.hypot(dx, dy);
  return length < 1e-6 ? { dx: 0, dy: 0 } : { dx: dx / length, dy: dy / length };
}

function cellValue(walls: Walls, value: Float32Array, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= walls.grid.width || y >= walls.grid.height) return UNREACHABLE;
  const found = value[y * walls.grid.width + x] as number;
  return found >= 0 && found < UNREACHABLE ? found : UNREACHABLE;
}
