// Whether a disc could have gone the rest of a path: a flood over fine cells of the validated corridor, each of which
// must keep the whole body, and some room around it, clear of everything that stands there. Knows nothing of the edge.

import { gridGapM } from "./judge.js";
import { awayFrom, type Line, type Point, placeOn } from "./line.js";
import type { Things } from "./things.js";

/** How far beside the path its corridor reaches. */
export const CORRIDOR_M = 0.1;
const CELL_M = 0.05;

/** True when a body with `roomM` around it can get from the begin of the line to its end within the corridor. */
export function isPassable(
  line: Line,
  scene: { readonly things: Things; readonly radiusM: number; readonly roomM: number },
): boolean {
  const { things, radiusM, roomM } = scene;
  const needM = radiusM + roomM;
  const end = line.at(-1) as Point;
  const first = line[0] as Point;
  const seen = new Map<string, boolean>();
  const isFree = (at: Point): boolean => {
    if (awayFrom(line, at) > CORRIDOR_M) return false;
    if (things.discs.some((disc) => Math.hypot(disc.xM - at.xM, disc.yM - at.yM) < disc.radiusM + needM)) return false;
    return gridGapM(things.grid, at, needM) >= needM;
  };
  const waiting: (readonly [number, number])[] = [[0, 0]];
  while (waiting.length > 0) {
    const [x, y] = waiting.pop() as readonly [number, number];
    const key = `${x} ${y}`;
    if (seen.has(key)) continue;
    const at = { xM: first.xM + x * CELL_M, yM: first.yM + y * CELL_M };
    // The robot may stand nearer to something than it would come by itself: its own place is no question.
    const isBegin = Math.hypot(at.xM - first.xM, at.yM - first.yM) < 0.15;
    const free = isBegin ? awayFrom(line, at) <= CORRIDOR_M : isFree(at);
    seen.set(key, free);
    if (!free) continue;
    if (Math.hypot(at.xM - end.xM, at.yM - end.yM) < 2 * CELL_M) return true;
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const)
      waiting.push([x + dx, y + dy]);
  }
  return false;
}

/** The line from `fromM` on. */
export function lineFrom(line: Line, fromM: number): Line {
  return [placeOn(line, fromM, 0), ...line.slice(1)];
}
