// What the console remembers of robots: a sample per second, in memory, bounded (R13). Poses are in no ledger, so this
// is all that a look back can show of them, and it ends where the memory ends.

import { confidenceNow, unsureOf } from "../../proto/confidence.js";
import { type LiveRobot, TRAIL_FIELDS, type TrailField, type TrailView } from "../../proto/console.js";
import { severity } from "../../proto/mode.js";
import type { RobotView, SiteView } from "../../proto/operator-views.js";

export const TRAIL_PERIOD_MS = 1000;
const SAMPLES_MOST = 1800; // half an hour
const NUMBERS_MOST = 8_000_000; // of all robots together: 32 MB
/** A sample is taken for an instant when it lies no further from it than this. */
const NEAR_MS = 2000;

/** The last word of a silent robot is no sample of later seconds. */
function isFresh({ telemetryVerdict }: RobotView): boolean {
  return telemetryVerdict === "fresh";
}

function unsureNow(robot: RobotView): number | null {
  const told = isFresh(robot) ? confidenceNow(robot.model) : undefined;
  return told === undefined ? null : unsureOf([told]);
}

const VALUES: Readonly<Record<TrailField, (robot: RobotView) => number | undefined>> = {
  xM: ({ pose }) => pose?.xM,
  yM: ({ pose }) => pose?.yM,
  headingRad: ({ pose }) => pose?.headingRad,
  ageMs: ({ ageBoundMs }) => ageBoundMs,
  planMs: (robot) => (isFresh(robot) ? robot.planMs : undefined),
  inferenceMs: (robot) => (isFresh(robot) && robot.plans > 0 ? robot.inferenceMs : undefined),
  plans: ({ plans }) => plans,
  misses: ({ planDeadlineMisses }) => planDeadlineMisses,
  unsure: (robot) => unsureNow(robot) ?? undefined,
  speedMps: (robot) => (isFresh(robot) && robot.pose !== undefined ? robot.speedMps : undefined),
  rung: ({ rung }) => severity(rung),
};

export class Trail {
  readonly #most: number;
  readonly #wallMs: Float64Array;
  readonly #robots = new Map<string, Float32Array>();
  readonly #leaseEnds = new Map<string, number>();
  #taken = 0;
  #lastMs = 0; // on the hub's clock

  constructor(robots: readonly string[]) {
    const numbers = Math.max(1, robots.length) * TRAIL_FIELDS.length;
    this.#most = Math.max(60, Math.min(SAMPLES_MOST, Math.floor(NUMBERS_MOST / numbers)));
    this.#wallMs = new Float64Array(this.#most);
    for (const id of robots) this.#robots.set(id, new Float32Array(this.#most * TRAIL_FIELDS.length));
  }

  take(view: SiteView, wallMs: number): void {
    const at = this.#taken % this.#most;
    this.#wallMs[at] = wallMs;
    for (const robot of view.robots) {
      const ring = this.#robots.get(robot.id);
      if (ring === undefined) continue;
      TRAIL_FIELDS.forEach((field, index) => {
        ring[at * TRAIL_FIELDS.length + index] = VALUES[field](robot) ?? Number.NaN;
      });
    }
    this.#taken += 1;
    this.#lastMs = view.nowMs;
    this.noteLeases(view);
  }

  /** Remembers where each lease ends, because a lease that has lapsed is shown as none. */
  noteLeases({ robots, nowMs }: SiteView): void {
    for (const { id, leaseLeftMs } of robots)
      if (leaseLeftMs !== undefined && this.#robots.has(id)) this.#leaseEnds.set(id, nowMs + leaseLeftMs);
  }

  withLease(robot: RobotView): LiveRobot {
    return { ...robot, leaseEndMs: this.#leaseEnds.get(robot.id) };
  }

  /** undefined: no such robot. */
  of(robot: string, nowMs: number): TrailView | undefined {
    const ring = this.#robots.get(robot);
    if (ring === undefined) return undefined;
    const places = this.#places();
    const series = Object.fromEntries(
      TRAIL_FIELDS.map((field, index) => [
        field,
        places.map((at) => rounded(ring[at * TRAIL_FIELDS.length + index] ?? Number.NaN)),
      ]),
    ) as unknown as TrailView["series"];
    return { robot, periodMs: TRAIL_PERIOD_MS, endedAgoMs: Math.max(0, nowMs - this.#lastMs), series };
  }

  /** The poses at an instant of the wall clock; null where nothing is remembered of it. */
  posesAt(wallMs: number): Readonly<Record<string, readonly [number, number, number, number]>> | null {
    let best = -1;
    for (const at of this.#places()) {
      const offMs = Math.abs((this.#wallMs[at] ?? 0) - wallMs);
      if (offMs <= NEAR_MS && (best < 0 || offMs < Math.abs((this.#wallMs[best] ?? 0) - wallMs))) best = at;
    }
    if (best < 0) return null;
    const poses: Record<string, [number, number, number, number]> = {};
    for (const [id, ring] of this.#robots) {
      const [xM = 0, yM = 0, headingRad = 0, ageMs = 0] = ring.subarray(best * TRAIL_FIELDS.length);
      if (!Number.isNaN(xM) && !Number.isNaN(ageMs)) poses[id] = [xM, yM, headingRad, ageMs];
    }
    return poses;
  }

  /** Indices of the samples, oldest first. */
  #places(): number[] {
    const count = Math.min(this.#taken, this.#most);
    return Array.from({ length: count }, (_, index) => (this.#taken - count + index) % this.#most);
  }
}

/** JSON has no NaN. */
function rounded(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1000) / 1000;
}
