// R6 as the page keeps it: an age on the screen never errs upwards in freshness. The page anchors the hub's clock by a
// question: what the hub answered it read after the question left. From then on every view is as old as that says, so a
// view that waited on its way, or a stream that stands, only makes ages grow. Pure; the page's clock is an argument.

import { reachM } from "../../proto/claim.js";
import type { ConsoleSite, LiveRobot } from "../../proto/console.js";
import { type FreshnessLimit, NEVER_FRESH, type Verdict, verdictOf, worseVerdict } from "../../proto/freshness.js";

/** How much two machines' clocks differ at the most in length; the anchor is renewed long before that shows. */
const DRIFT = 0.001;

export class HubClock {
  #askedMs: number | null = null; // page's clock
  #readMs = 0; // hub's clock

  /** The hub read `readMs` after the page's clock showed `askedMs`. */
  anchor(askedMs: number, readMs: number): void {
    this.#askedMs = askedMs;
    this.#readMs = readMs;
  }

  /** The most that has passed since the hub's clock showed `hubMs`, in ms; infinite before the first anchor. */
  sinceMs(hubMs: number, nowMs: number): number {
    if (this.#askedMs === null) return NEVER_FRESH;
    const elapsedMs = (nowMs - this.#askedMs) * (1 + DRIFT) - (hubMs - this.#readMs);
    return Math.max(0, Math.ceil(elapsedMs));
  }
}

/** Both clocks of the page's machine; a suspended machine shows in the second alone. */
export interface PageReading {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

const SLEPT_MS = 1000;

/** A page clock that counts the time in which its machine slept: then everything shown is as old as that. */
export class PageClock {
  #last: PageReading;
  #sleptMs = 0;

  constructor(first: PageReading) {
    this.#last = first;
  }

  /** To be called often. Gives the page's clock, ms. */
  read(now: PageReading): number {
    const gapMs = now.wallMs - this.#last.wallMs - (now.monotonicMs - this.#last.monotonicMs);
    if (gapMs > SLEPT_MS) this.#sleptMs += gapMs;
    this.#last = now;
    return now.monotonicMs + this.#sleptMs;
  }
}

/** The limits against which a fleet's telemetry is judged on the map: of the pose, or of the only channel. */
export function limitOf(site: ConsoleSite, fleet: string): FreshnessLimit {
  const channels = site.fleets.find(({ id }) => id === fleet)?.channels ?? {};
  return channels.pose ?? Object.values(channels)[0] ?? { limitMs: 0, lostMs: 0 };
}

export interface Freshness {
  readonly ageMs: number; // NEVER_FRESH: nothing was ever fresh
  readonly verdict: Verdict;
  /** From 0 (fresh) to 1 (lost): how far the ring has closed. */
  readonly share: number;
}

/** How old a robot's telemetry is by now, when its view was made `viewAgeMs` ago. Never better than the hub said. */
export function freshnessOf(robot: LiveRobot, site: ConsoleSite, viewAgeMs: number): Freshness {
  const limit = limitOf(site, robot.fleet);
  const ageMs = robot.ageBoundMs === undefined ? NEVER_FRESH : robot.ageBoundMs + viewAgeMs;
  const told: Verdict =
    robot.telemetryVerdict === "fresh" || robot.telemetryVerdict === "late" ? robot.telemetryVerdict : "lost";
  const verdict = worseVerdict(told, verdictOf(ageMs, limit));
  return { ageMs, verdict, share: Math.min(1, ageMs / Math.max(1, limit.lostMs)) };
}

/** What is left of a lease, ms; undefined: the hub says that none runs. */
export function leaseLeftMs(robot: LiveRobot, viewAgeMs: number): number | undefined {
  if (robot.leaseLeftMs === undefined) return undefined;
  return Math.max(0, robot.leaseLeftMs - viewAgeMs); // that it has ended only the hub can say: it may have renewed it
}

/**
 * R4: how far a robot can be from its last pose by now, in metres: no longer than its lease can have let it drive. The
 * same rule by which the hub keeps places taken. A lease that the hub does not know of bounds nothing, nor does
 * one that may have been renewed since the view was made.
 */
export function possibleM(
  robot: LiveRobot,
  seen: { readonly site: ConsoleSite; readonly nowMs: number; readonly ageMs: number; readonly isStale: boolean },
): number {
  const { site, nowMs, ageMs, isStale } = seen;
  if (ageMs === NEVER_FRESH) return Number.POSITIVE_INFINITY;
  const { leaseEndMs } = robot;
  const capturedMs = nowMs - (robot.ageBoundMs ?? 0); // nowMs: when the view was made, hub's clock
  const motionLeftMs =
    leaseEndMs === undefined || isStale ? NEVER_FRESH : Math.max(0, leaseEndMs - capturedMs) / (1 - site.rhoHub);
  return reachM({ errorM: robot.errorM, ageBoundMs: ageMs, motionLeftMs, maxSpeedMps: site.maxSpeedMps });
}
