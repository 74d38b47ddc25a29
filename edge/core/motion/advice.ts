// What a controller model advises, as a set-point that the guard may judge (R11). A model may drive only towards what
// the robot holds: where its set-point would lead must not be much farther from there than the robot has come.
import type { ModelProposal } from "../../../models/propose.js";
import { pursue } from "./follow.js";
import { type GuardContext, type GuardVerdict, guard } from "./guard.js";
import type { Path } from "./path.js";
import type { Pose, Velocity } from "./types.js";

/** Waypoints nearer to the one before than this, in metres, tell nothing. */
const APART_M = 0.01;

export interface Advice {
  readonly proposal: Exclude<ModelProposal, { kind: "field" }>;
  /** Where the robot was when the model was asked. */
  readonly pose: Pose;
}

/** How far the robot may be from what it holds, in metres of free floor. */
export interface Leash {
  readonly withinM: number;
  readonly toGoM: (at: Pose) => number;
}

/** The guard's verdict on what a model advises, on that leash. */
export function judgeAdvice(
  advice: Advice,
  at: { readonly context: GuardContext; readonly leash: Leash; readonly periodS: number },
): GuardVerdict {
  const wished = setPointOf(advice, at);
  const verdict = guard(wished, at.context);
  if (!verdict.ok) return verdict;
  return strays(wished, at) ? { ok: false, reason: "strays" } : verdict;
}

/** A velocity as it is; waypoints as the pursuit of the path through them. */
function setPointOf(
  { proposal, pose }: Advice,
  { context, periodS }: { readonly context: GuardContext; readonly periodS: number },
): Velocity {
  if (proposal.kind === "velocity") return proposal;
  const { physics, latencyS, maxSpeedMps, speedMps } = context;
  const [cos, sin] = [Math.cos(pose.headingRad), Math.sin(pose.headingRad)];
  const pointsM = [pose.xM, pose.yM];
  let last = { xM: 0, yM: 0 };
  for (const point of proposal.points) {
    const { xM, yM } = point;
    if (Math.hypot(xM - last.xM, yM - last.yM) < APART_M) continue;
    pointsM.push(pose.xM + cos * xM - sin * yM, pose.yM + sin * xM + cos * yM);
    last = point;
  }
  const path: Path = { targetId: "", pointsM, reachesTarget: false, detourM: 0 };
  const limits = { maxSpeedMps, latencyS, periodS };
  return pursue({ path, progress: { segment: 0, turning: false }, pose: context.pose, speedMps, physics, limits });
}

/** Whether it leads farther than the leash; a robot that is farther may come nearer. */
function strays(
  { speedMps, turnRadps }: Velocity,
  at: { readonly context: GuardContext; readonly leash: Leash },
): boolean {
  const { pose, physics, latencyS, holdS } = at.context;
  const forS = latencyS + holdS + Math.abs(speedMps) / (2 * physics.brakeMps2);
  const turned = turnRadps * forS;
  const chordM = Math.abs(turned) < 1e-6 ? speedMps * forS : (2 * speedMps * Math.sin(turned / 2)) / turnRadps;
  const towards = pose.headingRad + turned / 2;
  const end: Pose = {
    xM: pose.xM + chordM * Math.cos(towards),
    yM: pose.yM + chordM * Math.sin(towards),
    headingRad: pose.headingRad + turned,
  };
  const { withinM, toGoM } = at.leash;
  return withinM < Number.POSITIVE_INFINITY && toGoM(end) > Math.max(withinM, toGoM(pose));
}
