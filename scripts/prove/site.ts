// The site of a scene, as the edge reads it: its robots' targets are the destinations.

import { defaultedParts, fleetOf, simulatedLease } from "../../fleet-config/defaults.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import type { Scene } from "./scene.js";

/** Plans of the short time before the fall; fewer than usual, for they cost more than all the rest. */
const PLAN_MS = 250;

/** How long a base obeys its last command. */
export const DEADMAN_MS = 300;

/** The destination that a robot of the scene drives to. */
export function destinationOf(robot: string): string {
  return `to-${robot}`;
}

export function siteOf({ body, map, robots }: Scene): SiteConfig {
  const { decisions, health, battery, limits, models, interplay, dispatch } = defaultedParts();
  const { radiusM, marginM, maxSpeedMps, reactiveSpeedMps, accelMps2, brakeMps2 } = body;
  return {
    schema: 1,
    site: "proving-ground",
    map: { file: "scene.map", format: "movingai", cellM: map.cellM },
    destinations: robots.map(({ id, target }) => ({
      ...{ id: destinationOf(id), ...target, footprintRadiusM: radiusM + marginM, kind: "pick" as const },
    })),
    fleets: [fleetOf("proved")],
    robots: robots.map(({ id }) => ({ id, fleet: "proved", home: destinationOf(id) })),
    decisions,
    health,
    lease: { ...simulatedLease(), deadmanMs: DEADMAN_MS, brakingMs: Math.ceil((1000 * maxSpeedMps) / brakeMps2) },
    physics: {
      ...{ radiusM, marginM, maxSpeedMps, reactiveSpeedMps, accelMps2, brakeMps2, maxTurnRadps: 1.8 },
      ...{ arriveM: Math.min(0.15, radiusM / 2), settleMs: 400, poseErrorMaxM: 0.3 },
    },
    battery,
    dispatch,
    models,
    interplay,
    limits: { ...limits, localPlanMs: PLAN_MS },
  };
}
