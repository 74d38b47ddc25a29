// The processes of a run: the hub and one edge per robot, each with its own data directory, started as their bins are.
// `run.json` in the run's data directory lists role, process id and ports of everything that runs.

import { type ChildProcess, fork } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const DIST = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const POLL_MS = 50;
const START_MS = 30_000;
const STOP_MS = 8000;

/** What a process says of itself in the run.json of its own data directory. */
interface OwnRun {
  readonly role: string;
  readonly pid: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly children: readonly {
    readonly role: string;
    readonly pid: number;
    readonly ports?: Readonly<Record<string, number>>;
  }[];
}

export interface ProcessSpec {
  readonly name: string; // hub, or the robot
  readonly main: string; // below dist
  readonly args: readonly string[];
  readonly dataDir: string;
}

/** A process that can be killed, stopped and started again under the same data directory. */
export class Managed {
  readonly spec: ProcessSpec;
  #child: ChildProcess | null = null;
  #expected = false;
  #ended = "";
  readonly #onExit: (how: string) => void;

  constructor(spec: ProcessSpec, onExit: (how: string) => void) {
    this.spec = spec;
    this.#onExit = onExit;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** Resolves when the process has told its ports. Throws with the end of its log when it ends before. */
  async start(extraArgs: readonly string[] = []): Promise<OwnRun> {
    const { dataDir, main, args, name } = this.spec;
    mkdirSync(dataDir, { recursive: true });
    const log = openSync(join(dataDir, "log.jsonl"), "a", 0o600); // a hub prints its one-time token
    this.#expected = false;
    const child = fork(join(DIST, main), [...args, ...extraArgs], {
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (this.#child === child) this.#child = null;
      this.#ended = signal ?? `exit code ${code}`;
      if (!this.#expected) this.#onExit(this.#ended);
    });
    for (let waitedMs = 0; waitedMs < START_MS; waitedMs += POLL_MS) {
      const own = this.own();
      if (own !== null && own.pid === child.pid) return own;
      if (this.#child === null) break;
      await sleep(POLL_MS);
    }
    const how = this.#child === null ? this.#ended : `nothing within ${START_MS} ms`;
    throw new Error(`${name} did not start (${how}):\n${lastLines(join(dataDir, "log.jsonl"))}`);
  }

  /** Its run.json, or null. */
  own(): OwnRun | null {
    try {
      return JSON.parse(readFileSync(join(this.spec.dataDir, "run.json"), "utf8")) as OwnRun;
    } catch {
      return null;
    }
  }

  /** Sends a signal; `expected`: its end is no news. False when it does not run. */
  signal(signal: NodeJS.Signals, expected: boolean): boolean {
    if (expected) this.#expected = true;
    return this.#child?.kill(signal) === true;
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#expected = true;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(hard);
  }
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-12).join("\n");
  } catch {
    return "no log";
  }
}

/** Resident memory in MiB; 0 when the process is gone. */
export function residentMb(pid: number | undefined): number {
  try {
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Math.round(Number(found?.[1] ?? 0) / 102.4) / 10;
  } catch {
    return 0;
  }
}

/** Writes DATA/run.json: everything that runs now, as the processes tell it. */
export function writeRunFile(dataDir: string, processes: readonly Managed[]): void {
  const rows: object[] = [{ role: "runner", pid: process.pid, ports: {} }];
  for (const managed of processes) {
    const own = managed.own();
    if (own === null || own.pid !== managed.pid) continue;
    const robot = own.role === "edge" ? { robot: managed.spec.name } : {};
    rows.push({ role: own.role, ...robot, pid: own.pid, ports: own.ports });
    for (const child of own.children)
      rows.push({ role: child.role, ...robot, pid: child.pid, ports: child.ports ?? {} });
  }
  writeFileSync(join(dataDir, "run.json.new"), `${JSON.stringify({ processes: rows }, null, 1)}\n`);
  renameSync(join(dataDir, "run.json.new"), join(dataDir, "run.json"));
}
