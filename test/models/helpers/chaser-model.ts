// A controller model as a file: it steers towards the next point of the path, and can be made to misbehave after so
// many runs, which it counts in a recurrent state. It is made with the builder, so that no trained weights are needed.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealManifest, sha256Hex } from "../../../models/contract.js";
import type { ModelManifest } from "../../../models/manifest.js";
import { encodeModel, GraphBuilder } from "../../../models/onnx/builder.js";
import { blend, feature } from "./manifests.js";

const FILE = "chaser.onnx";

export interface Chaser {
  readonly version: string;
  /** From which run on it gives what is no number. */
  readonly nanFrom?: number;
  /** From which run on it takes long: loops of multiplying two matrices of 128 by 128. */
  readonly slowFrom?: { readonly run: number; readonly loops: number };
}

function number(graph: GraphBuilder, value: number): string {
  return graph.constant({ type: "float32", dims: [1], values: [value] });
}

function clip(graph: GraphBuilder, value: string, [least, most]: readonly [number, number]): string {
  return graph.op("Min", [graph.op("Max", [value, number(graph, least)]), number(graph, most)]);
}

/** Turn rate from where the next point is: the further to the side, and always when it lies behind. */
function turnOf(graph: GraphBuilder, forward: string, left: string): string {
  const near = graph.op("Max", [forward, number(graph, 0.15)]);
  const aside = graph.op("Mul", [graph.op("Div", [left, near]), number(graph, 2.5)]);
  const behind = graph.op("Mul", [graph.op("Relu", [graph.op("Neg", [forward])]), number(graph, 10)]);
  return clip(graph, graph.op("Add", [aside, behind]), [-1.5, 1.5]);
}

/** Speed: the slower the further the point lies to the side. */
function speedOf(graph: GraphBuilder, forward: string, left: string): string {
  const aside = graph.op("Mul", [graph.op("Abs", [left]), number(graph, 3)]);
  const ahead = graph.op("Mul", [graph.op("Sub", [forward, aside]), number(graph, 2)]);
  return clip(graph, ahead, [0, 0.8]);
}

/** Zero until that run, and from then on what is no number. */
function trouble(graph: GraphBuilder, count: string, nanFrom: number): string {
  const isBad = graph.op("Greater", [count, number(graph, nanFrom)]);
  return graph.op("Where", [isBad, number(graph, Number.NaN), number(graph, 0)]);
}

/** Zero, after a loop that is long from that run on. */
function delay(graph: GraphBuilder, count: string, slow: NonNullable<Chaser["slowFrom"]>): string {
  const isSlow = graph.op("Greater", [count, number(graph, slow.run)]);
  return graph.op("If", [isSlow], {
    then_branch: { graph: multiplied(graph, count, slow.loops) },
    else_branch: { graph: multiplied(graph, count, 0) },
  });
}

/** Zero times the count, so that it cannot be worked out before the run. */
function multiplied(parent: GraphBuilder, count: string, loops: number): GraphBuilder {
  const graph = new GraphBuilder("multiplied", parent);
  const zeros = { type: "float32" as const, dims: [128, 128], values: new Array<number>(128 * 128).fill(0) };
  let product = graph.op("Mul", [graph.constant(zeros), count]);
  for (let loop = 0; loop < loops; loop += 1) product = graph.op("MatMul", [product, product]);
  const flat = graph.op("ReduceSum", [product], { keepdims: { int: 0 } });
  const one = graph.op("Reshape", [flat, graph.constant({ type: "int64", dims: [1], values: [1] })]);
  graph.output(one, "float32", [1]);
  return graph;
}

function bytesOf({ nanFrom = 1e9, slowFrom }: Chaser): Uint8Array {
  const graph = new GraphBuilder("chaser");
  const observed = graph.input("obs", "float32", [3]);
  const before = graph.input("count", "float32", [1]);
  const [forward = "", left = ""] = graph.ops("Split", [observed], { outputs: 3, attributes: { axis: { int: 0 } } });
  const count = graph.op("Add", [before, number(graph, 1)]);
  const bad = trouble(graph, count, nanFrom);
  const late = slowFrom === undefined ? number(graph, 0) : delay(graph, count, slowFrom);
  const speed = graph.op("Add", [graph.op("Add", [speedOf(graph, forward, left), bad]), late]);
  graph.rename(graph.op("Concat", [speed, turnOf(graph, forward, left)], { axis: { int: 0 } }), "action");
  graph.rename(count, "counted");
  graph.output("action", "float32", [2]);
  graph.output("counted", "float32", [1]);
  return encodeModel(graph, { irVersion: 8, opset: 13, producer: "drover" });
}

/** Writes the model and its manifest into the folder, which is made. */
export function writeChaser(directory: string, chaser: Chaser): ModelManifest {
  const bytes = bytesOf(chaser);
  const features = [feature("waypoint.forwardM"), feature("waypoint.leftM"), feature("odometry.speedMps")];
  const manifest: ModelManifest = {
    ...{ manifest: 2, name: "chaser", version: chaser.version, summary: "for tests", licence: "Apache-2.0" },
    ...{ robotClass: "", file: FILE, bytes: bytes.length, sha256: sha256Hex(bytes) },
    inputs: [{ tensor: "obs", type: "float32", shape: [3], unit: "m", fill: { kind: "features", features } }],
    states: [{ tensor: "count", output: "counted", type: "float32", shape: [1], initial: 0, resetAfterMs: 3_600_000 }],
    outputs: [{ tensor: "action", type: "float32", shape: [2], unit: "m/s, rad/s" }],
    proposal: { kind: "velocity", speedMps: blend(0, [-1.5, 1.5]), turnRadps: blend(1, [-1.8, 1.8]) },
    confidence: { kind: "none" },
    limits: { deadlineMs: 400, memoryMb: 512, threads: 1, providers: ["cpu"], maxCells: 1 },
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, FILE), bytes);
  writeFileSync(join(directory, "manifest.json"), sealManifest(manifest));
  return manifest;
}
