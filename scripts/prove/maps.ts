// The maps of the proving ground and the ways that lead through them: a hall, an aisle, a wall with one gap, a crossing
// between blocks that hide robots from each other, and a hall full of blocks. A robot of the scene finds room at both
// ends of its way; whether it fits through a gap between is for it to find out.

import type { Grid } from "../../fleet-config/grid.js";
import type { Place } from "../world/physics.js";
import type { Random } from "../world/random.js";

export const MAP_KINDS = ["hall", "aisle", "gap", "crossing", "clutter"] as const;
export type MapKind = (typeof MAP_KINDS)[number];

export interface Way {
  readonly start: Place;
  readonly target: Place;
}

const CELL_M = 0.25;
const WIDTH = 40;
const HEIGHT = 32;
const HALF_WIDTH_M = (WIDTH * CELL_M) / 2;
const HALF_HEIGHT_M = (HEIGHT * CELL_M) / 2;

interface Floor {
  readonly grid: Grid;
  readonly draw: Random;
  readonly radiusM: number;
}

/** A map with up to three ways over it, none of whose starts or targets touch. */
export function drawMap(
  draw: Random,
  radiusM: number,
): { readonly kind: MapKind; readonly map: Grid; readonly ways: readonly Way[] } {
  const kind = MAP_KINDS[draw.below(MAP_KINDS.length)] as MapKind;
  const blocked = new Uint8Array(WIDTH * HEIGHT);
  const grid: Grid = { width: WIDTH, height: HEIGHT, cellM: CELL_M, originXM: 0, originYM: 0, blocked };
  const floor: Floor = { grid, draw, radiusM };
  block(
    grid,
    (xM, yM) => xM < CELL_M || yM < CELL_M || xM > 2 * HALF_WIDTH_M - CELL_M || yM > 2 * HALF_HEIGHT_M - CELL_M,
  );
  const bands = wallsOf(kind, floor);
  const ways: Way[] = [];
  for (const heading of waysOf(kind, draw)) {
    const way = drawWay(floor, { heading, bands, ways });
    if (way !== undefined) ways.push(way);
  }
  return { kind, map: grid, ways };
}

/** Where ways may run: y of those along x, x of those along y. */
interface Bands {
  readonly alongX: readonly [number, number];
  readonly alongY: readonly [number, number];
}

const WHOLE: Bands = { alongX: [1, 2 * HALF_HEIGHT_M - 1], alongY: [2.5, 2 * HALF_WIDTH_M - 2.5] };

function wallsOf(kind: MapKind, { grid, draw, radiusM }: Floor): Bands {
  const leastM = 2 * radiusM + 0.5;
  switch (kind) {
    case "hall":
      return WHOLE;
    case "aisle": {
      const half = draw.between(leastM, 4) / 2;
      block(grid, (_, yM) => Math.abs(yM - HALF_HEIGHT_M) > half);
      return { ...WHOLE, alongX: [HALF_HEIGHT_M - half + radiusM, HALF_HEIGHT_M + half - radiusM] };
    }
    case "gap": {
      const atM = draw.between(2, 2 * HALF_HEIGHT_M - 2);
      const half = draw.between(2 * radiusM, 2 * radiusM + 1.2) / 2;
      block(grid, (xM, yM) => Math.abs(xM - HALF_WIDTH_M) < CELL_M && Math.abs(yM - atM) > half);
      return WHOLE;
    }
    case "crossing": {
      const halfX = draw.between(leastM, 3) / 2;
      const halfY = draw.between(leastM, 3) / 2;
      block(grid, (xM, yM) => Math.abs(yM - HALF_HEIGHT_M) > halfX && Math.abs(xM - HALF_WIDTH_M) > halfY);
      return {
        alongX: [HALF_HEIGHT_M - halfX + radiusM, HALF_HEIGHT_M + halfX - radiusM],
        alongY: [HALF_WIDTH_M - halfY + radiusM, HALF_WIDTH_M + halfY - radiusM],
      };
    }
    case "clutter":
      for (let count = 0; count < 7; count += 1) {
        const at = { x: draw.between(2.5, 7.5), y: draw.between(0, 2 * HALF_HEIGHT_M) };
        const half = { x: draw.between(0.1, 0.7), y: draw.between(0.1, 0.7) };
        block(grid, (xM, yM) => Math.abs(xM - at.x) < half.x && Math.abs(yM - at.y) < half.y);
      }
      return WHOLE;
  }
}

type Heading = "east" | "west" | "north" | "south";

/** The first robot drives east; the second comes towards it or across, and so does the third. */
function waysOf(kind: MapKind, draw: Random): readonly Heading[] {
  const across = (): Heading => (draw.next() < 0.5 ? "north" : "south");
  if (kind === "aisle") return draw.next() < 0.7 ? ["east", "west"] : ["east", "east"];
  if (kind === "gap") return ["east", draw.next() < 0.8 ? "west" : "east", "west"];
  return draw.next() < 0.4 ? ["east", "west", across()] : ["east", across(), "west"];
}

function drawWay(
  floor: Floor,
  wish: { readonly heading: Heading; readonly bands: Bands; readonly ways: readonly Way[] },
): Way | undefined {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const way = wishedWay(floor.draw, wish.heading, wish.bands);
    const isFree = [way.start, way.target].every((place) => hasRoom(floor, place));
    const apartM = 2 * floor.radiusM + 0.5;
    const isApart = wish.ways.every(
      (other) => away(other.start, way.start) > apartM && away(other.target, way.target) > apartM,
    );
    if (isFree && isApart) return way;
  }
  return undefined;
}

const DIRECTION: Readonly<Record<Heading, number>> = {
  east: 0,
  west: Math.PI,
  north: Math.PI / 2,
  south: -Math.PI / 2,
};

function wishedWay(draw: Random, heading: Heading, { alongX, alongY }: Bands): Way {
  const isAlongX = heading === "east" || heading === "west";
  const lengthM = 2 * (isAlongX ? HALF_WIDTH_M : HALF_HEIGHT_M);
  const beginM = draw.between(1, 2.5);
  const endM = lengthM - draw.between(1, 2.5);
  const [low, high] = isAlongX ? alongX : alongY;
  const [from, to] = [draw.between(low, high), draw.between(low, high)];
  const isForth = heading === "east" || heading === "north";
  const first = isForth ? beginM : lengthM - beginM;
  const last = isForth ? endM : lengthM - endM;
  const headingRad = DIRECTION[heading];
  const start = isAlongX ? { xM: first, yM: from } : { xM: from, yM: first };
  const target = isAlongX ? { xM: last, yM: to } : { xM: to, yM: last };
  return {
    start: { ...start, headingRad: headingRad + draw.between(-0.5, 0.5) },
    target: { ...target, headingRad },
  };
}

function hasRoom({ grid, radiusM }: Floor, { xM, yM }: Place): boolean {
  const needM = radiusM + 0.12;
  for (let index = 0; index < grid.blocked.length; index += 1) {
    if (grid.blocked[index] === 0) continue;
    const left = (index % WIDTH) * CELL_M;
    const low = Math.floor(index / WIDTH) * CELL_M;
    const dx = Math.max(left - xM, 0, xM - left - CELL_M);
    const dy = Math.max(low - yM, 0, yM - low - CELL_M);
    if (dx * dx + dy * dy < needM * needM) return false;
  }
  return true;
}

function away(a: Place, b: Place): number {
  return Math.hypot(a.xM - b.xM, a.yM - b.yM);
}

function block(grid: Grid, isBlocked: (xM: number, yM: number) => boolean): void {
  for (let index = 0; index < grid.blocked.length; index += 1) {
    const xM = ((index % WIDTH) + 0.5) * CELL_M;
    const yM = (Math.floor(index / WIDTH) + 0.5) * CELL_M;
    if (isBlocked(xM, yM)) grid.blocked[index] = 1;
  }
}
