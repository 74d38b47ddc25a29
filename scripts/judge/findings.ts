// What the judge found: one count per zero of the report, and the first findings of each in words.

/**
 * The numbers that must be zero. `conflicts` R1, `collisions` any touch, `commandsAfterLease` R2, `falseFresh` R6,
 * `tokens` R5 (and a ledger without gaps, on which the claims rest), `taskEnds` R10.
 */
export const ZEROS = ["conflicts", "collisions", "commandsAfterLease", "falseFresh", "tokens", "taskEnds"] as const;
export type Zero = (typeof ZEROS)[number];
export type ZeroCounts = Readonly<Record<Zero, number>>;

export interface Finding {
  readonly zero: Zero;
  readonly t: number;
  readonly says: string;
}

/** Findings kept in words per zero; all of them are counted. */
const KEPT_MOST = 100;

export class Findings {
  readonly #counts = new Map<Zero, number>();
  readonly #kept: Finding[] = [];

  add(finding: Finding): void {
    const count = (this.#counts.get(finding.zero) ?? 0) + 1;
    this.#counts.set(finding.zero, count);
    if (count <= KEPT_MOST) this.#kept.push(finding);
  }

  counts(): ZeroCounts {
    return Object.fromEntries(ZEROS.map((zero) => [zero, this.#counts.get(zero) ?? 0])) as ZeroCounts;
  }

  kept(): readonly Finding[] {
    return [...this.#kept];
  }
}
