// Jumps over a cost grid: what a straight way of eight cells costs, in each of the eight directions and to every cell,
// made before the loop by doubling, and one pass that lets every cell look that far. A way costs exactly the sum of its
// steps and is no way where one of them is none, so a jump promises nothing that steps could not reach; it only spares
// most of the sweeps in which a value travels cell by cell.
//
// Grids are flat here, with a column of walls behind each row: then a direction is one offset in a row of numbers, and
// a way over the edge of the grid meets a wall. Where a wall is, numbers are so low that no sum with them ever counts.

import type { GraphBuilder as Graph } from "../onnx/builder.js";

/** Cells of a jump: a power of two. */
export const JUMP_CELLS = 8;

/** What stands in the cells, [1, 1, height, stride] and negated: half the price of a step, 0 where a cell is free. */
export interface Ground {
  readonly halfStep: string;
  readonly halfDiagonal: string;
  readonly walls: string;
}

/** The same for all turns: names of values in the outer graph. */
export interface Jumps {
  readonly shape: string; // of a grid
  readonly margins: string; // of a flat one, so that every cell has somebody to look at
  readonly wall: string;
  /** Which piece of a flat grid with margins lies that far off, and the price to each cell. */
  readonly looks: readonly { readonly from: string; readonly to: string; readonly price: string }[];
}

/** Lines on which a robot moves: how many strides and cells one step goes, and on which cell of a block it begins. */
const LINES = [
  { strides: 0, cells: 1, begins: 0 },
  { strides: 1, cells: 0, begins: 0 },
  { strides: 1, cells: 1, begins: 0 },
  { strides: 1, cells: -1, begins: 1 },
] as const;

type Offset = readonly [strides: number, cells: number];

const FIRST = 0;
const BEYOND = 2 ** 53 - 1;

function whole(graph: Graph, values: readonly number[]): string {
  return graph.constant({ type: "int64", dims: [values.length], values });
}

/** Flat grids of one size, and pieces of them. */
class Flat {
  readonly #graph: Graph;
  readonly #stride: string;
  readonly #axis: string;
  readonly cells: string;
  readonly shape: string;

  constructor(graph: Graph, grid: string) {
    this.#graph = graph;
    this.#axis = whole(graph, [0]);
    this.shape = graph.op("Shape", [grid]);
    this.#stride = graph.op("Slice", [this.shape, whole(graph, [3]), whole(graph, [4]), this.#axis]);
    this.cells = graph.op("Reshape", [graph.op("Size", [grid]), whole(graph, [1])]);
  }

  /** Offsets as numbers. */
  at(offsets: readonly Offset[]): string[] {
    const graph = this.#graph;
    const [strides, cells] = [
      whole(
        graph,
        offsets.map(([one]) => one),
      ),
      whole(
        graph,
        offsets.map(([, one]) => one),
      ),
    ];
    const sums = graph.op("Add", [graph.op("Mul", [this.#stride, strides]), cells]);
    return offsets.length === 1 ? [sums] : graph.ops("Split", [sums], { outputs: offsets.length });
  }

  piece(of: string, from: string, to: string): string {
    return this.#graph.op("Slice", [of, from, to, this.#axis]);
  }

  flat(grid: string): string {
    return this.#graph.op("Reshape", [grid, whole(this.#graph, [-1])]);
  }
}

/** What each step along the four lines costs, by the place of its block: two cells in a row, or four in a square. */
function steps(graph: Graph, flat: Flat, on: Ground): string[] {
  const [first, second, last, beyond] = [FIRST, 1, -1, BEYOND].map((at) => whole(graph, [at]));
  const [below, beside, lessRow, lessBlock] = flat.at([
    [1, 0],
    [1, 1],
    [-1, 0],
    [-1, -1],
  ]);
  /** The four cells of each block: this one, the next, the one below, the one beside that. */
  const corners = (of: string): string[] =>
    [
      [first, lessBlock],
      [second, lessRow],
      [below, last],
      [beside, beyond],
    ].map(([from, to]) => flat.piece(of, from as string, to as string));
  const ends = (of: string, lessOne: string, other: string): string =>
    graph.op("Add", [flat.piece(of, first as string, lessOne), flat.piece(of, other, beyond as string)]);
  const [w0, w1, w2, w3] = corners(on.walls);
  const [d0, d1, d2, d3] = corners(on.halfDiagonal);
  const open = graph.op("Min", [graph.op("Min", [w0, w1] as string[]), graph.op("Min", [w2, w3] as string[])]);
  return [
    ends(on.halfStep, last as string, second as string),
    ends(on.halfStep, lessRow as string, below as string),
    graph.op("Add", [graph.op("Add", [d0, d3] as string[]), open]),
    graph.op("Add", [graph.op("Add", [d1, d2] as string[]), open]),
  ];
}

/** Ways of `JUMP_CELLS` steps out of single ones. */
function doubled(graph: Graph, flat: Flat, ways: readonly string[]): readonly string[] {
  const [first, beyond] = [whole(graph, [FIRST]), whole(graph, [BEYOND])];
  let longer = ways;
  for (let cells = 1; cells < JUMP_CELLS; cells *= 2) {
    const shifts = flat.at(
      LINES.flatMap((line): Offset[] => [
        [cells * line.strides, cells * line.cells],
        [-cells * line.strides, -cells * line.cells],
      ]),
    );
    longer = longer.map((way, line) => {
      const [shift, less] = shifts.slice(2 * line, 2 * line + 2) as [string, string];
      return graph.op("Add", [flat.piece(way, first, less), flat.piece(way, shift, beyond)]);
    });
  }
  return longer;
}

/** All that the passes need; `wall` is the number of a place where nobody is. */
export function addJumps(graph: Graph, ground: Ground, wall: string): Jumps {
  const flat = new Flat(graph, ground.walls);
  const far = JUMP_CELLS;
  const [margin] = flat.at([[far, far]]) as [string];
  const margins = graph.op("Concat", [margin, margin], { axis: { int: 0 } });
  const wide = (grid: string): string => graph.op("Pad", [flat.flat(grid), margins, wall]);
  const { halfStep, halfDiagonal, walls } = ground;
  const ways = doubled(
    graph,
    flat,
    steps(graph, flat, { halfStep: wide(halfStep), halfDiagonal: wide(halfDiagonal), walls: wide(walls) }),
  );
  const looks = LINES.flatMap(({ strides, cells, begins }, line) =>
    [1, -1].map((side) => {
      const other: Offset = [far + side * far * strides, far + side * far * cells];
      // A way stands where its first cell does: that is the cell itself, or the one that it looks at.
      const place: Offset = side > 0 ? [far, far - begins] : [other[0], other[1] - begins];
      const [from, at] = flat.at([other, place]) as [string, string];
      const end = (begin: string): string => graph.op("Add", [begin, flat.cells]);
      return { from, to: end(from), price: flat.piece(ways[line] as string, at, end(at)) };
    }),
  );
  return { shape: flat.shape, margins, wall, looks };
}

/** One pass: every cell looks as far as a jump goes. */
export function addPass(body: Graph, field: string, { shape, margins, wall, looks }: Jumps): string {
  const axis = whole(body, [0]);
  const flat = body.op("Reshape", [field, whole(body, [-1])]);
  const wide = body.op("Pad", [flat, margins, wall]);
  let best = flat;
  for (const { from, to, price } of looks)
    best = body.op("Max", [best, body.op("Add", [body.op("Slice", [wide, from, to, axis]), price])]);
  return body.op("Reshape", [best, shape]);
}
