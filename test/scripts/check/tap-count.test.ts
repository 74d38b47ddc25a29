// What counts as a passed test file: every assertion at every depth once, and nothing that ended early.

import t from "tap";
import { TapReader } from "../../../scripts/check/tap-count.js";

function read(output: string) {
  const reader = new TapReader();
  for (const line of output.split("\n")) reader.write(`${line}\n`);
  return reader.end();
}

const NESTED = `TAP version 14
# Subtest: outer
    ok 1 - one
    # Subtest: inner
        ok 1 - two
        1..1
    ok 2 - inner
    1..2
ok 1 - outer
ok 2 - three
1..2`;

t.test("assertions count once, at every depth", async (t) => {
  t.match(read(NESTED), { passed: 3, failed: 0, skipped: 0, problem: null });
});

t.test("a failed assertion counts once, and not again where its subtest closes", async (t) => {
  const failed = NESTED.replace("        ok 1 - two", "        not ok 1 - two")
    .replace("    ok 2 - inner", "    not ok 2 - inner")
    .replace("ok 1 - outer", "not ok 1 - outer");
  t.match(read(failed), { passed: 2, failed: 1, problem: null });
});

t.test("a skipped test counts as skipped, with its reason", async (t) => {
  t.match(read("ok 1 - maps # SKIP no data here\nok 2 - b\n1..2"), {
    passed: 1,
    skipped: 1,
    reasons: ["no data here"],
  });
  t.match(read("1..0 # SKIP no data here"), { passed: 0, failed: 0 });
});

t.test("output that ends early is a problem", async (t) => {
  t.match(read(""), { problem: "printed no test" });
  t.match(read("hello"), { problem: "printed no test" });
  t.match(read("ok 1 - a"), { problem: "ended without a plan" });
  t.match(read("ok 1 - a\n1..2"), { problem: "incorrect number of tests" });
  t.match(read("ok 1 - a\nBail out! broken"), { problem: "bailed out: broken" });
  t.match(read("# Subtest: a\n    ok 1 - b\n    1..2\nnot ok 1 - a\n1..1"), { problem: /./ });
});
