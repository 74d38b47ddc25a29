// The guard between any planner and the base (R11). Pure: the same proposal in the same situation gets the same answer.
//
// A set-point passes when the robot, obeying it for the whole reaction time and then braking, stays clear
//   (a) of the walls of the map and of every mapped point of the fresh scan, by a margin that grows with speed;
//   (b) of half of the gap to everything that is not on the map. The other may be a robot that keeps this same rule:
//       then the two stopping ranges lie on different sides of the line half-way between them, and never meet;
//   (c) of half of the gap to edges behind which something could hide, and of what the scan is too coarse to see.
// What is already too near may be left: slowly, and only on a course that takes the robot away from it.
// A disc that turns on the spot touches nothing. Speed is scaled down along the same arc before anything is refused.
import { type Before, reachableMps } from "./rate.js";
import { BLIND, MAPPED, type Seen, UNMAPPED } from "./scan.js";
import { type MeasuredPose, type Physics, scaleOf, type Velocity } from "./types.js";
import { type Walls, wallGapM } from "./walls.js";

/** Speed at which the robot may leave what it is too near to. */
export const CREEP_MPS = 0.15;
/** Room kept beside walls at creep; `marginM` at FULL_MARGIN_MPS and above. */
const CREEP_MARGIN_M = 0.03;
const FULL_MARGIN_MPS = 1.2;
/** Room kept to something unmapped when both stand. */
export const UNMAPPED_GAP_M = 0.1;
const LEAST_UNMAPPED_GAP_M = 0.05;
/** A thing hidden behind an edge keeps at least this distance from the edge itself. */
const HIDDEN_BEHIND_M = 0.25;
const STEP_S = 0.06;
const MAX_STEPS = 64;
const SCALES = [1, 0.85, 0.7, 0.55, 0.42, 0.3, 0.2, 0.12, 0.06] as const;
/** How much a base may add to its turn rate in a second, for the simulation only. */
const TURN_ACCEL = 5;

/** The closed table of causes, each with no veto yet. */
export const NO_VETOES = {
  "not-finite": 0,
  "out-of-range": 0,
  "no-scan": 0,
  "no-room-map": 0,
  "no-room-seen": 0,
  "no-room-unmapped": 0,
  strays: 0, // from what the robot holds (see advice.ts)
} as const;
export type GuardReason = keyof typeof NO_VETOES;

export type GuardVerdict =
  | { readonly ok: true; readonly command: Velocity; readonly limitedBy: GuardReason | undefined }
  | { readonly ok: false; readonly reason: GuardReason };

export interface GuardContext {
  readonly pose: MeasuredPose;
  /** From odometry. */
  readonly speedMps: number;
  readonly turnRadps: number;
  readonly physics: Physics;
  readonly walls: Walls;
  /** The fresh scan on the map, or null when there is none. */
  readonly seen: Seen | null;
  /** Seconds from this decision until its command acts. */
  readonly latencyS: number;
  /** Seconds that the command may act before a stop begins: the control period or the base's dead-man, the longer. */
  readonly holdS: number;
  /** Highest speed of the present rung. */
  readonly maxSpeedMps: number;
  /** What was commanded before; without it the growth of the speed is not limited. */
  readonly before?: Before;
}

const trackX = new Float64Array(MAX_STEPS);
const trackY = new Float64Array(MAX_STEPS);

/** The largest safe part of the proposal, or why there is none. A stop is always granted. */
export function guard(proposal: Velocity, context: GuardContext): GuardVerdict {
  const { speedMps, turnRadps } = proposal;
  const { physics } = context;
  if (!Number.isFinite(speedMps) || !Number.isFinite(turnRadps)) return { ok: false, reason: "not-finite" };
  const inRange =
    Math.abs(speedMps) <= physics.maxSpeedMps + 1e-9 && Math.abs(turnRadps) <= physics.maxTurnRadps + 1e-9;
  if (!inRange) return { ok: false, reason: "out-of-range" };
  if (speedMps === 0) {
    // A disc that turns where it stands touches nothing; while it still rolls it brakes first, on the course it has.
    const rolling = Math.abs(context.speedMps) > CREEP_MPS;
    return { ok: true, command: { speedMps: 0, turnRadps: rolling ? 0 : turnRadps }, limitedBy: undefined };
  }
  if (context.seen === null || !(context.seen.sightM > 0)) return { ok: false, reason: "no-scan" };
  const { before } = context;
  const reachable = before === undefined ? Infinity : reachableMps(speedMps, before, context);
  const cap = Math.min(1, Math.min(context.maxSpeedMps, reachable) / Math.abs(speedMps));
  let reason: GuardReason | undefined;
  for (const scale of SCALES) {
    const command = { speedMps: speedMps * cap * scale, turnRadps: turnRadps * cap * scale };
    const found = conflictOf(command, context);
    if (found === undefined) return { ok: true, command, limitedBy: reason };
    reason ??= found;
  }
  return { ok: false, reason: reason ?? "no-room-seen" };
}

/** Why this command is not safe, or undefined when it is. */
export function conflictOf(command: Velocity, context: GuardContext): GuardReason | undefined {
  const steps = simulate(command, context);
  const speed = Math.abs(command.speedMps);
  const share = Math.min(1, speed / FULL_MARGIN_MPS);
  const fullM = Math.max(CREEP_MARGIN_M, context.physics.marginM);
  const marginM = CREEP_MARGIN_M + (fullM - CREEP_MARGIN_M) * share;
  if (!isClearOfWalls(steps, { context, marginM, speed })) return "no-room-map";
  return conflictSeen(steps, { context, marginM, speed });
}

/** Fills the track with where the base would be: latency, then the command held, then braking to a stand. */
function simulate(command: Velocity, context: GuardContext): number {
  const { physics, pose } = context;
  let v = context.speedMps;
  let w = context.turnRadps;
  let x = pose.xM;
  let y = pose.yM;
  let heading = pose.headingRad;
  const curvature = command.turnRadps / (Math.abs(command.speedMps) < 1e-6 ? 1e-6 : command.speedMps);
  const brakeFromS = context.latencyS + context.holdS;
  let steps = 0;
  trackX[steps] = x;
  trackY[steps++] = y;
  for (let t = 0; steps < MAX_STEPS; t += STEP_S) {
    if (t >= brakeFromS) {
      v = approach(v, 0, physics.brakeMps2 * STEP_S);
      w = approach(w, curvature * v, TURN_ACCEL * STEP_S);
      if (v === 0) break;
    } else if (t >= context.latencyS) {
      const limit = Math.abs(command.speedMps) < Math.abs(v) ? physics.brakeMps2 : physics.accelMps2;
      v = approach(v, command.speedMps, limit * STEP_S);
      w = approach(w, command.turnRadps, TURN_ACCEL * STEP_S);
    }
    heading += w * STEP_S;
    x += v * STEP_S * Math.cos(heading);
    y += v * STEP_S * Math.sin(heading);
    trackX[steps] = x;
    trackY[steps++] = y;
  }
  return steps;
}

function approach(from: number, to: number, by: number): number {
  return from < to ? Math.min(to, from + by) : Math.max(to, from - by);
}

/** The gap kept to something unmapped, for this robot. */
export function unmappedGapM(physics: Physics): number {
  return Math.max(LEAST_UNMAPPED_GAP_M, UNMAPPED_GAP_M * scaleOf(physics));
}

interface Check {
  readonly context: GuardContext;
  readonly marginM: number;
  readonly speed: number;
}

function isClearOfWalls(steps: number, check: Check): boolean {
  const { context, marginM, speed } = check;
  const needM = context.physics.radiusM + marginM;
  const startM = wallGapM(context.walls, trackX[0] as number, trackY[0] as number, needM);
  let beforeM = startM;
  for (let step = 1; step < steps; step++) {
    const gapM = wallGapM(context.walls, trackX[step] as number, trackY[step] as number, needM);
    if (gapM >= needM) {
      beforeM = gapM;
      continue;
    }
    // Too near. Leaving is allowed, creeping: never nearer than where the robot already is.
    if (startM >= needM || speed > CREEP_MPS || gapM < beforeM - 1e-6) return false;
    beforeM = gapM;
  }
  return true;
}

function conflictSeen(steps: number, check: Check): GuardReason | undefined {
  const { context } = check;
  const seen = context.seen as Seen;
  const { radiusM } = context.physics;
  const x0 = trackX[0] as number;
  const y0 = trackY[0] as number;
  const reachM = farthestM(steps);
  if (reachM > Math.max(0.1, (seen.sightM - 2 * radiusM) / 2)) return "no-room-seen";
  const closestM = reachM + radiusM + Math.max(check.marginM, unmappedGapM(context.physics));
  for (let point = 0; point < seen.count; point++) {
    const dx = (seen.xM[point] as number) - x0;
    const dy = (seen.yM[point] as number) - y0;
    const awayM = Math.hypot(dx, dy);
    const kind = seen.kind[point] as number;
    if (kind === MAPPED) {
      if (awayM > closestM) continue;
      if (!isClearOf(steps, check, { point, needM: radiusM + check.marginM, awayM })) return "no-room-seen";
      continue;
    }
    if (awayM > 2 * reachM + radiusM + 1.2) continue;
    if (!keepsHalf(steps, check, { dx, dy, awayM, kind }))
      return kind === UNMAPPED ? "no-room-unmapped" : "no-room-seen";
    if (kind !== UNMAPPED || awayM > closestM) continue;
    if (!isClearOf(steps, check, { point, needM: radiusM + unmappedGapM(context.physics), awayM }))
      return "no-room-unmapped";
  }
  return undefined;
}

function farthestM(steps: number): number {
  let squared = 0;
  for (let step = 1; step < steps; step++) {
    const dx = (trackX[step] as number) - (trackX[0] as number);
    const dy = (trackY[step] as number) - (trackY[0] as number);
    squared = Math.max(squared, dx * dx + dy * dy);
  }
  return Math.sqrt(squared);
}

function isClearOf(steps: number, check: Check, obstacle: { point: number; needM: number; awayM: number }): boolean {
  const seen = check.context.seen as Seen;
  const px = seen.xM[obstacle.point] as number;
  const py = seen.yM[obstacle.point] as number;
  const { needM, awayM } = obstacle;
  const inside = awayM < needM;
  let beforeSquared = awayM * awayM;
  for (let step = 1; step < steps; step++) {
    const dx = (trackX[step] as number) - px;
    const dy = (trackY[step] as number) - py;
    const squared = dx * dx + dy * dy;
    if (squared < needM * needM) {
      if (!inside || check.speed > CREEP_MPS || squared < beforeSquared - 1e-9) return false;
    }
    beforeSquared = squared;
  }
  return true;
}

interface Other {
  readonly dx: number;
  readonly dy: number;
  readonly awayM: number;
  readonly kind: number;
}

/** Whether the whole track stays on our side of the line half-way to something that may come towards us. */
function keepsHalf(steps: number, check: Check, other: Other): boolean {
  const { context } = check;
  const { physics } = context;
  const ageS = (context.seen as Seen).ageMs / 1000;
  let gapM = other.awayM - physics.radiusM;
  if (other.kind === BLIND) gapM += HIDDEN_BEHIND_M * scaleOf(physics);
  else gapM -= unmappedGapM(physics);
  // Since the scan the other has come nearer, at most as fast as it can still stop in its half.
  const closingMps = Math.min(physics.maxSpeedMps, stoppableMps(gapM / 2, context));
  const halfM = Math.max(0, (gapM - closingMps * ageS) / 2) + 0.005;
  const nx = other.dx / Math.max(1e-6, other.awayM);
  const ny = other.dy / Math.max(1e-6, other.awayM);
  for (let step = 1; step < steps; step++) {
    const towards = ((trackX[step] as number) - (trackX[0] as number)) * nx;
    if (towards + ((trackY[step] as number) - (trackY[0] as number)) * ny > halfM) return false;
  }
  return true;
}

/** The speed from which reaction and braking need exactly this distance. */
function stoppableMps(roomM: number, context: GuardContext): number {
  const { brakeMps2 } = context.physics;
  const lag = brakeMps2 * (context.latencyS + context.holdS);
  return roomM <= 0 ? 0 : Math.sqrt(lag * lag + 2 * brakeMps2 * roomM) - lag;
}
