// The motion core as the edge uses it: when to plan (nextPlanRequest, acceptPlan, planLost) and what the base shall do
// now (propose). Every set-point that leaves here has passed the guard (R11); on REACTIVE_ONLY no plan is asked for and
// only a validated path is finished (R8); on any other rung, without a target or without a fresh scan, the robot
// stands.
import { UNREACHABLE } from "../../../models/planner.js";
import { type Advice, closingMps, judgeAdvice, type Leash } from "./advice.js";
import { guardContext, toGoM } from "./context.js";
import { footOn, type Pursuit, pursue, pursuedPoint } from "./follow.js";
import { align, arrived } from "./goal.js";
import { CREEP_MPS, type GuardContext, type GuardReason, type GuardVerdict, guard } from "./guard.js";
import type { Path } from "./path.js";
import { isWayBlocked } from "./planning.js";
import { after } from "./rate.js";
import { reactive } from "./reactive.js";
import { placeScan } from "./scan.js";
import type { MotionInput, MotionState } from "./state.js";
import { stepTraffic } from "./traffic.js";
import type { Point, Target, Velocity } from "./types.js";
import { createYield } from "./yield.js";

export type { Advice, Leash } from "./advice.js";
export { toGoM } from "./context.js";
export { acceptPlan, nextPlanRequest, type PlanVerdict, planLost } from "./planning.js";
export { createMotion, type MotionInput, type MotionOptions, type MotionState } from "./state.js";
export type { Footprint, MeasuredPose, Physics, Point, Pose, Scan, Target } from "./types.js";

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
/** Without headway for this long and nothing in the way, the robot is pinned beside a wall. */
const PINNED_MS = 4000;
const MAX_PATH_POINTS = 64;
const STAND: Velocity = { speedMps: 0, turnRadps: 0 };

/** What the base shall do now. Call it once per control tick. */
export function propose(state: MotionState, input: MotionInput): Proposal {
  state.isFollowing = false;
  state.adviceVerdict = "";
  state.judged = null;
  const { target } = input;
  const isMoving = input.rung === "AUTONOMOUS" || input.rung === "REACTIVE_ONLY";
  if (target === null) return stand(state, input, "standing", "");
  if (!isMoving) return stand(state, input, "holding", `rung ${input.rung}`);
  if (state.path !== undefined && state.path.targetId !== target.id) forgetRoute(state);
  const { physics, settleMs } = state.options;
  const { nowMs, pose, speedMps } = input;
  if (arrived(state.settle, target, { nowMs, pose, speedMps, physics, settleMs })) {
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
  state.before = after(state.before, 0);
  moveHeadway(state, input);
  return { speedMps: 0, turnRadps: 0, activity, blockedBy, path: [] };
}

/** Takes the present place and time for the last headway. */
function moveHeadway(state: MotionState, input: MotionInput): void {
  const { headway } = state;
  headway.xM = input.pose.xM;
  headway.yM = input.pose.yM;
  headway.atMs = input.nowMs;
}

function react(state: MotionState, input: MotionInput, target: Target): Proposal {
  const { options, path, progress, seen, reacting } = state;
  const { physics } = options;
  const latencyS = options.latencyMs / 1000;
  const { pose, speedMps } = input;
  const periodS = 1 / options.controlHz;
  const reaction = reactive({ reacting, path, progress, target, pose, speedMps, physics, seen, latencyS, periodS });
  if (reaction.kind === "hold") return stand(state, input, "holding", reaction.why);
  const { pursuit } = reaction;
  moveHeadway(state, input); // nobody backs out by these rules
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
  if (nowMs - state.localMs > PLAN_LATE_MS) {
    state.fallbacks += 1;
    return react(state, input, target);
  }
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
      return follow(state, input, { target, path: state.path });
  }
}

function follow(
  state: MotionState,
  input: MotionInput,
  on: { readonly target: Target; readonly path: Path },
): Proposal {
  // A blocked way is not followed round its long detour through the window: better to wait where the robot is.
  if (isWayBlocked(state)) return wait(state, input, "something in the way");
  state.isFollowing = true;
  if (input.controller !== null) return advised(state, input, { ...on, ...input.controller });
  const pursuit = pursueOn(state, input, on.path);
  return finish(state, input, { proposal: pursuit, activity: "driving", bearingRad: pursuit.bearingRad });
}

/** What a controller model advises, when the guard grants it; else immediate rules for this tick (R11). */
function advised(
  state: MotionState,
  input: MotionInput,
  on: { readonly target: Target; readonly path: Path; readonly advice: Advice | null; readonly leash: Leash | null },
): Proposal {
  state.progress.segment = footOn(on.path.pointsM, state.progress.segment, input.pose).segment;
  if (on.advice === null) return react(state, input, on.target);
  const verdict = judge(state, input, { advice: on.advice, leash: on.leash });
  state.judged = verdict;
  state.adviceVerdict = verdict.ok ? "driven" : verdict.reason;
  if (!verdict.ok) {
    state.vetoes[verdict.reason] += 1;
    return react(state, input, on.target);
  }
  const { speedMps, turnRadps } = verdict.command;
  state.before = after(state.before, speedMps);
  return { speedMps, turnRadps, activity: "driving", blockedBy: "", path: shownPath(state) };
}

/** The point of the path that the robot would pursue now; null without a path. */
export function waypointOf(
  state: MotionState,
  input: MotionInput,
): { readonly xM: number; readonly yM: number } | null {
  const { path, progress, options } = state;
  if (path === undefined) return null;
  return pursuedPoint({ path, progress, pose: input.pose, speedMps: input.speedMps, physics: options.physics });
}

/** What the guard says to an advice now; nothing changes. */
export function judge(
  state: MotionState,
  input: MotionInput,
  of: { readonly advice: Advice; readonly leash: Leash | null },
): GuardVerdict {
  return judgeAdvice(of.advice, { ...advisedAt(state, input), leash: of.leash });
}

/** How fast that would bring the robot nearer to its target, in metres of free floor per second; nothing changes. */
export function headwayMps(state: MotionState, input: MotionInput, advice: Advice): number {
  return closingMps(advice, advisedAt(state, input));
}

function advisedAt(state: MotionState, input: MotionInput): Parameters<typeof closingMps>[1] {
  const ofSite = (at: Point) => toGoM(state, at);
  return { context: guardContext(state, input), toGoM: ofSite, periodS: 1 / state.options.controlHz };
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
  state.before = after(state.before, 0);
  state.headway.xM = input.pose.xM;
  state.headway.yM = input.pose.yM;
  return { speedMps: 0, turnRadps: 0, activity: "waiting", blockedBy: why, path: shownPath(state) };
}

interface Wish {
  readonly proposal: Velocity;
  readonly activity: Activity;
  readonly bearingRad: number;
}

/** Puts a wish through the guard; where it finds no room, the robot turns towards its path, or creeps back. */
function finish(state: MotionState, input: MotionInput, wish: Wish): Proposal {
  const context = guardContext(state, input);
  const { speedMps, turnRadps } = wish.proposal;
  const verdict = guard({ speedMps, turnRadps }, context);
  state.judged = verdict;
  if (!verdict.ok) state.vetoes[verdict.reason] += 1;
  let command: Velocity = verdict.ok ? verdict.command : STAND;
  const isSlow = speedMps > 0.1 && command.speedMps < 0.08 && !(verdict.ok && verdict.limitedBy === undefined);
  if (isSlow && input.speedMps < 0.1) {
    const limit = state.options.physics.maxTurnRadps;
    const turn = Math.max(-limit, Math.min(limit, 2.5 * wish.bearingRad));
    const isPinned = input.nowMs - state.headway.atMs > PINNED_MS && !isWayBlocked(state);
    const other = isPinned ? { speedMps: -CREEP_MPS, turnRadps: 0 } : { speedMps: 0, turnRadps: turn };
    if (isPinned || Math.abs(wish.bearingRad) > 0.08) command = granted(other, context) ?? command;
  }
  state.before = after(state.before, command.speedMps);
  const stands = command.speedMps === 0 && command.turnRadps === 0 && speedMps !== 0;
  const blockedBy = stands && !verdict.ok ? describe(verdict.reason) : "";
  const activity = stands ? "waiting" : wish.activity;
  return { speedMps: command.speedMps, turnRadps: command.turnRadps, activity, blockedBy, path: shownPath(state) };
}

function granted(proposal: Velocity, context: GuardContext): Velocity | undefined {
  const verdict = guard(proposal, context);
  return verdict.ok ? verdict.command : undefined;
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
    case "strays":
      return "plan refused: strays";
  }
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
