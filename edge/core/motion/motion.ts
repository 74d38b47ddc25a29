// The motion core as the edge uses it: when to plan (nextPlanRequest, acceptPlan, planLost) and what the base shall do
// now (propose). Every set-point that leaves here has passed the guard (R11); on REACTIVE_ONLY no plan is asked for and
// only a validated path is finished (R8); on any other rung, without a target or without a fresh scan, the robot stands.
import { UNREACHABLE } from "../../../models/planner.js";
import { type Pursuit, pursue } from "./follow.js";
import { align, arrived } from "./goal.js";
import { type GuardReason, guard } from "./guard.js";
import { detourLimitM, foreignFootprints } from "./planning.js";
import { reactive } from "./reactive.js";
import { placeScan, UNMAPPED } from "./scan.js";
import type { MotionInput, MotionState } from "./state.js";
import { scaleOf, type Target, type Velocity } from "./types.js";
import { createYield, DETOUR_MS, stepYield } from "./yield.js";

export { acceptPlan, nextPlanRequest, type PlanVerdict, planLost } from "./planning.js";
export { createMotion, type MotionInput, type MotionOptions, type MotionState } from "./state.js";
export type { Footprint, MeasuredPose, Physics, Pose, Scan, Target } from "./types.js";

export type Activity = "driving" | "waiting" | "blocked" | "holding" | "standing" | "arrived";

export interface Proposal extends Velocity {
  readonly activity: Activity;
  /** What the robot waits for, for people; "" when it does not wait. */
  readonly blockedBy: string;
  /** The path that it follows, x and y in turn, at most 64 points. */
  readonly path: number[];
}

/** A plan older than this is late: immediate rules take over until the next one (R11). */
const PLAN_LATE_MS = 1500;
/** Without headway for this long beside something unmapped, the way counts as blocked. */
const STUCK_MS = 2500;
const MAX_PATH_POINTS = 64;

/** What the base shall do now. Call it once per control tick. */
export function propose(state: MotionState, input: MotionInput): Proposal {
  const { target } = input;
  const isMoving = input.rung === "AUTONOMOUS" || input.rung === "REACTIVE_ONLY";
  if (target === null) return stand(state, input, "standing", "");
  if (!isMoving) return stand(state, input, "holding", `rung ${input.rung}`);
  if (state.path !== undefined && state.path.targetId !== target.id) forgetRoute(state);
  const { physics } = state.options;
  if (arrived(state.settle, target, { nowMs: input.nowMs, pose: input.pose, speedMps: input.speedMps, physics })) {
    return stand(state, input, "arrived", "");
  }
  if (input.scan === null) return stand(state, input, "holding", "no fresh scan");
  placeScan(state.seen, input.scan, { walls: state.walls, physics });
  if (state.settle.reached) {
    const turn = align(target, input.pose, physics);
    return finish(state, input, { proposal: turn, activity: "driving", bearingRad: 0 });
  }
  if (input.rung === "REACTIVE_ONLY") return react(state, input, target);
  return drive(state, input, target);
}

function forgetRoute(state: MotionState): void {
  state.path = undefined;
  state.retreat = undefined;
  state.yielding = createYield();
  state.detourM = 0;
}

function stand(state: MotionState, input: MotionInput, activity: Activity, blockedBy: string): Proposal {
  if (activity !== "holding") state.yielding = createYield();
  state.lastCommand = { speedMps: 0, turnRadps: 0 };
  state.headway = { xM: input.pose.xM, yM: input.pose.yM, atMs: input.nowMs };
  return { speedMps: 0, turnRadps: 0, activity, blockedBy, path: [] };
}

function react(state: MotionState, input: MotionInput, target: Target): Proposal {
  const { options, path, progress, seen } = state;
  const { physics } = options;
  const latencyS = options.latencyMs / 1000;
  const { pose, speedMps } = input;
  const periodS = 1 / options.controlHz;
  const reaction = reactive({ path, progress, target, pose, speedMps, physics, seen, latencyS, periodS });
  if (reaction.kind === "hold") return stand(state, input, "holding", reaction.why);
  const { pursuit } = reaction;
  return finish(state, input, { proposal: pursuit, activity: "driving", bearingRad: pursuit.bearingRad });
}

function drive(state: MotionState, input: MotionInput, target: Target): Proposal {
  const { nowMs } = input;
  if (state.siteTargetId !== target.id) return stand(state, input, "holding", "no site plan yet");
  if (state.path === undefined) {
    const isClosed = state.detourM >= UNREACHABLE;
    return stand(
      state,
      input,
      isClosed ? "blocked" : "holding",
      isClosed ? "no way to the destination" : "no plan yet",
    );
  }
  if (nowMs - state.localMs > PLAN_LATE_MS) return react(state, input, target);
  stepTraffic(state, input, target);
  const { phase } = state.yielding;
  switch (phase) {
    case "waiting":
    case "aside":
      return wait(state, input, phase === "aside" ? "stepped aside" : "something in the way");
    case "retreating":
      return retreat(state, input);
    case "clear":
    case "detouring":
      return follow(state, input);
  }
}

function follow(state: MotionState, input: MotionInput): Proposal {
  // A blocked way is not followed round its long detour through the window: better to wait where the robot is.
  if (state.detourM > detourLimitM(state)) return wait(state, input, "something in the way");
  const pursuit = pursueOn(state, input, state.path as NonNullable<MotionState["path"]>);
  return finish(state, input, { proposal: pursuit, activity: "driving", bearingRad: pursuit.bearingRad });
}

function retreat(state: MotionState, input: MotionInput): Proposal {
  const path = state.retreat;
  if (path === undefined || path.pointsM.length < 4) return wait(state, input, "something in the way");
  const pursuit = pursueOn(state, input, path);
  return finish(state, input, { proposal: pursuit, activity: "driving", bearingRad: pursuit.bearingRad });
}

function pursueOn(state: MotionState, input: MotionInput, path: NonNullable<MotionState["path"]>): Pursuit {
  const { physics, latencyMs, controlHz } = state.options;
  const isRoute = path === state.path;
  return pursue({
    path,
    progress: isRoute ? state.progress : state.retreatProgress,
    pose: input.pose,
    speedMps: input.speedMps,
    physics,
    limits: {
      maxSpeedMps: isRoute ? physics.maxSpeedMps : Math.min(physics.maxSpeedMps, 2 * physics.reactiveSpeedMps),
      latencyS: latencyMs / 1000,
      periodS: 1 / controlHz,
    },
  });
}

function wait(state: MotionState, input: MotionInput, why: string): Proposal {
  state.lastCommand = { speedMps: 0, turnRadps: 0 };
  state.headway = { ...state.headway, xM: input.pose.xM, yM: input.pose.yM };
  return { speedMps: 0, turnRadps: 0, activity: "waiting", blockedBy: why, path: shownPath(state) };
}

interface Wish {
  readonly proposal: Velocity;
  readonly activity: Activity;
  readonly bearingRad: number;
}

/** Puts a wish through the guard; where it finds no room, the robot turns towards its path, which is always safe. */
function finish(state: MotionState, input: MotionInput, wish: Wish): Proposal {
  const { physics, latencyMs, deadmanMs, controlHz } = state.options;
  const { speedMps, turnRadps } = wish.proposal;
  const verdict = guard(
    { speedMps, turnRadps },
    {
      pose: input.pose,
      speedMps: input.speedMps,
      turnRadps: input.turnRadps,
      physics,
      walls: state.walls,
      seen: state.seen,
      latencyS: latencyMs / 1000,
      holdS: Math.max(deadmanMs / 1000, 1 / controlHz),
      maxSpeedMps: input.rung === "AUTONOMOUS" ? physics.maxSpeedMps : physics.reactiveSpeedMps,
    },
  );
  const path = shownPath(state);
  let command: Velocity = verdict.ok ? verdict.command : { speedMps: 0, turnRadps: 0 };
  const isSlow = speedMps > 0.1 && command.speedMps < 0.08;
  if (isSlow && Math.abs(wish.bearingRad) > 0.08 && input.speedMps < 0.1) {
    const limit = physics.maxTurnRadps;
    command = { speedMps: 0, turnRadps: Math.max(-limit, Math.min(limit, 2.5 * wish.bearingRad)) };
  }
  state.lastCommand = command;
  const stands = command.speedMps === 0 && command.turnRadps === 0 && speedMps !== 0;
  const blockedBy = verdict.ok ? "" : describe(verdict.reason);
  return { ...command, activity: stands ? "waiting" : wish.activity, blockedBy: stands ? blockedBy : "", path };
}

function describe(reason: GuardReason): string {
  switch (reason) {
    case "not-finite":
    case "out-of-range":
      return `plan refused: ${reason}`;
    case "no-scan":
      return "no fresh scan";
    case "no-room-map":
      return "no room beside a wall";
    case "no-room-seen":
      return "no room ahead";
    case "no-room-unmapped":
      return "something in the way";
  }
}

/** Steps the yield machine and does what entering a phase asks. */
function stepTraffic(state: MotionState, input: MotionInput, target: Target): void {
  const { nowMs, pose } = input;
  const scale = scaleOf(state.options.physics);
  const movedM = Math.hypot(pose.xM - state.headway.xM, pose.yM - state.headway.yM);
  if (movedM > 0.15 * scale) state.headway = { xM: pose.xM, yM: pose.yM, atMs: nowMs };
  const before = state.yielding;
  const nearest = nearestUnmapped(state, input);
  const isStuck = nowMs - state.headway.atMs > STUCK_MS && nearest !== undefined && nearest.awayM < 2 * scale;
  const isDriving = before.phase === "clear" || before.phase === "detouring";
  const retreat = state.retreat;
  const isRefugeReached = retreat !== undefined && state.retreatEndsInRefuge && remainingM(state, input) < 0.15 * scale;
  state.yielding = stepYield(
    before,
    {
      blocked: nearest !== undefined && (state.detourM > detourLimitM(state) || (isDriving && isStuck)),
      priority: input.priority,
      isOnFootprint: foreignFootprints(state, target).some((place) => {
        return Math.hypot(place.xM - pose.xM, place.yM - pose.yM) < place.radiusM;
      }),
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
      8,
    );
    state.blocksVersion++;
  }
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

function shownPath(state: MotionState): number[] {
  const points = (state.yielding.phase === "retreating" ? state.retreat : state.path)?.pointsM ?? [];
  const count = points.length / 2;
  const stride = Math.max(1, Math.ceil(count / (MAX_PATH_POINTS - 1)));
  const shown: number[] = [];
  for (let point = 0; point < count - 1; point += stride) {
    shown.push(points[2 * point] as number, points[2 * point + 1] as number);
  }
  if (count > 0) shown.push(points[2 * count - 2] as number, points[2 * count - 1] as number);
  return shown;
}
