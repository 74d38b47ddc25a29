// What a schema cannot say of a manifest: features fill their tensor exactly, a proposal speaks of outputs that
// exist, a calibration rises, and names, types and shapes are those of the graph. Every difference in words, none
// decided here.

import { widthOf } from "./assemble.js";
import { sizeOf } from "./elements.js";
import type { Blend, Dimension, Feature, ModelManifest, TensorContract } from "./manifest.js";
import type { ModelFacts, TensorFacts } from "./onnx/inspect.js";
import { SOURCES } from "./sources.js";

/** The longest history that a feature may have. */
const HISTORY_MOST_MS = 60_000;
const TURN_RAD = 2 * Math.PI;
/** Most numbers of all inputs, outputs and states of a model that drives, beside grids: the edge handles each. */
const NUMBERS_MOST = 65_536;
/** Most points of a path that a model may propose. */
const WAYPOINTS_MOST = 64;

/** Everything that contradicts itself in a manifest that keeps its schema; empty when nothing does. */
export function manifestFaults(manifest: ModelManifest): readonly string[] {
  const tensors = [...manifest.inputs, ...manifest.states].map(({ tensor }) => tensor);
  const results = [...manifest.outputs.map(({ tensor }) => tensor), ...manifest.states.map(({ output }) => output)];
  return [
    ...repeated("input", tensors),
    ...repeated("output", results),
    ...manifest.inputs.flatMap(inputFaults),
    ...sizeFaults([...manifest.inputs, ...manifest.outputs, ...manifest.states]),
    ...numberFaults(manifest),
    ...manifest.states.flatMap((state) => fixedFaults(`state "${state.tensor}"`, state)),
    ...proposalFaults(manifest),
    ...fillFaults(manifest),
    ...confidenceFaults(manifest),
  ];
}

/** A grid has its own bound, `maxCells`. */
function numberFaults({ inputs, outputs, states, proposal }: ModelManifest): readonly string[] {
  const fed = inputs.filter(({ fill }) => fill.kind === "features");
  const told = proposal.kind === "field" ? [] : outputs;
  const numbers = [...fed, ...told, ...states].reduce((sum, { shape }) => sum + (fixedSize(shape) || 0), 0);
  if (numbers <= NUMBERS_MOST) return [];
  return [`expected at most ${NUMBERS_MOST} numbers in all inputs, outputs and states, found ${numbers}`];
}

function repeated(side: string, names: readonly string[]): readonly string[] {
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  return twice.map((name) => `${side} "${name}": expected each tensor once, found it again`);
}

function fixedFaults(where: string, { shape }: TensorContract): readonly string[] {
  const open = shape.find((dim) => typeof dim !== "number" && "max" in dim);
  if (open === undefined || typeof open === "number") return [];
  return [`${where}: expected every dimension fixed, found "${open.dim}" without a size`];
}

function fixedSize(shape: readonly Dimension[]): number {
  return sizeOf(shape.map((dim) => (typeof dim === "number" ? dim : "size" in dim ? dim.size : Number.NaN)));
}

function inputFaults(input: ModelManifest["inputs"][number]): readonly string[] {
  const where = `input "${input.tensor}"`;
  const { fill } = input;
  if (fill.kind === "grid") {
    const isGrid = input.type === "float32" && input.shape.length === 2;
    return isGrid ? [] : [`${where}: expected a grid of float32 with two dimensions, found ${input.type}`];
  }
  const faults = [...fixedFaults(where, input), ...fill.features.flatMap((feature) => featureFaults(where, feature))];
  const wanted = fixedSize(input.shape);
  const given = fill.features.reduce((sum, feature) => sum + widthOf(feature), 0);
  if (!Number.isNaN(wanted) && wanted !== given)
    faults.push(`${where}: expected features for ${wanted} numbers, found them for ${given}`);
  return faults;
}

function featureFaults(where: string, feature: Feature): readonly string[] {
  const at = `${where}, ${feature.from}`;
  const faults: string[] = [];
  const { rays, history, clip } = feature;
  if (rays !== undefined && feature.from !== "scan.rangeM") faults.push(`${at}: expected no rays, found some`);
  if (rays !== undefined && !(rays.fromRad < rays.toRad && rays.toRad - rays.fromRad <= TURN_RAD + 1e-9))
    faults.push(`${at}: expected rays over more than 0 and at most one turn, found ${rays.fromRad} to ${rays.toRad}`);
  if (history !== undefined && history.frames * history.everyMs > HISTORY_MOST_MS)
    faults.push(
      `${at}: expected a history of at most ${HISTORY_MOST_MS} ms, found ${history.frames * history.everyMs}`,
    );
  if (clip !== undefined && !(clip[0] <= clip[1])) faults.push(`${at}: expected clip from low to high, found ${clip}`);
  if (SOURCES[feature.from].channel === null && feature.missing !== "refuse")
    faults.push(`${at}: expected missing "refuse", since it always is known, found ${feature.missing}`);
  return faults;
}

/** A dimension of one name has one size, or one bound. */
function sizeFaults(contracts: readonly TensorContract[]): readonly string[] {
  const known = new Map<string, string>();
  const faults: string[] = [];
  for (const { tensor, shape } of contracts) {
    for (const dim of shape) {
      if (typeof dim === "number") continue;
      const said = "size" in dim ? `size ${dim.size}` : `max ${dim.max}`;
      const before = known.get(dim.dim) ?? said;
      if (before !== said) faults.push(`"${tensor}": expected ${before} for ${dim.dim}, found ${said}`);
      known.set(dim.dim, before);
    }
  }
  return faults;
}

function proposalFaults({ proposal, outputs }: ModelManifest): readonly string[] {
  const where = `proposal ${proposal.kind}`;
  if (proposal.kind === "velocity")
    return [
      ...blendFaults(`${where}, speedMps`, proposal.speedMps, outputs),
      ...blendFaults(`${where}, turnRadps`, proposal.turnRadps, outputs),
    ];
  const output = outputs.find(({ tensor }) => tensor === proposal.tensor);
  if (output === undefined) return [`${where}: expected an output "${proposal.tensor}", found none of that name`];
  if (proposal.kind === "field") {
    const isField = output.type === "float32" && output.shape.length === 2;
    return isField ? [] : [`${where}: expected float32 with two dimensions, found ${output.type}`];
  }
  const size = fixedSize(output.shape);
  if (proposal.kind === "waypoints")
    return size % 2 === 0 && size <= 2 * WAYPOINTS_MOST
      ? []
      : [`${where}: expected x and y of at most ${WAYPOINTS_MOST} points, found ${size} numbers`];
  const { length } = proposal.candidates;
  return size === length ? [] : [`${where}: expected a score for each of ${length} candidates, found ${size}`];
}

/** Grids are valued as a whole; every other proposal is made of what the robot knows at one instant. */
function fillFaults({ inputs, proposal }: ModelManifest): readonly string[] {
  const wanted = proposal.kind === "field" ? "grid" : "features";
  return inputs
    .filter(({ fill }) => fill.kind !== wanted)
    .map(
      ({ tensor, fill }) =>
        `input "${tensor}": expected ${wanted}, since it proposes ${proposal.kind}, found ${fill.kind}`,
    );
}

function blendFaults(where: string, blend: Blend, outputs: ModelManifest["outputs"]): readonly string[] {
  const faults =
    blend.clip[0] <= blend.clip[1] ? [] : [`${where}: expected clip from low to high, found ${blend.clip}`];
  return [...faults, ...blend.terms.flatMap(({ tensor, index }) => elementFaults(where, { tensor, index }, outputs))];
}

function elementFaults(
  where: string,
  { tensor, index }: { readonly tensor: string; readonly index: number },
  outputs: ModelManifest["outputs"],
): readonly string[] {
  const output = outputs.find((one) => one.tensor === tensor);
  if (output === undefined) return [`${where}: expected an output "${tensor}", found none of that name`];
  const size = fixedSize(output.shape);
  return index < size ? [] : [`${where}: expected an element of "${tensor}" below ${size}, found ${index}`];
}

function confidenceFaults({ confidence, outputs }: ModelManifest): readonly string[] {
  if (confidence.kind === "none") return [];
  const where = `confidence ${confidence.kind}`;
  const points = confidence.calibration;
  const rises = points.every(([at], next) => next === 0 || at > (points[next - 1]?.[0] ?? at));
  const isShare = points.every(([, share]) => share >= 0 && share <= 1);
  return [
    ...elementFaults(where, confidence, outputs),
    ...(rises ? [] : [`${where}: expected a calibration whose points rise, found ${JSON.stringify(points)}`]),
    ...(isShare ? [] : [`${where}: expected shares from 0 to 1, found ${JSON.stringify(points)}`]),
  ];
}

/** Every difference between the manifest and the graph; empty when they agree. */
export function contractDifferences(manifest: ModelManifest, facts: ModelFacts): readonly string[] {
  const { inputs, outputs, states } = manifest;
  const given = states.map((state) => ({ ...state, tensor: state.output }));
  return [
    ...listDifferences("input", [...inputs, ...states], facts.inputs),
    ...listDifferences("output", [...outputs, ...given], facts.outputs),
  ];
}

function listDifferences(
  side: string,
  contracts: readonly TensorContract[],
  facts: readonly TensorFacts[],
): readonly string[] {
  const differences: string[] = [];
  for (const contract of contracts) {
    const same = facts.find((fact) => fact.name === contract.tensor);
    const difference = same ? tensorDifference(contract, same) : "expected in the graph, found none of that name";
    if (difference) differences.push(`${side} "${contract.tensor}": ${difference}`);
  }
  for (const fact of facts)
    if (!contracts.some((contract) => contract.tensor === fact.name))
      differences.push(`${side} "${fact.name}": expected none of that name, found one in the graph`);
  if (contracts.length !== facts.length)
    differences.push(`expected ${contracts.length} ${side}s, found ${facts.length}`);
  return differences;
}

/** A dimension that the graph leaves open and does not name may have any name in the manifest, and must have a size. */
function tensorDifference({ type, shape }: TensorContract, facts: TensorFacts): string | undefined {
  if (type !== facts.type) return `expected ${type}, found ${facts.type}`;
  const expected = shape.map((dim) => (typeof dim === "number" ? dim : dim.dim));
  const fits = (dim: Dimension | undefined, found: number | string | null): boolean => {
    if (typeof dim === "number" || dim === undefined) return dim === found;
    return found === null ? "size" in dim : dim.dim === found;
  };
  if (shape.length === facts.dims.length && facts.dims.every((found, at) => fits(shape[at], found))) return undefined;
  return `expected shape ${describeShape(expected)}, found ${describeShape(facts.dims)}`;
}

function describeShape(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}
