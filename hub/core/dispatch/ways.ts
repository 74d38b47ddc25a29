// What is left of a task once its current stop is served: the ways between its stops, and how long it takes. Kept for
// one round, since many robots ask the same.
import type { DispatchDestination, DispatchTask, TravelCosts, UnderWay } from "./view.js";

/** How a task ends from some place on. */
export interface TaskEnd {
  readonly destination: string;
  readonly tailM: number;
  readonly dwellMs: number;
}

const NOWHERE = Number.POSITIVE_INFINITY;

export class Ways {
  readonly #destinations: ReadonlyMap<string, DispatchDestination>;
  readonly #travel: TravelCosts;
  /** Metres per second on the way, 0 when it is not known. */
  readonly speedMps: number;
  readonly #ends = new Map<string, TaskEnd | null>();
  readonly #legsM = new Map<string, Map<string, number>>();

  constructor(parts: {
    readonly destinations: ReadonlyMap<string, DispatchDestination>;
    readonly travel: TravelCosts;
    readonly speedMps: number;
  }) {
    this.#destinations = parts.destinations;
    this.#travel = parts.travel;
    this.speedMps = parts.speedMps;
  }

  /**
   * Where the task ends when its current stop is served at that place, going to the nearest alternative of each stop
   * after it; null when there is no way. `dwellMs` is that of all stops left.
   */
  endOf(task: Pick<UnderWay, "id" | "legs" | "dwellMs">, destination: string): TaskEnd | null {
    const key = `${task.id} ${destination}`;
    let end = this.#ends.get(key);
    if (end === undefined) {
      end = this.#walk(task.legs ?? [], destination, task.dwellMs ?? 0);
      this.#ends.set(key, end);
    }
    return end;
  }

  #walk(legs: readonly (readonly string[])[], first: string, dwellMs: number): TaskEnd | null {
    let at = first;
    let tailM = 0;
    for (const leg of legs) {
      let best: string | null = null;
      let leastM = NOWHERE;
      for (const next of leg) {
        const wayM = this.#legM(at, next);
        if (wayM < leastM) [best, leastM] = [next, wayM];
      }
      if (best === null) return null;
      tailM += leastM;
      at = best;
    }
    return this.#destinations.has(at) ? { destination: at, tailM, dwellMs: dwellMs * (legs.length + 1) } : null;
  }

  /** Metres from one destination to another. */
  #legM(from: string, to: string): number {
    let legsM = this.#legsM.get(from);
    if (legsM === undefined) {
      legsM = new Map();
      this.#legsM.set(from, legsM);
    }
    let wayM = legsM.get(to);
    if (wayM === undefined) {
      const place = this.#destinations.get(from);
      wayM = place === undefined ? NOWHERE : this.wayM(place, to);
      legsM.set(to, wayM);
    }
    return wayM;
  }

  /** Metres from a position to a destination. */
  wayM(from: { readonly xM: number; readonly yM: number }, to: string): number {
    const wayM = this.#travel.costM(from.xM, from.yM, to);
    return wayM >= 0 ? wayM : NOWHERE;
  }

  /** What a task takes at least from the arrival at its current stop on; Infinity when no speed or way is known. */
  restMs(task: DispatchTask): number {
    if (this.speedMps <= 0) return NOWHERE;
    let leastMs = NOWHERE;
    for (const destination of task.stop) {
      const end = this.#walk(task.legs ?? [], destination, task.dwellMs ?? 0); // asked once of each of very many tasks
      if (end !== null) leastMs = Math.min(leastMs, this.driveMs(end.tailM) + end.dwellMs);
    }
    return leastMs;
  }

  driveMs(wayM: number): number {
    return Math.ceil((wayM / this.speedMps) * 1000);
  }
}
