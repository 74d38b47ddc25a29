// What a model file holds, for people (`drover model inspect`): also of a file that the inspector refuses, as far as it
// can be read within the limits. Nothing here runs native code, and nothing here decides.

import { decodeModel, type Graph, type Model, type Tensor, type ValueInfo } from "./decode.js";
import { elementTypeOf } from "./element-types.js";
import { allowedOperators, standardDomains } from "./operators.js";
import { defaultLimits, type InspectLimits, Refused } from "./refusal.js";

/** An input or output; `type` is in words for types that Drover does not load, `dims` null where left open. */
export interface PortSummary {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (string | null)[];
}

export interface OperatorSummary {
  readonly name: string;
  readonly count: number;
  readonly isAllowed: boolean;
}

export interface ModelSummary {
  readonly producer: string;
  readonly irVersion: string;
  readonly opsets: readonly string[];
  readonly inputs: readonly PortSummary[];
  readonly outputs: readonly PortSummary[];
  /** By count, then by name. */
  readonly operators: readonly OperatorSummary[];
  readonly graphs: number;
  /** Numbers stored as weights: floating point tensors of more than one element. */
  readonly parameters: number;
  readonly tensors: number;
}

const otherTypes: ReadonlyMap<number, string> = new Map([
  [0, "no type"],
  [8, "string"],
  [14, "complex64"],
  [15, "complex128"],
  [16, "bfloat16"],
  [21, "uint4"],
  [22, "int4"],
]);

function typeName(code: number): string {
  return elementTypeOf(code)?.name ?? otherTypes.get(code) ?? `type number ${code}`;
}

function port({ name = "", type }: ValueInfo): PortSummary {
  const tensor = type?.tensorType;
  const dims = (tensor?.shape?.dim ?? []).map(({ dimValue, dimParam }) => dimValue?.toString() ?? (dimParam || null));
  return { name, type: tensor ? typeName(tensor.elemType ?? 0) : "no tensor", dims };
}

/** Elements of a floating point tensor with more than one; exact only up to 2^53, which no file can hold. */
function parametersOf({ dims, dataType = 0 }: Tensor): number {
  const isFloat = elementTypeOf(dataType)?.name.startsWith("float") === true || dataType === 16;
  const count = dims.reduce((product, dim) => product * (dim > 0n ? Number(dim) : 0), 1);
  return isFloat && count > 1 ? count : 0;
}

interface Tally {
  readonly operators: Map<string, OperatorSummary>;
  graphs: number;
  parameters: number;
  tensors: number;
}

function add(tally: Tally, tensor: Tensor): void {
  tally.tensors += 1;
  tally.parameters += parametersOf(tensor);
}

function tallyGraph(graph: Graph, tally: Tally): void {
  tally.graphs += 1;
  for (const tensor of graph.initializer) add(tally, tensor);
  for (const { opType = "", domain = "", attribute } of graph.node) {
    const isStandard = standardDomains.has(domain);
    const name = isStandard ? opType : `${domain}.${opType}`;
    const isAllowed = isStandard && allowedOperators.has(opType);
    tally.operators.set(name, { name, isAllowed, count: (tally.operators.get(name)?.count ?? 0) + 1 });
    for (const { t, g, graphs } of attribute) {
      if (t) add(tally, t);
      for (const inner of g ? [g, ...graphs] : graphs) tallyGraph(inner, tally);
    }
  }
}

function summary(model: Model): ModelSummary {
  const { producerName = "", producerVersion = "", irVersion, opsetImport, graph } = model;
  const tally: Tally = { operators: new Map(), graphs: 0, parameters: 0, tensors: 0 };
  if (graph) tallyGraph(graph, tally);
  const stored = new Set(graph?.initializer.map(({ name }) => name));
  const operators = [...tally.operators.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  return {
    producer: [producerName, producerVersion].filter((part) => part !== "").join(" "),
    irVersion: String(irVersion ?? "none"),
    opsets: opsetImport.map(({ domain, version }) => `${domain || "ai.onnx"} ${version ?? "none"}`),
    inputs: (graph?.input ?? []).filter(({ name }) => !stored.has(name)).map(port),
    outputs: (graph?.output ?? []).map(port),
    ...{ operators, graphs: tally.graphs, parameters: tally.parameters, tensors: tally.tensors },
  };
}

/** What the file holds, or undefined when its bytes cannot be read as a model within the limits. Never throws. */
export function summariseModel(bytes: Uint8Array, limits: InspectLimits = defaultLimits): ModelSummary | undefined {
  if (bytes.length > limits.maxBytes) return undefined;
  try {
    return summary(decodeModel(bytes, limits));
  } catch (found) {
    if (found instanceof Refused || found instanceof Error) return undefined;
    throw found;
  }
}
