// The model contract: a manifest beside the model file that says what the model takes, gives, may cost, and which bytes
// it is. The manifest is closed (unknown keys are refused, R13) and carries a seal over its own text, so that a changed
// character anywhere in it is found. Checksums find damage and mix-ups; they do not prove who made a model.

import { createHash } from "node:crypto";
import { Ajv, type ErrorObject } from "ajv";
import type { ModelFacts, TensorFacts } from "./onnx/inspect.js";
import { type ElementTypeName, elementTypes } from "./onnx/schema.js";

/** A dimension that each run chooses, up to `max`. */
export interface NamedDimension {
  readonly dim: string;
  readonly max: number;
}

/** One input or output: the tensor's name in the graph, its type and shape, and what its numbers mean, in words. */
export interface TensorContract {
  readonly tensor: string;
  readonly type: ElementTypeName;
  readonly shape: readonly (number | NamedDimension)[];
  readonly unit: string;
}

export interface ModelManifest {
  readonly manifest: 1;
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly licence: string;
  /** The model file, a plain name in the same folder, with its size in bytes and its checksum in lower-case hex. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly inputs: readonly TensorContract[];
  readonly outputs: readonly TensorContract[];
  /** Most cells of one grid, and the time after which a run counts as hung. */
  readonly limits: { readonly maxCells: number; readonly deadlineMs: number };
}

const HEX_256 = "^[0-9a-f]{64}$";
const BLANK_SEAL = "0".repeat(64);

const text = { type: "string", minLength: 1, maxLength: 500 };
const count = (maximum: number) => ({ type: "integer", minimum: 1, maximum });

function closed(properties: Record<string, object>): object {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const dimension = {
  anyOf: [
    count(2 ** 31 - 1),
    closed({ dim: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_]{0,62}$" }, max: count(2 ** 31 - 1) }),
  ],
};

const tensors = {
  type: "array",
  minItems: 1,
  maxItems: 64,
  items: closed({
    tensor: { type: "string", minLength: 1, maxLength: 200 },
    type: { enum: elementTypes.map((type) => type.name) },
    shape: { type: "array", maxItems: 8, items: dimension },
    unit: text,
  }),
};

const manifestSchema = closed({
  manifest: { const: 1 },
  name: { type: "string", pattern: "^[a-z][a-z0-9-]{0,62}$" },
  version: { type: "string", pattern: "^(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})$" },
  summary: text,
  licence: { type: "string", minLength: 1, maxLength: 100 },
  file: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,120}\\.onnx$" },
  bytes: count(2 ** 31 - 1),
  sha256: { type: "string", pattern: HEX_256 },
  inputs: tensors,
  outputs: tensors,
  limits: closed({ maxCells: count(2 ** 24), deadlineMs: count(60_000) }),
  seal: { type: "string", pattern: HEX_256 },
});

const validate = new Ajv({ allErrors: false, strict: true, verbose: true }).compile(manifestSchema);

/** The SHA-256 of these bytes in lower-case hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The text of a manifest file: readable JSON with a seal over itself. The inverse of `parseManifest`. */
export function sealManifest(manifest: ModelManifest): string {
  const blank = `${JSON.stringify({ ...manifest, seal: BLANK_SEAL }, null, 2)}\n`;
  return blank.replace(`"seal": "${BLANK_SEAL}"`, `"seal": "${sha256Hex(blank)}"`);
}

function describeError(error: ErrorObject): string {
  const where = error.instancePath === "" ? "the manifest" : error.instancePath;
  const extra = error.keyword === "additionalProperties" ? ` ("${error.params.additionalProperty}")` : "";
  const wish = error.keyword === "enum" || error.keyword === "const" ? `: ${JSON.stringify(error.schema)}` : "";
  return `${where} ${error.message ?? "is wrong"}${extra}${wish}, found ${JSON.stringify(error.data)?.slice(0, 120)}`;
}

/**
 * Reads the text of a manifest file. Throws an Error that says what was expected and found, with `path` in front, when
 * the text is no JSON, breaks the schema, or differs in any character from what was sealed.
 */
export function parseManifest(source: string, path: string): ModelManifest {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new Error(`${path}: expected JSON, ${(error as Error).message}`);
  }
  if (!validate(value)) {
    throw new Error(`${path}: ${(validate.errors ?? []).map(describeError).join("; ")}`);
  }
  const { seal, ...manifest } = value as ModelManifest & { seal: string };
  const parts = source.split(seal);
  const found = sha256Hex(parts.join(BLANK_SEAL));
  if (parts.length !== 2 || found !== seal) {
    throw new Error(`${path}: expected the text that was sealed with ${seal}, found text with seal ${found}`);
  }
  return manifest;
}

function describeShape(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}

function tensorDifference(contract: TensorContract, facts: TensorFacts): string | undefined {
  if (contract.type !== facts.type) return `expected ${contract.type}, found ${facts.type}`;
  const expected = contract.shape.map((dim) => (typeof dim === "number" ? dim : dim.dim));
  const same = expected.length === facts.dims.length && expected.every((dim, index) => dim === facts.dims[index]);
  if (!same) return `expected shape ${describeShape(expected)}, found ${describeShape(facts.dims)}`;
  return undefined;
}

function listDifferences(side: string, contracts: readonly TensorContract[], facts: readonly TensorFacts[]): string[] {
  const differences: string[] = [];
  for (const contract of contracts) {
    const same = facts.find((fact) => fact.name === contract.tensor);
    const difference = same ? tensorDifference(contract, same) : "expected in the graph, found none of that name";
    if (difference) differences.push(`${side} "${contract.tensor}": ${difference}`);
  }
  for (const fact of facts) {
    if (!contracts.some((contract) => contract.tensor === fact.name)) {
      differences.push(`${side} "${fact.name}": expected none of that name, found one in the graph`);
    }
  }
  if (contracts.length !== facts.length)
    differences.push(`expected ${contracts.length} ${side}s, found ${facts.length}`);
  return differences;
}

/** Every difference between the manifest and the graph, in words; empty when they agree. */
export function contractDifferences(manifest: ModelManifest, facts: ModelFacts): string[] {
  const maxima = new Map<string, number>();
  const differences: string[] = [];
  for (const { tensor, shape } of [...manifest.inputs, ...manifest.outputs]) {
    for (const dim of shape) {
      if (typeof dim === "number") continue;
      const known = maxima.get(dim.dim) ?? dim.max;
      if (known !== dim.max) differences.push(`"${tensor}": expected max ${known} for ${dim.dim}, found ${dim.max}`);
      maxima.set(dim.dim, known);
    }
  }
  differences.push(...listDifferences("input", manifest.inputs, facts.inputs));
  differences.push(...listDifferences("output", manifest.outputs, facts.outputs));
  return differences;
}
