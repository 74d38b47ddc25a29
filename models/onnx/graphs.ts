// Checks a graph and the graphs inside it: every input is defined before it is used (so there is no cycle), every name
// is defined once, operators and domains are on the allow-list, loops have a constant upper bound, also inside each
// other, and sizes follow from constants and shapes alone (R13).

import { checkAttributes } from "./attributes.js";
import type { Graph, Node, ValueInfo } from "./decode.js";
import { elementTypeOf } from "./element-types.js";
import { allowedOperators, standardDomains } from "./operators.js";
import { type InspectLimits, refuse } from "./refusal.js";
import { checkSizes, constantDefinition, resultOf, Scope } from "./scope.js";
import { checkTensor, refuseSparse } from "./tensors.js";

/** The turns of a loop at most, times those of the loops around it. */
function checkLoop(node: Node, scope: Scope, path: string, around: Around): bigint {
  const { limits, turns = 1n } = around;
  const bound = scope.find(node.input[0] ?? "")?.upperBound;
  const wish = `expected at most ${limits.maxLoopTurns} turns, given by a constant or by Min with a constant`;
  if (bound === undefined) refuse("loop", path, `${wish}, found no bound`);
  const all = bound > 0n ? bound * turns : turns;
  if (all > BigInt(limits.maxLoopTurns)) refuse("loop", path, `${wish}, found ${all}`);
  return all;
}

/** Refuses conversions to types that Drover does not load: the runtime computes with some that crash it (R11). */
function checkCast(node: Node, path: string): void {
  if (node.opType !== "Cast") return;
  const to = Number(node.attribute.find(({ name }) => name === "to")?.i ?? 0n);
  if (!elementTypeOf(to)) refuse("operator", path, `expected Cast to a numeric element type, found type number ${to}`);
}

function checkDropout(node: Node, path: string): void {
  if (node.opType !== "Dropout" || (node.input[2] ?? "") === "") return;
  refuse("operator", path, "expected Dropout without a training mode, found one, which makes outputs random");
}

function checkOperator(node: Node, path: string): void {
  const { opType = "", domain = "" } = node;
  if (!standardDomains.has(domain))
    refuse("domain", path, `expected the standard domain, found "${domain}" (${opType})`);
  if (!allowedOperators.has(opType))
    refuse("operator", path, `expected an operator of the allow-list, found "${opType}"`);
  if (node.overload) refuse("unsupported", path, `expected no overload, found "${node.overload}"`);
  if (node.deviceConfigurations.length > 0) refuse("unsupported", path, "expected no device placement, found one");
}

function checkNode(node: Node, scope: Scope, path: string, around: Around): void {
  const { limits } = around;
  checkOperator(node, path);
  node.input.forEach((name, index) => {
    if (name !== "" && !scope.find(name)) {
      refuse("graph", `${path}.input[${index}]`, `expected a value that is defined before, found "${name}"`);
    }
  });
  const subgraphs = checkAttributes(node, path, limits);
  checkCast(node, path);
  checkDropout(node, path);
  checkSizes(node, scope, path, limits);
  const turns = node.opType === "Loop" ? checkLoop(node, scope, path, around) : (around.turns ?? 1n);
  for (const subgraph of subgraphs) checkGraph(subgraph.graph, { scope, path: subgraph.path, limits, turns });
  const definition = resultOf(node, scope);
  node.output.forEach((name, index) => {
    if (name !== "") scope.define(name, `${path}.output[${index}]`, definition);
  });
}

function refuseForeignType(info: ValueInfo, path: string): void {
  const type = info.type;
  if (!type) return;
  if (type.sequenceType ?? type.mapType ?? type.opaqueType ?? type.sparseTensorType ?? type.optionalType) {
    refuse("interface", path, `expected a tensor type for "${info.name ?? ""}", found another kind`);
  }
  const code = type.tensorType?.elemType ?? 0;
  if (code === 0 || elementTypeOf(code)) return;
  refuse("interface", path, `expected a numeric element type for "${info.name ?? ""}", found type number ${code}`);
}

/** What surrounds a graph: the scope and turns of what it lies in. */
interface Around {
  readonly scope?: Scope;
  readonly path: string;
  readonly limits: InspectLimits;
  readonly turns?: bigint;
}

/** Checks one graph within the scope around it, and all graphs inside it. Throws `Refused`. */
export function checkGraph(graph: Graph, around: Around): void {
  const { path, limits } = around;
  const scope = new Scope(around.scope);
  const notes = graph.quantizationAnnotation.length;
  if (notes > 0) refuse("unsupported", path, `expected no quantisation notes, found ${notes}`);
  for (const [index, sparse] of graph.sparseInitializer.entries()) {
    refuseSparse(sparse, `${path}.sparseInitializer[${index}]`);
  }
  const declared = { input: graph.input, output: graph.output, valueInfo: graph.valueInfo };
  for (const [list, infos] of Object.entries(declared)) {
    for (const [index, info] of infos.entries()) refuseForeignType(info, `${path}.${list}[${index}]`);
  }
  // Older exporters list what is stored among the inputs of the outermost graph; it is no input then.
  const stored = new Set(around.scope ? [] : graph.initializer.map(({ name }) => name));
  const size = { isSized: around.scope === undefined };
  for (const [index, info] of graph.input.entries()) {
    if (!stored.has(info.name)) scope.define(info.name, `${path}.input[${index}]`, size);
  }
  for (const [index, tensor] of graph.initializer.entries()) {
    const here = `${path}.initializer[${index}]`;
    checkTensor(tensor, here, limits);
    scope.define(tensor.name, here, constantDefinition(tensor));
  }
  for (const [index, node] of graph.node.entries()) checkNode(node, scope, `${path}.node[${index}]`, around);
  for (const [index, { name = "" }] of graph.output.entries()) {
    if (!scope.isOwn(name))
      refuse("graph", `${path}.output[${index}]`, `expected a value of this graph, found "${name}"`);
  }
}
