// The reference of a model: how its inputs were spread where it was made, so that a robot sees when they are spread
// otherwise. The file is closed and bounded (R13). Training tools make it from recorded rows with `referenceOf`.

import { SchemaCheck } from "../fleet-config/schema-check.js";
import { sizeOf } from "./elements.js";
import { binOf, EDGES_MOST, type FeatureReference, type ModelReference } from "./histogram.js";
import type { ModelManifest } from "./manifest.js";
import { parsePlainJson } from "./onnx/plain-file.js";

export const REFERENCE_BYTES_MAX = 4 * 1024 * 1024;
const REFERENCE_DEPTH_MAX = 6;
const FEATURES_MAX = 4096;
/** Shares of a histogram add up to 1 within this. */
const SUM_SLACK = 1e-6;
const DEFAULT_BINS = 10;

export type ParsedReference =
  | { readonly ok: true; readonly reference: ModelReference }
  | { readonly ok: false; readonly expected: string; readonly found: string };

function closed(properties: Record<string, object>): object {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const listOf = (items: object, minItems: number, maxItems: number) => ({ type: "array", items, minItems, maxItems });
const finite = { type: "number", minimum: -1e12, maximum: 1e12 };
const share = { type: "number", minimum: 0, maximum: 1 };
const schema = new SchemaCheck<ModelReference & { readonly reference: 1 }>(
  closed({
    reference: { const: 1 },
    samples: { type: "integer", minimum: 1, maximum: 1e12 },
    features: listOf(
      closed({
        tensor: { type: "string", minLength: 1, maxLength: 200 },
        index: { type: "integer", minimum: 0, maximum: 1_000_000 },
        edges: listOf(finite, 1, EDGES_MOST),
        shares: listOf(share, 2, EDGES_MOST + 1),
      }),
      1,
      FEATURES_MAX,
    ),
  }),
);

/** The text of a reference file. The inverse of `parseReference`. */
export function encodeReference({ samples, features }: ModelReference): string {
  const lines = features.map(({ tensor, index, edges, shares }) => JSON.stringify({ tensor, index, edges, shares }));
  return `{"reference":1,"samples":${samples},"features":[\n${lines.join(",\n")}\n]}\n`;
}

function refused(expected: string, found: string): ParsedReference {
  return { ok: false, expected, found };
}

/** Reads the text of a reference file, or says what is wrong with it. Never throws for a text. */
export function parseReference(text: string): ParsedReference {
  if (text.length > REFERENCE_BYTES_MAX) return refused(`at most ${REFERENCE_BYTES_MAX} characters`, `${text.length}`);
  const json = parsePlainJson(text, REFERENCE_DEPTH_MAX);
  if (!json.ok) return refused(json.expected, json.found);
  if (!schema.admits(json.value)) {
    const [error] = schema.errors;
    const extra = error?.keyword === "additionalProperties" ? ` "${error.params.additionalProperty}"` : "";
    const data = JSON.stringify(error?.data)?.slice(0, 120) ?? "nothing";
    return refused(`a reference in which ${error?.instancePath || "the file"} ${error?.message}${extra}`, data);
  }
  const { samples, features } = json.value;
  const names = new Set<string>();
  for (const feature of features) {
    const name = `${feature.tensor}[${feature.index}]`;
    const fault = names.has(name) ? `${name} once, found it again` : featureFault(name, feature);
    if (fault !== undefined) return refused("a reference that adds up", `expected ${fault}`);
    names.add(name);
  }
  return { ok: true, reference: { samples, features } };
}

function featureFault(name: string, { edges, shares }: FeatureReference): string | undefined {
  if (shares.length !== edges.length + 1)
    return `${edges.length + 1} shares between the ${edges.length} edges of ${name}, found ${shares.length}`;
  if (!edges.every((edge, at) => at === 0 || edge > (edges[at - 1] as number)))
    return `edges of ${name} that rise, found ${edges.slice(0, 8).join(", ")}`;
  const sum = shares.reduce((total, one) => total + one, 0);
  return Math.abs(sum - 1) <= SUM_SLACK ? undefined : `shares of ${name} that add up to 1, found ${sum}`;
}

/** Where a reference speaks of inputs that its model does not have; empty when it does not. */
export function referenceFaults(manifest: ModelManifest, reference: ModelReference): readonly string[] {
  return reference.features.flatMap(({ tensor, index }) => {
    const input = manifest.inputs.find((one) => one.tensor === tensor);
    if (input?.fill.kind !== "features") return [`expected an input "${tensor}" of features, found none of that name`];
    const size = sizeOf(input.shape.map((dim) => (typeof dim === "number" ? dim : "size" in dim ? dim.size : 0)));
    return index < size ? [] : [`expected a number of "${tensor}" below ${size}, found ${index}`];
  });
}

/**
 * The reference of one input from the rows that were recorded of it, all of one length. Each histogram has one bin for
 * what is below all that was seen, up to `bins` with about as many samples each, and one for what is above.
 * Throws RangeError without rows, for rows of different lengths, and for a number that is not finite.
 */
export function referenceOf(
  tensor: string,
  rows: readonly ArrayLike<number>[],
  { bins = DEFAULT_BINS }: { readonly bins?: number } = {},
): ModelReference {
  const width = rows[0]?.length ?? 0;
  if (width === 0) throw new RangeError("rows: expected at least one with a number in it, found none");
  if (!(Number.isInteger(bins) && bins >= 1 && bins < EDGES_MOST))
    throw new RangeError(`bins: expected a whole number from 1 to ${EDGES_MOST - 1}, found ${bins}`);
  const features = Array.from({ length: width }, (_, index) => {
    const values = Float64Array.from(rows, (row) => (row.length === width ? (row[index] as number) : Number.NaN));
    if (!values.every(Number.isFinite))
      throw new RangeError(`rows: expected ${width} finite numbers in each, found other ones at ${index}`);
    return { tensor, index, ...histogramOf(values, bins) };
  });
  return { samples: rows.length, features };
}

function histogramOf(values: Float64Array, bins: number): { readonly edges: number[]; readonly shares: number[] } {
  const sorted = values.slice().sort();
  const [least, most] = [sorted[0] as number, sorted[sorted.length - 1] as number];
  const above = most + 1e-6 * Math.max(1, Math.abs(most), most - least); // beyond what rounding to float32 adds
  const edges = [least - (above - most)];
  for (let bin = 1; bin < bins; bin += 1) {
    const edge = sorted[Math.floor((bin * sorted.length) / bins)] as number;
    if (edge > least && edge > (edges.at(-1) as number)) edges.push(edge);
  }
  edges.push(above);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of values) counts[binOf(edges, value)] = (counts[binOf(edges, value)] as number) + 1;
  return { edges, shares: counts.map((count) => count / values.length) };
}

/** The features of several inputs together; each must have been made from as many samples. */
export function joinReferences(parts: readonly ModelReference[]): ModelReference {
  const samples = parts[0]?.samples ?? 0;
  if (!parts.every((part) => part.samples === samples))
    throw new RangeError(`parts: expected ${samples} samples in each, found ${parts.map((part) => part.samples)}`);
  return { samples, features: parts.flatMap(({ features }) => features) };
}
