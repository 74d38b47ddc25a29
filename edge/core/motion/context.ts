// What wishes and advices are judged by at one instant: the robot's state for the guard, and how far it still is.
import { valueAt } from "./costmap.js";
import type { GuardContext } from "./guard.js";
import type { MotionInput, MotionState } from "./state.js";
import type { Point } from "./types.js";

/** Metres of free floor from there to the target, by the site plan. */
export function toGoM(state: MotionState, at: Point): number {
  return valueAt(state.siteWalls, state.siteValue, at);
}

export function guardContext(state: MotionState, input: MotionInput): GuardContext {
  const { physics, latencyMs, deadmanMs, controlHz } = state.options;
  return {
    pose: input.pose,
    speedMps: input.speedMps,
    turnRadps: input.turnRadps,
    physics,
    walls: state.walls,
    seen: state.seen,
    latencyS: latencyMs / 1000,
    holdS: Math.max(deadmanMs / 1000, 1 / controlHz),
    maxSpeedMps: input.rung === "AUTONOMOUS" ? physics.maxSpeedMps : physics.reactiveSpeedMps,
    before: state.before,
  };
}
