// What the inspector refuses and where its limits stand (R13). A refusal is a value with a code from a closed table,
// the place inside the model, and a sentence that says what was expected and what was found.

/** Why a model is refused: one word per class of finding, one sentence each in `refusalCodes`. */
export const refusalCodes = {
  empty: "the file has no bytes",
  "too-large": "the file, a tensor or a list is above its limit",
  "not-onnx": "the file is something else, such as a web page or a large-file pointer",
  malformed: "the bytes are not a well-formed message of the ONNX schema",
  "unknown-field": "a message carries a field that the schema of Drover does not know",
  "too-deep": "messages or subgraphs are nested too deeply",
  "too-many": "more operators, tensors or numbers than the limit",
  "external-data": "a tensor keeps its data outside the model file",
  "memory-marker": "a tensor points into the memory of the inference runtime",
  sparse: "a sparse tensor, which Drover does not load",
  unsupported: "a part of the standard that Drover does not load, such as local functions",
  version: "the version of the format or of the operator set is outside the accepted range",
  domain: "an operator domain other than the standard one",
  operator: "an operator outside the allow-list",
  loop: "a loop without a constant upper bound on its turns",
  tensor: "type, shape and bytes of a tensor do not agree",
  graph: "an undefined or cyclic input, a duplicate name, or a missing part of the graph",
  interface: "an input or output of the model has no plain tensor type",
} as const;

export type RefusalCode = keyof typeof refusalCodes;

export interface Refusal {
  readonly code: RefusalCode;
  /** Where in the model, such as `graph.node[3].attribute[0].t`; empty for the file as a whole. */
  readonly path: string;
  readonly detail: string;
}

/** Limits of the inspector. Bytes are those of the file; depth counts graphs inside graphs, the outermost is 1. */
export interface InspectLimits {
  readonly maxBytes: number;
  readonly maxGraphDepth: number;
  readonly maxNodes: number;
  readonly maxTensors: number;
  readonly maxAttributes: number;
  /** Numbers stored one by one (not as raw bytes) in the whole file. */
  readonly maxNumbers: number;
  readonly maxStringBytes: number;
  readonly maxTensorBytes: number;
  readonly maxLoopTurns: number;
}

export const defaultLimits: InspectLimits = {
  maxBytes: 64 * 1024 * 1024,
  maxGraphDepth: 16,
  maxNodes: 20_000,
  maxTensors: 10_000,
  maxAttributes: 100_000,
  maxNumbers: 4_000_000,
  maxStringBytes: 65_536,
  maxTensorBytes: 64 * 1024 * 1024,
  maxLoopTurns: 65_536,
};

/** How a check inside the inspector ends early; `inspectModel` turns it into a value and lets nothing else through. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(code: RefusalCode, path: string, detail: string) {
    super(detail);
    this.refusal = { code, path, detail };
  }
}

/** Ends the inspection with a refusal. */
export function refuse(code: RefusalCode, path: string, detail: string): never {
  throw new Refused(code, path, detail);
}

/** One line for people and logs. */
export function describeRefusal(refusal: Refusal): string {
  return `${refusal.code}${refusal.path === "" ? "" : ` at ${refusal.path}`}: ${refusal.detail}`;
}
