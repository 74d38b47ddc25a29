// Command: writes the reference planner, its golden vectors and its manifest into a folder.
//
//   node dist/models/grid-planner/main.js OUTDIR [--negate]
//
// With --negate the cost field has the wrong sign. Ends with 0 when all files are written, with 2 for wrong arguments.

import { join } from "node:path";
import { MODEL_FILE, writeGridPlanner } from "./write.js";

function main(args: readonly string[]): number {
  const directories = args.filter((arg) => arg !== "--negate");
  const [directory] = directories;
  if (directory === undefined || directories.length !== 1 || directory.startsWith("-")) {
    process.stderr.write(`usage: main.js OUTDIR [--negate]; found arguments: ${args.join(" ") || "(none)"}\n`);
    return 2;
  }
  writeGridPlanner(directory, { negate: args.includes("--negate") });
  process.stdout.write(`wrote ${join(directory, MODEL_FILE)}, its golden vectors and its manifest\n`);
  return 0;
}

process.exitCode = main(process.argv.slice(2));
