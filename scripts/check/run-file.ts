// One compiled test file as a process of its own, and what became of it. It has a time limit, it may leave no process
// behind, and its output is kept only up to a limit.

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type TapCount, TapReader } from "./tap-count.js";

export interface FileResult extends TapCount {
  readonly file: string;
  readonly tookMs: number;
  readonly output: string; // the end of what it printed
}

export interface RunOptions {
  readonly cwd: string;
  readonly limitMs: number;
}

const MOST_OUTPUT_CHARACTERS = 256 * 1024;
const LEAVING_MS = 3000;

const running = new Set<ChildProcess>();

/** Ends every test file that still runs, with all its children. For an interrupted run. */
export function endAll(): void {
  for (const child of running) signalGroup(child, "SIGKILL");
}

/** Signals the child and its children. Returns false when none of them is left. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Runs the file to its end. Never rejects: what went wrong is in the result. */
export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const startedMs = performance.now();
  const reader = new TapReader();
  let output = "";
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-MOST_OUTPUT_CHARACTERS);
  };
  const child = spawn(process.execPath, ["--enable-source-maps", file], {
    cwd: options.cwd,
    detached: true, // a group of its own, so that its children can be found and ended
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    reader.write(chunk);
    keep(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", keep);
  const end = await endOf(child, options.limitMs);
  const left = await leftBehind(child);
  running.delete(child);
  const count = reader.end();
  const expected = count.failed > 0 ? "code 1" : "code 0";
  const problem = (end === expected ? null : end) ?? (left ? "left a process running" : null) ?? count.problem;
  return { ...count, problem, file, output, tookMs: Math.round(performance.now() - startedMs) };
}

/** How the process ended: "code N", the name of a signal, or that it took too long. */
async function endOf(child: ChildProcess, limitMs: number): Promise<string> {
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    signalGroup(child, "SIGKILL");
  }, limitMs);
  const [closed, exited] = [eventOf(child, "close"), eventOf(child, "exit")];
  const how = await exited;
  await Promise.race([closed, sleep(LEAVING_MS, undefined, { ref: false })]);
  clearTimeout(limit);
  return late ? `ran longer than ${limitMs / 1000} s` : how;
}

function eventOf(child: ChildProcess, event: "close" | "exit"): Promise<string> {
  return new Promise((resolve) => {
    child.once(event, (code, signal) => resolve(signal === null ? `code ${code}` : signal));
    child.once("error", (cause) => resolve(cause.message));
  });
}

/** Whether a process of the file's group outlives it. Such a process is ended. */
async function leftBehind(child: ChildProcess): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < LEAVING_MS; waitedMs += 50) {
    if (!signalGroup(child, 0) || !livesInGroup(child.pid ?? 0)) return false;
    await sleep(50);
  }
  return signalGroup(child, "SIGKILL");
}

/** Whether the group has a living process: one that has ended but was not yet collected does not count. */
function livesInGroup(group: number): boolean {
  try {
    return readdirSync("/proc").some((entry) => /^[0-9]+$/.test(entry) && isMember(entry, group));
  } catch {
    return true;
  }
}

function isMember(entry: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
    const [state, , groupOf] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return groupOf === String(group) && state !== "Z";
  } catch {
    return false;
  }
}
