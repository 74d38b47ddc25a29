// Checks a graph and the graphs inside it: every input is defined before it is used (so there is no cycle), every name
// is defined once, operators and domains are on the allow-list, loops have a constant upper bound, and what decides the
// size of a padding is a constant (R13).

import { checkAttributes } from "./attributes.js";
import type { Graph, Node, Tensor, ValueInfo } from "./decode.js";
import { allowedOperators, standardDomains } from "./operators.js";
import { type InspectLimits, refuse } from "./refusal.js";
import { checkTensor, refuseSparse, singleInteger } from "./tensors.js";

const MAX_PADDING = 4_096n;

/** What is known of a value that is in scope. */
interface Definition {
  readonly constant?: Tensor;
  /** Highest value that a whole number can have, where that is known without running the model. */
  readonly upperBound?: bigint;
}

class Scope {
  readonly #own = new Map<string, Definition>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  find(name: string): Definition | undefined {
    return this.#own.get(name) ?? this.#outer?.find(name);
  }

  isOwn(name: string): boolean {
    return this.#own.has(name);
  }

  define(name: string | undefined, path: string, definition: Definition = {}): void {
    if (name === undefined || name === "") refuse("graph", path, "expected a name, found none");
    if (this.find(name)) refuse("graph", path, `expected a name that is not in use, found "${name}" again`);
    this.#own.set(name, definition);
  }
}

function constantDefinition(tensor: Tensor): Definition {
  const value = singleInteger(tensor);
  return value === undefined ? { constant: tensor } : { constant: tensor, upperBound: value };
}

/** What the outputs of this operator are, as far as the checks on loops and paddings need to know. */
function resultOf(node: Node, scope: Scope): Definition {
  if (node.opType === "Constant") {
    const tensor = node.attribute.find((attribute) => attribute.name === "value")?.t;
    return tensor ? constantDefinition(tensor) : {};
  }
  if (node.opType !== "Min") return {};
  const bounds = node.input.map((name) => scope.find(name)?.upperBound).filter((bound) => bound !== undefined);
  const [lowest] = bounds.toSorted((a, b) => Number(a - b));
  return lowest === undefined ? {} : { upperBound: lowest };
}

function checkLoop(node: Node, scope: Scope, path: string, limits: InspectLimits): void {
  const bound = scope.find(node.input[0] ?? "")?.upperBound;
  const wish = `expected at most ${limits.maxLoopTurns} turns, given by a constant or by Min with a constant`;
  if (bound === undefined) refuse("loop", path, `${wish}, found no bound`);
  if (bound > BigInt(limits.maxLoopTurns)) refuse("loop", path, `${wish}, found ${bound}`);
}

function checkPad(node: Node, scope: Scope, path: string): void {
  if (node.input.length < 2) return;
  const pads = scope.find(node.input[1] ?? "")?.constant;
  if (!pads) refuse("operator", path, "expected Pad with constant pads, found pads that the model computes");
  const raw = pads.rawData;
  const values = raw?.length
    ? Array.from({ length: raw.length >> 3 }, (_, index) => readInt64(raw, index))
    : pads.int64Data;
  const wide = values.find((value) => value > MAX_PADDING || value < -MAX_PADDING);
  if (wide !== undefined) refuse("too-large", path, `expected pads of at most ${MAX_PADDING}, found ${wide}`);
}

function readInt64(raw: Uint8Array, index: number): bigint {
  return new DataView(raw.buffer, raw.byteOffset, raw.byteLength).getBigInt64(index * 8, true);
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

function checkNode(node: Node, scope: Scope, path: string, limits: InspectLimits): void {
  checkOperator(node, path);
  node.input.forEach((name, index) => {
    if (name !== "" && !scope.find(name)) {
      refuse("graph", `${path}.input[${index}]`, `expected a value that is defined before, found "${name}"`);
    }
  });
  const subgraphs = checkAttributes(node, path, limits);
  if (node.opType === "Loop") checkLoop(node, scope, path, limits);
  if (node.opType === "Pad") checkPad(node, scope, path);
  for (const subgraph of subgraphs) checkGraph(subgraph.graph, { scope, path: subgraph.path, limits });
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
}

/** Checks one graph within the scope around it, and all graphs inside it. Throws `Refused`. */
export function checkGraph(
  graph: Graph,
  around: { readonly scope?: Scope; readonly path: string; readonly limits: InspectLimits },
): void {
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
  for (const [index, info] of graph.input.entries()) scope.define(info.name, `${path}.input[${index}]`);
  for (const [index, tensor] of graph.initializer.entries()) {
    const here = `${path}.initializer[${index}]`;
    checkTensor(tensor, here, limits);
    scope.define(tensor.name, here, constantDefinition(tensor));
  }
  for (const [index, node] of graph.node.entries()) checkNode(node, scope, `${path}.node[${index}]`, limits);
  for (const [index, { name = "" }] of graph.output.entries()) {
    if (!scope.isOwn(name))
      refuse("graph", `${path}.output[${index}]`, `expected a value of this graph, found "${name}"`);
  }
}
