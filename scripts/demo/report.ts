// The report of a run: what was driven, what was counted, and the zeros as the judge outside the product found them.

import type { SiteView } from "../../proto/operator-views.js";
import type { Verdict } from "../judge/judge.js";
import type { FaultLine, ModeLine } from "../judge/trace.js";

export interface ReportParts {
  readonly startMs: number; // t = 0
  readonly endMs: number;
  readonly verdict: Verdict;
  readonly last: SiteView | null;
  readonly submitted: number;
  readonly telemetrySent: number;
  readonly planMs: readonly number[];
  readonly inferenceMs: readonly number[];
  readonly jitterMs: readonly number[]; // sorted
  readonly memoryMb: {
    readonly hub: number;
    readonly broker: number;
    readonly edgeMax: number;
    readonly plannerMax: number;
  };
  readonly ledger: { readonly events: number; readonly verified: boolean };
  readonly waitingFor: readonly { readonly robot: string; readonly robotWaitedFor: string }[];
  readonly plans: number;
  readonly deadlineMisses: number;
}

export function reportOf(parts: ReportParts) {
  const { verdict, last, startMs, endMs } = parts;
  const tasks = last?.tasks;
  return {
    durationMs: Math.round(endMs - startMs),
    robots: last?.robots.length ?? 0,
    tasks: {
      ...{ submitted: parts.submitted, accepted: tasks?.accepted ?? 0, active: tasks?.active ?? 0 },
      ...{
        done: tasks?.done ?? 0,
        failed: (tasks?.failed ?? 0) + (tasks?.cancelled ?? 0),
        waiting: tasks?.waiting ?? 0,
      },
    },
    drivenM: round(verdict.drivenTotalM),
    ...verdict.zeros,
    modeChanges: verdict.modeChanges.map((line) => modeOf(line, startMs)),
    downgradeLatencyMs: verdict.downgradeLatencyMs,
    plan: { count: parts.plans, ...spread(parts.planMs), deadlineMisses: parts.deadlineMisses },
    inference: spread(parts.inferenceMs),
    loopJitterMs: { p50: quantile(parts.jitterMs, 0.5), p99: quantile(parts.jitterMs, 0.99) },
    telemetry: { sent: parts.telemetrySent, received: last?.telemetryReceived ?? 0, bytes: last?.telemetryBytes ?? 0 },
    memoryMb: parts.memoryMb,
    faults: verdict.faults.filter((line) => line.phase === "begin").map((line) => faultOf(line, verdict, startMs)),
    ledger: parts.ledger,
    waitingFor: parts.waitingFor,
    findings: verdict.findings,
  };
}

export type Report = ReturnType<typeof reportOf>;

function modeOf(line: ModeLine, startMs: number) {
  const who = line.robot === undefined ? { fleet: line.fleet } : { robot: line.robot };
  return { atMs: Math.round(line.t - startMs), ...who, from: line.from, to: line.to, cause: line.cause };
}

/** What was seen of a fault: the mode changes of its robots from its beginning until 5 s after its end. */
function faultOf(fault: FaultLine, verdict: Verdict, startMs: number) {
  const end = verdict.faults.find((line) => line.spec === fault.spec && line.phase === "end" && line.t >= fault.t);
  const untilMs = (end?.t ?? Number.POSITIVE_INFINITY) + 5000;
  const robots = /robot=(\S+)/.exec(fault.spec)?.[1]?.split(",") ?? null;
  const observed = verdict.modeChanges
    .filter(
      (line) =>
        line.t >= fault.t &&
        line.t <= untilMs &&
        (robots === null || line.fleet !== undefined || robots.includes(line.robot ?? "")),
    )
    .map(
      (line) =>
        `${line.robot ?? line.fleet} ${line.to} by ${line.cause} after ${((line.t - fault.t) / 1000).toFixed(2)} s`,
    );
  return { spec: fault.spec, atMs: Math.round(fault.t - startMs), observed };
}

function spread(valuesMs: readonly number[]) {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

/** Nearest rank; null of nothing. */
export function quantile(sorted: readonly number[], share: number): number | null {
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? null : round(value);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The few lines that a person wants at the end. */
export function summaryOf(report: Report): readonly string[] {
  const { tasks, plan, memoryMb } = report;
  const zeros = (["conflicts", "collisions", "commandsAfterLease", "falseFresh", "tokens", "taskEnds"] as const).map(
    (zero) => `${zero} ${report[zero]}`,
  );
  const robotMb = `largest edge ${memoryMb.edgeMax} MB, largest planner ${memoryMb.plannerMax} MB`;
  const memory = `hub ${memoryMb.hub} MB, broker ${memoryMb.broker} MB, ${robotMb}`;
  return [
    `${(report.durationMs / 1000).toFixed(1)} s, ${report.robots} robots, ${report.drivenM.toFixed(0)} m driven`,
    `tasks: ${tasks.done} done, ${tasks.failed} failed, ${tasks.active} active, ${tasks.waiting} waiting`,
    `zeros: ${zeros.join(", ")}`,
    `plans: ${plan.count}, p50 ${plan.p50Ms} ms, p99 ${plan.p99Ms} ms, ${plan.deadlineMisses} past the deadline`,
    `memory: ${memory}`,
    `ledger: ${report.ledger.events} events, ${report.ledger.verified ? "verified" : "NOT VERIFIED"}`,
    ...report.findings.slice(0, 5).map((finding) => `found: ${finding.says}`),
  ];
}
