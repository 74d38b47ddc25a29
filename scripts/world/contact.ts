// Exact contact tests of the simulated world: disc against disc, disc against the blocked cells of a grid. Touching
// means that the bodies overlap; at exactly the sum of the radii they do not.

import type { Grid } from "../../fleet-config/grid.js";
import type { Disc } from "./lidar.js";

export function discsTouch(a: Disc, b: Disc): boolean {
  const dx = a.xM - b.xM;
  const dy = a.yM - b.yM;
  const reachM = a.radiusM + b.radiusM;
  return dx * dx + dy * dy < reachM * reachM;
}

/** True when a disc overlaps a blocked cell or leaves the map, which is blocked all around. */
export function discTouchesMap(disc: Disc, grid: Grid): boolean {
  const { cellM, width, height, blocked } = grid;
  const cx = disc.xM - grid.originXM;
  const cy = disc.yM - grid.originYM;
  const r = disc.radiusM;
  if (cx - r < 0 || cy - r < 0 || cx + r > width * cellM || cy + r > height * cellM) return true;
  const firstX = Math.floor((cx - r) / cellM);
  const lastX = Math.min(width - 1, Math.floor((cx + r) / cellM));
  const firstY = Math.floor((cy - r) / cellM);
  const lastY = Math.min(height - 1, Math.floor((cy + r) / cellM));
  for (let y = firstY; y <= lastY; y += 1) {
    const dy = cy - Math.max(y * cellM, Math.min(cy, (y + 1) * cellM));
    for (let x = firstX; x <= lastX; x += 1) {
      if (blocked[y * width + x] !== 1) continue;
      const dx = cx - Math.max(x * cellM, Math.min(cx, (x + 1) * cellM));
      if (dx * dx + dy * dy < r * r) return true;
    }
  }
  return false;
}
