// The small room that the tests of an edge drive in, and its site.

import { defaultedParts, fleetOf, simulatedLease, simulatedPhysics } from "../../../fleet-config/defaults.js";
import type { FleetConfig, ModelsConfig, SiteConfig } from "../../../fleet-config/types.js";
import { gridOf } from "./motion/world.js";

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
