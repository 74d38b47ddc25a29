// How far it is from any point to the nearest blocked square of the site map, exactly. Outside of the map is blocked:
// unknown means no. Built once per map; a question costs a look into the few cells that could matter.
import { clearanceM, type Grid } from "../../../fleet-config/grid.js";

export interface Walls {
  readonly grid: Grid;
  /** Per cell: exact distance from its centre to the nearest blocked square or the outside; 0 when blocked. */
  readonly gapM: Float32Array;
}

export function wallsOf(grid: Grid): Walls {
  return { grid, gapM: clearanceM(grid) };
}

/** Distance in metres from a point to the nearest blocked square or the map's edge; `limitM` when it is farther. */
export function wallGapM(walls: Walls, xM: number, yM: number, limitM: number): number {
  const { grid, gapM } = walls;
  const x = Math.floor((xM - grid.originXM) / grid.cellM);
  const y = Math.floor((yM - grid.originYM) / grid.cellM);
  if (!(x >= 0 && y >= 0 && x < grid.width && y < grid.height)) return 0;
  const index = y * grid.width + x;
  if (grid.blocked[index] !== 0) return 0;
  // The gap changes by at most the distance walked, and a point is at most 0.7072 cells from its cell's centre.
  if ((gapM[index] as number) - 0.7072 * grid.cellM >= limitM) return limitM;
  return exactGapM(grid, { xM, yM }, limitM);
}

function exactGapM(grid: Grid, at: { xM: number; yM: number }, limitM: number): number {
  const { width, height, cellM } = grid;
  const px = at.xM - grid.originXM;
  const py = at.yM - grid.originYM;
  let best = Math.min(limitM, px, py, width * cellM - px, height * cellM - py);
  if (best <= 0) return 0;
  const x0 = Math.max(0, Math.floor((px - best) / cellM));
  const x1 = Math.min(width - 1, Math.floor((px + best) / cellM));
  const y0 = Math.max(0, Math.floor((py - best) / cellM));
  const y1 = Math.min(height - 1, Math.floor((py + best) / cellM));
  let bestSquared = best * best;
  for (let y = y0; y <= y1; y++) {
    const low = y * cellM;
    const dy = py < low ? low - py : py > low + cellM ? py - low - cellM : 0;
    if (dy * dy >= bestSquared) continue;
    for (let x = x0; x <= x1; x++) {
      if (grid.blocked[y * width + x] === 0) continue;
      const left = x * cellM;
      const dx = px < left ? left - px : px > left + cellM ? px - left - cellM : 0;
      const squared = dx * dx + dy * dy;
      if (squared < bestSquared) bestSquared = squared;
    }
  }
  best = Math.sqrt(bestSquared);
  return best;
}
