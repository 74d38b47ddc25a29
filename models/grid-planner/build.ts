// The reference planner as source: value iteration to convergence on a cost grid of any size, 8-connected, no corner
// cutting. A sweep works on the negated field, where a minimum over neighbours is a MaxPool:
//
//   orthogonal: v[a] = max(v[a], max over the cross of (v[b] - cost[b]/2) - cost[a]/2)
//   diagonal:   the same with sqrt(2), by way of the corner points between cells. A diagonal crosses one corner point
//               and is allowed exactly where all four cells around that point are free, so two 2 x 2 pools and one mask
//               per corner say it. The pools also offer the cell itself and its orthogonal neighbours at a higher price
//               than they already have, which changes nothing.
//
// A turn of the loop is one pass of jumps over eight cells (`jumps.ts`) and three sweeps. Every operation is monotone,
// also in floating point, and values only improve, so the field goes towards the best path sums and is there at the
// latest after one sweep per cell. Jumps and steps round differently, which would let values creep on by their last
// digits, so the loop ends when a whole turn improves no value by more than one part in two millions.

import type { GraphBuilder as Graph } from "../onnx/builder.js";
import { encodeModel, GraphBuilder } from "../onnx/builder.js";
import { MAX_PLAN_CELLS, UNREACHABLE } from "../planner.js";
import { addJumps, addPass, type Jumps } from "./jumps.js";

/** Sweeps between two looks at whether anything changed, after a pass of jumps. */
const SWEEPS = 3;
/** What a turn counts: its sweeps, and its jumps as one. */
export const SWEEPS_PER_TURN = SWEEPS + 1;
/** A turn that improves no value by more than this part of it is the last. */
const LEAST_GAIN = 2 ** -21;

const CROSS_ROW = { kernel_shape: { ints: [1, 3] }, pads: { ints: [0, 1, 0, 1] } };
const CROSS_COLUMN = { kernel_shape: { ints: [3, 1] }, pads: { ints: [1, 0, 1, 0] } };
const CELLS_TO_CORNERS = { kernel_shape: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } };
const CORNERS_TO_CELLS = { kernel_shape: { ints: [2, 2] } };

const FIELD = [1, 1, "height", "stride"];
/** A column of walls behind each row. */
const WALL_COLUMN = [0, 0, 0, 0, 0, 0, 0, 1];

/** What a sweep needs and no sweep changes: names of values in the outer graph. All are negated or zero. */
interface Terrain {
  readonly halfStep: string;
  readonly halfDiagonal: string;
  readonly cornerMask: string;
  readonly jumps: Jumps;
}

function scalar(graph: Graph, value: number): string {
  return graph.constant({ type: "float32", dims: [], values: [value] });
}

function whole(graph: Graph, values: readonly number[], dims = [values.length]): string {
  return graph.constant({ type: "int64", dims, values });
}

/** Adds one sweep to the loop body and returns the improved field. */
function addSweep(body: Graph, field: string, terrain: Terrain): string {
  const left = body.op("Add", [field, terrain.halfStep]);
  const cross = body.op("Max", [body.op("MaxPool", [left], CROSS_ROW), body.op("MaxPool", [left], CROSS_COLUMN)]);
  const straight = body.op("Max", [field, body.op("Add", [cross, terrain.halfStep])]);
  const leftDiagonal = body.op("Add", [straight, terrain.halfDiagonal]);
  const corners = body.op("Add", [body.op("MaxPool", [leftDiagonal], CELLS_TO_CORNERS), terrain.cornerMask]);
  const diagonal = body.op("Add", [body.op("MaxPool", [corners], CORNERS_TO_CELLS), terrain.halfDiagonal]);
  return body.op("Max", [straight, diagonal]);
}

/** The loop body: a pass of jumps, a few sweeps, then "did anything change" as the condition for another turn. */
function loopBody(graph: Graph, terrain: Terrain): Graph {
  const body = new GraphBuilder("turn", graph);
  body.input("turn_index", "int64", []);
  body.input("turn_wanted", "bool", []);
  const before = body.input("field_before", "float32", FIELD);
  const sweepsBefore = body.input("sweeps_before", "int64", []);
  let field = addPass(body, before, terrain.jumps);
  for (let sweep = 0; sweep < SWEEPS; sweep++) field = addSweep(body, field, terrain);
  // Values are below zero: what is made greater by one part stays below the one before, unless it improved by more.
  const lessened = body.op("Mul", [field, scalar(body, 1 + LEAST_GAIN)]);
  const gain = body.op("ReduceMax", [body.op("Sub", [lessened, before])], { keepdims: { int: 0 } });
  body.output(body.op("Greater", [gain, scalar(body, 0)]), "bool", []);
  body.output(field, "float32", FIELD);
  body.output(body.op("Add", [sweepsBefore, whole(body, [SWEEPS_PER_TURN], [])]), "int64", []);
  return body;
}

/** Turns that certainly suffice for this grid; the constant keeps the loop bounded whatever its input (R13). */
function addTurnLimit(graph: Graph): string {
  const third = graph.op("Div", [graph.op("Size", ["cost"]), whole(graph, [SWEEPS], [])]);
  const enough = graph.op("Add", [third, whole(graph, [2], [])]);
  return graph.op("Min", [enough, whole(graph, [Math.ceil(MAX_PLAN_CELLS / SWEEPS) + 2], [])]);
}

/** What no sweep changes, from a cost grid with its column of walls; `free` says where there is no wall. */
function addTerrain(graph: Graph, cost: string, free: string): Terrain {
  const [zero, none, wall] = [scalar(graph, 0), scalar(graph, UNREACHABLE), scalar(graph, -UNREACHABLE)];
  const halfOf = (length: number): string =>
    graph.op("Where", [free, graph.op("Mul", [cost, scalar(graph, -length / 2)]), wall]);
  const [halfStep, halfDiagonal] = [halfOf(1), halfOf(Math.SQRT2)];
  const walls = graph.op("Where", [free, zero, none]);
  const framed = graph.op("Pad", [walls, whole(graph, [0, 0, 1, 1, 0, 0, 1, 1]), none]);
  return {
    ...{ halfStep, halfDiagonal },
    cornerMask: graph.op("Neg", [graph.op("MaxPool", [framed], CORNERS_TO_CELLS)]),
    jumps: addJumps(graph, { halfStep, halfDiagonal, walls: graph.op("Neg", [walls]) }, wall),
  };
}

/**
 * The model file of the reference planner. `negate` turns the sign of `value`, so that a test can show that what the
 * model says decides where a robot goes.
 */
export function buildGridPlanner(options: { negate?: boolean } = {}): Uint8Array {
  const graph = new GraphBuilder("grid-planner");
  graph.input("cost", "float32", ["height", "width"]);
  graph.input("seed", "float32", ["height", "width"]);
  const leading = whole(graph, [0, 1]);
  const [zero, none, wall] = [scalar(graph, 0), scalar(graph, UNREACHABLE), scalar(graph, -UNREACHABLE)];
  const withWall = (grid: string): string =>
    graph.op("Pad", [graph.op("Unsqueeze", [grid, leading]), whole(graph, WALL_COLUMN), zero]);
  const [cost, seed] = [withWall("cost"), withWall("seed")];
  const free = graph.op("Greater", [cost, zero]);
  const start = graph.op("Where", [free, graph.op("Neg", [graph.op("Min", [seed, none])]), wall]);
  const terrain = addTerrain(graph, cost, free);

  const yes = graph.constant({ type: "bool", dims: [], values: [1] });
  const [field, sweeps] = graph.ops("Loop", [addTurnLimit(graph), yes, start, whole(graph, [0], [])], {
    attributes: { body: { graph: loopBody(graph, terrain) } },
    outputs: 2,
  }) as [string, string];
  const cut = graph.op("Slice", [field, whole(graph, [0]), whole(graph, [-1]), whole(graph, [3])]);
  const value = graph.op("Squeeze", [cut, leading]);
  graph.rename(options.negate === true ? value : graph.op("Neg", [value]), "value");
  graph.rename(sweeps, "sweeps");
  graph.output("value", "float32", ["height", "width"]);
  graph.output("sweeps", "int64", []);
  return encodeModel(graph, { irVersion: 8, opset: 17, producer: "drover" });
}
