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

/** CLOCK_MONOTONIC in milliseconds with fractions: for durations that begin in one process and end in another. */
export function fineMonotonicMs(): number {
  const [s, ns] = process.hrtime();
  return s * 1000 + ns / 1e6;
}

/** Whether a suspension of the machine can be seen here. Where it cannot, say so at the start. */
export function suspensionIsSeen(): boolean {
  return readUptimeMs() !== null;
}

/** The clocks as they are read one after the other, in milliseconds. */
export interface ClockSources {
  bootMs(): number | null; // null: this machine has none
  monotonicMs(): number;
  wallMs(): number;
}

/** Two clocks that are read within this time were read at one instant. */
const INSTANT_MS = 5;
const TRIES = 8;
const machine: ClockSources = { bootMs: readUptimeMs, monotonicMs, wallMs: () => Date.now() };

/**
 * All clocks of one instant. A process that loses the processor between two of them would take that time for a
 * suspension, so it reads them again, and believes how far apart they are from the reading that took the least time;
 * the monotonic clock is the newest one, since leases are held against it. Without /proc/uptime the boot clock repeats
 * the monotonic one.
 */
export function readClocks(clocks: ClockSources = machine): ClockReading {
  let apart = { boot: 0, wall: 0 };
  let leastMs = Number.POSITIVE_INFINITY;
  let nowMs = clocks.monotonicMs();
  for (let tries = 0; tries < TRIES && leastMs > INSTANT_MS; tries += 1) {
    const beforeMs = nowMs;
    const [bootMs, wallMs] = [clocks.bootMs(), clocks.wallMs()];
    nowMs = clocks.monotonicMs();
    if (nowMs - beforeMs >= leastMs) continue;
    leastMs = nowMs - beforeMs;
    apart = { boot: bootMs === null ? 0 : bootMs - nowMs, wall: wallMs - nowMs };
  }
  return { monotonicMs: nowMs, bootMs: nowMs + apart.boot, wallMs: nowMs + apart.wall };
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
