// The edge's shell: feeds the core with what its adapters report and performs the core's effects in order. It decides
// nothing. R2: the last check of the lease stands in the broker's own write (see edge/io/onboard-broker.ts).

import type { Grid } from "../fleet-config/grid.js";
import type { ModelManifest } from "../models/manifest.js";
import type { PlanRequest } from "../models/planner.js";
import { gridResult, gridRun, type ModelResult } from "../models/run.js";
import { ClockFault } from "../proto/clock.js";
import { monotonicMs, readClocks } from "../proto/codec/clock.js";
import type { HubMessage, OnboardSample } from "../proto/wire.js";
import { Answers } from "./answering.js";
import { Canaries } from "./canaries.js";
import { modelName } from "./core/controller/slots.js";
import { Edge } from "./core/edge.js";
import { mayWrite } from "./core/gate.js";
import { type EdgeMemory, EMPTY_MEMORY } from "./core/memory.js";
import type { DecisionRecord } from "./core/record.js";
import type { EdgeContext, EdgeEffect, EdgeInput } from "./core/types.js";
import type { EdgeStore } from "./io/edge-store.js";
import type { HubLink, HubLinkEvents } from "./io/hub-link.js";
import type { OnboardBroker, OnboardEvents } from "./io/onboard-broker.js";
import type { Recorder } from "./io/recorder.js";
import type { SiteTelemetry } from "./io/site-telemetry.js";
import type { EdgeMeters } from "./meters.js";
import type { HeldModel, ModelEvents, ModelProcesses } from "./model-processes.js";
import { assignmentOf, idsOf, type Notes, withIds } from "./notes.js";
import { rowOf } from "./recording/decisions.js";
import { Told } from "./told.js";

/**
 * `store` is null when it could not be opened: the edge then stands in HALT, and nothing that needs storing happens.
 */
export interface Adapters {
  readonly store: EdgeStore | null;
  readonly onboard: OnboardBroker;
  readonly link: HubLink;
  readonly telemetry: SiteTelemetry;
  readonly models: ModelProcesses;
}

export class EdgeRuntime {
  readonly #edge: Edge;
  readonly #notes: Notes;
  readonly #onProcesses: () => void;
  readonly #onFault: (cause: ClockFault) => void;
  readonly #recorder: Recorder | null;
  #adapters: Adapters | null = null;
  #timer: NodeJS.Timeout | null = null;
  #saving: Promise<void> = Promise.resolve();
  readonly #planner: ModelManifest;
  #asked: PlanRequest | null = null; // of the planner, and not answered yet
  readonly #canaries: Canaries;
  #refusedSamples = 0;
  #clocks = readClocks(); // of the last tick
  readonly #told = new Told();
  readonly #answers = new Answers();
  readonly #meters: EdgeMeters | null;
  readonly #onDecision: (record: DecisionRecord, assignment: string) => void;

  constructor(parts: {
    readonly context: EdgeContext;
    readonly memory: EdgeMemory | null;
    readonly grid: Grid;
    readonly planner: ModelManifest;
    readonly models: readonly HeldModel[];
    readonly storeFault: string;
    readonly notes: Notes;
    readonly onProcesses: () => void; // one that runs models came or went
    readonly onFault: (cause: ClockFault) => void; // the edge must end
    readonly recorder: Recorder | null; // of every input; the edge ends it
    readonly meters: EdgeMeters | null; // nothing is counted without them
    readonly onDecision: (record: DecisionRecord, assignment: string) => void; // that began just now
  }) {
    const { context, grid } = parts;
    this.#edge = new Edge({ context, memory: parts.memory ?? EMPTY_MEMORY, grid, clocks: this.#clocks });
    this.#planner = parts.planner;
    this.#notes = withIds(parts.notes, () => idsOf(this.#edge.state));
    this.#onDecision = parts.onDecision;
    this.#onProcesses = parts.onProcesses;
    this.#onFault = parts.onFault;
    this.#recorder = parts.recorder;
    this.#meters = parts.meters;
    this.#recorder?.begin({ context, grid, snapshot: () => this.#edge.snapshot() });
    this.#canaries = new Canaries(parts.models, {
      periodMs: context.config.health.canaryMs,
      run: (model, run) => this.#adapters?.models.canary(model, run) ?? false,
      kill: (model) => this.#adapters?.models.kill(model),
      tell: (model, fault) => {
        if (fault !== "") this.#notes.warn("canary failed", { model, fault });
        this.#feed({ kind: "canary", model, fault });
      },
    });
    if (parts.storeFault !== "") this.#feed({ kind: "storeFault", why: parts.storeFault });
  }

  readonly onboardEvents: OnboardEvents = {
    onSample: (sample: OnboardSample) => this.#feed({ kind: "sample", sample }),
    onRefused: (topic, reason) => {
      this.#refusedSamples += 1;
      this.#meters?.refusedOnboard();
      if (this.#refusedSamples <= 100) this.#notes.warn("on-board message refused", { topic, reason });
    },
    onBase: (connected) => this.#notes.info(connected ? "base connected" : "base gone", {}),
  };

  readonly linkEvents: HubLinkEvents = {
    onOpen: () => this.#feed({ kind: "linkOpened" }),
    onMessage: (message) => {
      if (message.kind === "askWhy") this.#answer(message);
      else this.#feed({ kind: "hub", message });
    },
    onClosed: (reason) => {
      this.#notes.info("link closed", { reason });
      this.#feed({ kind: "linkClosed", reason });
    },
  };

  readonly modelEvents: ModelEvents = {
    onReady: (model, info) => {
      this.#onProcesses();
      this.#notes.info("model ready", info);
      this.#canaries.ready(model);
      this.#feed(this.#plans(model) ? { kind: "plannerReady" } : { kind: "modelReady", model });
    },
    onResult: (model, result) => {
      if (this.#plans(model)) this.#planned(result);
      else this.#feed({ kind: "ran", model, result });
      this.#canaries.begin(monotonicMs());
    },
    onRefused: (model, answer) => {
      this.#feed(this.#plans(model) ? { kind: "planRefused", ...answer } : { kind: "runRefused", model, ...answer });
      this.#canaries.begin(monotonicMs());
    },
    onCanary: (model, answer) => this.#canaries.answered(model, answer),
    onGone: (model, why) => {
      this.#onProcesses();
      this.#canaries.gone(model);
      this.#feed(this.#plans(model) ? { kind: "plannerGone", why } : { kind: "modelGone", model, why });
    },
  };

  /** R14: for people; the core is not asked, and no recording tells of it. */
  #answer(message: Extract<HubMessage, { kind: "askWhy" }>): void {
    const store = this.#adapters?.store ?? null;
    void this.#answers.take(message, {
      ...{
        state: this.#edge.state,
        nowMs: monotonicMs,
        explained: store === null ? null : (id) => store.explained(id),
      },
      send: (told) => this.#adapters?.link.send(told),
    });
  }

  /** Whether that model is the planner, whose runs are grids; every other one drives or would. */
  #plans(model: string): boolean {
    return model === modelName(this.#planner);
  }

  /** Begins the control loop, one tick each `periodMs`. */
  start(adapters: Adapters, periodMs: number): void {
    this.#adapters = adapters;
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#meters?.ticked(nowMs - lastMs - periodMs);
      lastMs = nowMs;
      this.#clocks = readClocks();
      try {
        this.#feed({ kind: "tick", clocks: this.#clocks });
        this.#canaries.tick(monotonicMs());
      } catch (cause) {
        if (!(cause instanceof ClockFault)) throw cause; // a fault of the core ends the process
        this.#onFault(cause);
      }
    }, periodMs);
  }

  /** The page of a scrape; empty without meters. */
  metrics(): string {
    return this.#meters?.page(this.#edge.state, monotonicMs()) ?? "";
  }

  /** Stops commanding first; the base stands by its own dead-man at the latest. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const adapters = this.#adapters;
    this.#adapters = null;
    await this.#saving;
    if (adapters === null) return;
    adapters.link.close();
    await Promise.all([adapters.models.close(), adapters.telemetry.close(), adapters.onboard.close()]);
    await Promise.all([adapters.store?.close(), this.#recorder?.close()]);
  }

  #feed(input: EdgeInput): void {
    const nowMs = monotonicMs();
    this.#record(input, nowMs);
    for (const effect of this.#step(input, nowMs)) this.#perform(effect);
  }

  #step(input: EdgeInput, nowMs: number): readonly EdgeEffect[] {
    let effects: readonly EdgeEffect[];
    this.#meters?.takes(input, this.#edge.state, nowMs);
    try {
      effects = this.#edge.step(input, nowMs);
    } catch (cause) {
      this.#recorder?.threw(input, nowMs, cause as Error);
      throw cause;
    }
    this.#recorder?.took(input, nowMs, effects);
    this.#meters?.took(input, this.#edge.state, effects);
    return effects;
  }

  #record(input: EdgeInput, nowMs: number): void {
    const store = this.#adapters?.store;
    if (store === null || store === undefined) return;
    const told = this.#told.take(input, nowMs);
    if (told !== null) store.record("input", told.id, told.value);
  }

  #perform(effect: EdgeEffect): void {
    const adapters = this.#adapters;
    if (adapters === null) return;
    switch (effect.kind) {
      case "save":
        return this.#save(adapters, effect);
      case "send":
        adapters.link.send(effect.message); // whatever matters is sent again
        return;
      case "publish":
        return adapters.telemetry.publish(effect.sample);
      case "tick":
        return adapters.onboard.tick(effect.tick);
      case "command": {
        const { command } = effect;
        const made = this.#clocks;
        return adapters.onboard.command(command, () => {
          const isPassed = mayWrite(command, { made, now: readClocks() });
          this.#meters?.commanded(isPassed);
          return isPassed;
        });
      }
      case "plan":
        return this.#plan(adapters, effect.request);
      case "killPlanner":
        this.#notes.warn("planner killed", { why: effect.why });
        return adapters.models.kill(modelName(this.#planner));
      case "run":
        return this.#run(adapters, effect);
      case "killModel":
        this.#notes.warn("model killed", { model: effect.model, why: effect.why });
        return adapters.models.kill(effect.model);
      case "record":
        this.#onDecision(effect.record, assignmentOf(this.#edge.state, effect.record.token));
        adapters.store?.record(effect.record.isChange ? "decision" : "sample", effect.id, rowOf(effect.record));
        return;
      case "note":
        return this.#notes.warn(effect.event, { detail: effect.detail });
    }
  }

  #run({ models }: Adapters, { model, run }: Extract<EdgeEffect, { kind: "run" }>): void {
    if (!models.run(model, run)) this.#feed({ kind: "runRefused", model, id: run.id, reason: "it is not ready" });
  }

  #plan({ models }: Adapters, request: PlanRequest): void {
    const run = gridRun(this.#planner, request);
    this.#asked = request;
    const isTaken = typeof run !== "string" && models.run(modelName(this.#planner), run);
    const reason = typeof run === "string" ? run : isTaken ? "" : "no planner is ready";
    if (reason !== "") this.#feed({ kind: "planRefused", id: request.id, reason });
  }

  #planned(result: ModelResult): void {
    const asked = this.#asked;
    if (asked?.id !== result.id) return; // one that was killed meanwhile
    const plan = gridResult(this.#planner, asked, result);
    if (typeof plan === "string") this.#feed({ kind: "planRefused", id: asked.id, reason: plan });
    else this.#feed({ kind: "planned", result: plan });
  }

  /** R10: one save after the other; what waits for a version happens when it is durable, and never when it failed. */
  #save(adapters: Adapters, effect: Extract<EdgeEffect, { kind: "save" }>): void {
    const { store } = adapters;
    if (store === null) return;
    this.#saving = this.#saving.then(async () => {
      const fromMs = performance.now();
      try {
        await store.save(effect.memory);
        this.#meters?.saved(performance.now() - fromMs);
        this.#feed({ kind: "saved", version: effect.version });
      } catch (cause) {
        this.#feed({ kind: "storeFault", why: (cause as Error).message.slice(0, 200) });
      }
    });
  }
}
