// The working state of one round: who is free, what is still open, what has been proposed. Promise (R1): a proposal
// closes its destination and all that conflict with it, so that no two proposals of a round can collide, and a
// destination that the view calls held by another is never proposed. Unknown destinations and unknown ways are never
// open.
import { PRIORITY_STEP_MS, urgencyMs } from "./urgency.js";
import type {
  BatteryPolicy,
  DispatchDestination,
  DispatchRobot,
  DispatchTask,
  DispatchView,
  Proposal,
  TravelCosts,
} from "./view.js";
import { Ways } from "./ways.js";
import { whyThis } from "./why.js";
import { tasksInSight } from "./window.js";

/**
 * How a robot's battery limits it; "low" looks for a charger, "charging" stays on one, "reluctant" may leave it for a
 * task.
 */
export type Energy = "ready" | "reluctant" | "charging" | "low";

/** A charging robot that has this much may leave for a task that nobody else can take. */
export const RESUME_RATIO = 0.6;
/**
 * Standing idle for this long is idleness and not the pause between two tasks; also a charger's time to make contact.
 */
export const SETTLE_MS = 10_000;

/** While it stands, only `task` may newly claim one of `places`; `robot`, when known, is kept free for it. */
export interface Keep {
  readonly task: string;
  readonly robot: string | null;
  readonly places: ReadonlySet<string>;
  /** The robots that block the place now: they may move about there, else they might never get out. */
  readonly blockers: ReadonlySet<string>;
}

const byId = (a: DispatchRobot, b: DispatchRobot) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Of a site that names no other. */
export const STARVING_MS = 300_000;

export class Round {
  readonly view: DispatchView;
  readonly nowMs: number;
  /** Most urgent first; of very many those in sight (window.ts). */
  readonly tasks: readonly DispatchTask[];
  readonly robots: ReadonlyMap<string, DispatchRobot>;
  readonly destinations: ReadonlyMap<string, DispatchDestination>;
  /** Robot to the task it has in hand and that waits for its next place. */
  readonly inHand: ReadonlyMap<string, DispatchTask>;
  /** By robot, in the order in which they were made. */
  readonly proposals = new Map<string, Proposal>();
  readonly served = new Set<string>();
  keep: Keep | null = null;
  readonly ways: Ways;
  readonly starvingMs: number;
  readonly #travel: TravelCosts;
  readonly #closed = new Set<string>();
  readonly #around = new Map<string, Set<string>>();
  readonly #holders = new Map<string, string | null>();
  readonly #costsM = new Map<string, Map<string, number>>();
  readonly #urgencies: ReadonlyMap<string, number>;

  constructor(view: DispatchView, at: { travel: TravelCosts; nowMs: number }) {
    this.view = view;
    this.nowMs = at.nowMs;
    this.#travel = at.travel;
    this.destinations = new Map(view.destinations.map((destination) => [destination.id, destination]));
    this.ways = new Ways({ destinations: this.destinations, travel: at.travel, speedMps: view.speedMps ?? 0 });
    this.starvingMs = view.policy?.starvingMs ?? STARVING_MS;
    const stepMs = view.policy?.priorityStepMs ?? PRIORITY_STEP_MS;
    const urgent = view.tasks.map((task) => {
      const restMs = task.deadlineMs === undefined ? 0 : this.ways.restMs(task);
      return { task, urgencyMs: urgencyMs(task, { nowMs: this.nowMs, stepMs, restMs }) };
    });
    const inSight = tasksInSight(urgent, view.robots);
    this.#urgencies = new Map(inSight.map(({ task, urgencyMs }) => [task.id, urgencyMs]));
    this.tasks = inSight.map(({ task }) => task);
    this.robots = new Map([...view.robots].sort(byId).map((robot) => [robot.id, robot]));
    const inHand = new Map<string, DispatchTask>();
    for (const task of this.tasks) {
      if (task.robot !== null && !inHand.has(task.robot)) inHand.set(task.robot, task);
    }
    this.inHand = inHand;
  }

  /** Free and not yet proposed for anything in this round. */
  isFree(robot: DispatchRobot): boolean {
    return robot.availability === "free" && robot.assignment === null && !this.proposals.has(robot.id);
  }

  /** Free, with no task in hand, not kept for another task, not drained: may be sent to charge or home. */
  isUnbound(robot: DispatchRobot): boolean {
    if (robot.barred?.reason === "DRAINED") return false;
    return this.isFree(robot) && !this.inHand.has(robot.id) && this.keep?.robot !== robot.id;
  }

  ageMs(task: DispatchTask): number {
    return Math.max(0, this.nowMs - task.waitingSinceMs);
  }

  /** As a time of waiting: with priority and deadline. */
  urgencyMs(task: DispatchTask): number {
    return this.#urgencies.get(task.id) ?? this.ageMs(task);
  }

  idleMs(robot: DispatchRobot): number | null {
    return typeof robot.idleSinceMs === "number" ? Math.max(0, this.nowMs - robot.idleSinceMs) : null;
  }

  /**
   * Hysteresis without memory: under `lowRatio` a robot goes to charge; where it charges it stays until `fullRatio`.
   */
  energy(robot: DispatchRobot): Energy {
    const ratio = robot.chargeRatio;
    if (ratio === null) return "ready";
    const { lowRatio, fullRatio, resumeRatio = RESUME_RATIO } = this.policyOf(robot);
    const idleMs = this.idleMs(robot);
    const atCharger = robot.standsOn !== null && this.destinations.get(robot.standsOn)?.kind === "charge";
    const settling = atCharger && (idleMs === null ? ratio < lowRatio : idleMs < SETTLE_MS);
    if (ratio < lowRatio) return robot.charging || settling ? "charging" : "low";
    if (ratio >= fullRatio || !(robot.charging || settling)) return "ready";
    return ratio >= Math.min(resumeRatio, fullRatio) ? "reluctant" : "charging";
  }

  policyOf(robot: DispatchRobot): BatteryPolicy {
    return this.view.fleetBattery?.get(robot.fleet) ?? this.view.battery;
  }

  /** Whether its charge lets the robot do the whole task by that place, with the reserve left at the end. */
  canFinish(robot: DispatchRobot, task: DispatchTask, destination: string): boolean {
    if (robot.chargeRatio === null || task.robot === robot.id) return true;
    return this.chargeFor(robot, task, destination) <= robot.chargeRatio;
  }

  /** The charge that the task takes of this robot, the reserve counted in; only the reserve where no range is known. */
  chargeFor(robot: DispatchRobot, task: DispatchTask, destination: string): number {
    const { rangeM, reserveRatio = 0 } = this.policyOf(robot);
    if (rangeM === undefined) return reserveRatio;
    const tailM = this.ways.endOf(task, destination)?.tailM ?? Number.POSITIVE_INFINITY;
    return reserveRatio + (this.costM(robot, destination) + tailM) / rangeM;
  }

  touches(a: string, b: string): boolean {
    return a === b || this.view.conflicts(a, b);
  }

  /** The destination and everything that conflicts with it. */
  around(destination: string): ReadonlySet<string> {
    let places = this.#around.get(destination);
    if (places !== undefined) return places;
    places = new Set([destination]);
    for (const other of this.destinations.keys()) {
      if (this.view.conflicts(destination, other)) places.add(other);
    }
    this.#around.set(destination, places);
    return places;
  }

  /**
   * Whoever other than the asker blocks the destination; "" for unknown, null for nobody. Asker "": nobody in
   * particular.
   */
  blocker(destination: string, asker: string): string | null {
    let holder = this.#holders.get(destination);
    if (holder === undefined) {
      holder = this.view.holder(destination);
      this.#holders.set(destination, holder);
    }
    if (holder === null || asker === "" || holder !== asker) return holder;
    const other = this.view.holder(destination, asker);
    return other === asker ? null : other;
  }

  /** Taken, it or a conflicting one, by a proposal of this round. */
  isClosed(destination: string): boolean {
    return this.#closed.has(destination);
  }

  /** Metres, Infinity for an unknown destination, one that the robot failed to reach lately, or no way. */
  costM(robot: DispatchRobot, destination: string): number {
    if (robot.excluded.has(destination) || !this.destinations.has(destination)) return Number.POSITIVE_INFINITY;
    let costs = this.#costsM.get(destination);
    if (costs === undefined) {
      costs = new Map();
      this.#costsM.set(destination, costs);
    }
    let costM = costs.get(robot.id);
    if (costM === undefined) {
      costM = this.#travel.costM(robot.xM, robot.yM, destination);
      if (!(costM >= 0)) costM = Number.POSITIVE_INFINITY;
      costs.set(robot.id, costM);
    }
    return costM;
  }

  /** Whether the robot may ask for the destination now, for that task or (null) to park or charge. */
  isOpen(robot: DispatchRobot, destination: string, task: DispatchTask | null): boolean {
    if (this.#closed.has(destination) || this.#isKeptFrom(robot, destination, task)) return false;
    return this.blocker(destination, robot.id) === null && this.costM(robot, destination) < Number.POSITIVE_INFINITY;
  }

  /** The nearest open alternative of the task's stop, or null. */
  bestAlternative(robot: DispatchRobot, task: DispatchTask): { destination: string; costM: number } | null {
    let best: { destination: string; costM: number } | null = null;
    for (const destination of task.stop) {
      const costM = this.costM(robot, destination);
      if ((best === null || costM < best.costM) && this.isOpen(robot, destination, task)) best = { destination, costM };
    }
    return best;
  }

  /** Whether the robot may ever serve the task, places aside. */
  suits(robot: DispatchRobot, task: DispatchTask): boolean {
    if (task.robot !== null) return task.robot === robot.id;
    return task.fleet === "" || task.fleet === robot.fleet;
  }

  /**
   * Whether some robot that is neither unavailable nor barred could be sent there for the task, were it free; one of
   * those that `isAble` lets pass.
   */
  isWithinReach(
    task: DispatchTask,
    destination: string,
    isAble: (robot: DispatchRobot) => boolean = () => true,
  ): boolean {
    for (const robot of this.robots.values()) {
      const isBarred = robot.barred !== undefined && task.robot !== robot.id;
      const able = robot.availability !== "unavailable" && !isBarred && this.suits(robot, task);
      if (able && this.costM(robot, destination) < Number.POSITIVE_INFINITY && isAble(robot)) return true;
    }
    return false;
  }

  propose(proposal: Proposal): void {
    this.proposals.set(proposal.robot, proposal);
    if (proposal.purpose === "TASK") this.served.add(proposal.task);
    for (const place of this.around(proposal.destination)) this.#closed.add(place);
  }

  proposeTask(robot: DispatchRobot, task: DispatchTask, choice: { destination: string; costM: number }): void {
    const waited = `waited ${Math.floor(this.ageMs(task) / 1000)} s`;
    const why = task.robot === null ? `least total travel, ${waited}` : `next stop of the task in hand, ${waited}`;
    const weighed = whyThis(this, { robot, task, ...choice });
    this.propose({ robot: robot.id, purpose: "TASK", task: task.id, ...choice, why, choice: weighed });
  }

  #isKeptFrom(robot: DispatchRobot, destination: string, task: DispatchTask | null): boolean {
    const { keep } = this;
    if (keep === null || keep.task === task?.id || !keep.places.has(destination)) return false;
    if (task === null || task.robot === null) return true;
    return keep.robot !== null && !keep.blockers.has(robot.id);
  }
}
