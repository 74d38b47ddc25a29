// Occupancy grids on the site map frame: metres, x right, y up. Pure; the hub's and the edge's cores use it.
// A cell is blocked or free; what is unknown or outside the map counts as blocked (unknown means no).
// Distances are measured from a cell's centre to the nearest point of a blocked cell's square, exactly.

/** Row 0 is the bottom; index = y * width + x; blocked[index] is 1 when occupied or unknown, else 0. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly cellM: number;
  readonly originXM: number;
  readonly originYM: number;
  readonly blocked: Uint8Array;
}

/**
 * The cell that contains a point, or -1 outside the map. A point on a border belongs to the cell right of or above
 * it.
 */
export function cellAt(grid: Grid, xM: number, yM: number): number {
  const x = Math.floor((xM - grid.originXM) / grid.cellM);
  const y = Math.floor((yM - grid.originYM) / grid.cellM);
  return x >= 0 && y >= 0 && x < grid.width && y < grid.height ? y * grid.width + x : -1;
}

/** The centre of a cell. `index` must be a cell of the grid. */
export function centreOf(grid: Grid, index: number): { readonly xM: number; readonly yM: number } {
  const x = index % grid.width;
  const y = (index - x) / grid.width;
  return { xM: grid.originXM + (x + 0.5) * grid.cellM, yM: grid.originYM + (y + 0.5) * grid.cellM };
}

/**
 * For each cell, the distance in metres from its centre to the nearest blocked square or to the outside; 0 when
 * blocked. Exact: squared distances are integers in half cells, columns first, then the lower envelope of parabolas
 * along rows.
 */
export function clearanceM(grid: Grid): Float32Array {
  const { width, height, cellM } = grid;
  const columns = halfCellsToBlockedInColumn(grid);
  const out = new Float32Array(width * height);
  const envelope = new Envelope(2 * width + 1);
  for (let y = 0; y < height; y += 1) {
    envelope.clear();
    // Points on the row at half-cell spacing: odd ones are centres, even ones borders, which touch two squares.
    let left = 0;
    for (let x = 0; x < width; x += 1) {
      const half = columns[y * width + x] ?? 0;
      const here = half * half;
      envelope.add(2 * x, Math.min(left, here));
      envelope.add(2 * x + 1, here);
      left = here;
    }
    envelope.add(2 * width, 0);
    for (let x = 0; x < width; x += 1) out[y * width + x] = (Math.sqrt(envelope.at(2 * x + 1)) * cellM) / 2;
  }
  return out;
}

/** Distance from the centre, within the column, to the nearest blocked square or the outside, in half cells. */
function halfCellsToBlockedInColumn(grid: Grid): Int32Array {
  const { width, height, blocked } = grid;
  const out = new Int32Array(width * height);
  for (let x = 0; x < width; x += 1) {
    let half = -1;
    for (let y = 0; y < height; y += 1) {
      const index = y * width + x;
      half = blocked[index] ? 0 : half <= 0 ? 1 : half + 2;
      out[index] = half;
    }
    half = -1;
    for (let y = height - 1; y >= 0; y -= 1) {
      const index = y * width + x;
      half = blocked[index] ? 0 : half <= 0 ? 1 : half + 2;
      out[index] = Math.min(out[index] ?? 0, half);
    }
  }
  return out;
}

/** Lower envelope of parabolas (p - at)^2 + height, added in ascending `at`, queried in ascending p. */
class Envelope {
  readonly #ats: Float64Array;
  readonly #heights: Float64Array;
  readonly #starts: Float64Array;
  #size = 0;
  #cursor = 0;

  constructor(most: number) {
    this.#ats = new Float64Array(most);
    this.#heights = new Float64Array(most);
    this.#starts = new Float64Array(most);
  }

  clear(): void {
    this.#size = 0;
    this.#cursor = 0;
  }

  add(at: number, height: number): void {
    let start = Number.NEGATIVE_INFINITY;
    while (this.#size > 0) {
      const last = this.#size - 1;
      const lastAt = this.#ats[last] ?? 0;
      start = (height + at * at - (this.#heights[last] ?? 0) - lastAt * lastAt) / (2 * (at - lastAt));
      if (start > (this.#starts[last] ?? 0)) break;
      this.#size = last;
      start = Number.NEGATIVE_INFINITY;
    }
    this.#ats[this.#size] = at;
    this.#heights[this.#size] = height;
    this.#starts[this.#size] = start;
    this.#size += 1;
  }

  at(p: number): number {
    while (this.#cursor + 1 < this.#size && (this.#starts[this.#cursor + 1] ?? 0) <= p) this.#cursor += 1;
    const away = p - (this.#ats[this.#cursor] ?? 0);
    return away * away + (this.#heights[this.#cursor] ?? 0);
  }
}

/** Distance from a point to the nearest blocked square or to the outside, at most `limitM`; 0 off the map. */
export function pointClearanceM(grid: Grid, at: { readonly xM: number; readonly yM: number }, limitM: number): number {
  const { width, height, cellM } = grid;
  const x = (at.xM - grid.originXM) / cellM;
  const y = (at.yM - grid.originYM) / cellM;
  const limit = limitM / cellM;
  const inside = Math.min(x, y, width - x, height - y);
  let nearest = Math.max(0, Math.min(limit, inside));
  for (let row = Math.max(0, Math.floor(y - limit)); row <= Math.min(height - 1, y + limit); row += 1) {
    for (let column = Math.max(0, Math.floor(x - limit)); column <= Math.min(width - 1, x + limit); column += 1) {
      if (!grid.blocked[row * width + column]) continue;
      const dx = Math.max(column - x, 0, x - column - 1);
      const dy = Math.max(row - y, 0, y - row - 1);
      nearest = Math.min(nearest, Math.sqrt(dx * dx + dy * dy));
    }
  }
  return nearest * cellM;
}

/** Slack for comparing a distance with a radius: clearanceM stores them in single precision. */
export const distanceSlackM = 1e-4;

/**
 * The same grid with every cell blocked whose centre is nearer than `radiusM` to a blocked square or to the outside.
 */
export function inflate(grid: Grid, radiusM: number): Grid {
  const clearance = clearanceM(grid);
  const blocked = new Uint8Array(grid.blocked.length);
  for (let index = 0; index < blocked.length; index += 1) {
    blocked[index] = grid.blocked[index] || (clearance[index] ?? 0) < radiusM - distanceSlackM ? 1 : 0;
  }
  return withCells(grid, { width: grid.width, height: grid.height, cellM: grid.cellM, blocked });
}

/**
 * Coarser by the whole factor `factor`, same bottom left corner; blocked where any covered cell is blocked or
 * outside.
 */
export function coarsenBy(grid: Grid, factor: number): Grid {
  if (factor <= 1) return grid;
  const width = Math.ceil(grid.width / factor);
  const height = Math.ceil(grid.height / factor);
  const blocked = new Uint8Array(width * height);
  if (width * factor > grid.width) for (let y = 0; y < height; y += 1) blocked[y * width + width - 1] = 1;
  if (height * factor > grid.height) blocked.fill(1, (height - 1) * width);
  for (let y = 0; y < grid.height; y += 1) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < grid.width; x += 1) {
      if (grid.blocked[y * grid.width + x]) blocked[row + Math.floor(x / factor)] = 1;
    }
  }
  return withCells(grid, { width, height, cellM: grid.cellM * factor, blocked });
}

function withCells(grid: Grid, { width, height, cellM, blocked }: Omit<Grid, "originXM" | "originYM">): Grid {
  return { width, height, cellM, originXM: grid.originXM, originYM: grid.originYM, blocked };
}

/**
 * Coarsened by the smallest whole factor that leaves at most `maxCells` cells; the grid itself when it is small
 * enough.
 */
export function coarsen(grid: Grid, maxCells: number): Grid {
  let factor = 1;
  while (Math.ceil(grid.width / factor) * Math.ceil(grid.height / factor) > Math.max(1, maxCells)) factor += 1;
  return coarsenBy(grid, factor);
}
