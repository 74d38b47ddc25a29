// Runs a world and its bases on the machine's monotonic clock: one timer moves the world and lets each base publish
// what is due. The only file here that keeps a timer.

import type { SimulatedBase } from "./base.js";
import type { World } from "./world.js";

/** CLOCK_MONOTONIC in ms, with fractions; the clock of captures, leases and the trace. */
export function monotonicNowMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000;
}

const PERIOD_MS = 10;

export class WorldHost {
  readonly #world: World;
  readonly #bases: readonly SimulatedBase[];
  #timer: NodeJS.Timeout | null = null;

  constructor(world: World, bases: readonly SimulatedBase[]) {
    this.#world = world;
    this.#bases = bases;
  }

  /** Starts the timer. No-op when it runs. */
  start(): void {
    this.#timer ??= setInterval(() => this.#beat(), PERIOD_MS);
  }

  /** Stops the timer and ends the connections of all bases. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await Promise.all(this.#bases.map((base) => base.close()));
  }

  #beat(): void {
    this.#world.step(monotonicNowMs());
    for (const base of this.#bases) base.publishDue();
  }
}
