// A differential drive and its motor controller, as plain values. Time and chance are arguments. The controller keeps
// its own dead-man watchdog, as real ones do: whatever happens to the edge, the base stands within the dead-man time
// plus the braking time (R2). It refuses a set-point that is not finite, or whose sequence is not higher than the last,
// or that was sent longer ago than it is valid. A restarted edge may start with lower sequences only once the watchdog
// has expired and the base stands, because then nothing of the old edge can be under way that still moves it.

import type { Random } from "./random.js";

/** What the machine can do. */
export interface DriveLimits {
  readonly maxSpeedMps: number;
  readonly maxTurnRadps: number;
  readonly accelMps2: number;
  readonly brakeMps2: number;
  readonly deadmanMs: number;
}

/** What a command asks of the motors; times on CLOCK_MONOTONIC. */
export interface SetPoint {
  readonly sequence: number;
  readonly speedMps: number;
  readonly turnRadps: number;
  readonly validForMs: number;
  readonly sentMonotonicMs: number;
}

export interface Place {
  readonly xM: number;
  readonly yM: number;
  readonly headingRad: number; // never wrapped
}

/** Why a set-point was not applied. `inhibited`: emergency stop, bumper or empty battery. */
export type SetPointRefusal = "not-finite" | "sequence" | "old" | "inhibited";

/** True motion of one base and the memory of its controller, at `atMs`. */
export interface Drive extends Place {
  readonly atMs: number;
  readonly speedMps: number;
  readonly turnRadps: number;
  readonly travelledM: number; // by the wheels, never falls
  readonly target: { readonly speedMps: number; readonly turnRadps: number; readonly untilMs: number } | null;
  readonly lastSequence: number; // of the last set-point applied; 0 before the first
  readonly inhibited: boolean;
}

/** Longest step of the integration, in ms. */
export const SUBSTEP_MS = 10;
/** Time from rest to the highest turn rate, and back, in seconds. */
const TURN_RAMP_S = 0.25;
/** Relative deviation of what the ground sees from what the wheels turn; cut off at three of them. */
const SLIP = 0.01;

/** A base that stands at `place` and has heard nothing. */
export function startDrive(place: Place, atMs: number): Drive {
  const { xM, yM, headingRad } = place;
  const motion = { speedMps: 0, turnRadps: 0, travelledM: 0, target: null, lastSequence: 0, inhibited: false };
  return { xM, yM, headingRad, atMs, ...motion };
}

/** True when no set-point is followed any more and the base stands: nothing will move it but a new command. */
export function isAtRest(drive: Drive): boolean {
  const followed = drive.target !== null && drive.atMs < drive.target.untilMs;
  return !followed && drive.speedMps === 0 && drive.turnRadps === 0;
}

/**
 * Takes a set-point that was received at `drive.atMs`: advance the base to the time of receipt first. A refused one
 * changes nothing. Speeds beyond the limits are cut to them; validity is cut to the dead-man time.
 */
export function receive(
  drive: Drive,
  setPoint: SetPoint,
  limits: DriveLimits,
): { readonly drive: Drive; readonly refusal: SetPointRefusal | null } {
  const refusal = judge(drive, setPoint);
  if (refusal !== null) return { drive, refusal };
  const target = {
    speedMps: clamp(setPoint.speedMps, limits.maxSpeedMps),
    turnRadps: clamp(setPoint.turnRadps, limits.maxTurnRadps),
    untilMs: drive.atMs + Math.min(setPoint.validForMs, limits.deadmanMs),
  };
  return { drive: { ...drive, target, lastSequence: setPoint.sequence }, refusal: null };
}

function judge(drive: Drive, asked: SetPoint): SetPointRefusal | null {
  const numbers = [asked.sequence, asked.speedMps, asked.turnRadps, asked.validForMs, asked.sentMonotonicMs];
  if (!numbers.every(Number.isFinite) || asked.validForMs < 0) return "not-finite";
  if (asked.sequence <= drive.lastSequence && !isAtRest(drive)) return "sequence";
  if (drive.atMs - asked.sentMonotonicMs > asked.validForMs) return "old";
  if (drive.inhibited && (asked.speedMps !== 0 || asked.turnRadps !== 0)) return "inhibited";
  return null;
}

/** Emergency stop: brakes at once and refuses motion until `permit`. */
export function inhibit(drive: Drive): Drive {
  return { ...drive, target: null, inhibited: true };
}

/** Ends an inhibition; moves nothing. */
export function permit(drive: Drive): Drive {
  return { ...drive, inhibited: false };
}

/** Contact: the obstacle takes the speed away, and the controller refuses motion until `permit`. */
export function collide(drive: Drive): Drive {
  return { ...drive, speedMps: 0, turnRadps: 0, target: null, inhibited: true };
}

/**
 * Motion up to `toMs` in substeps of at most 10 ms, cut at the end of the watchdog. A stalled caller may ask for any
 * span: once the watchdog has expired and the base stands the rest passes in one piece. No-op when `toMs` is not later.
 */
export function advance(
  drive: Drive,
  step: { readonly toMs: number; readonly limits: DriveLimits; readonly random: Random },
): Drive {
  let now = drive;
  while (now.atMs < step.toMs) {
    if (isAtRest(now)) return { ...now, atMs: step.toMs };
    const expiresMs = now.target !== null && now.target.untilMs > now.atMs ? now.target.untilMs : step.toMs;
    const untilMs = Math.min(step.toMs, expiresMs, now.atMs + SUBSTEP_MS);
    now = substep(now, { untilMs, limits: step.limits, random: step.random });
  }
  return now;
}

function substep(
  drive: Drive,
  step: { readonly untilMs: number; readonly limits: DriveLimits; readonly random: Random },
): Drive {
  const { limits, random } = step;
  const seconds = (step.untilMs - drive.atMs) / 1000;
  const followed = drive.target !== null && drive.atMs < drive.target.untilMs ? drive.target : null;
  const turnRate = limits.maxTurnRadps / TURN_RAMP_S;
  const speedMps = approach(drive.speedMps, {
    wanted: followed?.speedMps ?? 0,
    rise: limits.accelMps2 * seconds,
    fall: limits.brakeMps2 * seconds,
  });
  const turnRadps = approach(drive.turnRadps, {
    wanted: followed?.turnRadps ?? 0,
    rise: turnRate * seconds,
    fall: turnRate * seconds,
  });
  const wheelM = ((drive.speedMps + speedMps) / 2) * seconds;
  const wheelRad = ((drive.turnRadps + turnRadps) / 2) * seconds;
  const alongM = wheelM * (1 + slip(random));
  const turnedRad = wheelRad * (1 + slip(random));
  const midRad = drive.headingRad + turnedRad / 2;
  return {
    ...drive,
    atMs: step.untilMs,
    xM: drive.xM + alongM * Math.cos(midRad),
    yM: drive.yM + alongM * Math.sin(midRad),
    headingRad: drive.headingRad + turnedRad,
    speedMps,
    turnRadps,
    travelledM: drive.travelledM + Math.abs(wheelM),
    target: followed,
  };
}

/** One step from `now` towards `wanted`; a reversal brakes to zero first. */
function approach(
  now: number,
  step: { readonly wanted: number; readonly rise: number; readonly fall: number },
): number {
  const wanted = now * step.wanted < 0 ? 0 : step.wanted;
  const most = Math.abs(wanted) > Math.abs(now) ? step.rise : step.fall;
  const gap = wanted - now;
  return Math.abs(gap) <= most ? wanted : now + Math.sign(gap) * most;
}

function slip(random: Random): number {
  return SLIP * Math.max(-3, Math.min(3, random.gaussian()));
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}
