// Arrival: near enough, turned as asked, standing, and so for a while. The word "arrived" ends an assignment, so it is
// said only of what was seen for SETTLE_MS, and it does not flicker with the noise of the pose.
import { type Physics, type Pose, type Target, type Velocity, wrapAngle } from "./types.js";

/** How long, unless the caller says otherwise. */
export const SETTLE_MS = 300;
const HEADING_WITHIN_RAD = 0.12;
const STAND_MPS = 0.03;

/** Memory of an approach to one target. */
export interface Settle {
  targetId: string;
  /** Whether the robot has reached the place and only turns now. */
  reached: boolean;
  sinceMs: number;
  arrived: boolean;
}

export function createSettle(): Settle {
  return { targetId: "", reached: false, sinceMs: -1, arrived: false };
}

export interface ArrivalInput {
  readonly nowMs: number;
  readonly pose: Pose;
  readonly speedMps: number;
  readonly physics: Physics;
  /** How long the robot must have stood; default SETTLE_MS. */
  readonly settleMs?: number;
}

/** Whether the robot has arrived at the target. Starts afresh for another target; forgets when it was moved away. */
export function arrived(settle: Settle, target: Target, input: ArrivalInput): boolean {
  const awayM = Math.hypot(input.pose.xM - target.xM, input.pose.yM - target.yM);
  const { arriveM } = input.physics;
  if (settle.targetId !== target.id || awayM > 2 * arriveM) {
    settle.targetId = target.id;
    settle.reached = false;
    settle.arrived = false;
    settle.sinceMs = -1;
  }
  if (awayM <= (settle.reached ? 1.6 : 0.7) * arriveM) settle.reached = true;
  else settle.reached = false;
  if (settle.arrived) return settle.reached;
  const turned = Math.abs(wrapAngle(target.headingRad - input.pose.headingRad)) <= HEADING_WITHIN_RAD;
  if (!settle.reached || !turned || Math.abs(input.speedMps) > STAND_MPS) {
    settle.sinceMs = -1;
    return false;
  }
  if (settle.sinceMs < 0) settle.sinceMs = input.nowMs;
  settle.arrived = input.nowMs - settle.sinceMs >= (input.settleMs ?? SETTLE_MS);
  return settle.arrived;
}

/** Turn on the spot to the target's heading; zero once it is within half of what arrival asks. */
export function align(target: Target, pose: Pose, physics: Physics): Velocity {
  const errorRad = wrapAngle(target.headingRad - pose.headingRad);
  if (Math.abs(errorRad) < HEADING_WITHIN_RAD / 2) return { speedMps: 0, turnRadps: 0 };
  const turnRadps = Math.max(-physics.maxTurnRadps, Math.min(physics.maxTurnRadps, 2 * errorRad));
  return { speedMps: 0, turnRadps };
}
