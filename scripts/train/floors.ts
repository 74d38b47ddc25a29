// The floors of an evaluation: drawn ones by number, and real maps where the folder of real data is.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { coarsen, type Grid } from "../../fleet-config/grid.js";
import { parseMovingAi, parseRosMap, parseRosYaml } from "../../fleet-config/maps.js";
import { drawFloor, drawOn, type Floor } from "./floor.js";

/** A MovingAI map says nothing of the size of its cells: with these its narrowest aisles let the body through. */
const CELL_M = 1;
const CELLS_MOST = 16_000;

/** So many drawn floors; no training draws from these seeds. */
export function drawnFloors(count: number, from = "test"): readonly Floor[] {
  return Array.from({ length: count }, (_, index) => drawFloor(`${from}/${index}`));
}

/** So many drives on each real map below the folder; empty where it is not there. */
export function realFloors(folder: string, perMap: number): readonly Floor[] {
  const maps = [...movingAiMaps(join(folder, "maps", "movingai")), ...rosMaps(join(folder, "maps", "ros"))];
  return maps.flatMap(([kind, map]) =>
    Array.from({ length: perMap }, (_, index) => drawOn(map, { seed: `real/${kind}/${index}`, kind })).filter(
      (floor) => floor !== undefined,
    ),
  );
}

type Named = readonly [name: string, map: Grid];

function filesIn(folder: string, ending: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending)).sort();
}

function movingAiMaps(folder: string): readonly Named[] {
  return filesIn(folder, ".map").map((name) => [
    name,
    parseMovingAi(readFileSync(join(folder, name), "utf8"), CELL_M, { file: name }),
  ]);
}

function rosMaps(folder: string): readonly Named[] {
  return filesIn(folder, ".yaml")
    .filter((name) => !name.includes("keepout"))
    .map((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      const image = join(folder, name, "..", parseRosYaml(text, { file: name }).image);
      return [name, coarsen(parseRosMap(text, readFileSync(image), { file: name }), CELLS_MOST)];
    });
}
