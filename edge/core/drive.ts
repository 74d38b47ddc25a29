// From fresh evidence to a command: the planning gate (R11), the deadline of the model, and what the base is told. R8:
// on AUTONOMOUS models plan; on REACTIVE_ONLY none runs and only a validated path is finished; below that the robot
// stands. R2: no command that moves the robot is made without a lease, and braking begins early enough to stand before
// its end.

import type { PlanResult } from "../../models/planner.js";
import { compareTokens, NO_TOKEN, tokenKey } from "../../proto/claim.js";
import { commandValidMs, mustBrake } from "../../proto/lease.js";
import { PERMITS } from "../../proto/mode.js";
import { actingOn, leaseEndMs, mayActNow } from "./authority.js";
import { ageMs, sampleOf } from "./channels.js";
import { PLANNER } from "./health/health.js";
import { endActing } from "./holding.js";
import { BASE_LIMIT_MS, isFrozen, mayPlan, poseDoubted, rungOf } from "./modes.js";
import {
  acceptPlan,
  type MotionInput,
  type MotionState,
  nextPlanRequest,
  type Proposal,
  planLost,
  propose,
  type Scan,
  type Target,
} from "./motion/motion.js";
import { recordDecision } from "./record.js";
import type { EdgeEffect, EdgeState } from "./types.js";

/** A planner that has not answered for this many deadlines is killed; reactive rules hold from the first one on. */
const KILL_DEADLINES = 3;
/** Without headway for this long the robot gives the destination up, and the hub decides anew. */
const GIVE_UP_MS = 45_000;
/** Less than this is no headway. */
const HEADWAY_M = 0.5;
const REFUSED_HOLD_MS = 1000;
/** Poses are carried forward by odometry for at most this long. */
const PREDICT_MS = 300;
const POSES_KEPT = 24;

export interface Driver {
  readonly motion: MotionState;
  readonly priority: number;
  readonly targets: ReadonlyMap<string, Target>; // by destination
  readonly poses: { readonly atMs: number; readonly xM: number; readonly yM: number; readonly headingRad: number }[];
  headway: { readonly atMs: number; readonly xM: number; readonly yM: number } | null; // where it last made some
  refusedUntilMs: number;
}

/** Remembers where the robot was, so that a scan is placed where it was captured. */
export function rememberPose(state: EdgeState, driver: Driver): void {
  const pose = sampleOf(state, "pose");
  const atMs = state.channels.get("pose")?.capturedMs;
  if (pose === undefined || atMs === undefined) return;
  driver.poses.push({ atMs, xM: pose.xM, yM: pose.yM, headingRad: pose.headingRad });
  if (driver.poses.length > POSES_KEPT) driver.poses.shift();
}

export function stepDrive(state: EdgeState, driver: Driver, nowMs: number, effects: EdgeEffect[]): void {
  stepDeadline(state, driver, nowMs, effects);
  const input = motionInput(state, driver, nowMs);
  if (
    input !== null &&
    mayPlan(state) &&
    state.plan.ready &&
    state.plan.flight === null &&
    isFresh(state, "plan", nowMs)
  ) {
    const request = nextPlanRequest(driver.motion, input);
    if (request !== null) {
      state.plan.flight = { id: request.id, sentMs: nowMs, kind: request.kind, ageMs: oldestMs(state, nowMs) };
      effects.push({ kind: "plan", request });
    }
  }
  const fallbacks = driver.motion.fallbacks;
  const proposal = input === null ? STAND : propose(driver.motion, input);
  if (input?.rung === "AUTONOMOUS" && input.target !== null && proposal.activity !== "arrived")
    state.health.drove(PLANNER, driver.motion.fallbacks > fallbacks);
  state.activity = proposal.activity;
  state.blockedBy = proposal.blockedBy;
  state.path = proposal.path;
  const moving = proposal.speedMps !== 0 || proposal.turnRadps !== 0;
  const why = moving ? whyStand(state, nowMs) : "";
  command(state, why === "" ? proposal : STAND, nowMs, effects);
  recordDecision(state, { nowMs, proposal, why: why || proposal.blockedBy }, effects);
  arrive(state, proposal, nowMs, effects);
  giveUp(state, driver, { proposal, nowMs }, effects);
}

const STAND: Proposal = { speedMps: 0, turnRadps: 0, activity: "standing", blockedBy: "", path: [] };

/** R2, R6, R8: why a robot that could move must stand now; empty when it may move. */
function whyStand(state: EdgeState, nowMs: number): string {
  if (!mayActNow(state, nowMs)) return "no lease for it";
  if (mustBrake(state.link.lease, { nowMs, brakeAheadMs: state.context.brakeAheadMs })) return "the lease ends soon";
  const rung = rungOf(state);
  if (PERMITS[rung].motion === "none") return `rung ${rung}`;
  return isFresh(state, rung === "AUTONOMOUS" ? "drive" : "react", nowMs) ? "" : "a sensor is not fresh";
}

/** R6: a frozen channel counts as lost until its cause lets go, whatever its stamps say, and a doubted pose is none. */
function isFresh(state: EdgeState, decision: "plan" | "drive" | "react", nowMs: number): boolean {
  const limits = state.context.config.decisions[decision];
  if (isFrozen(state, "scan") || isFrozen(state, "odometry") || poseDoubted(state)) return false;
  return (
    ageMs(state, "pose", nowMs) <= limits.poseMs &&
    ageMs(state, "scan", nowMs) <= limits.scanMs &&
    ageMs(state, "odometry", nowMs) <= limits.odometryMs &&
    ageMs(state, "base", nowMs) <= BASE_LIMIT_MS
  );
}

/** The age of the oldest input of a plan that is asked for now. */
function oldestMs(state: EdgeState, nowMs: number): number {
  return Math.max(ageMs(state, "pose", nowMs), ageMs(state, "scan", nowMs), ageMs(state, "odometry", nowMs));
}

function motionInput(state: EdgeState, driver: Driver, nowMs: number): MotionInput | null {
  const pose = sampleOf(state, "pose");
  const odometry = sampleOf(state, "odometry");
  if (pose === undefined || odometry === undefined) return null;
  const { speedMps, turnRadps } = odometry;
  const aheadS = Math.min(ageMs(state, "pose", nowMs), PREDICT_MS) / 1000;
  const predicted = {
    xM: pose.xM + speedMps * aheadS * Math.cos(pose.headingRad),
    yM: pose.yM + speedMps * aheadS * Math.sin(pose.headingRad),
    headingRad: pose.headingRad + turnRadps * aheadS,
    errorM: pose.errorM,
  };
  const rung = rungOf(state);
  const target = driver.targets.get(actingOn(state)?.destination ?? "") ?? null;
  const isScanNeeded = target !== null && PERMITS[rung].motion !== "none"; // a robot that stands looks at none
  const scan = isScanNeeded ? scanOf(state, driver, nowMs) : null;
  return { nowMs, pose: predicted, speedMps, turnRadps, scan, rung, priority: driver.priority, target };
}

/** The newest scan at the pose of its capture; null when it is too old for any motion. */
function scanOf(state: EdgeState, driver: Driver, nowMs: number): Scan | null {
  const scan = sampleOf(state, "scan");
  const capturedMs = state.channels.get("scan")?.capturedMs;
  const age = ageMs(state, "scan", nowMs);
  if (scan === undefined || capturedMs === undefined || age > state.context.config.decisions.react.scanMs) return null;
  let nearest = driver.poses.at(-1);
  for (const pose of driver.poses) {
    if (nearest === undefined || Math.abs(pose.atMs - capturedMs) < Math.abs(nearest.atMs - capturedMs)) nearest = pose;
  }
  if (nearest === undefined) return null;
  const { angleMinRad, angleStepRad, rangeMaxM, rangeM } = scan;
  return { angleMinRad, angleStepRad, rangeMaxM, rangesM: rangeM, poseAtCapture: nearest, ageMs: age };
}

/** R11: a late plan means reactive rules at once; a planner that stays silent is killed and restarted. */
function stepDeadline(state: EdgeState, driver: Driver, nowMs: number, effects: EdgeEffect[]): void {
  const { plan } = state;
  if (plan.failing !== "" && plan.ready && nowMs >= driver.refusedUntilMs) plan.failing = "";
  if (plan.flight === null) return;
  noteMiss(state, driver, nowMs);
  const runningMs = nowMs - plan.flight.sentMs;
  if (runningMs > KILL_DEADLINES * state.context.config.limits.plannerDeadlineMs && plan.ready) {
    plan.ready = false;
    effects.push({ kind: "killPlanner", why: `no plan for ${runningMs} ms` });
  }
}

/** A plan past its deadline is lost, also when its answer comes before the tick that would have noticed. */
function noteMiss(state: EdgeState, driver: Driver, nowMs: number): void {
  const { plan } = state;
  if (plan.flight === null || plan.missed) return;
  if (nowMs - plan.flight.sentMs <= state.context.config.limits.plannerDeadlineMs) return;
  plan.missed = true;
  plan.misses += 1;
  plan.plans += 1;
  planLost(driver.motion, plan.flight.id);
}

/** Takes a plan; a late one is thrown away, but shows that the planner lives. */
export function planned(state: EdgeState, driver: Driver, result: PlanResult, nowMs: number): void {
  const { plan } = state;
  if (plan.flight?.id !== result.id) return;
  noteMiss(state, driver, nowMs);
  const late = plan.missed;
  const { ageMs } = plan.flight;
  plan.lastMs = nowMs - plan.flight.sentMs;
  plan.inferenceMs = result.inferenceMs;
  plan.flight = null;
  plan.missed = false;
  if (late) return;
  plan.plans += 1;
  const input = motionInput(state, driver, nowMs);
  if (input === null) return planLost(driver.motion, result.id); // nothing is known of where it would lead
  const verdict = acceptPlan(driver.motion, result, input);
  state.health.decided(PLANNER, {
    confidence: null,
    ageMs,
    isRefused: verdict === "refused",
    features: null,
    atMs: nowMs,
  });
  if (verdict === "refused") fail(state, driver, { why: "a plan breaks the model's contract", nowMs });
}

export function planRefused(
  state: EdgeState,
  driver: Driver,
  at: { readonly id: number; readonly why: string; readonly nowMs: number },
): void {
  if (state.plan.flight?.id !== at.id) return;
  const { ageMs } = state.plan.flight;
  planLost(driver.motion, at.id);
  Object.assign(state.plan, { flight: null, missed: false });
  state.health.decided(PLANNER, { confidence: null, ageMs, isRefused: true, features: null, atMs: at.nowMs });
  fail(state, driver, at);
}

function fail(state: EdgeState, driver: Driver, at: { readonly why: string; readonly nowMs: number }): void {
  state.plan.failing = at.why;
  driver.refusedUntilMs = at.nowMs + REFUSED_HOLD_MS;
}

export function plannerGone(state: EdgeState, driver: Driver): void {
  if (state.plan.flight !== null) planLost(driver.motion, state.plan.flight.id);
  Object.assign(state.plan, { ready: false, flight: null, missed: false });
}

/** The command of this tick. Its validity never outlives the lease; standing is always allowed. */
function command(state: EdgeState, proposal: Proposal, nowMs: number, effects: EdgeEffect[]): void {
  const { deadmanMs } = state.context.config.lease;
  const { speedMps, turnRadps } = proposal;
  const moving = speedMps !== 0 || turnRadps !== 0;
  const token = actingOn(state)?.token ?? NO_TOKEN;
  const endMs = leaseEndMs(state);
  state.toldToMove = moving;
  state.commandSequence = Math.max(state.commandSequence + 1, nowMs);
  effects.push({
    kind: "command",
    command: {
      sequence: state.commandSequence,
      speedMps,
      turnRadps,
      sentMonotonicMs: nowMs,
      rung: rungOf(state),
      validForMs: moving ? commandValidMs(state.link.lease, { nowMs, deadmanMs }) : deadmanMs,
      token: compareTokens(token, NO_TOKEN) === 0 ? undefined : token,
      leaseEndMonotonicMs: Math.max(0, Number.isFinite(endMs) ? endMs : 0),
      decisionId: decisionId(state),
    },
  });
}

/** The newest decision; empty before the first. */
function decisionId(state: EdgeState): string {
  return state.decided?.id ?? "";
}

/** Arrived, and stood there for the dwell: the outcome is stored before it is told. */
function arrive(state: EdgeState, proposal: Proposal, nowMs: number, effects: EdgeEffect[]): void {
  const acting = actingOn(state);
  if (acting === undefined || proposal.activity !== "arrived" || !isFresh(state, "drive", nowMs)) {
    state.dwell = null;
    return;
  }
  if (state.dwell?.assignment !== acting.assignment) state.dwell = { assignment: acting.assignment, sinceMs: nowMs };
  if (nowMs - state.dwell.sinceMs < acting.dwellMs) return;
  state.dwell = null;
  endActing(state, acting, { result: "ARRIVED", reason: "", decisionId: decisionId(state) }, effects);
}

function isHeadway(dx: number, dy: number): boolean {
  return dx * dx + dy * dy >= HEADWAY_M * HEADWAY_M;
}

/**
 * R1: a robot that makes no headway lets the hub decide anew; to turn on the spot before an obstacle is none. Standing
 * for want of authority is not its failure.
 */
function giveUp(
  state: EdgeState,
  driver: Driver,
  at: { readonly proposal: Proposal; readonly nowMs: number },
  effects: EdgeEffect[],
): void {
  const acting = actingOn(state);
  const { activity, blockedBy } = at.proposal;
  const pose = sampleOf(state, "pose");
  const mayMove = mayActNow(state, at.nowMs) && PERMITS[rungOf(state)].motion !== "none" && activity !== "arrived";
  if (acting === undefined || pose === undefined || !mayMove) {
    driver.headway = null;
    return;
  }
  const { xM, yM } = pose;
  const last = driver.headway;
  if (last === null || isHeadway(xM - last.xM, yM - last.yM)) {
    driver.headway = { atMs: at.nowMs, xM, yM };
    return;
  }
  if (at.nowMs - last.atMs < GIVE_UP_MS) return;
  driver.headway = null;
  const towards = `${acting.destination} (${tokenKey(acting.token)})`;
  const reason = `no headway for ${GIVE_UP_MS / 1000} s towards ${towards}: ${blockedBy || activity}`;
  endActing(state, acting, { result: "FAILED", reason: reason.slice(0, 200), decisionId: decisionId(state) }, effects);
}
