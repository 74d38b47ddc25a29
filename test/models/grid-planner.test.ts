// The reference planner against a Dijkstra of our own, on drawn grids and on the shapes that break grid code: one cell,
// one row, one column, mazes, walls on the border, corners that touch.

import fc from "fast-check";
import t from "tap";
import { compareOutputs } from "../../models/golden.js";
import { buildGridPlanner } from "../../models/grid-planner/build.js";
import { gridPlannerGolden } from "../../models/grid-planner/golden.js";
import { inspectModel } from "../../models/onnx/inspect.js";
import { UNREACHABLE } from "../../models/planner.js";
import { dijkstra, type Grid } from "./helpers/dijkstra.js";
import { aPlanner, worstError } from "./helpers/field.js";

const TOLERANCE = 2e-6;

function drawing(rows: readonly string[]): Grid {
  const width = rows[0]?.length ?? 0;
  const cost = Float32Array.from(rows.join(""), (letter) => (letter === "#" ? 0 : letter === "." ? 1 : Number(letter)));
  return { width, height: rows.length, cost };
}

/** One corridor that fills the grid: rows of free cells, joined at alternating ends. */
function serpentine(width: number, height: number): Grid {
  const cost = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const joint = y % 4 === 1 ? x === width - 1 : x === 0;
      if (y % 2 === 0 || joint) cost[y * width + x] = 1;
    }
  }
  return { width, height, cost };
}

const planner = await aPlanner();

t.test("R11 grid-planner agrees with Dijkstra on drawn grids of any size, cost and seeds", async (t) => {
  const grids = fc
    .record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }) })
    .chain(({ width, height }) => {
      const cells = width * height;
      const cell = fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        { weight: 4, arbitrary: fc.constant(1) },
        { weight: 3, arbitrary: fc.double({ min: 0.01, max: 100, noNaN: true }) },
        { weight: 1, arbitrary: fc.constant(-1) },
      );
      return fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        cost: fc.array(cell, { minLength: cells, maxLength: cells }),
        seeds: fc.array(fc.tuple(fc.nat(cells - 1), fc.nat(50)), { minLength: 0, maxLength: 4 }),
      });
    });
  let worst = 0;
  await fc.assert(
    fc.asyncProperty(grids, async ({ width, height, cost, seeds }) => {
      const grid = { width, height, cost: Float32Array.from(cost) };
      const start = new Map(seeds);
      const field = await planner(grid, start);
      const error = worstError(grid, start, field);
      worst = Math.max(worst, error);
      return error <= TOLERANCE;
    }),
    { numRuns: 300 },
  );
  t.comment(`largest relative error ${worst}`);
});

t.test("R11 grid-planner agrees with Dijkstra where grid code breaks", async (t) => {
  const shapes: Record<string, Grid> = {
    "one cell": drawing(["."]),
    "one row": drawing(["..3..#.."]),
    "one column": drawing([".", "5", ".", "#", "."]),
    "two corners that touch": drawing(["..#", "..#", "##.", "..."]),
    "one free orthogonal of two": drawing([".#.", "...", ".#."]),
    "a wall of dear cells": drawing(["..9..", "..9..", "....."]),
    "a maze": serpentine(31, 31),
  };
  for (const [name, grid] of Object.entries(shapes)) {
    const seeds = new Map([[0, 0]]);
    const error = worstError(grid, seeds, await planner(grid, seeds));
    t.ok(error <= TOLERANCE, `${name}: relative error ${error}`);
  }
});

t.test("R11 grid-planner cuts no corner", async (t) => {
  const grid = drawing([".#", ".."]);
  const { value } = await planner(grid, new Map([[0, 0]]));
  t.equal(value[3], 2, "two straight steps around the corner, not one diagonal");
  t.equal(value[1], UNREACHABLE, "blocked");
});

t.test("R11 grid-planner treats a blocked seed and a grid without seeds as unreachable", async (t) => {
  const grid = drawing(["#..", "..."]);
  t.ok((await planner(grid, new Map([[0, 0]]))).value.every((value) => value === UNREACHABLE));
  t.ok((await planner(grid, new Map())).value.every((value) => value === UNREACHABLE));
});

t.test("R11 grid-planner starts from seeds of any height", async (t) => {
  const grid = drawing(["....."]);
  const { value } = await planner(
    grid,
    new Map([
      [0, 10],
      [4, 2.5],
    ]),
  );
  t.same([...value], [6.5, 5.5, 4.5, 3.5, 2.5]);
});

t.test("R11 grid-planner converges in the longest maze that it takes", async (t) => {
  const grid = serpentine(127, 127);
  const seeds = new Map([[0, 0]]);
  const field = await planner(grid, seeds);
  t.ok(worstError(grid, seeds, field) <= 1e-4, "a path of 8127 steps, rounded once or twice per step");
  t.ok(field.sweeps <= 127 * 127 + 8, `sweeps ${field.sweeps}`);
  t.comment(`${field.sweeps} sweeps, ${field.tookMs.toFixed(0)} ms`);
});

t.test("R11 grid-planner keeps its golden vectors, and they are right by other code, too", async (t) => {
  for (const sign of [1, -1] as const) {
    const { tolerance, vectors } = gridPlannerGolden(sign);
    t.equal(vectors.length, 4);
    const model = sign === 1 ? planner : await aPlanner(buildGridPlanner({ negate: true }));
    for (const { name, inputs, outputs } of vectors) {
      const [cost, seed] = inputs.map(({ data }) => data as Float32Array) as [Float32Array, Float32Array];
      const [height = 0, width = 0] = inputs[0]?.dims ?? [];
      const seeds = new Map([...seed].flatMap((at, cell) => (at < UNREACHABLE ? [[cell, at] as const] : [])));
      const judge = (data: Float32Array) =>
        compareOutputs(outputs, [{ tensor: "value", type: "float32", dims: [height, width], data }], tolerance);
      const { value } = await model({ width, height, cost }, seeds);
      t.match(judge(value), { ok: true }, name);
      const plain = dijkstra({ width, height, cost }, seeds).map((at) => sign * Math.min(at, UNREACHABLE));
      t.match(judge(Float32Array.from(plain)), { ok: true }, `${name}, by Dijkstra`);
      t.match(judge(value.map((at, cell) => (cell === 4 ? at + 0.001 * Math.max(1, Math.abs(at)) : at))), {
        ok: false,
      });
    }
  }
});

t.test("R14 grid-planner gives the same bits twice", async (t) => {
  const grid = drawing([".3.7.", "..#..", ".2...", "....."]);
  const seeds = new Map([
    [7, 0],
    [19, 1],
  ]);
  t.same((await planner(grid, seeds)).value, (await planner(grid, seeds)).value);
});

t.test("R11 grid-planner with negate turns the sign of its field and nothing else", async (t) => {
  const negated = await aPlanner(buildGridPlanner({ negate: true }));
  const grid = drawing(["..#", "...", ".#."]);
  const seeds = new Map([[0, 0]]);
  const straight = await planner(grid, seeds);
  const turned = await negated(grid, seeds);
  t.same([...turned.value], [...straight.value.map((value) => -value)]);
  t.equal(turned.sweeps, straight.sweeps);
});

t.test("R14 grid-planner is the same file each time it is built, and passes the inspector", (t) => {
  t.same(buildGridPlanner(), buildGridPlanner());
  t.notSame(buildGridPlanner(), buildGridPlanner({ negate: true }));
  const inspection = inspectModel(buildGridPlanner());
  t.equal(inspection.ok, true);
  t.end();
});
