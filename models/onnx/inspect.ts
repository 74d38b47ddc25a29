// The hardened reader that decides whether the native runtime may see a model at all (R13). Size first, then the wire
// scan, then the meaning: no data outside the file anywhere, standard operators of the allow-list only, known versions,
// tensors that are exactly shape times type, bounded loops, no cycles. It needs no native code and no file system.
//
// What it does not do: bound the memory or time of a run, or judge what the model computes. The first is the business
// of the killable child that runs it, the second that of the guard (R11).

import { type DimensionMessage, decodeModel, type Model, type ValueInfo } from "./decode.js";
import { type ElementTypeName, elementTypeOf } from "./element-types.js";
import { checkGraph } from "./graphs.js";
import { idleDomains, irRange, opsetRange, standardDomains } from "./operators.js";
import { otherKind } from "./plain-file.js";
import { defaultLimits, type InspectLimits, type Refusal, Refused, refuse } from "./refusal.js";

/** An input or output as the graph declares it. A dimension is a number, a name, or null where it is left open. */
export interface TensorFacts {
  readonly name: string;
  readonly type: ElementTypeName;
  readonly dims: readonly (number | string | null)[];
}

export interface ModelFacts {
  readonly irVersion: number;
  readonly opset: number;
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];
}

export type Inspection =
  | { readonly ok: true; readonly facts: ModelFacts }
  | { readonly ok: false; readonly refusal: Refusal };

const MAX_DIMENSION = 2n ** 31n - 1n;
const MAX_RANK = 8;

function inRange(value: bigint | undefined, range: { min: number; max: number }, what: string): number {
  if (value === undefined || value < BigInt(range.min) || value > BigInt(range.max)) {
    refuse("version", "", `expected ${what} from ${range.min} to ${range.max}, found ${value ?? "none"}`);
  }
  return Number(value);
}

function opsetOf(model: Model): number {
  let opset: number | undefined;
  model.opsetImport.forEach(({ domain = "", version }, index) => {
    if (idleDomains.has(domain)) return;
    if (!standardDomains.has(domain)) {
      refuse("domain", `opsetImport[${index}]`, `expected the standard domain, found "${domain}"`);
    }
    if (opset !== undefined) refuse("version", `opsetImport[${index}]`, "expected one operator set, found a second");
    opset = inRange(version, opsetRange, "an operator set");
  });
  return opset ?? inRange(undefined, opsetRange, "an operator set");
}

function dimensionFact(dim: DimensionMessage, path: string): number | string | null {
  if (dim.dimValue !== undefined && dim.dimParam !== undefined) {
    refuse("interface", path, "expected a dimension with a number or a name, found both");
  }
  if (dim.dimValue === undefined) return dim.dimParam ? dim.dimParam : null;
  if (dim.dimValue < 1n || dim.dimValue > MAX_DIMENSION) {
    refuse("interface", path, `expected a dimension from 1 to ${MAX_DIMENSION}, found ${dim.dimValue}`);
  }
  return Number(dim.dimValue);
}

function tensorFacts(info: ValueInfo, path: string): TensorFacts {
  const tensor = info.type?.tensorType;
  const code = tensor?.elemType ?? 0;
  const element = elementTypeOf(code);
  const dim = tensor?.shape?.dim;
  if (!element || !dim) {
    const found = code === 0 ? "none" : element ? "none with a shape" : `type number ${code}`;
    refuse("interface", path, `expected a numeric tensor type with a shape for "${info.name ?? ""}", found ${found}`);
  }
  if (dim.length > MAX_RANK) refuse("interface", path, `expected at most ${MAX_RANK} dimensions, found ${dim.length}`);
  return { name: info.name ?? "", type: element.name, dims: dim.map((one) => dimensionFact(one, path)) };
}

function inspect(bytes: Uint8Array, limits: InspectLimits): ModelFacts {
  if (bytes.length === 0) refuse("empty", "", "expected an ONNX model, found no bytes");
  if (bytes.length > limits.maxBytes) {
    refuse("too-large", "", `expected at most ${limits.maxBytes} bytes, found ${bytes.length}`);
  }
  const kind = otherKind(bytes);
  if (kind) refuse("not-onnx", "", `expected an ONNX model, found ${kind}`);
  const model = decodeModel(bytes, limits);
  if (model.functions.length > 0) refuse("unsupported", "functions", "expected no local functions, found some");
  if (model.trainingInfo.length > 0) refuse("unsupported", "trainingInfo", "expected no training part, found one");
  if (model.configuration.length > 0) refuse("unsupported", "configuration", "expected no device placement, found one");
  const irVersion = inRange(model.irVersion, irRange, "a format version");
  const opset = opsetOf(model);
  const { graph } = model;
  if (!graph) refuse("graph", "graph", "expected a graph, found none");
  checkGraph(graph, { path: "graph", limits });
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.map((info, index) => tensorFacts(info, `graph.input[${index}]`));
  return {
    irVersion,
    opset,
    inputs: inputs.filter(({ name }) => !stored.has(name)),
    outputs: graph.output.map((info, index) => tensorFacts(info, `graph.output[${index}]`)),
  };
}

/** Inspects the bytes of a model file. Never throws for any bytes: what is wrong with them comes back as a refusal. */
export function inspectModel(bytes: Uint8Array, limits: InspectLimits = defaultLimits): Inspection {
  try {
    return { ok: true, facts: inspect(bytes, limits) };
  } catch (found) {
    if (found instanceof Refused) return { ok: false, refusal: found.refusal };
    const detail = `the bytes could not be decoded: ${found instanceof Error ? found.message : String(found)}`;
    return { ok: false, refusal: { code: "malformed", path: "", detail } };
  }
}
