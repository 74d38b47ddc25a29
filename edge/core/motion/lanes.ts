// Keep right: in a corridor that is wide enough for two robots, the left half costs a little more, seen in the
// direction in which the site field falls. Robots that meet there then pass each other without a word. Computed on a
// coarse lattice over the local window and read between its points.
import { fallDirection } from "./costmap.js";
import { type Physics, type Point, scaleOf } from "./types.js";
import type { Walls } from "./walls.js";

const LATTICE = 9;
/** Extra cost per metre at the far left of a corridor. */
const LANE_COST = 0.6;
const MARCH_M = 0.2;
/** Floor wider than this, in metres, is open: no lanes. */
const OPEN_M = 5.5;

export interface Lanes {
  readonly bias: Float64Array;
  /** Extra cost per metre at (u, v), both from 0 to 1 across the window. */
  biasAt(u: number, v: number): number;
}

export function planLanes(): Lanes {
  const bias = new Float64Array(LATTICE * LATTICE);
  const biasAt = (u: number, v: number): number => {
    const x = Math.min(LATTICE - 1.000001, Math.max(0, u * (LATTICE - 1)));
    const y = Math.min(LATTICE - 1.000001, Math.max(0, v * (LATTICE - 1)));
    const column = Math.floor(x);
    const row = Math.floor(y);
    const tx = x - column;
    const ty = y - row;
    const at = row * LATTICE + column;
    const low = (bias[at] as number) * (1 - tx) + (bias[at + 1] as number) * tx;
    const high = (bias[at + LATTICE] as number) * (1 - tx) + (bias[at + LATTICE + 1] as number) * tx;
    return low * (1 - ty) + high * ty;
  };
  return { bias, biasAt };
}

interface LaneInput {
  readonly walls: Walls;
  readonly siteWalls: Walls;
  readonly physics: Physics;
  readonly siteValue: Float32Array;
}

interface Frame {
  readonly originXM: number;
  readonly originYM: number;
  readonly side: number;
  readonly cellM: number;
}

/** Fills the lattice for a window. A corridor narrower than two robots with room between them has no lanes. */
export function laneBias(lanes: Lanes, frame: Frame, input: LaneInput): void {
  const spacingM = (frame.side * frame.cellM) / (LATTICE - 1);
  const scale = scaleOf(input.physics);
  const widths = { narrowM: 4 * input.physics.radiusM + 0.8 * scale, openM: OPEN_M * scale, stepM: MARCH_M * scale };
  for (let row = 0; row < LATTICE; row++) {
    for (let column = 0; column < LATTICE; column++) {
      const at = { xM: frame.originXM + column * spacingM, yM: frame.originYM + row * spacingM };
      lanes.bias[row * LATTICE + column] = biasHere(at, input, widths);
    }
  }
}

interface Widths {
  readonly narrowM: number;
  readonly openM: number;
  readonly stepM: number;
}

function biasHere(at: Point, input: LaneInput, widths: Widths): number {
  const { dx, dy } = fallDirection(input.siteWalls, input.siteValue, at);
  if (dx === 0 && dy === 0) return 0;
  const rightM = roomM(input.walls, at, { dx: dy, dy: -dx, ...widths });
  const leftM = roomM(input.walls, at, { dx: -dy, dy: dx, ...widths });
  const widthM = rightM + leftM;
  if (widthM < widths.narrowM || widthM > widths.openM) return 0;
  return (LANE_COST * rightM) / widthM;
}

function roomM(walls: Walls, from: Point, along: Widths & { dx: number; dy: number }): number {
  const { grid } = walls;
  let distanceM = 0;
  while (distanceM < along.openM) {
    const x = Math.floor((from.xM + along.dx * distanceM - grid.originXM) / grid.cellM);
    const y = Math.floor((from.yM + along.dy * distanceM - grid.originYM) / grid.cellM);
    if (x < 0 || y < 0 || x >= grid.width || y >= grid.height || grid.blocked[y * grid.width + x] !== 0) break;
    distanceM += along.stepM;
  }
  return distanceM;
}
