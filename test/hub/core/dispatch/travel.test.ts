// Travel costs against a plain Dijkstra, the rule about corners, blocked ends, and the bound on the cache.
import fc from "fast-check";
import t from "tap";
import type { Grid } from "../../../../fleet-config/grid.js";
import { Travel } from "../../../../hub/core/dispatch/travel.js";

/** Rows from the top; "#" blocked. */
function drawn(rows: string[], cellM = 1): Grid {
  const width = rows[0]?.length ?? 0;
  const blocked = Uint8Array.from([...rows].reverse().join(""), (letter) => (letter === "#" ? 1 : 0));
  return { width, height: rows.length, cellM, originXM: 0, originYM: 0, blocked };
}

function plainDijkstra(grid: Grid, source: number): number[] {
  const distance = new Array<number>(grid.blocked.length).fill(Number.POSITIVE_INFINITY);
  const open = new Set([source]);
  distance[source] = 0;
  const isFree = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < grid.width && y < grid.height && grid.blocked[y * grid.width + x] === 0;
  while (open.size > 0) {
    let next = -1;
    for (const cell of open) if (next === -1 || (distance[cell] as number) < (distance[next] as number)) next = cell;
    open.delete(next);
    const x = next % grid.width;
    const y = Math.floor(next / grid.width);
    for (const dx of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        if (!isFree(x + dx, y + dy) || !isFree(x + dx, y) || !isFree(x, y + dy)) continue;
        const cell = (y + dy) * grid.width + x + dx;
        const found = (distance[next] as number) + (dx !== 0 && dy !== 0 ? Math.SQRT2 : dx === 0 && dy === 0 ? 0 : 1);
        if (found < (distance[cell] as number) - 1e-12) {
          distance[cell] = found;
          open.add(cell);
        }
      }
    }
  }
  return distance;
}

t.test("travel agrees with a plain Dijkstra on any map", async () => {
  const maps = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })).chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      blocked: fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height }),
      dense: fc.boolean(),
      source: fc.integer({ min: 0, max: width * height - 1 }),
    }),
  );
  fc.assert(
    fc.property(maps, (map) => {
      const blocked = Uint8Array.from(map.blocked, (is, i) => (is && (map.dense || i % 2 === 0) ? 1 : 0));
      blocked[map.source] = 0;
      const grid: Grid = { width: map.width, height: map.height, cellM: 0.5, originXM: -3, originYM: 2, blocked };
      const xM = -3 + ((map.source % map.width) + 0.5) * 0.5;
      const yM = 2 + (Math.floor(map.source / map.width) + 0.5) * 0.5;
      const field = new Travel({ grid, destinations: [{ id: "d", xM, yM }] }).fieldM("d");
      return plainDijkstra(grid, map.source).every((cells, i) => {
        const foundM = field?.[i] as number;
        return foundM === cells * 0.5 || Math.abs(foundM - cells * 0.5) < 1e-5;
      });
    }),
    { numRuns: 200 },
  );
});

t.test("travel cuts no corner", async (t) => {
  const grid = drawn(["..#", "...", "#.."]);
  const travel = new Travel({ grid, destinations: [{ id: "d", xM: 1.5, yM: 0.5 }], nearM: 0 });
  t.equal(travel.costM(0.5, 1.5, "d"), 2, "round the blocked corner, not across it");
  const open = new Travel({ grid: drawn(["...", "...", "..."]), destinations: [{ id: "d", xM: 1.5, yM: 0.5 }] });
  t.ok(Math.abs(open.costM(0.5, 1.5, "d") - Math.SQRT2) < 1e-6);
});

t.test("travel says Infinity when there is no way, no such destination or no position", async (t) => {
  const grid = drawn(["..#..", "..#..", "..#.."]);
  const travel = new Travel({
    grid,
    destinations: [
      { id: "right", xM: 4.5, yM: 1.5 },
      { id: "off", xM: 40, yM: 1 },
    ],
  });
  t.equal(travel.costM(0.5, 0.5, "right"), Number.POSITIVE_INFINITY);
  t.equal(travel.costM(0.5, 0.5, "nowhere"), Number.POSITIVE_INFINITY);
  t.equal(travel.costM(0.5, 0.5, "off"), Number.POSITIVE_INFINITY);
  t.equal(travel.costM(Number.NaN, 0.5, "right"), Number.POSITIVE_INFINITY);
  t.equal(travel.costM(-50, 0.5, "right"), Number.POSITIVE_INFINITY);
});

t.test("travel starts at the nearest free cell when robot or destination stand in an inflated one", async (t) => {
  const grid = drawn(["......", "......", "######"]);
  const travel = new Travel({ grid, destinations: [{ id: "face", xM: 5.5, yM: 0.5 }] });
  t.equal(travel.costM(5.5, 1.5, "face"), 1, "the destination's own way to its free cell counts");
  t.equal(travel.costM(0.5, 0.5, "face"), 1 + 5 + 1);
  const walled = drawn(["...", "###", "###", "###", "###"]);
  const deep = new Travel({ grid: walled, destinations: [{ id: "d", xM: 1.5, yM: 4.5 }] });
  t.equal(deep.costM(1.5, 0.5, "d"), Number.POSITIVE_INFINITY, "but not from further than nearM");
});

t.test("R13 travel keeps at most fieldsMax fields and answers the same after one was dropped", async (t) => {
  const destinations = Array.from({ length: 9 }, (_, i) => ({ id: `d${i}`, xM: i + 0.5, yM: 0.5 }));
  const travel = new Travel({ grid: drawn([".........", "........."]), destinations, fieldsMax: 3 });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 9; i++) t.equal(travel.costM(0.5, 0.5, `d${i}`), i);
    t.equal(travel.fieldsKept, 3);
  }
});

t.test("travel computes a field of a 161 by 63 map in a few milliseconds", async (t) => {
  const blocked = new Uint8Array(161 * 63);
  for (let y = 4; y < 60; y += 4) for (let x = 6; x < 155; x++) if (x % 40 !== 0) blocked[y * 161 + x] = 1;
  const grid: Grid = { width: 161, height: 63, cellM: 0.5, originXM: 0, originYM: 0, blocked };
  const destinations = Array.from({ length: 40 }, (_, i) => ({ id: `d${i}`, xM: 1 + 2 * i, yM: 1 }));
  const travel = new Travel({ grid, destinations });
  travel.costM(40, 31, "d0");
  const startMs = performance.now();
  for (const { id } of destinations) travel.costM(40, 31, id);
  const eachMs = (performance.now() - startMs) / 39;
  t.comment(`161 x 63: ${eachMs.toFixed(2)} ms per field`);
  t.ok(eachMs < 10, `${eachMs.toFixed(2)} ms`);
});
