// One model in native code: created from the bytes that were admitted, on the first of its providers that this board
// has, warmed up before its first real run, with its recurrent state. It trusts neither feeds nor outputs to have the
// shape that the manifest says.

import type { InferenceSession, Tensor } from "onnxruntime-node";
import { fixedDims } from "../../models/assemble.js";
import { encodeElements, type NamedTensor, sizeOf } from "../../models/elements.js";
import type { AdmittedModel } from "../../models/load.js";
import type { ModelManifest, StateContract, TensorContract } from "../../models/manifest.js";
import { firstSession, fromNative, type RunsOn, toNative } from "../../models/native.js";
import { fineMonotonicMs } from "../../proto/codec/clock.js";

const WARM_UP_RUNS = 3;
const WARM_UP_SIDE = 64;

/** What a run gave, when the model began by CLOCK_MONOTONIC, and the model's own time, ms. */
export interface Ran {
  readonly outputs: readonly NamedTensor[];
  readonly beganMs: number;
  readonly inferenceMs: number;
}

export class ModelSession {
  readonly manifest: ModelManifest;
  readonly runsOn: RunsOn;
  readonly #session: InferenceSession;
  #states: ReadonlyMap<string, NamedTensor> = new Map();
  readonly #given: Record<string, Tensor> = {};
  #feeds: readonly NamedTensor[] | null = null; // of which `given` was made
  #ranMs = Number.NEGATIVE_INFINITY;

  private constructor(
    manifest: ModelManifest,
    { session, provider, note }: RunsOn & { readonly session: InferenceSession },
  ) {
    this.manifest = manifest;
    this.#session = session;
    this.runsOn = { provider, note };
    this.#reset();
  }

  /** Loads and warms up. Throws when no provider of the manifest runs it, or when its first runs fail. */
  static async open(model: AdmittedModel): Promise<ModelSession> {
    const { manifest, bytes } = model;
    const session = new ModelSession(manifest, await firstSession(bytes, manifest.limits));
    for (let run = 0; run < WARM_UP_RUNS; run += 1) await session.run(warmUpFeeds(manifest), { reset: true });
    session.#reset();
    return session;
  }

  /** Runs once. Throws when the feeds are not those of the manifest, or the model fails. */
  async run(feeds: readonly NamedTensor[], how: { readonly reset: boolean }): Promise<Ran> {
    const startMs = performance.now();
    if (how.reset || this.manifest.states.some(({ resetAfterMs }) => startMs - this.#ranMs > resetAfterMs))
      this.#reset();
    this.#ranMs = startMs;
    if (feeds !== this.#feeds) this.#take(feeds);
    const ran = await this.#infer(this.#given, this.#states);
    const { states } = this.manifest;
    if (states.length === 0) return ran;
    this.#states = new Map(states.map((state) => [state.tensor, stateOf(state, ran.outputs)]));
    const isState = (tensor: string): boolean => states.some(({ output }) => output === tensor);
    return { ...ran, outputs: ran.outputs.filter(({ tensor }) => !isState(tensor)) };
  }

  /**
   * Runs once beside the live runs, whose recurrent states and times stay as they are. States that are not fed begin
   * anew; what becomes of them is among the outputs.
   */
  async runApart(feeds: readonly NamedTensor[]): Promise<Ran> {
    const states = new Map(initialStates(this.manifest));
    for (const contract of this.manifest.states)
      if (feeds.some(({ tensor }) => tensor === contract.tensor)) states.set(contract.tensor, feedOf(feeds, contract));
    const given: Record<string, Tensor> = {};
    for (const contract of this.manifest.inputs) given[contract.tensor] = toNative(feedOf(feeds, contract));
    return this.#infer(given, states);
  }

  async #infer(given: Record<string, Tensor>, states: ReadonlyMap<string, NamedTensor>): Promise<Ran> {
    for (const [tensor, state] of states) given[tensor] = toNative(state);
    const beganMs = fineMonotonicMs();
    const outputs = await this.#session.run(given);
    const inferenceMs = fineMonotonicMs() - beganMs;
    const named: NamedTensor[] = [];
    for (const tensor in outputs) named.push(fromNative(tensor, outputs[tensor] as Tensor));
    return { outputs: named, beganMs, inferenceMs };
  }

  /** Feeds that are the same list again hold new numbers in the same memory: their tensors stand. */
  #take(feeds: readonly NamedTensor[]): void {
    this.#feeds = null;
    for (const contract of this.manifest.inputs) this.#given[contract.tensor] = toNative(feedOf(feeds, contract));
    this.#feeds = feeds;
  }

  #reset(): void {
    this.#states = initialStates(this.manifest);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

function initialStates({ states }: ModelManifest): ReadonlyMap<string, NamedTensor> {
  return new Map(
    states.map(({ tensor, type, shape, initial }) => {
      const dims = fixedDims(shape);
      const data = encodeElements(type, new Array<number>(sizeOf(dims)).fill(initial));
      return [tensor, { tensor, type, dims, data }];
    }),
  );
}

/** What a run gave for a state, as the feed of the next. */
function stateOf({ tensor, output, type, shape }: StateContract, outputs: readonly NamedTensor[]): NamedTensor {
  const found = outputs.find((one) => one.tensor === output);
  const dims = fixedDims(shape);
  if (found?.type !== type || found.data.length !== sizeOf(dims))
    throw new Error(`state "${output}": expected ${type} [${dims}], found ${found?.type} [${found?.dims}]`);
  return { tensor, type, dims, data: found.data };
}

function feedOf(feeds: readonly NamedTensor[], { tensor, type, shape }: TensorContract): NamedTensor {
  const feed = feeds.find((one) => one.tensor === tensor);
  if (feed === undefined) throw new Error(`input "${tensor}": expected it to be fed, found nothing`);
  if (feed.type !== type) throw new Error(`input "${tensor}": expected ${type}, found ${feed.type}`);
  const fits =
    shape.length === feed.dims.length &&
    shape.every((dim, at) => {
      const found = feed.dims[at] ?? -1;
      if (typeof dim === "number") return dim === found;
      return "size" in dim ? dim.size === found : found >= 1 && found <= dim.max;
    });
  if (fits && sizeOf(feed.dims) === feed.data.length) return feed;
  throw new Error(
    `input "${tensor}": found [${feed.dims}] with ${feed.data.length} numbers, which its shape does not take`,
  );
}

/** Every input at rest: grids without walls and one seed, features at the number that stands for nothing, or 0. */
function warmUpFeeds(manifest: ModelManifest): readonly NamedTensor[] {
  const side = Math.min(WARM_UP_SIDE, Math.floor(Math.sqrt(manifest.limits.maxCells)));
  return manifest.inputs.map(({ tensor, type, shape, fill }) => {
    if (fill.kind === "features") {
      const dims = fixedDims(shape);
      return { tensor, type, dims, data: encodeElements(type, new Float64Array(sizeOf(dims))) };
    }
    const data = new Float32Array(side * side).fill(fill.grid === "cost" ? 1 : 1e9);
    if (fill.grid === "seed") data[0] = 0;
    return { tensor, type, dims: [side, side], data };
  });
}
