// R2, R6: the clocks of this machine, the same for edge and hub. `monotonicMs` is CLOCK_MONOTONIC in whole
// milliseconds, rounded down: the clock that a base driver in another language reads on the same board. Boot time,
// which goes on while the machine is suspended, comes from /proc/uptime through a descriptor that stays open.

import { openSync, readSync } from "node:fs";
import type { ClockReading } from "../clock.js";

const UPTIME = "/proc/uptime";
const text = Buffer.alloc(64);
let uptime: number | null | undefined;

/** CLOCK_MONOTONIC in whole milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Whether a suspension of the machine can be seen here. Where it cannot, say so at the start. */
export function suspensionIsSeen(): boolean {
  return readUptimeMs() !== null;
}

/** All clocks of one instant. Without /proc/uptime the boot clock repeats the monotonic one. */
export function readClocks(): ClockReading {
  const bootMs = readUptimeMs();
  const nowMs = monotonicMs();
  return { monotonicMs: nowMs, bootMs: bootMs ?? nowMs, wallMs: Date.now() };
}

function readUptimeMs(): number | null {
  if (uptime === undefined) uptime = openUptime();
  if (uptime === null) return null;
  const length = readSync(uptime, text, 0, text.length, 0);
  const seconds = Number.parseFloat(text.toString("latin1", 0, length));
  if (!Number.isFinite(seconds)) throw new Error(`cannot read ${UPTIME}: expected seconds since boot`);
  return Math.round(seconds * 1000);
}

function openUptime(): number | null {
  try {
    return openSync(UPTIME, "r");
  } catch {
    return null;
  }
}
