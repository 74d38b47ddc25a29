// The table of mutants: a row each, and what it says at the end. Pure.

/** What became of a mutant. */
export interface Row {
  readonly id: string;
  readonly rule: string;
  readonly killed: boolean;
  readonly by: string; // class and checker that found it; empty when nothing did
  readonly seed: number; // of the failure; of a survivor: how many seeds it survived
  readonly seconds: number;
  readonly under: string; // faults that were in every run, with commas between
}

const HEAD = ["mutant", "rule", "result", "by", "seed", "s"] as const;

/** Column widths for these ids. */
export function widthsOf(ids: readonly string[]): readonly number[] {
  return [Math.max(HEAD[0].length, ...ids.map((id) => id.length)), 4, 8, 34, 16, 7];
}

export function headLine(widths: readonly number[]): string {
  return lineOf(HEAD, widths);
}

export function rowLine(row: Row, widths: readonly number[]): string {
  const seed = row.killed ? String(row.seed) : `none of ${row.seed}`;
  const result = row.killed ? "killed" : "SURVIVED";
  const line = lineOf([row.id, row.rule, result, row.by === "" ? "-" : row.by, seed, row.seconds.toFixed(1)], widths);
  return row.under === "" ? line : `${line}  --with ${row.under}`;
}

/** Numbers to the right, the rest to the left; what is too long pushes on. */
function lineOf(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    return index >= cells.length - 2 ? cell.padStart(width) : cell.padEnd(width);
  });
  return padded.join("  ").trimEnd();
}

/** The whole table in the order of `ids`, and a line that sums it up. Rows of other ids are left out. */
export function tableOf(ids: readonly string[], rows: readonly Row[]): readonly string[] {
  const widths = widthsOf(ids);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const lines = ids.flatMap((id) => {
    const row = byId.get(id);
    return row === undefined ? [] : [rowLine(row, widths)];
  });
  return [headLine(widths), ...lines, "", summary(rows)];
}

export function summary(rows: readonly Row[]): string {
  const survivors = rows.filter((row) => !row.killed);
  const names = survivors.length === 0 ? "" : `: ${survivors.map((row) => row.id).join(", ")}`;
  return `${rows.length} mutants, ${rows.length - survivors.length} killed, ${survivors.length} survived${names}`;
}
