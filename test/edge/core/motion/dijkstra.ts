// A plain stand-in for the planning model: the same question (cost grid and seeds), the same answer (cost-to-go),
// by Dijkstra's algorithm with a binary heap. 8-connected, no corner cutting, step = length * mean of the two costs.
import { type PlanRequest, type PlanResult, UNREACHABLE } from "../../../../models/planner.js";

const STEPS = [1, 0, -1, 0, 0, 1, 0, -1, 1, 1, 1, -1, -1, 1, -1, -1] as const;

class Heap {
  #cells = new Int32Array(1 << 16);
  #keys = new Float64Array(1 << 16);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(cell: number, key: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#keys[parent] as number) <= key) break;
      this.#keys[at] = this.#keys[parent] as number;
      this.#cells[at] = this.#cells[parent] as number;
      at = parent;
    }
    this.#keys[at] = key;
    this.#cells[at] = cell;
  }

  pop(): { cell: number; key: number } {
    const top = { cell: this.#cells[0] as number, key: this.#keys[0] as number };
    const key = this.#keys[--this.#size] as number;
    const cell = this.#cells[this.#size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && (this.#keys[child + 1] as number) < (this.#keys[child] as number)) child++;
      if ((this.#keys[child] as number) >= key) break;
      this.#keys[at] = this.#keys[child] as number;
      this.#cells[at] = this.#cells[child] as number;
      at = child;
    }
    this.#keys[at] = key;
    this.#cells[at] = cell;
    return top;
  }
}

/** Answers a plan request exactly. */
export function solve(request: PlanRequest): PlanResult {
  const { id, kind, width, height, cost, seed } = request;
  const value = new Float64Array(width * height).fill(UNREACHABLE);
  const heap = new Heap();
  for (let cell = 0; cell < value.length; cell++) {
    const start = seed[cell] as number;
    if ((cost[cell] as number) <= 0 || !(start < UNREACHABLE)) continue;
    value[cell] = start;
    heap.push(cell, start);
  }
  const free = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && (cost[y * width + x] as number) > 0;
  while (heap.size > 0) {
    const { cell, key } = heap.pop();
    if (key > (value[cell] as number)) continue;
    const x = cell % width;
    const y = (cell - x) / width;
    for (let step = 0; step < 16; step += 2) {
      const dx = STEPS[step] as number;
      const dy = STEPS[step + 1] as number;
      if (!free(x + dx, y + dy)) continue;
      if (dx !== 0 && dy !== 0 && !(free(x + dx, y) && free(x, y + dy))) continue;
      const to = cell + dy * width + dx;
      const length = dx !== 0 && dy !== 0 ? Math.SQRT2 : 1;
      const total = key + (length * ((cost[cell] as number) + (cost[to] as number))) / 2;
      if (total < (value[to] as number)) {
        value[to] = total;
        heap.push(to, total);
      }
    }
  }
  return { id, kind, width, height, value: Float32Array.from(value), sweeps: 1, inferenceMs: 0 };
}
