// Writes the warehouse that a seed lays out as a normal site: site.yaml and warehouse.map.
//   node dist/scripts/generate-site.js --seed 1 --robots 6 --out fleet-config/sites/warehouse

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { loadSite } from "../fleet-config/load.js";
import { generateWarehouse, shiftTasks, warehouseRobotsMost } from "../fleet-config/warehouse.js";
import { siteText } from "../fleet-config/write.js";

export { generateWarehouse, shiftTasks, warehouseRobotsMost };

export interface SiteChoice {
  readonly seed: number;
  readonly robots: number;
}

/** The two files of the site, by name. Pure. */
export function warehouseFiles(choice: SiteChoice): ReadonlyMap<string, string> {
  const { config, mapText } = generateWarehouse(choice);
  const title = [
    `Warehouse of 60 m x 40 m for up to ${choice.robots} robots, laid out from seed ${choice.seed}.`,
    `Generated: node dist/scripts/generate-site.js --seed ${choice.seed} --robots ${choice.robots} --out FOLDER`,
    "Numbers are those of the simulated base. On real machines measure lease.deadmanMs, lease.brakingMs and physics.",
  ].join("\n");
  return new Map([
    ["site.yaml", siteText(config, title)],
    [config.map.file, mapText],
  ]);
}

/**
 * Writes the site into a folder, which is made where it is missing, and reads it back. Returns the path of its site
 * file.
 */
export function writeWarehouse(choice: SiteChoice & { readonly out: string }): string {
  mkdirSync(choice.out, { recursive: true });
  for (const [name, text] of warehouseFiles(choice)) writeFileSync(join(choice.out, name), text);
  const path = join(choice.out, "site.yaml");
  loadSite(path);
  return path;
}

const usage = "usage: generate-site --out FOLDER [--seed N] [--robots N]";

function main(): number {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      seed: { type: "string", default: "1" },
      robots: { type: "string", default: "12" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const seed = Number(values.seed);
  const robots = Number(values.robots);
  if (values.out === undefined || !Number.isSafeInteger(seed)) {
    console.error(`${usage}\nexpected a folder and a whole number as seed, found ${values.out} and ${values.seed}`);
    return 64;
  }
  console.log(`wrote ${writeWarehouse({ seed, robots, out: values.out })}`);
  return 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.exitCode = main();
  } catch (refused) {
    console.error(refused instanceof Error ? refused.message : String(refused));
    process.exitCode = 64;
  }
}
