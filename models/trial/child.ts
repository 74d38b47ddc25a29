// The throw-away child of a trial (R11): it gets the admitted bytes over the channel, never a path, loads them into the
// runtime, runs every vector, then times runs, and says what came out. It judges nothing. Whatever the model does to
// this process ends with it.

import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { NamedTensor } from "../elements.js";
import { firstSession, fromNative, toNative } from "../native.js";
import type { TrialMessage, TrialRequest } from "./words.js";

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const REASON_LENGTH_MAX = 600;

type Feeds = Record<string, Tensor>;

/** Resolves when the parent has it, so that a crash in the next step cannot swallow this word. */
function say(message: TrialMessage): Promise<void> {
  return new Promise((resolve) => {
    // A parent that is gone cannot be told; the end of the channel ends this process.
    process.send?.(message, undefined, undefined, () => resolve());
  });
}

function feedsOf(inputs: readonly NamedTensor[]): Feeds {
  return Object.fromEntries(inputs.map((input) => [input.tensor, toNative(input)]));
}

function outputsOf(results: InferenceSession.OnnxValueMapType): NamedTensor[] {
  let bytes = 0;
  return Object.entries(results).map(([tensor, value]) => {
    const output = fromNative(tensor, value);
    bytes += output.data.byteLength;
    if (bytes > OUTPUT_BYTES_MAX) throw new Error(`outputs of at most ${OUTPUT_BYTES_MAX} bytes, found ${bytes}`);
    return output;
  });
}

async function run(session: InferenceSession, feeds: Feeds): Promise<{ tensors: NamedTensor[]; runMs: number }> {
  const startMs = performance.now();
  const results = await session.run(feeds);
  const runMs = performance.now() - startMs;
  return { tensors: outputsOf(results), runMs };
}

async function runAll(session: InferenceSession, request: TrialRequest): Promise<void> {
  const all = request.vectors.map(feedsOf);
  for (const [vector, feeds] of all.entries()) await say({ kind: "outputs", vector, ...(await run(session, feeds)) });
  const one = (index: number) => run(session, all[index % all.length] ?? {});
  for (let index = 0; index < request.warmUpRuns; index += 1) await one(index);
  const timesMs: number[] = [];
  const endMs = performance.now() + request.timedMs;
  while (timesMs.length === 0 || (timesMs.length < request.timedRuns && performance.now() < endMs)) {
    timesMs.push((await one(timesMs.length)).runMs);
  }
  await say({ kind: "timed", timesMs });
}

async function attempt(request: TrialRequest): Promise<void> {
  let stage: "load" | "run" = "load";
  try {
    const startMs = performance.now();
    const { session, provider } = await firstSession(request.bytes, request);
    const { inputNames: inputs, outputNames: outputs } = session;
    await say({ kind: "loaded", loadMs: performance.now() - startMs, provider, inputs, outputs });
    stage = "run";
    await runAll(session, request);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    await say({ kind: "failed", stage, reason: reason.slice(0, REASON_LENGTH_MAX) });
  }
}

process.on("disconnect", () => process.exit(0));
process.once("message", (message) => void attempt(message as TrialRequest));
await say({ kind: "hello" });
