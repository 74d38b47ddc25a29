// The metrics that every daemon has, by the names that Prometheus' own clients give them. Pure.

import type { Put } from "./exposition.js";
import { counter, gauge } from "./table.js";

export const PROCESS_METRICS = {
  process_cpu_seconds_total: counter([], "CPU time of this process, in user and system together."),
  process_resident_memory_bytes: gauge([], "Resident memory of this process."),
  process_start_time_seconds: gauge([], "When this process started, since 1970, by the clock on the wall."),
} as const;

/** What a shell reads of its own process. */
export interface ProcessReading {
  readonly cpuS: number;
  readonly residentBytes: number;
  readonly startedS: number;
}

export function putProcess(put: Put<typeof PROCESS_METRICS>, { cpuS, residentBytes, startedS }: ProcessReading): void {
  put("process_cpu_seconds_total", {}, cpuS);
  put("process_resident_memory_bytes", {}, residentBytes);
  put("process_start_time_seconds", {}, startedS);
}
