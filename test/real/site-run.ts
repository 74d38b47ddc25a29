// Runs a whole site as `npm start` does, as a process of its own, and reads what it leaves: its report, and its trace
// as the judge's own program sees it. Everything that a test says of a run, it says of these two.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import type { Report } from "../../scripts/demo/report.js";
import { ZEROS } from "../../scripts/judge/findings.js";
import type { Verdict } from "../../scripts/judge/judge.js";
import type { CommandLine, LedgerLine, ModeLine, PoseLine, SiteLine, TraceLine } from "../../scripts/judge/trace.js";
import { MachineWatch } from "./machine-watch.js";
import { compiled, until } from "./transport-kit.js";

/** Beyond the time that the site itself runs: start of all processes, judging, end. */
const AROUND_MS = 60_000;
const OUTPUT_MOST = 200_000;
/** When the machine stands still for longer, robots may lower themselves because of it alone. */
const STILL_MS = 250;
const ATTEMPTS = 3;
/** Below this a body stands. */
export const STANDS_MPS = 0.02;

export interface ProgramEnd {
  readonly exit: number | null; // null: it was killed, or took too long
  readonly out: string;
  readonly err: string;
}

/** Runs a compiled program of the product to its end. */
export function program(path: string, args: readonly string[], withinMs = 30_000): Promise<ProgramEnd> {
  const child = spawn(process.execPath, [compiled(path), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out = (out + text).slice(-OUTPUT_MOST);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err = (err + text).slice(-OUTPUT_MOST);
  });
  const limit = setTimeout(() => child.kill("SIGTERM"), withinMs);
  const hard = setTimeout(() => child.kill("SIGKILL"), withinMs + 15_000);
  return new Promise((done) => {
    child.once("close", (exit) => {
      clearTimeout(limit);
      clearTimeout(hard);
      done({ exit, out, err });
    });
  });
}

/** A folder that goes away with the test. */
export function aFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "drover-site-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** One process as run.json lists it. */
export interface RunRow {
  readonly role: string;
  readonly robot?: string;
  readonly pid: number;
  readonly ports: Readonly<Record<string, number>>;
}

/** What runs now according to DATA/run.json; empty while there is none. */
export function runRows(dataDir: string): readonly RunRow[] {
  try {
    return (JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")) as { processes: RunRow[] }).processes;
  } catch {
    return [];
  }
}

/** Whether the process exists and has not ended. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

export interface SiteRun extends ProgramEnd {
  readonly report: Report;
  readonly trace: Trace;
  readonly verdict: Verdict; // by the judge's own program, from the trace alone
  readonly judgeExit: number | null; // also says whether the report agrees
  readonly rows: readonly RunRow[]; // every process that run.json ever listed
  readonly dataDir: string;
  readonly stoodStillMs: number; // the longest time for which the machine itself stood still meanwhile
}

export interface SiteWish {
  readonly robots: number;
  readonly forS: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  readonly args?: readonly string[];
  /** Called with the data directory before anything is started. */
  readonly prepare?: (dataDir: string) => void;
  /** Called each tenth of a second with what run.json lists, from its first content on. */
  readonly onRows?: (rows: readonly RunRow[]) => void;
}

/**
 * Runs a site to its end; anew, with what `wishOf` gives then, when the machine itself stood still meanwhile: that run
 * shows nothing of liveness. Of soundness it does, and that is asserted. Throws, with what it printed, when a site
 * wrote no report.
 */
export async function runSite(t: Test, wishOf: () => SiteWish): Promise<SiteRun> {
  for (let attempt = 1; ; attempt += 1) {
    const run = await runOnce(t, wishOf());
    if (run.stoodStillMs <= STILL_MS || attempt === ATTEMPTS) return run;
    t.comment(`run ${attempt} counts for soundness only: the machine stood still for ${run.stoodStillMs} ms`);
    await sound(t, run);
  }
}

async function runOnce(t: Test, wish: SiteWish): Promise<SiteRun> {
  const folder = aFolder(t);
  const at = { report: join(folder, "report.json"), trace: join(folder, "trace.jsonl"), data: join(folder, "data") };
  const args = [
    ...["--robots", String(wish.robots), "--for", `${wish.forS}s`, "--seed", String(wish.seed ?? 1), "--headless"],
    ...["--port", "0", "--report", at.report, "--trace", at.trace, "--data-dir", at.data],
    ...(wish.faults ?? []).flatMap((fault) => ["--fault", fault]),
    ...(wish.args ?? []),
  ];
  wish.prepare?.(at.data);
  const seen = new Map<number, RunRow>();
  const look = setInterval(() => {
    const rows = runRows(at.data);
    for (const row of rows) seen.set(row.pid, row);
    if (rows.length > 0) wish.onRows?.(rows);
  }, 100);
  const machine = new MachineWatch();
  const end = await program("scripts/demo/main.js", args, wish.forS * 1000 + AROUND_MS);
  const stoodStillMs = machine.end();
  clearInterval(look);
  const report = readReport(at.report, end);
  const judged = await program("scripts/judge/main.js", [at.trace, "--report", at.report, "--json"]);
  const lines = readFileSync(at.trace, "utf8").trimEnd().split("\n");
  return {
    ...{ ...end, report, rows: [...seen.values()], dataDir: at.data, stoodStillMs },
    ...{ trace: new Trace(lines), judgeExit: judged.exit, verdict: readVerdict(judged) },
  };
}

function readReport(file: string, end: ProgramEnd): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    throw new Error(`the site wrote no report, exit ${end.exit}:\n${end.out.slice(-2000)}\n${end.err.slice(-2000)}`);
  }
}

/** Sentences on a report that differs follow the verdict. */
function readVerdict(judged: ProgramEnd): Verdict {
  const text = judged.out.slice(0, judged.out.lastIndexOf("\n}") + 2);
  try {
    return JSON.parse(text) as Verdict;
  } catch {
    throw new Error(`the judge gave no verdict, exit ${judged.exit}: ${judged.err}`);
  }
}

/** What must hold of every run, whatever happened in it. */
export async function sound(t: Test, run: SiteRun): Promise<void> {
  t.equal(run.exit, 0, `exit 0 of the run:\n${run.out.slice(-600)}${run.err.slice(-1500)}`);
  for (const zero of ZEROS) {
    t.equal(run.report[zero], 0, `${zero} in the report`);
    t.equal(run.verdict.zeros[zero], 0, `${zero} from the trace`);
  }
  t.equal(run.judgeExit, 0, "the judge agrees with the report");
  t.same(run.verdict.findings, [], "nothing was found");
  t.ok(run.report.ledger.events > 0 && run.report.ledger.verified, "the ledger verifies");
  const { ledgerEvents } = run.verdict; // the last ones may have come after the trace was closed
  t.ok(ledgerEvents > 0 && ledgerEvents <= run.report.ledger.events, `the trace has ${ledgerEvents} of the events`);
  const verified = await program("hub/main.js", ["verify", "--data-dir", join(run.dataDir, "hub")]);
  t.equal(verified.exit, 0, `drover-hub verify: ${verified.out}`);
  t.match(verified.out, `sound: ${run.report.ledger.events} events`);
  await until("no process is left", () => run.rows.every(({ pid }) => !isAlive(pid))).catch(() => {});
  t.same(
    run.rows.filter(({ pid }) => isAlive(pid)),
    [],
    "nothing is left running",
  );
}

export interface Held {
  readonly robot: string;
  readonly destination: string;
  readonly token: string;
  readonly purpose: string;
  readonly fromMs: number;
  untilMs: number; // infinite: to the end of the trace
}

/** Questions to a trace. Times are those of its one clock. */
export class Trace {
  readonly site: SiteLine;
  readonly poses: readonly PoseLine[];
  readonly commands: readonly CommandLine[];
  readonly ledger: readonly LedgerLine["event"][];
  readonly modes: readonly ModeLine[];
  readonly claims: readonly Held[];
  readonly endMs: number;
  readonly faults: readonly Extract<TraceLine, { kind: "fault" }>[];
  readonly #conflicts = new Map<string, Set<string>>();

  constructor(texts: readonly string[]) {
    const lines = texts.map((text) => JSON.parse(text) as TraceLine);
    const of = <K extends TraceLine["kind"]>(kind: K) =>
      lines.filter((line): line is Extract<TraceLine, { kind: K }> => line.kind === kind);
    const [site] = of("site");
    if (site === undefined) throw new Error("the trace has no site line");
    this.site = site;
    this.poses = of("pose");
    this.commands = of("command");
    this.ledger = of("ledger").map(({ event }) => event);
    this.modes = of("mode");
    this.faults = of("fault");
    this.claims = claimsOf(this.ledger);
    this.endMs = lines.reduce((latest, { t }) => Math.max(latest, t), 0);
    for (const [a, b] of site.conflicts) {
      for (const [one, other] of [[a, b] as const, [b, a] as const])
        this.#conflicts.set(one, (this.#conflicts.get(one) ?? new Set()).add(other));
    }
  }

  /** When the fault whose spec contains `part` began or ended. Throws when it did not. */
  fault(part: string, phase: "begin" | "end" = "begin"): number {
    const found = this.faults.find((line) => line.spec.includes(part) && line.phase === phase);
    if (found === undefined) throw new Error(`the trace has no ${phase} of a fault like "${part}"`);
    return found.t;
  }

  /** Events of one kind, with the hub's stamp, which is on the trace's clock. */
  events(kind: string): readonly { readonly atMs: number; readonly body: Readonly<Record<string, unknown>> }[] {
    return this.ledger.filter(({ body }) => body.kind === kind).map(({ hubMs, body }) => ({ atMs: hubMs ?? 0, body }));
  }

  posesOf(robot: string, fromMs: number, toMs = Number.POSITIVE_INFINITY): readonly PoseLine[] {
    return this.poses.filter((pose) => pose.robot === robot && pose.t >= fromMs && pose.t <= toMs);
  }

  commandsOf(robot: string, fromMs: number, toMs = Number.POSITIVE_INFINITY): readonly CommandLine[] {
    return this.commands.filter((line) => line.robot === robot && line.t >= fromMs && line.t <= toMs);
  }

  /** Applied set-points that ask for motion. */
  drivesOf(robot: string, fromMs: number, toMs = Number.POSITIVE_INFINITY): readonly CommandLine[] {
    return this.commandsOf(robot, fromMs, toMs).filter((line) => line.applied && (line.speed !== 0 || line.turn !== 0));
  }

  /** True speed at the last pose before. */
  speedAt(robot: string, atMs: number): number {
    return this.posesOf(robot, 0, atMs).at(-1)?.speed ?? 0;
  }

  drivenM(robot: string, fromMs: number, toMs = Number.POSITIVE_INFINITY): number {
    const poses = this.posesOf(robot, fromMs, toMs);
    return poses.slice(1).reduce((sum, pose, index) => {
      const last = poses[index] ?? pose;
      return sum + Math.hypot(pose.x - last.x, pose.y - last.y);
    }, 0);
  }

  heldAt(robot: string, atMs: number): readonly Held[] {
    return this.claims.filter((held) => held.robot === robot && held.fromMs <= atMs && held.untilMs > atMs);
  }

  /** The destination and every one in conflict with it. */
  near(destination: string): ReadonlySet<string> {
    return new Set([destination, ...(this.#conflicts.get(destination) ?? [])]);
  }
}

function claimsOf(events: readonly LedgerLine["event"][]): Held[] {
  const all = new Map<string, Held>();
  for (const { body, hubMs = 0 } of events) {
    const token = body.token === undefined ? "" : `${body.token.epoch}.${body.token.counter}`;
    const { robot = "", destination = "", purpose } = body;
    if (body.kind === "claimed")
      all.set(token, {
        ...{ robot, destination, token, purpose: String(purpose), fromMs: hubMs },
        untilMs: Number.POSITIVE_INFINITY,
      });
    const held = all.get(token);
    if (body.kind === "claimFreed" && held !== undefined) held.untilMs = hubMs;
  }
  return [...all.values()];
}
