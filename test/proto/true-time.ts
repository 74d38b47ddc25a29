// A small world for rules about time: true time that only the judge sees, clocks that wander within their bound, and
// messages that are late, lost, doubled and out of order. Everything comes from one seed.

/** A deterministic source of chance in [0, 1). */
export type Chance = () => number;

export function chanceFrom(seed: number): Chance {
  let state = (seed ^ 0x5bd1e995) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

export function between(chance: Chance, least: number, most: number): number {
  return least + chance() * (most - least);
}

export function pick<T>(chance: Chance, from: readonly T[]): T {
  const found = from[Math.floor(chance() * from.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

/** How a clock goes: always slowest, always fastest, exactly, or wandering within the bound. */
export type Gait = "slowest" | "fastest" | "exact" | "wandering";
export const GAITS: readonly Gait[] = ["slowest", "fastest", "exact", "wandering"];

/** A clock of rate 1 ± rho, read in whole ticks, rounded down. Readings must be asked for in order of true time. */
export class Clock {
  readonly #gait: Gait;
  readonly #rho: number;
  readonly #chance: Chance;
  readonly #tickMs: number;
  #trueMs = 0;
  #shownMs: number;
  #rate = 1;
  #changesAtMs = 0;

  constructor(how: { readonly gait: Gait; readonly rho: number; readonly chance: Chance; readonly tickMs?: number }) {
    this.#gait = how.gait;
    this.#rho = how.rho;
    this.#chance = how.chance;
    this.#tickMs = how.tickMs ?? 1;
    this.#shownMs = between(how.chance, 0, 1e6);
    this.#turn();
  }

  read(trueMs: number): number {
    while (this.#changesAtMs <= trueMs) {
      this.#pass(this.#changesAtMs);
      this.#turn();
    }
    this.#pass(trueMs);
    return Math.floor(this.#shownMs / this.#tickMs) * this.#tickMs;
  }

  #pass(trueMs: number): void {
    this.#shownMs += (trueMs - this.#trueMs) * this.#rate;
    this.#trueMs = trueMs;
  }

  #turn(): void {
    const rho = this.#rho;
    const rates = { slowest: 1 - rho, fastest: 1 + rho, exact: 1 };
    this.#rate = this.#gait === "wandering" ? 1 + between(this.#chance, -rho, rho) : rates[this.#gait];
    this.#changesAtMs = this.#trueMs + between(this.#chance, 100, 5000);
  }
}

/** What may happen next, in order of true time; equal times in the order in which they were planned. */
export class Agenda<T> {
  #items: { readonly trueMs: number; readonly what: T }[] = []; // latest first

  plan(trueMs: number, what: T): void {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle]?.trueMs ?? 0) > trueMs) low = middle + 1;
      else high = middle;
    }
    this.#items.splice(low, 0, { trueMs, what });
  }

  next(): { readonly trueMs: number; readonly what: T } | undefined {
    return this.#items.pop();
  }
}

/** A network: what it does to one message. */
export interface Network {
  readonly lossRatio: number;
  readonly twiceRatio: number;
  readonly delayMs: () => number;
}

export function networkFrom(chance: Chance): Network {
  const kind = pick(chance, ["instant", "office", "heavy", "worst"] as const);
  const lossRatio = pick(chance, [0, 0.1, 0.5]);
  const twiceRatio = pick(chance, [0, 0.1, 0.5]);
  const delayMs = () => {
    switch (kind) {
      case "instant":
        return 0;
      case "office":
        return between(chance, 1, 40);
      case "heavy":
        return chance() < 0.1 ? between(chance, 500, 9000) : between(chance, 1, 300);
      case "worst":
        return between(chance, 0, 12_000);
    }
  };
  return { lossRatio, twiceRatio, delayMs };
}

/** The true times at which a message sent at `trueMs` arrives: none, one or two of them. */
export function arrivals(network: Network, chance: Chance, trueMs: number): readonly number[] {
  if (chance() < network.lossRatio) return [];
  const first = trueMs + network.delayMs();
  return chance() < network.twiceRatio ? [first, trueMs + network.delayMs()] : [first];
}
