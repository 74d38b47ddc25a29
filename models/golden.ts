// Golden vectors: inputs of a model with the outputs that its team saw, and how far off a run may be. The file is
// closed and bounded (R13); data are base64 of little-endian elements, as every supported board stores them. A number
// that is not finite in an output is refused whatever the tolerance says (R11).

import { SchemaCheck } from "../fleet-config/schema-check.js";
import { elementAt, type NamedTensor, sizeOf, type TensorData } from "./elements.js";
import { type ElementTypeName, elementTypes } from "./onnx/element-types.js";
import { parsePlainJson } from "./onnx/plain-file.js";

export const GOLDEN_BYTES_MAX = 16 * 1024 * 1024;
const GOLDEN_DEPTH_MAX = 8;
const VECTORS_MAX = 64;
const TENSORS_MAX = 64;

/** A number may differ by `absolute` plus `relative` times the size of the expected one. Integers and bools, too. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

export interface GoldenVector {
  readonly name: string;
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
}

export interface GoldenFile {
  readonly tolerance: Tolerance;
  readonly vectors: readonly GoldenVector[];
}

export type ParsedGolden =
  | { readonly ok: true; readonly golden: GoldenFile }
  | { readonly ok: false; readonly expected: string; readonly found: string };

interface StoredTensor {
  readonly tensor: string;
  readonly type: ElementTypeName;
  readonly dims: readonly number[];
  readonly data: string;
}

interface StoredFile {
  readonly tolerance: Tolerance;
  readonly vectors: readonly {
    readonly name: string;
    readonly inputs: readonly StoredTensor[];
    readonly outputs: readonly StoredTensor[];
  }[];
}

const kinds = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
} as const satisfies Record<ElementTypeName, unknown>;

function closed(properties: Record<string, object>): object {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const tensors = {
  type: "array",
  minItems: 1,
  maxItems: TENSORS_MAX,
  items: closed({
    tensor: { type: "string", minLength: 1, maxLength: 200 },
    type: { enum: elementTypes.map(({ name }) => name) },
    dims: { type: "array", maxItems: 8, items: { type: "integer", minimum: 0, maximum: 2 ** 24 } },
    data: { type: "string", maxLength: GOLDEN_BYTES_MAX, pattern: "^[A-Za-z0-9+/]*={0,2}$" },
  }),
};
const share = { type: "number", minimum: 0, maximum: 1e9 };
const schema = new SchemaCheck<StoredFile>(
  closed({
    golden: { const: 1 },
    tolerance: closed({ absolute: share, relative: share }),
    vectors: {
      type: "array",
      minItems: 1,
      maxItems: VECTORS_MAX,
      items: closed({ name: { type: "string", minLength: 1, maxLength: 100 }, inputs: tensors, outputs: tensors }),
    },
  }),
);

/** The elements of little-endian bytes, in a buffer of their own. Throws when the bytes do not fill the shape. */
export function elementsOf(type: ElementTypeName, dims: readonly number[], bytes: Uint8Array): TensorData {
  const Kind = kinds[type];
  const expected = sizeOf(dims) * Kind.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) {
    throw new Error(`expected ${expected} bytes for ${type}[${dims.join(", ")}], found ${bytes.length}`);
  }
  return new Kind(Uint8Array.from(bytes).buffer);
}

function stored({ tensor, type, dims, data }: NamedTensor): StoredTensor {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  elementsOf(type, dims, bytes);
  return { tensor, type, dims, data: bytes.toString("base64") };
}

/** The text of a file of golden vectors. Throws when data do not fill their shape. The inverse of `parseGolden`. */
export function encodeGolden(golden: GoldenFile): string {
  const vectors = golden.vectors.map(({ name, inputs, outputs }) => ({
    name,
    inputs: inputs.map(stored),
    outputs: outputs.map(stored),
  }));
  return `${JSON.stringify({ golden: 1, tolerance: golden.tolerance, vectors }, null, 1)}\n`;
}

function read(list: readonly StoredTensor[], where: string): NamedTensor[] {
  const names = new Set<string>();
  return list.map(({ tensor, type, dims, data }) => {
    if (names.has(tensor)) throw new Error(`${where}: expected "${tensor}" once, found it again`);
    names.add(tensor);
    const bytes = Buffer.from(data, "base64");
    if (bytes.toString("base64") !== data) throw new Error(`${where} "${tensor}": expected base64, found other text`);
    try {
      const elements = elementsOf(type, dims, bytes);
      if (type === "bool" && bytes.some((byte) => byte > 1)) throw new Error("expected bools of 0 and 1, found others");
      return { tensor, type, dims, data: elements };
    } catch (cause) {
      throw new Error(`${where} "${tensor}": ${(cause as Error).message}`);
    }
  });
}

function refused(expected: string, found: string): ParsedGolden {
  return { ok: false, expected, found };
}

/** Reads the text of a file of golden vectors, or says what is wrong with it. Never throws for a text. */
export function parseGolden(text: string): ParsedGolden {
  if (text.length > GOLDEN_BYTES_MAX) return refused(`at most ${GOLDEN_BYTES_MAX} characters`, `${text.length}`);
  const json = parsePlainJson(text, GOLDEN_DEPTH_MAX);
  if (!json.ok) return refused(json.expected, json.found);
  if (!schema.admits(json.value)) {
    const [error] = schema.errors;
    const extra = error?.keyword === "additionalProperties" ? ` "${error.params.additionalProperty}"` : "";
    const data = JSON.stringify(error?.data)?.slice(0, 120) ?? "nothing";
    return refused(`golden vectors in which ${error?.instancePath || "the file"} ${error?.message}${extra}`, data);
  }
  try {
    const vectors = json.value.vectors.map(({ name, inputs, outputs }) => {
      const wanted = read(outputs, `vector "${name}", output`);
      const odd = notFinite(wanted);
      if (odd) throw new Error(`vector "${name}", output: expected finite numbers, found ${odd}`);
      return { name, inputs: read(inputs, `vector "${name}", input`), outputs: wanted };
    });
    return { ok: true, golden: { tolerance: json.value.tolerance, vectors } };
  } catch (cause) {
    return refused("golden vectors that add up", (cause as Error).message);
  }
}

/** The first number that is not finite, in words; undefined when all are. */
export function notFinite(tensors: readonly NamedTensor[]): string | undefined {
  for (const one of tensors) {
    if (!one.type.startsWith("float")) continue;
    for (let at = 0; at < one.data.length; at += 1) {
      const value = elementAt(one, at);
      if (!Number.isFinite(value)) return `${value} at ${one.tensor}[${at}]`;
    }
  }
  return undefined;
}

/** How far the found numbers are from the expected ones at most, or what is wrong with them. */
export type Comparison =
  | { readonly ok: true; readonly differenceMax: number }
  | { readonly ok: false; readonly code: "differs" | "not-finite"; readonly expected: string; readonly found: string };

function distance(expected: NamedTensor, found: NamedTensor, at: number): number {
  const [one, other] = [expected.data[at], found.data[at]];
  if (typeof one === "bigint" && typeof other === "bigint") return Number(one > other ? one - other : other - one);
  return Math.abs(elementAt(expected, at) - elementAt(found, at));
}

function compareTensor(expected: NamedTensor, found: NamedTensor, tolerance: Tolerance): Comparison {
  let differenceMax = 0;
  let worst = { excess: 0, at: -1 };
  for (let at = 0; at < expected.data.length; at += 1) {
    const difference = distance(expected, found, at);
    const allowed = tolerance.absolute + tolerance.relative * Math.abs(elementAt(expected, at));
    differenceMax = Math.max(differenceMax, difference);
    // Written so that a number that cannot be compared is too far off.
    if (!(difference - allowed <= worst.excess)) worst = { excess: difference - allowed, at };
  }
  const { at } = worst;
  if (at < 0) return { ok: true, differenceMax };
  const { absolute, relative } = tolerance;
  const wish = `${expected.tensor}[${at}] = ${shown(expected, at)} within ${absolute} + ${relative} of its size`;
  const have = `${shown(found, at)}, off by ${distance(expected, found, at)}`;
  return { ok: false, code: "differs", expected: wish, found: have };
}

function shown(one: NamedTensor, at: number): string {
  const value = one.data[at];
  return String(typeof value === "bigint" ? value : elementAt(one, at));
}

/** Compares the outputs of a run with golden ones. Outputs that the vector does not name need only be finite. */
export function compareOutputs(
  expected: readonly NamedTensor[],
  found: readonly NamedTensor[],
  tolerance: Tolerance,
): Comparison {
  const odd = notFinite(found);
  if (odd) return { ok: false, code: "not-finite", expected: "finite numbers in every output", found: odd };
  let differenceMax = 0;
  for (const wanted of expected) {
    const given = found.find(({ tensor }) => tensor === wanted.tensor);
    const [wish, have] = [describe(wanted), given ? describe(given) : "none"];
    if (!given || wish !== have) return { ok: false, code: "differs", expected: wish, found: have };
    const compared = compareTensor(wanted, given, tolerance);
    if (!compared.ok) return compared;
    differenceMax = Math.max(differenceMax, compared.differenceMax);
  }
  return { ok: true, differenceMax };
}

function describe({ tensor, type, dims }: NamedTensor): string {
  return `${tensor}: ${type}[${dims.join(", ")}]`;
}
