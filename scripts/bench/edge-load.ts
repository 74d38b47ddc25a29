// One robot for the benches: the edge's real core, driving from place to place in the generated warehouse under a
// virtual clock, with the simulated base's sensors and a hub that renews and grants without end, or grants nothing.
// Plans are answered by Dijkstra.

import { type ControllerModels, NO_CONTROLLERS } from "../../edge/core/controller/slots.js";
import { Edge } from "../../edge/core/edge.js";
import { type WatchedModel, watchedOf } from "../../edge/core/health/health.js";
import { EMPTY_MEMORY } from "../../edge/core/memory.js";
import type { EdgeContext, EdgeEffect, EdgeInput } from "../../edge/core/types.js";
import { deriveSite } from "../../fleet-config/derive.js";
import type { Grid } from "../../fleet-config/grid.js";
import { generateWarehouse } from "../../fleet-config/warehouse.js";
import type { PlanRequest } from "../../models/planner.js";
import type { OnboardChannel } from "../../proto/topics.js";
import { type EdgeMessage, type HubMessage, type OnboardSample, readOnboard } from "../../proto/wire.js";
import { PERIOD_MS } from "../world/base.js";
import { LIDAR } from "../world/lidar.js";
import { Random } from "../world/random.js";
import { Sensors } from "../world/sensors.js";
import { World } from "../world/world.js";
import { solve } from "./dijkstra.js";

const ROBOT = "r1";
const START_MS = 1_000_000;

/** Called around every step of the core; must call `step` once. It gives the effects of the step. */
export type Around = (input: EdgeInput, step: () => readonly EdgeEffect[]) => void;

export interface EdgeLoadOptions {
  /** Of one scan; those of the demonstration when absent. */
  readonly rays?: number;
  /** The hub renews its lease, but gives it nowhere to go. */
  readonly stands?: boolean;
  /** Whoever holds the load answers their runs, by `feed`. */
  readonly controllers?: ControllerModels;
}

export class EdgeLoad {
  readonly edge: Edge;
  readonly context: EdgeContext;
  readonly grid: Grid;
  readonly controlMs: number;
  /** Every plan that was asked for, newest last, at most the last 200. Their grids are copies. */
  readonly plans: PlanRequest[] = [];
  arrivals = 0;
  granted = 0;
  around: Around = (_, step) => void step();
  readonly #world: World;
  readonly #sensors: Sensors;
  readonly #destinations: readonly string[];
  readonly #stands: boolean;
  #nowMs = START_MS;
  #nonce = 1;
  #running: PlanRequest | null = null;

  constructor(options: EdgeLoadOptions = {}) {
    this.#stands = options.stands ?? false;
    const { config, grid } = generateWarehouse({ seed: 1, robots: 6 });
    const fleet = config.fleets[0];
    const home = config.destinations.find(({ id }) => id === config.robots[0]?.home);
    if (fleet === undefined || home === undefined) throw new Error("the warehouse has no robot");
    const { radiusM, maxSpeedMps, maxTurnRadps, accelMps2, brakeMps2 } = config.physics;
    const limits = { maxSpeedMps, maxTurnRadps, accelMps2, brakeMps2, deadmanMs: config.lease.deadmanMs };
    const robots = [{ id: ROBOT, radiusM, limits, start: home }];
    const random = new Random(1);
    const lidar = { ...LIDAR, rays: options.rays ?? LIDAR.rays };
    this.#world = new World({ grid, robots, random, nowMs: START_MS, lidar });
    this.#sensors = new Sensors({ world: this.#world, robot: ROBOT, baseBoot: "base-1", random });
    this.#destinations = config.destinations
      .filter(({ kind }) => kind === "pick" || kind === "pack")
      .map(({ id }) => id);
    this.controlMs = config.limits.controlMs;
    this.grid = grid;
    this.context = {
      ...{ robot: ROBOT, fleet, config, configHash: "hash", software: "bench", boot: "boot-1", model: "dijkstra" },
      controllers: options.controllers ?? NO_CONTROLLERS,
      watched: watchedIn(options.controllers ?? NO_CONTROLLERS),
      brakeAheadMs: deriveSite(config).brakeAheadMs,
    };
    this.edge = new Edge({
      context: this.context,
      memory: EMPTY_MEMORY,
      grid,
      clocks: { monotonicMs: START_MS, bootMs: START_MS, wallMs: START_MS },
    });
    this.feed({ kind: "plannerReady" });
    this.feed({ kind: "linkOpened" });
    this.#hub({ kind: "welcome", session: "s1", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" });
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** One control period: the samples that are due, the tick, and what follows from them. */
  period(): void {
    this.#nowMs += this.controlMs;
    this.#world.step(this.#nowMs);
    const sinceMs = this.#nowMs - START_MS;
    for (const channel of ["pose", "odometry", "scan", "base", "battery"] as const) {
      if (sinceMs % PERIOD_MS[channel] < this.controlMs) this.#sample(channel);
    }
    if (this.#running !== null) {
      const request = this.#running;
      this.#running = null;
      this.feed({ kind: "planned", result: solve(request) });
    }
    const nowMs = this.#nowMs;
    this.feed({ kind: "tick", clocks: { monotonicMs: nowMs, bootMs: nowMs, wallMs: nowMs } });
    if (!this.#stands && this.edge.state.memory.holdings.every(({ arrived }) => arrived)) this.#grant();
  }

  #sample(channel: OnboardChannel): void {
    const sample = readOnboard[channel](this.#sensors.sample(channel), channel);
    this.feed({ kind: "sample", sample: { channel, ...sample } as OnboardSample });
  }

  #grant(): void {
    this.granted += 1;
    const destination = this.#destinations[(this.granted * 17) % this.#destinations.length] ?? "";
    const assignment = {
      assignment: `a${this.granted}`,
      task: `t${this.granted}`,
      destination,
      purpose: "TASK",
    } as const;
    this.#hub({ kind: "grant", token: { epoch: 1, counter: this.granted }, ...assignment, dwellMs: 0 });
  }

  #hub(message: HubMessage): void {
    this.feed({ kind: "hub", message });
  }

  /** One step of the core at the present virtual time, and its effects. */
  feed(input: EdgeInput): void {
    let effects: readonly EdgeEffect[] = [];
    this.around(input, () => {
      effects = this.edge.step(input, this.#nowMs);
      return effects;
    });
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: EdgeEffect): void {
    if (effect.kind === "save") this.feed({ kind: "saved", version: effect.version });
    else if (effect.kind === "send") this.#answer(effect.message);
    else if (effect.kind === "command") {
      this.#world.command(ROBOT, effect.command, this.#nowMs);
    } else if (effect.kind === "plan") {
      this.#running = effect.request;
      const { cost, seed } = effect.request;
      this.plans.push({ ...effect.request, cost: cost.slice(), seed: seed.slice() });
      if (this.plans.length > 200) this.plans.shift();
    }
  }

  #answer(message: EdgeMessage): void {
    if (message.kind === "outcome") {
      this.arrivals += message.result === "ARRIVED" ? 1 : 0;
      this.#hub({ kind: "outcomeStored", id: message.id });
    } else if (message.kind === "renew") {
      this.#nonce += 1;
      this.#hub({ kind: "renewed", nonce: message.nonce, leaseMs: 3000, hubNonce: this.#nonce });
    }
  }
}

function watchedIn({ live }: ControllerModels): readonly WatchedModel[] {
  const planner = { name: "dijkstra", leastConfidence: 0, reference: null };
  return live === null ? [planner] : [planner, watchedOf(live, undefined)];
}
