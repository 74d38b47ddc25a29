// Tensors and sessions of the inference runtime, for the two processes that run native code: the planner child and the
// throw-away child of a trial. Both create a session in the same way, so that what was tried is what drives.

import { InferenceSession, Tensor } from "onnxruntime-node";
import type { NamedTensor, TensorData } from "./elements.js";
import { elementTypes } from "./onnx/element-types.js";

/** A session on one provider, from bytes that were admitted. Throws when the runtime does not take them. */
export function createSession(
  bytes: Uint8Array,
  on: { readonly provider: string; readonly threads: number },
): Promise<InferenceSession> {
  return InferenceSession.create(bytes, {
    executionProviders: [on.provider],
    intraOpNumThreads: on.threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4, // what it would print is in what it throws
  });
}

export function toNative({ type, dims, data }: NamedTensor): Tensor {
  return new Tensor(type, data, dims);
}

/** Throws for what is no tensor of a type that Drover reads. */
export function fromNative(tensor: string, value: InferenceSession.OnnxValueMapType[string]): NamedTensor {
  const type = elementTypes.find(({ name }) => name === value.type)?.name;
  const { data, dims } = value as Tensor;
  if (type === undefined || !ArrayBuffer.isView(data)) throw new Error(`${tensor} came out as ${value.type}`);
  // Newer engines have an array kind of their own for float16; its bits are what counts.
  const bits = type === "float16" ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return { tensor, type, dims: [...dims], data: bits as TensorData };
}
