// Grids that the edge's core wants valued, and the fields that come back (R11). Types and limits only, so that the core
// may import it; `run.ts` makes runs of a model of them. Grids are row-major: index = y * width + x.

/** Cost-to-go, in the unit of the cost grid, from which a cell counts as unreachable (blocked cells included). */
export const UNREACHABLE = 1e9;

/** Most cells (width * height) that a request may carry; maps finer than this are coarsened before planning. */
export const MAX_PLAN_CELLS = 16_384;

/** Highest cost of one cell. Keeps the longest possible path through MAX_PLAN_CELLS cells below UNREACHABLE. */
export const MAX_CELL_COST = 10_000;

/** What a grid is for: the whole site map, or the window around the robot. */
export type PlanKind = "site" | "local";

/**
 * One grid to be valued. `cost[i]` is the cost of crossing one cell length inside cell i, in (0, MAX_CELL_COST], or <=
 * 0 for a blocked cell. `seed[i]` is the cost-to-go that the cell starts with (0 at a goal), or >= UNREACHABLE for
 * none.
 */
export interface PlanRequest {
  readonly id: number;
  readonly kind: PlanKind;
  readonly width: number;
  readonly height: number;
  readonly cost: Float32Array;
  readonly seed: Float32Array;
}

/**
 * The value field: cost-to-go per cell, >= UNREACHABLE where no seed can be reached. `inferenceMs` is the model's own
 * time.
 */
export interface PlanResult {
  readonly id: number;
  readonly kind: PlanKind;
  readonly width: number;
  readonly height: number;
  readonly value: Float32Array;
  readonly sweeps: number;
  readonly inferenceMs: number;
}

/** Why this request breaks the contract of the planner, in words, or undefined when it keeps it. */
export function planRequestFault(request: PlanRequest): string | undefined {
  const { width, height, cost, seed } = request;
  if (!Number.isSafeInteger(width) || !Number.isSafeInteger(height) || width < 1 || height < 1) {
    return `grid must be at least 1 x 1 cells, found ${width} x ${height}`;
  }
  const cells = width * height;
  if (cells > MAX_PLAN_CELLS) return `grid must have at most ${MAX_PLAN_CELLS} cells, found ${cells}`;
  if (!(cost instanceof Float32Array) || cost.length !== cells) {
    return `cost must be a Float32Array of ${cells} values, found ${(cost as { length?: number } | undefined)?.length}`;
  }
  if (!(seed instanceof Float32Array) || seed.length !== cells) {
    return `seed must be a Float32Array of ${cells} values, found ${(seed as { length?: number } | undefined)?.length}`;
  }
  for (let index = 0; index < cells; index++) {
    const cellCost = cost[index] as number;
    if (!(cellCost <= MAX_CELL_COST) || cellCost === -Infinity) {
      return `cost[${index}] must be finite and at most ${MAX_CELL_COST}, found ${cellCost}`;
    }
    const cellSeed = seed[index] as number;
    if (!(cellSeed >= 0)) return `seed[${index}] must be 0 or more, found ${cellSeed}`;
  }
  return undefined;
}
