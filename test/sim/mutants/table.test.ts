import t from "tap";
import { readOptions } from "./options.js";
import { endingOf } from "./run.js";
import { type Row, rowLine, tableOf, widthsOf } from "./table.js";

const ROWS: readonly Row[] = [
  { id: "no-wait", rule: "R5", killed: false, by: "", seed: 10_000, seconds: 812.44, under: "" },
  {
    id: "lease-from-receipt",
    rule: "R2",
    killed: true,
    by: "safety acting-conflict",
    seed: 37,
    seconds: 4.06,
    under: "",
  },
  {
    id: "no-brake",
    rule: "R14",
    killed: true,
    by: "crash",
    seed: 9_007_199_254_740_991,
    seconds: 0.3,
    under: "a,b",
  },
];
const IDS = ["lease-from-receipt", "no-wait", "no-brake", "not-tried"];

t.test("the table has a row each in the order of the catalogue, and names the survivors", async (t) => {
  t.same(tableOf(IDS, ROWS), [
    "mutant              rule  result    by                                              seed        s",
    "lease-from-receipt  R2    killed    safety acting-conflict                            37      4.1",
    "no-wait             R5    SURVIVED  -                                      none of 10000    812.4",
    "no-brake            R14   killed    crash                               9007199254740991      0.3  --with a,b",
    "",
    "3 mutants, 2 killed, 1 survived: no-wait",
  ]);
  t.equal(tableOf(IDS, ROWS.slice(1)).at(-1), "2 mutants, 2 killed, 0 survived");
});

t.test("a row stands alone as it stands in the table", async (t) => {
  const [, ...lines] = tableOf(IDS, ROWS);
  for (const row of ROWS) t.ok(lines.includes(rowLine(row, widthsOf(IDS))));
});

t.test("the ending of a run is read from its last line, else from its exit code", async (t) => {
  const range = { from: 51, seeds: 100 };
  const run = { code: 11, late: false, out: "52 seeds\nseed 53 failed: safety place-free P4 was freed\n", err: "" };
  const told = "seed 53 failed: safety place-free P4 was freed";
  t.same(endingOf(run, range), { kind: "failed", by: "safety place-free", seed: 53, told });
  const thrown = { code: 1, late: false, out: "", err: "file.js:1\n\nTypeError: x is undefined\n    at y\n" };
  t.same(endingOf(thrown, range), { kind: "failed", by: "crash", seed: 51, told: "TypeError: x is undefined" });
  t.match(endingOf({ code: null, late: true, out: "", err: "" }, range), { by: "hang", seed: 51 });
  t.match(endingOf({ code: 13, late: false, out: "odd\n", err: "" }, range), { by: "determinism" });
});

t.test("options are read, and what is wrong is said", async (t) => {
  t.match(readOptions([], IDS), { ids: [], random: 0, seeds: 10_000, first: 1, atOnce: 2, list: false });
  t.match(readOptions(["--ids", "no-wait,no-brake", "--jobs", "1"], IDS), {
    ids: ["no-wait", "no-brake"],
    atOnce: 1,
  });
  t.throws(() => readOptions(["--ids", "no-wait,else"], IDS), { message: /expected an id .* found "else"/ });
  t.throws(() => readOptions(["--seeds", "1e3"], IDS), {
    message: '--seeds: expected a whole number from 1 to 1000000000, found "1e3"',
  });
  t.throws(() => readOptions(["--ids", "no-wait", "--random", "3"], IDS), { message: /expected no --ids/ });
  t.throws(() => readOptions(["--oops"], IDS));
});
