// Travel costs on the site map: metres along the shortest 8-connected way that cuts no corner (a diagonal needs both
// orthogonal cells free). One distance field per destination, computed when first asked for and kept in a cache of at
// most `fieldsMax` fields, least recently used out first (R13). A field is exact: Dijkstra with buckets one cell wide,
// and since no step is shorter than a cell, nothing in a bucket can shorten the way to another cell of that bucket.
import type { Grid } from "../../../fleet-config/grid.js";
import type { TravelCosts } from "./view.js";

export interface TravelOptions {
  /** Already inflated by the robots' radius; its `blocked` is copied. */
  readonly grid: Grid;
  readonly destinations: readonly { readonly id: string; readonly xM: number; readonly yM: number }[];
  /** 256 when absent. A site with more destinations still works, but slower: fields are computed again. */
  readonly fieldsMax?: number;
  /**
   * How far from a robot or destination that stands in an inflated cell a free cell is looked for; 1.5 m when absent.
   */
  readonly nearM?: number;
}

const NOWHERE = Number.POSITIVE_INFINITY;

/** Buffers for one computation at a time: the whole map with a blocked rim, so that no step needs a bounds check. */
interface Scratch {
  readonly stride: number;
  readonly free: Uint8Array;
  readonly distance: Float64Array;
  /** A step of at most sqrt(2) cells ends within the next two buckets, so three lists in turn are enough. */
  readonly buckets: readonly [Int32Array, Int32Array, Int32Array];
  readonly counts: Int32Array;
}

/** Travel costs on one map. All answers are Infinity for a destination it does not know. */
export class Travel implements TravelCosts {
  readonly #grid: Grid;
  readonly #scratch: Scratch;
  readonly #places: Map<string, { readonly xM: number; readonly yM: number }>;
  readonly #fields = new Map<string, Float32Array>();
  readonly #fieldsMax: number;
  readonly #nearM: number;

  constructor(options: TravelOptions) {
    this.#grid = options.grid;
    this.#scratch = scratchOf(options.grid);
    this.#places = new Map(options.destinations.map((place) => [place.id, { xM: place.xM, yM: place.yM }]));
    this.#fieldsMax = Math.max(1, options.fieldsMax ?? 256);
    this.#nearM = options.nearM ?? 1.5;
  }

  /** Fields now kept, for metrics. */
  get fieldsKept(): number {
    return this.#fields.size;
  }

  /**
   * Metres from a position to a destination; Infinity when there is no way, no free cell near, or no such destination.
   * A position in a blocked cell starts at the nearest cell from which the destination can be reached.
   */
  costM(fromXM: number, fromYM: number, destination: string): number {
    const field = this.#field(destination);
    if (field === null) return NOWHERE;
    return this.#nearest({ xM: fromXM, yM: fromYM }, (cell) => field[cell] as number).costM;
  }

  /** Metres from every cell (0 at the destination's, Infinity where there is no way), shared: do not write to it. */
  fieldM(destination: string): Readonly<Float32Array> | null {
    return this.#field(destination);
  }

  #field(destination: string): Float32Array | null {
    const kept = this.#fields.get(destination);
    if (kept !== undefined) {
      this.#fields.delete(destination);
      this.#fields.set(destination, kept);
      return kept;
    }
    const place = this.#places.get(destination);
    if (place === undefined) return null;
    const free = (cell: number) => (this.#grid.blocked[cell] === 0 ? 0 : NOWHERE);
    const { cell, costM } = this.#nearest(place, free);
    const field = distanceField(this.#grid, this.#scratch, { source: cell, offsetM: costM });
    if (this.#fields.size >= this.#fieldsMax) {
      for (const oldest of this.#fields.keys()) {
        this.#fields.delete(oldest);
        break;
      }
    }
    this.#fields.set(destination, field);
    return field;
  }

  /**
   * The cell at the position when it has a cost, else the nearest one that has; costM adds the straight way to it. Cell
   * -1: none.
   */
  #nearest(at: { xM: number; yM: number }, costOf: (cell: number) => number): { cell: number; costM: number } {
    const { width, height, cellM } = this.#grid;
    const column = Math.floor((at.xM - this.#grid.originXM) / cellM);
    const row = Math.floor((at.yM - this.#grid.originYM) / cellM);
    if (!Number.isFinite(column) || !Number.isFinite(row)) return { cell: -1, costM: NOWHERE };
    const inside = column >= 0 && row >= 0 && column < width && row < height;
    const here = inside ? costOf(row * width + column) : NOWHERE;
    if (here < NOWHERE) return { cell: row * width + column, costM: here };
    const reach = Math.ceil(this.#nearM / cellM);
    let best = { cell: -1, costM: NOWHERE };
    let bestWayM = NOWHERE;
    for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(width - 1, column + reach); x++) {
        const dxM = this.#grid.originXM + (x + 0.5) * cellM - at.xM;
        const dyM = this.#grid.originYM + (y + 0.5) * cellM - at.yM;
        const wayM = Math.sqrt(dxM * dxM + dyM * dyM);
        const costM = wayM + costOf(y * width + x);
        if (wayM < bestWayM && wayM <= this.#nearM && costM < NOWHERE) {
          best = { cell: y * width + x, costM };
          bestWayM = wayM;
        }
      }
    }
    return best;
  }
}

function scratchOf(grid: Grid): Scratch {
  const stride = grid.width + 2;
  const size = stride * (grid.height + 2);
  const free = new Uint8Array(size);
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < grid.width; x++) {
      free[(y + 1) * stride + x + 1] = grid.blocked[y * grid.width + x] === 0 ? 1 : 0;
    }
  }
  const buckets: Scratch["buckets"] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  return { stride, free, distance: new Float64Array(size), buckets, counts: new Int32Array(3) };
}

/** The field of one source cell, in metres, `offsetM` at the source; all Infinity when source is -1. */
function distanceField(
  grid: Grid,
  scratch: Scratch,
  from: { readonly source: number; readonly offsetM: number },
): Float32Array {
  const field = new Float32Array(grid.width * grid.height).fill(NOWHERE);
  if (from.source < 0) return field;
  const { stride, distance } = scratch;
  const sourceX = from.source % grid.width;
  const sourceY = (from.source - sourceX) / grid.width;
  spread(scratch, (sourceY + 1) * stride + sourceX + 1);
  for (let y = 0; y < grid.height; y++) {
    const padded = (y + 1) * stride + 1;
    for (let x = 0; x < grid.width; x++) {
      field[y * grid.width + x] = (distance[padded + x] as number) * grid.cellM + from.offsetM;
    }
  }
  return field;
}

/** Fills `scratch.distance` with the distance from `source`, in cells. */
function spread(scratch: Scratch, source: number): void {
  const { stride, free, distance, buckets, counts } = scratch;
  distance.fill(NOWHERE);
  counts.fill(0);
  reach(scratch, source, 0);
  let empty = 0;
  for (let level = 0; empty < 3; level++) {
    const slot = level % 3;
    const bucket = buckets[slot as 0 | 1 | 2];
    const count = counts[slot] as number;
    empty = count === 0 ? empty + 1 : 0;
    for (let i = 0; i < count; i++) {
      const cell = bucket[i] as number;
      const so = distance[cell] as number;
      if (so < level) continue;
      const east = free[cell + 1] as number;
      const west = free[cell - 1] as number;
      const north = free[cell + stride] as number;
      const south = free[cell - stride] as number;
      const across = so + Math.SQRT2;
      if (east !== 0) reach(scratch, cell + 1, so + 1);
      if (west !== 0) reach(scratch, cell - 1, so + 1);
      if (north !== 0) reach(scratch, cell + stride, so + 1);
      if (south !== 0) reach(scratch, cell - stride, so + 1);
      if ((north & east & (free[cell + stride + 1] as number)) !== 0) reach(scratch, cell + stride + 1, across);
      if ((north & west & (free[cell + stride - 1] as number)) !== 0) reach(scratch, cell + stride - 1, across);
      if ((south & east & (free[cell - stride + 1] as number)) !== 0) reach(scratch, cell - stride + 1, across);
      if ((south & west & (free[cell - stride - 1] as number)) !== 0) reach(scratch, cell - stride - 1, across);
    }
    counts[slot] = 0;
  }
}

/**
 * Takes a shorter way to a cell. A cell is listed once per bucket: when it only gets nearer within one, it already
 * stands there.
 */
function reach(scratch: Scratch, cell: number, cells: number): void {
  const known = scratch.distance[cell] as number;
  if (cells >= known) return;
  scratch.distance[cell] = cells;
  const level = Math.floor(cells);
  if (known < NOWHERE && Math.floor(known) === level) return;
  const slot = (level % 3) as 0 | 1 | 2;
  const count = scratch.counts[slot] as number;
  scratch.buckets[slot][count] = cell;
  scratch.counts[slot] = count + 1;
}
