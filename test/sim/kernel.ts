// The kernel of the simulator: true time in whole microseconds, one heap of things to happen, and ties broken by the
// seed. Nothing else in a run knows true time but the world and the checkers.

import type { Random } from "../../scripts/world/random.js";

export const MS = 1000;
export const SECOND = 1_000_000;

type Happening = () => void;

/** A binary heap over parallel arrays: no object per event. */
export class Kernel {
  readonly #ties: Random;
  readonly #timeUs: number[] = [];
  readonly #tie: number[] = [];
  readonly #what: Happening[] = [];
  #nowUs = 0;
  #done = 0;

  constructor(ties: Random) {
    this.#ties = ties;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Things that have happened. */
  get done(): number {
    return this.#done;
  }

  /** Lets something happen `afterUs` from now; never earlier than now. */
  after(afterUs: number, what: Happening): void {
    const timeUs = this.#nowUs + Math.max(0, Math.round(afterUs));
    const tie = this.#ties.next();
    let at = this.#timeUs.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLater(parent, timeUs, tie)) break;
      at = this.#move(parent, at);
    }
    this.#put(at, timeUs, tie, what);
  }

  /** Runs everything up to `untilUs`, or until `isOver` says so after something has happened. */
  run(untilUs: number, isOver: () => boolean = () => false): void {
    while (this.#timeUs.length > 0 && (this.#timeUs[0] as number) <= untilUs) {
      this.#nowUs = this.#timeUs[0] as number;
      const what = this.#pop();
      this.#done += 1;
      what();
      if (isOver()) return;
    }
    this.#nowUs = Math.max(this.#nowUs, untilUs);
  }

  #pop(): Happening {
    const first = this.#what[0] as Happening;
    const timeUs = this.#timeUs.pop() as number;
    const tie = this.#tie.pop() as number;
    const what = this.#what.pop() as Happening;
    const size = this.#timeUs.length;
    if (size === 0) return first;
    let at = 0;
    for (let least = 1; least < size; least = 2 * at + 1) {
      const right = least + 1;
      if (right < size && this.#isLater(least, this.#timeUs[right] as number, this.#tie[right] as number))
        least = right;
      if (this.#isLater(least, timeUs, tie)) break;
      at = this.#move(least, at);
    }
    this.#put(at, timeUs, tie, what);
    return first;
  }

  /** What stands at `at` comes after this time and tie. */
  #isLater(at: number, timeUs: number, tie: number): boolean {
    const own = this.#timeUs[at] as number;
    return own > timeUs || (own === timeUs && (this.#tie[at] as number) > tie);
  }

  /** Moves an entry over a gap, and gives where the gap is now. */
  #move(from: number, to: number): number {
    this.#put(to, this.#timeUs[from] as number, this.#tie[from] as number, this.#what[from] as Happening);
    return from;
  }

  #put(at: number, timeUs: number, tie: number, what: Happening): void {
    this.#timeUs[at] = timeUs;
    this.#tie[at] = tie;
    this.#what[at] = what;
  }
}
