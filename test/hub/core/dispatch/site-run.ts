// A site of a few lines for the dispatch tests: robots drive straight at 1 m/s, hold a place from the claim until 2 s
// after they set off from it, and every claim is checked against R1 by the site itself, not by the dispatcher.
import {
  type DispatchDestination,
  type DispatchView,
  type Proposal,
  proposeAssignments,
  type TravelCosts,
} from "../../../../hub/core/dispatch/dispatch.js";
import type { BatteryPolicy } from "../../../../hub/core/dispatch/view.js";
import { battery, straight } from "./site.js";

export interface SimTask {
  readonly id: string;
  readonly stops: string[][];
  readonly fleet: string;
  readonly atMs: number;
}

interface SimRobot {
  readonly id: string;
  readonly fleet: string;
  xM: number;
  yM: number;
  chargeRatio: number | null;
  standsOn: string | null;
  drive: { purpose: Proposal["purpose"]; to: string; task: string; startMs: number; arriveMs: number } | null;
  idleSinceMs: number;
}

interface OpenTask {
  readonly task: SimTask;
  readonly order: number;
  stop: number;
  robot: string | null;
  sinceMs: number;
  moving: boolean;
}

export interface SimOptions {
  readonly robots: readonly { id: string; at: string; fleet?: string; chargeRatio?: number }[];
  readonly tasks: readonly SimTask[];
  readonly destinations: readonly DispatchDestination[];
  readonly conflicts?: readonly [string, string][];
  readonly homes?: Record<string, string>;
  readonly untilMs: number;
  readonly dwellMs?: number;
  /** Charge lost per metre. */
  readonly drainPerM?: number;
  readonly battery?: BatteryPolicy;
}

export interface SimResult {
  readonly done: Map<string, { waitedMs: number; atMs: number }>;
  readonly violations: string[];
  readonly moves: { atMs: number; robot: string; purpose: string; task: string; to: string }[];
  readonly lowestRatio: number;
}

/** Runs a site in steps of 1 s until every task is done or the time is over. */
export function simulate(options: SimOptions): SimResult {
  return new Site(options).run();
}

class Site {
  readonly #options: SimOptions;
  readonly #travel: TravelCosts;
  readonly #at: Map<string, DispatchDestination>;
  readonly #robots: SimRobot[];
  readonly #claims = new Map<string, string>();
  readonly #open: OpenTask[] = [];
  readonly #result: SimResult & { lowestRatio: number };
  readonly #near = new Map<string, Set<string>>();
  #nowMs = 0;

  constructor(options: SimOptions) {
    this.#options = options;
    this.#travel = straight(options.destinations);
    this.#at = new Map(options.destinations.map((destination) => [destination.id, destination]));
    this.#result = { done: new Map(), violations: [], moves: [], lowestRatio: 1 };
    for (const [a, b] of options.conflicts ?? []) {
      for (const [x, y] of [
        [a, b],
        [b, a],
      ] as const)
        this.#near.set(x, (this.#near.get(x) ?? new Set()).add(y));
    }
    this.#robots = options.robots.map(({ id, at, fleet, chargeRatio }) => {
      const { xM, yM } = this.#at.get(at) as DispatchDestination;
      this.#claims.set(at, id);
      return {
        id,
        fleet: fleet ?? "f",
        xM,
        yM,
        chargeRatio: chargeRatio ?? null,
        standsOn: at,
        drive: null,
        idleSinceMs: 0,
      };
    });
  }

  run(): SimResult {
    const { tasks, untilMs } = this.#options;
    const coming = [...tasks].sort((a, b) => a.atMs - b.atMs);
    let accepted = 0;
    for (; this.#nowMs <= untilMs; this.#nowMs += 1000) {
      for (; (coming[accepted]?.atMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs; accepted++) {
        const task = coming[accepted] as SimTask;
        this.#open.push({ task, order: accepted, stop: 0, robot: null, sinceMs: this.#nowMs, moving: false });
      }
      for (const robot of this.#robots) this.#step(robot);
      for (const proposal of proposeAssignments(this.#view(), this.#travel, this.#nowMs)) this.#claim(proposal);
      if (accepted === coming.length && this.#open.length === 0) break;
    }
    return this.#result;
  }

  #step(robot: SimRobot): void {
    const { drive } = robot;
    const atCharger = robot.standsOn !== null && this.#at.get(robot.standsOn)?.kind === "charge";
    if (drive === null) {
      if (robot.chargeRatio !== null && atCharger) robot.chargeRatio = Math.min(1, robot.chargeRatio + 0.01);
      return;
    }
    if (robot.standsOn !== null && robot.standsOn !== drive.to && this.#nowMs >= drive.startMs + 2000) {
      this.#claims.delete(robot.standsOn);
      robot.standsOn = null;
    }
    if (this.#nowMs < drive.arriveMs) return;
    const to = this.#at.get(drive.to) as DispatchDestination;
    if (robot.chargeRatio !== null) {
      const drain = (this.#options.drainPerM ?? 0) * Math.hypot(to.xM - robot.xM, to.yM - robot.yM);
      robot.chargeRatio = Math.max(0, robot.chargeRatio - drain);
      this.#result.lowestRatio = Math.min(this.#result.lowestRatio, robot.chargeRatio);
    }
    Object.assign(robot, { xM: to.xM, yM: to.yM, standsOn: drive.to });
    const dwellMs = drive.purpose === "TASK" ? (this.#options.dwellMs ?? 3000) : 0;
    if (this.#nowMs < drive.arriveMs + dwellMs) return;
    Object.assign(robot, { drive: null, idleSinceMs: this.#nowMs });
    const open = this.#open.find((one) => one.task.id === drive.task);
    if (open === undefined) return;
    Object.assign(open, { stop: open.stop + 1, moving: false, robot: robot.id, sinceMs: this.#nowMs });
    if (open.stop < open.task.stops.length) return;
    this.#open.splice(this.#open.indexOf(open), 1);
    this.#result.done.set(open.task.id, { waitedMs: this.#nowMs - open.task.atMs, atMs: this.#nowMs });
  }

  #view(): DispatchView {
    return {
      robots: this.#robots.map((robot) => ({
        ...robot,
        charging: robot.drive === null && robot.standsOn !== null && this.#at.get(robot.standsOn)?.kind === "charge",
        availability: robot.drive === null ? "free" : "busy",
        assignment: robot.drive === null ? null : { purpose: robot.drive.purpose, destination: robot.drive.to },
        excluded: new Set<string>(),
      })),
      tasks: this.#open
        .filter((one) => !one.moving)
        .map(({ task, order, stop, robot, sinceMs }) => ({
          id: task.id,
          fleet: task.fleet,
          stop: task.stops[stop] ?? [],
          legs: task.stops.slice(stop + 1),
          robot,
          waitingSinceMs: sinceMs,
          order,
        })),
      destinations: this.#options.destinations,
      homes: new Map(Object.entries(this.#options.homes ?? {})),
      battery: this.#options.battery ?? battery,
      conflicts: (a, b) => this.#near.get(a)?.has(b) ?? false,
      holder: (destination, asker) => this.#holder(destination, asker),
    };
  }

  #holder(destination: string, asker?: string): string | null {
    let found: string | null = this.#claims.get(destination) ?? null;
    for (const near of this.#near.get(destination) ?? []) {
      const robot = this.#claims.get(near);
      if (robot !== undefined && (found === null || found === asker)) found = robot;
    }
    return found;
  }

  #claim({ robot: id, destination, purpose, task }: Proposal): void {
    const { violations, moves } = this.#result;
    const robot = this.#robots.find((one) => one.id === id);
    const open = this.#open.find((one) => one.task.id === task);
    const other = this.#holder(destination, id);
    if (other !== null && other !== id) violations.push(`${id} asks for ${destination}, held by ${other}`);
    if (robot === undefined || robot.drive !== null) violations.push(`${id} is not free`);
    if (purpose === "TASK" && (open === undefined || open.moving || (open.robot ?? id) !== id))
      violations.push(`${id} ${task}`);
    if (robot === undefined || violations.length > 0) return;
    const { costM } = { costM: this.#travel.costM(robot.xM, robot.yM, destination) };
    const arriveMs = this.#nowMs + Math.max(1000, Math.ceil(costM) * 1000);
    this.#claims.set(destination, id);
    robot.drive = { purpose, to: destination, task, startMs: this.#nowMs, arriveMs };
    if (open !== undefined) Object.assign(open, { moving: true, robot: id });
    moves.push({ atMs: this.#nowMs, robot: id, purpose, task, to: destination });
  }
}
