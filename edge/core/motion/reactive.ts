// R8 REACTIVE_ONLY: no model runs. Immediate rules on the fresh scan only: finish a path that was already validated,
// slowly and with distance, else hold. Also what happens while a plan is late or failed (R11). The guard still decides.
//
// What stands within the robot's width of the path ahead is in the way: the robot stops KEEP_M before it and goes on
// when it has gone. What stands beside the path is passed, the slower the nearer it is.
import { footOn, type Progress, type Pursuit, pursue } from "./follow.js";
import { unmappedGapM } from "./guard.js";
import type { Path } from "./path.js";
import { type Seen, UNMAPPED } from "./scan.js";
import { type Physics, type Pose, scaleOf, type Target } from "./types.js";

/** Off the validated path by more than this, in metres, the robot is no longer following it: hold. */
export const OFF_PATH_M = 0.6;
/** Distance kept to anything unmapped in the way, in metres; a robot that holds for it goes on with this much more. */
export const KEEP_M = 1;
const KEEP_MORE_M = 0.15;
/** Least share of its speed at which a robot comes up to what is in its way. */
const AHEAD_LEAST = 0.15;
/** More than the guard keeps to something unmapped, so that what is passed beside the path does not stop the robot. */
const PASS_M = 0.04;
/** Beside the path nearer than this, in metres, something slows the robot down, to BESIDE_LEAST of its speed. */
const BESIDE_M = 0.6;
const BESIDE_LEAST = 0.4;

/** Kept between calls. */
export interface Reacting {
  /** Whether it holds for something in its way. */
  isHeld: boolean;
}

export interface ReactiveInput {
  readonly reacting: Reacting;
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
  const { path, physics, reacting } = input;
  if (path === undefined || path.targetId !== input.target.id) return { kind: "hold", why: "no validated path" };
  const { inWayM, besideM } = unmappedAround(input, path);
  reacting.isHeld = inWayM < (reacting.isHeld ? KEEP_M + KEEP_MORE_M : KEEP_M);
  if (reacting.isHeld) return { kind: "hold", why: "something ahead" };
  const ahead = Math.min(1, Math.max(AHEAD_LEAST, inWayM / KEEP_M - 1));
  const beside = Math.min(1, Math.max(BESIDE_LEAST, besideM / (BESIDE_M * scaleOf(physics))));
  const limit = physics.reactiveSpeedMps * Math.min(ahead, beside);
  const limits = { maxSpeedMps: limit, latencyS: input.latencyS, periodS: input.periodS };
  const pursuit = pursue({ ...input, path, limits });
  if (pursuit.offsetM > OFF_PATH_M) return { kind: "hold", why: "off the validated path" };
  if (!path.reachesTarget && pursuit.remainingM < physics.arriveM) return { kind: "hold", why: "path ends" };
  return { kind: "follow", pursuit };
}

interface Around {
  /** Gap from the robot's edge to the nearest unmapped thing in its way. */
  inWayM: number;
  /** Gap that will be left to the nearest unmapped thing beside the way. */
  besideM: number;
}

/** What is unmapped and near the next 2 KEEP_M of the path. */
function unmappedAround(input: ReactiveInput, path: Path): Around {
  const { seen, pose, physics } = input;
  const { radiusM } = physics;
  const found: Around = { inWayM: Infinity, besideM: Infinity };
  if (seen.unmappedCount === 0) return found;
  const nearM = 2 * KEEP_M + radiusM;
  const way = wayAhead(path, input, nearM + radiusM);
  const widthM = radiusM + unmappedGapM(physics) + PASS_M;
  for (let point = 0; point < seen.count; point++) {
    if (seen.kind[point] !== UNMAPPED) continue;
    const px = seen.xM[point] as number;
    const py = seen.yM[point] as number;
    const awayM = Math.hypot(px - pose.xM, py - pose.yM);
    if (awayM > nearM) continue;
    const asideM = asideOf(way, px, py);
    if (asideM < widthM) found.inWayM = Math.min(found.inWayM, awayM - radiusM);
    else found.besideM = Math.min(found.besideM, asideM - radiusM);
  }
  return found;
}

/** The path from the robot's foot on it, so far: x and y in turn. */
function wayAhead(path: Path, input: ReactiveInput, lengthM: number): number[] {
  const { pointsM } = path;
  const from = footOn(pointsM, input.progress.segment, input.pose);
  const way: number[] = [];
  const last = pointsM.length / 2 - 1;
  let t = from.t;
  let leftM = lengthM;
  for (let segment = from.segment; segment < last && leftM > 0; segment++) {
    const ax = pointsM[2 * segment] as number;
    const ay = pointsM[2 * segment + 1] as number;
    const dx = (pointsM[2 * segment + 2] as number) - ax;
    const dy = (pointsM[2 * segment + 3] as number) - ay;
    const wholeM = Math.hypot(dx, dy);
    const to = wholeM < 1e-9 ? 1 : Math.min(1, t + leftM / wholeM);
    if (way.length === 0) way.push(ax + dx * t, ay + dy * t);
    way.push(ax + dx * to, ay + dy * to);
    leftM -= wholeM * (to - t);
    t = 0;
  }
  return way;
}

/** Distance from a point to the way; Infinity where it lies before the way's begin, which is behind the robot. */
function asideOf(way: readonly number[], px: number, py: number): number {
  let best = Infinity;
  for (let at = 0; at + 3 < way.length; at += 2) {
    const ax = way[at] as number;
    const ay = way[at + 1] as number;
    const dx = (way[at + 2] as number) - ax;
    const dy = (way[at + 3] as number) - ay;
    const squared = dx * dx + dy * dy;
    const raw = squared < 1e-12 ? 0 : ((px - ax) * dx + (py - ay) * dy) / squared;
    if (at === 0 && raw <= 0) continue;
    const t = Math.max(0, Math.min(1, raw));
    best = Math.min(best, Math.hypot(px - ax - dx * t, py - ay - dy * t));
  }
  return best;
}
