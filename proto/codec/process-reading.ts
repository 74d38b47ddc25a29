// What a process can read of itself, for its metrics.

const STARTED_S = Date.now() / 1000 - process.uptime();

export function readProcess(): { readonly cpuS: number; readonly residentBytes: number; readonly startedS: number } {
  const { user, system } = process.cpuUsage();
  return { cpuS: (user + system) / 1e6, residentBytes: process.memoryUsage.rss(), startedS: STARTED_S };
}
