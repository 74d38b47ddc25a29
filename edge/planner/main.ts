// The child that runs models (R11): a process of its own, because inference blocks the thread and cannot be cancelled,
// so that only a signal can end a run that takes too long. It admits its models, says `ready`, then answers one run at
// a time until the channel to its parent closes. It reads nothing but its model folders and prints nothing on stdout.
//
//   node dist/edge/planner/main.js (MODEL_DIR SHA256|any)...      (started by the edge, with an "advanced" channel)
//
// Exit codes: 0 parent gone, 2 wrong start, 3 a model is refused or unusable.

import { loadModel } from "../../models/load.js";
import type { ModelRun, RunnerMessage } from "../../models/run.js";
import { ModelSession } from "./session.js";

const EXIT_USAGE = 2;
const EXIT_MODEL = 3;

function fail(reason: string, exitCode: number): never {
  process.stderr.write(`planner: ${reason}\n`);
  process.exit(exitCode);
}

type Sessions = ReadonlyMap<string, ModelSession>;

/** Pairs of a folder and the checksum of the model that was judged there: another one is not loaded. */
async function open(pairs: readonly string[]): Promise<Sessions> {
  const sessions = new Map<string, ModelSession>();
  for (let at = 0; at < pairs.length; at += 2) {
    const [directory = "", judged = ""] = pairs.slice(at, at + 2);
    const model = await loadModel(directory);
    const { name, sha256 } = model.manifest;
    if (judged !== "any" && judged !== sha256)
      throw new Error(`${directory}: expected the model that was judged, ${judged}, found ${sha256}`);
    if (sessions.has(name)) throw new Error(`${directory}: expected models of different names, found "${name}" again`);
    sessions.set(name, await ModelSession.open(model));
  }
  return sessions;
}

function isRun(message: unknown): message is ModelRun {
  if (typeof message !== "object" || message === null) return false;
  const { id, model, feeds, reset, apart } = message as Partial<Record<keyof ModelRun, unknown>>;
  if (apart !== undefined && typeof apart !== "boolean") return false;
  return Number.isSafeInteger(id) && typeof model === "string" && Array.isArray(feeds) && typeof reset === "boolean";
}

function send(message: RunnerMessage): void {
  // A parent that is gone cannot be told; the channel's end ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

async function answer(sessions: Sessions, { id, model, feeds, reset, apart = false }: ModelRun): Promise<void> {
  try {
    const session = sessions.get(model);
    if (session === undefined) throw new Error(`expected one of ${[...sessions.keys()]}, found "${model}"`);
    const ran = apart ? await session.runApart(feeds) : await session.run(feeds, { reset });
    send({ kind: "result", result: { id, model, ...ran } });
  } catch (cause) {
    send({ kind: "refused", id, model, reason: (cause as Error).message.slice(0, 500) });
  }
}

async function main(): Promise<void> {
  const pairs = process.argv.slice(2);
  if (pairs.length === 0 || pairs.length % 2 !== 0)
    fail("expected model folders, each with the checksum of its model or any", EXIT_USAGE);
  if (!process.send) fail("expected to be started by the edge, with a channel to it", EXIT_USAGE);
  process.on("disconnect", () => process.exit(0));
  const sessions = await open(pairs).catch((error: Error) => fail(error.message, EXIT_MODEL));
  let turn: Promise<void> = Promise.resolve();
  process.on("message", (message) => {
    if (!isRun(message)) fail("expected a run of a model, found another message", EXIT_USAGE);
    turn = turn.then(() => answer(sessions, message));
  });
  const models = [...sessions.values()].map(({ manifest, provider }) => {
    const { name: model, version, sha256 } = manifest;
    return { model, version, sha256, provider: provider.name, note: provider.note };
  });
  send({ kind: "ready", models });
}

await main();
