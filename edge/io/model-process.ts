// Keeps one child with its models alive and gives each of them at most one run at a time (R11); the child runs them one
// after the other. It decides no deadline: the edge's core does, and calls `kill`. What a killed child still sends is
// dropped, so that a late result can never arrive. A child that ends is started again with a growing pause, which
// shrinks back after the first result.

import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ModelResult, ModelRun, ReadyModel, RunnerMessage } from "../../models/run.js";
import { memoryOf } from "../../models/trial/memory.js";
import type { CanaryAnswer } from "../canary.js";
import { FrameGatherer, FrameReader } from "../planner/frame-reader.js";
import { FrameFault, FrameWriter } from "../planner/frames.js";

export interface ModelProcessEvents {
  onReady(info: { pid: number; models: readonly ReadyModel[] }): void;
  onResult(result: ModelResult): void;
  /** The child refused this run of that model, with the reason; it is ready for the next. */
  onRefused(model: string, id: number, reason: string): void;
  /** A canary of that model was answered, or made way for a run; nothing when the child ends first. */
  onCanary?(model: string, answer: CanaryAnswer): void;
  /** The child has ended, for whatever reason; a run in flight will get no answer. `said`: its last words, or "". */
  onExit(info: { pid: number; code: number | null; signal: string | null; said: string }): void;
}

export interface ModelProcessOptions {
  /** Folders with a model and its manifest each, of different names. */
  readonly models: readonly ModelFolder[];
  /** Compiled entry of the child; by default the one beside this file's folder. */
  readonly entry?: string;
  readonly events: ModelProcessEvents;
  /** Pause before a restart: the first, and the longest after doubling. Default 200 and 5000 ms. */
  readonly restartMs?: { readonly initial: number; readonly max: number };
  /** A child that has not said `ready` after this is killed. Default 20000 ms. */
  readonly readyMs?: number;
  /** Resident memory above which the child is killed; it is looked at once a second. Default: not looked at. */
  readonly memoryBytes?: number;
}

/** `sha256`: of the model that was judged; the child runs no other. Undefined: whatever is there. */
export interface ModelFolder {
  readonly directory: string;
  readonly sha256?: string;
}

const LOOK_MS = 1000;
/** Characters of what a child writes to its standard error that are kept. */
const MOST_SAID = 1000;

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}

/** One child from start to end. */
interface Running {
  readonly child: ChildProcess;
  readonly channel: Duplex;
  readonly frames: {
    readonly gatherer: FrameGatherer;
    readonly reader: FrameReader;
    readonly writer: FrameWriter;
    readonly canaryWriter: FrameWriter; // a run may overtake a canary whose frame is still on its way
  };
  readonly pid: number;
  ready: boolean;
  /** After `kill` nothing that the child says counts any more. */
  condemned: boolean;
  readonly inFlight: Map<string, ModelRun>; // by model
  canary: ModelRun | undefined;
  /** A canary that a run overtook: the child still answers it. */
  overtaken: ModelRun | undefined;
  readyTimer: NodeJS.Timeout | undefined;
  look: NodeJS.Timeout | undefined;
}

export class ModelProcess {
  readonly #options: ModelProcessOptions;
  readonly #initialMs: number;
  readonly #maxMs: number;
  #pauseMs: number;
  #running: Running | undefined;
  #restart: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ModelProcessOptions) {
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
    const models = this.#options.models.flatMap(({ directory, sha256 = "any" }) => [directory, sha256]);
    const child = spawn(process.execPath, [entry, ...models], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    const { pid } = child;
    if (pid === undefined) {
      child.once("error", () => this.#startAgain());
      return;
    }
    const readyTimer = setTimeout(() => this.kill(), this.#options.readyMs ?? 20_000);
    const channel = child.stdio[3] as Duplex;
    const [writer, canaryWriter] = [new FrameWriter(), new FrameWriter()];
    const running: Running = {
      child,
      channel,
      frames: { gatherer: new FrameGatherer(), reader: new FrameReader(), writer, canaryWriter },
      pid,
      ready: false,
      condemned: false,
      inFlight: new Map(),
      canary: undefined,
      overtaken: undefined,
      readyTimer,
      look: this.#watch(pid),
    };
    this.#running = running;
    channel.on("data", (piece: Buffer) => this.#hear(running, piece));
    // A write to a child that is ending fails here; the end itself is what counts.
    channel.on("error", () => {});
    // A child without its channel is of no use, whatever it does.
    channel.on("close", () => this.#condemn(running));
    child.on("error", () => {});
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      process.stderr.write(text);
      said = (said + text).slice(-MOST_SAID);
    });
    // Closed comes after the exit, when its last words have been read.
    child.once("close", (code, signal) => this.#ended(running, { pid, code, signal, said: lastLine(said) }));
  }

  #watch(pid: number): NodeJS.Timeout | undefined {
    const { memoryBytes } = this.#options;
    if (memoryBytes === undefined) return undefined;
    return setInterval(() => {
      if ((memoryOf(pid)?.residentBytes ?? 0) > memoryBytes) this.kill();
    }, LOOK_MS);
  }

  /** Starts a run. Returns false, and sends nothing, while no child is ready or a run of that model is under way. */
  run(run: ModelRun): boolean {
    const running = this.#running;
    if (!running?.ready || running.condemned || running.inFlight.has(run.model) || !running.channel.writable)
      return false;
    running.inFlight.set(run.model, run);
    running.channel.write(running.frames.writer.run(run));
    const { canary } = running;
    if (canary === undefined) return true;
    running.overtaken = canary;
    running.canary = undefined;
    this.#options.events.onCanary?.(canary.model, { kind: "overtaken", id: canary.id });
    return true;
  }

  /**
   * Starts a canary, which the next run of any model overtakes. Returns false, and sends nothing, unless a child is
   * ready and answers nothing else. Its id must be none of a run.
   */
  canary(run: ModelRun): boolean {
    const running = this.#running;
    if (!running?.ready || running.condemned || running.inFlight.size > 0 || !running.channel.writable) return false;
    if (running.canary !== undefined || running.overtaken !== undefined) return false;
    running.canary = run;
    running.channel.write(running.frames.canaryWriter.run(run));
    return true;
  }

  /**
   * Ends the child at once with SIGKILL, which also ends a stopped or busy one. It is started again. No-op without one.
   */
  kill(): void {
    if (this.#running) this.#condemn(this.#running);
  }

  #condemn(running: Running): void {
    if (running.condemned) return;
    running.condemned = true;
    running.child.kill("SIGKILL");
  }

  /** Ends the child for good and resolves when it is gone. No event is delivered after this call. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    const running = this.#running;
    if (!running) return;
    const gone = new Promise<void>((resolve) => running.child.once("close", () => resolve()));
    this.kill();
    await gone;
  }

  /** R13: what is no frame, or no answer of this version, ends the child. */
  #hear(running: Running, piece: Buffer): void {
    if (running.condemned || this.#closed) return;
    let messages: readonly RunnerMessage[];
    try {
      const { gatherer, reader } = running.frames;
      messages = gatherer.take(piece).map((frame) => reader.answer(frame));
    } catch (cause) {
      if (!(cause instanceof FrameFault)) throw cause;
      return this.#condemn(running);
    }
    for (const message of messages) this.#receive(running, message);
  }

  #receive(running: Running, message: RunnerMessage): void {
    if (running.condemned || this.#closed) return;
    const { events } = this.#options;
    if (message.kind !== "ready" && this.#isOfCanary(running, message)) return;
    switch (message.kind) {
      case "ready":
        if (running.ready) return this.kill();
        clearTimeout(running.readyTimer);
        running.ready = true;
        events.onReady({ pid: running.pid, models: message.models });
        return;
      case "result":
        if (!this.#takes(running, message.result)) return this.kill();
        this.#pauseMs = this.#initialMs;
        events.onResult(message.result);
        return;
      case "refused":
        if (!this.#takes(running, message)) return this.kill();
        events.onRefused(message.model, message.id, message.reason);
        return;
    }
  }

  /** Takes an answer to a run under way; a child that answers anything else is ended. */
  #takes(running: Running, answer: { readonly id: number; readonly model: string }): boolean {
    if (running.inFlight.get(answer.model)?.id !== answer.id) return false;
    return running.inFlight.delete(answer.model);
  }

  /** Takes the answer to a canary. False when it answers something else. */
  #isOfCanary(running: Running, message: Exclude<RunnerMessage, { kind: "ready" }>): boolean {
    const answer = message.kind === "result" ? message.result : message;
    if (isAnswer(answer, running.overtaken)) {
      running.overtaken = undefined;
      return true;
    }
    if (!isAnswer(answer, running.canary)) return false;
    running.canary = undefined;
    this.#options.events.onCanary?.(answer.model, message);
    return true;
  }

  #ended(running: Running, info: Parameters<ModelProcessEvents["onExit"]>[0]): void {
    clearTimeout(running.readyTimer);
    clearInterval(running.look);
    running.condemned = true;
    this.#running = undefined;
    if (this.#closed) return;
    this.#startAgain();
    this.#options.events.onExit(info);
  }

  #startAgain(): void {
    if (this.#closed) return;
    this.#restart = setTimeout(() => this.start(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#maxMs);
  }
}

/** Ids of two models may be the same. */
function isAnswer(answer: { readonly id: number; readonly model: string }, run: ModelRun | undefined): boolean {
  return run !== undefined && answer?.id === run.id && answer.model === run.model;
}
