// R2, R6: what a machine's clocks may be trusted for. Time in a core is CLOCK_MONOTONIC in integer milliseconds. On
// Linux that clock stands still while the machine is suspended, so it is compared with the boot clock, which does not;
// the wall clock is for people only and may jump by years.

export interface ClockReading {
  readonly monotonicMs: number;
  readonly bootMs: number;
  readonly wallMs: number;
}

export type ClockAnomaly = "none" | "suspended" | "backwards" | "wall-step";

/** Suspension shorter than this is not seen: the boot clock is read at a resolution of 10 ms. */
export const SUSPEND_SEEN_MS = 50;
const WALL_STEP_MS = 1000;

/** Compares two readings of one machine, older first. Only `suspended` and `backwards` end leases. */
export function clockAnomaly(before: ClockReading, after: ClockReading): ClockAnomaly {
  const monotonicMs = after.monotonicMs - before.monotonicMs;
  if (monotonicMs < 0) return "backwards";
  if (after.bootMs - before.bootMs - monotonicMs > SUSPEND_SEEN_MS) return "suspended";
  if (Math.abs(after.wallMs - before.wallMs - monotonicMs) > WALL_STEP_MS) return "wall-step";
  return "none";
}

/** The process must end: what it waits for, and what it knows, rests on a clock that cannot be trusted. */
export class ClockFault extends Error {
  override readonly name = "ClockFault";
}
