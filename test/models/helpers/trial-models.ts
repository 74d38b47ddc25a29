// Models for trials, each made of a few operators: a good one, and those that crash, hang, eat memory, or are wrong.

import { sha256Hex } from "../../../models/contract.js";
import { encodeElements, type NamedTensor } from "../../../models/elements.js";
import type { GoldenFile } from "../../../models/golden.js";
import { encodeModel, GraphBuilder } from "../../../models/onnx/builder.js";
import { modelType } from "../../../models/onnx/schema.js";
import type { TrialSubject } from "../../../models/trial/words.js";
import { aNode, aSmallModel, aValue, encode, type Loose } from "./hostile.js";

const options = { irVersion: 8, opset: 17, producer: "test" };
const OUTER_SIDE = 40_000;

export function floats(tensor: string, values: readonly number[], dims = [values.length]): NamedTensor {
  return { tensor, type: "float32", dims, data: encodeElements("float32", values) };
}

/** y = op(x) on four numbers. */
export function unary(opType: string): Uint8Array {
  return encode(aSmallModel({ node: [aNode(opType, ["x"], ["y"])] }));
}

/** y = x * w with one weight, so that a changed bit of it shows. */
export function weighted(): Uint8Array {
  const graph = new GraphBuilder("weighted");
  graph.input("x", "float32", [4]);
  const weight = graph.constant({ type: "float32", dims: [4], values: [0.5, 0.25, 2, 4] });
  graph.rename(graph.op("Mul", ["x", weight]), "y");
  graph.output("y", "float32", [4]);
  return encodeModel(graph, options);
}

/** `weighted` with one bit of the last weight flipped: still a sound model, but another one. */
export function bitFlipped(): Uint8Array {
  const bytes = Buffer.from(weighted());
  const at = bytes.indexOf(Buffer.from(Float32Array.of(0.5, 0.25, 2, 4).buffer));
  bytes.writeUInt8(bytes.readUInt8(at + 15) ^ 0x20, at + 15);
  return bytes;
}

/** A matrix of `side` x `side`, multiplied by itself `turns` times before the answer comes. */
export function slow(turns: number, side: number): Uint8Array {
  const graph = new GraphBuilder("slow");
  graph.input("x", "float32", [4]);
  const shape = graph.constant({ type: "int64", dims: [2], values: [side, side] });
  const ones = graph.op("Expand", [graph.constant({ type: "float32", dims: [1, 1], values: [0.001] }), shape]);
  const body = new GraphBuilder("turn", graph);
  body.input("index", "int64", []);
  body.input("wanted", "bool", []);
  const before = body.input("before", "float32", [side, side]);
  body.output(body.op("Identity", ["wanted"]), "bool", []);
  body.output(body.op("MatMul", [before, ones]), "float32", [side, side]);
  const count = graph.constant({ type: "int64", dims: [], values: [turns] });
  const yes = graph.constant({ type: "bool", dims: [], values: [1] });
  const start = graph.op("Mul", [ones, graph.op("ReduceMax", ["x"], { keepdims: { int: 0 } })]);
  const last = graph.op("Loop", [count, yes, start], { body: { graph: body } });
  graph.rename(graph.op("Add", ["x", graph.op("ReduceMin", [last], { keepdims: { int: 0 } })]), "y");
  graph.output("y", "float32", [4]);
  return encodeModel(graph, options);
}

/** A column times a row of 40,000: 6.4 GB between two small tensors. */
export function hungry(): Uint8Array {
  const graph = new GraphBuilder("hungry");
  graph.input("x", "float32", [4]);
  const side = graph.op("Expand", ["x", graph.constant({ type: "int64", dims: [2], values: [OUTER_SIDE / 4, 4] })]);
  const whole = (values: readonly number[]) => graph.constant({ type: "int64", dims: [values.length], values });
  const column = graph.op("Reshape", [side, whole([OUTER_SIDE, 1])]);
  const row = graph.op("Reshape", [side, whole([1, OUTER_SIDE])]);
  const sum = graph.op("ReduceSum", [graph.op("Add", [column, row])], { keepdims: { int: 0 } });
  graph.rename(graph.op("Add", ["x", sum]), "y");
  graph.output("y", "float32", [4]);
  return encodeModel(graph, options);
}

const INT4 = 22;

/** An output of 4-bit numbers: it loads, and its first run aborts the whole process with onnxruntime-node 1.30. */
export function int4Output(): Uint8Array {
  const output: Loose = aValue("y");
  output.type.tensorType.elemType = INT4;
  const cast = aNode("Cast", ["x"], ["y"], { attribute: [{ name: "to", type: 2, i: INT4 }] });
  const model = aSmallModel({ output: [output], node: [cast] }, { irVersion: 10, opsetImport: [{ version: 21 }] });
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** What to try on a model from `x` to `y`; golden vectors where outputs are given. */
export function subject(bytes: Uint8Array, x: readonly number[], y?: readonly number[]): TrialSubject {
  const inputs = [floats("x", x)];
  const vector = (outputs: readonly number[]) => ({ name: "first", inputs, outputs: [floats("y", outputs)] });
  const golden: GoldenFile | undefined =
    y === undefined ? undefined : { tolerance: { absolute: 1e-5, relative: 1e-5 }, vectors: [vector(y)] };
  return { bytes, sha256: sha256Hex(bytes), inputs: ["x"], outputs: ["y"], golden, feeds: inputs };
}
