// Other people's maps: the real ones parse to what their source says about them, spoilt ones are refused with the
// place.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { centreOf, type Grid } from "../../fleet-config/grid.js";
import { parseMovingAi, parsePgm, parseRosMap, parseRosYaml, parseScenario } from "../../fleet-config/maps.js";
import { distancesM } from "../../fleet-config/paths.js";
import { problemsOf, realData } from "./helpers/site.js";

const { folder, missing } = realData();
const moving = join(folder, "maps/movingai");

const small = "type octile\nheight 2\nwidth 3\nmap\n.@T\nGSW\n";

t.test("a MovingAI map has its first row at the top", async (t) => {
  const grid = parseMovingAi(small, 2);
  t.match(grid, { width: 3, height: 2, cellM: 2, originXM: 0, originYM: 0 });
  t.same([...grid.blocked], [0, 0, 1, 0, 1, 1]);
  t.same(parseMovingAi(small.replaceAll("\n", "\r\n"), 2), grid, "also with the line ends of Windows");
});

const badMaps: readonly (readonly [string, string, number, string, string])[] = [
  ["another type", small.replace("octile", "tile"), 1, '"type tile"', "type octile"],
  ["no height", small.replace("height 2\n", ""), 2, '"width 3"', "height N"],
  ["a height of 0", small.replace("height 2", "height 0"), 2, '"height 0"', "N from 1 to 8192"],
  ["a width beyond the limit", small.replace("width 3", "width 8193"), 3, '"width 8193"', "N from 1 to 8192"],
  [
    "too many cells",
    small.replace("height 2", "height 8192").replace("width 3", "width 8192"),
    3,
    "8192 x 8192",
    "at most 4194304 cells",
  ],
  ["no map line", small.replace("map\n", ""), 4, '".@T"', "map"],
  ["a short row", small.replace("GSW", "GS"), 6, "2 characters", "row 2 of 2 with 3 characters"],
  ["a missing row", small.replace("GSW\n", ""), 6, "0 characters", "row 2 of 2"],
  ["a row too many", `${small}...\n`, 7, '"..."', "the end after 2 rows"],
  ["an unknown cell", small.replace("GSW", "GXW"), 6, '"X" at column 2', "one of .GS (free) or @OTW (blocked)"],
];

t.test("R13 a spoilt MovingAI map is refused with file, line, found and expected", async (t) => {
  for (const [name, text, line, found, expected] of badMaps) {
    const [problem] = problemsOf(() => parseMovingAi(text, 1, { file: "a.map" }));
    t.match(problem, { file: "a.map", line }, name);
    t.ok(problem?.found.includes(found) && problem.expected.includes(expected), `${name}: ${JSON.stringify(problem)}`);
  }
  t.match(
    problemsOf(() => parseMovingAi(small, 0)),
    [{ found: "0", expected: "cells of 0.01 to 10 m" }],
  );
});

const rows = "version 1\n0\ta.map\t3\t2\t0\t0\t0\t1\t1\n";

t.test("a scenario's cells count from the top left", async (t) => {
  const grid = parseMovingAi(small, 2);
  t.match(parseScenario(rows, "maps/a.map", grid), [
    { line: 2, startCell: 3, goalCell: 0, start: { xM: 1, yM: 3 }, goal: { xM: 1, yM: 1 }, optimalM: 2 },
  ]);
});

const badRows: readonly (readonly [string, string, number, string, string])[] = [
  ["no version", rows.replace("version 1\n", ""), 1, "a.map", "version 1"],
  ["no rows", "version 1\n", 1, "no rows", "at least one row"],
  ["spaces for tabs", rows.replace("0\t0\t0", "0 0 0"), 2, "7 columns", "9 columns"],
  ["another map", rows.replace("a.map", "other/b.map"), 2, "b.map", 'the map "a.map"'],
  ["another size", rows.replace("\t3\t2", "\t6\t4"), 2, "6 x 4 cells", "3 x 2 cells"],
  ["a start outside", rows.replace("2\t0\t0", "2\t3\t0"), 2, "start 3, 0", "x from 0 to 2 and y from 0 to 1"],
  ["a negative goal", rows.replace("0\t1\t1", "-1\t1\t1"), 2, "goal -1, 1", "x from 0 to 2"],
  ["a goal in a wall", rows.replace("0\t1\t1", "1\t0\t1"), 2, "goal 1, 0 on a blocked cell", "a free cell"],
  ["no length", rows.replace("1\t1\n", "1\tx\n"), 2, '"x"', "an optimal length"],
];

t.test("R13 a spoilt scenario is refused with file, line, found and expected", async (t) => {
  const grid = parseMovingAi(small, 1);
  for (const [name, text, line, found, expected] of badRows) {
    const [problem] = problemsOf(() => parseScenario(text, "a.map", grid, { file: "a.scen" }));
    t.match(problem, { file: "a.scen", line }, name);
    t.ok(problem?.found.includes(found) && problem.expected.includes(expected), `${name}: ${JSON.stringify(problem)}`);
  }
});

const rosYaml =
  "image: m.pgm\nresolution: 0.5\norigin: [-1.0, 2.0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.25\n";
const picture = (...bytes: number[]) => Uint8Array.from([...Buffer.from("P5\n# by hand\n3 2\n255\n"), ...bytes]);

t.test("a ROS map is free only where its picture says so, and unknown is blocked under any threshold", async (t) => {
  const grid = parseRosMap(rosYaml, picture(254, 205, 0, 128, 255, 191));
  t.match(grid, { width: 3, height: 2, cellM: 0.5, originXM: -1, originYM: 2 });
  t.same([...grid.blocked], [1, 0, 1, 0, 1, 1], "191 is an occupancy of 0.251");
  const negated = parseRosMap(rosYaml.replace("negate: 0", "negate: 1"), picture(254, 205, 0, 128, 255, 50));
  t.same([...negated.blocked], [1, 1, 0, 1, 1, 0]);
});

const badYamls: readonly (readonly [string, string, string, string, string])[] = [
  ["an unknown key", `${rosYaml}colour: red\n`, "/colour", '"colour"', "one of image"],
  ["an image elsewhere", rosYaml.replace("m.pgm", "../m.pgm"), "/image", "../m.pgm", "in the same folder"],
  ["no resolution", rosYaml.replace("resolution: 0.5\n", ""), "/resolution", "nothing", "a number from 0.01 to 10"],
  ["a turned map", rosYaml.replace("2.0, 0]", "2.0, 0.5]"), "/origin", "[-1,2,0.5]", "a yaw of 0"],
  ["half an origin", rosYaml.replace(", 0]", "]"), "/origin", "[-1,2]", "[x, y, yaw]"],
  ["thresholds that cross", rosYaml.replace("0.25", "0.7"), "/free_thresh", "0.7", "less than occupied_thresh, 0.65"],
  ["a negate of 2", rosYaml.replace("negate: 0", "negate: 2"), "/negate", "2", "0 or 1"],
  ["raw mode", `${rosYaml}mode: raw\n`, "/mode", '"raw"', "trinary"],
];

t.test("R13 a spoilt map_server yaml is refused with path, found and expected", async (t) => {
  for (const [name, text, path, found, expected] of badYamls) {
    const [problem] = problemsOf(() => parseRosYaml(text, { file: "m.yaml" }));
    t.match(problem, { file: "m.yaml", path }, name);
    t.ok(problem?.found.includes(found) && problem.expected.includes(expected), `${name}: ${JSON.stringify(problem)}`);
  }
});

t.test("R13 a spoilt PGM is refused with found and expected", async (t) => {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
  const refusal = (text: string) => problemsOf(() => parsePgm(bytes(text), { file: "m.pgm" }))[0];
  t.match(refusal("P2\n1 1\n255\n0"), { file: "m.pgm", found: '"P2"', expected: "P5, a binary PGM" });
  t.match(refusal("P5\n0 1\n255\n"), { found: "0 x 1 pixels" });
  t.match(refusal("P5\n99999 99999\n255\n"), { found: "99999 x 99999 pixels" });
  t.match(refusal("P5\n1 1\n65535\n00"), { found: 'a white of "65535"', expected: "255" });
  t.match(refusal("P5\n2 2\n255\nabc"), { found: "3 bytes of pixels", expected: "4 bytes (2 x 2)" });
  t.match(refusal("P5\n2 2\n255\nabcde"), { found: "5 bytes of pixels" });
  t.match(refusal(""), { found: "nothing" });
});

const freeCells: Readonly<Record<string, number>> = {
  "warehouse-10-20-10-2-1.map": 5699,
  "room-64-64-16.map": 3646,
  "random-64-64-20.map": 3270,
  "random-32-32-10.map": 922,
  "maze-32-32-4.map": 790,
  "den312d.map": 2445,
  "empty-8-8.map": 64,
};

function readMoving(name: string): Grid {
  return parseMovingAi(readFileSync(join(moving, name), "utf8"), 1, { file: name });
}

t.test("real MovingAI maps have the free cells that their source counts", { skip: missing }, async (t) => {
  const names = readdirSync(moving).filter((name) => name.endsWith(".map"));
  t.equal(names.length, Object.keys(freeCells).length);
  for (const name of names) {
    const free = readMoving(name).blocked.filter((blocked) => blocked === 0).length;
    t.equal(free, freeCells[name], name);
  }
});

t.test("real scenarios have the optimal lengths of our own ways", { skip: missing }, async (t) => {
  for (const file of readdirSync(moving).filter((name) => name.endsWith(".scen"))) {
    const name = Object.keys(freeCells).find((map) => file.includes(map.replace(".map", ""))) ?? "";
    const grid = readMoving(name);
    const scenario = parseScenario(readFileSync(join(moving, file), "utf8"), name, grid, { file });
    let worst = 0;
    for (const { startCell, goalCell, optimalM } of scenario.slice(0, 100)) {
      const metres = distancesM(grid, startCell)[goalCell] ?? 0;
      worst = Math.max(worst, Math.abs(metres - optimalM) / optimalM);
    }
    t.ok(scenario.length >= 32 && worst < 1e-8, `${file}: ${scenario.length} rows, worst relative difference ${worst}`);
  }
});

t.test("real ROS maps parse to their size, place and free cells", { skip: missing }, async (t) => {
  const read = (yaml: string) => {
    const path = join(folder, "maps/ros", yaml);
    const text = readFileSync(path, "utf8");
    return parseRosMap(text, readFileSync(join(path, "..", parseRosYaml(text).image)), { file: yaml });
  };
  const freeOf = (grid: Grid) => grid.blocked.filter((blocked) => blocked === 0).length;
  const depot = read("nav2_depot/depot.yaml");
  t.match(depot, { width: 604, height: 307, cellM: 0.05, originXM: 0, originYM: 0 });
  t.equal(freeOf(depot), 170_587, "the white pixels, not the 205 that its free_thresh would admit");
  t.equal(freeOf(read("nav2_depot/depot_keepout.yaml")), 149_422);
  const world = read("turtlebot3/map.yaml");
  t.match(world, { width: 384, height: 384, originXM: -10, originYM: -10 });
  t.equal(freeOf(world), 7939);
  t.same(centreOf(world, 0), { xM: -9.975, yM: -9.975 });
});
