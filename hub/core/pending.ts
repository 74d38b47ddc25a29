// R10 in order: the one queue between the hub's core and the world. Whatever follows an append waits until that append
// is durable; appends that wait together become one synced batch. Answers to renewals pass by, since they rest on
// nothing that is not yet stored. R3, R6: a hub whose machine slept, or whose clock went back, knows nothing as young
// as it seems, and ends. Production and simulation drive this same class.

import { ClockFault, type ClockReading, clockAnomaly } from "../../proto/clock.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import type { Hub, HubInput } from "./hub.js";
import type { HubEffect } from "./turn.js";

/** To be stored and synced first, and then performed in order. */
export interface Batch {
  readonly events: readonly LedgerEvent[];
  readonly effects: readonly HubEffect[];
}

type Renewed = Extract<HubEffect, { kind: "renewed" }>;

export class Pending {
  readonly #hub: Hub;
  readonly #queue: HubEffect[] = [];
  #clocks: ClockReading | null = null;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** R5: the hub's first step. */
  start(clocks: ClockReading): void {
    this.#clocks = clocks;
    this.#queue.push(...this.#hub.start({ nowMs: clocks.monotonicMs, wallMs: clocks.wallMs }));
  }

  /** One step of the core. Returns what waits for no append. Throws ClockFault: the hub must end. */
  feed(input: HubInput, clocks: ClockReading): readonly Renewed[] {
    const anomaly = this.#clocks === null ? "none" : clockAnomaly(this.#clocks, clocks);
    this.#clocks = clocks;
    if (anomaly === "suspended" || anomaly === "backwards") throw new ClockFault(`this machine's clock: ${anomaly}`);
    const passing: Renewed[] = [];
    for (const effect of this.#hub.step(input, { nowMs: clocks.monotonicMs, wallMs: clocks.wallMs })) {
      if (effect.kind === "renewed") passing.push(effect);
      else this.#queue.push(effect);
    }
    return passing;
  }

  /** Takes all that waits; null when nothing does. To be asked again only when the former batch is done with. */
  next(): Batch | null {
    if (this.#queue.length === 0) return null;
    const effects = this.#queue.splice(0);
    const events = effects.flatMap((effect) => (effect.kind === "append" ? effect.events : []));
    return { events, effects: effects.filter((effect) => effect.kind !== "append") };
  }

  /** Effects that wait. */
  get length(): number {
    return this.#queue.length;
  }
}
