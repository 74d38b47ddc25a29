// The site that a run uses, written as a normal site into its data directory: the generated warehouse with the first N
// robots, or other people's maps adopted as a site. Maps are read where they lie and copied beside the site file.

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { siteFromMap } from "../../fleet-config/adopt.js";
import { ConfigRefused, type LoadedSite, loadSite } from "../../fleet-config/load.js";
import { parseMovingAi, parseRosMap, parseRosYaml, parseScenario } from "../../fleet-config/maps.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import { generateWarehouse, shiftTasks } from "../../fleet-config/warehouse.js";
import { siteText } from "../../fleet-config/write.js";
import type { DemoOptions } from "./options.js";

export interface DemoSite {
  readonly file: string;
  readonly loaded: LoadedSite;
  /** Stops of alternatives, without end. */
  readonly tasks: Iterator<string[][]>;
}

/** A data directory of an earlier run belongs to that run's site: its ledger names that site's destinations. */
function writeSite(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") !== text) {
    const expected = "the site of the run that began here (same seed, robots and map), or an empty directory";
    throw new ConfigRefused([{ file, path: "", line: 0, found: "another site", expected }]);
  }
  writeFileSync(file, text);
}

/** With the time after which a candidate takes over: on any robot, since a run is over before many minutes are. */
function promoting(config: SiteConfig, { promoteAfterMs, robots }: DemoOptions): SiteConfig {
  if (promoteAfterMs === 0) return config;
  const interplay = { ...config.interplay, swapLeast: robots };
  return { ...config, interplay, models: { ...config.models, promoteAfterMs } };
}

/** Writes DIR/site.yaml and its map, and reads it back as the product will. Throws ConfigRefused. */
export function makeDemoSite(options: DemoOptions, dir: string): DemoSite {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, "site.yaml");
  if (options.map === null) {
    const { config, mapText } = generateWarehouse({ seed: options.seed, robots: options.robots });
    writeSite(file, siteText(promoting(config, options), `The warehouse of seed ${options.seed}, made for one run.`));
    writeFileSync(join(dir, config.map.file), mapText);
    return { file, loaded: loadSite(file), tasks: shiftTasks({ config, seed: options.seed }) };
  }
  const { robots, seed, cellM } = options;
  const ros = extname(options.map) !== ".map";
  const grid = ros ? readRos(options.map, dir) : readMovingAi(options.map, { dir, cellM });
  const mapFile = basename(options.map);
  const scenario =
    options.scenario === null
      ? {}
      : { scenario: parseScenario(readFileSync(options.scenario, "utf8"), mapFile, grid, { file: options.scenario }) };
  const name = basename(options.map, extname(options.map));
  const adopted = siteFromMap({
    grid,
    mapFile,
    format: ros ? "ros" : "movingai",
    cellM: grid.cellM,
    name,
    robots,
    seed,
    ...scenario,
  });
  writeSite(file, siteText(promoting(adopted.config, options), `${mapFile}, adopted for one run.`));
  return { file, loaded: loadSite(file), tasks: around(adopted.tasks) };
}

function readMovingAi(map: string, at: { readonly dir: string; readonly cellM: number }) {
  const text = readFileSync(map, "utf8");
  writeFileSync(join(at.dir, basename(map)), text);
  return parseMovingAi(text, at.cellM, { file: map });
}

function readRos(map: string, dir: string) {
  const text = readFileSync(map, "utf8");
  const { image } = parseRosYaml(text, { file: map });
  copyFileSync(join(dirname(map), image), join(dir, basename(image)));
  writeFileSync(join(dir, basename(map)), text);
  return parseRosMap(text, readFileSync(join(dirname(map), image)), { file: map, image });
}

function* around(tasks: readonly string[][][]): Generator<string[][]> {
  while (tasks.length > 0) yield* tasks;
}
