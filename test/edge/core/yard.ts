// The small room that the tests of an edge drive in, and its site.

import { NO_CONTROLLERS } from "../../../edge/core/controller/slots.js";
import { watchedOf } from "../../../edge/core/health/health.js";
import type { EdgeContext } from "../../../edge/core/types.js";
import { defaultedParts, fleetOf, simulatedLease, simulatedPhysics } from "../../../fleet-config/defaults.js";
import type { FleetConfig, ModelsConfig, SiteConfig } from "../../../fleet-config/types.js";
import { brakeAheadMs } from "../../../proto/lease.js";
import type { EdgeOptions } from "./edge-under-test.js";
import { gridOf } from "./motion/world.js";
import { PLANNER, POLICY } from "./policy.js";

export const WIDTH = 24;
export const HEIGHT = 10;

const PLACES = [
  ["P1", 20.5, 5],
  ["P2", 4.5, 2.5],
  ["P3", 20.5, 2.5],
] as const;

export function roomGrid() {
  const wall = "#".repeat(WIDTH);
  return gridOf([wall, ...Array.from({ length: HEIGHT - 2 }, () => `#${".".repeat(WIDTH - 2)}#`), wall]);
}

export function configOf(
  change: (fleet: FleetConfig) => FleetConfig = (fleet) => fleet,
  models: Partial<ModelsConfig> = {},
): SiteConfig {
  const parts = defaultedParts();
  return {
    ...{ schema: 1, site: "yard", map: { file: "yard.map", format: "movingai", cellM: 1 } },
    destinations: PLACES.map(([id, xM, yM]) => {
      return { id, xM, yM, headingRad: 0, footprintRadiusM: 0.6, kind: "point" };
    }),
    fleets: [change(fleetOf("pickers"))],
    robots: [{ id: "r1", fleet: "pickers", home: "P2" }],
    lease: simulatedLease(),
    physics: simulatedPhysics({ radiusM: 0.35, marginM: 0.1, maxSpeedMps: 1.5 }),
    ...parts,
    models: { ...parts.models, ...models },
  };
}

/** A robot of that site, with its models and a policy that only tests speak of. */
export function contextOf(
  config: SiteConfig,
  { controllers = NO_CONTROLLERS, reference, boot = "boot1" }: Pick<EdgeOptions, "controllers" | "reference" | "boot">,
): EdgeContext {
  const [fleet] = config.fleets;
  if (fleet === undefined) throw new Error("a fleet");
  const held = [controllers.live, controllers.candidate].filter((manifest) => manifest !== null);
  return {
    ...{ robot: "r1", fleet, config, configHash: "config", software: "0", boot },
    ...{ brakeAheadMs: brakeAheadMs(config.lease), model: "dijkstra", controllers },
    watched: [PLANNER, POLICY, ...held.map((manifest) => watchedOf(manifest, reference))],
  };
}
