// The clocks of one machine as its programs read them: a monotonic clock whose rate wanders within ±rho and which
// stands still while the machine is suspended, a boot clock which does not, and a wall clock which may jump by years.
// True time goes in, readings in whole milliseconds come out; what a reading was at any earlier true time can be asked,
// by the checkers only.

import type { ClockReading } from "../../proto/clock.js";
import { MS } from "./kernel.js";

/** From `fromUs` on the clocks run at `rate`; the monotonic one not at all while suspended. */
interface Stretch {
  readonly fromUs: number;
  readonly monotonicUs: number;
  readonly bootUs: number;
  readonly rate: number;
  readonly runs: boolean;
}

const WALL_AT_START_US = 1_790_000_000_000_000;

export class Machine {
  readonly id: string;
  readonly ownRate: number;
  readonly #stretches: Stretch[];
  #wallOffsetUs = WALL_AT_START_US;
  #coarseMs = 1;

  /** `rate`: how fast its clocks run of themselves; 1 is true. */
  constructor(id: string, at: { readonly bootedUs: number; readonly nowUs: number; readonly rate?: number }) {
    this.id = id;
    this.ownRate = at.rate ?? 1;
    this.#stretches = [
      { fromUs: at.nowUs, monotonicUs: at.bootedUs, bootUs: at.bootedUs, rate: this.ownRate, runs: true },
    ];
  }

  get #last(): Stretch {
    return this.#stretches[this.#stretches.length - 1] as Stretch;
  }

  get rate(): number {
    return this.#last.rate;
  }

  get suspended(): boolean {
    return !this.#last.runs;
  }

  read(nowUs: number): ClockReading {
    const { fromUs, monotonicUs, bootUs, rate, runs } = this.#last;
    const gone = (nowUs - fromUs) * rate;
    const monotonic = Math.floor((runs ? monotonicUs + gone : monotonicUs) / MS);
    return {
      monotonicMs: monotonic - (monotonic % this.#coarseMs),
      bootMs: Math.floor((bootUs + gone) / MS),
      wallMs: Math.floor((this.#wallOffsetUs + bootUs + gone) / MS),
    };
  }

  monotonicMs(nowUs: number): number {
    const { fromUs, monotonicUs, rate, runs } = this.#last;
    const now = Math.floor((runs ? monotonicUs + (nowUs - fromUs) * rate : monotonicUs) / MS);
    return this.#coarseMs === 1 ? now : now - (now % this.#coarseMs);
  }

  /** The boot clock at an earlier true time, in exact microseconds; for checkers. */
  bootUsAt(atUs: number): number {
    for (let index = this.#stretches.length - 1; index >= 0; index -= 1) {
      const { fromUs, bootUs, rate } = this.#stretches[index] as Stretch;
      if (fromUs <= atUs) return bootUs + (atUs - fromUs) * rate;
    }
    return Number.NEGATIVE_INFINITY;
  }

  /** The true time at which the boot clock reads that; for one that lies ahead, as its present rate has it. */
  trueUsAt(bootUs: number): number {
    for (let index = this.#stretches.length - 1; index >= 0; index -= 1) {
      const stretch = this.#stretches[index] as Stretch;
      if (stretch.bootUs <= bootUs || index === 0) return stretch.fromUs + (bootUs - stretch.bootUs) / stretch.rate;
    }
    throw new Error("a machine whose clock never ran");
  }

  /** How long a timer of this machine takes, in true time, at its present rate. */
  lastsUs(localMs: number): number {
    return (localMs * MS) / this.#last.rate;
  }

  setRate(rate: number, nowUs: number): void {
    this.#begin(nowUs, { rate, runs: this.#last.runs });
  }

  suspend(nowUs: number): void {
    this.#begin(nowUs, { rate: this.#last.rate, runs: false });
  }

  resume(nowUs: number): void {
    this.#begin(nowUs, { rate: this.#last.rate, runs: true });
  }

  /** A fault of the kernel or of a virtual machine: the monotonic clock goes back. */
  stepBack(byMs: number, nowUs: number): void {
    const at = this.#at(nowUs);
    const monotonicUs = Math.max(0, at.monotonicUs - byMs * MS);
    this.#stretches.push({ ...at, monotonicUs, rate: this.#last.rate, runs: this.#last.runs });
  }

  stepWall(byMs: number): void {
    this.#wallOffsetUs += byMs * MS;
  }

  setCoarse(ms: number): void {
    this.#coarseMs = ms;
  }

  /** The machine starts anew: its clocks begin near zero. */
  reboot(nowUs: number): void {
    this.#stretches.push({
      fromUs: nowUs,
      monotonicUs: 5000 * MS,
      bootUs: 5000 * MS,
      rate: this.#last.rate,
      runs: true,
    });
  }

  #begin(nowUs: number, as: { readonly rate: number; readonly runs: boolean }): void {
    this.#stretches.push({ ...this.#at(nowUs), ...as });
  }

  #at(nowUs: number): { readonly fromUs: number; readonly monotonicUs: number; readonly bootUs: number } {
    const { fromUs, monotonicUs, bootUs, rate, runs } = this.#last;
    const gone = (nowUs - fromUs) * rate;
    return { fromUs: nowUs, monotonicUs: runs ? monotonicUs + gone : monotonicUs, bootUs: bootUs + gone };
  }
}
