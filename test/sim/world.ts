// One run: the production cores of a hub and its edges in a world drawn from one seed. First the faults of the plan,
// judged for safety; then everything is put right, and judged for liveness. One random stream per subsystem, so that a
// further draw in one changes nothing in another.

import { Random } from "../../scripts/world/random.js";
import { type BatterySpec, CONSTANT } from "./battery.js";
import { Body } from "./body.js";
import { Checkers } from "./checkers/checkers.js";
import { whatIsMissing } from "./checkers/liveness.js";
import { type Fault, type FaultName, planFaults } from "./faults.js";
import { begin, finish, type Stage } from "./happen.js";
import { Hosts } from "./hosts.js";
import { Kernel, SECOND } from "./kernel.js";
import { Machine } from "./machine.js";
import { Network, type Weather } from "./network.js";
import { People } from "./people.js";
import { Sensing } from "./sensing.js";
import { drawSite, type SimSite } from "./site.js";
import { type Row, Trace, Violation } from "./trace.js";
import { Truth } from "./truth.js";

export interface RunOptions {
  readonly seed: number;
  readonly robots?: number;
  readonly chaosS?: number;
  readonly kinds?: readonly FaultName[];
  readonly with?: readonly FaultName[];
  /** Entries of the plan that do not happen. */
  readonly without?: ReadonlySet<number>;
  readonly take?: (row: Row) => void;
}

export interface Failure {
  readonly class: "crash" | "safety" | "liveness";
  readonly checker: string;
  readonly says: string;
  readonly atUs: number;
}

export interface Outcome {
  readonly seed: number;
  readonly failure: Failure | null;
  readonly hash: string;
  readonly robots: number;
  readonly robotS: number; // simulated robot-seconds
  readonly faults: readonly Fault[];
  readonly happened: number;
  readonly counts: { readonly accepted: number; readonly done: number; readonly grants: number };
}

/** After healing everything must be well within this, and so much longer for each second in which work piled up. */
const HEAL_S = 300;
const HEAL_MORE = 6;
const ROBOTS = [1, 2, 3, 4, 6] as const;

/** How long things go wrong: mostly up to a minute, now and then up to two, for what is patient. */
function chaosS(chance: Random): number {
  return chance.below(8) === 0 ? 60 + chance.below(60) : 15 + chance.below(45);
}

class ActiveFaults implements Weather {
  readonly #strengths = new Map<FaultName, Map<string, number>>(); // of what is on, by subject

  on(name: FaultName, subject: string): number {
    return this.#strengths.size === 0 ? 0 : (this.#strengths.get(name)?.get(subject) ?? 0);
  }

  begin(fault: Fault): void {
    const subjects = this.#strengths.get(fault.name) ?? new Map<string, number>();
    this.#strengths.set(fault.name, subjects.set(fault.subject, Math.max(0.01, fault.strength)));
  }

  end(fault: Fault): void {
    const subjects = this.#strengths.get(fault.name);
    subjects?.delete(fault.subject);
    if (subjects?.size === 0) this.#strengths.delete(fault.name);
  }
}

export class World {
  readonly #seed: number;
  readonly #kernel: Kernel;
  readonly #trace: Trace;
  readonly #sim: SimSite;
  readonly #truth: Truth;
  readonly #checkers: Checkers;
  readonly #people: People;
  readonly #hosts: Hosts;
  readonly #weather = new ActiveFaults();
  readonly #plan: readonly Fault[];
  readonly #without: ReadonlySet<number>;
  readonly #stage: Stage;
  readonly #chaosUs: number;

  constructor(options: RunOptions) {
    const root = new Random(options.seed);
    const stream = (name: string) => root.stream(name);
    const shape = stream("shape");
    const robots = options.robots ?? ROBOTS[shape.below(ROBOTS.length)] ?? 3;
    this.#seed = options.seed;
    this.#kernel = new Kernel(stream("ties"));
    this.#trace = new Trace(options.take ?? null);
    this.#chaosUs = (options.chaosS ?? chaosS(shape)) * SECOND;
    this.#sim = drawSite(stream("site"), robots);
    const bodies = drawBodies(this.#sim, stream);
    const machines = drawMachines(this.#sim, stream("clocks"));
    for (const [id, body] of bodies) body.board = machines.get(id) as Machine;
    const [kernel, trace, weather] = [this.#kernel, this.#trace, this.#weather];
    this.#truth = new Truth({ kernel, sim: this.#sim, bodies });
    this.#truth.isDeaf = (robot) => weather.on("base-silent", robot) > 0;
    this.#checkers = new Checkers(this.#truth, trace);
    const [truth, checkers] = [this.#truth, this.#checkers];
    const net = new Network({ kernel, weather, chance: stream("network"), trace });
    this.#hosts = new Hosts({ kernel, truth, trace, checkers, net, weather, machines, bodies, stream });
    const hosts = this.#hosts;
    new Sensing({ kernel, truth, hosts, weather, chance: stream("sensing") });
    this.#people = new People({
      ...{ truth, chance: stream("people"), weather, trace, tasks: checkers.tasks, modes: checkers.modes },
      hub: () => hosts.hub,
    });
    this.#stage = { hosts, truth, checkers, bodies, chance: stream("happen"), asleepUntilUs: new Map() };
    this.#without = options.without ?? new Set();
    this.#plan = this.#draw(stream("faults"), options);
  }

  #draw(chance: Random, options: RunOptions): readonly Fault[] {
    const robots = [...this.#sim.site.robots.keys()];
    const { kinds, with: always = [] } = options;
    return planFaults(chance, {
      robots,
      chaosUs: this.#chaosUs,
      with: always,
      ...(kinds === undefined ? {} : { kinds }),
    });
  }

  run(): Outcome {
    let failure: Failure | null = null;
    try {
      this.#hosts.startHub();
      for (const robot of this.#truth.bodies.keys()) this.#hosts.startEdge(robot);
      for (const fault of this.#plan) this.#schedule(fault);
      this.#kernel.run(this.#chaosUs + SECOND);
      this.#heal();
    } catch (cause) {
      failure = failureOf(cause, this.#kernel.nowUs);
      this.#trace.row(this.#kernel.nowUs, "checker", failure.class, `${failure.checker}: ${failure.says}`);
    }
    const robots = this.#truth.bodies.size;
    const { accepted, done, grants } = this.#checkers;
    return {
      ...{ seed: this.#seed, failure, hash: this.#trace.hash, robots, faults: this.#happening },
      ...{ robotS: (robots * this.#kernel.nowUs) / SECOND, happened: this.#kernel.done },
      counts: { accepted, done, grants },
    };
  }

  get #happening(): readonly Fault[] {
    return this.#plan.filter(({ index }) => !this.#without.has(index));
  }

  /** One that is left out keeps its places in the order of things, so that nothing else changes by it. */
  #schedule(fault: Fault): void {
    if (this.#without.has(fault.index)) {
      for (const atUs of [fault.fromUs, fault.untilUs]) this.#kernel.after(atUs, () => {});
      return;
    }
    const whom = fault.subject === "" ? "site" : fault.subject;
    this.#kernel.after(fault.fromUs, () => {
      this.#weather.begin(fault);
      const seconds = ((fault.untilUs - fault.fromUs) / SECOND).toFixed(1);
      const says = `${fault.name} begins, for ${seconds} s, strength ${fault.strength.toFixed(2)}`;
      this.#trace.row(this.#kernel.nowUs, whom, "fault", says);
      begin(this.#stage, fault);
    });
    this.#kernel.after(fault.untilUs, () => {
      this.#weather.end(fault);
      this.#trace.row(this.#kernel.nowUs, whom, "fault", `${fault.name} ends`);
      finish(this.#stage, fault);
    });
  }

  /** Nothing is wrong any more; people put right what waits for them. */
  #heal(): void {
    this.#trace.row(this.#kernel.nowUs, "site", "heals", "every fault has ended");
    this.#people.heal();
    let missing: readonly string[] = [];
    for (let second = 0; second < HEAL_S + HEAL_MORE * (this.#chaosUs / SECOND); second += 1) {
      this.#kernel.run(this.#kernel.nowUs + SECOND);
      missing = whatIsMissing(this.#hosts.hub, this.#truth, this.#hosts.edges);
      if (missing.length === 0 && this.#people.unanswered === 0 && this.#hosts.hub?.settled === true) break;
    }
    if (missing.length > 0) throw new Violation("not-well", missing.join("; "), "liveness");
    if (this.#people.unanswered > 0)
      throw new Violation("unanswered", `${this.#people.unanswered} asks have no answer`, "liveness");
    if (this.#hosts.hub?.settled === true) this.#checkers.atTheEnd(this.#hosts.hub);
  }
}

const CHARGED_PER_S = 0.08;

function drawBodies(sim: SimSite, stream: (name: string) => Random): Map<string, Body> {
  const { config } = sim.site;
  const bodies = new Map<string, Body>();
  for (const { id, home } of config.robots) {
    const place = sim.site.destinations.get(home);
    if (place === undefined) throw new Error(`no place ${home}`);
    const random = stream(`body ${id}`);
    const at = { xM: place.xM, yM: place.yM };
    const { deadmanMs } = config.lease;
    const battery = drawBattery(sim, stream(`battery ${id}`));
    bodies.set(id, new Body({ robot: id, at, grid: sim.grid, physics: config.physics, deadmanMs, random, battery }));
  }
  return bodies;
}

function drawBattery({ site, drainPerM }: SimSite, random: Random): BatterySpec {
  if (drainPerM === 0) return CONSTANT;
  const chargers = site.config.destinations.filter(({ kind }) => kind === "charge");
  return { chargers, drainPerM, chargedPerS: CHARGED_PER_S, first: 0.35 + 0.65 * random.next() };
}

/**
 * The machines of hub, of a second hub, of every robot, and of every robot's twin, each booted some time ago, and in
 * most runs each with a rate of its own, often at the bound: there the arithmetic of leases and ages has no slack.
 */
function drawMachines(sim: SimSite, chance: Random): Map<string, Machine> {
  const robots = [...sim.site.robots.keys()];
  const ids = ["hub", "second", ...robots, ...robots.map((id) => `${id}-twin`)];
  const { rhoRobot, rhoHub } = sim.site.config.lease;
  const errs = chance.next() < 0.6;
  return new Map(
    ids.map((id) => {
      const bootedUs = (60 + Math.floor(chance.next() * 1e6)) * SECOND;
      const error = Math.max(-1, Math.min(1, 3 * chance.next() - 1.5));
      const rho = id === "hub" || id === "second" ? rhoHub : rhoRobot;
      return [id, new Machine(id, { bootedUs, nowUs: 0, rate: errs ? 1 + error * rho : 1 })];
    }),
  );
}

function failureOf(cause: unknown, atUs: number): Failure {
  if (cause instanceof Violation) return { class: cause.class, checker: cause.checker, says: cause.message, atUs };
  const fault = cause instanceof Error ? cause : new Error(String(cause));
  const where = (fault.stack ?? "").split("\n").slice(1, 3).join(" ").replace(/\s+/g, " ");
  return { class: "crash", checker: fault.name, says: `${fault.message}${where}`, atUs };
}
