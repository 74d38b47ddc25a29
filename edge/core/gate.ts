// R2: the last check before a write to the base. It is asked with clock readings taken in the same synchronous block as
// the write, because between the step that made a command and its writing any time may pass: a process that was stopped
// there, on a board that was suspended or whose clock went back, must not write what it made before.

import { type ClockReading, clockAnomaly } from "../../proto/clock.js";
import type { Command } from "../../proto/wire.js";

/** True when the command may still be written: it stands, or the lease runs by clocks that can be trusted. */
export function mayWrite(
  command: Command,
  clocks: { readonly made: ClockReading; readonly now: ClockReading },
): boolean {
  if (command.speedMps === 0 && command.turnRadps === 0) return true;
  const anomaly = clockAnomaly(clocks.made, clocks.now);
  const trusted = anomaly !== "suspended" && anomaly !== "backwards";
  return trusted && clocks.now.monotonicMs < command.leaseEndMonotonicMs;
}
