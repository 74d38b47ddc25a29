// `npm run models`: trains, evaluates and checks the local policy. See options.ts for its flags.
//
// Ends with 0 when all went well, with 1 when a check failed or a training could not be done, with 2 for wrong flags.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeWeights, parseWeights, type Weights } from "../../models/local-policy/weights.js";
import { writeLocalPolicy } from "../../models/local-policy/write.js";
import { checkLocalPolicy } from "./check.js";
import { evaluate, HEAD, lineOf } from "./evaluate.js";
import { drawnFloors, realFloors } from "./floors.js";
import { type MainOptions, readMainOptions, USAGE } from "./options.js";
import { type Figures, type TrainResult, train } from "./train.js";

const COMPILED = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BUILT_MODEL = join(COMPILED, "models", "local-policy", "model");

/** The nearest folder above with a package.json. */
function repositoryRoot(): string {
  let root = COMPILED;
  while (!existsSync(join(root, "package.json")) && dirname(root) !== root) root = dirname(root);
  return root;
}

/** Those of the file, or the committed ones. */
function readWeights(path: string | null): Weights {
  const committed = join(repositoryRoot(), "models", "local-policy", "weights.json");
  return parseWeights(readFileSync(path ?? committed, "utf8"));
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function trainInto(options: MainOptions): Promise<void> {
  const { devDependencies } = JSON.parse(readFileSync(join(repositoryRoot(), "package.json"), "utf8")) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const library = `@jax-js/jax ${devDependencies["@jax-js/jax"]}`;
  const startMs = performance.now();
  const timed = (line: string): void =>
    tell(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  const { seed, samples, rounds, epochs, out } = options;
  const result: TrainResult = await train({ seed, samples, rounds, epochs, library, tell: timed });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "weights.json"), encodeWeights(result.weights));
  writeFileSync(join(out, "figures.json"), `${JSON.stringify(result.figures, null, 2)}\n`);
  const { manifest } = writeLocalPolicy(join(out, "model"), result.weights);
  tell(figuresText(result.figures));
  tell(`wrote ${join(out, "model", manifest.file)}: ${manifest.bytes} bytes, SHA-256 ${manifest.sha256}`);
  await evaluateWeights(result.weights, options);
}

function figuresText({ hash, samples, loss, rightShare, calibrationError, reliability, seconds }: Figures): string {
  const { before, after } = calibrationError;
  return [
    `weights ${hash}`,
    `samples ${samples}; loss ${loss.first.toFixed(4)} to ${loss.last.toFixed(4)}`,
    `right ${(100 * rightShare).toFixed(1)} % on floors held out`,
    `calibration error ${before.toFixed(4)} before, ${after.toFixed(4)} after`,
    ...reliability.map(
      ({ confidence, right, count }) => `  ${confidence.toFixed(3)} -> ${right.toFixed(3)}  (${count})`,
    ),
    `${seconds.all} s in all, ${seconds.collect} s collecting, ${seconds.fit} s fitting`,
  ].join("\n");
}

async function evaluateWeights(weights: Weights, options: MainOptions): Promise<void> {
  const data = resolve(process.env.DROVER_DATA ?? join(repositoryRoot(), "../shared/data"));
  const sets = [
    ["drawn floors", () => drawnFloors(options.drives)],
    ["real maps", () => realFloors(data, options.real)],
  ] as const;
  for (const [name, draw] of sets) {
    const floors = draw();
    if (floors.length === 0) continue;
    tell(`\n${floors.length} drives on ${name}\n${HEAD}`);
    await evaluate({ weights, floors, onRow: (row) => tell(lineOf(row)) });
  }
}

async function main(args: readonly string[]): Promise<number> {
  let options: MainOptions;
  try {
    options = readMainOptions(args);
  } catch (cause) {
    process.stderr.write(`${(cause as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) process.stdout.write(USAGE);
  else if (options.command === "train") await trainInto(options);
  else if (options.command === "evaluate") await evaluateWeights(readWeights(options.weights), options);
  else return (await checkLocalPolicy({ root: repositoryRoot(), built: BUILT_MODEL, ...options, tell })) ? 0 : 1;
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
