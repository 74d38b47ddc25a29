// A pure stand-in for the planner's process: the same questions and answers, a few milliseconds later (valley.ts). It
// hangs, ends, is late or answers nonsense when it is told to.

import { type PlanRequest, type PlanResult, UNREACHABLE } from "../../models/planner.js";
import type { Random } from "../../scripts/world/random.js";
import { type Kernel, MS } from "./kernel.js";
import { flood } from "./valley.js";

export interface PlannerEvents {
  ready(): void;
  result(result: PlanResult): void;
  gone(why: string): void;
}

export interface PlannerTrouble {
  readonly hangs: boolean;
  readonly slow: boolean;
  readonly crashes: boolean;
  readonly nonsense: boolean;
}

const START_MS = 300;

export class StandInPlanner {
  readonly #kernel: Kernel;
  readonly #chance: Random;
  readonly #events: PlannerEvents;
  readonly #trouble: () => PlannerTrouble;
  #life = 0; // odd while the process runs
  #ended = false;

  constructor(parts: { kernel: Kernel; chance: Random; events: PlannerEvents; trouble: () => PlannerTrouble }) {
    this.#kernel = parts.kernel;
    this.#chance = parts.chance;
    this.#events = parts.events;
    this.#trouble = parts.trouble;
    this.#start();
  }

  get ready(): boolean {
    return this.#life % 2 === 1;
  }

  /** False: no planner is ready. */
  request(request: PlanRequest): boolean {
    if (!this.ready) return false;
    const { hangs, slow, crashes, nonsense } = this.#trouble();
    if (crashes) {
      this.#kernel.after(5 * MS, () => this.kill());
      return true;
    }
    if (hangs) return true;
    const life = this.#life;
    const tookMs = (slow ? 400 : 2) + 8 * this.#chance.next();
    // Answered from a copy: what the edge hands over crosses a process boundary.
    const solved = nonsense ? nonsenseFor(request, this.#chance) : flood(request);
    this.#kernel.after(tookMs * MS, () => {
      if (this.#life === life) this.#events.result(solved);
    });
    return true;
  }

  kill(): void {
    if (!this.ready) return;
    this.#life += 1;
    this.#kernel.after(2 * MS, () => this.#events.gone("the process ended"));
    this.#start();
  }

  /** With its edge. */
  end(): void {
    this.#ended = true;
    this.#life += this.#life % 2;
  }

  #start(): void {
    this.#kernel.after(START_MS * MS * (1 + this.#chance.next()), () => {
      if (this.#ended || this.ready) return;
      this.#life += 1;
      this.#events.ready();
    });
  }
}

function nonsenseFor(request: PlanRequest, chance: Random): PlanResult {
  const { id, kind, width, height } = request;
  const value = new Float32Array(width * height);
  const kinds = [Number.NaN, -1, 0, Number.POSITIVE_INFINITY, UNREACHABLE];
  value.fill(kinds[chance.below(kinds.length)] ?? Number.NaN);
  return { id, kind, width, height, value, sweeps: 0, inferenceMs: 1 };
}
