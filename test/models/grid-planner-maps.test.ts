// The reference planner on other people's maps: its field against Dijkstra's at uniform and at uneven cost, and its
// path lengths against the published optimal lengths. Prints the figures that the model card gives.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Grid } from "./helpers/dijkstra.js";
import { aPlanner, worstError } from "./helpers/field.js";
import { dataFolder, readMovingAi, readRosMap, scenarioRows } from "./helpers/maps.js";

const TOLERANCE = 2e-6;
const SCENARIO_TOLERANCE = 1e-6;
const MAX_CELLS = 16_000;

/** The same walls with costs between 1 and 4 that look drawn and are always the same. */
function uneven(grid: Grid): Grid {
  const cost = grid.cost.map((value, cell) => (value > 0 ? 1 + ((cell * 2_654_435_761) % 1_000) / 333 : 0));
  return { ...grid, cost };
}

/** The free cell closest to this share of the way through the grid. */
function freeCell(grid: Grid, share: number): number {
  const from = Math.floor(grid.cost.length * share);
  const after = grid.cost.findIndex((value, cell) => cell >= from && value > 0);
  return after >= 0 ? after : grid.cost.findIndex((value) => value > 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const data = dataFolder();
const skip = "missing" in data ? data.missing : false;

t.test("R11 grid-planner agrees with Dijkstra and with the optimal lengths on every map", { skip }, async (t) => {
  const folder = "folder" in data ? data.folder : "";
  const planner = await aPlanner();
  const octile = join(folder, "maps/movingai");
  const ros = join(folder, "maps/ros");
  const grids = new Map<string, Grid>();
  for (const name of readdirSync(octile)) {
    if (name.endsWith(".map")) grids.set(name, readMovingAi(join(octile, name)));
  }
  for (const name of readdirSync(ros, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".yaml")) grids.set(name, readRosMap(join(ros, name), MAX_CELLS));
  }
  t.ok(grids.size >= 10, `found ${grids.size} maps`);
  let worst = 0;
  for (const [name, grid] of grids) {
    const tookMs: number[] = [];
    let onMap = 0;
    for (const share of [0, 0.35, 0.7]) {
      for (const terrain of [grid, uneven(grid)]) {
        const seeds = new Map([[freeCell(terrain, share), 0]]);
        const field = await planner(terrain, seeds);
        onMap = Math.max(onMap, worstError(terrain, seeds, field));
        tookMs.push(field.tookMs);
      }
    }
    worst = Math.max(worst, onMap);
    const size = `${grid.width} x ${grid.height}`;
    t.ok(
      onMap <= TOLERANCE,
      `${name} ${size}: relative error ${onMap.toExponential(1)}, ${median(tookMs).toFixed(1)} ms`,
    );
  }
  t.comment(`largest relative error against Dijkstra ${worst.toExponential(2)}`);

  let rowCount = 0;
  let worstLength = 0;
  for (const [name, grid] of grids) {
    if (!name.endsWith(".map")) continue;
    const rows = scenarioRows(octile, name.slice(0, -".map".length), grid.width);
    t.ok(rows.length > 0, `${name} has a scenario`);
    for (const { start, goal, optimal } of rows) {
      const { value } = await planner(grid, new Map([[goal, 0]]));
      const length = value[start] as number;
      const error = length === optimal ? 0 : Math.abs(length - optimal) / optimal;
      worstLength = Math.max(worstLength, error);
      if (!(error <= SCENARIO_TOLERANCE)) t.fail(`${name} ${start} to ${goal}: expected ${optimal}, found ${length}`);
    }
    rowCount += rows.length;
  }
  t.ok(
    worstLength <= SCENARIO_TOLERANCE,
    `${rowCount} optimal lengths, relative error ${worstLength.toExponential(2)}`,
  );
});
