// What a controller model advises, as a set-point that the guard may judge (R11). A model may drive only towards what
// the robot holds: where its set-point would lead must not be much farther from there than the robot has come. How far
// it still is, is read off the site plan, whose metres are of free floor: beside a wall, or where somebody stood in the
// way, one counts as several. So nothing is judged by them alone.
import { UNREACHABLE } from "../../../models/planner.js";
import type { ModelProposal } from "../../../models/propose.js";
import { pursue } from "./follow.js";
import { type GuardContext, type GuardVerdict, guard } from "./guard.js";
import type { Path } from "./path.js";
import type { Point, Pose, Velocity } from "./types.js";

/** Waypoints nearer to the one before than this, in metres, tell nothing. */
const APART_M = 0.01;

export interface Advice {
  readonly proposal: Exclude<ModelProposal, { kind: "field" }>;
  /** Where the robot was when the model was asked. */
  readonly pose: Pose;
}

/** How far from what it holds a robot may be led. */
export interface Leash {
  readonly nearest: Point; // that it has come
  readonly aroundM: number; // so far around that it may be led whatever the site plan says
  readonly withinM: number; // of what it holds it may be led elsewhere, in metres of free floor
}

/** Metres of free floor to what the robot holds. */
export type ToGo = (at: Point) => number;

interface At {
  readonly context: GuardContext;
  readonly toGoM: ToGo;
  readonly periodS: number;
}

/** The guard's verdict on what a model advises, on that leash; null: on none. */
export function judgeAdvice(advice: Advice, at: At & { readonly leash: Leash | null }): GuardVerdict {
  const wished = setPointOf(advice, at);
  const verdict = guard(wished, at.context);
  if (!verdict.ok) return verdict;
  return at.leash !== null && strays(wished, { ...at, leash: at.leash }) ? { ok: false, reason: "strays" } : verdict;
}

/**
 * How fast an advice would bring the robot nearer to what it holds, in metres of free floor per second; 0 where the
 * site plan does not tell.
 */
export function closingMps(advice: Advice, at: At): number {
  const { end, forS } = endOf(setPointOf(advice, at), at.context);
  const [fromM, toM] = [at.toGoM(at.context.pose), at.toGoM(end)];
  return fromM < UNREACHABLE && toM < UNREACHABLE ? (fromM - toM) / forS : 0;
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
  wished: Velocity,
  { context, leash, toGoM }: { readonly context: GuardContext; readonly leash: Leash; readonly toGoM: ToGo },
): boolean {
  const { end } = endOf(wished, context);
  if (Math.hypot(end.xM - leash.nearest.xM, end.yM - leash.nearest.yM) <= leash.aroundM) return false;
  return toGoM(end) > Math.max(leash.withinM, toGoM(context.pose));
}

/** Where a set-point leads while nothing else can be said to the base, and until it stands; and how long that takes. */
function endOf(
  { speedMps, turnRadps }: Velocity,
  context: GuardContext,
): { readonly end: Point; readonly forS: number } {
  const { pose, physics, latencyS, holdS } = context;
  const forS = latencyS + holdS + Math.abs(speedMps) / (2 * physics.brakeMps2);
  const turned = turnRadps * forS;
  const chordM = Math.abs(turned) < 1e-6 ? speedMps * forS : (2 * speedMps * Math.sin(turned / 2)) / turnRadps;
  const towards = pose.headingRad + turned / 2;
  return { end: { xM: pose.xM + chordM * Math.cos(towards), yM: pose.yM + chordM * Math.sin(towards) }, forS };
}
