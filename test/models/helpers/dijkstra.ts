// The naive opposite of the grid planner: Dijkstra in double precision over the same metric, written without looking at
// the graph. 8-connected, a diagonal only where both orthogonal cells are free, a step costs its length times the mean
// cost.

import { MinHeap } from "./min-heap.js";

export interface Grid {
  readonly width: number;
  readonly height: number;
  /** Row-major; <= 0 is blocked. */
  readonly cost: Float32Array;
}

const STEPS = [-1, 0, 1]
  .flatMap((dy) => [-1, 0, 1].map((dx) => ({ dx, dy })))
  .filter(({ dx, dy }) => dx !== 0 || dy !== 0);

/** Cost-to-go of every cell from the seeds (cell index to initial value); Infinity where none can be reached. */
export function dijkstra(grid: Grid, seeds: ReadonlyMap<number, number>): Float64Array {
  const { width, height, cost } = grid;
  const free = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && (cost[y * width + x] as number) > 0;
  const distance = new Float64Array(width * height).fill(Number.POSITIVE_INFINITY);
  const heap = new MinHeap();
  for (const [cell, value] of seeds) {
    if ((cost[cell] as number) <= 0) continue;
    distance[cell] = value;
    heap.push(value, cell);
  }
  for (let top = heap.pop(); top; top = heap.pop()) {
    const { key, cell } = top;
    if (key > (distance[cell] as number)) continue;
    const x = cell % width;
    const y = (cell - x) / width;
    for (const { dx, dy } of STEPS) {
      if (!free(x + dx, y + dy) || !free(x + dx, y) || !free(x, y + dy)) continue;
      const next = cell + dy * width + dx;
      const length = dx !== 0 && dy !== 0 ? Math.SQRT2 : 1;
      const through = key + (length * ((cost[cell] as number) + (cost[next] as number))) / 2;
      if (through < (distance[next] as number)) {
        distance[next] = through;
        heap.push(through, next);
      }
    }
  }
  return distance;
}
