// The renderer of tables: whatever the cells hold, no line is wider than the terminal, and what matters stays.

import fc from "fast-check";
import t from "tap";
import { shown, shownJson } from "../../../hub/cli/escape.js";
import { robotColumns, robotRows } from "../../../hub/cli/robots-table.js";
import { cellWidth, cut, renderTable, wrap } from "../../../hub/cli/table.js";
import { ageText, leftText, wallText } from "../../../hub/cli/units.js";
import { aRobot, ROBOTS } from "./stub-views.js";

const ODD = [
  ...ROBOTS,
  aRobot("a-robot-with-a-name-of-sixty-four-characters-as-long-as-ids-may-be", { task: "t".repeat(64) }),
  aRobot("料理ロボット", { destination: "调度中心🤖🤖", activity: "e\u0301e\u0301" }),
  aRobot("r\u001b[31m", { speedMps: Number.NaN, planMs: Number.POSITIVE_INFINITY, chargeRatio: Number.NaN }),
];

t.test("the table of robots fits every width from 1 to 200, and keeps robot and mode", (t) => {
  for (let width = 1; width <= 200; width += 1) {
    const lines = renderTable(robotColumns, robotRows(ODD), width);
    const wide = lines.filter((line) => cellWidth(line) > width);
    if (wide.length > 0) t.fail(`${width}: ${wide[0]}`);
    if (width >= 40) {
      t.match(lines[0], /ROBOT.*MODE.*AGE.*LEASE/);
      t.ok(lines.some((line) => line.includes("REACTIVE_ONLY")));
    }
  }
  t.end();
});

t.test("X33 without a terminal (width 0) the table is in full", (t) => {
  const [title] = renderTable(robotColumns, robotRows(ROBOTS), 0);
  for (const column of robotColumns) t.match(title, column.title);
  t.end();
});

t.test("columns are dropped by priority, the least important first, and never reappear when it gets narrower", (t) => {
  let before = robotColumns.length;
  for (let width = 200; width >= 20; width -= 1) {
    const [title = ""] = renderTable(robotColumns, robotRows(ROBOTS), width);
    const kept = robotColumns.filter((column) => title.includes(column.title.slice(0, 3)));
    t.ok(kept.length <= before, `${width}`);
    before = kept.length;
    const worst = Math.max(...kept.map(({ priority }) => priority));
    t.equal(kept.length, robotColumns.filter(({ priority }) => priority <= worst).length, title);
  }
  t.end();
});

t.test("any cells at any width give lines that fit, one per row", (t) => {
  const column = fc.record({ priority: fc.nat(9), least: fc.nat(12), align: fc.constantFrom("left", "right") });
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 6 }),
      fc.array(fc.array(fc.string({ unit: "binary", maxLength: 30 }), { minLength: 6, maxLength: 6 }), {
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 120 }),
      (shapes, cells, width) => {
        const columns = shapes.map((shape, index) => ({ ...shape, key: String(index), title: `T${index}` }) as const);
        const lines = renderTable(columns as never, cells.map((row) => ({ ...row })) as never, width);
        return lines.length === cells.length + 1 && lines.every((line) => cellWidth(line) <= width);
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});

t.test("a cut never splits a character and ends in an ellipsis", (t) => {
  t.equal(cut("abcdef", 4), "abc…");
  t.equal(cut("abc", 3), "abc");
  t.equal(cut("🤖🤖🤖", 4), "🤖…");
  t.equal(cut("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  t.equal(cut("ab", 0), "");
  t.same([cellWidth("abc"), cellWidth("料"), cellWidth("🤖"), cellWidth("e\u0301")], [3, 2, 2, 1]);
  t.end();
});

t.test("wrapped text fits, keeps its words and its indents", (t) => {
  const lines = wrap("  one two three four five six", 14, "    ");
  t.same(lines, ["  one two", "    three four", "    five six"]);
  t.same(wrap("unbreakablelongword", 8), ["unbreak…"]);
  t.same(wrap("as it is", 0), ["as it is"]);
  t.end();
});

t.test("X07 nothing that a terminal obeys is left in shown text", (t) => {
  t.equal(shown("a\u001b[2J\r\n\tb\u009b1m\u202e\ud800c"), "a\\x1b[2J\\r\\n\\tb\\x9b1m\\u202e\\ud800c");
  t.equal(shown("käse 料理 🤖 e\u0301"), "käse 料理 🤖 e\u0301");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      const obeyed = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
      return !obeyed.test(shown(text)) && !obeyed.test(shownJson([text])) && JSON.parse(shownJson([text]))[0] === text;
    }),
  );
  t.end();
});

t.test("R6 ages round up and what is left rounds down", (t) => {
  const rows: readonly (readonly [number | undefined, string, string])[] = [
    [0, "0.0 s", "0.0 s"],
    [1, "0.1 s", "0.0 s"],
    [340, "0.4 s", "0.3 s"],
    [9901, "10 s", "9.9 s"],
    [11_001, "12 s", "11 s"],
    [119_001, "2 min", "119 s"],
    [150_000, "3 min", "2 min"],
    [8_000_000, "3 h", "2 h"],
    [200_000_000, "3 days", "2 days"],
    [undefined, "never", "-"],
  ];
  for (const [ms, age, left] of rows) t.same([ageText(ms), leftText(ms)], [age, left], String(ms));
  t.same([wallText(0), wallText(Number.NaN), wallText(1e300)], ["-", "-", "-"]);
  t.end();
});
