// The tables of faults and damages in test/README.md: each fault once, with tests and simulated faults that exist. A
// test that is renamed or dropped is missed here.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { FAULT_NAMES } from "../sim/faults.js";

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

const TESTS = join(repositoryRoot(), "test");
const PAGE = readFileSync(join(TESTS, "README.md"), "utf8");

/** Rows of the page's tables whose first cell is an id of this letter. */
function rowsOf(letter: string): readonly (readonly string[])[] {
  const rows = PAGE.split("\n").map((line) => line.split("|").slice(1, -1));
  const cells = rows.map((row) => row.map((cell) => cell.trim()));
  return cells.filter(([id = ""]) => new RegExp(`^${letter}\\d\\d$`).test(id));
}

function idsOf(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, "0")}`);
}

/** Tests that a cell names: a file in backticks, then one or more names in quotes. */
function testsIn(cell: string): readonly { readonly file: string; readonly name: string }[] {
  const files = [...cell.matchAll(/`([\w./-]+\.test\.ts)`((?:,? "[^"]+")+)/g)];
  return files.flatMap(([, file = "", names = ""]) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ file, name })),
  );
}

/** What is wrong with a name; null when the file holds a test of it. */
function missing({ file, name }: { readonly file: string; readonly name: string }): string | null {
  const path = join(TESTS, file);
  if (!existsSync(path)) return `${file} does not exist`;
  return readFileSync(path, "utf8").includes(`"${name}"`) ? null : `${file} has no test "${name}"`;
}

t.test(
  "every fault of the catalogue stands in the table once, with how it is exercised and what was seen",
  async (t) => {
    const rows = rowsOf("F");
    t.same(
      rows.map(([id]) => id),
      idsOf("F", 60),
    );
    for (const [id, fault, exercised = "", observed] of rows) {
      t.ok(fault && observed, `${id} says what it is and what was seen`);
      const simulated = [...exercised.matchAll(/`sim: ([\w-]+)`/g)].map(([, name = ""]) => name);
      const unknown = simulated.filter((name) => !FAULT_NAMES.some((known) => known === name));
      t.same(unknown, [], `${id}: simulated faults exist`);
      const tests = testsIn(exercised);
      t.ok(
        exercised === "not exercised" || tests.length + simulated.length > 0,
        `${id} is exercised, or says that not`,
      );
      t.same(
        tests.map(missing).filter((wrong) => wrong !== null),
        [],
        `${id}: tests exist`,
      );
      const named = [...exercised.matchAll(/\.test\.ts`/g)].length;
      t.ok(tests.length >= named, `${id}: every file comes with the name of a test`);
    }
  },
);

t.test("every damage of the catalogue stands in the table once, and the tests that hold it exist", async (t) => {
  const rows = rowsOf("L");
  t.same(
    rows.map(([id]) => id),
    idsOf("L", 40),
  );
  const walked = readFileSync(join(TESTS, "real", "store-rows.ts"), "utf8");
  for (const [id = "", found, hub, edge, heldBy = ""] of rows) {
    t.ok(found && hub && edge && heldBy, `${id} says what hub and edge do`);
    t.same(
      testsIn(heldBy)
        .map(missing)
        .filter((wrong) => wrong !== null),
      [],
      `${id}: tests exist`,
    );
    if (heldBy === "the same table") t.ok(walked.includes(`id: "${id}"`), `${id} is a row of store-rows.ts`);
  }
});

t.test("a name that no file holds is found", async (t) => {
  t.match(missing({ file: "real/absent.test.ts", name: "x" }), /does not exist/);
  t.match(missing({ file: "golden/fault-table.test.ts", name: `no ${"such"} test` }), /has no test/);
});
