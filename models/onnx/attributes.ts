// Checks the attributes of one operator: a kind that Drover loads, exactly one value of that kind, each name once,
// tensors inside the file, window sizes that stay small. Subgraphs are handed back for the caller to enter.

import type { AttributeMessage, Graph, Node } from "./decode.js";
import { subgraphAttributes } from "./operators.js";
import { type InspectLimits, refuse } from "./refusal.js";
import { attributeKinds } from "./schema.js";
import { checkTensor, refuseSparse } from "./tensors.js";

const MAX_WINDOW = 4_096;
const WINDOW_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...["pads", "kernel_shape", "strides", "dilations", "output_padding", "output_shape"],
]);

const fieldOfKind = new Map<number, keyof AttributeMessage>([
  [attributeKinds.float, "f"],
  [attributeKinds.int, "i"],
  [attributeKinds.string, "s"],
  [attributeKinds.tensor, "t"],
  [attributeKinds.graph, "g"],
  [attributeKinds.floats, "floats"],
  [attributeKinds.ints, "ints"],
  [attributeKinds.strings, "strings"],
]);

const valueFields = ["f", "i", "s", "t", "g", "floats", "ints", "strings"] as const;

function isSet(attribute: AttributeMessage, field: (typeof valueFields)[number]): boolean {
  const value = attribute[field];
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/** Refuses tensors, sparse tensors and graphs in places that no accepted operator uses. */
function refuseExotic(attribute: AttributeMessage, path: string, limits: InspectLimits): void {
  if (attribute.sparseTensor) refuseSparse(attribute.sparseTensor, `${path}.sparseTensor`);
  for (const [index, sparse] of attribute.sparseTensors.entries())
    refuseSparse(sparse, `${path}.sparseTensors[${index}]`);
  for (const [index, tensor] of attribute.tensors.entries()) checkTensor(tensor, `${path}.tensors[${index}]`, limits);
  const exotic = attribute.tensors.length + attribute.graphs.length + attribute.typeProtos.length;
  if (exotic > 0 || attribute.tp !== undefined || attribute.refAttrName !== undefined) {
    refuse("unsupported", path, "expected numbers, text, one tensor or one graph, found another kind of attribute");
  }
}

function checkAttribute(attribute: AttributeMessage, path: string, limits: InspectLimits): void {
  refuseExotic(attribute, path, limits);
  const field = fieldOfKind.get(attribute.type ?? 0);
  if (!field) refuse("unsupported", path, `expected an attribute kind from 1 to 8, found ${attribute.type ?? 0}`);
  for (const other of valueFields) {
    if (other !== field && isSet(attribute, other)) {
      refuse("graph", path, `expected a value in field ${field}, found one in ${other}`);
    }
  }
  if (attribute.t) checkTensor(attribute.t, `${path}.t`, limits);
  if (!WINDOW_ATTRIBUTES.has(attribute.name ?? "")) return;
  const wide = attribute.ints.find((size) => size < 0n || size > BigInt(MAX_WINDOW));
  if (wide !== undefined) refuse("too-large", path, `expected window sizes from 0 to ${MAX_WINDOW}, found ${wide}`);
}

/** Checks all attributes of an operator and returns its subgraphs with their paths. Throws `Refused`. */
export function checkAttributes(node: Node, path: string, limits: InspectLimits): { graph: Graph; path: string }[] {
  const names = new Set<string>();
  const subgraphs: { graph: Graph; path: string }[] = [];
  const expected = subgraphAttributes.get(node.opType ?? "") ?? [];
  node.attribute.forEach((attribute, index) => {
    const here = `${path}.attribute[${index}]`;
    const name = attribute.name ?? "";
    if (name === "" || names.has(name)) refuse("graph", here, `expected a name of its own, found "${name}"`);
    names.add(name);
    checkAttribute(attribute, here, limits);
    if (!attribute.g) return;
    if (!expected.includes(name)) refuse("graph", here, `expected no subgraph in ${node.opType}.${name}, found one`);
    subgraphs.push({ graph: attribute.g, path: `${here}.g` });
  });
  if (subgraphs.length !== expected.length) {
    refuse(
      "graph",
      path,
      `expected ${node.opType} with subgraphs ${expected.join(" and ")}, found ${subgraphs.length}`,
    );
  }
  return subgraphs;
}
