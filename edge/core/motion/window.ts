// The local window: costs and seeds of a small grid around the robot, from the live scan and the site map, for the
// planning model. Same unit as the site field (costmap.ts): cost-to-go in metres of free floor, so its border takes the
// site field's values as seeds. The lattice is that of the site map, so that the window does not swim with the robot.
import { UNREACHABLE } from "../../../models/planner.js";
import { AVOID_COST, fallDirection, softWallM, TIGHT_COST, valueAt, wallCost } from "./costmap.js";
import { type Lanes, laneBias, planLanes } from "./lanes.js";
import { fillUnmapped, fillWalls, type Obstacles } from "./obstacles.js";
import { type Seen, UNMAPPED } from "./scan.js";
import { type Disc, type Physics, type Point, type Pose, scaleOf } from "./types.js";
import type { Walls } from "./walls.js";

/** As SITE_MARGIN_M for the window: less, so that no door that the site field passes falls between two of its cells. */
export const LOCAL_MARGIN_M = 0.01;
/** Below this the cell is a last resort. */
const TIGHT_MARGIN_M = 0.09;
/**
 * Room that a route keeps from something that is not on the map; beyond it, cost falls to zero over SOFT_UNMAPPED_M.
 */
export const UNMAPPED_MARGIN_M = 0.2;
export const SOFT_UNMAPPED_M = 0.7;
export const UNMAPPED_COST = 3;
/** Extra per metre to pass something unmapped on its left as we see it: both pass right. */
const LEFT_COST = 0.8;
/**
 * The same beyond the border, in metres, for what stands squarely in the way; nothing for what is this far beside it.
 */
const LEFT_SEED_M = 1.2;
const ONCOMING_BESIDE_M = 1.2;
const OPEN_WITHIN_M = 0.5;
const LANE_AHEAD_M = 3;

export interface LocalWindow {
  /** Cells along one side. */
  readonly side: number;
  readonly cellM: number;
  originXM: number;
  originYM: number;
  readonly cost: Float32Array;
  readonly seed: Float32Array;
  /** Filled in when the model has answered; UNREACHABLE everywhere before. */
  readonly value: Float32Array;
  /** Per cell: distance from its centre to walls, capped at reach. */
  readonly wallM: Float32Array;
  /** The same to unmapped things, with a rim of `rim` cells. */
  readonly unmappedM: Float32Array;
  readonly left: Uint8Array;
  readonly mapX: Int32Array;
  readonly along: Int32Array;
  readonly quarters: Int32Array;
  measured: Obstacles["measured"];
  readonly rim: number;
  readonly reachM: number;
  readonly lanes: Lanes;
}

/** How far obstacles are felt, for a robot of 0.35 m radius. */
const REACH_M = 1.3;

export interface WindowSize {
  readonly sideM: number;
  readonly cellM: number;
  readonly physics: Physics;
}

export function createWindow(size: WindowSize): LocalWindow {
  const side = Math.max(8, Math.round(size.sideM / size.cellM));
  const reachM = REACH_M * scaleOf(size.physics);
  const rim = Math.ceil(reachM / size.cellM);
  const cells = side * side;
  const full = side + 2 * rim;
  return {
    side,
    cellM: size.cellM,
    originXM: 0,
    originYM: 0,
    cost: new Float32Array(cells),
    seed: new Float32Array(cells),
    value: new Float32Array(cells).fill(UNREACHABLE),
    wallM: new Float32Array(cells),
    unmappedM: new Float32Array(full * full),
    left: new Uint8Array(full * full),
    mapX: new Int32Array(full),
    along: new Int32Array(side),
    quarters: new Int32Array(cells),
    measured: null,
    rim,
    reachM,
    lanes: planLanes(side),
  };
}

export interface WindowInput {
  readonly walls: Walls;
  /** The map of the site field; the same as `walls`, or coarser. */
  readonly siteWalls: Walls;
  readonly physics: Physics;
  readonly pose: Pose;
  readonly seen: Seen;
  readonly avoid: readonly Disc[];
  readonly siteValue: Float32Array;
  readonly goal: Point;
}

/** Builds costs and seeds around the robot. Nothing is allocated. The value field is reset. */
export function localWindow(window: LocalWindow, input: WindowInput): void {
  const { side, cellM } = window;
  const { grid } = input.walls;
  const half = Math.floor(side / 2);
  window.originXM = grid.originXM + (Math.round((input.pose.xM - grid.originXM) / cellM) - half) * cellM;
  window.originYM = grid.originYM + (Math.round((input.pose.yM - grid.originYM) / cellM) - half) * cellM;
  window.value.fill(UNREACHABLE);
  fillWalls(window, input.walls);
  fillUnmapped(window, input);
  laneBias(window.lanes, window, input);
  fillCost(window, input);
  fillSeed(window, input);
}

function fillCost(window: LocalWindow, input: WindowInput): void {
  const { side, rim, cellM, cost, wallM, unmappedM, left } = window;
  const { bias } = window.lanes;
  const { physics, pose } = input;
  const full = side + 2 * rim;
  const scale = scaleOf(physics);
  const hardWallM = physics.radiusM + LOCAL_MARGIN_M * scale;
  const tightM = physics.radiusM + TIGHT_MARGIN_M * scale;
  const freeM = Math.max(tightM, softWallM(physics));
  const softM = SOFT_UNMAPPED_M * scale;
  const own = Math.floor((pose.yM - window.originYM) / cellM + rim) * full;
  const ownUnmappedM = unmappedM[own + Math.floor((pose.xM - window.originXM) / cellM + rim)] as number;
  const hardUnmappedM = Math.min(physics.radiusM + UNMAPPED_MARGIN_M * scale, ownUnmappedM - 0.5 * cellM);
  const softUnmappedM = physics.radiusM + UNMAPPED_MARGIN_M * scale + softM;
  const besideWall = (wall: number, x: number, y: number): number => {
    const extra = wallCost(wall, physics, hardWallM);
    if (extra === Infinity) return wall > 0 && isNear(window, x, y, input) ? TIGHT_COST : Infinity;
    return wall < tightM ? extra + TIGHT_COST / 2 : extra;
  };
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const index = y * side + x;
      const padded = (y + rim) * full + x + rim;
      const wall = wallM[index] as number;
      const unmapped = unmappedM[padded] as number;
      let extra = wall >= freeM ? 0 : besideWall(wall, x, y);
      if (unmapped < hardUnmappedM) extra = Infinity;
      else if (unmapped < softUnmappedM) {
        const depth = (softUnmappedM - unmapped) / softM;
        extra += UNMAPPED_COST * depth * depth;
      }
      if (left[padded] === 1) extra += LEFT_COST;
      cost[index] = extra === Infinity ? -1 : (1 + (extra + (bias[index] as number))) * cellM;
    }
  }
  for (const disc of input.avoid) addAvoid(window, disc);
}

function isNear(window: LocalWindow, x: number, y: number, input: WindowInput): boolean {
  const xM = window.originXM + (x + 0.5) * window.cellM;
  const yM = window.originYM + (y + 0.5) * window.cellM;
  const within = OPEN_WITHIN_M * scaleOf(input.physics);
  const limit = within * within;
  const { pose, goal } = input;
  const toRobot = (xM - pose.xM) * (xM - pose.xM) + (yM - pose.yM) * (yM - pose.yM);
  return toRobot < limit || (xM - goal.xM) * (xM - goal.xM) + (yM - goal.yM) * (yM - goal.yM) < limit;
}

function addAvoid(window: LocalWindow, disc: Disc): void {
  const { side, cellM, cost } = window;
  const cx = (disc.xM - window.originXM) / cellM - 0.5;
  const cy = (disc.yM - window.originYM) / cellM - 0.5;
  const reach = disc.radiusM / cellM;
  const y1 = Math.min(side - 1, Math.floor(cy + reach));
  const x1 = Math.min(side - 1, Math.floor(cx + reach));
  for (let y = Math.max(0, Math.ceil(cy - reach)); y <= y1; y++) {
    for (let x = Math.max(0, Math.ceil(cx - reach)); x <= x1; x++) {
      const index = y * side + x;
      if ((x - cx) * (x - cx) + (y - cy) * (y - cy) > reach * reach || (cost[index] as number) <= 0) continue;
      cost[index] = (cost[index] as number) + AVOID_COST * cellM;
    }
  }
}

/**
 * The nearest unmapped return ahead on the route, the route's direction, and how squarely it stands in the way, 0 to 1.
 */
function oncomingIn(input: WindowInput): { xM: number; yM: number; dx: number; dy: number; weight: number } {
  const { seen, pose, physics } = input;
  const { dx, dy } = fallDirection(input.siteWalls, input.siteValue, pose);
  const scale = scaleOf(physics);
  const found = { xM: pose.xM, yM: pose.yM, dx, dy, weight: 0 };
  let nearestM = 3.2 * scale;
  for (let point = 0; point < seen.count; point++) {
    if (seen.kind[point] !== UNMAPPED) continue;
    const px = (seen.xM[point] as number) - pose.xM;
    const py = (seen.yM[point] as number) - pose.yM;
    const alongM = px * dx + py * dy;
    const besideM = Math.abs(dx * py - dy * px);
    if (alongM <= 0 || alongM >= nearestM || besideM >= ONCOMING_BESIDE_M * scale) continue;
    nearestM = alongM;
    found.xM = seen.xM[point] as number;
    found.yM = seen.yM[point] as number;
    found.weight = 1 - besideM / (ONCOMING_BESIDE_M * scale);
  }
  return found;
}

function fillSeed(window: LocalWindow, input: WindowInput): void {
  const { side, cellM, cost, seed } = window;
  seed.fill(UNREACHABLE);
  const oncoming = oncomingIn(input);
  const last = side - 1;
  for (let step = 0; step < side; step++) {
    for (const index of [step, last * side + step, step * side, step * side + last]) {
      if ((cost[index] as number) <= 0) continue;
      const xM = window.originXM + ((index % side) + 0.5) * cellM;
      const yM = window.originYM + (Math.floor(index / side) + 0.5) * cellM;
      // Beyond the border the lane goes on: its bias counts for LANE_AHEAD_M more, or the window would hide it.
      const lane = (window.lanes.bias[index] as number) * LANE_AHEAD_M * scaleOf(input.physics);
      const isLeft = oncoming.dx * (yM - oncoming.yM) - oncoming.dy * (xM - oncoming.xM) > 0;
      const bias = isLeft ? lane + oncoming.weight * LEFT_SEED_M * scaleOf(input.physics) : lane;
      seed[index] = Math.min(UNREACHABLE, valueAt(input.siteWalls, input.siteValue, { xM, yM }) + bias);
    }
  }
  const gx = Math.floor((input.goal.xM - window.originXM) / cellM);
  const gy = Math.floor((input.goal.yM - window.originYM) / cellM);
  if (gx < 0 || gy < 0 || gx > last || gy > last) return;
  if ((cost[gy * side + gx] as number) > 0) seed[gy * side + gx] = 0;
}
