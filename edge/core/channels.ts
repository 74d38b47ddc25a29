// R6 on board: takes samples of the base, orders them by their own counters, bounds their age on the board's one clock,
// and notices a channel that arrives but is frozen. A sample without a capture time, or with one from the future, is
// kept for nobody: its age is infinite.

import {
  boardAgeMs,
  type CaptureTime,
  captureBoundMs,
  countRepeats,
  elapsedMostMs,
  isNewer,
  NEVER_FRESH,
  type Repeats,
} from "../../proto/freshness.js";
import type { OnboardChannel } from "../../proto/topics.js";
import type { BaseSample, Capture, OdometrySample, OnboardSample, PoseSample } from "../../proto/wire.js";
import type { ChannelState, EdgeState } from "./types.js";

/** R6: so many identical scans of a noisy lidar in a row are one old scan; fewer when a gap lies between them. */
export const FROZEN_SCANS = 5;
/** So many identical poses in a row while the wheels turn are one old pose. */
export const FROZEN_POSES = 10;
/** So many times the same way travelled in a row at speed is one old odometry. */
export const FROZEN_WAYS = 10;
/** A row of repeats that began before this, and to which a standing robot added nothing, is begun anew. */
const FORGOTTEN_MS = 60_000;
/** Channels that can be seen to be frozen by their values. */
export const FREEZING = ["scan", "pose", "odometry"] as const;
/** What a base reports and a person must clear. */
const STOPS = ["emergencyStop", "bumper", "manual"] as const;
const MOVING_MPS = 0.1;
const TURNING_RADPS = 0.1;
/** A pose may differ from the one before by what the robot can have driven, both errors, and this. */
const JUMP_M = 0.3;
const ALONE_MS = 1000;

/** Takes a sample. No-op (false) when it is not newer than the last one of its channel. */
export function takeSample(state: EdgeState, sample: OnboardSample, nowMs: number): boolean {
  const last = state.channels.get(sample.channel);
  const order = { source: sample.capture.baseBoot, sequence: sample.capture.sequence };
  if (!isNewer(last?.order, order)) return false;
  const capture = captureTime(state, sample.capture);
  const aged = boardAgeMs(capture, nowMs) !== NEVER_FRESH;
  const capturedMs = aged ? captureBoundMs(capture) : undefined;
  if (sample.channel === "pose") {
    state.poseDoubt = doubt(state, sample);
    state.poseDoubtSeen ||= state.poseDoubt;
    sawJump(state, jump(state, sample, capturedMs));
    state.poseAlone = isAlone(state, last, capturedMs);
  }
  if (sample.channel === "odometry") {
    sawJump(state, apart(state, sample));
    anchorWay(state, sample.travelledM);
    state.poseAlone = false;
  }
  if (sample.channel === "base") remember(state, sample);
  const isForgotten = capturedMs !== undefined && capturedMs - (last?.sinceMs ?? capturedMs) > FORGOTTEN_MS;
  const repeats = repeatsOf(state, sample, isForgotten);
  const sinceMs = repeats.inRow > 1 ? (last?.sinceMs ?? capturedMs) : capturedMs;
  state.channels.set(sample.channel, { sample, capturedMs, sinceMs, order, repeats });
  return true;
}

/**
 * Pose and way travelled may repeat while the robot stands: only what repeats while the wheels turn is counted. A count
 * that is old is no sign any more: a robot that stands for it could never show that its sensor is well again.
 */
function repeatsOf(state: EdgeState, sample: OnboardSample, isForgotten: boolean): Repeats {
  const last = state.channels.get(sample.channel)?.repeats;
  const next = countRepeats(last, fingerprint(sample));
  if (sample.channel !== "pose" && sample.channel !== "odometry") return next;
  const wheels = sample.channel === "odometry" ? sample : sampleOf(state, "odometry");
  const turns = sample.channel === "pose" && Math.abs(wheels?.turnRadps ?? 0) > TURNING_RADPS;
  const isStanding = Math.abs(wheels?.speedMps ?? 0) <= MOVING_MPS && !turns;
  if (!isStanding || last === undefined || next.inRow === 1) return next;
  return isForgotten ? { ...next, inRow: 1 } : last;
}

/**
 * After a gap, or a suspension, a pose alone may have jumped by as much as could have been driven meanwhile: the wheels
 * must tell.
 */
function isAlone(state: EdgeState, last: ChannelState | undefined, capturedMs: number | undefined): boolean {
  if (last?.capturedMs === undefined || capturedMs === undefined) return state.step !== null;
  return capturedMs - last.capturedMs > ALONE_MS;
}

/**
 * F54: how the pose went further than the wheels since the way travelled was last told beside a live pose; empty when
 * it did not.
 */
function apart(state: EdgeState, odometry: OdometrySample): string {
  const pose = sampleOf(state, "pose");
  const before = state.step;
  if (pose === undefined || (state.channels.get("pose")?.repeats.inRow ?? 0) > 1) return "";
  const { baseBoot: source } = odometry.capture;
  const { xM, yM, errorM } = pose;
  state.step = { source, travelledM: odometry.travelledM, xM, yM, errorM };
  if (before === null || before.source !== source) return "";
  const wheelsM = odometry.travelledM - before.travelledM;
  const [dx, dy] = [xM - before.xM, yM - before.yM];
  const distanceM = Math.sqrt(dx * dx + dy * dy);
  if (distanceM <= wheelsM + errorM + before.errorM + JUMP_M) return "";
  return `it went ${distanceM.toFixed(1)} m while the wheels went ${wheelsM.toFixed(1)} m`;
}

/** Remembers where the pose was when the way travelled last grew; while the robot is told to stand, where it is now. */
function anchorWay(state: EdgeState, travelledM: number): void {
  const { way } = state;
  const pose = sampleOf(state, "pose");
  if (pose === undefined || (way !== null && way.travelledM === travelledM && state.toldToMove)) return;
  state.way = { travelledM, xM: pose.xM, yM: pose.yM, errorM: pose.errorM };
}

/** F51: how far the pose went while the way travelled stood, when that is more than both errors explain; else 0. */
function strayedM(state: EdgeState): number {
  const { way } = state;
  const pose = sampleOf(state, "pose");
  if (way === null || pose === undefined || !state.toldToMove) return 0;
  const [dx, dy] = [pose.xM - way.xM, pose.yM - way.yM];
  const distanceM = Math.sqrt(dx * dx + dy * dy);
  return distanceM > pose.errorM + way.errorM + JUMP_M ? distanceM : 0;
}

/**
 * R7: a stop that was reported and taken back between two steps was a stop; and one that comes anew is none of those
 * that people were told of.
 */
function remember(state: EdgeState, base: BaseSample): void {
  const before = sampleOf(state, "base");
  const isNew = STOPS.some((stop) => base[stop] && before?.[stop] !== true);
  if (isNew) state.reported.since = state.reported.sequence + 1;
  state.baseSeen.emergencyStop ||= base.emergencyStop;
  state.baseSeen.bumper ||= base.bumper;
  state.baseSeen.manual ||= base.manual;
}

/** R7: as a stop that comes anew. No-op when nothing jumped. */
function sawJump(state: EdgeState, how: string): void {
  if (how === "") return;
  state.poseJumpSeen ||= how;
  state.reported.since = state.reported.sequence + 1;
}

/** What was captured before a suspension has no age that this clock could tell. */
function captureTime(state: EdgeState, capture: Capture): CaptureTime {
  if (capture.monotonicMs !== undefined) {
    return capture.monotonicMs <= state.notBeforeMs
      ? { kind: "none" }
      : { kind: "monotonic", capturedMs: capture.monotonicMs };
  }
  if (capture.tickNonce !== undefined) return { kind: "tick", tickSentMs: state.ticks.get(capture.tickNonce) };
  return { kind: "none" };
}

/**
 * Upper bound on the age of a channel's newest sample, ms; infinite when there is none, or none that can be bounded.
 */
export function ageMs(state: EdgeState, channel: OnboardChannel, nowMs: number): number {
  const capturedMs = state.channels.get(channel)?.capturedMs;
  return capturedMs === undefined ? NEVER_FRESH : elapsedMostMs(capturedMs, nowMs);
}

export function sampleOf<C extends OnboardChannel>(
  state: EdgeState,
  channel: C,
): Extract<OnboardSample, { channel: C }> | undefined {
  return state.channels.get(channel)?.sample as Extract<OnboardSample, { channel: C }> | undefined;
}

/** Why a channel counts as frozen; empty when it does not. */
export function frozen(state: EdgeState, channel: (typeof FREEZING)[number]): string {
  const last = state.channels.get(channel);
  const repeats = last?.repeats.inRow ?? 0;
  switch (channel) {
    case "scan": {
      const overMs = (last?.capturedMs ?? 0) - (last?.sinceMs ?? Number.POSITIVE_INFINITY);
      const isOld = repeats > 1 && overMs > state.context.config.decisions.drive.scanMs; // over a gap
      return repeats >= FROZEN_SCANS || isOld ? `${repeats} identical scans` : "";
    }
    case "pose":
      return repeats >= FROZEN_POSES ? `${repeats} identical poses while the wheels turn` : "";
    case "odometry": {
      if (repeats >= FROZEN_WAYS) return `the way travelled stood for ${repeats} samples at speed`;
      const metres = strayedM(state);
      return metres === 0 ? "" : `the way travelled stood while the pose went ${metres.toFixed(1)} m`;
    }
  }
}

/** Why a pose is not to be believed for now; empty when it is. */
function doubt(state: EdgeState, pose: PoseSample): string {
  const { poseErrorMaxM } = state.context.config.physics;
  return pose.errorM > poseErrorMaxM ? `its error is ${pose.errorM} m, at most ${poseErrorMaxM}` : "";
}

/**
 * F54: how a pose is not where the one before can have led; empty when it is. Which of the two is true cannot be seen
 * from here, however long the new one lasts.
 */
function jump(state: EdgeState, pose: PoseSample, capturedMs: number | undefined): string {
  const { physics } = state.context.config;
  const last = state.channels.get("pose");
  if (last?.sinceMs === undefined || capturedMs === undefined || last.sample.channel !== "pose") return "";
  const { deadmanMs, brakingMs } = state.context.config.lease;
  const wasOff = last.order.source !== pose.capture.baseBoot; // a base that starts anew has stood from its end on
  const drivenMs = Math.min(
    Math.max(0, capturedMs - last.sinceMs),
    wasOff ? deadmanMs + brakingMs : Number.POSITIVE_INFINITY,
  );
  const reachM = (physics.maxSpeedMps * drivenMs) / 1000 + pose.errorM + last.sample.errorM + JUMP_M;
  const dx = pose.xM - last.sample.xM;
  const dy = pose.yM - last.sample.yM;
  return dx * dx + dy * dy > reachM * reachM ? `it jumped ${Math.sqrt(dx * dx + dy * dy).toFixed(1)} m` : "";
}

/** A number that two samples share when their values are the same (FNV-1a over their bits). */
function fingerprint(sample: OnboardSample): number {
  switch (sample.channel) {
    case "scan":
      return hash(sample.rangeM);
    case "pose":
      return hash([sample.xM, sample.yM, sample.headingRad]);
    case "odometry":
      return hash([sample.travelledM]);
    case "battery":
    case "base":
      return sample.capture.sequence; // quantised values repeat in health; only their counter is watched
  }
}

const bits = new DataView(new ArrayBuffer(8));

function hash(values: readonly number[]): number {
  let mixed = 0x811c9dc5;
  for (const value of values) {
    bits.setFloat64(0, value);
    mixed = Math.imul(mixed ^ bits.getUint32(0), 0x01000193);
    mixed = Math.imul(mixed ^ bits.getUint32(4), 0x01000193);
  }
  return mixed >>> 0;
}
