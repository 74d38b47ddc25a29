// Command: writes the local policy, its manifest and its golden vectors into a folder.
//
//   node dist/models/local-policy/main.js WEIGHTS OUTDIR
//
// Ends with 0 when the files are written, with 1 when the weights cannot be used, with 2 for wrong arguments.

import { readFileSync } from "node:fs";
import { parseWeights } from "./weights.js";
import { writeLocalPolicy } from "./write.js";

function main(args: readonly string[]): number {
  const [weights, directory] = args;
  if (weights === undefined || directory === undefined || args.length !== 2) {
    process.stderr.write(`usage: main.js WEIGHTS OUTDIR; found arguments: ${args.join(" ") || "(none)"}\n`);
    return 2;
  }
  try {
    const { manifest } = writeLocalPolicy(directory, parseWeights(readFileSync(weights, "utf8")));
    process.stdout.write(`wrote ${manifest.name} ${manifest.version} into ${directory}\n`);
    return 0;
  } catch (cause) {
    process.stderr.write(`${weights}: ${(cause as Error).message}\n`);
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
