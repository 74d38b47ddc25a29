// How much memory a child has, and how much it can get. On Linux the kernel tells both figures; a limit that the kernel
// itself keeps is set through `prlimit` (util-linux) where that is installed: on data of the process, and at the same
// time on its processor time (so that it ends even without its parent), on files (it may write none) and on core dumps
// (it leaves none). Elsewhere only the parent's look bounds it, or nothing, and that is said.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";

/** Memory of a process in bytes: now, the most so far, and what it may write to (which is what the kernel limits). */
export interface MemoryUse {
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly dataBytes: number;
}

/** Data that the engine sets aside beside what it uses, such as new spaces of its heap. */
const DATA_SLACK_BYTES = 64 * 1024 * 1024;
const SET_LIMIT_MS = 2_000;

/** Of a running process; undefined where the system does not tell, or when the process has ended. */
export function memoryOf(pid: number): MemoryUse | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return undefined;
  }
  const value = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN) * 1024;
  const use = { residentBytes: value("VmRSS"), peakBytes: value("VmHWM"), dataBytes: value("VmData") };
  return Object.values(use).some(Number.isNaN) ? undefined : use;
}

/** Processes that the system has ended since its start because memory ran out; undefined where it does not tell. */
export function oomKills(): number | undefined {
  try {
    const found = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

/**
 * Lets the kernel refuse the process more than `memoryBytes` beyond what it has now, and end it after `processorS`
 * seconds of processor time. Resolves with false where this system has no way to do it.
 */
export function confine(pid: number, most: { memoryBytes: number; processorS: number }): Promise<boolean> {
  const use = memoryOf(pid);
  if (!use) return Promise.resolve(false);
  const data = use.dataBytes + most.memoryBytes + DATA_SLACK_BYTES;
  const limits = { data, cpu: most.processorS, fsize: 0, core: 0 };
  const args = Object.entries(limits).map(([name, value]) => `--${name}=${value}:${value}`);
  args.push("--pid", String(pid));
  return new Promise((resolve) => {
    execFile("prlimit", args, { timeout: SET_LIMIT_MS, env: { PATH: "/usr/bin:/bin" } }, (error) => resolve(!error));
  });
}
