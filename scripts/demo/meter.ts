// What is measured of the processes of a run from outside: memory by the kernel's word, and plan times as telemetry
// tells.

import type { SiteView } from "../../proto/operator-views.js";
import type { Fleet } from "./fleet.js";
import { residentMb } from "./processes.js";

const MEMORY_PERIOD_MS = 2000;

export class Meter {
  readonly #fleet: Fleet;
  readonly #plans = new Map<string, { first: number; total: number; misses: number; seen: number; sent: number }>();
  readonly #planMs: number[] = [];
  readonly #inferenceMs: number[] = [];
  readonly #memory = { hub: 0, broker: 0, edgeMax: 0, plannerMax: 0 };
  #memoryMs = Number.NEGATIVE_INFINITY;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  view(view: SiteView): void {
    for (const robot of view.robots) {
      const known = this.#plans.get(robot.id) ?? { first: 0, total: 0, misses: 0, seen: 0, sent: 0 };
      // a new start
      if (robot.plans < known.seen) Object.assign(known, { first: 0, seen: 0, total: known.total + known.seen });
      if (robot.plans !== known.seen && robot.planMs !== undefined) {
        this.#planMs.push(robot.planMs);
        this.#inferenceMs.push(robot.inferenceMs);
      }
      known.seen = robot.plans;
      known.misses = Math.max(known.misses, robot.planDeadlineMisses);
      known.sent = Math.max(known.sent, robot.telemetrySent);
      this.#plans.set(robot.id, known);
    }
    if (performance.now() - this.#memoryMs > MEMORY_PERIOD_MS) this.#measure();
  }

  #measure(): void {
    this.#memoryMs = performance.now();
    const hub = this.#fleet.hub.own();
    const memory = this.#memory;
    memory.hub = Math.max(memory.hub, residentMb(hub?.pid));
    memory.broker = Math.max(memory.broker, residentMb(hub?.children.find((child) => child.role === "broker")?.pid));
    for (const edge of this.#fleet.edges.values()) {
      const own = edge.own();
      memory.edgeMax = Math.max(memory.edgeMax, residentMb(own?.pid));
      for (const child of own?.children ?? []) memory.plannerMax = Math.max(memory.plannerMax, residentMb(child.pid));
    }
  }

  memoryMb() {
    this.#measure();
    return { ...this.#memory };
  }

  counts() {
    const all = [...this.#plans.values()];
    const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
    return {
      ...{ planMs: this.#planMs, inferenceMs: this.#inferenceMs },
      ...{
        plans: sum((one) => one.total + one.seen),
        deadlineMisses: sum((one) => one.misses),
        telemetrySent: sum((one) => one.sent),
      },
    };
  }
}
