// Exact ray casting over a grid and discs, for the motion tests' world.
import type { Grid } from "../../../../fleet-config/grid.js";

/** Range of the lidar, in metres. */
export const REACH_M = 8;

interface Disc {
  readonly xM: number;
  readonly yM: number;
}

export interface Scene {
  readonly grid: Grid;
  readonly discs: readonly Disc[];
  readonly radiusM: number;
}

/** Distance from `from` along an angle to the nearest blocked square or other disc, at most REACH_M. */
export function castM(scene: Scene, from: Disc, angleRad: number): number {
  const dx = Math.cos(angleRad);
  const dy = Math.sin(angleRad);
  let best = castWallM(scene.grid, from, { dx, dy });
  for (const other of scene.discs) {
    if (other === from) continue;
    const ox = other.xM - from.xM;
    const oy = other.yM - from.yM;
    const along = ox * dx + oy * dy;
    if (along <= 0) continue;
    const squared = scene.radiusM * scene.radiusM - (ox * ox + oy * oy - along * along);
    if (squared > 0) best = Math.min(best, along - Math.sqrt(squared));
  }
  return best;
}

function castWallM(grid: Grid, from: { xM: number; yM: number }, along: { dx: number; dy: number }): number {
  let x = Math.floor((from.xM - grid.originXM) / grid.cellM);
  let y = Math.floor((from.yM - grid.originYM) / grid.cellM);
  const stepX = along.dx > 0 ? 1 : -1;
  const stepY = along.dy > 0 ? 1 : -1;
  const edgeX = grid.originXM + (x + (stepX > 0 ? 1 : 0)) * grid.cellM;
  const edgeY = grid.originYM + (y + (stepY > 0 ? 1 : 0)) * grid.cellM;
  let nextX = along.dx === 0 ? Infinity : (edgeX - from.xM) / along.dx;
  let nextY = along.dy === 0 ? Infinity : (edgeY - from.yM) / along.dy;
  const deltaX = Math.abs(grid.cellM / along.dx);
  const deltaY = Math.abs(grid.cellM / along.dy);
  let rangeM = 0;
  while (rangeM < REACH_M) {
    if (nextX < nextY) {
      rangeM = nextX;
      nextX += deltaX;
      x += stepX;
    } else {
      rangeM = nextY;
      nextY += deltaY;
      y += stepY;
    }
    if (x < 0 || y < 0 || x >= grid.width || y >= grid.height || grid.blocked[y * grid.width + x] !== 0) return rangeM;
  }
  return REACH_M;
}
