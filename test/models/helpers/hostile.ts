// Hostile models made in code (O01..O40 of the bad input catalogue): a good one is taken apart into plain objects,
// changed in one place, and put together again; what the encoder would never write is written as raw bytes.

import { buildGridPlanner } from "../../../models/grid-planner/build.js";
import type { RefusalCode } from "../../../models/onnx/refusal.js";
import { modelType } from "../../../models/onnx/schema.js";

// biome-ignore lint/suspicious/noExplicitAny: a plain object of the schema that each case changes as it likes
export type Loose = any;

/** The reference planner as a plain object that can be changed at will. */
export function aModel(): Loose {
  return modelType.toObject(modelType.decode(buildGridPlanner()), { longs: String, arrays: true });
}

/** A model of one Identity, with the parts given. */
export function aSmallModel(graph: Loose = {}, model: Loose = {}): Loose {
  return {
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "small",
      input: [aValue("x")],
      output: [aValue("y")],
      node: [aNode("Identity", ["x"], ["y"])],
      ...graph,
    },
    ...model,
  };
}

export function aValue(name: string, dims: readonly (number | string)[] = [4]): Loose {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}

export function aNode(opType: string, input: string[], output: string[], more: Loose = {}): Loose {
  return { opType, input, output, ...more };
}

export function aTensor(more: Loose = {}): Loose {
  return { name: "w", dims: [4], dataType: 1, rawData: new Uint8Array(16), ...more };
}

export function encode(model: Loose): Uint8Array {
  return Uint8Array.from(modelType.encode(modelType.fromObject(model)).finish());
}

/** A length-delimited field as raw bytes. */
export function field(id: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(id * 8 + 2), varint(content.length), content]);
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  while (value >= 128) {
    bytes.push((value % 128) + 128);
    value = Math.floor(value / 128);
  }
  return Uint8Array.from([...bytes, value]);
}

/** If inside If inside If, `depth` times, written from the inside out without recursion. */
export function nestedGraphs(depth: number): Uint8Array {
  let graph: Uint8Array = field(2, Buffer.from("inner"));
  for (let level = 0; level < depth; level++) {
    const attribute = Buffer.concat([field(1, Buffer.from("then_branch")), field(6, graph)]);
    const node = Buffer.concat([field(4, Buffer.from("If")), field(5, attribute)]);
    graph = field(1, node);
  }
  return Buffer.concat([Uint8Array.from([0x08, 8]), field(7, graph), field(8, Uint8Array.from([0x10, 17]))]);
}

export interface Case {
  readonly name: string;
  readonly code: RefusalCode;
  readonly bytes: Uint8Array;
  readonly path?: string;
}

export function small(graph: Loose, model: Loose = {}): Uint8Array {
  return encode(aSmallModel(graph, model));
}

export function withTensor(tensor: Loose): Uint8Array {
  return small({ initializer: [aTensor(tensor)] });
}

export function external(location: string, more: Loose[] = []): Loose {
  return { rawData: undefined, dataLocation: 1, externalData: [{ key: "location", value: location }, ...more] };
}

export function changed(change: (model: Loose) => void): Uint8Array {
  const model = aModel();
  change(model);
  return encode(model);
}

export function constantWith(attribute: Loose): Loose {
  return { node: [aNode("Constant", [], ["c"], { attribute: [attribute] }), aNode("Identity", ["x"], ["y"])] };
}
