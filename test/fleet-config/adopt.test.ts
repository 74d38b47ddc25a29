// Sites of other people's maps: sound as a site, every place reachable, tasks as the scenario or the seed says.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { type Adopted, type Adoption, siteFromMap } from "../../fleet-config/adopt.js";
import { conflictsOf } from "../../fleet-config/conflicts.js";
import { driveGridOf, gridProblems, planCellsMost } from "../../fleet-config/derive.js";
import { cellAt, type Grid } from "../../fleet-config/grid.js";
import { parseMovingAi, parseRosMap, parseRosYaml, parseScenario } from "../../fleet-config/maps.js";
import { distancesM } from "../../fleet-config/paths.js";
import { parseSite } from "../../fleet-config/validate.js";
import { siteText } from "../../fleet-config/write.js";
import { problemsOf, realData } from "./helpers/site.js";

const { folder, missing } = realData();
const moving = join(folder, "maps/movingai");

function adopt(grid: Grid, more: Partial<Adoption> & { readonly mapFile: string }): Adopted {
  const name = more.mapFile.replace(/\..*$/, "");
  return siteFromMap({ grid, format: "movingai", cellM: grid.cellM, name, robots: 6, seed: 1, ...more });
}

/** What is wrong with an adopted site; empty when nothing. */
function flawsOf({ config, tasks }: Adopted, grid: Grid): string[] {
  const flaws = gridProblems(config, grid).map(({ found }) => found);
  const drive = driveGridOf(config, grid);
  if (drive.width * drive.height > planCellsMost) flaws.push(`${drive.width * drive.height} cells to plan on`);
  const cells = new Map(config.destinations.map(({ id, xM, yM }) => [id, cellAt(drive, xM, yM)]));
  const lengths = distancesM(drive, cells.get("home-1") ?? -1);
  for (const [id, cell] of cells) if (!Number.isFinite(lengths[cell])) flaws.push(`${id} cannot be reached`);
  const conflicts = conflictsOf(config);
  for (const { home } of config.robots) {
    for (const other of conflicts.get(home) ?? []) if (other.startsWith("home-")) flaws.push(`${home} and ${other}`);
  }
  for (const id of tasks.flat(2)) if (!cells.has(id)) flaws.push(`a task names ${id}`);
  const text = siteText(config, "adopted");
  if (JSON.stringify(sorted(parseSite(text, "site.yaml"))) !== JSON.stringify(sorted(config)))
    flaws.push("another when read back");
  return flaws;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

t.test("every real MovingAI map becomes a sound site, with and without its scenario", { skip: missing }, async (t) => {
  for (const mapFile of readdirSync(moving).filter((name) => name.endsWith(".map"))) {
    const grid = parseMovingAi(readFileSync(join(moving, mapFile), "utf8"), 1);
    const plain = adopt(grid, { mapFile });
    t.same(flawsOf(plain, grid), [], mapFile);
    t.ok(plain.tasks.length >= 20, `${mapFile}: ${plain.tasks.length} tasks`);
    const file = `made-${mapFile.replace(".map", "")}-100.scen`;
    if (!readdirSync(moving).includes(file)) continue;
    const scenario = parseScenario(readFileSync(join(moving, file), "utf8"), mapFile, grid);
    const adopted = adopt(grid, { mapFile, scenario });
    t.same(flawsOf(adopted, grid), [], file);
    t.equal(adopted.tasks.length + adopted.rowsLeftOut, scenario.length);
    t.equal(adopted.rowsLeftOut, 0, `${file}: robots fit one-cell corridors of 1 m`);
    t.ok(adopted.tasks.every((stops) => stops.length === 2 && stops.every((stop) => stop.length === 1)));
  }
});

t.test("a scenario's first row is the first task, from its start to its goal", { skip: missing }, async (t) => {
  const mapFile = "room-64-64-16.map";
  const grid = parseMovingAi(readFileSync(join(moving, mapFile), "utf8"), 1);
  const text = readFileSync(join(moving, "made-room-64-64-16-100.scen"), "utf8");
  const { tasks, config } = adopt(grid, { mapFile, scenario: parseScenario(text, mapFile, grid) });
  t.same(tasks[0], [["c12-36"], ["c56-54"]]);
  t.match(
    config.destinations.find(({ id }) => id === "c12-36"),
    { xM: 12.5, yM: 27.5, kind: "point", footprintRadiusM: 0.45 },
  );
});

t.test("every real ROS map becomes a sound site with robots that fit", { skip: missing }, async (t) => {
  for (const path of ["nav2_depot/depot.yaml", "nav2_depot/depot_keepout.yaml", "turtlebot3/map.yaml"]) {
    const yaml = readFileSync(join(folder, "maps/ros", path), "utf8");
    const pgm = readFileSync(join(folder, "maps/ros", path, "..", parseRosYaml(yaml).image));
    const grid = parseRosMap(yaml, pgm);
    const mapFile = path.replace(/.*\//, "");
    const adopted = adopt(grid, { mapFile, format: "ros" });
    t.same(flawsOf(adopted, grid), [], path);
    t.ok(
      adopted.tasks.length >= 20,
      `${path}: ${adopted.tasks.length} tasks, radius ${adopted.config.physics.radiusM} m`,
    );
    t.equal(adopted.config.map.cellM, undefined, "a ros map states its own resolution");
  }
});

const hall = parseMovingAi(`type octile\nheight 30\nwidth 40\nmap\n${`${".".repeat(40)}\n`.repeat(30)}`, 1);

t.test("an adopted site is the same for the same seed and another for another", async (t) => {
  const text = (seed: number) => JSON.stringify(adopt(hall, { mapFile: "hall.map", seed }));
  t.equal(text(4), text(4));
  t.not(text(4), text(5));
});

t.test("drawn tasks are at least 10 m long", async (t) => {
  const { config, tasks } = adopt(hall, { mapFile: "hall.map" });
  const cellOf = (id: string | undefined) => {
    const place = config.destinations.find((one) => one.id === id);
    return cellAt(hall, place?.xM ?? -1, place?.yM ?? -1);
  };
  t.ok(
    tasks.every(([from, to]) => (distancesM(hall, cellOf(from?.[0]))[cellOf(to?.[0])] ?? 0) >= 10),
    `${tasks.length} tasks`,
  );
});

t.test("rows that robots cannot drive are left out and counted", async (t) => {
  const text = "type octile\nheight 3\nwidth 7\nmap\n....@..\n....@..\n....@..\n";
  const grid = parseMovingAi(text, 1);
  const row = (x: number, goalX: number) => `0\ttwo.map\t7\t3\t${x}\t0\t${goalX}\t2\t3\n`;
  const scenario = parseScenario(`version 1\n${row(0, 3)}${row(0, 6)}${row(5, 6)}`, "two.map", grid);
  const { tasks, rowsLeftOut } = adopt(grid, { mapFile: "two.map", scenario, robots: 1 });
  t.same([tasks, rowsLeftOut], [[[["c0-0"], ["c3-2"]]], 2]);
});

t.test("R13 a map without room for the robots is refused", async (t) => {
  const grid = parseMovingAi("type octile\nheight 3\nwidth 3\nmap\n...\n...\n...\n", 1);
  t.match(
    problemsOf(() => adopt(grid, { mapFile: "tiny.map", robots: 30 })),
    [{ file: "tiny.map", expected: "room for 30 robots in the largest connected region" }],
  );
});

t.test("a site's name is made of the map's name, whatever that is", async (t) => {
  const siteOf = (name: string) => adopt(hall, { mapFile: "hall.map", name }).config.site;
  t.equal(siteOf("Room 64_64"), "room-64-64");
  t.equal(siteOf("64"), "map-64");
  t.equal(siteOf("a".repeat(50)).length, 32);
});
