// The generated warehouse for the benches of the hub, with more robots than it has homes for.

import { driveGridOf } from "../../fleet-config/derive.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import { generateWarehouse, warehouseRobotsMost } from "../../fleet-config/warehouse.js";
import { Travel } from "../../hub/core/dispatch/travel.js";

/** The warehouse with so many robots; those beyond its homes start on pick faces. */
export function warehouseOf(robots: number) {
  const { config, grid } = generateWarehouse({ seed: 1, robots: Math.min(robots, warehouseRobotsMost) });
  const picks = config.destinations.filter(({ kind }) => kind === "pick");
  const more = Array.from({ length: Math.max(0, robots - warehouseRobotsMost) }, (_, index) => {
    const home = picks[index * 2]?.id ?? "";
    return { id: `r${warehouseRobotsMost + index + 1}`, fleet: config.fleets[0]?.id ?? "", home };
  });
  const full: SiteConfig = { ...config, robots: [...config.robots, ...more] };
  const travel = new Travel({ grid: driveGridOf(full, grid), destinations: full.destinations });
  return { config: full, grid, travel };
}
