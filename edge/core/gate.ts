// R2: the last check before a write to the base. It is asked with a clock reading taken in the same synchronous block as
// the write, because between the step that made a command and its writing any time may pass.

import type { Command } from "../../proto/wire.js";

/** True when the command may still be written at `nowMs`: it stands, or its lease runs. */
export function mayWrite(command: Command, nowMs: number): boolean {
  return (command.speedMps === 0 && command.turnRadps === 0) || nowMs < command.leaseEndMonotonicMs;
}
