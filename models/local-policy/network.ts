// The network as plain numbers: layers of weights with a rectifier between them, and its outputs in double precision.
// The graph that robots run is built from the same numbers (`build.ts`); a test holds one against the other.

/** One layer: `weight` row by row, [inputs, outputs]. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export type Network = readonly Layer[];

/** The outputs for one input. Throws when the input is not as wide as the first layer. */
export function forward(network: Network, input: ArrayLike<number>): Float64Array {
  let values = Float64Array.from(input);
  network.forEach((layer, at) => {
    const { inputs, outputs, weight, bias } = layer;
    if (values.length !== inputs) throw new Error(`layer ${at}: expected ${inputs} numbers, found ${values.length}`);
    const next = Float64Array.from(bias);
    for (let from = 0; from < inputs; from += 1) {
      const value = values[from] as number;
      if (value === 0) continue;
      const row = from * outputs;
      for (let to = 0; to < outputs; to += 1) next[to] = (next[to] as number) + value * (weight[row + to] as number);
    }
    if (at < network.length - 1) for (let to = 0; to < outputs; to += 1) next[to] = Math.max(0, next[to] as number);
    values = next;
  });
  return values;
}

/** The best of the scores, and the largest share of their softmax. */
export function bestOf(scores: ArrayLike<number>): { readonly index: number; readonly share: number } {
  let index = 0;
  for (let at = 1; at < scores.length; at += 1) if ((scores[at] as number) > (scores[index] as number)) index = at;
  let sum = 0;
  for (let at = 0; at < scores.length; at += 1) sum += Math.exp((scores[at] as number) - (scores[index] as number));
  return { index, share: 1 / sum };
}
