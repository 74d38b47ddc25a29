// From fresh evidence to a command: the planning gate (R11), the deadline of the model, and what the base is told. R8:
// on AUTONOMOUS models plan; on REACTIVE_ONLY none runs and only a validated path is finished; below that the robot
// stands. R2: no command that moves the robot is made without a lease, and braking begins early enough to stand before
// its end.

import { compareTokens, NO_TOKEN, tokenKey } from "../../proto/claim.js";
import { commandValidMs, mustBrake } from "../../proto/lease.js";
import { PERMITS } from "../../proto/mode.js";
import { actingOn, leaseEndMs, mayActNow } from "./authority.js";
import { ageMs, sampleOf } from "./channels.js";
import { askControllers, stepControllers } from "./controller/controller.js";
import { judged, judgeShadows } from "./controller/judging.js";
import { endActing } from "./holding.js";
import { BASE_LIMIT_MS, isFrozen, mayPlan, poseDoubted, rungOf } from "./modes.js";
import { type MotionInput, nextPlanRequest, type Proposal, propose } from "./motion/motion.js";
import { type Driver, motionInput } from "./motion-input.js";
import { stepDeadline } from "./planner.js";
import { recordDecision } from "./record.js";
import type { EdgeEffect, EdgeState } from "./types.js";

/** Without headway for this long the robot gives the destination up, and the hub decides anew. */
const GIVE_UP_MS = 45_000;
/** Less than this is no headway. */
const HEADWAY_M = 0.5;

export function stepDrive(state: EdgeState, driver: Driver, nowMs: number, effects: EdgeEffect[]): void {
  stepDeadline(state, driver, nowMs, effects);
  stepControllers(state, { nowMs, effects });
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
      const gatherMs = ageMs(state, "scan", nowMs);
      const oldest = oldestMs(state, nowMs);
      state.plan.flight = { id: request.id, sentMs: nowMs, kind: request.kind, gatherMs, ageMs: oldest };
      effects.push({ kind: "plan", request });
    }
  }
  const { fallbacks } = driver.motion;
  const proposal = input === null ? STAND : proposeOn(state, driver, input, { nowMs, effects });
  if (input?.rung === "AUTONOMOUS" && input.target !== null && proposal.activity !== "arrived")
    state.health.drove(state.health.planner, driver.motion.fallbacks > fallbacks);
  state.activity = proposal.activity;
  state.blockedBy = proposal.blockedBy;
  state.path = proposal.path;
  const moving = proposal.speedMps !== 0 || proposal.turnRadps !== 0;
  const why = moving ? whyStand(state, nowMs) : "";
  command(state, why === "" ? proposal : STAND, nowMs, effects);
  recordDecision(
    state,
    { nowMs, proposal, why: why || proposal.blockedBy, isStopped: why !== "", motion: driver.motion },
    effects,
  );
  arrive(state, proposal, nowMs, effects);
  giveUp(state, driver, { proposal, nowMs }, effects);
}

/** A set-point, with what controller models advise where they may. */
function proposeOn(
  state: EdgeState,
  { motion }: Driver,
  input: MotionInput,
  turn: { readonly nowMs: number; readonly effects: EdgeEffect[] },
): Proposal {
  const at = { motion, input };
  askControllers(state, at, turn);
  judgeShadows(state, at, turn.nowMs);
  const proposal = propose(motion, input);
  judged(state, at, turn);
  return proposal;
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

/** The command of this tick. Its validity never outlives the lease; standing is always allowed. */
function command(state: EdgeState, proposal: Proposal, nowMs: number, effects: EdgeEffect[]): void {
  const { deadmanMs } = state.context.config.lease;
  const { speedMps, turnRadps } = proposal;
  const moving = speedMps !== 0 || turnRadps !== 0;
  const token = actingOn(state)?.token ?? NO_TOKEN;
  const endMs = leaseEndMs(state);
  state.toldToMove = moving;
  state.commanded = { speedMps, turnRadps };
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
