// A path out of value fields: first down the local window's field, straightened where a straight line costs no more,
// then down the site field to the target. Steps never cut a corner. Points are map metres, x and y in turn.
import { UNREACHABLE } from "../../../models/planner.js";
import { valueAt } from "./costmap.js";
import type { Pose, Target } from "./types.js";
import type { Walls } from "./walls.js";
import type { LocalWindow } from "./window.js";

/** A path to follow. `pointsM` holds x, y pairs; the first is where the robot was when it was made. */
export interface Path {
  readonly targetId: string;
  readonly pointsM: readonly number[];
  /** Whether its end is the target itself, so that the robot shall stop and align there. */
  readonly reachesTarget: boolean;
  /**
   * How much longer the way through the window is, in metres, than the site field promises: near 0 on the route, large
   * where something that the map does not know closes it.
   */
  readonly detourM: number;
}

const NEIGHBOURS = [1, 0, -1, 0, 0, 1, 0, -1, 1, 1, 1, -1, -1, 1, -1, -1] as const;
/** A descent longer than this ends: a field that falls for ever is no field. */
const MAX_STEPS = 4096;

interface Field {
  readonly width: number;
  readonly height: number;
  readonly cost: Float32Array;
  readonly value: Float32Array;
}

/**
 * The neighbour through which the cell's cost-to-go is reached at least cost, or -1 at a seed or where nothing falls.
 */
export function nextCell(field: Field, index: number): number {
  const { width, height, cost, value } = field;
  const x = index % width;
  const y = (index - x) / width;
  const here = value[index] as number;
  const open = (column: number, row: number): boolean =>
    column >= 0 && row >= 0 && column < width && row < height && (cost[row * width + column] as number) > 0;
  let best = -1;
  let bestTotal = here * (1 + 1e-5) + 1e-4;
  for (let neighbour = 0; neighbour < 16; neighbour += 2) {
    const dx = NEIGHBOURS[neighbour] as number;
    const dy = NEIGHBOURS[neighbour + 1] as number;
    if (!open(x + dx, y + dy)) continue;
    if (dx !== 0 && dy !== 0 && !(open(x + dx, y) && open(x, y + dy))) continue;
    const to = index + dy * width + dx;
    const ahead = value[to] as number;
    if (!(ahead < here)) continue;
    const length = dx !== 0 && dy !== 0 ? Math.SQRT2 : 1;
    const total = ahead + (length * ((cost[index] as number) + (cost[to] as number))) / 2;
    if (total < bestTotal) {
      bestTotal = total;
      best = to;
    }
  }
  return best;
}

/** Cells from `start` down to a seed, `start` included; empty when it cannot reach one. */
export function descend(field: Field, start: number): number[] {
  if (!((field.value[start] as number) < UNREACHABLE) || (field.cost[start] as number) <= 0) return [];
  const cells = [start];
  let at = start;
  while (cells.length < MAX_STEPS) {
    const next = nextCell(field, at);
    if (next < 0) break;
    cells.push(next);
    at = next;
  }
  return cells;
}

/** The reachable cell nearest to a point, within `withinCells`, or -1. */
export function nearestReachable(field: Field, at: { x: number; y: number }, withinCells: number): number {
  let best = -1;
  let bestSquared = Infinity;
  const cx = Math.floor(at.x);
  const cy = Math.floor(at.y);
  for (let y = Math.max(0, cy - withinCells); y <= Math.min(field.height - 1, cy + withinCells); y++) {
    for (let x = Math.max(0, cx - withinCells); x <= Math.min(field.width - 1, cx + withinCells); x++) {
      const index = y * field.width + x;
      if (!((field.value[index] as number) < UNREACHABLE) || (field.cost[index] as number) <= 0) continue;
      const squared = (x + 0.5 - at.x) * (x + 0.5 - at.x) + (y + 0.5 - at.y) * (y + 0.5 - at.y);
      if (squared < bestSquared) {
        bestSquared = squared;
        best = index;
      }
    }
  }
  return best;
}

/** Whether the straight line between two cells costs no more than the field says the way between them costs. */
function isStraightAsGood(field: Field, from: number, to: number): boolean {
  const { width, cost, value } = field;
  const x0 = from % width;
  const y0 = Math.floor(from / width);
  const dx = (to % width) - x0;
  const dy = Math.floor(to / width) - y0;
  const length = Math.hypot(dx, dy);
  const samples = Math.ceil(length * 2);
  const budget = (value[from] as number) - (value[to] as number) + 1e-3;
  let sum = 0;
  for (let sample = 0; sample < samples; sample++) {
    const t = (sample + 0.5) / samples;
    const here = cost[Math.floor(y0 + dy * t + 0.5) * width + Math.floor(x0 + dx * t + 0.5)] as number;
    if (here <= 0) return false;
    sum += here;
  }
  return (sum * length) / samples <= budget * 1.01;
}

/** Fewer cells for the same way: each kept cell is the farthest that a straight line reaches at no more cost. */
export function straighten(field: Field, cells: readonly number[]): number[] {
  const kept: number[] = [];
  let at = 0;
  while (at < cells.length) {
    kept.push(cells[at] as number);
    if (at === cells.length - 1) break;
    let far = Math.min(cells.length - 1, at + 48);
    while (far > at + 1 && !isStraightAsGood(field, cells[at] as number, cells[far] as number)) far--;
    at = far;
  }
  return kept;
}

export interface PathInput {
  readonly siteWalls: Walls;
  readonly siteCost: Float32Array;
  readonly siteValue: Float32Array;
  readonly pose: Pose;
  readonly target: Target;
}

/**
 * The way from the robot to the target: through the answered window, then down the site field. Undefined when the
 * window has no way out. With `window` undefined the site field alone is followed.
 */
export function extractPath(window: LocalWindow | undefined, input: PathInput): Path | undefined {
  const pointsM: number[] = [input.pose.xM, input.pose.yM];
  const { target } = input;
  if (window !== undefined) {
    const field: Field = { width: window.side, height: window.side, cost: window.cost, value: window.value };
    const atX = (input.pose.xM - window.originXM) / window.cellM;
    const atY = (input.pose.yM - window.originYM) / window.cellM;
    const start = nearestReachable(field, { x: atX, y: atY }, 4);
    const cells = start < 0 ? [] : descend(field, start);
    if (cells.length === 0) return undefined;
    const kept = straighten(field, cells);
    // The robot stands in the first cell, or beside it: going to its centre first would only make it turn.
    for (let index = kept.length > 1 ? 1 : 0; index < kept.length; index++) {
      const cell = kept[index] as number;
      pointsM.push(window.originXM + ((cell % window.side) + 0.5) * window.cellM);
      pointsM.push(window.originYM + (Math.floor(cell / window.side) + 0.5) * window.cellM);
    }
    if (Math.hypot(lastX(pointsM) - target.xM, lastY(pointsM) - target.yM) < 1.5 * window.cellM) {
      pointsM.splice(pointsM.length - 2, 2, target.xM, target.yM);
      return { targetId: target.id, pointsM, reachesTarget: true, detourM: detourOf(pointsM, input) };
    }
  }
  const detourM = detourOf(pointsM, input);
  return { targetId: target.id, pointsM, reachesTarget: alongSite(pointsM, input), detourM };
}

function detourOf(pointsM: readonly number[], input: PathInput): number {
  const promised = valueAt(input.siteWalls, input.siteValue, input.pose);
  const end = { xM: lastX(pointsM), yM: lastY(pointsM) };
  const rest = valueAt(input.siteWalls, input.siteValue, end);
  if (!(promised < UNREACHABLE) || !(rest < UNREACHABLE)) return 0;
  let lengthM = 0;
  for (let point = 0; point + 3 < pointsM.length; point += 2) {
    const dx = (pointsM[point + 2] as number) - (pointsM[point] as number);
    lengthM += Math.hypot(dx, (pointsM[point + 3] as number) - (pointsM[point + 1] as number));
  }
  return lengthM + rest - promised;
}

/** Appends the site field's way from the last point on; says whether it ends at the target. */
function alongSite(pointsM: number[], input: PathInput): boolean {
  const { grid } = input.siteWalls;
  const field: Field = { width: grid.width, height: grid.height, cost: input.siteCost, value: input.siteValue };
  const x = (lastX(pointsM) - grid.originXM) / grid.cellM;
  const y = (lastY(pointsM) - grid.originYM) / grid.cellM;
  const start = nearestReachable(field, { x, y }, 1);
  if (start < 0) return false;
  const cells = descend(field, start);
  for (let index = 1; index < cells.length; index++) {
    const cell = cells[index] as number;
    pointsM.push(grid.originXM + ((cell % grid.width) + 0.5) * grid.cellM);
    pointsM.push(grid.originYM + (Math.floor(cell / grid.width) + 0.5) * grid.cellM);
  }
  const { target } = input;
  if (Math.hypot(lastX(pointsM) - target.xM, lastY(pointsM) - target.yM) > 1.5 * grid.cellM) return false;
  if (cells.length > 1) pointsM.splice(pointsM.length - 2, 2, target.xM, target.yM);
  else pointsM.push(target.xM, target.yM);
  return true;
}

function lastX(pointsM: readonly number[]): number {
  return pointsM[pointsM.length - 2] as number;
}

function lastY(pointsM: readonly number[]): number {
  return pointsM[pointsM.length - 1] as number;
}
