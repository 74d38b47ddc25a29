// A whole site as a newcomer starts it, every robot its own processes, for some seconds without a screen: what the
// processes of each role use of the processor and of memory, by the kernel's account, and what the run itself reports.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Report } from "../demo/report.js";
import { alone, type BenchOptions, type Row } from "./bench.js";
import { atEnd, scratchDir } from "./scratch.js";

const DEMO = fileURLToPath(new URL("../demo/main.js", import.meta.url));
const ROBOTS = 6;
const SAMPLE_MS = 500;
const TICKS_PER_S = 100;
const STARTED = "have said hello";

/** What the kernel says of one process. */
interface Sample {
  readonly atMs: number;
  readonly cpuS: number;
  readonly memoryMb: number;
}

interface Seen {
  readonly role: string;
  readonly first: Sample;
  last: Sample;
  memoryMostMb: number;
}

function sampleOf(pid: number): Sample | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    const status = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    const cpuS = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
    return { atMs: performance.now(), cpuS, memoryMb: Number(status?.[1] ?? 0) / 1024 };
  } catch {
    return null; // it has ended
  }
}

/** Takes one sample of every process that the run lists. */
function look(dataDir: string, seen: Map<number, Seen>): void {
  let processes: readonly { readonly role: string; readonly pid: number }[];
  try {
    processes = JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")).processes;
  } catch {
    return; // not written yet
  }
  for (const { role, pid } of processes) {
    const sample = sampleOf(pid);
    if (sample === null) continue;
    const known = seen.get(pid) ?? { role, first: sample, last: sample, memoryMostMb: 0 };
    known.last = sample;
    known.memoryMostMb = Math.max(known.memoryMostMb, sample.memoryMb);
    seen.set(pid, known);
  }
}

/** Starts the site, looks at its processes from the last hello on, and waits for its end. */
async function runSite(siteMs: number): Promise<{ report: Report; seen: Map<number, Seen> }> {
  const dataDir = scratchDir();
  const reportFile = join(dataDir, "report.json");
  const length = ["--for", `${siteMs}ms`, "--robots", String(ROBOTS)];
  const where = ["--data-dir", dataDir, "--report", reportFile, "--port", "0"];
  const child = spawn(process.execPath, [DEMO, "--headless", ...length, ...where], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const stop = atEnd(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  let said = "";
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString("utf8")).slice(-20_000);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const seen = new Map<number, Seen>();
  while (isRunning(child)) {
    if (said.includes(STARTED) && !said.includes("driven")) look(dataDir, seen);
    await sleep(SAMPLE_MS);
  }
  const code = await ended;
  await stop();
  if (code !== 0) throw new Error(`the site ended with ${code}:\n${said.split("\n").slice(-12).join("\n")}`);
  return { report: JSON.parse(readFileSync(reportFile, "utf8")) as Report, seen };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Processor seconds of a role, the share of a core that they are, and the largest memory of one of its processes. */
function roleRows(role: string, all: readonly Seen[]): readonly Row[] {
  const wallS = Math.max(...all.map(({ first, last }) => (last.atMs - first.atMs) / 1000));
  const cpuS = all.map(({ first, last }) => last.cpuS - first.cpuS);
  const totalS = cpuS.reduce((sum, one) => sum + one, 0);
  const many = all.length > 1 ? `${all.length} x ${role}` : role;
  return [
    alone(`${many}: processor, all together, in ${wallS.toFixed(0)} s`, "s", [totalS]),
    alone(
      `${many}: share of a core, each`,
      "%",
      cpuS.map((one) => (100 * one) / wallS),
    ),
    alone(
      `${many}: memory at most, each`,
      "MB",
      all.map(({ memoryMostMb }) => memoryMostMb),
    ),
  ];
}

function reportRows(report: Report): readonly Row[] {
  const { plan, inference, loopJitterMs, telemetry, tasks } = report;
  const figures: readonly (readonly [string, string, number | null])[] = [
    ["plan, request to result, p50", "ms", plan.p50Ms],
    ["plan, request to result, p99", "ms", plan.p99Ms],
    ["plans", "", plan.count],
    ["plans past the deadline", "", plan.deadlineMisses],
    ["model's own time, p50", "ms", inference.p50Ms],
    ["model's own time, p99", "ms", inference.p99Ms],
    ["jitter of the control loop, p50", "ms", loopJitterMs.p50],
    ["jitter of the control loop, p99", "ms", loopJitterMs.p99],
    ["telemetry received a second", "/s", telemetry.received / (report.durationMs / 1000)],
    ["tasks done", "", tasks.done],
  ];
  return figures.flatMap(([figure, unit, value]) => (value === null ? [] : [alone(figure, unit, [value])]));
}

export async function run({ siteMs }: BenchOptions): Promise<readonly Row[]> {
  const { report, seen } = await runSite(siteMs);
  const roles = ["hub", "broker", "edge", "planner", "runner"];
  const byRole = roles.map((role) => [role, [...seen.values()].filter((one) => one.role === role)] as const);
  return [...byRole.flatMap(([role, all]) => (all.length === 0 ? [] : roleRows(role, all))), ...reportRows(report)];
}
