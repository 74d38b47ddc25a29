// Dijkstra's algorithm on a plan request, for orientation: the same question as the planning model's (cost grid, seeds,
// 8-connected, no corner cutting, a step costs its length times the mean of its two cells), answered by plain code.

import { type PlanRequest, type PlanResult, UNREACHABLE } from "../../models/planner.js";

/** Smallest key first; a cell may stand in it several times. */
class Heap {
  #keys = new Float64Array(1024);
  #cells = new Int32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(key: number, cell: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    let at = this.#size;
    this.#size += 1;
    for (let up = (at - 1) >> 1; at > 0 && (this.#keys[up] as number) > key; up = (at - 1) >> 1) {
      this.#put(at, this.#keys[up] as number, this.#cells[up] as number);
      at = up;
    }
    this.#put(at, key, cell);
  }

  /** The cell of the smallest key, and its key in `lastKey`. Only when size is above 0. */
  pop(): number {
    const top = this.#cells[0] as number;
    this.lastKey = this.#keys[0] as number;
    this.#size -= 1;
    const key = this.#keys[this.#size] as number;
    const cell = this.#cells[this.#size] as number;
    let at = 0;
    for (let down = 1; down < this.#size; down = 2 * at + 1) {
      if (down + 1 < this.#size && (this.#keys[down + 1] as number) < (this.#keys[down] as number)) down += 1;
      if ((this.#keys[down] as number) >= key) break;
      this.#put(at, this.#keys[down] as number, this.#cells[down] as number);
      at = down;
    }
    this.#put(at, key, cell);
    return top;
  }

  lastKey = 0;

  #put(at: number, key: number, cell: number): void {
    this.#keys[at] = key;
    this.#cells[at] = cell;
  }

  #grow(): void {
    const keys = new Float64Array(2 * this.#keys.length);
    const cells = new Int32Array(keys.length);
    keys.set(this.#keys);
    cells.set(this.#cells);
    this.#keys = keys;
    this.#cells = cells;
  }
}

/** Answers a plan request. */
export function solve({ id, kind, width, height, cost, seed }: PlanRequest): PlanResult {
  const value = new Float64Array(width * height).fill(UNREACHABLE);
  const heap = new Heap();
  for (let cell = 0; cell < value.length; cell += 1) {
    const start = seed[cell] as number;
    if ((cost[cell] as number) <= 0 || start >= UNREACHABLE) continue;
    value[cell] = start;
    heap.push(start, cell);
  }
  const isFree = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && (cost[y * width + x] as number) > 0;
  while (heap.size > 0) {
    const cell = heap.pop();
    const key = heap.lastKey;
    if (key > (value[cell] as number)) continue;
    const x = cell % width;
    const y = (cell - x) / width;
    for (let dy = -1; dy <= 1; dy += 1) {
      for (let dx = -1; dx <= 1; dx += 1) {
        if ((dx === 0 && dy === 0) || !isFree(x + dx, y + dy)) continue;
        const diagonal = dx !== 0 && dy !== 0;
        if (diagonal && !(isFree(x + dx, y) && isFree(x, y + dy))) continue;
        const next = cell + dy * width + dx;
        const total = key + ((diagonal ? Math.SQRT2 : 1) * ((cost[cell] as number) + (cost[next] as number))) / 2;
        // What a float32 cannot tell from the value is no gain: each such cell would be looked at again and again.
        if (total >= (value[next] as number) - 1e-6 || Math.fround(total) >= (value[next] as number)) continue;
        value[next] = total;
        heap.push(total, next);
      }
    }
  }
  return { id, kind, width, height, value: Float32Array.from(value), sweeps: 0, inferenceMs: 0 };
}
