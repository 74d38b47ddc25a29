// The planner's stand-in against Dijkstra's algorithm on drawn grids: the same value for every cell of a site, walls
// and cells that nothing reaches included; in a robot's window for every cell that costs no more than the robot's.

import fc from "fast-check";
import t from "tap";
import { type PlanKind, type PlanRequest, UNREACHABLE } from "../../models/planner.js";
import { solve } from "../edge/core/motion/dijkstra.js";
import { flood } from "./valley.js";

const COSTS = [0, 0, -1, 1, 1, 1, 1.5, 3, 20] as const;

interface Drawn {
  readonly width: number;
  readonly costs: readonly number[];
  readonly seeds: readonly (readonly [number, number])[]; // cell and value
}

const drawn: fc.Arbitrary<Drawn> = fc
  .record({ width: fc.integer({ min: 1, max: 14 }), height: fc.integer({ min: 1, max: 14 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      costs: fc.array(fc.constantFrom(...COSTS), { minLength: width * height, maxLength: width * height }),
      seeds: fc.array(fc.tuple(fc.nat(width * height - 1), fc.constantFrom(0, 0, 0.25, 4)), { maxLength: 4 }),
    }),
  );

function requestOf({ width, costs, seeds }: Drawn, kind: PlanKind): PlanRequest {
  const seed = new Float32Array(costs.length).fill(UNREACHABLE);
  for (const [cell, value] of seeds) seed[cell] = value;
  return { id: 7, kind, width, height: costs.length / width, cost: Float32Array.from(costs), seed };
}

function near(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-4 * (1 + Math.abs(other));
}

t.test("the stand-in gives every cell of a site the value that Dijkstra's algorithm gives it", (t) => {
  let reached = 0;
  let unreached = 0;
  fc.assert(
    fc.property(drawn, (grid) => {
      const request = requestOf(grid, "site");
      const [own, exact] = [flood(request), solve(request)];
      for (const [cell, value] of exact.value.entries()) {
        const found = own.value[cell] as number;
        if (value >= UNREACHABLE) unreached += 1;
        else reached += 1;
        if (value >= UNREACHABLE ? found < UNREACHABLE : !near(found, value))
          throw new Error(`cell ${cell}: expected ${value}, found ${found}`);
      }
      return own.id === 7 && own.kind === "site" && own.width === exact.width && own.height === exact.height;
    }),
    { numRuns: 300 },
  );
  t.ok(reached > 1000 && unreached > 1000, `${reached} cells reached, ${unreached} not`);
  t.end();
});

t.test("the stand-in's window is exact wherever the robot may go down from its middle, and never too low", (t) => {
  let compared = 0;
  fc.assert(
    fc.property(drawn, (grid) => {
      const request = requestOf(grid, "local");
      const { width, height } = request;
      const [own, exact] = [flood(request), solve(request)];
      const robot = exact.value[Math.floor(height / 2) * width + Math.floor(width / 2)] as number;
      for (const [cell, value] of exact.value.entries()) {
        const found = own.value[cell] as number;
        if (found < value && !near(found, value)) throw new Error(`cell ${cell}: at least ${value}, found ${found}`);
        if (value > robot || value >= UNREACHABLE) continue;
        compared += 1;
        if (!near(found, value)) throw new Error(`cell ${cell}: expected ${value}, found ${found}`);
      }
      return own.kind === "local";
    }),
    { numRuns: 300 },
  );
  t.ok(compared > 1000, `${compared} cells compared`);
  t.end();
});

t.test("the stand-in cuts no corner and climbs no wall", (t) => {
  const costs = [1, 0, 1, 1];
  const seed = [0, UNREACHABLE, UNREACHABLE, UNREACHABLE];
  const square = { id: 1, kind: "site", width: 2, height: 2 } as const;
  const { value } = flood({ ...square, cost: Float32Array.from(costs), seed: Float32Array.from(seed) });
  t.same([...value], [0, UNREACHABLE, 1, 2], "round the corner: two steps in place of a diagonal");
  const walled = flood({ ...square, cost: Float32Array.from([1, 0, 0, 1]), seed: Float32Array.from(seed) });
  t.same([...walled.value], [0, UNREACHABLE, UNREACHABLE, UNREACHABLE]);
  const inWall = flood({ ...square, cost: Float32Array.from([0, 1, 1, 1]), seed: Float32Array.from(seed) });
  t.same([...inWall.value], [UNREACHABLE, UNREACHABLE, UNREACHABLE, UNREACHABLE], "a seed in a wall leads nowhere");
  t.end();
});

t.test("the stand-in refuses arrays that do not fit the grid", (t) => {
  const [two, four] = [new Float32Array(2), new Float32Array(4)];
  const request = { id: 1, kind: "site", width: 2, height: 2 } as const;
  t.throws(() => flood({ ...request, cost: two, seed: two }), { name: "RangeError", message: /2 x 2.*found 2 and 2/ });
  t.throws(() => flood({ ...request, cost: four, seed: two }), { name: "RangeError" });
  t.end();
});
