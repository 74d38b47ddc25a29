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
    let at = this.#timeUs.length;
    const tie = this.#ties.next();
    this.#timeUs.push(timeUs);
    this.#tie.push(tie);
    this.#what.push(what);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
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
    const what = this.#what[0] as Happening;
    const last = this.#timeUs.length - 1;
    this.#swap(0, last);
    this.#timeUs.pop();
    this.#tie.pop();
    this.#what.pop();
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= last) return what;
      const right = left + 1;
      const least = right < last && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(least, at)) return what;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [ta, tb] = [this.#timeUs[a] as number, this.#timeUs[b] as number];
    return ta < tb || (ta === tb && (this.#tie[a] as number) < (this.#tie[b] as number));
  }

  #swap(a: number, b: number): void {
    const [time, tie, what] = [this.#timeUs, this.#tie, this.#what];
    const [timeUs, order, happening] = [time[a] as number, tie[a] as number, what[a] as Happening];
    time[a] = time[b] as number;
    tie[a] = tie[b] as number;
    what[a] = what[b] as Happening;
    time[b] = timeUs;
    tie[b] = order;
    what[b] = happening;
  }
}
