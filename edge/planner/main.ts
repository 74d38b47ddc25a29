// The child that runs models (R11): a process of its own, because inference blocks the thread and cannot be cancelled,
// so that only a signal can end a run that takes too long. It admits its models, says `ready`, then answers one run at
// a time until the channel to its parent closes. It reads nothing but its model folders and prints nothing on stdout.
//
//   node dist/edge/planner/main.js (MODEL_DIR SHA256|any)...      (started by the edge, with an "advanced" channel)
//
// Exit codes: 0 parent gone, 2 wrong start, 3 a model is refused or unusable.

import { fstatSync, readSync, writeSync } from "node:fs";
import { loadModel } from "../../models/load.js";
import type { ModelRun, RunnerMessage } from "../../models/run.js";
import { FrameReader, FrameWaiter } from "./frame-reader.js";
import { FrameFault, FrameWriter } from "./frames.js";
import { ModelSession } from "./session.js";

const CHANNEL = 3;
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

const runs = new FrameWaiter((into, offset) => readSync(CHANNEL, into, offset, into.length - offset, null));
const reader = new FrameReader();
const writer = new FrameWriter();

/** Waits for the edge's next run; null when the edge is gone. Throws FrameFault for anything else than a run. */
function nextRun(): ModelRun | null {
  let frame: Buffer | null;
  try {
    frame = runs.next();
  } catch (cause) {
    if (cause instanceof FrameFault) throw cause;
    return null; // a channel that cannot be read is one whose edge is gone
  }
  return frame === null ? null : reader.run(frame);
}

function send(message: RunnerMessage): void {
  const frame = writer.answer(message);
  try {
    for (let at = 0; at < frame.length; ) at += writeSync(CHANNEL, frame, at);
  } catch {
    process.exit(0); // the edge is gone
  }
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

function hasChannel(): boolean {
  try {
    return fstatSync(CHANNEL).isSocket();
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  const pairs = process.argv.slice(2);
  if (pairs.length === 0 || pairs.length % 2 !== 0)
    fail("expected model folders, each with the checksum of its model or any", EXIT_USAGE);
  if (!hasChannel()) fail("expected to be started by the edge, with a channel to it", EXIT_USAGE);
  const sessions = await open(pairs).catch((error: Error) => fail(error.message, EXIT_MODEL));
  const models = [...sessions.values()].map(({ manifest, runsOn }) => {
    const { name: model, version, sha256 } = manifest;
    return { model, version, sha256, ...runsOn };
  });
  send({ kind: "ready", models });
  try {
    for (let run = nextRun(); run !== null; run = nextRun()) await answer(sessions, run);
  } catch (cause) {
    if (!(cause instanceof FrameFault)) throw cause;
    fail(cause.message, EXIT_USAGE);
  }
  process.exit(0);
}

await main();
