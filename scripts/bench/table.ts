// The table at the end of a run. Pure: rows of figures to lines of text, three digits that count each.

import { type Column, renderTable } from "../../hub/cli/table.js";
import type { Row } from "./bench.js";
import type { Spread } from "./statistics.js";

const COLUMNS: readonly Column[] = [
  { key: "bench", title: "bench", priority: 0, least: 4 },
  { key: "figure", title: "figure", priority: 0, least: 20 },
  { key: "own", title: "Drover", align: "right", priority: 0, least: 8 },
  { key: "spread", title: "quartiles", align: "right", priority: 3, least: 8 },
  { key: "raw", title: "raw", align: "right", priority: 1, least: 8 },
  { key: "ratio", title: "ratio", align: "right", priority: 0, least: 5 },
  { key: "ratios", title: "quartiles", align: "right", priority: 4, least: 8 },
  { key: "what", title: "raw is", priority: 2, least: 8 },
];

export interface Named {
  readonly bench: string;
  readonly row: Row;
}

/** Three digits that count: 1234567 is "1,230,000", 3.14159 is "3.14". */
export function shownNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size < 2) return value.toFixed(Math.min(6, 2 - size));
  const unit = 10 ** (size - 2);
  return (Math.round(value / unit) * unit).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Lines of a table, title first, none wider than `width` cells; without a width in full. */
export function tableOf(rows: readonly Named[], width?: number): readonly string[] {
  const cells = rows.map(({ bench, row }, index) => ({
    bench: rows[index - 1]?.bench === bench ? "" : bench,
    figure: row.figure,
    own: withUnit(row.own, row.unit),
    spread: between(row.own),
    raw: row.raw === null ? "-" : withUnit(row.raw.spread, row.unit),
    ratio: row.ratio === null ? "-" : `${shownNumber(row.ratio.median)}x`,
    ratios: row.ratio === null ? "" : between(row.ratio),
    what: row.raw?.what ?? "",
  }));
  return renderTable(COLUMNS, cells, width);
}

function withUnit({ median }: Spread, unit: string): string {
  return unit === "" ? shownNumber(median) : `${shownNumber(median)} ${unit}`;
}

function between({ low, high, count }: Spread): string {
  return count < 2 ? "" : `${shownNumber(low)}..${shownNumber(high)}`;
}
