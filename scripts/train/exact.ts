// The exact planner as a teacher: the motion core of the edge with plans by Dijkstra. Beside the command that the core
// gives it tells the wish behind it, without the limits on how fast a speed may grow: those belong to the guard, which
// keeps them for every proposal, and a table of velocities could not follow them.

import { pursue } from "../../edge/core/motion/follow.js";
import { type GuardContext, guard } from "../../edge/core/motion/guard.js";
import type { MotionInput, MotionState } from "../../edge/core/motion/motion.js";
import type { Velocity } from "../../edge/core/motion/types.js";

/** Growth that no base reaches, in m/s2. */
const ANY_ACCEL_MPS2 = 1000;
/** Below these the core turns on the spot instead of pressing on (motion.ts). */
const STANDS_MPS = 0.08;
const BEARING_LEAST_RAD = 0.08;
const TURN_GAIN = 2.5;

/** What the guard goes by, as the motion core tells it. */
export function contextOf(state: MotionState, input: MotionInput): GuardContext {
  const { physics, latencyMs, deadmanMs, controlHz } = state.options;
  const { pose, speedMps, turnRadps } = input;
  return {
    ...{ pose, speedMps, turnRadps, physics, walls: state.walls, seen: state.seen, before: state.before },
    latencyS: latencyMs / 1000,
    holdS: Math.max(deadmanMs / 1000, 1 / controlHz),
    maxSpeedMps: physics.maxSpeedMps,
  };
}

/** What the exact planner wants now, as far as the guard grants it; null where nothing is followed. */
export function wishOf(state: MotionState, input: MotionInput): Velocity | null {
  const { path } = state;
  const { pose, speedMps } = input;
  if (!state.isFollowing || path === undefined || path.pointsM.length < 4) return null;
  const { physics, latencyMs, controlHz } = state.options;
  const pursuit = pursue({
    ...{ path, pose, speedMps, progress: { ...state.progress } },
    physics: { ...physics, accelMps2: ANY_ACCEL_MPS2 },
    limits: { maxSpeedMps: physics.maxSpeedMps, latencyS: latencyMs / 1000, periodS: 1 / controlHz },
  });
  const { before: _, ...context } = contextOf(state, input);
  const verdict = guard(pursuit, context);
  const granted = verdict.ok ? verdict.command : { speedMps: 0, turnRadps: 0 };
  const isHeld = pursuit.speedMps > 0.1 && granted.speedMps < STANDS_MPS && Math.abs(speedMps) < 0.1;
  if (!isHeld) return granted;
  if (Math.abs(pursuit.bearingRad) <= BEARING_LEAST_RAD) return null;
  const limit = physics.maxTurnRadps;
  return { speedMps: 0, turnRadps: Math.max(-limit, Math.min(limit, TURN_GAIN * pursuit.bearingRad)) };
}
