// What a process can read of itself, for its metrics.

import { cpuUsage, memoryUsage, uptime } from "node:process";

const STARTED_S = Date.now() / 1000 - uptime();

export function readProcess(): { readonly cpuS: number; readonly residentBytes: number; readonly startedS: number } {
  const { user, system } = cpuUsage();
  return { cpuS: (user + system) / 1e6, residentBytes: memoryUsage.rss(), startedS: STARTED_S };
}
