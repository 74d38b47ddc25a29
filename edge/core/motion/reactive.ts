// R8 REACTIVE_ONLY: no model runs. Immediate rules on the fresh scan only: finish a path that was already validated,
// slowly and with distance, else hold. Also what happens while a plan is late or failed (R11). The guard still decides.
import { type Progress, type Pursuit, pursue } from "./follow.js";
import type { Path } from "./path.js";
import { type Seen, UNMAPPED } from "./scan.js";
import type { Physics, Pose, Target } from "./types.js";

/** Off the validated path by more than this, in metres, the robot is no longer following it: hold. */
export const OFF_PATH_M = 0.6;
/** Distance kept to anything unmapped in front, in metres. */
export const KEEP_M = 1;
const HALF_ANGLE_COS = 0.5;

export interface ReactiveInput {
  readonly path: Path | undefined;
  readonly progress: Progress;
  readonly target: Target;
  readonly pose: Pose;
  readonly speedMps: number;
  readonly physics: Physics;
  readonly seen: Seen;
  readonly latencyS: number;
  readonly periodS: number;
}

export type Reaction =
  | { readonly kind: "follow"; readonly pursuit: Pursuit }
  | { readonly kind: "hold"; readonly why: string };

/** What immediate rules propose now. */
export function reactive(input: ReactiveInput): Reaction {
  const { path, physics } = input;
  if (path === undefined || path.targetId !== input.target.id) return { kind: "hold", why: "no validated path" };
  const aheadM = unmappedAheadM(input);
  if (aheadM < KEEP_M) return { kind: "hold", why: "something ahead" };
  const limit = aheadM < 2 * KEEP_M ? physics.reactiveSpeedMps * (aheadM / KEEP_M - 1) : physics.reactiveSpeedMps;
  const limits = { maxSpeedMps: limit, latencyS: input.latencyS, periodS: input.periodS };
  const pursuit = pursue({ ...input, path, limits });
  if (pursuit.offsetM > OFF_PATH_M) return { kind: "hold", why: "off the validated path" };
  if (!path.reachesTarget && pursuit.remainingM < physics.arriveM) return { kind: "hold", why: "path ends" };
  return { kind: "follow", pursuit };
}

/** Gap from the robot's edge to the nearest unmapped thing within 60 degrees of its course. */
function unmappedAheadM(input: ReactiveInput): number {
  const { seen, pose, physics } = input;
  const cos = Math.cos(pose.headingRad);
  const sin = Math.sin(pose.headingRad);
  let best = Infinity;
  for (let point = 0; point < seen.count; point++) {
    if (seen.kind[point] !== UNMAPPED) continue;
    const dx = (seen.xM[point] as number) - pose.xM;
    const dy = (seen.yM[point] as number) - pose.yM;
    const awayM = Math.hypot(dx, dy);
    if (dx * cos + dy * sin >= HALF_ANGLE_COS * awayM) best = Math.min(best, awayM - physics.radiusM);
  }
  return best;
}
