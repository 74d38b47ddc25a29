// Tensors and sessions of the inference runtime, for the two processes that run native code: the planner child and the
// throw-away child of a trial. Both create a session in the same way, so that what was tried is what drives.

import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import type { NamedTensor, TensorData } from "./elements.js";
import type { Provider } from "./manifest.js";
import { elementTypes } from "./onnx/element-types.js";

/** On what a session runs. `note`: why not on the first choice; empty when it does. */
export interface RunsOn {
  readonly provider: Provider;
  readonly note: string;
}

/**
 * A session on the first of these providers that this board has and that takes the bytes, which were admitted. Throws
 * when none does, with what each said.
 */
export async function firstSession(
  bytes: Uint8Array,
  on: { readonly providers: readonly Provider[]; readonly threads: number },
): Promise<RunsOn & { readonly session: InferenceSession }> {
  const notes: string[] = [];
  const here = new Set(listSupportedBackends().map(({ name }) => name));
  for (const provider of on.providers) {
    if (!here.has(provider)) {
      notes.push(`${provider} is not on this board`);
      continue;
    }
    try {
      const session = await createSession(bytes, { provider, threads: on.threads });
      return { session, provider, note: notes.join("; ") };
    } catch (cause) {
      notes.push(`${provider}: ${(cause as Error).message.slice(0, 300)}`);
    }
  }
  throw new Error(`expected one of ${on.providers.join(", ")} to run it: ${notes.join("; ")}`);
}

function createSession(
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
