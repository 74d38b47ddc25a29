// What the map draws, of now or of the past, as plain values. Pure.

import type { ConsoleSite, LiveView, PastSite } from "../../proto/console.js";
import { NEVER_FRESH, type Verdict } from "../../proto/freshness.js";
import type { Rung } from "../../proto/mode.js";
import type { PlaceState } from "../../proto/operator-views.js";
import { freshnessOf, possibleM } from "./ages.js";

export interface SceneRobot {
  readonly id: string;
  readonly xM: number;
  readonly yM: number;
  readonly headingRad: number;
  readonly rung: Rung | null; // null: not told
  readonly verdict: Verdict;
  readonly share: number; // how far the ring of its age has closed
  readonly ageMs: number;
  readonly possibleM: number; // how far it can be from there by now
  readonly pathM: readonly number[];
  readonly destination: string;
  readonly linked: boolean;
}

export interface ScenePlace {
  readonly state: PlaceState | "NOT_TOLD";
  readonly robot: string;
}

export interface Scene {
  readonly robots: readonly SceneRobot[];
  /** Robots whose position is not known at all. */
  readonly nowhere: readonly string[];
  readonly places: ReadonlyMap<string, ScenePlace>;
}

export function liveScene(
  view: LiveView,
  at: { readonly site: ConsoleSite; readonly viewAgeMs: number; readonly isStale: boolean },
): Scene {
  const robots: SceneRobot[] = [];
  const nowhere: string[] = [];
  for (const robot of Object.values(view.robots)) {
    const { id, pose, rung, pathM, destination, linked } = robot;
    if (robot.absent) continue;
    if (pose === undefined) {
      nowhere.push(id);
      continue;
    }
    const { ageMs, verdict, share } = freshnessOf(robot, at.site, at.viewAgeMs);
    const possible = possibleM(robot, { site: at.site, nowMs: view.site.nowMs, ageMs, isStale: at.isStale });
    robots.push({ id, ...pose, rung, verdict, share, ageMs, possibleM: possible, pathM, destination, linked });
  }
  const places = new Map(Object.values(view.places).map(({ id, state, robot }) => [id, { state, robot }]));
  return { robots, nowhere, places };
}

/** Poses of the past come from the hub's memory, not from its ledger: without them no robot has a place. */
export function pastScene(past: PastSite, site: ConsoleSite): Scene {
  const rungs = new Map(past.modes.filter(({ robot }) => robot !== "").map(({ robot, rung }) => [robot, rung]));
  const held = new Map(past.places.map((place) => [place.id, place]));
  const absent = new Set(past.absent);
  const there = site.robots.filter(({ id }) => !absent.has(id));
  const nowhere: string[] = [];
  const robots: SceneRobot[] = [];
  for (const { id, fleet } of there) {
    const pose = past.poses?.[id];
    if (pose === undefined) {
      nowhere.push(id);
      continue;
    }
    const [xM, yM, headingRad, ageMs] = pose;
    const told = { linked: true, telemetryVerdict: "fresh", fleet, ageBoundMs: ageMs };
    const { verdict, share } = freshnessOf(told as Parameters<typeof freshnessOf>[0], site, 0);
    const destination = past.places.find((place) => place.robot === id && place.phase === "assigned")?.id ?? "";
    robots.push({
      ...{ id, xM, yM, headingRad, rung: rungs.get(id) ?? null, verdict, share, ageMs, destination, linked: true },
      ...{ possibleM: verdict === "fresh" ? 0 : (site.maxSpeedMps * ageMs) / 1000, pathM: [] },
    });
  }
  const places = new Map(
    site.destinations.map(({ id }): [string, ScenePlace] => {
      const claim = held.get(id);
      if (claim === undefined) return [id, { state: "NOT_TOLD", robot: "" }];
      return [id, { state: claim.lapsed ? "LAPSED_UNKNOWN" : "CLAIMED", robot: claim.robot }];
    }),
  );
  return { robots, nowhere, places };
}

/** Whether a robot is shown as an area where it can be, not as a point. */
export function isArea({ verdict, ageMs }: SceneRobot): boolean {
  return verdict !== "fresh" || ageMs === NEVER_FRESH;
}
