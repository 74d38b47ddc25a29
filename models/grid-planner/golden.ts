// Golden vectors of the reference planner: small grids with the cost-to-go that plain code finds, in double precision,
// by relaxing every step between two cells until nothing changes. A step costs its length times the mean of its two
// cells; a diagonal needs both orthogonal cells free. The code is as simple as can be, and shares nothing with the
// graph.

import type { NamedTensor } from "../elements.js";
import type { GoldenFile, GoldenVector } from "../golden.js";
import { UNREACHABLE } from "../planner.js";

interface Drawing {
  readonly name: string;
  /** `#` is blocked, a digit is the cost of a cell, `*` a cell of cost 1 where the way ends. */
  readonly rows: readonly string[];
}

const DRAWINGS: readonly Drawing[] = [
  { name: "an open floor", rows: ["1111111", "1111111", "111*111", "1111111", "1111111"] },
  {
    name: "two rooms, uneven floor, a pocket that nothing reaches",
    rows: ["1111#1113", "1291#1153", "1291#1153", "1111111*1", "1111#1111", "####11###", "1*11##1#1", "1111111##"],
  },
  { name: "corners that must not be cut", rows: ["*1#11", "#1##1", "11#11", "1##11", "11111"] },
  { name: "nowhere to go", rows: ["1111", "1##1", "1111"] },
];

const DIAGONAL = Math.SQRT2;

/** The vectors. `sign` -1: for the model whose sign is turned. */
export function gridPlannerGolden(sign: 1 | -1): GoldenFile {
  return {
    tolerance: { absolute: 1e-4, relative: 1e-5 },
    vectors: DRAWINGS.map((drawing) => vectorOf(drawing, sign)),
  };
}

function vectorOf({ name, rows }: Drawing, sign: 1 | -1): GoldenVector {
  const height = rows.length;
  const width = rows[0]?.length ?? 0;
  const letters = rows.join("");
  const cost = Float32Array.from(letters, (letter) => (letter === "#" ? 0 : letter === "*" ? 1 : Number(letter)));
  const seed = Float32Array.from(letters, (letter) => (letter === "*" ? 0 : UNREACHABLE));
  const value = costToGo({ cost, seed, width, height });
  const tensor = (of: string, data: Float32Array): NamedTensor => {
    return { tensor: of, type: "float32", dims: [height, width], data };
  };
  const signed = Float32Array.from(value, (at) => sign * at);
  return { name, inputs: [tensor("cost", cost), tensor("seed", seed)], outputs: [tensor("value", signed)] };
}

interface Floor {
  readonly cost: Float32Array;
  readonly seed: Float32Array;
  readonly width: number;
  readonly height: number;
}

function costToGo(floor: Floor): Float64Array {
  const { cost, seed, width, height } = floor;
  const value = Float64Array.from(seed, (start, cell) => ((cost[cell] as number) > 0 ? start : UNREACHABLE));
  for (let changed = true; changed; ) {
    changed = false;
    for (let cell = 0; cell < width * height; cell += 1) {
      if ((cost[cell] as number) <= 0) continue;
      const best = bestOf(floor, value, cell);
      if (best >= (value[cell] as number)) continue;
      value[cell] = best;
      changed = true;
    }
  }
  return value;
}

/** The least cost-to-go by way of a neighbour. */
function bestOf({ cost, width, height }: Floor, value: Float64Array, cell: number): number {
  const [x, y] = [cell % width, Math.floor(cell / width)];
  const isFree = (toX: number, toY: number): boolean =>
    toX >= 0 && toY >= 0 && toX < width && toY < height && (cost[toY * width + toX] as number) > 0;
  let best = value[cell] as number;
  for (let dy = -1; dy <= 1; dy += 1) {
    for (let dx = -1; dx <= 1; dx += 1) {
      if (!isFree(x + dx, y + dy) || !isFree(x + dx, y) || !isFree(x, y + dy)) continue;
      const other = cell + dy * width + dx;
      const step = (dx !== 0 && dy !== 0 ? DIAGONAL : 1) * (((cost[cell] as number) + (cost[other] as number)) / 2);
      if (other !== cell && (value[other] as number) < UNREACHABLE)
        best = Math.min(best, (value[other] as number) + step);
    }
  }
  return best;
}
