// `npm run sim:mutants`: plants each bug of the catalogue, or random ones, in a copy of the sources, builds it, and
// asks the simulator to find it. One that survives is a hole in the checkers. Exit codes: see the usage.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../../proto/errors.js";
import { MUTANTS } from "./catalogue.js";
import { type Options, readOptions, USAGE } from "./options.js";
import { PatchRefused, rootAbove, SIMULATOR } from "./patch.js";
import { RULE_FILES } from "./random.js";
import { headLine, type Row, rowLine, tableOf, widthsOf } from "./table.js";
import { ProofFailed, randomSummary, Trial } from "./trial.js";

const COMPILED = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const MAIN = "dist/test/sim/main.js";
const SURVIVED = 1;
const UNPROVED = 2;
const INTERRUPTED = 130;

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join("\n")}\n`);

async function tryAll(options: Options): Promise<number> {
  const chosen = MUTANTS.filter((mutant) => options.ids.length === 0 || options.ids.includes(mutant.id));
  const ids = options.random > 0 ? ["random-100000"] : chosen.map((mutant) => mutant.id);
  const widths = widthsOf(ids);
  const { atOnce, capMs, proof: proofSeeds, seeds } = options;
  const trial = new Trial({
    sources: { ...SIMULATOR, root: rootAbove(COMPILED), compiled: COMPILED },
    ...{ main: MAIN, range: { from: options.first, seeds }, proofSeeds, atOnce, capMs },
    onRow: (row: Row, told) => print([rowLine(row, widths), ...(row.killed ? [] : told.map((line) => `    ${line}`))]),
  });
  const interrupted = (): void => {
    trial.stop();
    process.exit(INTERRUPTED);
  };
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  try {
    const seedMs = await trial.prove();
    print([`the unmutated build is clean on ${proofSeeds} seeds, ${seedMs.toFixed(0)} ms each`, "", headLine(widths)]);
    if (options.random > 0) {
      const result = await trial.random(RULE_FILES, { count: options.random, from: options.from });
      print(randomSummary(result));
      return result.survivors.length === 0 ? 0 : SURVIVED;
    }
    const rows = await trial.mutants(chosen);
    print(["", ...tableOf(ids, rows)]);
    return rows.every((row) => row.killed) ? 0 : SURVIVED;
  } catch (cause) {
    if (!(cause instanceof ProofFailed || cause instanceof PatchRefused)) throw cause;
    process.stderr.write(`${cause.message}\n`);
    return UNPROVED;
  } finally {
    trial.stop();
  }
}

function list(): readonly string[] {
  const width = Math.max(...MUTANTS.map((mutant) => mutant.id.length));
  return MUTANTS.map(({ id, rule, about }) => `${id.padEnd(width)}  ${rule.padEnd(4)} ${about}`);
}

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(
      args,
      MUTANTS.map((mutant) => mutant.id),
    );
  } catch (cause) {
    process.stderr.write(`${(cause as Error).message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.list) {
    print(list());
    return 0;
  }
  return tryAll(options);
}

process.exitCode = await main(process.argv.slice(2));
