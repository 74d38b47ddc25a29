// Tables that fit the terminal. Pure. No line is wider than it was told; columns that do not fit are dropped, the
// least important first, and cells are cut with an ellipsis, never inside a character. Cells are escaped here
// (escape.ts), so that nobody can forget it.

import { shown } from "./escape.js";

export interface Column {
  /** Names the cell in a row. */
  readonly key: string;
  readonly title: string;
  readonly align?: "left" | "right";
  /** 0 stays longest; the highest is dropped first. */
  readonly priority: number;
  /** Narrower than this it says nothing: it is dropped instead. In terminal cells. */
  readonly least: number;
}

/** Cells by the key of their column; a missing cell is empty. */
export type Row = Readonly<Record<string, string>>;

const GAP = 2;

interface Laid {
  readonly column: Column;
  readonly cells: readonly string[];
  width: number;
}

/**
 * Lines of a table, title first, none wider than `width` terminal cells and without trailing blanks. A width that is
 * not positive means no terminal: every column in full.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly Row[],
  width = Number.POSITIVE_INFINITY,
): readonly string[] {
  const room = width > 0 ? width : Number.POSITIVE_INFINITY;
  const laid = columns.map((column): Laid => {
    const cells = [column.title, ...rows.map((row) => shown(row[column.key] ?? ""))];
    return { column, cells, width: Math.max(...cells.map(cellWidth)) };
  });
  const fitting = shrink(dropped(laid, room), room);
  return [0, ...rows.map((_, index) => index + 1)].map((index) =>
    fitting
      .map(({ cells, width: wide, column }) => pad(cut(cells[index] ?? "", wide), wide, column.align ?? "left"))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}

function dropped(laid: readonly Laid[], room: number): Laid[] {
  const kept = [...laid];
  const leastTotal = () =>
    kept.reduce((sum, { width, column }) => sum + Math.min(width, column.least), GAP * (kept.length - 1));
  while (kept.length > 1 && leastTotal() > room) {
    const last = Math.max(...kept.map(({ column }) => column.priority));
    kept.splice(
      kept.findLastIndex(({ column }) => column.priority === last),
      1,
    );
  }
  return kept;
}

/** Takes from the widest column that may still shrink, one cell at a time. */
function shrink(kept: Laid[], room: number): readonly Laid[] {
  let over = kept.reduce((sum, { width }) => sum + width, GAP * (kept.length - 1)) - room;
  while (over > 0) {
    const [widest] = kept
      .filter(({ width, column }) => width > column.least)
      .sort((a, b) => b.width - b.column.least - (a.width - a.column.least));
    const [only] = kept;
    const victim = widest ?? only;
    if (victim === undefined || victim.width <= 0) break;
    victim.width -= 1;
    over -= 1;
  }
  return kept;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
// Ranges of Unicode's wide letters; emoji are told by their property or by their variation selector.
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
const EMOJI = /^[\u{1f200}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const NARROW = /^[\u0020-\u007e]*$/;
const MARK = /^[\p{Mn}\p{Me}]+$/u;

/** Terminal cells that a text takes: two for wide characters and emoji, none for marks on their own. */
export function cellWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += segmentWidth(segment);
  return width;
}

function segmentWidth(segment: string): number {
  if (MARK.test(segment)) return 0;
  return WIDE.test(segment) || EMOJI.test(segment) ? 2 : 1;
}

/** `text` in at most `most` terminal cells; what is cut ends in an ellipsis. */
export function cut(text: string, most: number): string {
  if (cellWidth(text) <= most) return text;
  if (most <= 0) return "";
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += segmentWidth(segment);
    if (width > most - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const blanks = " ".repeat(Math.max(0, width - cellWidth(text)));
  return align === "left" ? text + blanks : blanks + text;
}

/**
 * `text`, escaped, in lines of at most `width` cells, broken at blanks. Each line after the first begins with `indent`;
 * the blanks at the beginning of the text stay. A single word that is too long is cut.
 */
export function wrap(text: string, width: number, indent = ""): readonly string[] {
  const room = width > 0 ? width : Number.POSITIVE_INFINITY;
  const words = shown(text.trimStart()).split(" ");
  const lines: string[] = [];
  let line = text.slice(0, text.length - text.trimStart().length) + (words.shift() ?? "");
  for (const word of words) {
    if (cellWidth(line) + 1 + cellWidth(word) <= room) line += ` ${word}`;
    else {
      lines.push(cut(line, room));
      line = indent + word;
    }
  }
  return [...lines, cut(line, room)];
}
