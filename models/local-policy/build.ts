// The local policy as a graph: matrix products, sums and rectifiers, nothing else. The same numbers give the same bytes
// on every machine.

import { encodeModel, GraphBuilder } from "../onnx/builder.js";
import type { Network } from "./network.js";
import { FEATURES, SCORES } from "./policy.js";

/** The bytes of the model file: float32 [1, inputs] in, float32 [1, outputs] out. */
export function buildLocalPolicy(network: Network): Uint8Array {
  const graph = new GraphBuilder("local-policy");
  graph.input(FEATURES, "float32", [1, network[0]?.inputs ?? 0]);
  let value = FEATURES;
  network.forEach(({ inputs, outputs, weight, bias }, at) => {
    const matrix = graph.constant({ type: "float32", dims: [inputs, outputs], values: [...weight] }, "weight");
    const offset = graph.constant({ type: "float32", dims: [outputs], values: [...bias] }, "bias");
    value = graph.op("Gemm", [value, matrix, offset]);
    if (at < network.length - 1) value = graph.op("Relu", [value]);
  });
  graph.rename(value, SCORES);
  graph.output(SCORES, "float32", [1, network.at(-1)?.outputs ?? 0]);
  return encodeModel(graph, { irVersion: 8, opset: 17, producer: "drover" });
}
