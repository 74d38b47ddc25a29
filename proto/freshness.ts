// R6: an age bound that never errs upwards, and the verdicts on it. Ages are rounded up; a datum whose capture cannot
// be bounded has an infinite age. No clock is compared with another machine's: the hub counts from the sending of a
// nonce that the sample echoes, so that delay and loss can only make the bound grow.

export type Verdict = "fresh" | "late" | "lost";

export const NEVER_FRESH = Number.POSITIVE_INFINITY;

/** Clocks are read in whole milliseconds, rounded down: between two readings up to this much more has passed. */
const TICK_MS = 1;

export interface EchoedSample {
  readonly nowMs: number; // the hub's clock
  readonly nonceSentMs: number; // the hub's clock when it sent the nonce
  readonly elapsedMs: number; // robot's clock: capture minus receipt of the nonce; negative when captured before it
  readonly rhoHub: number;
  readonly rhoRobot: number;
}

/**
 * Upper bound on the age of a telemetry sample, in ms. The capture came `elapsedMs` of robot time after the nonce was
 * received, and the nonce was received after it was sent. A fast robot clock shows more than has passed, so a positive
 * elapsed time is divided by 1+rho before it is taken off; a negative one is divided by 1-rho and added. Both are
 * differences of readings, so each may be a tick off.
 */
export function ageBoundMs(s: EchoedSample): number {
  const sinceNonceMs = (s.nowMs - s.nonceSentMs + TICK_MS) / (1 - s.rhoHub);
  const elapsedMs = s.elapsedMs - TICK_MS;
  const boundMs = Math.ceil(sinceNonceMs - elapsedMs / (elapsedMs >= 0 ? 1 + s.rhoRobot : 1 - s.rhoRobot));
  return boundMs >= 0 ? boundMs : NEVER_FRESH; // a capture in the future is a lie: unknown means no
}

/**
 * R4: the earliest reading of the hub's clock at which a telemetry sample can have been captured. It stands still,
 * while the age bound grows a little faster than time.
 */
export function capturedAtLeastMs(s: Omit<EchoedSample, "nowMs">): number {
  const elapsedMs = s.elapsedMs - TICK_MS;
  const drift = elapsedMs >= 0 ? (1 - s.rhoHub) / (1 + s.rhoRobot) : (1 + s.rhoHub) / (1 - s.rhoRobot);
  return Math.floor(s.nonceSentMs + elapsedMs * drift);
}

/** When an on-board sample was captured, on the board's clock. */
export type CaptureTime =
  | { readonly kind: "monotonic"; readonly capturedMs: number }
  | { readonly kind: "tick"; readonly tickSentMs: number | undefined } // of the echoed tick; undefined: unknown nonce
  | { readonly kind: "none" };

/** Capture stamps may lie this far ahead of the reader's integer clock before they count as a lie. */
const AHEAD_MS = 2;

/**
 * Upper bound on the age of an on-board sample, in ms of the board's one clock. Stamps from the future are never fresh.
 */
export function boardAgeMs(capture: CaptureTime, nowMs: number): number {
  const atMs = captureBoundMs(capture);
  if (atMs === undefined || !(atMs <= nowMs + AHEAD_MS)) return NEVER_FRESH;
  return elapsedMostMs(atMs, nowMs);
}

/** The most that can have passed between two readings of one clock in whole milliseconds. */
export function elapsedMostMs(fromMs: number, toMs: number): number {
  return Math.max(0, Math.ceil(toMs - fromMs)) + TICK_MS;
}

/** The earliest time at which the sample can have been captured; undefined when nothing bounds it. */
export function captureBoundMs(capture: CaptureTime): number | undefined {
  switch (capture.kind) {
    case "monotonic":
      return capture.capturedMs;
    case "tick":
      return capture.tickSentMs;
    case "none":
      return undefined;
  }
}

export interface FreshnessLimit {
  readonly limitMs: number; // fresh up to here
  readonly lostMs: number; // late up to here, lost beyond
}

/** The verdict on an age bound. NaN is lost. */
export function verdictOf(boundMs: number, limit: FreshnessLimit): Verdict {
  if (boundMs <= limit.limitMs) return "fresh";
  return boundMs <= limit.lostMs ? "late" : "lost";
}

const VERDICTS: readonly Verdict[] = ["fresh", "late", "lost"];

/** The worse of two verdicts. */
export function worseVerdict(a: Verdict, b: Verdict): Verdict {
  return VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b;
}

/** R7: good enough to climb: at most half the limit. */
export function isCalm(boundMs: number, limit: FreshnessLimit): boolean {
  return boundMs <= limit.limitMs / 2;
}

/** A channel's newest sequence and what was refused; the order of samples rests on sequences alone. */
export interface ChannelOrder {
  readonly source: string; // boot id of whoever counts
  readonly sequence: number;
}

/** True when a sample is newer than all before it. A new source starts over. */
export function isNewer(last: ChannelOrder | undefined, sample: ChannelOrder): boolean {
  return last === undefined || last.source !== sample.source || sample.sequence > last.sequence;
}

/** R6: identical values that a noisy sensor would not repeat. Counts in a row; the first of a kind counts 1. */
export interface Repeats {
  readonly fingerprint: number;
  readonly inRow: number;
}

export function countRepeats(last: Repeats | undefined, fingerprint: number): Repeats {
  return { fingerprint, inRow: last !== undefined && last.fingerprint === fingerprint ? last.inRow + 1 : 1 };
}
