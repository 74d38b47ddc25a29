// The scanner under every check: what it takes for code, for text and for prose.

import t from "tap";
import { pairs, scan } from "../../../scripts/check/tokens.js";

const texts = (source: string): readonly string[] => scan(source).tokens.map((token) => `${token.kind} ${token.text}`);

t.test("scanner keeps comments apart from code", async (t) => {
  const { tokens, comments } = scan("#!/usr/bin/env node\na; // Date\n/* process\n*/ b");
  t.same(
    tokens.map(({ text, line }) => [text, line]),
    [
      ["a", 2],
      [";", 2],
      ["b", 4],
    ],
  );
  t.same(
    comments.map(({ text, line }) => [text, line]),
    [
      ["#!/usr/bin/env node", 1],
      ["// Date", 2],
      ["/* process\n*/", 3],
    ],
  );
});

t.test("scanner takes a text as one token, whatever stands in it", async (t) => {
  t.same(texts(`'a"{' "//x\\"" 1.5e-3 0xff_f`), ['string a"{', 'string //x\\"', "number 1.5e-3", "number 0xff_f"]);
  t.same(texts("x = /[/}]\\/{/gu;"), ["word x", "punct =", "regex /[/}]\\/{/gu", "punct ;"]);
  t.same(texts("a / b / c"), ["word a", "punct /", "word b", "punct /", "word c"], "a division is no expression");
  t.same(texts("return /a/;")[1], "regex /a/");
  t.same(texts("this.#one ??= @two"), [
    "word this",
    "punct .",
    "word #one",
    "punct ?",
    "punct ?",
    "punct =",
    "word @two",
  ]);
});

/** The start of code inside a template, which no string of this file may hold as such. */
const OPEN = ["$", "{"].join("");

t.test("scanner reads the code inside a template, and templates inside that", async (t) => {
  const found = texts(["`a", OPEN, " f({ b: `c", OPEN, "d}e` }) }g` + `h`"].join(""));
  t.same(
    found.filter((token) => !token.startsWith("punct")),
    ["template `a", "word f", "word b", "template `c", "word d", "template e`", "template g`", "template `h`"],
  );
});

t.test("scanner refuses what it cannot read", async (t) => {
  for (const bad of ['"a', "'a\n'", "`a", `\`a${OPEN}b`, "/* a", "x = /a\n/"])
    t.throws(() => scan(bad), /cannot read line/, bad);
});

t.test("brackets pair, also around a template's code", async (t) => {
  const { tokens } = scan(`f(\`${OPEN}a[0]}\`)`);
  const partner = pairs(tokens);
  for (const [index, other] of partner.entries()) if (other >= 0) t.equal(partner[other], index);
  t.equal(partner.filter((other) => other >= 0).length, 6);
  for (const bad of ["(", "(]", ")", "{ ( }"]) t.throws(() => pairs(scan(bad).tokens), /line 1/, bad);
});
