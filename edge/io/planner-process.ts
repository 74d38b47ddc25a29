// Keeps one planner child with its models alive and gives it at most one run at a time (R11). It decides no deadline:
// the edge's core does, and calls `kill`. What a killed child still sends is dropped, so that a late result can never
// arrive. A child that ends is started again with a growing pause, which shrinks back after the first result.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ModelResult, ModelRun, ReadyModel, RunnerMessage } from "../../models/run.js";
import type { CanaryAnswer } from "../canary.js";

export interface PlannerEvents {
  onReady(info: { pid: number; models: readonly ReadyModel[] }): void;
  onResult(result: ModelResult): void;
  /** The child refused this run, with the reason; it is ready for the next. */
  onRefused(id: number, reason: string): void;
  /** A canary was answered, or made way for a run; nothing when the child ends first. */
  onCanary?(answer: CanaryAnswer): void;
  /** The child has ended, for whatever reason; a run in flight will get no answer. */
  onExit(info: { pid: number; code: number | null; signal: string | null }): void;
}

export interface PlannerProcessOptions {
  /** Folders with a model and its manifest each. */
  readonly modelDirs: readonly string[];
  /** Compiled entry of the child; by default the one beside this file's folder. */
  readonly entry?: string;
  readonly events: PlannerEvents;
  /** Pause before a restart: the first, and the longest after doubling. Default 200 and 5000 ms. */
  readonly restartMs?: { readonly initial: number; readonly max: number };
  /** A child that has not said `ready` after this is killed. Default 20000 ms. */
  readonly readyMs?: number;
}

/** One child from start to end. */
interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  ready: boolean;
  /** After `kill` nothing that the child says counts any more. */
  condemned: boolean;
  inFlight: ModelRun | undefined;
  canary: ModelRun | undefined;
  /** The id of a canary that a run overtook: the child still answers it. */
  overtaken: number | undefined;
  readyTimer: NodeJS.Timeout | undefined;
}

export class PlannerProcess {
  readonly #options: PlannerProcessOptions;
  readonly #initialMs: number;
  readonly #maxMs: number;
  #pauseMs: number;
  #running: Running | undefined;
  #restart: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PlannerProcessOptions) {
    this.#options = options;
    this.#initialMs = options.restartMs?.initial ?? 200;
    this.#maxMs = options.restartMs?.max ?? 5_000;
    this.#pauseMs = this.#initialMs;
  }

  /** Process id of the child, from its start to its end; undefined between two children. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** Starts the child. Does nothing while one runs or after `close`. */
  start(): void {
    if (this.#running || this.#closed) return;
    clearTimeout(this.#restart);
    this.#restart = undefined;
    const entry = this.#options.entry ?? fileURLToPath(new URL("../planner/main.js", import.meta.url));
    const child = fork(entry, [...this.#options.modelDirs], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    const { pid } = child;
    if (pid === undefined) {
      child.once("error", () => this.#startAgain());
      return;
    }
    const readyTimer = setTimeout(() => this.kill(), this.#options.readyMs ?? 20_000);
    const none = { inFlight: undefined, canary: undefined, overtaken: undefined };
    const running: Running = { child, pid, ready: false, condemned: false, ...none, readyTimer };
    this.#running = running;
    child.on("message", (message) => this.#receive(running, message as RunnerMessage));
    // A send to a child that is ending fails here; the end itself is what counts.
    child.on("error", () => {});
    child.once("exit", (code, signal) => this.#ended(running, code, signal));
  }

  /** Starts a run. Returns false, and sends nothing, while no child is ready or one run is under way. */
  run(run: ModelRun): boolean {
    const running = this.#running;
    if (!running?.ready || running.condemned || running.inFlight || !running.child.connected) return false;
    running.inFlight = run;
    running.child.send(run, () => {});
    const { canary } = running;
    if (canary === undefined) return true;
    running.overtaken = canary.id;
    running.canary = undefined;
    this.#options.events.onCanary?.({ kind: "overtaken", id: canary.id });
    return true;
  }

  /**
   * Starts a canary, which the next run overtakes. Returns false, and sends nothing, unless a child is ready and
   * answers nothing else. Its id must be none of a run.
   */
  canary(run: ModelRun): boolean {
    const running = this.#running;
    if (!running?.ready || running.condemned || running.inFlight || !running.child.connected) return false;
    if (running.canary !== undefined || running.overtaken !== undefined) return false;
    running.canary = run;
    running.child.send(run, () => {});
    return true;
  }

  /**
   * Ends the child at once with SIGKILL, which also ends a stopped or busy one. It is started again. No-op without one.
   */
  kill(): void {
    const running = this.#running;
    if (!running) return;
    running.condemned = true;
    running.child.kill("SIGKILL");
  }

  /** Ends the child for good and resolves when it is gone. No event is delivered after this call. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    const running = this.#running;
    if (!running) return;
    const gone = new Promise<void>((resolve) => running.child.once("exit", () => resolve()));
    this.kill();
    await gone;
  }

  #receive(running: Running, message: RunnerMessage): void {
    if (running.condemned || this.#closed) return;
    const { events } = this.#options;
    if (message.kind !== "ready" && this.#isOfCanary(running, message)) return;
    switch (message.kind) {
      case "ready":
        clearTimeout(running.readyTimer);
        running.ready = true;
        events.onReady({ pid: running.pid, models: message.models });
        return;
      case "result":
        if (!this.#answers(running, message.result)) {
          this.kill();
          return;
        }
        running.inFlight = undefined;
        this.#pauseMs = this.#initialMs;
        events.onResult(message.result);
        return;
      case "refused":
        if (message.id !== running.inFlight?.id) {
          this.kill();
          return;
        }
        running.inFlight = undefined;
        events.onRefused(message.id, message.reason);
        return;
    }
    // Unknown means no: a child that says anything else is not the one that was started.
    this.kill();
  }

  /** Takes the answer to a canary. False when it answers something else. */
  #isOfCanary(running: Running, message: Exclude<RunnerMessage, { kind: "ready" }>): boolean {
    const id = message.kind === "result" ? message.result?.id : message.id;
    if (id === undefined) return false;
    if (id === running.overtaken) {
      running.overtaken = undefined;
      return true;
    }
    if (id !== running.canary?.id) return false;
    running.canary = undefined;
    this.#options.events.onCanary?.(message);
    return true;
  }

  /** Whether this is an answer to the run under way; a child that answers anything else is ended. */
  #answers(running: Running, result: ModelResult): boolean {
    const asked = running.inFlight;
    return asked !== undefined && result.id === asked.id && result.model === asked.model;
  }

  #ended(running: Running, code: number | null, signal: string | null): void {
    clearTimeout(running.readyTimer);
    running.condemned = true;
    this.#running = undefined;
    if (this.#closed) return;
    this.#startAgain();
    this.#options.events.onExit({ pid: running.pid, code, signal });
  }

  #startAgain(): void {
    if (this.#closed) return;
    this.#restart = setTimeout(() => this.start(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#maxMs);
  }
}
