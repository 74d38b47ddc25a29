// What the outputs of a run propose, read as the manifest says. Nothing here decides: a proposal that can be read is
// still judged by the guard (R11). Whatever cannot be read is refused in words.

import { elementAt, type NamedTensor, sizeOf } from "./elements.js";
import type { Blend, ConfidenceContract, Dimension, ModelManifest, ProposalContract } from "./manifest.js";

export type ModelProposal =
  | { readonly kind: "velocity"; readonly speedMps: number; readonly turnRadps: number }
  /** Points of a path, robot frame: x forward, y to the left. */
  | { readonly kind: "waypoints"; readonly points: readonly { readonly xM: number; readonly yM: number }[] }
  | { readonly kind: "field"; readonly width: number; readonly height: number; readonly value: Float32Array };

export type ProposalRead =
  | { readonly kind: "read"; readonly proposal: ModelProposal; readonly confidence: number }
  /** The model itself says that it must not drive on this. */
  | { readonly kind: "unsure"; readonly confidence: number; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

type Outputs = ReadonlyMap<string, NamedTensor>;

/** Thrown inside this file only, and told as a refusal. */
class Unreadable extends Error {}

/**
 * Reads the outputs of a run. Refused: an output that is missing, of another type or shape, or not finite where the
 * proposal or the confidence rests on it. Unsure: a confidence below the least one; 1 where the manifest has none.
 */
export function readProposal(manifest: ModelManifest, outputs: Outputs): ProposalRead {
  try {
    for (const { tensor, type, shape } of manifest.outputs) checkOutput(outputs.get(tensor), { tensor, type, shape });
    const confidence = confidenceOf(manifest.confidence, outputs);
    const least = manifest.confidence.kind === "none" ? 0 : manifest.confidence.least;
    if (confidence < least) {
      const reason = `expected a confidence of at least ${least}, found ${confidence.toFixed(3)}`;
      return { kind: "unsure", confidence, reason };
    }
    return { kind: "read", proposal: proposalOf(manifest.proposal, outputs), confidence };
  } catch (cause) {
    if (!(cause instanceof Unreadable)) throw cause;
    return { kind: "refused", reason: cause.message };
  }
}

interface Wanted {
  readonly tensor: string;
  readonly type: string;
  readonly shape: readonly Dimension[];
}

function checkOutput(found: NamedTensor | undefined, { tensor, type, shape }: Wanted): void {
  if (found === undefined) throw new Unreadable(`expected output "${tensor}", found none of that name`);
  if (found.type !== type) throw new Unreadable(`output "${tensor}": expected ${type}, found ${found.type}`);
  const fits = shape.length === found.dims.length && shape.every((dim, at) => isDim(dim, found.dims[at] ?? -1));
  if (fits && found.data.length === sizeOf(found.dims)) return;
  const words = shape.map((dim) => (typeof dim === "number" ? dim : "size" in dim ? dim.size : `up to ${dim.max}`));
  const shapes = `expected shape [${words.join(", ")}], found [${found.dims.join(", ")}]`;
  throw new Unreadable(`output "${tensor}": ${shapes} with ${found.data.length} elements`);
}

function isDim(dim: Dimension, found: number): boolean {
  if (typeof dim === "number") return dim === found;
  return "size" in dim ? dim.size === found : found >= 0 && found <= dim.max;
}

function finiteAt(outputs: Outputs, tensor: string, at: number): number {
  const output = outputs.get(tensor);
  const value = output === undefined ? Number.NaN : elementAt(output, at);
  if (Number.isFinite(value)) return value;
  throw new Unreadable(`output "${tensor}"[${at}]: expected a finite number, found ${value}`);
}

function proposalOf(contract: ProposalContract, outputs: Outputs): ModelProposal {
  switch (contract.kind) {
    case "velocity": {
      const [speedMps, turnRadps] = [blended(contract.speedMps, outputs), blended(contract.turnRadps, outputs)];
      return { kind: "velocity", speedMps, turnRadps };
    }
    case "scores": {
      const [speedMps, turnRadps] = contract.candidates[bestOf(contract, outputs)] ?? [0, 0];
      return { kind: "velocity", speedMps, turnRadps };
    }
    case "waypoints":
      return { kind: "waypoints", points: pointsOf(contract, outputs) };
    case "field":
      return fieldOf(contract.tensor, outputs);
  }
}

function blended({ terms, offset, clip }: Blend, outputs: Outputs): number {
  let sum = offset;
  for (const { tensor, index, scale } of terms) sum += scale * finiteAt(outputs, tensor, index);
  return Math.min(clip[1], Math.max(clip[0], sum));
}

/** The first of the best ones. */
function bestOf(contract: Extract<ProposalContract, { kind: "scores" }>, outputs: Outputs): number {
  const sign = contract.best === "highest" ? 1 : -1;
  let best = 0;
  for (let at = 1; at < contract.candidates.length; at += 1) {
    const isBetter = sign * finiteAt(outputs, contract.tensor, at) > sign * finiteAt(outputs, contract.tensor, best);
    if (isBetter) best = at;
  }
  return best;
}

function pointsOf(contract: Extract<ProposalContract, { kind: "waypoints" }>, outputs: Outputs) {
  const { tensor, scaleM } = contract;
  const count = (outputs.get(tensor)?.data.length ?? 0) / 2;
  if (!Number.isInteger(count) || count < 1)
    throw new Unreadable(`output "${tensor}": expected x and y of at least one point, found ${2 * count} numbers`);
  return Array.from({ length: count }, (_, point) => ({
    xM: scaleM * finiteAt(outputs, tensor, 2 * point),
    yM: scaleM * finiteAt(outputs, tensor, 2 * point + 1),
  }));
}

function fieldOf(tensor: string, outputs: Outputs): ModelProposal {
  const output = outputs.get(tensor);
  const [height = 0, width = 0] = output?.dims ?? [];
  if (!(output?.data instanceof Float32Array))
    throw new Unreadable(`output "${tensor}": expected float32 numbers, found ${output?.type}`);
  return { kind: "field", width, height, value: output.data };
}

function confidenceOf(contract: ConfidenceContract, outputs: Outputs): number {
  if (contract.kind === "none") return 1;
  const { tensor, index } = contract;
  const raw = contract.kind === "output" ? finiteAt(outputs, tensor, index) : largestShare(tensor, outputs);
  return calibrated(contract.calibration, raw);
}

/** The largest share of the softmax over a tensor: 1 / sum(exp(x - max)). */
function largestShare(tensor: string, outputs: Outputs): number {
  const length = outputs.get(tensor)?.data.length ?? 0;
  let most = finiteAt(outputs, tensor, 0);
  for (let at = 1; at < length; at += 1) most = Math.max(most, finiteAt(outputs, tensor, at));
  let sum = 0;
  for (let at = 0; at < length; at += 1) sum += Math.exp(finiteAt(outputs, tensor, at) - most);
  return 1 / sum;
}

/** Straight lines between the points, flat beyond the first and the last. */
function calibrated(points: readonly (readonly [number, number])[], raw: number): number {
  const after = points.findIndex(([at]) => at >= raw);
  const last = points.at(-1)?.[1] ?? 0;
  if (after <= 0) return after === 0 ? (points[0]?.[1] ?? 0) : last;
  const [x0, y0] = points[after - 1] ?? [0, 0];
  const [x1, y1] = points[after] ?? [0, 0];
  return y0 + ((raw - x0) / (x1 - x0)) * (y1 - y0);
}
