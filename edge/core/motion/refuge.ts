// Where to step aside: cells of the local window out of the way of whoever comes along our own path, from before us or
// from behind. They become the seeds of a local plan, so that the model finds the way there like any other.
import { UNREACHABLE } from "../../../models/planner.js";
import { valueAt } from "./costmap.js";
import { type Physics, type Pose, scaleOf } from "./types.js";
import type { Walls } from "./walls.js";
import type { LocalWindow } from "./window.js";

/** Seed of border cells behind the robot: used only where the window holds no refuge. */
export const BEHIND_SEED = 6;
const AHEAD_M = 4;
const BACK_M = 3;
/** Cells that cost more than this per metre (walls, footprints, others nearby) are no place to wait. */
const WAIT_COST = 2;

export interface RefugeInput {
  readonly siteWalls: Walls;
  readonly physics: Physics;
  readonly pose: Pose;
  readonly siteValue: Float32Array;
  /** The path that is blocked, x and y in turn; the first point is near the robot. */
  readonly pathM: readonly number[];
}

/** Replaces the window's seeds. Says whether it holds any. */
export function refugeSeed(window: LocalWindow, input: RefugeInput): boolean {
  const { side, cellM, cost, seed, unmappedM, rim } = window;
  const full = side + 2 * rim;
  const line = conflictLine(input);
  const scale = scaleOf(input.physics);
  const asideM = 2 * input.physics.radiusM + 0.3 * scale;
  const ownValue = valueAt(input.siteWalls, input.siteValue, input.pose);
  let found = false;
  seed.fill(UNREACHABLE);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const index = y * side + x;
      const here = cost[index] as number;
      if (here <= 0) continue;
      const at = { xM: window.originXM + (x + 0.5) * cellM, yM: window.originYM + (y + 0.5) * cellM };
      const isBorder = x === 0 || y === 0 || x === side - 1 || y === side - 1;
      if (isBorder) {
        const value = valueAt(input.siteWalls, input.siteValue, at);
        if (value < UNREACHABLE && value > ownValue + scale) seed[index] = BEHIND_SEED;
      } else if (
        ((x | y) & 1) === 0 &&
        here <= (1 + WAIT_COST) * cellM &&
        (unmappedM[(y + rim) * full + x + rim] as number) > input.physics.radiusM + 0.5 * scale &&
        distanceToLine(line, at.xM, at.yM) >= asideM
      ) {
        seed[index] = 0;
      }
      if ((seed[index] as number) < UNREACHABLE) found = true;
    }
  }
  return found;
}

/** The way ahead, and straight back from the robot. */
function conflictLine(input: RefugeInput): number[] {
  const { pathM, pose } = input;
  const backM = BACK_M * scaleOf(input.physics);
  const aheadM = AHEAD_M * scaleOf(input.physics);
  const nextX = (pathM[2] ?? pose.xM + Math.cos(pose.headingRad)) - (pathM[0] ?? pose.xM);
  const nextY = (pathM[3] ?? pose.yM + Math.sin(pose.headingRad)) - (pathM[1] ?? pose.yM);
  const length = Math.max(1e-6, Math.hypot(nextX, nextY));
  const line = [pose.xM - (nextX / length) * backM, pose.yM - (nextY / length) * backM, pose.xM, pose.yM];
  let walkedM = 0;
  for (let point = 2; point + 1 < pathM.length && walkedM < aheadM; point += 2) {
    const x = pathM[point] as number;
    const y = pathM[point + 1] as number;
    walkedM += Math.hypot(x - (line[line.length - 2] as number), y - (line[line.length - 1] as number));
    line.push(x, y);
  }
  return line;
}

function distanceToLine(line: readonly number[], xM: number, yM: number): number {
  let best = Infinity;
  for (let point = 0; point + 3 < line.length; point += 2) {
    const ax = line[point] as number;
    const ay = line[point + 1] as number;
    const dx = (line[point + 2] as number) - ax;
    const dy = (line[point + 3] as number) - ay;
    const squared = dx * dx + dy * dy;
    const t = squared < 1e-12 ? 0 : Math.max(0, Math.min(1, ((xM - ax) * dx + (yM - ay) * dy) / squared));
    best = Math.min(best, Math.hypot(xM - ax - t * dx, yM - ay - t * dy));
  }
  return best;
}
