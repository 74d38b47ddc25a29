// Whether the local policy of this checkout is what its card says: the committed weights give the model of the build,
// the card names both by their hashes, the golden vectors hold in the runtime, and a short evaluation comes out as well
// as the exact planner's.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ModelSession } from "../../edge/planner/session.js";
import { compareOutputs } from "../../models/golden.js";
import { type AdmittedModel, loadModel } from "../../models/load.js";
import { networkHash, parseWeights } from "../../models/local-policy/weights.js";
import { localPolicyFiles } from "../../models/local-policy/write.js";
import { evaluate, HEAD, lineOf, type Row } from "./evaluate.js";
import { drawnFloors } from "./floors.js";

const FOLDER = join("models", "local-policy");
/** Drives in a hundred that the model may arrive less often than the exact planner. */
const FEWER_PERCENT = 3;

export interface CheckOptions {
  readonly root: string; // of the repository
  readonly built: string; // folder of the model
  readonly drives: number;
  readonly tell: (line: string) => void;
}

/** Tells each check with what was found. True when all passed. */
export async function checkLocalPolicy(options: CheckOptions): Promise<boolean> {
  const { root, built, tell } = options;
  const weights = parseWeights(readFileSync(join(root, FOLDER, "weights.json"), "utf8"));
  const card = readFileSync(join(root, FOLDER, "README.md"), "utf8");
  const model = await loadModel(built);
  const { manifest } = localPolicyFiles(weights);
  const hash = networkHash(weights.network);
  let failed = 0;
  const check = (name: string, problem: string): void => {
    tell(`${problem === "" ? "ok    " : "failed"}  ${name}${problem === "" ? "" : `: ${problem}`}`);
    if (problem !== "") failed += 1;
  };
  const expects = (expected: string, found: string): string => (expected === found ? "" : `found ${found}`);
  check(`the build has the model of the weights, ${manifest.sha256}`, expects(manifest.sha256, model.manifest.sha256));
  check(`the card names the weights, ${hash}`, card.includes(hash) ? "" : "it does not");
  check("the card names the model", card.includes(manifest.sha256) ? "" : `expected ${manifest.sha256}`);
  check(`${weights.probes.length} golden vectors`, await goldenProblem(model));
  if (options.drives > 0) {
    tell(`\n${options.drives} drives on drawn floors\n${HEAD}`);
    const floors = drawnFloors(options.drives);
    const rows = await evaluate({ weights, floors, onRow: (row) => tell(lineOf(row)) });
    check("behind the guard nothing is touched", touchProblem(rows));
    check("it arrives about as often as the exact planner", arrivalProblem(rows));
  }
  return failed === 0;
}

/** What is wrong with the outputs of a model for its golden vectors; empty when nothing is. */
export async function goldenProblem(model: AdmittedModel): Promise<string> {
  const { golden } = model;
  if (golden === undefined) return "found none";
  const session = await ModelSession.open(model);
  try {
    for (const { name, inputs, outputs } of golden.vectors) {
      const ran = await session.run(inputs, { reset: true });
      const compared = compareOutputs(outputs, ran.outputs, golden.tolerance);
      if (!compared.ok) return `${name}: expected ${compared.expected}, found ${compared.found}`;
    }
    return "";
  } finally {
    await session.close();
  }
}

function touchProblem(rows: readonly Row[]): string {
  const touched = rows.filter(({ how, touched }) => how !== "bare" && touched > 0);
  return touched.map(({ how, touched }) => `${how} touched ${touched} times`).join(", ");
}

function arrivalProblem(rows: readonly Row[]): string {
  const [exact, robot] = (["exact", "robot"] as const).map((kind) => rows.find(({ how }) => how === kind));
  const needed = (exact?.arrived ?? 0) - (FEWER_PERCENT * (exact?.drives ?? 0)) / 100;
  const found = robot?.arrived ?? 0;
  return found >= needed ? "" : `expected at least ${Math.ceil(needed)}, found ${found}`;
}
