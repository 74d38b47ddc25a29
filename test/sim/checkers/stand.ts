// A stand for the checkers: a small true world in which nothing happens but what a test does, with the production
// cores of a hub and its edges whose state a test may forge. Each case of a checker is told twice: as it must never be,
// and as the nearest thing that is still sound.

import { NO_CONTROLLERS } from "../../../edge/core/controller/slots.js";
import { Edge } from "../../../edge/core/edge.js";
import { EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { Hub } from "../../../hub/core/hub.js";
import { emptyLedgerState } from "../../../hub/core/ledger-state.js";
import type { RobotWatch } from "../../../hub/core/watch.js";
import { type Token, tokenKey } from "../../../proto/claim.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import type { Command, OnboardSample, Telemetry } from "../../../proto/wire.js";
import { Random } from "../../../scripts/world/random.js";
import { Body } from "../body.js";
import { EdgeDisk, HubDisk } from "../disk.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { Kernel, MS } from "../kernel.js";
import { Machine } from "../machine.js";
import { drawSite, type SimSite } from "../site.js";
import { type Measured, Truth } from "../truth.js";

/** "wrong": what a checker must call by its name; "sound": what it must let pass. */
export type How = "wrong" | "sound";
/** By the name of the checker, with a word behind a colon where there is more than one case of it. */
export type Cases = Readonly<Record<string, (how: How) => void>>;

const ROBOTS = 3;
const QUIET = { slow: 0, fails: false };
const NO_TROUBLE = { frozen: false, future: false, jumpM: 0, aheadM: Number.POSITIVE_INFINITY };

/** The first site that has two places that are in conflict and further apart than any footprint. */
function siteWithConflict(): { readonly sim: SimSite; readonly pair: readonly [string, string] } {
  for (let seed = 0; seed < 100; seed += 1) {
    const sim = drawSite(new Random(seed), ROBOTS);
    const first = sim.site.config.destinations.find(({ conflictsWith = [] }) => conflictsWith.length > 0);
    const second = first?.conflictsWith?.[0];
    if (first !== undefined && second !== undefined) return { sim, pair: [first.id, second] };
  }
  throw new Error("no site of a hundred has places in conflict");
}

export class Stand {
  readonly kernel = new Kernel(new Random(1));
  readonly sim: SimSite;
  /** Two places in conflict on which nobody is. */
  readonly pair: readonly [string, string];
  readonly bodies = new Map<string, Body>();
  readonly truth: Truth;
  readonly #machines = new Map<string, Machine>();
  #sequence = 0;

  constructor() {
    const { sim, pair } = siteWithConflict();
    this.sim = sim;
    this.pair = pair;
    const { config } = sim.site;
    for (const { id, home } of config.robots) {
      const { xM, yM } = this.place(home);
      const { deadmanMs } = config.lease;
      const parts = { robot: id, at: { xM, yM }, grid: sim.grid, physics: config.physics, deadmanMs };
      const body = new Body({ ...parts, random: new Random(id) });
      body.board = this.machine(id);
      this.bodies.set(id, body);
    }
    this.truth = new Truth({ kernel: this.kernel, sim, bodies: this.bodies });
  }

  get lease() {
    return this.sim.site.config.lease;
  }

  get nowMs(): number {
    return this.machine("hub").monotonicMs(this.kernel.nowUs);
  }

  wait(ms: number): void {
    this.kernel.run(this.kernel.nowUs + ms * MS);
  }

  machine(id: string): Machine {
    const known = this.#machines.get(id) ?? new Machine(id, { bootedUs: 60_000 * MS, nowUs: 0 });
    this.#machines.set(id, known);
    return known;
  }

  place(id: string) {
    const place = this.sim.site.destinations.get(id);
    if (place === undefined) throw new Error(`no place ${id}`);
    return place;
  }

  /** Puts a robot there, by no motion of its own. */
  put(robot: string, place: string): void {
    const { xM, yM } = this.place(place);
    Object.assign(this.truth.body(robot), { xM, yM });
  }

  /** An edge that runs, on the hub's stream `stream`. */
  edge(robot: string, stream = 1): EdgeProcess {
    const { kernel, truth } = this;
    const { site, grid, brakeAheadMs } = this.sim;
    const fleet = site.fleets.get(site.robots.get(robot)?.fleet ?? "");
    if (fleet === undefined) throw new Error(`no fleet of ${robot}`);
    const board = this.machine(robot);
    const boot = `${robot}-${stream}`;
    const context = {
      ...{ robot, fleet, config: site.config, configHash: site.hash, software: "stand", boot },
      ...{ brakeAheadMs, model: "none", controllers: NO_CONTROLLERS },
      watched: [{ name: "none", leastConfidence: 0, reference: null }],
    };
    const core = new Edge({ context, memory: EMPTY_MEMORY, grid, clocks: board.read(kernel.nowUs) });
    const disk = new EdgeDisk(robot, { kernel, chance: new Random(robot), trouble: () => QUIET });
    const parts = {
      robot,
      boot,
      edge: core,
      board,
      disk,
      stream: { id: stream, to: "hub" },
      ended: false,
      running: true,
    };
    const edge = parts as unknown as EdgeProcess;
    truth.edges.add(edge);
    return edge;
  }

  /** A hub of epoch 1 that has decided to start, and stored it. */
  hub(): HubProcess {
    const { kernel } = this;
    const { site } = this.sim;
    const core = new Hub({ site, ledger: emptyLedgerState(), incarnation: "stand", dispatcher: () => [] });
    const disk = new HubDisk({ kernel, chance: new Random("hub"), trouble: () => QUIET });
    for (const effect of core.start({ nowMs: this.nowMs, wallMs: 0 }))
      if (effect.kind === "append") disk.events.push(...effect.events);
    this.#sequence = disk.events.length;
    const parts = { name: "hub", hub: core, disk, machine: this.machine("hub"), pending: { length: 0 }, listens: true };
    return parts as unknown as HubProcess;
  }

  watch(hub: HubProcess, robot: string): RobotWatch {
    const watch = hub.hub.state.watches.get(robot);
    if (watch === undefined) throw new Error(`the hub does not watch ${robot}`);
    return watch;
  }

  /** Events as the hub would decide them now. They are applied nowhere. */
  events(...bodies: readonly LedgerBody[]): readonly LedgerEvent[] {
    return bodies.map((body) => {
      this.#sequence += 1;
      return { sequence: this.#sequence, schema: 1, epoch: 1, hubMs: this.nowMs, wallMs: 0, body };
    });
  }

  /** The edge holds the claim, and may act on it as far as its own memory goes. */
  hold(edge: EdgeProcess, token: Token, destination: string): void {
    const holding = {
      ...{ token, assignment: `a${tokenKey(token)}`, task: "t1", destination, purpose: "TASK" as const },
      ...{ arrived: false, dwellMs: 0 },
    };
    const { state } = edge.edge;
    state.memory = { ...state.memory, holdings: [...state.memory.holdings, holding] };
    state.active.add(tokenKey(token));
  }

  /** The board takes a sample of the channel now. `measured`: when what it says was so, where that was earlier. */
  sense(edge: EdgeProcess, channel: OnboardSample["channel"], measured?: Measured): OnboardSample {
    const { nowUs } = this.kernel;
    const sample = this.truth.body(edge.robot).sample(channel, nowUs, NO_TROUBLE);
    this.truth.captured(sample, measured ?? { atUs: nowUs, movedM: 0, movingUs: 0 });
    const capturedMs = edge.board.monotonicMs(nowUs);
    const order = { source: sample.capture.baseBoot, sequence: sample.capture.sequence };
    const repeats = { fingerprint: 0, inRow: 1 };
    edge.edge.state.channels.set(channel, { sample, capturedMs, sinceMs: capturedMs, order, repeats });
    return sample;
  }

  /** The hub has heard a pose that was captured now. */
  hear(hub: HubProcess, robot: string): Telemetry {
    this.#sequence += 1;
    const boot = `${robot}-1`;
    const { xM, yM, headingRad } = this.truth.body(robot);
    const value = { kind: "pose", pose: { xM, yM, headingRad }, errorM: 0, speedMps: 0 } as const;
    const tag = { robot, boot, channel: "pose", sequence: this.#sequence, capturedMs: this.nowMs };
    const sample: Telemetry = { ...tag, hubNonce: 1, elapsedMs: 0, value };
    this.truth.published(sample, this.kernel.nowUs);
    this.watch(hub, robot).channels.set("pose", { ...sample, nonceSentMs: this.nowMs });
    return sample;
  }
}

export function token(counter: number, epoch = 1): Token {
  return { epoch, counter };
}

/** A command to drive, by this claim. */
export function driveBy(stand: Stand, by: Token, validForMs = 100): Command {
  const nowMs = stand.nowMs;
  return {
    ...{ sequence: 1, speedMps: 0.5, turnRadps: 0, validForMs, sentMonotonicMs: nowMs, rung: "AUTONOMOUS", token: by },
    ...{ leaseEndMonotonicMs: nowMs + 1000, decisionId: "d1" },
  };
}

export function claimed(robot: string, destination: string, by: Token): LedgerBody {
  return {
    ...{ kind: "claimed", token: by, assignment: `a${tokenKey(by)}`, robot, destination, purpose: "TASK" },
    ...{ task: "t1", stopIndex: 0, leaseMs: 3000 },
  };
}

export function freed(by: Token, exit: "LEFT" | "SEEN_ELSEWHERE" | "STATED_FREE" = "LEFT"): LedgerBody {
  return { kind: "claimFreed", token: by, exit, operator: "", reason: "", seen: "" };
}
