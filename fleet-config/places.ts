// Chooses places on somebody else's map where robots can stand: reachable, open, apart from each other, off the ways
// of the others. Pure: the same chance gives the same places.

import type { Chance } from "./chance.js";
import { driveGridOf, planGridOf } from "./derive.js";
import { centreOf, clearanceM, type Grid } from "./grid.js";
import { largestRegion } from "./paths.js";
import type { Destination, SiteConfig } from "./types.js";

/**
 * Where robots can go: the planning grid with everything outside the largest region blocked, and how open each cell
 * is.
 */
export interface Ground {
  readonly drive: Grid;
  readonly cells: readonly number[];
  readonly openM: Float32Array;
  /** Radius plus margin of a robot. */
  readonly footprintM: number;
}

export function groundOf(config: Pick<SiteConfig, "map" | "physics">, grid: Grid): Ground {
  const inflated = driveGridOf(config, grid);
  const region = largestRegion(inflated);
  const drive = { ...inflated, blocked: region.map((inside) => (inside ? 0 : 1)) };
  const cells: number[] = [];
  region.forEach((inside, index) => {
    if (inside) cells.push(index);
  });
  const { physics } = config;
  const openM = clearanceM(planGridOf(config, grid));
  return { drive, cells, openM, footprintM: Math.round((physics.radiusM + physics.marginM) * 1000) / 1000 };
}

interface PlaceWish {
  readonly open: number;
  readonly apart: number;
  readonly fromTaken: number;
  readonly through?: false;
}

/**
 * How open and how far apart places are wished, in robot footprints; the next line is tried when one gives too few.
 * Where little openness is asked, a robot that stands there must at least cut no way (`through`).
 */
const wishes: readonly PlaceWish[] = [
  { open: 5, apart: 24, fromTaken: 4 },
  { open: 4, apart: 14, fromTaken: 4 },
  { open: 3.2, apart: 8, fromTaken: 3 },
  { open: 3.2, apart: 5, fromTaken: 2 },
  { open: 2, apart: 4, fromTaken: 2, through: false },
  { open: 1, apart: 3, fromTaken: 2, through: false },
  { open: 3.2, apart: 5, fromTaken: 0 },
  { open: 1, apart: 2.2, fromTaken: 2, through: false },
  { open: 1, apart: 2.2, fromTaken: 0, through: false },
  { open: 1, apart: 2.2, fromTaken: 0 },
];

/**
 * Cells in the region, open and apart from each other and from the destinations taken, as far as the map allows;
 * fewer than `count` when there is no room. A drawn order is walked once for each wish, so that places spread over
 * the region.
 */
export function pickOpen(
  ground: Ground,
  wish: { readonly count: number; readonly taken: readonly Destination[]; readonly chance: Chance },
): number[] {
  const { drive, openM, footprintM } = ground;
  const drawn = wish.chance.shuffled(ground.cells);
  let best: number[] = [];
  for (const { open, apart, fromTaken, through } of wishes) {
    const chosen: number[] = [];
    const at: { readonly xM: number; readonly yM: number }[] = [];
    for (const cell of drawn) {
      if (chosen.length >= wish.count) break;
      if ((openM[cell] ?? 0) < (open - 0.01) * footprintM && open > 1) continue;
      if (through === false && cutsWay(drive, cell)) continue;
      const here = centreOf(drive, cell);
      if (nearAny(here, at, apart * footprintM) || nearAny(here, wish.taken, fromTaken * footprintM)) continue;
      chosen.push(cell);
      at.push(here);
    }
    if (chosen.length > best.length) best = chosen;
    if (best.length >= wish.count) break;
  }
  return best;
}

/** Whether the free cells around a cell fall into more than one run, so that whoever stands there may cut a way. */
function cutsWay(drive: Grid, cell: number): boolean {
  const { width, height, blocked } = drive;
  const x = cell % width;
  const y = (cell - x) / width;
  const ring = [
    [1, 0],
    [1, 1],
    [0, 1],
    [-1, 1],
    [-1, 0],
    [-1, -1],
    [0, -1],
    [1, -1],
  ].map(([dx = 0, dy = 0]) => {
    const inside = x + dx >= 0 && y + dy >= 0 && x + dx < width && y + dy < height;
    return inside && !blocked[(y + dy) * width + x + dx];
  });
  return ring.filter((free, index) => free && !ring[(index + 7) % 8]).length > 1;
}

interface Point {
  readonly xM: number;
  readonly yM: number;
}

function nearAny(here: Point, others: readonly Point[], nearerM: number): boolean {
  return others.some((other) => {
    const dx = here.xM - other.xM;
    const dy = here.yM - other.yM;
    return dx * dx + dy * dy < nearerM * nearerM;
  });
}
