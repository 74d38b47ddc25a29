// Zones that robots keep out of: to planner, guard and dispatch they are walls. Pure.

import { centreOf, distanceSlackM, type Grid } from "./grid.js";
import type { KeepOut } from "./types.js";

type Corner = KeepOut["corners"][number];

/** The grid with every cell blocked that a zone touches; the same one where there is none. */
export function fenced(grid: Grid, zones: readonly KeepOut[]): Grid {
  if (zones.length === 0) return grid;
  const blocked = Uint8Array.from(grid.blocked);
  for (const { corners } of zones) {
    for (let index = 0; index < blocked.length; index += 1)
      if (touches(centreOf(grid, index), corners, grid.cellM)) blocked[index] = 1;
  }
  return { ...grid, blocked };
}

/** Whether a square with that middle has a point in common with the polygon: its middle is inside, or a side near. */
function touches(middle: Corner, corners: readonly Corner[], cellM: number): boolean {
  const reachM = cellM * Math.SQRT1_2 + distanceSlackM;
  let isInside = false;
  let from = corners.at(-1);
  for (const to of corners) {
    if (from === undefined) return false;
    if (distanceM(middle, from, to) <= reachM) return true;
    const isCrossed = from.yM > middle.yM !== to.yM > middle.yM;
    if (isCrossed && middle.xM < from.xM + ((middle.yM - from.yM) / (to.yM - from.yM)) * (to.xM - from.xM))
      isInside = !isInside;
    from = to;
  }
  return isInside;
}

/** From a point to a line between two others. */
function distanceM(at: Corner, from: Corner, to: Corner): number {
  const [dx, dy] = [to.xM - from.xM, to.yM - from.yM];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((at.xM - from.xM) * dx + (at.yM - from.yM) * dy) / squared;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(at.xM - from.xM - dx * t, at.yM - from.yM - dy * t);
}
