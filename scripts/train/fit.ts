// Fits the network to samples: cross entropy with the wanted shares, Adam, a step length that falls along half a
// cosine. Tensors and gradients are those of jax-js on WebAssembly. The same seed and samples give the same numbers on
// one machine.

import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import type { Layer, Network } from "../../models/local-policy/network.js";
import { CANDIDATES, WIDTH } from "../../models/local-policy/policy.js";
import type { Random } from "../world/random.js";
import { batches, type Sample } from "./samples.js";

type Tensors = np.Array[];

/** Widths of the layers between input and output. */
export const HIDDEN: readonly number[] = [128, 64];
const BATCH = 256;
const KEEP = { mean: 0.9, square: 0.999 } as const;
const TINY = 1e-8;

/** A fresh network: normal weights of deviation sqrt(2 / inputs), no bias. */
export function freshNetwork(draw: Random, hidden: readonly number[] = HIDDEN): Network {
  const sizes = [WIDTH, ...hidden, CANDIDATES.length];
  return sizes.slice(1).map((outputs, at): Layer => {
    const inputs = sizes[at] as number;
    const deviation = Math.sqrt((at === sizes.length - 2 ? 1 : 2) / inputs);
    const weight = Float32Array.from({ length: inputs * outputs }, () => deviation * draw.gaussian());
    return { inputs, outputs, weight, bias: new Float32Array(outputs) };
  });
}

function tensorsOf(network: Network): Tensors {
  return network.flatMap(({ inputs, outputs, weight, bias }) => [
    np.array(weight.slice()).reshape([inputs, outputs]),
    np.array(bias.slice()),
  ]);
}

async function networkOf(shape: Network, tensors: Tensors): Promise<Network> {
  const data = await Promise.all(tensors.map((tensor) => tensor.ref.data()));
  return shape.map(({ inputs, outputs }, at) => ({
    ...{ inputs, outputs },
    weight: Float32Array.from(data[2 * at] as Float32Array),
    bias: Float32Array.from(data[2 * at + 1] as Float32Array),
  }));
}

/** The mean cross entropy of a batch. Takes its arguments over, as jax-js does. */
function lossOf(tensors: Tensors, x: np.Array, y: np.Array): np.Array {
  let value = x;
  for (let at = 0; at < tensors.length; at += 2) {
    value = np.matmul(value, tensors[at] as np.Array).add(tensors[at + 1] as np.Array);
    if (at < tensors.length - 2) value = nn.relu(value);
  }
  return nn.logSoftmax(value).mul(y).sum(-1).mean().mul(-1);
}

type Step = [loss: np.Array, tensors: Tensors, means: Tensors, squares: Tensors];

/** One step of Adam. `length` is the step length, already corrected for the first steps. */
function adam(tensors: Tensors, means: Tensors, squares: Tensors, x: np.Array, y: np.Array, length: np.Array): Step {
  const [loss, slopes] = valueAndGrad(lossOf)(
    tensors.map((tensor) => tensor.ref),
    x,
    y,
  );
  const nextMeans = means.map((mean, at) => mean.mul(KEEP.mean).add((slopes[at] as np.Array).ref.mul(1 - KEEP.mean)));
  const nextSquares = squares.map((square, at) =>
    square.mul(KEEP.square).add(np.square(slopes[at] as np.Array).mul(1 - KEEP.square)),
  );
  const next = tensors.map((tensor, at) => {
    const scale = np.sqrt((nextSquares[at] as np.Array).ref).add(TINY);
    return tensor.sub((nextMeans[at] as np.Array).ref.mul(length.ref).div(scale));
  });
  length.dispose();
  return [loss, next, nextMeans, nextSquares];
}

export interface FitOptions {
  readonly draw: Random;
  readonly epochs: number;
  readonly rate: number; // the longest step
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

export interface Fitted {
  readonly network: Network;
  readonly losses: readonly number[]; // mean of each epoch
}

/** Fits a copy of the network. Throws when the samples fill no batch. */
export async function fit(network: Network, samples: readonly Sample[], options: FitOptions): Promise<Fitted> {
  if (samples.length < BATCH) throw new Error(`a fit needs ${BATCH} samples or more, found ${samples.length}`);
  await init("wasm");
  defaultDevice("wasm");
  const { draw, epochs, rate } = options;
  const step = jit(adam);
  let tensors = tensorsOf(network);
  let [means, squares] = [tensors.map(zerosLike), tensors.map(zerosLike)];
  const perEpoch = Math.floor(samples.length / BATCH);
  const losses: number[] = [];
  let steps = 0;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    let sum = 0;
    for (const { x, y } of batches(samples, { size: BATCH, draw })) {
      const share = steps / (perEpoch * epochs);
      steps += 1;
      const fair = Math.sqrt(1 - KEEP.square ** steps) / (1 - KEEP.mean ** steps);
      const length = rate * fair * (0.02 + 0.98 * 0.5 * (1 + Math.cos(Math.PI * share)));
      let loss: np.Array;
      [loss, tensors, means, squares] = step(
        tensors,
        means,
        squares,
        np.array(x).reshape([BATCH, WIDTH]),
        np.array(y).reshape([BATCH, CANDIDATES.length]),
        np.array(length),
      );
      sum += (await loss.data())[0] as number;
    }
    losses.push(sum / perEpoch);
    options.onEpoch?.(epoch, sum / perEpoch);
  }
  const fitted = await networkOf(network, tensors);
  for (const tensor of [...tensors, ...means, ...squares]) tensor.dispose();
  step.dispose();
  return { network: fitted, losses };
}

function zerosLike(tensor: np.Array): np.Array {
  return np.zeros(tensor.shape);
}
