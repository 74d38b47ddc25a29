// One line in the log for many that would say the same: whoever dials again and again writes no disk full.

const TOLD_MS = 1000;

export class Flood {
  readonly #nowMs: () => number;
  readonly #tell: (count: number, last: string) => void;
  #toldMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `tell`: how many came since it was last told, and what the last one says. */
  constructor(nowMs: () => number, tell: (count: number, last: string) => void) {
    this.#nowMs = nowMs;
    this.#tell = tell;
  }

  /** Tells at once, and then at most once a second. */
  add(says: string): void {
    this.#count += 1;
    const nowMs = this.#nowMs();
    if (nowMs - this.#toldMs < TOLD_MS) return;
    this.#toldMs = nowMs;
    this.#tell(this.#count, says);
    this.#count = 0;
  }
}
