// Two larger layouts beside those of the proving ground: rooms with doors between them, and a hall of racks with aisles
// and cross aisles.

import type { Grid } from "../../fleet-config/grid.js";
import type { Random } from "../world/random.js";

interface Layout {
  readonly kind: string;
  readonly map: Grid;
}

const CELL_M = 0.25;
const WIDTH = 72;
const HEIGHT = 56;

interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Marks the cells of a box, both ends included, those outside the map left out. */
function mark(grid: Grid, { x0, y0, x1, y1 }: Box, value: 0 | 1): void {
  for (let y = Math.max(0, y0); y <= Math.min(grid.height - 1, y1); y += 1) {
    for (let x = Math.max(0, x0); x <= Math.min(grid.width - 1, x1); x += 1) grid.blocked[y * grid.width + x] = value;
  }
}

function hall(): Grid {
  const blocked = new Uint8Array(WIDTH * HEIGHT);
  const grid = { width: WIDTH, height: HEIGHT, cellM: CELL_M, originXM: 0, originYM: 0, blocked };
  mark(grid, { x0: 0, y0: 0, x1: WIDTH - 1, y1: 0 }, 1);
  mark(grid, { x0: 0, y0: HEIGHT - 1, x1: WIDTH - 1, y1: HEIGHT - 1 }, 1);
  mark(grid, { x0: 0, y0: 0, x1: 0, y1: HEIGHT - 1 }, 1);
  mark(grid, { x0: WIDTH - 1, y0: 0, x1: WIDTH - 1, y1: HEIGHT - 1 }, 1);
  return grid;
}

/** Rooms of unequal size, a door of 1 to 1.75 m in most walls, some furniture. */
export function drawRooms(draw: Random): Layout {
  const map = hall();
  const columns = [0, 20 + draw.below(9), 44 + draw.below(9), WIDTH - 1];
  const rows = [0, 20 + draw.below(14), HEIGHT - 1];
  for (let column = 1; column < 3; column += 1) {
    const x = columns[column] as number;
    mark(map, { x0: x, y0: 0, x1: x, y1: HEIGHT - 1 }, 1);
    for (let row = 0; row < 2; row += 1) {
      const at = between(draw, rows, row);
      const half = 4 + draw.below(4);
      if (draw.next() < 0.85) mark(map, { x0: x, y0: at, x1: x, y1: at + half - 1 }, 0);
    }
  }
  const y = rows[1] as number;
  mark(map, { x0: 1, y0: y, x1: WIDTH - 2, y1: y }, 1);
  for (let column = 0; column < 3; column += 1) {
    const at = between(draw, columns, column);
    const wide = 4 + draw.below(4);
    if (draw.next() < 0.85) mark(map, { x0: at, y0: y, x1: at + wide - 1, y1: y }, 0);
  }
  for (let piece = draw.below(7); piece > 0; piece -= 1) drawPiece(draw, map);
  return { kind: "rooms", map };
}

/** A place for a door between two marks, away from the corners. */
function between(draw: Random, marks: readonly number[], at: number): number {
  const [low, high] = [(marks[at] as number) + 3, (marks[at + 1] as number) - 11];
  return low + draw.below(Math.max(1, high - low));
}

function drawPiece(draw: Random, map: Grid): void {
  const [x0, y0] = [draw.below(WIDTH), draw.below(HEIGHT)];
  mark(map, { x0, y0, x1: x0 + draw.below(5), y1: y0 + draw.below(5) }, 1);
}

/** Racks in rows, aisles of 1.25 to 2.25 m between them, cross aisles, pillars here and there. */
export function drawRacks(draw: Random): Layout {
  const map = hall();
  const aisle = 5 + draw.below(5);
  const deep = 3 + draw.below(3);
  const long = 12 + draw.below(12);
  const cross = 5 + draw.below(4);
  for (let y0 = 1 + aisle; y0 + deep + aisle < HEIGHT; y0 += deep + aisle) {
    for (let x0 = 1 + cross; x0 + cross < WIDTH; x0 += long + cross)
      mark(map, { x0, y0, x1: Math.min(WIDTH - 2 - cross, x0 + long - 1), y1: y0 + deep - 1 }, 1);
  }
  for (let pillar = draw.below(4); pillar > 0; pillar -= 1) {
    const [x0, y0] = [draw.below(WIDTH), draw.below(HEIGHT)];
    mark(map, { x0, y0, x1: x0, y1: y0 }, 1);
  }
  const turned = draw.next() < 0.5;
  return { kind: "racks", map: turned ? turn(map) : map };
}

/** The same floor, turned by a quarter. */
function turn(grid: Grid): Grid {
  const { width, height } = grid;
  const blocked = new Uint8Array(width * height);
  grid.blocked.forEach((value, cell) => {
    blocked[(cell % width) * height + Math.floor(cell / width)] = value;
  });
  return { ...grid, width: height, height: width, blocked };
}
