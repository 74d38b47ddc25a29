// Keep right: in a corridor that is wide enough for two robots, the left half costs a little more, seen in the
// direction in which the site field falls. Robots that meet there then pass each other without a word. Computed on a
// coarse lattice over the local window and read between its points for every cell.
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
  /** Extra cost per metre of each cell of the window. */
  readonly bias: Float64Array;
  readonly lattice: Float64Array;
  /** The lattice's rows, read between their points at every column of the window. */
  readonly rows: Float64Array;
}

/** For windows of `side` cells along one side. */
export function planLanes(side: number): Lanes {
  return {
    bias: new Float64Array(side * side),
    lattice: new Float64Array(LATTICE * LATTICE),
    rows: new Float64Array(LATTICE * side),
  };
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
  let isAny = false;
  for (let row = 0; row < LATTICE; row++) {
    for (let column = 0; column < LATTICE; column++) {
      const at = { xM: frame.originXM + column * spacingM, yM: frame.originYM + row * spacingM };
      const bias = biasHere(at, input, widths);
      lanes.lattice[row * LATTICE + column] = bias;
      if (bias !== 0) isAny = true;
    }
  }
  if (isAny) readLattice(lanes, frame.side);
  else lanes.bias.fill(0);
}

/** Every cell's bias, between the four points of the lattice around it. */
function readLattice(lanes: Lanes, side: number): void {
  const { bias, lattice, rows } = lanes;
  for (let x = 0; x < side; x++) {
    const at = latticeAt(x / side);
    const column = Math.floor(at);
    const tx = at - column;
    for (let row = 0; row < LATTICE; row++) {
      const left = lattice[row * LATTICE + column] as number;
      const right = lattice[row * LATTICE + column + 1] as number;
      rows[row * side + x] = left * (1 - tx) + right * tx;
    }
  }
  for (let y = 0; y < side; y++) {
    const at = latticeAt(y / side);
    const row = Math.floor(at);
    const ty = at - row;
    for (let x = 0; x < side; x++) {
      const low = rows[row * side + x] as number;
      const high = rows[(row + 1) * side + x] as number;
      bias[y * side + x] = low * (1 - ty) + high * ty;
    }
  }
}

/** Where a share of the window's side lies on the lattice, below its last point. */
function latticeAt(share: number): number {
  return Math.min(LATTICE - 1.000001, Math.max(0, share * (LATTICE - 1)));
}

interface Widths {
  readonly narrowM: number;
  readonly openM: number;
  readonly stepM: number;
}

function biasHere(at: Point, input: LaneInput, widths: Widths): number {
  const { dx, dy } = fallDirection(input.siteWalls, input.siteValue, at);
  if (dx === 0 && dy === 0) return 0;
  const rightM = roomM(input.walls, at, { dx: dy, dy: -dx, widths });
  if (rightM > widths.openM) return 0;
  const leftM = roomM(input.walls, at, { dx: -dy, dy: dx, widths });
  const widthM = rightM + leftM;
  if (widthM < widths.narrowM || widthM > widths.openM) return 0;
  return (LANE_COST * rightM) / widthM;
}

function roomM(walls: Walls, from: Point, along: { dx: number; dy: number; widths: Widths }): number {
  const { grid } = walls;
  const { dx, dy } = along;
  const { openM, stepM } = along.widths;
  let distanceM = 0;
  while (distanceM < openM) {
    const x = Math.floor((from.xM + dx * distanceM - grid.originXM) / grid.cellM);
    const y = Math.floor((from.yM + dy * distanceM - grid.originYM) / grid.cellM);
    if (x < 0 || y < 0 || x >= grid.width || y >= grid.height || grid.blocked[y * grid.width + x] !== 0) break;
    distanceM += stepM;
  }
  return distanceM;
}
