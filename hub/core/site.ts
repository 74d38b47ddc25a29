// What the hub's core knows of its site and never changes while it runs: the parsed configuration and what follows from
// it.

import { type BoundaryTable, boundaryTable } from "../../fleet-config/boundary.js";
import type { Grid } from "../../fleet-config/grid.js";
import type { Destination, FleetConfig, RobotConfig, SiteConfig } from "../../fleet-config/types.js";
import type { Conflicts } from "../../proto/claim.js";
import { hubWaitMs } from "../../proto/lease.js";

export interface Site {
  readonly config: SiteConfig;
  readonly grid: Grid;
  readonly conflicts: Conflicts;
  readonly hash: string;
  readonly software: string;
  readonly boundary: BoundaryTable;
  readonly asksToClimb: boolean; // whether any robot needs a person to climb on good evidence
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly fleets: ReadonlyMap<string, FleetConfig>;
  readonly robots: ReadonlyMap<string, RobotConfig>;
}

export function makeSite(parts: Pick<Site, "config" | "grid" | "conflicts" | "hash" | "software">): Site {
  const boundary = boundaryTable(parts.config);
  return {
    config: parts.config,
    grid: parts.grid,
    conflicts: parts.conflicts,
    hash: parts.hash,
    software: parts.software,
    boundary,
    asksToClimb: [boundary.raise.ways.REACTIVE_ONLY, boundary.raise.ways.CONFIRM].includes("ask"),
    destinations: new Map(parts.config.destinations.map((destination) => [destination.id, destination])),
    fleets: new Map(parts.config.fleets.map((fleet) => [fleet.id, fleet])),
    robots: new Map(parts.config.robots.map((robot) => [robot.id, robot])),
  };
}

/** R3: W for leases of `leaseMs`. */
export function waitMsFor(site: Site, leaseMs: number): number {
  return hubWaitMs({ ...site.config.lease, leaseMs });
}

/** R5: W of any lease that this site ever granted, the present one counted in. */
export function longestWaitOf(state: {
  readonly site: Site;
  readonly ledger: { readonly longestWaitMs: number };
}): number {
  return Math.max(state.ledger.longestWaitMs, waitMsFor(state.site, state.site.config.lease.leaseMs));
}
