// Ways through a grid: moves to eight neighbours, a diagonal only where both orthogonal neighbours are free (no corner
// cutting), as MovingAI's scenarios measure. Pure. Used to check that a site is connected and to choose tasks; robots
// plan with the model.

import type { Grid } from "./grid.js";

/** Calls `visit` with every neighbour that a robot may move to, and the length of the move in cells. */
export function forEachMove(grid: Grid, index: number, visit: (to: number, cells: number) => void): void {
  const { width, height, blocked } = grid;
  const x = index % width;
  const y = (index - x) / width;
  const west = x > 0 && !blocked[index - 1];
  const east = x + 1 < width && !blocked[index + 1];
  const south = y > 0 && !blocked[index - width];
  const north = y + 1 < height && !blocked[index + width];
  if (west) visit(index - 1, 1);
  if (east) visit(index + 1, 1);
  if (south) visit(index - width, 1);
  if (north) visit(index + width, 1);
  if (south && west && !blocked[index - width - 1]) visit(index - width - 1, Math.SQRT2);
  if (south && east && !blocked[index - width + 1]) visit(index - width + 1, Math.SQRT2);
  if (north && west && !blocked[index + width - 1]) visit(index + width - 1, Math.SQRT2);
  if (north && east && !blocked[index + width + 1]) visit(index + width + 1, Math.SQRT2);
}

/** A number for each cell: -1 blocked, else its connected region, counted from 0; with the size of each region. */
export function regionsOf(grid: Grid): { readonly region: Int32Array; readonly sizes: readonly number[] } {
  const region = new Int32Array(grid.blocked.length).fill(-1);
  const sizes: number[] = [];
  const stack: number[] = [];
  for (let start = 0; start < region.length; start += 1) {
    if (grid.blocked[start] || region[start] !== -1) continue;
    const id = sizes.length;
    let size = 0;
    region[start] = id;
    stack.push(start);
    for (let cell = stack.pop(); cell !== undefined; cell = stack.pop()) {
      size += 1;
      forEachMove(grid, cell, (to) => {
        if (region[to] !== -1) return;
        region[to] = id;
        stack.push(to);
      });
    }
    sizes.push(size);
  }
  return { region, sizes };
}

/** The largest connected region as a mask: 1 inside. All zeros when no cell is free. */
export function largestRegion(grid: Grid): Uint8Array {
  const { region, sizes } = regionsOf(grid);
  let best = 0;
  sizes.forEach((size, id) => {
    if (size > (sizes[best] ?? 0)) best = id;
  });
  return Uint8Array.from(region, (id) => (id === best ? 1 : 0));
}

/** Length in metres of the shortest way from `start` to each cell; Infinity where there is none. */
export function distancesM(grid: Grid, start: number): Float64Array {
  const cost = new Float64Array(grid.blocked.length).fill(Number.POSITIVE_INFINITY);
  if (start < 0 || grid.blocked[start]) return cost;
  const heap = new CellHeap();
  cost[start] = 0;
  heap.push(start, 0);
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) {
    const { cell, key } = next;
    if (key > (cost[cell] ?? 0)) continue;
    forEachMove(grid, cell, (to, cells) => {
      const through = key + cells;
      if (through >= (cost[to] ?? 0)) return;
      cost[to] = through;
      heap.push(to, through);
    });
  }
  for (let index = 0; index < cost.length; index += 1) cost[index] = (cost[index] ?? 0) * grid.cellM;
  return cost;
}

/** Binary heap of cells by cost. */
class CellHeap {
  readonly #cells: number[] = [];
  readonly #keys: number[] = [];

  push(cell: number, key: number): void {
    let at = this.#cells.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#keys[parent] ?? 0) <= key) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#cells[at] = cell;
    this.#keys[at] = key;
  }

  pop(): { readonly cell: number; readonly key: number } | undefined {
    const cell = this.#cells[0];
    const key = this.#keys[0];
    if (cell === undefined || key === undefined) return undefined;
    const lastCell = this.#cells.pop() ?? 0;
    const lastKey = this.#keys.pop() ?? 0;
    const size = this.#cells.length;
    if (size === 0) return { cell, key };
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (this.#keys[child + 1] ?? 0) < (this.#keys[child] ?? 0)) child += 1;
      if ((this.#keys[child] ?? 0) >= lastKey) break;
      this.#move(child, at);
      at = child;
    }
    this.#cells[at] = lastCell;
    this.#keys[at] = lastKey;
    return { cell, key };
  }

  #move(from: number, to: number): void {
    this.#cells[to] = this.#cells[from] ?? 0;
    this.#keys[to] = this.#keys[from] ?? 0;
  }
}
