// The manifest of a model, version 2: what a team writes once so that its model runs on a robot. It says which
// quantities fill which tensors, how old each may be (R6), what the outputs propose, how sure the model is, and what
// a run may cost. Types and the closed schema only; meaning is checked in `contract.ts`.

import { type ElementTypeName, elementTypes } from "./onnx/element-types.js";
import { SOURCE_NAMES, type SourceName } from "./sources.js";

/** A dimension: fixed by the graph, fixed by the manifest (`size`), or chosen by each run up to `max`. */
export type Dimension = number | { readonly dim: string; readonly size: number } | NamedDimension;

export interface NamedDimension {
  readonly dim: string;
  readonly max: number;
}

/** A tensor's name in the graph, its element type and its shape. */
export interface TensorContract {
  readonly tensor: string;
  readonly type: ElementTypeName;
  readonly shape: readonly Dimension[];
}

/** Rays of a scan, gathered into `count` sectors of equal width from `fromRad` to `toRad`, robot frame. */
export interface Rays {
  readonly count: number;
  readonly fromRad: number;
  readonly toRad: number;
  readonly take: "least" | "middle"; // the least range of a sector, or that of the ray nearest to its middle
  readonly nothingM: number; // where no ray has an echo
}

/**
 * One quantity of an input: `clip((value + offset) * scale)`. It is missing when nothing was sensed, or nothing younger
 * than `maxAgeMs`: then the run is refused, or the number stands for it, before scale and offset.
 */
export interface Feature {
  readonly from: SourceName;
  readonly maxAgeMs: number;
  readonly missing: "refuse" | number;
  readonly offset: number;
  readonly scale: number;
  readonly clip?: readonly [number, number];
  readonly rays?: Rays;
  /** The value now and those before it, so far apart; the first ones of a run repeat the oldest. */
  readonly history?: {
    readonly frames: number;
    readonly everyMs: number;
    readonly order: "newest-first" | "oldest-first";
  };
}

/** What fills an input, row by row: features one after another, or a grid of the planner (see `planner.ts`). */
export type Fill =
  | { readonly kind: "features"; readonly features: readonly Feature[] }
  | { readonly kind: "grid"; readonly grid: "cost" | "seed" };

export interface InputContract extends TensorContract {
  readonly unit: string; // in words, for people
  readonly fill: Fill;
}

export interface OutputContract extends TensorContract {
  readonly unit: string;
}

/** A recurrent pair: the output of a run is the input of the next. */
export interface StateContract extends TensorContract {
  readonly output: string;
  readonly initial: number;
  readonly resetAfterMs: number; // without a run; a new target resets it too
}

/** A weighted sum of outputs: `clip(sum(scale * value) + offset)`. */
export interface Blend {
  readonly terms: readonly { readonly tensor: string; readonly index: number; readonly scale: number }[];
  readonly offset: number;
  readonly clip: readonly [number, number];
}

/** What the outputs propose. A guard decides (R11). */
export type ProposalContract =
  | { readonly kind: "velocity"; readonly speedMps: Blend; readonly turnRadps: Blend }
  /** Points of a path in the robot frame, x and y in turn, each times `scaleM`. */
  | { readonly kind: "waypoints"; readonly tensor: string; readonly scaleM: number }
  /** The best of these velocities (m/s, rad/s), by a score each. */
  | {
      readonly kind: "scores";
      readonly tensor: string;
      readonly best: "highest" | "lowest";
      readonly candidates: readonly (readonly [number, number])[];
    }
  /** Cost-to-go over the grid that was asked for. */
  | { readonly kind: "field"; readonly tensor: string };

/**
 * How sure the model is, 0 to 1, and from where on it may drive. `calibration` maps the raw number to the share of
 * cases in which the model was right, by straight lines between its points.
 */
export type ConfidenceContract =
  | { readonly kind: "none" }
  | {
      readonly kind: "output" | "softmax"; // that number; or the largest share of the softmax over the tensor
      readonly tensor: string;
      readonly index: number;
      readonly calibration: readonly (readonly [number, number])[];
      readonly least: number;
    };

export const PROVIDERS = ["cpu", "cuda", "tensorrt", "webgpu"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** A file beside the manifest: plain name, size in bytes, SHA-256 in lower-case hex. */
export interface NamedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ModelManifest extends NamedFile {
  readonly manifest: 2;
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly licence: string;
  readonly robotClass: string; // empty: any
  readonly inputs: readonly InputContract[];
  readonly states: readonly StateContract[];
  readonly outputs: readonly OutputContract[];
  readonly proposal: ProposalContract;
  readonly confidence: ConfidenceContract;
  readonly golden?: NamedFile;
  readonly reference?: NamedFile; // of its inputs, where it was made (see reference.ts)
  readonly limits: {
    readonly deadlineMs: number; // from the request to the answer
    readonly memoryMb: number; // of the process that runs it
    readonly threads: number;
    readonly providers: readonly Provider[]; // in order of preference
    readonly maxCells: number; // of one grid; 1 where there is none
  };
}

export const HEX_256 = "^[0-9a-f]{64}$";
const text = { type: "string", minLength: 1, maxLength: 500 };
const name = { type: "string", minLength: 1, maxLength: 200 };
const finite = { type: "number", minimum: -1e9, maximum: 1e9 };
const count = (maximum: number) => ({ type: "integer", minimum: 1, maximum });
const listOf = (items: object, least: number, most: number) => ({
  type: "array",
  items,
  minItems: least,
  maxItems: most,
});
const pair = { type: "array", prefixItems: [finite, finite], items: false, minItems: 2, maxItems: 2 };

/** An object with these keys and no others; those of `optional` may be left out. */
function closed(properties: Record<string, object>, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((key) => !optional.includes(key));
  return { type: "object", properties, required, additionalProperties: false };
}

const SIZE_MOST = 2 ** 31 - 1;
const dimensionName = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_.:-]{0,62}$" };
const dimension = {
  anyOf: [
    count(SIZE_MOST),
    closed({ dim: dimensionName, max: count(SIZE_MOST) }),
    closed({ dim: dimensionName, size: count(SIZE_MOST) }),
  ],
};
const tensor = {
  tensor: name,
  type: { enum: elementTypes.map((type) => type.name) },
  shape: listOf(dimension, 0, 8),
};
const angle = { type: "number", minimum: -7, maximum: 7 };
const rays = closed({
  count: count(1440),
  ...{ fromRad: angle, toRad: angle },
  take: { enum: ["least", "middle"] },
  nothingM: { type: "number", minimum: 0, maximum: 1000 },
});
const history = closed({
  frames: { type: "integer", minimum: 2, maximum: 64 },
  everyMs: count(10_000),
  order: { enum: ["newest-first", "oldest-first"] },
});
const feature = closed(
  {
    from: { enum: SOURCE_NAMES },
    maxAgeMs: count(60_000),
    missing: { anyOf: [{ const: "refuse" }, finite] },
    ...{ offset: finite, scale: finite, clip: pair, rays, history },
  },
  ["clip", "rays", "history"],
);
const fill = {
  anyOf: [
    closed({ kind: { const: "features" }, features: listOf(feature, 1, 512) }),
    closed({ kind: { const: "grid" }, grid: { enum: ["cost", "seed"] } }),
  ],
};
const index = { type: "integer", minimum: 0, maximum: 1_000_000 };
const blend = closed({
  terms: listOf(closed({ tensor: name, index, scale: finite }), 1, 64),
  ...{ offset: finite, clip: pair },
});
const proposal = {
  anyOf: [
    closed({ kind: { const: "velocity" }, speedMps: blend, turnRadps: blend }),
    closed({ kind: { const: "waypoints" }, tensor: name, scaleM: finite }),
    closed({
      kind: { const: "scores" },
      tensor: name,
      best: { enum: ["highest", "lowest"] },
      candidates: listOf(pair, 2, 1024),
    }),
    closed({ kind: { const: "field" }, tensor: name }),
  ],
};
const confidence = {
  anyOf: [
    closed({ kind: { const: "none" } }),
    closed({
      kind: { enum: ["output", "softmax"] },
      ...{ tensor: name, index },
      calibration: listOf(pair, 2, 64),
      least: { type: "number", minimum: 0, maximum: 1 },
    }),
  ],
};
const file = (ending: string) => ({ type: "string", pattern: `^[A-Za-z0-9][A-Za-z0-9._-]{0,120}\\.${ending}$` });
const sized = { bytes: count(SIZE_MOST), sha256: { type: "string", pattern: HEX_256 } };

/** JSON Schema of a manifest, with the seal as its last key. */
export const manifestSchema = closed(
  {
    manifest: { const: 2 },
    name: { type: "string", pattern: "^[a-z][a-z0-9-]{0,62}$" },
    version: { type: "string", pattern: "^(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})$" },
    summary: text,
    licence: { type: "string", minLength: 1, maxLength: 100 },
    robotClass: { type: "string", pattern: "^([a-z][a-z0-9-]{0,62})?$" },
    file: file("onnx"),
    ...sized,
    inputs: listOf(closed({ ...tensor, unit: text, fill }), 1, 64),
    states: listOf(closed({ ...tensor, output: name, initial: finite, resetAfterMs: count(3_600_000) }), 0, 64),
    outputs: listOf(closed({ ...tensor, unit: text }), 1, 64),
    ...{ proposal, confidence },
    golden: closed({ file: file("json"), ...sized }),
    reference: closed({ file: file("json"), ...sized }),
    limits: closed({
      deadlineMs: count(60_000),
      memoryMb: count(65_536),
      threads: count(64),
      providers: { ...listOf({ enum: PROVIDERS }, 1, PROVIDERS.length), uniqueItems: true },
      maxCells: count(2 ** 24),
    }),
    seal: { type: "string", pattern: HEX_256 },
  },
  ["golden", "reference"],
);
