// The stand-in's planning: cost-to-go over a grid, by label correcting in buckets of nearly equal value. The same
// values as the reference model's (models/grid-planner) and as Dijkstra's algorithm: 8-connected, no corner cutting, a
// step costs its length times the mean of both cells.

import { type PlanRequest, type PlanResult, UNREACHABLE } from "../../models/planner.js";

const DIAGONAL = Math.SQRT2;
/** Values that differ by less share a bucket. Any width gives the same values; this one is quick. */
const BUCKET = 0.7;

/** In a window the robot stands in the middle and only goes down: what costs this much more than its place is left. */
const BEYOND = 1;

/** Entries of one bucket queue: cells in linked lists, each list for values of one bucket. */
class Buckets {
  #heads = new Int32Array(64).fill(-1);
  #cell = new Int32Array(1024);
  #next = new Int32Array(1024);
  #used = 0;
  #free = -1;
  count = 0;

  clear(): void {
    this.#heads.fill(-1);
    this.#used = 0;
    this.#free = -1;
    this.count = 0;
  }

  push(cell: number, bucket: number): void {
    if (bucket >= this.#heads.length) this.#widen(bucket);
    let entry = this.#free;
    if (entry === -1) {
      entry = this.#used++;
      if (entry >= this.#cell.length) this.#lengthen();
    } else this.#free = this.#next[entry] as number;
    this.#cell[entry] = cell;
    this.#next[entry] = this.#heads[bucket] as number;
    this.#heads[bucket] = entry;
    this.count += 1;
  }

  /** A cell of the bucket; -1 when it is empty. */
  pop(bucket: number): number {
    const entry = bucket < this.#heads.length ? (this.#heads[bucket] as number) : -1;
    if (entry === -1) return -1;
    this.#heads[bucket] = this.#next[entry] as number;
    this.#next[entry] = this.#free;
    this.#free = entry;
    this.count -= 1;
    return this.#cell[entry] as number;
  }

  #widen(bucket: number): void {
    const heads = new Int32Array(2 * bucket + 64).fill(-1);
    heads.set(this.#heads);
    this.#heads = heads;
  }

  #lengthen(): void {
    const [cell, next] = [new Int32Array(2 * this.#cell.length), new Int32Array(2 * this.#next.length)];
    cell.set(this.#cell);
    next.set(this.#next);
    this.#cell = cell;
    this.#next = next;
  }
}

/** Room that floods work in, one after the other, so that none allocates tens of kilobytes for a few steps. */
const room = { buckets: new Buckets(), value: new Float64Array(0), done: new Float64Array(0) };

/** Throws RangeError when the grid's arrays do not fit its size. */
export function flood(request: PlanRequest): PlanResult {
  const { id, kind, width, height, cost, seed } = request;
  if (cost.length !== width * height || seed.length !== cost.length)
    throw new RangeError(`expected ${width} x ${height} cells, found ${cost.length} and ${seed.length}`);
  if (room.value.length !== seed.length) {
    room.value = new Float64Array(seed.length);
    room.done = new Float64Array(seed.length);
  }
  const { buckets } = room;
  const value = room.value.fill(UNREACHABLE);
  const done = room.done.fill(UNREACHABLE); // the value by which a cell was spread
  buckets.clear();
  for (let cell = 0; cell < value.length; cell += 1) {
    const start = seed[cell] as number;
    if (start >= UNREACHABLE || (cost[cell] as number) <= 0) continue;
    value[cell] = start;
    buckets.push(cell, Math.floor(start / BUCKET));
  }
  const robot = kind === "local" ? Math.floor(height / 2) * width + Math.floor(width / 2) : -1;
  for (let bucket = 0; buckets.count > 0; bucket += 1) {
    if (robot >= 0 && bucket * BUCKET > (value[robot] as number) + BEYOND) break;
    for (let cell = buckets.pop(bucket); cell !== -1; cell = buckets.pop(bucket)) {
      const reached = value[cell] as number;
      if (reached === done[cell] || Math.floor(reached / BUCKET) !== bucket) continue;
      done[cell] = reached;
      spread({ width, height, cost, value, done, buckets }, cell);
    }
  }
  return { id, kind, width, height, value: new Float32Array(value), sweeps: 1, inferenceMs: 1 };
}

interface Flood {
  readonly width: number;
  readonly height: number;
  readonly cost: Float32Array;
  readonly value: Float64Array;
  readonly done: Float64Array;
  readonly buckets: Buckets;
}

/** Offers the way by this cell to its neighbours. */
function spread(grid: Flood, cell: number): void {
  const { width, height, cost } = grid;
  const x = cell % width;
  const left = x > 0 && (cost[cell - 1] as number) > 0;
  const right = x + 1 < width && (cost[cell + 1] as number) > 0;
  const below = cell >= width && (cost[cell - width] as number) > 0;
  const above = cell < width * (height - 1) && (cost[cell + width] as number) > 0;
  if (left) offer(grid, cell, cell - 1, 1);
  if (right) offer(grid, cell, cell + 1, 1);
  if (below) offer(grid, cell, cell - width, 1);
  if (above) offer(grid, cell, cell + width, 1);
  if (left && below) offer(grid, cell, cell - width - 1, DIAGONAL);
  if (right && below) offer(grid, cell, cell - width + 1, DIAGONAL);
  if (left && above) offer(grid, cell, cell + width - 1, DIAGONAL);
  if (right && above) offer(grid, cell, cell + width + 1, DIAGONAL);
}

function offer({ cost, value, done, buckets }: Flood, from: number, to: number, length: number): void {
  const reached = value[from] as number;
  const before = value[to] as number;
  if (before <= reached) return;
  const own = cost[to] as number;
  if (own <= 0) return;
  const way = reached + (length * ((cost[from] as number) + own)) / 2;
  if (way >= before) return;
  value[to] = way;
  const bucket = Math.floor(way / BUCKET);
  const waits = before !== done[to] && Math.floor(before / BUCKET) === bucket; // its entry will find this value
  if (!waits) buckets.push(to, bucket);
}
