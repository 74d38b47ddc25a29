// How fast a set-point may grow (R11): by no more than the base's acceleration, and that acceleration itself by no more
// than its jerk. Slowing down is never limited: a stop must be granted whole, whatever comfort says. Pure.
import type { Physics } from "./types.js";

/** Time in which a base goes over to its full acceleration, in seconds, unless the site says how fast it may. */
const JERK_S = 0.2;

/** What was commanded last. */
export interface Before {
  readonly speedMps: number;
  /** By how much the speed grew then; 0 when it did not grow. */
  readonly accelMps2: number;
  /** From that command to this one, in seconds. */
  readonly periodS: number;
}

/**
 * The highest speed, forwards or backwards as `towards` is, that may follow on the command before and on what the base
 * does now. A change of direction begins at rest.
 */
export function reachableMps(towards: number, before: Before, now: { speedMps: number; physics: Physics }): number {
  const { accelMps2, jerkMps3 = accelMps2 / JERK_S } = now.physics;
  const { periodS } = before;
  const isSameWay = towards * before.speedMps > 0;
  const commanded = isSameWay ? Math.abs(before.speedMps) : 0;
  const driven = towards * now.speedMps > 0 ? Math.abs(now.speedMps) : 0;
  const accelNow = Math.min(accelMps2, (isSameWay ? before.accelMps2 : 0) + jerkMps3 * periodS);
  return Math.max(commanded, driven) + accelNow * periodS;
}

/** What the next command has before it, once `speedMps` is commanded; the acceleration of what slows down is 0. */
export function after(before: Before, speedMps: number): Before {
  const grownMps = Math.abs(speedMps) - (speedMps * before.speedMps > 0 ? Math.abs(before.speedMps) : 0);
  return { speedMps, accelMps2: Math.max(0, grownMps / before.periodS), periodS: before.periodS };
}
