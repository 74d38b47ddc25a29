// The judge of a run, outside the product: it takes the trace line by line, as it comes or from a file, and recomputes
// every zero of the report by its own arithmetic. It shares no code with the hub or the edge.

import { Claims } from "./claims.js";
import { Collisions } from "./collisions.js";
import { type Finding, Findings, ZEROS, type ZeroCounts } from "./findings.js";
import { type Downgrade, Freshness } from "./freshness.js";
import { PoseHistory } from "./history.js";
import { Leases } from "./leases.js";
import type { FaultLine, ModeLine, PoseLine, SiteLine, TraceLine } from "./trace.js";

export interface Spread {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface Verdict {
  readonly sound: boolean; // every zero is zero
  readonly zeros: ZeroCounts;
  readonly findings: readonly Finding[]; // the first of each zero, in words
  readonly durationMs: number;
  readonly lines: number;
  readonly drivenM: Readonly<Record<string, number>>; // by robot
  readonly drivenTotalM: number;
  readonly ledgerEvents: number;
  readonly modeChanges: readonly ModeLine[];
  readonly faults: readonly FaultLine[];
  readonly downgrades: readonly Downgrade[];
  readonly downgradeLatencyMs: Spread;
  readonly recoveryMs: Spread; // from the return of telemetry to the top rung
  readonly longestPoseGapMs: number; // of a robot in motion: larger gaps weaken `collisions`
}

interface Checkers {
  readonly claims: Claims;
  readonly collisions: Collisions;
  readonly leases: Leases;
  readonly freshness: Freshness;
  readonly histories: ReadonlyMap<string, PoseHistory>;
}

/** Mode changes and faults kept for the report, each. */
const KEPT_MOST = 10_000;

export class Judge {
  readonly #findings = new Findings();
  readonly #modeChanges: ModeLine[] = [];
  readonly #faults: FaultLine[] = [];
  #checkers: Checkers | null = null;
  #lines = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Takes the next line. Throws when the first is not the site, when a second site comes, or for an unknown robot. */
  take(line: TraceLine): void {
    this.#lines += 1;
    this.#firstMs = Math.min(this.#firstMs, line.t);
    this.#lastMs = Math.max(this.#lastMs, line.t);
    if (this.#checkers === null) {
      if (line.kind !== "site") throw new Error(`trace line 1: expected kind "site", found "${line.kind}"`);
      this.#checkers = checkersOf(line, this.#findings);
      return;
    }
    this.#pass(line, this.#checkers);
  }

  verdict(): Verdict {
    const zeros = this.#findings.counts();
    const histories = [...(this.#checkers?.histories ?? [])];
    const downgrades = this.#checkers?.freshness.downgrades(this.#lastMs) ?? [];
    const drivenM = Object.fromEntries(histories.map(([robot, history]) => [robot, history.drivenM]));
    return {
      sound: ZEROS.every((zero) => zeros[zero] === 0),
      zeros,
      findings: this.#findings.kept(),
      durationMs: this.#lines === 0 ? 0 : this.#lastMs - this.#firstMs,
      lines: this.#lines,
      drivenM,
      drivenTotalM: Object.values(drivenM).reduce((sum, metres) => sum + metres, 0),
      ledgerEvents: this.#checkers?.claims.events ?? 0,
      modeChanges: [...this.#modeChanges],
      faults: [...this.#faults],
      downgrades,
      downgradeLatencyMs: spreadOf(downgrades.map((downgrade) => downgrade.latencyMs)),
      recoveryMs: spreadOf(downgrades.map(recoveryOf)),
      longestPoseGapMs: Math.max(0, ...histories.map(([, history]) => history.longestGapMs)),
    };
  }

  #pass(line: TraceLine, checkers: Checkers): void {
    switch (line.kind) {
      case "site":
        throw new Error(`trace line ${this.#lines}: expected one site, found another, "${line.site}"`);
      case "pose":
        this.#pose(line, checkers);
        return;
      case "command":
        checkers.leases.command(line);
        checkers.freshness.command(line);
        return;
      case "ledger":
        checkers.claims.ledger(line);
        return;
      case "mode":
        if (this.#modeChanges.length < KEPT_MOST) this.#modeChanges.push(line);
        return;
      case "fault":
        if (this.#faults.length < KEPT_MOST) this.#faults.push(line);
        return;
      case "telemetry":
        checkers.freshness.telemetry(line);
        return;
      case "contact":
        checkers.collisions.contact(line);
        return;
    }
  }

  #pose(line: PoseLine, checkers: Checkers): void {
    const history = checkers.histories.get(line.robot);
    if (history === undefined) {
      throw new Error(`trace line ${this.#lines}: expected a robot of the site line, found "${line.robot}"`);
    }
    const before = history.add(line);
    checkers.leases.pose(line);
    if (before !== undefined) checkers.collisions.pose(before, line);
  }
}

function checkersOf(site: SiteLine, findings: Findings): Checkers {
  const histories = new Map(site.robots.map((robot) => [robot.id, new PoseHistory()]));
  return {
    claims: new Claims(site, { histories, findings }),
    collisions: new Collisions(site, { histories, findings }),
    leases: new Leases(site, { findings }),
    freshness: new Freshness(site, { findings }),
    histories,
  };
}

function recoveryOf(downgrade: Downgrade): number | null {
  const { backAtMs, recoveredAtMs } = downgrade;
  return backAtMs === null || recoveredAtMs === null ? null : recoveredAtMs - backAtMs;
}

/** Median, 99th percentile (nearest rank) and maximum; null without numbers. */
function spreadOf(numbers: readonly (number | null)[]): Spread {
  const sorted = numbers.filter((number) => number !== null).sort((a, b) => a - b);
  const rank = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { p50: rank(0.5), p99: rank(0.99), max: sorted.at(-1) ?? null };
}
