// Rectangular minimum-cost assignment by successive shortest augmenting paths with potentials. Promise: as many pairs
// as can be made of the allowed cells, and among all such choices one of least total cost. Each augmentation searches
// from all free rows at once, so forbidden cells are simply absent: no big number stands in for them and costs no
// digits. Cost O(min(rows, columns) * rows * columns). The same table gives the same answer: ties fall to the lowest
// column, then the lowest row.

interface Search {
  readonly costs: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /**
   * Potentials: every allowed cell keeps costs + rowShift - columnShift >= 0, with equality on matched cells. Free
   * columns all have the same one, so the first free column that a search settles is the nearest in true cost as well.
   */
  readonly rowShift: Float64Array;
  readonly columnShift: Float64Array;
  readonly columnOf: Int32Array;
  readonly rowOf: Int32Array;
  /** Of one search: distance to each column, the row it was reached from, and whether it is settled. */
  readonly distance: Float64Array;
  readonly from: Int32Array;
  readonly settled: Uint8Array;
}

/**
 * `costs` is row-major, `rows` * `columns` long; Infinity forbids a cell; negative costs are fine. Returns the column
 * of each row, -1 for none. @throws RangeError when the length does not fit or a cost is NaN or -Infinity: a mistake of
 * the caller.
 */
export function assign(costs: Float64Array, shape: { rows: number; columns: number }): Int32Array {
  const { rows, columns } = shape;
  if (costs.length !== rows * columns) {
    throw new RangeError(`assign: expected ${rows} x ${columns} costs, found ${costs.length}`);
  }
  const search: Search = {
    costs,
    rows,
    columns,
    rowShift: new Float64Array(rows),
    columnShift: new Float64Array(columns).fill(leastCost(costs)),
    columnOf: new Int32Array(rows).fill(-1),
    rowOf: new Int32Array(columns).fill(-1),
    distance: new Float64Array(columns),
    from: new Int32Array(columns),
    settled: new Uint8Array(columns),
  };
  for (let made = 0; made < rows && made < columns; made++) {
    const end = nearestFreeColumn(search);
    if (end === -1) break;
    shiftPotentials(search, search.distance[end] as number);
    augment(search, end);
  }
  return search.columnOf;
}

function leastCost(costs: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let cell = 0; cell < costs.length; cell++) {
    const cost = costs[cell] as number;
    if (!(cost > Number.NEGATIVE_INFINITY)) {
      throw new RangeError(`assign: cost of cell ${cell} is ${cost}, expected a number or Infinity`);
    }
    if (cost < least) least = cost;
  }
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/**
 * Dijkstra over reduced costs from all free rows; the column where it ends, or -1 when no free column can be reached.
 */
function nearestFreeColumn(search: Search): number {
  const { columns, columnOf, rowOf, distance, settled } = search;
  distance.fill(Number.POSITIVE_INFINITY);
  settled.fill(0);
  for (let row = 0; row < search.rows; row++) {
    if (columnOf[row] === -1) relax(search, row, 0);
  }
  for (;;) {
    let next = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let column = 0; column < columns; column++) {
      if (settled[column] === 0 && (distance[column] as number) < least) {
        least = distance[column] as number;
        next = column;
      }
    }
    if (next === -1) return -1;
    if (rowOf[next] === -1) return next;
    settled[next] = 1;
    relax(search, rowOf[next] as number, least);
  }
}

function relax(search: Search, row: number, start: number): void {
  const { costs, columns, columnShift, distance, from, settled } = search;
  const base = start + (search.rowShift[row] as number);
  const first = row * columns;
  for (let column = 0; column < columns; column++) {
    const found = base + (costs[first + column] as number) - (columnShift[column] as number);
    if (found < (distance[column] as number) && settled[column] === 0) {
      distance[column] = found;
      from[column] = row;
    }
  }
}

/**
 * A settled column and its row move by their distance, every other column with its row by that of the end; free rows
 * stay.
 */
function shiftPotentials(search: Search, endDistance: number): void {
  const { rowShift, columnShift, rowOf, distance, settled } = search;
  for (let column = 0; column < search.columns; column++) {
    const shift = settled[column] === 1 ? (distance[column] as number) : endDistance;
    columnShift[column] = (columnShift[column] as number) + shift;
    const row = rowOf[column] as number;
    if (row !== -1) rowShift[row] = (rowShift[row] as number) + shift;
  }
}

function augment(search: Search, end: number): void {
  for (let column = end; column !== -1; ) {
    const row = search.from[column] as number;
    const previous = search.columnOf[row] as number;
    search.columnOf[row] = column;
    search.rowOf[column] = row;
    column = previous;
  }
}
