// A controller model of a given cost for the benches: it steers towards the next point of the path, and beside that
// multiplies its features through a row of matrices, as a policy of that size would. What they give is added in parts
// of a millionth, so that it takes its time and changes nothing.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealManifest, sha256Hex } from "../../models/contract.js";
import type { Feature, ModelManifest } from "../../models/manifest.js";
import { encodeModel, GraphBuilder } from "../../models/onnx/builder.js";
import { Random } from "../world/random.js";

const FILE = "policy.onnx";
const [ROWS, WIDTH] = [64, 256];
const RAYS = { count: 36, fromRad: -Math.PI, toRad: Math.PI, take: "least", nothingM: 20 } as const;
const NAMES = ["waypoint.forwardM", "waypoint.leftM", "odometry.speedMps", "odometry.turnRadps"] as const;
const FEATURES: readonly Feature[] = [
  ...NAMES.map((from) => ({ from, maxAgeMs: 1000, missing: "refuse", offset: 0, scale: 1 }) as const),
  { from: "scan.rangeM", maxAgeMs: 1000, missing: "refuse", offset: 0, scale: 0.05, rays: RAYS },
];
export const POLICY_INPUTS = NAMES.length + RAYS.count;

function number(graph: GraphBuilder, value: number): string {
  return graph.constant({ type: "float32", dims: [1], values: [value] });
}

function clip(graph: GraphBuilder, value: string, [least, most]: readonly [number, number]): string {
  return graph.op("Min", [graph.op("Max", [value, number(graph, least)]), number(graph, most)]);
}

/** Speed and turn rate towards a point ahead. */
function steered(graph: GraphBuilder, forward: string, left: string): readonly [string, string] {
  const aside = graph.op("Mul", [graph.op("Abs", [left]), number(graph, 3)]);
  const speed = clip(graph, graph.op("Mul", [graph.op("Sub", [forward, aside]), number(graph, 2)]), [0, 0.8]);
  const near = graph.op("Max", [forward, number(graph, 0.15)]);
  const towards = graph.op("Mul", [graph.op("Div", [left, near]), number(graph, 2.5)]);
  const behind = graph.op("Mul", [graph.op("Relu", [graph.op("Neg", [forward])]), number(graph, 10)]);
  return [speed, clip(graph, graph.op("Add", [towards, behind]), [-1.5, 1.5])];
}

/** A number between -1 and 1 that all features and all matrices decide. */
function weighed(graph: GraphBuilder, observed: string, layers: number): string {
  const random = new Random(1);
  const matrix = (rows: number, columns: number): string => {
    const scale = 4 / Math.sqrt(rows);
    const values = Array.from({ length: rows * columns }, () => scale * (random.next() - 0.5));
    return graph.constant({ type: "float32", dims: [rows, columns], values });
  };
  const shape = (dims: readonly number[]): string =>
    graph.constant({ type: "int64", dims: [dims.length], values: dims });
  const row = graph.op("Reshape", [observed, shape([1, POLICY_INPUTS])]);
  let field = graph.op("Reshape", [
    graph.op("MatMul", [row, matrix(POLICY_INPUTS, ROWS * WIDTH)]),
    shape([ROWS, WIDTH]),
  ]);
  for (let layer = 0; layer < layers; layer += 1)
    field = graph.op("Relu", [graph.op("MatMul", [field, matrix(WIDTH, WIDTH)])]);
  const mean = graph.op("ReduceMean", [field], { keepdims: { int: 0 } });
  return graph.op("Tanh", [graph.op("Reshape", [mean, shape([1])])]);
}

function bytesOf(layers: number): Uint8Array {
  const graph = new GraphBuilder("policy");
  const observed = graph.input("obs", "float32", [POLICY_INPUTS]);
  const at = (index: number): string =>
    graph.op("Gather", [observed, graph.constant({ type: "int64", dims: [1], values: [index] })]);
  const [speed, turn] = steered(graph, at(0), at(1));
  const little = graph.op("Mul", [weighed(graph, observed, layers), number(graph, 1e-6)]);
  graph.rename(graph.op("Concat", [graph.op("Add", [speed, little]), turn], { axis: { int: 0 } }), "action");
  graph.output("action", "float32", [2]);
  return encodeModel(graph, { irVersion: 8, opset: 13, producer: "drover" });
}

/** Writes the model with so many layers, and its manifest, into the folder, which is made. */
export function writePolicy(directory: string, layers: number): ModelManifest {
  const bytes = bytesOf(layers);
  const blend = (index: number, most: number) => ({
    terms: [{ tensor: "action", index, scale: 1 }],
    offset: 0,
    clip: [-most, most] as const,
  });
  const manifest: ModelManifest = {
    ...{ manifest: 2, name: "policy", version: "1.0.0", summary: "for benches", licence: "Apache-2.0", robotClass: "" },
    ...{ file: FILE, bytes: bytes.length, sha256: sha256Hex(bytes) },
    inputs: [
      {
        ...{ tensor: "obs", type: "float32", shape: [POLICY_INPUTS], unit: "m, m/s, rad/s" },
        fill: { kind: "features", features: FEATURES },
      },
    ],
    states: [],
    outputs: [{ tensor: "action", type: "float32", shape: [2], unit: "m/s, rad/s" }],
    proposal: { kind: "velocity", speedMps: blend(0, 1.5), turnRadps: blend(1, 1.8) },
    confidence: { kind: "none" },
    limits: { deadlineMs: 1000, memoryMb: 512, threads: 1, providers: ["cpu"], maxCells: 1 },
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, FILE), bytes);
  writeFileSync(join(directory, "manifest.json"), sealManifest(manifest));
  return manifest;
}
