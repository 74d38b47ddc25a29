// Readers for other people's maps, small and for tests only: MovingAI `.map` and `.scen`, and ROS map_server pgm + yaml
// coarsened to a number of cells. They share no code with the product, so that a flaw there is not repeated here.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Grid } from "./dijkstra.js";

/** The folder of real data, or the reason why it is not there. */
export function dataFolder(): { readonly folder: string } | { readonly missing: string } {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, "package.json")) && dirname(root) !== root) root = dirname(root);
  const folder = resolve(process.env.DROVER_DATA ?? join(root, "../shared/data"));
  return existsSync(folder) ? { folder } : { missing: `no real data at ${folder}; set DROVER_DATA to its folder` };
}

export interface ScenarioRow {
  readonly start: number;
  readonly goal: number;
  readonly optimal: number;
}

export function readMovingAi(path: string): Grid {
  const lines = readFileSync(path, "utf8").split(/\r?\n/);
  const height = Number(lines[1]?.split(" ")[1]);
  const width = Number(lines[2]?.split(" ")[1]);
  const cells = lines.slice(4, 4 + height).join("");
  return { width, height, cost: Float32Array.from(cells, (letter) => (".GS".includes(letter) ? 1 : 0)) };
}

/** The rows of every scenario file beside the map that was made for it. */
export function scenarioRows(folder: string, mapName: string, width: number): ScenarioRow[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".scen") && name.includes(mapName));
  const rows: ScenarioRow[] = [];
  for (const file of files) {
    for (const line of readFileSync(join(folder, file), "utf8").split(/\r?\n/).slice(1)) {
      const [, , , , startX, startY, goalX, goalY, optimal] = line.split("\t").map(Number);
      if (optimal === undefined || startX === undefined) continue;
      const start = (startY as number) * width + startX;
      rows.push({ start, goal: (goalY as number) * width + (goalX as number), optimal });
    }
  }
  return rows;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

function readPgm(path: string): Picture {
  const bytes = readFileSync(path);
  const words: string[] = [];
  let at = 0;
  while (words.length < 4) {
    while (/\s/.test(String.fromCharCode(bytes[at] as number))) at += 1;
    if (bytes[at] === 0x23) {
      at = bytes.indexOf(0x0a, at) + 1;
      continue;
    }
    const from = at;
    while (!/\s/.test(String.fromCharCode(bytes[at] as number))) at += 1;
    words.push(bytes.toString("latin1", from, at));
  }
  const [width, height] = [Number(words[1]), Number(words[2])];
  return { width, height, pixels: bytes.subarray(at + 1, at + 1 + width * height) };
}

/** A ROS map coarsened to at most `maxCells` cells; a cell is free only when all of its pixels are. */
export function readRosMap(yamlPath: string, maxCells: number): Grid {
  const yaml = readFileSync(yamlPath, "utf8");
  const value = (key: string) => new RegExp(`^${key}:\\s*(\\S+)`, "m").exec(yaml)?.[1] ?? "";
  const { width: wide, height: high, pixels } = readPgm(join(dirname(yamlPath), value("image")));
  const freeBelow = Number(value("free_thresh"));
  let side = 1;
  while (Math.ceil(wide / side) * Math.ceil(high / side) > maxCells) side += 1;
  const [width, height] = [Math.ceil(wide / side), Math.ceil(high / side)];
  const cost = new Float32Array(width * height).fill(1);
  pixels.forEach((shade, index) => {
    const cell = Math.floor(Math.floor(index / wide) / side) * width + Math.floor((index % wide) / side);
    if (!((255 - shade) / 255 < freeBelow)) cost[cell] = 0;
  });
  return { width, height, cost };
}
