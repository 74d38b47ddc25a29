// R13: a bounded rate. A budget fills by `perSecond` up to `burst` and each message spends one. The burst is generous,
// because a process that was stopped finds everything that waited for it in one read.

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export class Budget {
  readonly #limit: RateLimit;
  #left: number;
  #atMs: number;

  constructor(limit: RateLimit, nowMs: number) {
    this.#limit = limit;
    this.#left = limit.burst;
    this.#atMs = nowMs;
  }

  /** Spends one; false when nothing is left. */
  spend(nowMs: number): boolean {
    const { perSecond, burst } = this.#limit;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) * perSecond) / 1000);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
