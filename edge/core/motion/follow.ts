// Follows a path: pure pursuit of a point ahead, turning in place when the heading is far off, slower where the path
// bends and before its end. What comes out is a proposal: nothing here looks at obstacles, the guard does (R11).
import type { Path } from "./path.js";
import { type Physics, type Pose, scaleOf, type Velocity, wrapAngle } from "./types.js";

/** Sideways acceleration, in m/s2, that a bend may ask for. */
const SIDEWAYS_MPS2 = 0.9;
/** Heading error beyond which the robot turns on the spot, and below which it drives again. */
const TURN_FROM_RAD = 0.9;
const TURN_UNTIL_RAD = 0.3;
/** Where a corner of the path begins to be cut, in metres before it. */
const CUT_M = 0.35;
const CORNERS_WITHIN_M = 3.5;
/** Share of the brake that a planned stop uses. */
const GENTLE = 0.5;
const TURN_GAIN = 2.5;
const CREEP_MPS = 0.06;

/** How far along the path the robot is; kept between calls for one path. */
export interface Progress {
  segment: number;
  turning: boolean;
}

export interface PursuitLimits {
  readonly maxSpeedMps: number;
  /** Time from a decision until it acts, in seconds. */
  readonly latencyS: number;
  readonly periodS: number;
}

export interface Pursuit extends Velocity {
  /** Along the path to its end, in metres. */
  readonly remainingM: number;
  /** Distance from the path, in metres. */
  readonly offsetM: number;
  /** Bearing of the point pursued, in the robot frame. */
  readonly bearingRad: number;
}

export interface Foot {
  readonly segment: number;
  readonly t: number;
  readonly offsetM: number;
}

export interface PursuitInput {
  readonly path: Path;
  readonly progress: Progress;
  readonly pose: Pose;
  readonly speedMps: number;
  readonly physics: Physics;
  readonly limits: PursuitLimits;
}

/** The next set-point along the path. Stands (zero, zero) at the path's end; updates `progress`. */
export function pursue(input: PursuitInput): Pursuit {
  const { path, progress, pose, physics, limits } = input;
  const points = path.pointsM;
  const foot = footOn(points, progress.segment, pose);
  progress.segment = foot.segment;
  const remainingM = lengthFrom(points, foot);
  const speed = Math.max(0, input.speedMps);
  const ahead = pointAhead(points, foot, reachM(speed, physics));
  const dx = ahead.xM - pose.xM;
  const dy = ahead.yM - pose.yM;
  const distanceM = Math.hypot(dx, dy);
  if (distanceM < 0.02 || remainingM < 0.02) {
    return { speedMps: 0, turnRadps: 0, remainingM, offsetM: foot.offsetM, bearingRad: 0 };
  }
  const bearingRad = wrapAngle(Math.atan2(dy, dx) - pose.headingRad);
  const error = Math.abs(bearingRad);
  progress.turning = error > TURN_FROM_RAD || (progress.turning && error > TURN_UNTIL_RAD);
  if (progress.turning) {
    const turnRadps = clamp(TURN_GAIN * bearingRad, physics.maxTurnRadps);
    return { speedMps: 0, turnRadps, remainingM, offsetM: foot.offsetM, bearingRad };
  }
  const curvature = (2 * Math.sin(bearingRad)) / distanceM;
  const bend = Math.max(1e-6, Math.abs(curvature));
  let speedMps = Math.min(limits.maxSpeedMps, physics.maxSpeedMps);
  speedMps = Math.min(speedMps, Math.sqrt(SIDEWAYS_MPS2 / bend), (0.85 * physics.maxTurnRadps) / bend);
  speedMps = Math.min(speedMps, stoppableMps(remainingM, input), cornerSpeedMps(points, foot, physics));
  speedMps = Math.min(speedMps, speed + physics.accelMps2 * (limits.periodS + limits.latencyS));
  return {
    speedMps,
    turnRadps: clamp(curvature * Math.max(speedMps, 0.1), physics.maxTurnRadps),
    remainingM,
    offsetM: foot.offsetM,
    bearingRad,
  };
}

/** How far ahead on the path the pursued point lies. */
function reachM(speedMps: number, physics: Physics): number {
  const scale = scaleOf(physics);
  return Math.min(1.1, Math.max(0.35 * scale, 0.3 * scale + 0.4 * speedMps));
}

/** The point that `pursue` would pursue from there; it changes nothing. */
export function pursuedPoint(input: Omit<PursuitInput, "limits">): { readonly xM: number; readonly yM: number } {
  const { path, progress, pose, speedMps, physics } = input;
  const foot = footOn(path.pointsM, progress.segment, pose);
  return pointAhead(path.pointsM, foot, reachM(Math.max(0, speedMps), physics));
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** The highest speed from which a gentle stop, begun one latency from now, ends within the distance. */
function stoppableMps(distanceM: number, input: PursuitInput): number {
  const brake = GENTLE * input.physics.brakeMps2;
  const lag = brake * (input.limits.latencyS + 0.5 * input.limits.periodS);
  return Math.max(CREEP_MPS, Math.sqrt(lag * lag + 2 * brake * Math.max(0, distanceM)) - lag);
}

/** The nearest point of the path on a segment or after it, looked for over 3 m beyond its end. */
export function footOn(points: readonly number[], from: number, pose: Pose): Foot {
  const last = points.length / 2 - 2;
  const first = Math.max(0, Math.min(from, last));
  let best: Foot = { segment: first, t: 0, offsetM: Infinity };
  let beyondM = 0;
  for (let segment = first; segment <= last && beyondM < 3; segment++) {
    const ax = points[2 * segment] as number;
    const ay = points[2 * segment + 1] as number;
    const dx = (points[2 * segment + 2] as number) - ax;
    const dy = (points[2 * segment + 3] as number) - ay;
    const squared = dx * dx + dy * dy;
    const raw = squared < 1e-12 ? 0 : ((pose.xM - ax) * dx + (pose.yM - ay) * dy) / squared;
    const t = Math.max(0, Math.min(1, raw));
    const offsetM = Math.hypot(pose.xM - ax - dx * t, pose.yM - ay - dy * t);
    if (offsetM < best.offsetM) best = { segment, t, offsetM };
    if (segment > first) beyondM += Math.sqrt(squared);
  }
  return best;
}

function segmentM(points: readonly number[], segment: number): number {
  const dx = (points[2 * segment + 2] as number) - (points[2 * segment] as number);
  const dy = (points[2 * segment + 3] as number) - (points[2 * segment + 1] as number);
  return Math.hypot(dx, dy);
}

function lengthFrom(points: readonly number[], foot: Foot): number {
  const segments = points.length / 2 - 1;
  if (segments < 1) return 0;
  let lengthM = segmentM(points, foot.segment) * (1 - foot.t);
  for (let segment = foot.segment + 1; segment < segments && lengthM < 20; segment++) {
    lengthM += segmentM(points, segment);
  }
  return lengthM;
}

/** The point `reachM` further along the path, or its end. */
export function pointAhead(points: readonly number[], foot: Foot, reachM: number): { xM: number; yM: number } {
  const segments = points.length / 2 - 1;
  let leftM = reachM;
  let t = foot.t;
  for (let segment = foot.segment; segment < segments; segment++) {
    const lengthM = segmentM(points, segment);
    const restM = lengthM * (1 - t);
    if (restM >= leftM || segment === segments - 1) {
      const at = lengthM < 1e-9 ? 1 : Math.min(1, t + leftM / lengthM);
      return {
        xM: (points[2 * segment] as number) * (1 - at) + (points[2 * segment + 2] as number) * at,
        yM: (points[2 * segment + 1] as number) * (1 - at) + (points[2 * segment + 3] as number) * at,
      };
    }
    leftM -= restM;
    t = 0;
  }
  return { xM: points[points.length - 2] as number, yM: points[points.length - 1] as number };
}

/** The highest speed from which every bend ahead can still be taken at the speed that its angle allows. */
function cornerSpeedMps(points: readonly number[], foot: Foot, physics: Physics): number {
  const segments = points.length / 2 - 1;
  const brake = GENTLE * physics.brakeMps2;
  let limit = physics.maxSpeedMps;
  const cutM = CUT_M * scaleOf(physics);
  let aheadM = segments < 1 ? 0 : segmentM(points, foot.segment) * (1 - foot.t);
  for (let segment = foot.segment; segment + 1 < segments && aheadM < CORNERS_WITHIN_M; segment++) {
    const angle = Math.min(Math.PI * 0.9, Math.abs(bendRad(points, segment)));
    if (angle > 0.1) {
      const radiusM = cutM / Math.tan(angle / 2);
      const corner = Math.sqrt(SIDEWAYS_MPS2 * radiusM);
      const roomM = Math.max(0, aheadM - cutM);
      limit = Math.min(limit, Math.sqrt(corner * corner + 2 * brake * roomM));
    }
    aheadM += segmentM(points, segment + 1);
  }
  return limit;
}

/** The turn at the end of a segment, with the turns that follow it within half a metre. */
function bendRad(points: readonly number[], segment: number): number {
  const segments = points.length / 2 - 1;
  const from = directionRad(points, segment);
  let to = segment + 1;
  let lengthM = segmentM(points, to);
  while (lengthM < 0.5 && to + 1 < segments) {
    to++;
    lengthM += segmentM(points, to);
  }
  return wrapAngle(directionRad(points, to) - from);
}

function directionRad(points: readonly number[], segment: number): number {
  const dx = (points[2 * segment + 2] as number) - (points[2 * segment] as number);
  const dy = (points[2 * segment + 3] as number) - (points[2 * segment + 1] as number);
  return Math.atan2(dy, dx);
}
