// A process with one model for the benches, as a function: a run goes in, its result comes out, with the instants at
// which it was sent and taken. Beside it the same model in this process, with nothing around it.

import type { InferenceSession } from "onnxruntime-node";
import { ModelProcess } from "../../edge/io/model-process.js";
import { loadModel } from "../../models/load.js";
import { firstSession, toNative } from "../../models/native.js";
import type { ModelResult, ModelRun } from "../../models/run.js";
import { fineMonotonicMs } from "../../proto/codec/clock.js";
import { atEnd } from "./scratch.js";

/** A result with its way: all by CLOCK_MONOTONIC. */
export interface Trip {
  readonly result: ModelResult;
  readonly sentMs: number;
  readonly takenMs: number;
}

export interface ModelHost {
  readonly pid: number | undefined;
  ask(run: ModelRun): Promise<Trip>;
}

/** Starts the process and waits until its model is ready. It ends with the bench. */
export async function startHost(directory: string): Promise<ModelHost> {
  let answer: (result: ModelResult) => void = () => {};
  let refuse: (cause: Error) => void = () => {};
  let ready: () => void = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const host = new ModelProcess({
    models: [{ directory }],
    events: {
      onReady: () => ready(),
      onResult: (result) => answer(result),
      onRefused: (_model, _id, reason) => refuse(new Error(`the model refused: ${reason}`)),
      onExit: ({ code, signal }) => refuse(new Error(`the process of the model ended with ${signal ?? code}`)),
    },
  });
  atEnd(() => host.close());
  host.start();
  await isReady;
  const ask = (run: ModelRun): Promise<Trip> =>
    new Promise((resolve, reject) => {
      const sentMs = fineMonotonicMs();
      answer = (result) => resolve({ result, sentMs, takenMs: fineMonotonicMs() });
      refuse = reject;
      if (!host.run(run)) reject(new Error("the process of the model takes no run"));
    });
  return {
    ask,
    get pid() {
      return host.pid;
    },
  };
}

/** The same model here, with the options with which its process runs it. */
export async function openRaw(directory: string): Promise<(run: Pick<ModelRun, "feeds">) => Promise<RawOutputs>> {
  const { bytes } = await loadModel(directory);
  const { session } = await firstSession(bytes, { providers: ["cpu"], threads: 1 });
  return ({ feeds }) => session.run(Object.fromEntries(feeds.map((feed) => [feed.tensor, toNative(feed)])));
}

type RawOutputs = Awaited<ReturnType<InferenceSession["run"]>>;
