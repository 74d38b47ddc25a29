// Where a silent robot can be by now: the cells that it can have reached without going through a wall, within the
// distance that it can have driven. Ways along cells are longer than straight ones, so distances are taken short:
// a cell that can be reached is never left out. Pure.

import type { ConsoleSite } from "../../proto/console.js";

type GridMap = ConsoleSite["map"];

/** Of more cells than this only the circle is shown. */
const CELLS_MOST = 60_000;
/** Eight directions make a way at most this much longer than the straight one. */
const DETOUR = 1.0824;
const NEIGHBOURS = [
  ...([
    [1, 0, 10],
    [-1, 0, 10],
    [0, 1, 10],
    [0, -1, 10],
  ] as const),
  ...([
    [1, 1, 14],
    [1, -1, 14],
    [-1, 1, 14],
    [-1, -1, 14],
  ] as const),
] as const;

/** Indices of the cells, or null when there are too many or the point lies outside. */
export function spread(
  map: GridMap,
  blocked: Uint8Array,
  from: { readonly xM: number; readonly yM: number; readonly radiusM: number },
): readonly number[] | null {
  const reachCells = from.radiusM / map.cellM + 1.5; // half a cell at both ends, and the diagonal
  if (!(Math.PI * reachCells * reachCells < 4 * CELLS_MOST)) return null;
  const startX = Math.floor((from.xM - map.originXM) / map.cellM);
  const startY = Math.floor((from.yM - map.originYM) / map.cellM);
  if (startX < 0 || startY < 0 || startX >= map.width || startY >= map.height) return null;
  const most = Math.ceil(reachCells * DETOUR * 10);
  const best = new Map<number, number>([[startY * map.width + startX, 0]]);
  const buckets: number[][] = Array.from({ length: most + 1 }, () => []);
  buckets[0]?.push(startY * map.width + startX);
  for (let cost = 0; cost <= most; cost += 1) {
    for (const cell of buckets[cost] ?? []) {
      if (best.get(cell) !== cost) continue;
      if (best.size > CELLS_MOST) return null;
      const x = cell % map.width;
      const y = (cell - x) / map.width;
      for (const [dx, dy, step] of NEIGHBOURS) {
        const [nextX, nextY, next] = [x + dx, y + dy, cost + step];
        if (nextX < 0 || nextY < 0 || nextX >= map.width || nextY >= map.height || next > most) continue;
        const other = nextY * map.width + nextX;
        if (blocked[other] === 1 || next >= (best.get(other) ?? Number.POSITIVE_INFINITY)) continue;
        best.set(other, next);
        buckets[next]?.push(other);
      }
    }
  }
  return [...best.keys()];
}

/** The grid from the runs that the hub tells. */
export function blockedOf({ width, height, runs }: GridMap): Uint8Array {
  const blocked = new Uint8Array(width * height);
  let at = 0;
  runs.forEach((length, index) => {
    if (index % 2 === 1) blocked.fill(1, at, at + length);
    at += length;
  });
  return blocked;
}
