import fc from "fast-check";
import t from "tap";
import { fallDirection, siteCost, siteSeed, valueAt } from "../../../../edge/core/motion/costmap.js";
import { wallGapM, wallsOf } from "../../../../edge/core/motion/walls.js";
import { UNREACHABLE } from "../../../../models/planner.js";
import { solve } from "./dijkstra.js";
import { chanceOf, gridOf, PHYSICS } from "./world.js";

const none = { physics: PHYSICS, avoid: [], blockedAt: [], open: [] };
const doors = wallsOf(gridOf(["..........", "..........", "####.###.#", "..........", ".........."]));

function fieldTo(goal: { xM: number; yM: number }, over: Partial<Parameters<typeof siteCost>[1]> = {}): Float32Array {
  const { width, height } = doors.grid;
  const cost = siteCost(doors, { ...none, ...over });
  return solve({ id: 1, kind: "site", width, height, cost, seed: siteSeed(doors, cost, goal) }).value;
}

t.test("distance to walls agrees with a naive search over all squares", async (test) => {
  const property = fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
    const chance = chanceOf(seed);
    const cellM = 0.3 + chance();
    const rows = Array.from({ length: 9 }, () =>
      Array.from({ length: 9 }, () => (chance() < 0.2 ? "#" : ".")).join(""),
    );
    const walls = wallsOf(gridOf(rows, cellM));
    const x = 9 * cellM * chance();
    const y = 9 * cellM * chance();
    let naive = Math.min(x, y, 9 * cellM - x, 9 * cellM - y);
    for (let cell = 0; cell < 81; cell++) {
      if (walls.grid.blocked[cell] === 0) continue;
      const left = (cell % 9) * cellM;
      const low = Math.floor(cell / 9) * cellM;
      naive = Math.min(
        naive,
        Math.hypot(Math.max(left - x, 0, x - left - cellM), Math.max(low - y, 0, y - low - cellM)),
      );
    }
    const limitM = 2 * chance();
    return Math.abs(wallGapM(walls, x, y, limitM) - Math.min(naive, limitM)) < 1e-6;
  });
  fc.assert(property, { numRuns: 500, seed: 5 });
  test.equal(wallGapM(doors, -1, 1, 1), 0, "outside of the map is blocked");
  test.equal(wallGapM(doors, Number.NaN, 1, 1), 0, "no place is blocked");
});

t.test("a robot of 0.7 m passes a door of one cell of 1 m, and one of 1.1 m does not", async (test) => {
  const cell = 2 * 10 + 4;
  test.ok((siteCost(doors, none)[cell] ?? 0) > 0);
  test.ok((siteCost(doors, { ...none, physics: { ...PHYSICS, radiusM: 0.55 } })[cell] ?? 0) <= 0);
});

t.test("a footprint that we do not hold is a detour, a place where somebody stood a longer one", async (test) => {
  const from = { xM: 4.5, yM: 4.5 };
  const goal = { xM: 4.5, yM: 0.5 };
  const free = valueAt(doors, fieldTo(goal), from);
  const avoided = valueAt(doors, fieldTo(goal, { avoid: [{ xM: 4.5, yM: 2.5, radiusM: 0.5 }] }), from);
  const blocked = valueAt(doors, fieldTo(goal, { blockedAt: [{ xM: 4.5, yM: 2.5, radiusM: 0.9 }] }), from);
  test.ok(free < 8, `${free}`);
  test.ok(avoided > free + 2 && avoided < UNREACHABLE, `${avoided}`);
  test.ok(blocked > avoided && blocked < UNREACHABLE, `${blocked}`);
});

t.test("the cells around a robot that stands too near to a wall are opened, walls are not", async (test) => {
  const walls = wallsOf(gridOf(["......", "......", "......", "######"], 0.25));
  const closed = siteCost(walls, none);
  const cell = 1 * 6 + 3;
  test.ok((closed[cell] ?? 0) <= 0, "too near to the wall");
  const opened = siteCost(walls, { ...none, open: [{ xM: 0.9, yM: 0.4 }] });
  test.ok((opened[cell] ?? 0) > 0);
  test.ok((opened[3] ?? 0) <= 0, "the wall itself");
});

t.test("values are in metres whatever the cell size, and are read across no corner", async (test) => {
  for (const cellM of [0.25, 0.5, 1]) {
    const count = Math.round(12 / cellM);
    const walls = wallsOf(
      gridOf(
        Array.from({ length: count }, () => ".".repeat(count)),
        cellM,
      ),
    );
    const cost = siteCost(walls, none);
    const seed = siteSeed(walls, cost, { xM: 2, yM: 6 });
    const { value } = solve({ id: 1, kind: "site", width: count, height: count, cost, seed });
    const metres = valueAt(walls, value, { xM: 10, yM: 6 });
    test.ok(Math.abs(metres - 8) < 0.8, `${metres} m for 8 m on cells of ${cellM} m`);
    const { dx, dy } = fallDirection(walls, value, { xM: 8, yM: 6 });
    test.ok(dx < -0.95 && Math.abs(dy) < 0.3, `falls towards the goal, found ${dx}, ${dy}`);
  }
  test.equal(valueAt(doors, fieldTo({ xM: 4.5, yM: 0.5 }), { xM: 3.4, yM: 2.5 }), UNREACHABLE, "inside a wall");
});
