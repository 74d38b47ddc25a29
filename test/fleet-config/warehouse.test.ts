// The generated warehouse: the same for the same seed, sound as a site, connected for its robots, wide enough for two.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { conflictsOf } from "../../fleet-config/conflicts.js";
import { driveGridOf, gridProblems } from "../../fleet-config/derive.js";
import { cellAt, type Grid } from "../../fleet-config/grid.js";
import { loadSite } from "../../fleet-config/load.js";
import { parseMovingAi } from "../../fleet-config/maps.js";
import { distancesM } from "../../fleet-config/paths.js";
import { parseSite } from "../../fleet-config/validate.js";
import { generateWarehouse, shiftTasks, warehouseCellM, warehouseRobotsMost } from "../../fleet-config/warehouse.js";
import { siteText } from "../../fleet-config/write.js";
import { warehouseFiles } from "../../scripts/generate-site.js";
import { repositoryRoot } from "./helpers/site.js";

t.test("the warehouse is the same for the same seed and another for another", async (t) => {
  const text = (seed: number) => [...warehouseFiles({ seed, robots: 6 }).values()].join("");
  t.equal(text(1), text(1));
  t.not(text(1), text(2));
});

t.test("the committed warehouse is what the generator writes for seed 1 and 12 robots", async (t) => {
  const folder = join(repositoryRoot(), "fleet-config/sites/warehouse");
  for (const [name, text] of warehouseFiles({ seed: 1, robots: 12 })) {
    t.equal(readFileSync(join(folder, name), "utf8"), text, name);
  }
  const site = loadSite(join(folder, "site.yaml"));
  t.same(
    site.config.robots.map(({ id }) => id),
    Array.from({ length: 12 }, (_, index) => `r${index + 1}`),
  );
});

const choices = [
  { seed: 1, robots: 12 },
  { seed: 2, robots: 1 },
  { seed: 7, robots: warehouseRobotsMost },
];

t.test("the warehouse reads back as the site that was laid out, for few and for most robots", async (t) => {
  for (const choice of choices) {
    const { config, grid, mapText } = generateWarehouse(choice);
    t.same(parseSite(siteText(config, "a warehouse"), "site.yaml"), config);
    t.same(parseMovingAi(mapText, warehouseCellM), grid);
    t.same(gridProblems(config, grid), []);
    t.ok(grid.width * grid.height < 16_000, "small enough to plan on as it is");
  }
  t.throws(() => generateWarehouse({ seed: 1, robots: warehouseRobotsMost + 1 }), {
    message: /robots: expected .* 34, found 35/,
  });
});

t.test("every destination can be reached from every other at the robot's radius and margin", async (t) => {
  for (const choice of choices) {
    const { config, grid } = generateWarehouse(choice);
    const drive = driveGridOf(config, grid);
    const lengths = distancesM(drive, cellAt(drive, 1.25, 3.75));
    const cut = config.destinations.filter(({ xM, yM }) => !Number.isFinite(lengths[cellAt(drive, xM, yM)]));
    t.same(cut, [], `${config.destinations.length} destinations, seed ${choice.seed}`);
  }
});

/** Widths in metres of the runs of free cells between two blocked ones, row by row. */
function runsM(grid: Grid): number[] {
  const widths: number[] = [];
  for (let y = 0; y < grid.height; y += 1) {
    const row = Array.from(grid.blocked.subarray(y * grid.width, (y + 1) * grid.width), (cell) => (cell ? "@" : "."));
    for (const run of row.join("").split("@")) if (run !== "") widths.push(run.length * grid.cellM);
  }
  return widths;
}

t.test("aisles are wide enough for two robots, and who stands in a bay stays out of them", async (t) => {
  const { config, grid } = generateWarehouse({ seed: 1, robots: 12 });
  const { radiusM, marginM } = config.physics;
  const bays = 1.5;
  const aisles = runsM(grid).filter((widthM) => widthM > bays);
  t.ok(Math.min(...aisles) >= 3.5, `narrowest aisle ${Math.min(...aisles)} m`);
  t.ok(Math.min(...aisles) >= 4 * radiusM + 3 * marginM);
  const shut = { ...grid, blocked: Uint8Array.from(grid.blocked) };
  for (const { xM, yM } of config.destinations) {
    for (const dx of [-0.5, 0, 0.5]) for (const dy of [-0.5, 0, 0.5]) shut.blocked[cellAt(grid, xM + dx, yM + dy)] = 1;
  }
  t.ok(Math.min(...runsM(shut)) >= 3.5, "with every bay closed by its robot the aisles are as wide");
});

t.test("homes, chargers and stations are enough, and only chosen places conflict", async (t) => {
  for (const choice of choices) {
    const { config } = generateWarehouse(choice);
    const many = (kind: string) => config.destinations.filter((one) => one.kind === kind).length;
    t.ok(
      many("park") >= choice.robots && many("charge") >= choice.robots / 2 && many("pack") >= 8 && many("pick") >= 40,
    );
    const conflicting = [...conflictsOf(config)].filter(([, others]) => others.length > 0).map(([id]) => id);
    t.ok(conflicting.length >= 4 && conflicting.length <= 8, `${conflicting.length} places conflict`);
    t.ok(
      conflicting.every((id) => id.startsWith("p")),
      "pick faces only",
    );
  }
});

t.test(
  "a shift has tasks from pick faces to packing stations, on average over 10 m, some with three stops",
  async (t) => {
    const { config, grid } = generateWarehouse({ seed: 1, robots: 12 });
    const drive = driveGridOf(config, grid);
    const placeOf = new Map(config.destinations.map((one) => [one.id, one]));
    const cellOf = (id: string) => cellAt(drive, placeOf.get(id)?.xM ?? -1, placeOf.get(id)?.yM ?? -1);
    const shift = shiftTasks({ config, seed: 3 });
    let metres = 0;
    let threes = 0;
    for (let count = 0; count < 60; count += 1) {
      const stops = shift.next().value ?? [];
      const kinds = stops.map((stop: string[]) => new Set(stop.map((id) => placeOf.get(id)?.kind)));
      t.same(
        kinds.map((kind: Set<unknown>) => [...kind]),
        [...Array(stops.length - 1).fill(["pick"]), ["pack"]],
      );
      if (stops.length === 3) threes += 1;
      const lengths = distancesM(drive, cellOf(stops.at(-2)?.[0] ?? ""));
      metres += Math.min(...(stops.at(-1) ?? []).map((id: string) => lengths[cellOf(id)] ?? 0));
    }
    t.ok(metres / 60 >= 10, `mean of the last leg ${(metres / 60).toFixed(1)} m`);
    t.ok(threes > 3 && threes < 25, `${threes} of 60 with three stops`);
  },
);
