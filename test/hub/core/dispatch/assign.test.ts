// Minimum-cost assignment against every possible assignment on small tables, and against the absence of any improving
// exchange on larger ones.
import fc from "fast-check";
import t from "tap";
import { assign } from "../../../../hub/core/dispatch/assign.js";

const X = Number.POSITIVE_INFINITY;

interface Table {
  readonly rows: number;
  readonly columns: number;
  readonly costs: Float64Array;
}

function table(rows: number[][]): Table {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, costs: Float64Array.from(rows.flat()) };
}

function at(of: Table, row: number, column: number): number {
  return of.costs[row * of.columns + column] as number;
}

function judge(of: Table, columnOf: ArrayLike<number>): { pairs: number; total: number } {
  const seen = new Set<number>();
  let total = 0;
  for (let row = 0; row < of.rows; row++) {
    const column = columnOf[row] as number;
    if (column === -1) continue;
    if (seen.has(column) || at(of, row, column) === X) throw new Error(`row ${row} may not have column ${column}`);
    seen.add(column);
    total += at(of, row, column);
  }
  return { pairs: seen.size, total };
}

function tryAll(of: Table): { pairs: number; total: number } {
  let best = { pairs: 0, total: 0 };
  const visit = (row: number, used: number, so: { pairs: number; total: number }): void => {
    if (row === of.rows) {
      if (so.pairs > best.pairs || (so.pairs === best.pairs && so.total < best.total)) best = so;
      return;
    }
    visit(row + 1, used, so);
    for (let column = 0; column < of.columns; column++) {
      const cost = at(of, row, column);
      if (cost === X || (used & (1 << column)) !== 0) continue;
      visit(row + 1, used | (1 << column), { pairs: so.pairs + 1, total: so.total + cost });
    }
  };
  visit(0, 0, best);
  return best;
}

/** Bellman-Ford over exchanges: an improving circle or path, or a way to one more pair, disproves the answer. */
function improves(of: Table, columnOf: Int32Array): boolean {
  const { rows, columns } = of;
  const rowOf = new Int32Array(columns).fill(-1);
  for (let row = 0; row < rows; row++) if ((columnOf[row] as number) >= 0) rowOf[columnOf[row] as number] = row;
  // gain[row]: least change of total that leaves this row to be placed anew.
  for (const start of [false, true]) {
    const change = new Float64Array(rows).fill(start ? X : 0);
    if (start) for (let row = 0; row < rows; row++) if (columnOf[row] === -1) change[row] = 0;
    for (let turn = 0; turn <= rows; turn++) {
      let moved = false;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const other = rowOf[column] as number;
          if (other === row || at(of, row, column) === X || change[row] === X) continue;
          const own = (columnOf[row] as number) === -1 ? 0 : at(of, row, columnOf[row] as number);
          if (other === -1) {
            if (start) return true;
            if ((columnOf[row] as number) !== -1 && at(of, row, column) - own < -1e-6) return true;
            continue;
          }
          const next = (change[row] as number) + at(of, row, column) - at(of, other, column);
          if (next < (change[other] as number) - 1e-6) {
            change[other] = next;
            moved = true;
          }
        }
      }
      if (!moved) break;
      if (turn === rows && !start) return true;
    }
    if (!start) continue;
    for (let row = 0; row < rows; row++) if (columnOf[row] !== -1 && (change[row] as number) < -1e-6) return true;
  }
  return false;
}

const CASES: [string, number[][], number[]][] = [
  ["one cell", [[3]], [0]],
  [
    "the cheaper sum over the cheaper first choice",
    [
      [1, 2],
      [1, 10],
    ],
    [1, 0],
  ],
  ["nothing where all is forbidden", [[X, X]], [-1]],
  [
    "two pairs although one alone were cheaper",
    [
      [0, 100],
      [0, X],
    ],
    [1, 0],
  ],
  ["more rows than columns", [[5], [2], [9]], [-1, 0, -1]],
  ["more columns than rows", [[5, 2, 9]], [1]],
  [
    "a row without a place is passed over",
    [
      [X, X],
      [4, 1],
    ],
    [-1, 1],
  ],
  [
    "negative costs",
    [
      [-5, -1],
      [-6, -5],
    ],
    [0, 1],
  ],
  [
    "ties fall to the lowest column",
    [
      [1, 1],
      [1, 1],
    ],
    [0, 1],
  ],
  [
    "no pair costs nothing to leave out, so both are made",
    [
      [7, X],
      [X, 7],
    ],
    [0, 1],
  ],
];

t.test("assign gives the table's answer", async (t) => {
  for (const [name, rows, expected] of CASES) {
    const of = table(rows);
    t.same([...assign(of.costs, of)], expected, name);
  }
  t.same([...assign(new Float64Array(0), { rows: 0, columns: 4 })], []);
  t.same([...assign(new Float64Array(0), { rows: 2, columns: 0 })], [-1, -1]);
});

t.test("assign refuses a table that is none", async (t) => {
  t.throws(() => assign(new Float64Array(3), { rows: 2, columns: 2 }), { message: /expected 2 x 2 costs, found 3/ });
  t.throws(() => assign(Float64Array.of(Number.NaN), { rows: 1, columns: 1 }), { message: /cell 0 is NaN/ });
  t.throws(() => assign(Float64Array.of(-X), { rows: 1, columns: 1 }), { message: /cell 0 is -Infinity/ });
});

const costOf = (kind: "integer" | "float") =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: kind === "integer" ? fc.integer({ min: -9, max: 30 }) : fc.double({ min: -50, max: 900, noNaN: true }),
    },
    { weight: 1, arbitrary: fc.constant(X) },
  );

for (const kind of ["integer", "float"] as const) {
  t.test(`assign agrees with trying everything on ${kind} costs`, async () => {
    const tables = fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 6 }))
      .chain(([rows, columns]) =>
        fc
          .array(costOf(kind), { minLength: rows * columns, maxLength: rows * columns })
          .map((costs) => ({ rows, columns, costs: Float64Array.from(costs) })),
      );
    fc.assert(
      fc.property(tables, (of) => {
        const found = judge(of, assign(of.costs, of));
        const best = tryAll(of);
        return (
          found.pairs === best.pairs && Math.abs(found.total - best.total) < 1e-9 * (1 + Math.abs(best.total)) * 100
        );
      }),
      { numRuns: 300 },
    );
  });
}

t.test("assign leaves no improving exchange in a larger table", async (t) => {
  let seed = 7;
  const chance = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 4294967296;
  };
  for (const [rows, columns, forbidden] of [
    [40, 40, 0.2],
    [30, 60, 0.7],
    [60, 30, 0.9],
    [50, 50, 0.95],
  ] as const) {
    const costs = Float64Array.from({ length: rows * columns }, () =>
      chance() < forbidden ? X : chance() * 500 - 100,
    );
    const of = { rows, columns, costs };
    const columnOf = assign(costs, of);
    judge(of, columnOf);
    t.notOk(improves(of, columnOf), `${rows} x ${columns}`);
    const worse = Int32Array.from(columnOf);
    const made = worse.findIndex((column) => column >= 0);
    worse[made] = -1;
    t.ok(improves(of, worse), "the check itself notices a pair left out");
  }
});
