// The sensors of every robot at their periods: each takes a sample of its body in the true world and hands it to the
// edge a little later, unless a fault keeps, bends or repeats it.

import type { OnboardSample } from "../../proto/wire.js";
import type { Random } from "../../scripts/world/random.js";
import { type Body, FUTURE_MS, type Trouble } from "./body.js";
import type { Hosts } from "./hosts.js";
import { type Kernel, MS } from "./kernel.js";
import type { Weather } from "./network.js";
import type { Measured, Truth } from "./truth.js";

const FAST_MS = 100;
/** Every so many fast rounds. */
const SCAN_EVERY = 2;
const BASE_EVERY = 4;
const BATTERY_EVERY = 20;
/** What stands in the way is this far from the robot's middle. */
const NEAR_M = 0.5;

const CHANNELS = ["pose", "scan", "odometry"] as const;

export class Sensing {
  readonly #parts: { kernel: Kernel; truth: Truth; hosts: Hosts; weather: Weather; chance: Random };

  readonly #jumpedUnder = new Map<string, string>();
  readonly #liedTo = new Map<string, string>(); // robot to the edge that was last shown a pose that had jumped
  readonly #measuredUs = new Map<string, Map<string, Measured>>();

  constructor(parts: { kernel: Kernel; truth: Truth; hosts: Hosts; weather: Weather; chance: Random }) {
    this.#parts = parts;
    for (const body of parts.truth.bodies.values()) this.#later(body, parts.chance.below(100));
  }

  #later(body: Body, round: number): void {
    const { kernel, hosts } = this.#parts;
    kernel.after(hosts.machine(body.robot).lastsUs(FAST_MS), () => {
      this.#later(body, round + 1);
      this.#take(body, round);
    });
  }

  #take(body: Body, round: number): void {
    const { kernel, hosts, weather, truth, chance } = this.#parts;
    const { robot } = body;
    if (weather.on("base-silent", robot) > 0 || hosts.machine(robot).suspended) return;
    const samples: OnboardSample[] = [];
    const measured = this.#measuredUs.get(robot) ?? new Map<string, Measured>();
    this.#measuredUs.set(robot, measured);
    const take = (channel: OnboardSample["channel"]) => {
      const trouble = this.#trouble(robot, channel);
      if (trouble === null) return;
      if (trouble.jumpM > 0) this.#liedTo.set(robot, hosts.edges.get(robot)?.boot ?? "");
      else if (channel === "pose" && !trouble.frozen) this.#liedTo.delete(robot);
      const sample = body.sample(channel, kernel.nowUs, trouble);
      const last = measured.get(channel);
      const isOld = trouble.frozen && last !== undefined && body.movedM !== last.movedM;
      const now = { atUs: kernel.nowUs, movedM: body.movedM, movingUs: body.movingUs };
      if (!isOld) measured.set(channel, now);
      const board = hosts.machine(robot);
      const claim = { board, bootUs: board.bootUsAt(kernel.nowUs) + FUTURE_MS * MS };
      truth.captured(sample, isOld ? last : now, trouble.future ? claim : undefined);
      samples.push(sample);
    };
    take("pose");
    take("odometry");
    if (round % SCAN_EVERY === 0) take("scan");
    if (round % BASE_EVERY === 0) take("base");
    if (round % BATTERY_EVERY === 0) take("battery");
    const edge = hosts.edges.get(robot);
    const twin = hosts.twins.get(robot);
    const isBeside = twin?.board === hosts.machine(robot);
    const isLie = this.#liedTo.has(robot); // a process that starts later is shown none
    kernel.after((0.5 + 2 * chance.next()) * MS, () => {
      for (const sample of samples) {
        edge?.sample(sample); // one that has ended takes none
        if (isBeside && !(isLie && sample.channel === "pose")) twin?.sample(sample);
      }
    });
  }

  /** null: the channel reports nothing. Which channel a fault hits follows from its strength. */
  #trouble(robot: string, channel: OnboardSample["channel"]): Trouble | null {
    const { weather } = this.#parts;
    const hits = (strength: number) => strength > 0 && CHANNELS[Math.min(2, Math.floor(strength * 3))] === channel;
    if (hits(weather.on("sensor-silent", robot))) return null;
    const jump = channel === "pose" ? this.#jump(robot) : 0;
    const isFrozen = hits(weather.on("sensor-frozen", robot));
    return {
      frozen: isFrozen && (channel !== "pose" || this.#mayFreeze(robot)),
      future: hits(weather.on("sensor-future", robot)),
      jumpM: jump > 0 ? 2 + 8 * jump : 0,
      aheadM: weather.on("way-blocked", robot) > 0 ? NEAR_M : Number.POSITIVE_INFINITY,
    };
  }

  /** A pose that froze where it had jumped to is not shown to an edge that started later. */
  #mayFreeze(robot: string): boolean {
    const liedTo = this.#liedTo.get(robot);
    return liedTo === undefined || liedTo === this.#parts.hosts.edges.get(robot)?.boot;
  }

  /** A pose jumps under the eyes of an edge that has seen it: one that starts later finds an honest pose. */
  #jump(robot: string): number {
    const { hosts, weather } = this.#parts;
    const strength = weather.on("sensor-jump", robot);
    const edge = hosts.edges.get(robot);
    if (strength === 0) this.#jumpedUnder.delete(robot);
    else if (!this.#jumpedUnder.has(robot))
      this.#jumpedUnder.set(robot, edge?.edge.state.channels.has("pose") === true ? edge.boot : "");
    return edge !== undefined && this.#jumpedUnder.get(robot) === edge.boot ? strength : 0;
  }
}
