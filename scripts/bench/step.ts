// What a simulated world pays for the pure cores: one edge with a scan of 16 rays that stands or drives, and the hub of
// 20 robots and 30 destinations with work and without. Times are means over ten simulated seconds.

import type { Row } from "./bench.js";
import { edgeLoad, hubLoad, rowsOf } from "./core.js";
import { EdgeLoad } from "./edge-load.js";
import { HubLoad } from "./hub-load.js";

const RAYS = 16;
const ROBOTS = 20;
const DESTINATIONS = 30;

export async function run(): Promise<readonly Row[]> {
  const site = { destinations: DESTINATIONS };
  return [
    ...rowsOf(edgeLoad("edge, standing", new EdgeLoad({ rays: RAYS, stands: true }))),
    ...rowsOf(edgeLoad("edge, driving", new EdgeLoad({ rays: RAYS }))),
    ...rowsOf(hubLoad("hub, idle", new HubLoad(ROBOTS, { ...site, idle: true }))),
    ...rowsOf(hubLoad("hub, working", new HubLoad(ROBOTS, site))),
  ];
}
