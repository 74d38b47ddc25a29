// The planner child (R11): a process of its own, because inference blocks the thread and cannot be cancelled, so that
// only a signal can end a run that takes too long. It admits one model, says `ready`, then answers one request at a
// time until the channel to its parent closes. It reads nothing but its model folder and prints nothing on stdout.
//
//   node dist/edge/planner/main.js MODEL_DIR        (started by the edge, with an "advanced" channel)
//
// Exit codes: 0 parent gone, 2 wrong start, 3 model refused or unusable.

import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ModelManifest } from "../../models/contract.js";
import { type AdmittedModel, loadModel } from "../../models/load.js";
import { type PlannerMessage, type PlanRequest, type PlanResult, planRequestFault } from "../../models/planner.js";

const EXIT_USAGE = 2;
const EXIT_MODEL = 3;
const WARM_UP_SIDE = 64;
const WARM_UP_RUNS = 3;

const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
};

function fail(reason: string, exitCode: number): never {
  process.stderr.write(`planner: ${reason}\n`);
  process.exit(exitCode);
}

/** Why this model cannot serve as a planner, or undefined when it can. */
function plannerFault(manifest: ModelManifest): string | undefined {
  const grids = [...manifest.inputs, ...manifest.outputs.filter(({ tensor }) => tensor !== "sweeps")];
  const names = [...manifest.inputs, ...manifest.outputs].map(({ tensor }) => tensor).join(" ");
  if (names !== "cost seed value sweeps") return `expected inputs cost, seed and outputs value, sweeps, found ${names}`;
  const odd = grids.find((grid) => grid.type !== "float32" || grid.shape.length !== 2);
  if (odd) return `expected ${odd.tensor} as float32 with two dimensions, found ${odd.type} with ${odd.shape.length}`;
  return undefined;
}

async function plan(session: InferenceSession, request: PlanRequest): Promise<PlanResult> {
  const { id, kind, width, height } = request;
  const dims = [height, width];
  const feeds = { cost: new Tensor("float32", request.cost, dims), seed: new Tensor("float32", request.seed, dims) };
  const startMs = performance.now();
  const { value, sweeps } = await session.run(feeds);
  const inferenceMs = performance.now() - startMs;
  const field = value?.data;
  if (!(field instanceof Float32Array) || field.length !== width * height) {
    throw new Error(`expected ${width * height} float32 values from the model, found ${field?.length ?? "none"}`);
  }
  return { id, kind, width, height, value: field, sweeps: Number(sweeps?.data[0] ?? 0), inferenceMs };
}

/**
 * Runs the model on an empty grid, so that the first real plan is not the slow one. Throws when the field is no field.
 */
async function warmUp(session: InferenceSession): Promise<void> {
  const cells = WARM_UP_SIDE * WARM_UP_SIDE;
  const cost = new Float32Array(cells).fill(1);
  const seed = new Float32Array(cells).fill(1e9);
  seed[0] = 0;
  for (let run = 0; run < WARM_UP_RUNS; run++) {
    const request = { id: 0, kind: "local", width: WARM_UP_SIDE, height: WARM_UP_SIDE, cost, seed } as const;
    const { value } = await plan(session, request);
    if (!value.every(Number.isFinite)) throw new Error("expected finite values on an empty grid, found others");
  }
}

async function prepare(directory: string): Promise<{ model: AdmittedModel; session: InferenceSession }> {
  const model = await loadModel(directory);
  const fault = plannerFault(model.manifest);
  if (fault) throw new Error(`${directory}: not a planner, ${fault}`);
  const session = await InferenceSession.create(model.bytes, sessionOptions);
  await warmUp(session);
  return { model, session };
}

function isPlanRequest(message: unknown): message is PlanRequest {
  if (typeof message !== "object" || message === null) return false;
  const { id, kind } = message as { id?: unknown; kind?: unknown };
  return Number.isSafeInteger(id) && (kind === "site" || kind === "local");
}

function send(message: PlannerMessage): void {
  // A parent that is gone cannot be told; the channel's end ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

async function answer(session: InferenceSession, manifest: ModelManifest, request: PlanRequest): Promise<void> {
  const { maxCells } = manifest.limits;
  const tooMany = request.width * request.height > maxCells ? `model takes at most ${maxCells} cells` : undefined;
  const fault = planRequestFault(request) ?? tooMany;
  if (fault) {
    send({ kind: "refused", id: request.id, reason: fault });
    return;
  }
  try {
    send({ kind: "result", result: await plan(session, request) });
  } catch (error) {
    send({ kind: "refused", id: request.id, reason: `inference failed: ${(error as Error).message}` });
  }
}

async function main(): Promise<void> {
  const directory = process.argv[2];
  if (directory === undefined || process.argv.length !== 3) fail("expected one argument, the model folder", EXIT_USAGE);
  if (!process.send) fail("expected to be started by the edge, with a channel to it", EXIT_USAGE);
  process.on("disconnect", () => process.exit(0));
  const { model, session } = await prepare(directory).catch((error: Error) => fail(error.message, EXIT_MODEL));
  let turn: Promise<void> = Promise.resolve();
  process.on("message", (message) => {
    if (!isPlanRequest(message)) fail("expected a plan request, found another message", EXIT_USAGE);
    turn = turn.then(() => answer(session, model.manifest, message));
  });
  const { name, version, sha256 } = model.manifest;
  send({ kind: "ready", model: `${name}@${version}`, sha256 });
}

await main();
