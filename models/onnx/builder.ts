// Builds ONNX models from TypeScript, so that a model is a reviewed source and not a blob. The same calls always give
// the same bytes: names are numbered in the order of creation, and nothing of the machine or the day is written.

import { type ElementTypeName, elementTypes } from "./element-types.js";
import { attributeKinds, modelType } from "./schema.js";

/** A dimension: a fixed number, or the name of one that each run chooses. */
export type Dimension = number | string;

/** An attribute of an operator; the kind in the standard follows from the tag. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly graph: GraphBuilder };

export interface TensorValue {
  readonly type: "float32" | "int64" | "bool";
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
}

export interface ModelOptions {
  readonly irVersion: number;
  readonly opset: number;
  readonly producer: string;
  readonly doc?: string;
}

function elementCode(name: ElementTypeName): number {
  const found = elementTypes.find((type) => type.name === name);
  if (!found)
    throw new Error(`cannot build a tensor of type ${name}: expected one of ${elementTypes.map((e) => e.name)}`);
  return found.code;
}

function rawBytes(tensor: TensorValue): Uint8Array {
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (count !== tensor.values.length) {
    throw new Error(
      `cannot build a tensor of shape [${tensor.dims}]: expected ${count} values, found ${tensor.values.length}`,
    );
  }
  const width = tensor.type === "int64" ? 8 : tensor.type === "float32" ? 4 : 1;
  const view = new DataView(new ArrayBuffer(count * width));
  tensor.values.forEach((value, index) => {
    if (tensor.type === "int64") view.setBigInt64(index * 8, BigInt(value), true);
    else if (tensor.type === "float32") view.setFloat32(index * 4, value, true);
    else view.setUint8(index, value);
  });
  return new Uint8Array(view.buffer);
}

function attributeMessage(name: string, attribute: Attribute): object {
  if ("int" in attribute) return { name, type: attributeKinds.int, i: attribute.int };
  if ("ints" in attribute) return { name, type: attributeKinds.ints, ints: attribute.ints };
  if ("float" in attribute) return { name, type: attributeKinds.float, f: attribute.float };
  if ("graph" in attribute) return { name, type: attributeKinds.graph, g: attribute.graph.message() };
  return { name, type: attributeKinds.string, s: Buffer.from(attribute.string, "utf8") };
}

/** One graph or subgraph. A subgraph shares the counter of its parent, so that no two values have the same name. */
export class GraphBuilder {
  readonly #name: string;
  readonly #parent: GraphBuilder | undefined;
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  #count = 0;

  constructor(name: string, parent?: GraphBuilder) {
    this.#name = name;
    this.#parent = parent;
  }

  #fresh(hint: string): string {
    if (this.#parent) return this.#parent.#fresh(hint);
    this.#count += 1;
    return `${hint}_${this.#count}`;
  }

  /** Declares an input and returns its name. */
  input(name: string, type: ElementTypeName, dims: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Declares that the value of this name leaves the graph. */
  output(name: string, type: ElementTypeName, dims: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, type, dims));
  }

  /** Stores a constant tensor beside the graph and returns its name. Throws when the values do not fill the shape. */
  constant(tensor: TensorValue, hint = "const"): string {
    const name = this.#fresh(hint);
    const { dims } = tensor;
    this.#initializers.push({ name, dims, dataType: elementCode(tensor.type), rawData: rawBytes(tensor) });
    return name;
  }

  /** Adds an operator with one output and returns the name of that output. */
  op(opType: string, inputs: readonly string[], attributes: NodeOptions["attributes"] = {}): string {
    return this.ops(opType, inputs, { attributes })[0] as string;
  }

  /** Adds an operator with `outputs` outputs (default 1) and returns their names. */
  ops(opType: string, inputs: readonly string[], options: NodeOptions = {}): string[] {
    const output = Array.from({ length: options.outputs ?? 1 }, () => this.#fresh(opType));
    const attribute = Object.entries(options.attributes ?? {}).map(([name, value]) => attributeMessage(name, value));
    this.#nodes.push({ input: inputs, output, opType, attribute });
    return output;
  }

  /** Gives a value the name that the contract demands. */
  rename(value: string, name: string): void {
    this.#nodes.push({ input: [value], output: [name], opType: "Identity" });
  }

  /** The graph as a plain object of the schema. */
  message(): object {
    return {
      name: this.#name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
  }
}

function valueInfo(name: string, type: ElementTypeName, dims: readonly Dimension[]): object {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementCode(type), shape: { dim } } } };
}

/** The bytes of a model file. The same graph and options give the same bytes on every machine. */
export function encodeModel(graph: GraphBuilder, options: ModelOptions): Uint8Array {
  const message = {
    irVersion: options.irVersion,
    producerName: options.producer,
    ...(options.doc === undefined ? {} : { docString: options.doc }),
    graph: graph.message(),
    opsetImport: [{ domain: "", version: options.opset }],
  };
  return Uint8Array.from(modelType.encode(modelType.fromObject(message)).finish());
}
