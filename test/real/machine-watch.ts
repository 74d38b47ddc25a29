// Whether the machine itself stood still: this process was not run when it was due, or a core was taken away by the
// host of a virtual machine. Robots lower themselves then, as they shall, and what a run shows of their liveness is a
// statement on the machine.

import { readFileSync } from "node:fs";

const LOOK_MS = 50;
/** Of the kernel's counts of time per core: user nice system idle iowait irq softirq steal. */
const STEAL = 8;
const TICK_MS = 10;

/** For how long each core was taken away since the machine started; none where the kernel does not tell. */
function stolenMs(): readonly number[] {
  try {
    const cores = readFileSync("/proc/stat", "utf8").split("\n");
    return cores.filter((line) => /^cpu\d/.test(line)).map((line) => Number(line.split(/ +/)[STEAL]) * TICK_MS);
  } catch {
    return [];
  }
}

/** What this process itself has used of the cores: while it is at work, it is not held up. */
export function busyMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export class MachineWatch {
  readonly #timer: NodeJS.Timeout;
  readonly #stolenMs: () => readonly number[];
  #lastMs = performance.now();
  #busyMs = busyMs();
  #stolen: readonly number[];
  #longestMs = 0;

  /** Begins to look. `stolen`: for how many milliseconds each core was taken away so far. */
  constructor(stolen = stolenMs) {
    this.#stolenMs = stolen;
    this.#stolen = stolen();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Stops looking, and gives the longest time for which the machine or one of its cores stood still. */
  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return Math.round(this.#longestMs);
  }

  #look(): void {
    const [nowMs, busy, stolen] = [performance.now(), busyMs(), this.#stolenMs()];
    const taken = stolen.map((ms, core) => ms - (this.#stolen[core] ?? ms)).filter(Number.isFinite);
    const notRun = nowMs - this.#lastMs - LOOK_MS - (busy - this.#busyMs);
    this.#longestMs = Math.max(this.#longestMs, notRun, ...taken);
    [this.#lastMs, this.#busyMs, this.#stolen] = [nowMs, busy, stolen];
  }
}
