// Traffic without words: what a robot does when something that is not on the map stands in its way. A small state
// machine, pure and deterministic: whose patience ends first is decided by a number given to it, so that two robots
// that meet in a door do not both give way, for ever, at the same instants.
//   clear -> waiting -> detouring (the site route avoids the place for a while) -> retreating -> aside -> clear

export type YieldPhase = "clear" | "waiting" | "detouring" | "retreating" | "aside";

export interface YieldState {
  readonly phase: YieldPhase;
  readonly sinceMs: number;
  /** When the phase ends by itself. */
  readonly untilMs: number;
  /** Times that patience ended since the way was last free for long. */
  readonly attempt: number;
  /** Since when the way was blocked, or free, without a break. */
  readonly changedMs: number;
  readonly blocked: boolean;
}

export interface YieldInput {
  /** No good way leads past what is seen. */
  readonly blocked: boolean;
  /** In [0, 1): low gives way sooner. */
  readonly priority: number;
  /** Whether the robot stands on a footprint that it does not hold (R1: it must not wait there). */
  readonly isOnFootprint: boolean;
  /** Whether the robot stands where two could not pass: who has more room gives way first. */
  readonly isNarrow: boolean;
  /** Whether what stands in the way moved lately: then it may well clear the way itself. */
  readonly isOtherMoving: boolean;
  readonly isOtherSeen: boolean;
  readonly isRefugeReached: boolean;
  /** Whether a place to step aside to is known to be out of reach. */
  readonly isRefugeMissing: boolean;
}

const DEBOUNCE_MS = 300;
const PATIENCE_MS = 800;
const PATIENCE_SPREAD_MS = 4200;
/** While the other moves, patience does not end, for this long at most; then it lasts at least LISTEN_MS more. */
const WATCH_MS = 15_000;
const LISTEN_MS = 700;
export const DETOUR_MS = 12_000;
const DETOUR_TRIAL_MS = 700;
const RETREAT_MS = 7_000;
const ASIDE_MS = 2_500;
const ASIDE_SPREAD_MS = 4_000;
const FORGET_MS = 10_000;

const UNTROUBLED: YieldState = { phase: "clear", sinceMs: 0, untilMs: 0, attempt: 0, changedMs: 0, blocked: false };

export function createYield(): YieldState {
  return UNTROUBLED;
}

/** A number in [0, 1) from a priority and an attempt: the same two give the same number, neighbours unlike ones. */
export function patienceOf(priority: number, attempt: number): number {
  const seed = Math.floor(Math.min(0.999999, Math.max(0, priority)) * 0x1000000) + attempt * 0x9e3779b1;
  let mixed = seed | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return ((mixed ^ (mixed >>> 16)) >>> 8) / 0x1000000;
}

/** The next state. Time never goes back; the same state and input give the same next state. */
export function stepYield(state: YieldState, input: YieldInput, nowMs: number): YieldState {
  const changed = state.blocked !== input.blocked;
  const seen: YieldState = changed ? { ...state, blocked: input.blocked, changedMs: nowMs } : state;
  const steadyMs = nowMs - seen.changedMs;
  const patience = patienceOf(input.priority, seen.attempt);
  const enter = (phase: YieldPhase, forMs: number, attempt = seen.attempt): YieldState => {
    return { ...seen, phase, sinceMs: nowMs, untilMs: nowMs + Math.round(forMs), attempt };
  };
  const wait = (): YieldState => {
    const scale = input.isOnFootprint ? 0.25 : input.isNarrow ? 2 : 1;
    return enter("waiting", scale * (PATIENCE_MS + PATIENCE_SPREAD_MS * patience));
  };
  const isWatching = input.isOtherMoving && nowMs - seen.sinceMs < WATCH_MS;
  const watch = (): YieldState => {
    const untilMs = Math.max(seen.untilMs, nowMs + LISTEN_MS);
    return untilMs === seen.untilMs ? seen : { ...seen, untilMs };
  };
  switch (seen.phase) {
    case "clear":
      if (input.blocked && steadyMs >= DEBOUNCE_MS) return wait();
      return !input.blocked && seen.attempt > 0 && steadyMs >= FORGET_MS ? { ...seen, attempt: 0 } : seen;
    case "waiting":
      if (!input.blocked && steadyMs >= DEBOUNCE_MS) return enter("clear", 0);
      if (!input.isOnFootprint && isWatching) return watch();
      if (nowMs < seen.untilMs) return seen;
      return enter("detouring", DETOUR_MS, seen.attempt + 1);
    case "detouring":
      if (nowMs - seen.sinceMs < DETOUR_TRIAL_MS) return seen;
      if (input.blocked && steadyMs >= DETOUR_TRIAL_MS) {
        return input.isOtherMoving ? wait() : enter("retreating", RETREAT_MS);
      }
      return nowMs >= seen.untilMs ? enter("clear", 0) : seen;
    case "retreating":
      if (input.isRefugeReached) return enter("aside", ASIDE_MS + ASIDE_SPREAD_MS * patience);
      return nowMs >= seen.untilMs || input.isRefugeMissing ? wait() : seen;
    case "aside":
      // The way looks free from here because this robot left it: the other shall have it first.
      if (!input.isOtherSeen && !input.blocked && steadyMs >= 2 * DEBOUNCE_MS) return enter("clear", 0);
      if (isWatching) return watch();
      return nowMs >= seen.untilMs ? enter("clear", 0) : seen;
  }
}
