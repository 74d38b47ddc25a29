// What the planning runtime costs: a controller model on its whole way through a live edge, the control loop beside a
// model that never rests, and plans of the reference planner. Each beside the same model in this process, in the same
// run.

import type { Row } from "./bench.js";
import { gridRows } from "./planner-grids.js";
import { liveRows } from "./planner-live.js";
import { loopRows } from "./planner-loop.js";

export async function run(): Promise<readonly Row[]> {
  return [...(await liveRows()), ...(await loopRows()), ...(await gridRows())];
}
