// R14: all that a core remembers, as plain values that the structured clone carries whole, so that a recording may
// begin anywhere. What follows from the configuration and the map is made anew: a restored core and the one that it was
// taken from give the same effects for the same inputs.

import type { WatchMemory } from "./health/health.js";
import type { MotionState } from "./motion/motion.js";
import type { Driver } from "./motion-input.js";
import type { EdgeState } from "./types.js";

export interface EdgeSnapshot {
  readonly state: Omit<EdgeState, "context" | "health">;
  readonly health: readonly WatchMemory[];
  readonly driver: Omit<Driver, "motion" | "targets">;
  readonly motion: Omit<MotionState, "options" | "walls" | "siteWalls">;
}

export function snapshotOf(state: EdgeState, driver: Driver): EdgeSnapshot {
  const { context: _context, health, ...remembered } = state;
  const { motion, targets: _targets, ...driving } = driver;
  const { options: _options, walls: _walls, siteWalls: _siteWalls, ...moving } = motion;
  return { state: remembered, health: health.memory, driver: driving, motion: { ...moving, ...withoutWalls(motion) } };
}

/** The walls of a window are measured again: they name the map that they were measured on. */
function withoutWalls({ window, pendingWindow }: MotionState): Pick<MotionState, "window" | "pendingWindow"> {
  return { window: { ...window, measured: null }, pendingWindow: { ...pendingWindow, measured: null } };
}

/** Takes the snapshot over into what a core has at its start. */
export function restore({ state, health, driver, motion }: EdgeSnapshot, to: EdgeState, driving: Driver): void {
  Object.assign(to, state);
  to.health.restore(health);
  Object.assign(driving.motion, motion);
  Object.assign(driving, driver);
}
