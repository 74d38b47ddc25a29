// The grid functions against naive versions that measure every pair of cells, and the ways against plain relaxation.

import fc from "fast-check";
import t from "tap";
import {
  cellAt,
  centreOf,
  clearanceM,
  coarsen,
  coarsenBy,
  type Grid,
  inflate,
  pointClearanceM,
} from "../../fleet-config/grid.js";
import { distancesM, forEachMove, largestRegion, regionsOf } from "../../fleet-config/paths.js";

const grids: fc.Arbitrary<Grid> = fc
  .record({
    width: fc.integer({ min: 1, max: 14 }),
    height: fc.integer({ min: 1, max: 14 }),
    cellM: fc.constantFrom(0.05, 0.5, 1, 2.5),
    originXM: fc.constantFrom(0, -10, 3.25),
    originYM: fc.constantFrom(0, 7.5),
    density: fc.constantFrom(0, 0.1, 0.4, 1),
    seeds: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 196, maxLength: 196 }),
  })
  .map(({ density, seeds, ...rest }) => ({
    ...rest,
    blocked: Uint8Array.from(seeds.slice(0, rest.width * rest.height), (seed) => (seed < density ? 1 : 0)),
  }));

/** Distance in cells from (x, y), in cells from the origin, to the nearest blocked square or to the outside. */
function naiveClearance(grid: Grid, x: number, y: number): number {
  let nearest = Math.min(x, y, grid.width - x, grid.height - y);
  grid.blocked.forEach((blocked, index) => {
    const column = index % grid.width;
    const row = Math.floor(index / grid.width);
    const dx = Math.max(0, column - x, x - column - 1);
    const dy = Math.max(0, row - y, y - row - 1);
    if (blocked) nearest = Math.min(nearest, Math.hypot(dx, dy));
  });
  return Math.max(0, nearest);
}

t.test("clearance equals the distance to every blocked square and to the outside", async (t) => {
  fc.assert(
    fc.property(grids, (grid) => {
      clearanceM(grid).forEach((found, index) => {
        const x = (index % grid.width) + 0.5;
        const y = Math.floor(index / grid.width) + 0.5;
        const wanted = naiveClearance(grid, x, y) * grid.cellM;
        if (Math.abs(found - wanted) > 1e-5 * (1 + wanted)) throw new Error(`cell ${index}: ${found}, not ${wanted}`);
      });
    }),
    { numRuns: 300 },
  );
  t.pass("300 grids");
});

t.test("the clearance of a point equals the naive one up to its limit", async (t) => {
  const shares = fc.tuple(
    fc.double({ min: -0.1, max: 1.1, noNaN: true }),
    fc.double({ min: -0.1, max: 1.1, noNaN: true }),
  );
  fc.assert(
    fc.property(grids, shares, fc.constantFrom(0.3, 1, 4), (grid, [shareX, shareY], limitCells) => {
      const x = shareX * grid.width;
      const y = shareY * grid.height;
      const at = { xM: grid.originXM + x * grid.cellM, yM: grid.originYM + y * grid.cellM };
      const wanted = Math.min(limitCells, naiveClearance(grid, x, y)) * grid.cellM;
      const found = pointClearanceM(grid, at, limitCells * grid.cellM);
      if (Math.abs(found - wanted) > 1e-6) throw new Error(`${found}, not ${wanted}`);
    }),
    { numRuns: 300 },
  );
  t.pass("300 points");
});

t.test("a cell's centre lies in that cell, and points outside the map in none", async (t) => {
  fc.assert(
    fc.property(grids, (grid) => {
      grid.blocked.forEach((_, index) => {
        const { xM, yM } = centreOf(grid, index);
        if (cellAt(grid, xM, yM) !== index) throw new Error(`cell ${index}`);
      });
      const right = grid.originXM + (grid.width + 0.5) * grid.cellM;
      const below = grid.originYM - 0.5 * grid.cellM;
      return cellAt(grid, right, grid.originYM) === -1 && cellAt(grid, grid.originXM, below) === -1;
    }),
  );
  t.equal(cellAt({ ...aRow("..."), originXM: -1 }, Number.NaN, 0), -1, "a point that is no number");
});

t.test("inflation blocks exactly the cells whose centre is nearer than the radius", async (t) => {
  fc.assert(
    fc.property(grids, fc.constantFrom(0, 0.45, 1.2, 2.75), (grid, cells) => {
      inflate(grid, cells * grid.cellM).blocked.forEach((blocked, index) => {
        const clear = naiveClearance(grid, (index % grid.width) + 0.5, Math.floor(index / grid.width) + 0.5);
        const wanted = grid.blocked[index] === 1 || clear < cells - 0.003;
        if (Math.abs(clear - cells) > 0.003 && (blocked === 1) !== wanted) throw new Error(`cell ${index}: ${blocked}`);
      });
    }),
  );
  t.same([...inflate(aRow("..@.."), 0.5).blocked], [0, 0, 1, 0, 0], "a centre at exactly the radius stays free");
});

t.test("coarsening blocks a cell when anything that it covers is blocked or outside", async (t) => {
  fc.assert(
    fc.property(grids, fc.integer({ min: 1, max: 5 }), (grid, factor) => {
      const coarse = coarsenBy(grid, factor);
      coarse.blocked.forEach((blocked, index) => {
        const x = (index % coarse.width) * factor;
        const y = Math.floor(index / coarse.width) * factor;
        let wanted = 0;
        for (let dy = 0; dy < factor; dy += 1) {
          for (let dx = 0; dx < factor; dx += 1) {
            const inside = x + dx < grid.width && y + dy < grid.height;
            if (!inside || grid.blocked[(y + dy) * grid.width + x + dx]) wanted = 1;
          }
        }
        if (blocked !== wanted) throw new Error(`cell ${index}: ${blocked}, not ${wanted}`);
      });
    }),
  );
  t.pass("blocked as the naive version says");
});

t.test("coarsening uses the smallest factor that is enough", async (t) => {
  const grid: Grid = { width: 100, height: 60, cellM: 0.05, originXM: -1, originYM: 2, blocked: new Uint8Array(6000) };
  t.equal(coarsen(grid, 6000), grid, "small enough already");
  const coarse = coarsen(grid, 1500);
  t.match(coarse, { width: 50, height: 30, cellM: 0.1, originXM: -1, originYM: 2 });
  t.equal(coarsen(grid, 1499).width, 34);
});

/** A grid of one row, `@` blocked, cells of 1 m, high enough that only the row's own cells matter. */
function aRow(row: string): Grid {
  return {
    width: row.length,
    height: 1,
    cellM: 1,
    originXM: 0,
    originYM: 0,
    blocked: Uint8Array.from(row, (c) => (c === "@" ? 1 : 0)),
  };
}

function naiveDistances(grid: Grid, start: number): number[] {
  const cost = Array.from(grid.blocked, () => Number.POSITIVE_INFINITY);
  if (!grid.blocked[start]) cost[start] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let y = 0; y < grid.height; y += 1) {
      for (let x = 0; x < grid.width; x += 1) {
        for (const [dx, dy] of [
          [0, 1],
          [1, 0],
          [1, 1],
          [1, -1],
          [0, -1],
          [-1, 0],
          [-1, -1],
          [-1, 1],
        ] as const) {
          if (!isFreeAt(grid, x + dx, y) || !isFreeAt(grid, x, y + dy) || !isFreeAt(grid, x + dx, y + dy)) continue;
          const through = (cost[y * grid.width + x] ?? 0) + Math.hypot(dx, dy);
          const to = (y + dy) * grid.width + x + dx;
          if (through < (cost[to] ?? 0) - 1e-9) {
            cost[to] = through;
            changed = true;
          }
        }
      }
    }
  }
  return cost;
}

function isFreeAt(grid: Grid, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < grid.width && y < grid.height && grid.blocked[y * grid.width + x] === 0;
}

t.test("shortest ways equal plain relaxation, and cut no corner", async (t) => {
  fc.assert(
    fc.property(grids, fc.nat(), (grid, pick) => {
      const start = pick % grid.blocked.length;
      const wanted = naiveDistances(grid, start);
      distancesM(grid, start).forEach((found, index) => {
        const want = (wanted[index] ?? 0) * grid.cellM;
        if (found !== want && !(Math.abs(found - want) < 1e-6)) throw new Error(`cell ${index}: ${found}, not ${want}`);
      });
    }),
    { numRuns: 150 },
  );
  t.pass("150 grids");
});

t.test("two cells share a region exactly when there is a way between them", async (t) => {
  fc.assert(
    fc.property(grids, fc.nat(), (grid, pick) => {
      const start = pick % grid.blocked.length;
      const { region, sizes } = regionsOf(grid);
      distancesM(grid, start).forEach((metres, index) => {
        const together = region[start] !== -1 && region[index] === region[start];
        if (together !== Number.isFinite(metres)) throw new Error(`cells ${start} and ${index}`);
      });
      const most = Math.max(0, ...sizes);
      return largestRegion(grid).reduce((sum, inside) => sum + inside, 0) === most;
    }),
  );
  let moves = 0;
  forEachMove({ ...aRow(".@@."), width: 2, height: 2 }, 0, () => {
    moves += 1;
  });
  t.equal(moves, 0, "two free cells that touch at a corner are not connected");
});
