// Robots for the benches: the hub's real core and real dispatch on the generated warehouse under a virtual clock, and
// robots that keep the protocol, drive straight ways at a steady speed, renew, report and arrive, while tasks keep
// coming, or none come.

import { conflictsOf } from "../../fleet-config/conflicts.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import { shiftTasks } from "../../fleet-config/warehouse.js";
import { dispatchRound } from "../../hub/core/dispatch/dispatch.js";
import { Hub, type HubInput, replay } from "../../hub/core/hub.js";
import { makeSite } from "../../hub/core/site.js";
import type { HubEffect } from "../../hub/core/turn.js";
import type { EdgeMessage, HubMessage, TelemetryValue } from "../../proto/wire.js";
import { type Driven, driveTo, poseOf } from "./driven.js";
import { warehouseOf } from "./warehouse-load.js";

const START_MS = 1_000_000;
const TICK_MS = 50;

/** Called around every step of the core; must call `step` once. */
export type Around = (input: HubInput, step: () => void) => void;

export interface HubLoadOptions {
  /** Nobody submits a task. */
  readonly idle?: boolean;
  /** So many of the warehouse's destinations, the robots' homes first; all when absent. */
  readonly destinations?: number;
}

export class HubLoad {
  readonly hub: Hub;
  readonly robots: readonly Driven[];
  around: Around = (_, step) => step();
  readonly #config: SiteConfig;
  readonly #tasks: Iterator<string[][], unknown>;
  readonly #tasksMost: number;
  #nowMs = START_MS;

  constructor(robots: number, options: HubLoadOptions = {}) {
    const { config: whole, grid, travel } = warehouseOf(robots);
    const config = { ...whole, destinations: someOf(whole, options.destinations ?? Number.POSITIVE_INFINITY) };
    this.#tasksMost = options.idle === true ? 0 : 3 * robots;
    const conflicts = conflictsOf(config);
    this.#config = config;
    this.#tasks = shiftTasks({ config, seed: 1 });
    this.hub = new Hub({
      incarnation: "h1",
      site: makeSite({ config, grid, conflicts, hash: "hash", software: "bench" }),
      ledger: replay([]),
      dispatcher: (view, nowMs) => dispatchRound(view, travel, nowMs),
    });
    this.#perform(this.hub.start(this.#now));
    this.robots = config.robots.map(({ id, home }, index) => {
      const { xM, yM } = this.#place(home);
      const unknown = { nonce: 0, hubNonce: 0, hubNonceMs: 0, modeSequence: 0, grant: null };
      return { id, stream: index + 1, sequences: new Map(), xM, yM, ...unknown };
    });
    for (const robot of this.robots) {
      const hello = {
        kind: "hello",
        robot: robot.id,
        boot: "boot-1",
        protocol: 1,
        holdings: [],
        followsEpoch: 0,
        followsIncarnation: "",
      } as const;
      this.#say(robot, { ...hello, highestToken: { epoch: 0, counter: 0 }, configHash: "hash", software: "bench" });
      this.#say(robot, { kind: "modeReport", sequence: 1, rung: "AUTONOMOUS", causes: [] });
    }
  }

  /** One tick of the hub with all that its robots send meanwhile. */
  period(): void {
    this.#nowMs += TICK_MS;
    const { lease, limits } = this.#config;
    for (const robot of this.robots) {
      this.#drive(robot);
      const dueMs = this.#nowMs - START_MS + robot.stream * TICK_MS; // not all in the same period
      if (dueMs % lease.renewMs < TICK_MS) this.#renew(robot);
      if (dueMs % limits.telemetryMs < TICK_MS) this.#report(robot, poseOf(robot));
      if (dueMs % 1000 < TICK_MS) this.#report(robot, { kind: "battery", chargeRatio: 0.8, charging: false });
    }
    this.#feed({ kind: "tick" });
    while (this.hub.state.ledger.open.size < this.#tasksMost) this.#submit();
  }

  get #now() {
    return { nowMs: this.#nowMs, wallMs: this.#nowMs };
  }

  #place(id: string): { readonly xM: number; readonly yM: number } {
    const found = this.#config.destinations.find((place) => place.id === id);
    if (found === undefined) throw new Error(`the warehouse has no place ${id}`);
    return found;
  }

  #drive(robot: Driven): void {
    const { grant } = robot;
    if (grant === null) return;
    if (!driveTo(robot, this.#place(grant.destination), TICK_MS)) return;
    robot.grant = null;
    const { token, assignment } = grant;
    const told = { id: `o-${robot.id}-${token.counter}`, token, assignment, reason: "", decisionId: "" };
    this.#say(robot, { kind: "outcome", ...told, result: "ARRIVED" });
  }

  #renew(robot: Driven): void {
    robot.nonce += 1;
    const acting = robot.grant === null ? [] : [robot.grant.token];
    this.#say(robot, { kind: "renew", nonce: robot.nonce, modeSequence: robot.modeSequence, acting });
  }

  #report(robot: Driven, value: TelemetryValue): void {
    const sequence = (robot.sequences.get(value.kind) ?? 0) + 1;
    robot.sequences.set(value.kind, sequence);
    const tag = { robot: robot.id, boot: "boot-1", channel: value.kind, sequence, capturedMs: this.#nowMs };
    const sample = { ...tag, hubNonce: robot.hubNonce, elapsedMs: this.#nowMs - robot.hubNonceMs, value };
    this.#feed({ kind: "telemetry", sample });
  }

  #submit(): void {
    const stops = (this.#tasks.next().value as string[][]).map((destinations) => ({ destinations }));
    const act = { operator: "shift", reason: "bench" };
    this.#feed({ kind: "ask", ask: 1, what: { kind: "submitTask", act, task: "", stops, fleet: "", dwellMs: 0 } });
  }

  #say(robot: Driven, message: EdgeMessage): void {
    this.#feed({ kind: "link", stream: robot.stream, message });
  }

  #feed(input: HubInput): void {
    let effects: readonly HubEffect[] = [];
    this.around(input, () => {
      effects = this.hub.step(input, this.#now);
    });
    this.#perform(effects);
  }

  #perform(effects: readonly HubEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "end") throw new Error(`the hub ended a stream: ${effect.code} ${effect.message}`);
      if (effect.kind === "send" || effect.kind === "renewed")
        this.#hear(this.robots[effect.stream - 1], effect.message);
    }
  }

  #hear(robot: Driven | undefined, message: HubMessage): void {
    if (robot === undefined) return;
    if (message.kind === "welcome" || message.kind === "renewed") {
      robot.hubNonce = message.hubNonce;
      robot.hubNonceMs = this.#nowMs;
    } else if (message.kind === "modeOrder") robot.modeSequence = message.sequence;
    else if (message.kind === "grant" && robot.grant?.token.counter !== message.token.counter) {
      robot.grant = message;
      this.#say(robot, { kind: "grantAnswer", token: message.token, accepted: true, refusal: "" });
    }
  }
}

/** Homes, then packing stations and pick faces in equal parts, in the order of the site file. */
function someOf(config: SiteConfig, most: number): SiteConfig["destinations"] {
  if (config.destinations.length <= most) return config.destinations;
  const homes = new Set(config.robots.map(({ home }) => home));
  const each = Math.floor((most - homes.size) / 2);
  const picked = (kind: string) => config.destinations.filter((place) => place.kind === kind).slice(0, each);
  const kept = new Set([...picked("pick"), ...picked("pack")]);
  return config.destinations.filter((place) => homes.has(place.id) || kept.has(place));
}
