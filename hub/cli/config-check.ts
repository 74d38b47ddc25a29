// `drover config check FILE`: reads a site as the hub and the edge would, and prints what follows from it. Asks no hub.

import { EXIT } from "../../proto/errors.js";
import { type Command, positional } from "./command.js";
import { shown } from "./escape.js";
import { CliFailure } from "./failure.js";
import { several } from "./units.js";

const configCheck: Command = {
  name: "config check",
  takes: "FILE",
  least: 1,
  most: 1,
  flags: [],
  says: "reads a site's configuration and its map, and prints what is derived from them",
  run: async (context) => {
    const site = await load(positional(context, 0));
    const { config, derived, grid } = site;
    const { lease } = config;
    const counts = { robots: config.robots.length, fleets: config.fleets.length, places: config.destinations.length };
    const conflicts = [...site.conflicts.values()].reduce((sum, others) => sum + others.length, 0) / 2;
    const map = { file: config.map.file, width: grid.width, height: grid.height, cellM: grid.cellM };
    const json = { sound: true, site: config.site, hash: site.hash, ...counts, conflicts, map, derived };
    await context.out.result(json, () => [
      `site ${shown(config.site)} is sound`,
      `  ${several(counts.robots, "robot")} in ${several(counts.fleets, "fleet")}`,
      `  ${several(counts.places, "destination")}, ${several(conflicts, "conflict")}`,
      `  map ${shown(map.file)}: ${map.width} x ${map.height} cells of ${map.cellM} m`,
      `  lease D ${lease.leaseMs} ms, renewed each ${lease.renewMs} ms; it must exceed ${derived.leaseAboveMs} ms`,
      `  W ${derived.waitMs} ms: from the receipt of a renewal until the lease has certainly lapsed`,
      `  M ${derived.brakeAheadMs} ms: how long before the end of the lease a robot begins to brake`,
      `  hash ${site.hash}`,
    ]);
  },
};

/** Loaded only here, so that no other command pays for the validator. */
export async function load(path: string) {
  const { ConfigRefused, loadSite } = await import("../../fleet-config/load.js");
  try {
    return loadSite(path);
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error;
    throw new CliFailure("CONFIG_REFUSED", error.message, EXIT[error.exitClass]);
  }
}

export const CONFIG = { configCheck } as const;
