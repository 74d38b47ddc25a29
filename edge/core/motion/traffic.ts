// The robot among others: tells the yield machine (yield.ts) what is seen now, and does what entering a phase asks for.
import { isWayBlocked } from "./planning.js";
import { UNMAPPED } from "./scan.js";
import type { MotionInput, MotionState } from "./state.js";
import { type Point, scaleOf, type Target } from "./types.js";
import { wallGapM } from "./walls.js";
import { DETOUR_MS, stepYield } from "./yield.js";

/** Without headway for this long beside something unmapped, the way counts as blocked. */
const STUCK_MS = 2500;
const OTHER_MOVED_MS = 1200;
/** Most places at once that the site route avoids because somebody stood there. */
const MAX_BLOCKS = 8;

/** Steps the yield machine and does what entering a phase asks. */
export function stepTraffic(state: MotionState, input: MotionInput, target: Target): void {
  const { nowMs, pose } = input;
  const scale = scaleOf(state.options.physics);
  const movedM = Math.hypot(pose.xM - state.headway.xM, pose.yM - state.headway.yM);
  if (movedM > 0.15 * scale) state.headway = { xM: pose.xM, yM: pose.yM, atMs: nowMs };
  const before = state.yielding;
  const nearest = nearestUnmapped(state, input);
  const isStuck = nowMs - state.headway.atMs > STUCK_MS && nearest !== undefined && nearest.awayM < 2 * scale;
  if (nearest !== undefined && Math.hypot(nearest.xM - state.other.xM, nearest.yM - state.other.yM) > 0.25 * scale) {
    state.other = { xM: nearest.xM, yM: nearest.yM, atMs: nowMs };
  }
  const isDriving = before.phase === "clear" || before.phase === "detouring";
  const retreat = state.retreat;
  const isRefugeReached = retreat !== undefined && state.retreatEndsInRefuge && remainingM(state, input) < 0.15 * scale;
  state.yielding = stepYield(
    before,
    {
      blocked: nearest !== undefined && (isWayBlocked(state) || (isDriving && isStuck)),
      priority: input.priority,
      isOnFootprint: isOnForeign(state, target, pose),
      isNarrow: wallGapM(state.walls, pose.xM, pose.yM, 2 * scale) < 2 * state.options.physics.radiusM,
      isOtherMoving: nowMs - state.other.atMs < OTHER_MOVED_MS,
      isOtherSeen: nearest !== undefined,
      isRefugeReached: before.phase === "retreating" && isRefugeReached,
      isRefugeMissing: state.isRefugeMissing,
    },
    nowMs,
  );
  if (state.yielding.phase === before.phase) return;
  state.headway = { xM: pose.xM, yM: pose.yM, atMs: nowMs };
  state.retreat = undefined;
  state.isRefugeMissing = false;
  if (state.yielding.phase === "detouring" && nearest !== undefined) {
    const radiusM = 2 * state.options.physics.radiusM + 0.2 * scale;
    state.blocks = [{ xM: nearest.xM, yM: nearest.yM, radiusM, untilMs: nowMs + DETOUR_MS }, ...state.blocks].slice(
      0,
      MAX_BLOCKS,
    );
    state.blocksVersion++;
  }
}

/** Whether the robot's centre is on the footprint of a destination that it does not hold. */
function isOnForeign(state: MotionState, target: Target, pose: Point): boolean {
  for (const place of state.options.destinations) {
    const dx = place.xM - pose.xM;
    const dy = place.yM - pose.yM;
    const isNear = Math.abs(dx) < place.radiusM && Math.abs(dy) < place.radiusM; // spares the rest to most of them
    if (isNear && place.id !== target.id && Math.hypot(dx, dy) < place.radiusM) return true;
  }
  return false;
}

function remainingM(state: MotionState, input: MotionInput): number {
  const points = state.retreat?.pointsM ?? [];
  const x = points[points.length - 2] ?? input.pose.xM;
  const y = points[points.length - 1] ?? input.pose.yM;
  return Math.hypot(x - input.pose.xM, y - input.pose.yM);
}

/** The unmapped return nearest to the robot, within 4 m. */
function nearestUnmapped(
  state: MotionState,
  input: MotionInput,
): { xM: number; yM: number; awayM: number } | undefined {
  const { seen } = state;
  let best = -1;
  let bestM = 4 * scaleOf(state.options.physics);
  for (let point = 0; point < seen.count; point++) {
    if (seen.kind[point] !== UNMAPPED) continue;
    const awayM = Math.hypot((seen.xM[point] as number) - input.pose.xM, (seen.yM[point] as number) - input.pose.yM);
    if (awayM >= bestM) continue;
    best = point;
    bestM = awayM;
  }
  if (best < 0) return undefined;
  return { xM: seen.xM[best] as number, yM: seen.yM[best] as number, awayM: bestM };
}
