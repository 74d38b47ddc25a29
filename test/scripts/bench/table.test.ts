// The table and the flags of `npm run bench`.

import t from "tap";
import { alone, beside } from "../../../scripts/bench/bench.js";
import { BENCHES } from "../../../scripts/bench/catalogue.js";
import { readMainOptions } from "../../../scripts/bench/options.js";
import { shownNumber, tableOf } from "../../../scripts/bench/table.js";

t.test("bench number shows three digits that count", async (t) => {
  const table: readonly (readonly [number, string])[] = [
    [0, "0"],
    [0.000123, "0.000123"],
    [0.05678, "0.0568"],
    [1, "1.00"],
    [2.34567, "2.35"],
    [31.4159, "31.4"],
    [314.159, "314"],
    [-2.5, "-2.50"],
    [1000, "1,000"],
    [17_849, "17,800"],
    [1_234_567, "1,230,000"],
  ];
  for (const [value, expected] of table) t.equal(shownNumber(value), expected, String(value));
});

t.test("bench table has a line per figure, and a ratio only where there is something raw", async (t) => {
  const compared = beside({ figure: "a", unit: "us" }, { own: [2, 3, 4], raw: [1, 1, 1] }, { what: "library" });
  const rows = [
    { bench: "one", row: compared },
    { bench: "one", row: alone("b", "", [5]) },
    { bench: "two", row: alone("c", "ms", [6, 8]) },
  ];
  t.same(tableOf(rows), [
    "bench  figure   Drover   quartiles      raw  ratio   quartiles  raw is",
    "one    a       3.00 us  2.50..3.50  1.00 us  3.00x  2.50..3.50  library",
    "       b          5.00                    -      -",
    "two    c       7.00 ms  6.50..7.50        -      -",
  ]);
  for (const line of tableOf(rows, 50)) t.ok(line.length <= 50, line);
  t.match(tableOf(rows, 50)[1], /3\.00 us .*3\.00x/, "figure and ratio stay where room is scarce");
});

t.test("bench flags take names in the order of the list, and refuse what they do not know", async (t) => {
  const known = ["ledger", "codec", "link"];
  t.same(readMainOptions([], known).names, known, "none means all");
  t.same(readMainOptions(["link", "ledger", "--json", "f"], known), {
    ...{ names: ["ledger", "link"], list: false, help: false, json: "f", events: 100_000, siteMs: 30_000 },
    ...{ scenes: 1000, from: 1 },
  });
  t.equal(readMainOptions(["--site-for", "7"], known).siteMs, 7000);
  const some = readMainOptions(["--scenes", "3", "--from", "17"], known);
  t.same([some.scenes, some.from], [3, 17]);
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["lnk"], /expected names among ledger, codec, link, found "lnk"/],
    [["--events", "12"], /--events: expected a whole number from 1000 to 2000000, found "12"/],
    [["--events", "1e5"], /found "1e5"/],
    [["--site-for", "0"], /--site-for: expected a whole number from 5 to 600/],
    [["--scenes", "0"], /--scenes: expected a whole number from 1 to 1000000, found "0"/],
    [["--fast"], /fast/],
  ];
  for (const [args, message] of refused) t.throws(() => readMainOptions(args, known), { message }, args.join(" "));
});

t.test("every bench can be loaded and has a limit of time", async (t) => {
  for (const [name, entry] of Object.entries(BENCHES)) {
    const bench = await entry.load();
    t.type(bench.run, "function", name);
    t.ok(entry.mostMs >= 1000 && entry.about !== "", name);
  }
});
