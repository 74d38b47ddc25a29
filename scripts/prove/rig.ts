// One robot of the proving ground: the edge's production core as it ships, behind sensors and a command line that take
// their time, and a hub that grants one destination, renews the lease, and orders REACTIVE_ONLY when the scene says so.
// Plans are answered by Dijkstra while models may plan, and a controller model by whoever is named for it.

import { modelName, NO_CONTROLLERS } from "../../edge/core/controller/slots.js";
import { Edge } from "../../edge/core/edge.js";
import { watchedOf } from "../../edge/core/health/health.js";
import { EMPTY_MEMORY } from "../../edge/core/memory.js";
import type { EdgeEffect, EdgeInput } from "../../edge/core/types.js";
import { deriveSite } from "../../fleet-config/derive.js";
import type { Grid } from "../../fleet-config/grid.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import type { ModelManifest } from "../../models/manifest.js";
import type { PlanRequest } from "../../models/planner.js";
import type { ModelResult, ModelRun } from "../../models/run.js";
import type { OnboardChannel } from "../../proto/topics.js";
import { type Command, type EdgeMessage, type HubMessage, type OnboardSample, readOnboard } from "../../proto/wire.js";
import { solve } from "../bench/dijkstra.js";
import { PERIOD_MS } from "../world/base.js";
import type { Random } from "../world/random.js";
import { Sensors } from "../world/sensors.js";
import type { Arena } from "./arena.js";
import type { SceneRobot } from "./scene.js";
import { destinationOf } from "./site.js";

const PLAN_MS = 60;
const RUN_MS = 10;
/** How fast a biased pose goes round the truth. */
const BIAS_RADPS = 0.4;
const CHANNELS = ["pose", "odometry", "scan", "base", "battery"] as const;

export interface RigOptions {
  readonly arena: Arena;
  readonly robot: SceneRobot;
  readonly config: SiteConfig;
  readonly map: Grid;
  readonly random: Random;
  readonly controller?: Controller;
}

/** A model that drives, and how it is run. */
export interface Controller {
  readonly manifest: ModelManifest;
  readonly run: (run: ModelRun) => ModelResult;
}

interface Due {
  readonly atMs: number;
  readonly act: () => void;
}

export class Rig {
  readonly robot: SceneRobot;
  readonly edge: Edge;
  arrived = false;
  /** While the robot wants to move and may not: why. */
  why = "";
  /** The path that it showed last. */
  pathM: readonly number[] = [];
  readonly #options: RigOptions;
  readonly #sensors: Sensors;
  readonly #chance: Random;
  readonly #due: Due[] = [];
  readonly #controlMs: number;
  #nowMs: number;
  #hubNonce = 1;
  #isOrdered = false;

  constructor(options: RigOptions) {
    this.#options = options;
    const { arena, robot, config, map, random, controller } = options;
    this.robot = robot;
    this.#nowMs = arena.nowMs;
    this.#chance = random.stream(`rig/${robot.id}`);
    this.#sensors = new Sensors({ world: arena, robot: robot.id, baseBoot: "base", random });
    this.#controlMs = config.limits.controlMs;
    const fleet = config.fleets[0];
    if (fleet === undefined) throw new Error("the site of a scene has no fleet");
    const clocks = { monotonicMs: this.#nowMs, bootMs: this.#nowMs, wallMs: this.#nowMs };
    const { brakeAheadMs } = deriveSite(config);
    const names = { robot: robot.id, configHash: "hash", software: "prove", boot: "boot-1", model: "dijkstra" };
    const controllers = { ...NO_CONTROLLERS, live: controller?.manifest ?? null };
    const planner = { name: names.model, leastConfidence: 0, reference: null };
    const watched = controllers.live === null ? [planner] : [planner, watchedOf(controllers.live, undefined)];
    this.edge = new Edge({
      context: { ...names, fleet, config, brakeAheadMs, controllers, watched },
      memory: EMPTY_MEMORY,
      grid: map,
      clocks,
    });
    this.#feed({ kind: "plannerReady" });
    if (controller !== undefined) this.#feed({ kind: "modelReady", model: modelName(controller.manifest) });
    this.#feed({ kind: "linkOpened" });
    this.#hub({ kind: "welcome", session: "s1", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" });
    const assignment = { assignment: "a1", task: "t1", destination: destinationOf(robot.id), purpose: "TASK" } as const;
    this.#hub({ kind: "grant", token: { epoch: 1, counter: 1 }, ...assignment, dwellMs: 0 });
  }

  /**
   * Everything of this robot that is due at `nowMs`, after the world has come there; nothing new once it has arrived.
   * `sinceMs`: since the begin.
   */
  step(nowMs: number, sinceMs: number): void {
    this.#nowMs = nowMs;
    const isOver = this.arrived || sinceMs >= this.robot.edgeDiesAtMs;
    for (let index = 0; index < this.#due.length; ) {
      const due = this.#due[index] as Due;
      if (due.atMs > nowMs) index += 1;
      else this.#due.splice(index, 1)[0]?.act();
    }
    if (isOver) return;
    const phaseMs = sinceMs + this.robot.phaseMs;
    for (const channel of CHANNELS) if (phaseMs % PERIOD_MS[channel] === 0) this.#capture(channel);
    if (sinceMs >= this.robot.reactiveAtMs && !this.#isOrdered) {
      this.#isOrdered = true;
      this.#hub({ kind: "modeOrder", sequence: 1, rung: "REACTIVE_ONLY", causes: [] });
    }
    if ((sinceMs + 2 * this.robot.phaseMs) % this.#controlMs === 0) this.#tick();
  }

  #tick(): void {
    const nowMs = this.#nowMs;
    this.#feed({ kind: "tick", clocks: { monotonicMs: nowMs, bootMs: nowMs, wallMs: nowMs } });
    const { path, blockedBy } = this.edge.state;
    this.why = blockedBy;
    if (path.length >= 4) this.pathM = path;
  }

  #capture(channel: OnboardChannel): void {
    if (channel === "scan" && this.#chance.next() < this.robot.scanLoss) return;
    const measured = this.#sensors.sample(channel);
    const sample = readOnboard[channel](channel === "pose" ? this.#biased(measured) : measured, channel);
    const { delayMs } = this.robot;
    const lateMs = channel === "scan" ? delayMs.scan : delayMs.pose;
    this.#later(lateMs, () => this.#feed({ kind: "sample", sample: { channel, ...sample } as OnboardSample }));
  }

  /** A pose off by the scene's bias, which its error bound holds. */
  #biased(measured: object): object {
    const { poseBiasM } = this.robot;
    const { xM, yM, errorM } = measured as { readonly xM: number; readonly yM: number; readonly errorM: number };
    const angleRad = (BIAS_RADPS * this.#nowMs) / 1000;
    const [dx, dy] = [poseBiasM * Math.cos(angleRad), poseBiasM * Math.sin(angleRad)];
    return { ...measured, xM: xM + dx, yM: yM + dy, errorM: errorM + poseBiasM };
  }

  #later(inMs: number, act: () => void): void {
    this.#due.push({ atMs: this.#nowMs + inMs, act });
  }

  #hub(message: HubMessage): void {
    this.#feed({ kind: "hub", message });
  }

  #feed(input: EdgeInput): void {
    for (const effect of this.edge.step(input, this.#nowMs)) this.#perform(effect);
  }

  #perform(effect: EdgeEffect): void {
    if (effect.kind === "save") this.#feed({ kind: "saved", version: effect.version });
    else if (effect.kind === "send") this.#answer(effect.message);
    else if (effect.kind === "command") this.#command(effect.command);
    else if (effect.kind === "plan") {
      const result = solve(this.robot.blind ? unseeing(effect.request) : effect.request);
      this.#later(PLAN_MS, () => this.#feed({ kind: "planned", result }));
    } else if (effect.kind === "run" && this.#options.controller !== undefined) {
      const { model } = effect;
      const result = this.#options.controller.run(effect.run);
      this.#later(RUN_MS, () => this.#feed({ kind: "ran", model, result }));
    }
  }

  #command(command: Command): void {
    const { arena, robot } = this.#options;
    this.#later(robot.delayMs.command, () => arena.command(robot.id, command, this.#nowMs));
  }

  #answer(message: EdgeMessage): void {
    if (message.kind === "outcome") {
      if (message.result === "ARRIVED") this.arrived = true;
      this.#hub({ kind: "outcomeStored", id: message.id });
    } else if (message.kind === "renew") {
      this.#hubNonce += 1;
      this.#hub({ kind: "renewed", nonce: message.nonce, leaseMs: 3000, hubNonce: this.#hubNonce });
    }
  }
}

/** The same question about a floor on which nothing stands. */
function unseeing(request: PlanRequest): PlanRequest {
  const free = request.cost.reduce((least, cost) => (cost > 0 && cost < least ? cost : least), 1);
  return { ...request, cost: request.cost.map(() => free) };
}
