// The trial of a model (R11, R13): a throw-away process runs its golden vectors while this one bounds time and memory,
// compares what comes out, and ends it with SIGKILL whatever it said. The verdict is a value; a model that crashed or
// passed a limit comes back with a ban on its hash. Nothing keeps the child off the network: that needs a container.

import { type ChildProcess, fork } from "node:child_process";
import { constants, getPriority, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { NamedTensor } from "../elements.js";
import { compareOutputs, notFinite } from "../golden.js";
import type { Provider } from "../manifest.js";
import { NO_MEMORY, whyEnded } from "./ended.js";
import { confine, type MemoryUse, memoryOf, oomKills } from "./memory.js";
import {
  defaultTrialLimits,
  type TrialCode,
  type TrialFigures,
  type TrialLimits,
  type TrialMessage,
  type TrialRequest,
  type TrialSubject,
  type TrialVerdict,
} from "./words.js";

const LOOK_MS = 20;
const STDERR_KEPT = 4_096;
const PROCESSOR_SLACK_S = 5;
const BANNING: ReadonlySet<TrialCode> = new Set(["crashed", "out-of-time", "out-of-memory"]);

export interface TrialOptions {
  readonly limits?: Partial<TrialLimits>;
  /** Hashes that are not tried again. Add the `ban` of a verdict to it. */
  readonly banned?: ReadonlySet<string>;
  /** Compiled entry of the child; by default the one beside this file. */
  readonly entry?: string;
  /** Whether the child gives way to everything else, which makes its times worse on a busy board. Default false. */
  readonly givesWay?: boolean;
  readonly signal?: AbortSignal;
  /** On the first of them that this machine has. Default: cpu. */
  readonly providers?: readonly Provider[];
  /** `watched` does without the limit that the kernel keeps. Default: the kernel's, where it can. */
  readonly guard?: "kernel" | "watched";
  /** How many processes the system has ended for memory so far. Default: as it tells. */
  readonly oomKills?: () => number | undefined;
}

interface Outcome {
  readonly code: TrialCode | "ok";
  readonly detail: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Trial {
  readonly #subject: TrialSubject;
  readonly #limits: TrialLimits;
  readonly #guard: "kernel" | "watched";
  readonly #providers: readonly Provider[];
  readonly #child: ChildProcess;
  readonly #startMs = performance.now();
  readonly #oomKills: () => number | undefined;
  readonly #killsBefore: number | undefined;
  readonly #figures: Mutable<TrialFigures> = { wallMs: 0, memoryGuard: "none", vectors: 0 };
  #baseline: MemoryUse | undefined;
  #phase: "hello" | "loaded" | "outputs" | "over" = "hello";
  #outcome: Outcome | undefined;
  #stderr = "";

  constructor(subject: TrialSubject, limits: TrialLimits, options: TrialOptions) {
    this.#subject = subject;
    this.#limits = limits;
    this.#guard = options.guard ?? "kernel";
    this.#providers = options.providers ?? ["cpu"];
    this.#oomKills = options.oomKills ?? oomKills;
    this.#killsBefore = this.#oomKills();
    const entry = options.entry ?? fileURLToPath(new URL("./child.js", import.meta.url));
    this.#child = fork(entry, [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
      env: {},
    });
    if (options.givesWay === true) giveWay(this.#child.pid);
  }

  run(signal: AbortSignal | undefined): Promise<TrialVerdict> {
    const child = this.#child;
    const { wallMs } = this.#limits;
    return new Promise((resolve) => {
      const late = () => this.#end("out-of-time", `expected an end within ${wallMs} ms, found none`);
      const stop = () => this.#end("stopped", "the trial was stopped");
      const wall = setTimeout(late, wallMs);
      const look = setInterval(() => this.#look(), LOOK_MS);
      const over = () => {
        clearTimeout(wall);
        clearInterval(look);
        signal?.removeEventListener("abort", stop);
        resolve(this.#verdict());
      };
      signal?.addEventListener("abort", stop);
      if (signal?.aborted) stop();
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        this.#stderr = (this.#stderr + text).slice(0, STDERR_KEPT);
      });
      child.on("message", (message) => this.#hear(message as TrialMessage));
      child.on("error", (error) => {
        this.#end("not-started", `expected a child process, found ${error.message}`);
        if (child.pid === undefined) over();
      });
      // Closed comes after the exit, when the last words on standard error have been read.
      child.once("close", (code, signalName) => {
        this.#ended(code, signalName);
        over();
      });
    });
  }

  /** The first outcome counts; the child is ended whatever it is. */
  #end(code: Outcome["code"], detail: string): void {
    if (this.#outcome) return;
    this.#look();
    this.#outcome ??= { code, detail };
    this.#phase = "over";
    this.#figures.wallMs = performance.now() - this.#startMs;
    this.#child.kill("SIGKILL");
  }

  #look(): void {
    const { pid } = this.#child;
    const use = pid === undefined ? undefined : memoryOf(pid);
    if (!use || !this.#baseline || this.#outcome) return;
    this.#figures.peakBytes = Math.max(use.peakBytes, this.#figures.peakBytes ?? 0);
    const more = use.peakBytes - this.#baseline.residentBytes;
    if (more <= this.#limits.memoryBytes) return;
    this.#outcome = {
      code: "out-of-memory",
      detail: `expected at most ${this.#limits.memoryBytes} bytes, found ${more}`,
    };
    this.#figures.wallMs = performance.now() - this.#startMs;
    this.#phase = "over";
    this.#child.kill("SIGKILL");
  }

  #hear(message: TrialMessage): void {
    if (this.#phase === "over") return;
    if (message?.kind === "hello" && this.#phase === "hello") void this.#begin();
    else if (message?.kind === "loaded" && this.#phase === "loaded") this.#loaded(message);
    else if (message?.kind === "outputs" && this.#phase === "outputs") this.#compare(message);
    else if (message?.kind === "timed" && this.#phase === "outputs") this.#timed(message.timesMs);
    else if (message?.kind === "failed" && this.#phase !== "hello") this.#failed(message);
    else this.#end("crashed", `expected the next word of a trial, found ${JSON.stringify(message?.kind)}`);
  }

  async #begin(): Promise<void> {
    this.#phase = "loaded";
    const { pid } = this.#child;
    if (pid === undefined) return;
    const { memoryBytes, threads, warmUpRuns, timedRuns, timedMs, wallMs } = this.#limits;
    this.#baseline = memoryOf(pid);
    if (this.#baseline) this.#figures.baseBytes = this.#baseline.residentBytes;
    const processorS = Math.ceil(wallMs / 1000) * (threads + 1) + PROCESSOR_SLACK_S;
    const isKept = this.#guard === "kernel" && (await confine(pid, { memoryBytes, processorS }));
    this.#figures.memoryGuard = isKept ? "kernel" : this.#baseline ? "watched" : "none";
    const vectors = this.#subject.golden?.vectors.map(({ inputs }) => inputs) ?? [this.#subject.feeds];
    const { bytes } = this.#subject;
    const how = { providers: this.#providers, threads, warmUpRuns, timedRuns, timedMs };
    const request: TrialRequest = { kind: "try", bytes, ...how, vectors };
    if (this.#child.connected) this.#child.send(request, () => {});
  }

  #loaded({ loadMs, provider, inputs, outputs }: Extract<TrialMessage, { kind: "loaded" }>): void {
    Object.assign(this.#figures, { loadMs, provider });
    this.#phase = "outputs";
    const expected = [this.#subject.inputs, this.#subject.outputs].map((names) => names.join(", ")).join(" -> ");
    const found = [inputs, outputs].map((names) => names.join(", ")).join(" -> ");
    if (found !== expected) this.#end("other-interface", `expected ${expected}, found ${found}`);
  }

  #compare({ vector, runMs, tensors }: Extract<TrialMessage, { kind: "outputs" }>): void {
    const { golden } = this.#subject;
    const isNext = vector === this.#figures.vectors && vector < (golden?.vectors.length ?? 1) && areTensors(tensors);
    if (!isNext) return this.#end("crashed", `expected outputs of vector ${this.#figures.vectors}, found others`);
    this.#figures.vectors += 1;
    if (vector === 0) this.#figures.firstRunMs = runMs;
    const wanted = golden?.vectors[vector];
    if (!golden || !wanted) {
      const odd = notFinite(tensors);
      if (odd !== undefined) this.#figures.notFinite = odd;
      return;
    }
    const compared = compareOutputs(wanted.outputs, tensors, golden.tolerance);
    if (compared.ok) {
      this.#figures.differenceMax = Math.max(this.#figures.differenceMax ?? 0, compared.differenceMax);
      return;
    }
    const detail = `vector "${wanted.name}": expected ${compared.expected}, found ${compared.found}`;
    this.#end(compared.code, detail);
  }

  #timed(timesMs: readonly number[]): void {
    const times = [...timesMs].sort((one, other) => one - other);
    const [p50Ms, maxMs] = [times[Math.floor((times.length - 1) / 2)], times.at(-1)];
    const expected = this.#subject.golden?.vectors.length ?? 1;
    if (p50Ms === undefined || maxMs === undefined || this.#figures.vectors !== expected) {
      return this.#end("crashed", `expected times after ${expected} vectors, found ${this.#figures.vectors}`);
    }
    Object.assign(this.#figures, { runs: times.length, p50Ms, maxMs });
    const { deadlineMs } = this.#limits;
    if (p50Ms <= deadlineMs) return this.#end("ok", "");
    this.#end("too-slow", `expected the middle run within ${deadlineMs} ms, found ${ms(p50Ms)} (most ${ms(maxMs)})`);
  }

  #failed({ stage, reason: said }: Extract<TrialMessage, { kind: "failed" }>): void {
    const reason = String(said).replace(/\s+/g, " ").trim();
    if (NO_MEMORY.test(reason)) {
      return this.#end("out-of-memory", `expected at most ${this.#limits.memoryBytes} bytes, found: ${reason}`);
    }
    const [code, wish] = stage === "load" ? (["not-loaded", "a load"] as const) : (["not-run", "a run"] as const);
    this.#end(code, `expected ${wish} without a fault, found: ${reason}`);
  }

  #ended(code: number | null, signal: string | null): void {
    const { peakBytes, baseBytes } = this.#figures;
    const now = this.#oomKills();
    const ended = whyEnded({
      ...{ code, signal, stderr: this.#stderr, memoryBytes: this.#limits.memoryBytes },
      moreBytes: peakBytes === undefined || baseBytes === undefined ? undefined : peakBytes - baseBytes,
      oomKills: now === undefined || this.#killsBefore === undefined ? undefined : now - this.#killsBefore,
    });
    this.#end(this.#phase === "hello" ? "not-started" : ended.code, ended.detail);
  }

  #verdict(): TrialVerdict {
    const { code, detail } = this.#outcome ?? { code: "crashed", detail: "no outcome" };
    const figures = this.#figures;
    if (code === "ok") return { ok: true, figures };
    return { ok: false, code, detail, figures, ...(BANNING.has(code) ? { ban: this.#subject.sha256 } : {}) };
  }
}

function ms(time: number): string {
  return `${time.toFixed(2)} ms`;
}

function areTensors(tensors: readonly NamedTensor[]): boolean {
  return Array.isArray(tensors) && tensors.every(({ data, dims }) => ArrayBuffer.isView(data) && Array.isArray(dims));
}

function giveWay(pid: number | undefined): void {
  const wanted = constants.priority.PRIORITY_BELOW_NORMAL;
  try {
    if (pid !== undefined && getPriority(pid) < wanted) setPriority(pid, wanted);
  } catch {
    // A child that has ended already, or a system that does not allow it: its times say nothing worse than before.
  }
}

/** Tries the model in a process of its own. Never throws for anything that the model does. */
export function runTrial(subject: TrialSubject, options: TrialOptions = {}): Promise<TrialVerdict> {
  const limits = { ...defaultTrialLimits, ...options.limits };
  if (options.banned?.has(subject.sha256)) {
    const detail = `expected bytes that did not crash before, found ${subject.sha256}`;
    const figures: TrialFigures = { wallMs: 0, memoryGuard: "none", vectors: 0 };
    return Promise.resolve({ ok: false, code: "banned", detail, figures });
  }
  return new Trial(subject, limits, options).run(options.signal);
}
