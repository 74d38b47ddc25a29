// An edge as a process: the production core on a simulated board, disk and network, with a stand-in planner. It saves,
// sends, publishes and commands exactly what the core asks, in the core's order, and can end or stop between any two of
// these. The last check before a write to the base is the production one (edge/core/gate.ts). It decides nothing.

import { Edge } from "../../edge/core/edge.js";
import { mayWrite } from "../../edge/core/gate.js";
import { type EdgeMemory, EMPTY_MEMORY } from "../../edge/core/memory.js";
import type { EdgeContext, EdgeEffect, EdgeInput } from "../../edge/core/types.js";
import type { Grid } from "../../fleet-config/grid.js";
import { ClockFault, type ClockReading } from "../../proto/clock.js";
import type { Command, HubMessage, OnboardSample, Telemetry } from "../../proto/wire.js";
import type { Random } from "../../scripts/world/random.js";
import { type ControllerTrouble, StandInControllers } from "./controllers.js";
import type { EdgeDisk } from "./disk.js";
import { type Kernel, MS, SECOND } from "./kernel.js";
import type { Machine } from "./machine.js";
import type { End, Stream } from "./network.js";
import { type PlannerTrouble, StandInPlanner } from "./planner.js";
import { Process } from "./process.js";

/** The link adapter ends a stream on which the hub has been silent this long. */
const SILENCE_MS = 3000;

export interface EdgeWatcher {
  fed(edge: EdgeProcess, input: EdgeInput): void;
  stepped(edge: EdgeProcess, input: EdgeInput, effects: readonly EdgeEffect[]): void;
  wrote(edge: EdgeProcess, command: Command): void;
  saved(edge: EdgeProcess, memory: EdgeMemory): void;
  ended(edge: EdgeProcess, why: string): void;
}

export interface EdgeParts {
  readonly kernel: Kernel;
  readonly board: Machine;
  readonly disk: EdgeDisk;
  readonly context: EdgeContext;
  readonly grid: Grid;
  readonly chance: Random;
  readonly watcher: EdgeWatcher;
  readonly plannerTrouble: () => PlannerTrouble;
  readonly controllerTrouble: () => ControllerTrouble;
  /** Calls the hub; null: nobody answers. */
  readonly call: (end: End<HubMessage>) => Stream | null;
  readonly publish: (sample: Telemetry) => void;
  readonly obey: (command: Command) => void;
}

export class EdgeProcess extends Process {
  readonly robot: string;
  readonly boot: string;
  readonly edge: Edge;
  readonly board: Machine;
  readonly disk: EdgeDisk;
  readonly #parts: EdgeParts;
  readonly #planner: StandInPlanner;
  readonly #controllers: StandInControllers;
  readonly #saves: { readonly version: number; readonly memory: EdgeMemory }[] = [];
  #saving = false;
  #storeFault: string;
  #stream: Stream | null = null;
  #heardUs = 0;
  #pauseMs: number;
  #tickWaits = false;
  #clocks: ClockReading; // of the last tick

  constructor(parts: EdgeParts) {
    super();
    this.#parts = parts;
    const { context, board, disk, grid, kernel } = parts;
    this.robot = context.robot;
    this.boot = context.boot;
    this.board = board;
    this.#clocks = board.read(kernel.nowUs);
    this.disk = disk;
    this.#pauseMs = context.config.limits.reconnectMinMs;
    this.#storeFault = disk.owner === context.robot ? "" : `the store is ${disk.owner}'s`;
    const memory = this.#storeFault === "" ? (disk.memory ?? EMPTY_MEMORY) : EMPTY_MEMORY;
    this.edge = new Edge({ context, memory, grid, clocks: this.#clocks });
    this.#planner = new StandInPlanner({
      ...{ kernel, chance: parts.chance, trouble: parts.plannerTrouble },
      events: {
        ready: () => this.#feed({ kind: "plannerReady" }),
        result: (result) => this.#feed({ kind: "planned", result }),
        gone: (why) => this.#feed({ kind: "plannerGone", why }),
      },
    });
    this.#controllers = new StandInControllers(context.controllers, {
      ...{ kernel, chance: parts.chance.stream("controllers"), trouble: parts.controllerTrouble },
      events: {
        ready: (model) => this.#feed({ kind: "modelReady", model }),
        result: (model, result) => this.#feed({ kind: "ran", model, result }),
        gone: (model, why) => this.#feed({ kind: "modelGone", model, why }),
      },
    });
    if (this.#storeFault !== "") this.#feed({ kind: "storeFault", why: this.#storeFault });
    this.#tickLater();
    this.#callLater();
  }

  get stream(): Stream | null {
    return this.#stream;
  }

  sample(sample: OnboardSample): void {
    this.#feed({ kind: "sample", sample });
  }

  #tickLater(): void {
    const { kernel, context, chance } = this.#parts;
    const periodMs = context.config.limits.controlMs + 2 * chance.next();
    kernel.after(this.board.lastsUs(periodMs), () => {
      if (this.ended) return;
      this.#tickLater();
      if (this.#tickWaits) return;
      this.#tickWaits = true;
      this.enter(() => {
        this.#tickWaits = false;
        this.#listenForSilence();
        this.#clocks = this.board.read(kernel.nowUs);
        this.#step({ kind: "tick", clocks: this.#clocks });
      });
    });
  }

  #feed(input: EdgeInput): void {
    if (!this.ended) this.enter(() => this.#step(input));
  }

  #step(input: EdgeInput): void {
    const { watcher, kernel } = this.#parts;
    watcher.fed(this, input);
    let effects: readonly EdgeEffect[];
    try {
      effects = this.edge.step(input, this.board.monotonicMs(kernel.nowUs));
    } catch (cause) {
      if (!(cause instanceof ClockFault)) throw cause;
      return this.end(cause.message);
    }
    watcher.stepped(this, input, effects);
    this.perform(effects, (effect) => this.#do(effect));
  }

  #do(effect: EdgeEffect): void {
    switch (effect.kind) {
      case "save":
        this.#saves.push(effect);
        return this.#save();
      case "send":
        return this.#stream?.up(effect.message);
      case "publish":
        return this.#parts.publish(effect.sample);
      case "command":
        return this.#write(effect.command);
      case "plan":
        if (!this.#planner.request(effect.request)) {
          this.#step({ kind: "planRefused", id: effect.request.id, reason: "no planner is ready" });
        }
        return;
      case "killPlanner":
        return this.#planner.kill();
      case "run":
        if (!this.#controllers.run(effect.model, effect.run)) {
          const { model, run } = effect;
          this.#step({ kind: "runRefused", model, id: run.id, reason: "it is not ready" });
        }
        return;
      case "killModel":
        return this.#controllers.kill(effect.model);
      case "tick":
      case "record":
      case "note":
        return;
    }
  }

  #write(command: Command): void {
    const { kernel, watcher, obey, chance } = this.#parts;
    if (!mayWrite(command, { made: this.#clocks, now: this.board.read(kernel.nowUs) })) return;
    watcher.wrote(this, command);
    kernel.after(2 * chance.next() * MS, () => obey(command));
  }

  /** R10: one save after the other. A store that failed is not written again by this process. */
  #save(): void {
    const next = this.#saves[0];
    if (this.#saving || next === undefined || this.#storeFault !== "") return;
    this.#saving = true;
    this.#parts.disk.write(next.memory, (ok) =>
      this.enter(() => {
        this.#saving = false;
        this.#saves.shift();
        if (!ok) {
          this.#storeFault = "a sync failed";
          return this.#step({ kind: "storeFault", why: this.#storeFault });
        }
        this.#parts.watcher.saved(this, next.memory);
        this.#step({ kind: "saved", version: next.version });
        this.#save();
      }),
    );
  }

  #callLater(): void {
    const { kernel, chance, context } = this.#parts;
    const waitMs = this.#pauseMs * (0.5 + chance.next());
    this.#pauseMs = Math.min(context.config.limits.reconnectMaxMs, this.#pauseMs * 2);
    kernel.after(this.board.lastsUs(waitMs), () => this.#feedCall());
  }

  #feedCall(): void {
    this.enter(() => {
      const { kernel, call } = this.#parts;
      let own: Stream | null = null;
      const end: End<HubMessage> = {
        take: (message) => this.enter(() => this.#hear(own, message)),
        closed: (reason) => this.enter(() => this.#lost(own, reason)),
      };
      own = call(end);
      this.#heardUs = kernel.nowUs;
      this.#stream = own;
      if (own === null) return this.#callLater();
      own.isAnswered = () => this.running;
      this.#step({ kind: "linkOpened" });
    });
  }

  #hear(stream: Stream | null, message: HubMessage): void {
    if (stream !== this.#stream) return;
    this.#heardUs = this.#parts.kernel.nowUs;
    if (message.kind === "renewed") this.#pauseMs = this.#parts.context.config.limits.reconnectMinMs;
    this.#step({ kind: "hub", message });
  }

  #lost(stream: Stream | null, reason: string): void {
    if (stream === null || stream !== this.#stream) return;
    this.#stream = null;
    this.#callLater();
    this.#step({ kind: "linkClosed", reason });
  }

  #listenForSilence(): void {
    const stream = this.#stream;
    if (stream === null || this.#parts.kernel.nowUs - this.#heardUs < SILENCE_MS * MS) return;
    stream.close("edge", "the hub is silent");
    this.#lost(stream, "the hub is silent");
  }

  protected override gone(why: string): void {
    this.#planner.end();
    this.#controllers.end();
    this.#parts.disk.crash();
    this.#stream?.close("edge", "the edge is gone");
    this.#stream = null;
    this.#parts.watcher.ended(this, why);
  }
}

export const BOOT_US = SECOND / 5;
