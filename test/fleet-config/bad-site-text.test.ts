// A site file that is no sound YAML: each way is refused with what was found and what was expected.

import t from "tap";
import { parseSite } from "../../fleet-config/validate.js";
import { depthMost } from "../../fleet-config/yaml-text.js";
import { type Case, checkRefusals } from "./helpers/refusals.js";
import { problemsOf, soundSite, spoilt } from "./helpers/site.js";

const cases: readonly Case[] = [
  {
    name: "C05 too large",
    text: `# ${"x".repeat(1_048_576)}`,
    path: "",
    found: "1048578 bytes",
    expected: "at most 1048576 bytes",
  },
  { name: "C06 empty", text: " \n", path: "", found: "an empty file", expected: "a YAML mapping" },
  { name: "C06 a list", text: "- 1\n", path: "", found: "1 items", expected: "a mapping" },
  { name: "C09 syntax", text: "schema: [1\n", path: "", found: "column", expected: "YAML 1.2" },
  { name: "C09 tab", text: "lease:\n\tleaseMs: 1\n", path: "", found: "column 1", expected: "", line: 2 },
  {
    name: "C10 duplicate key",
    text: spoilt("site: yard", "site: yard\nsite: yard"),
    path: "",
    found: "site",
    expected: "each key once",
    line: 3,
  },
  {
    name: "C11 __proto__",
    text: spoilt("site: yard", "site: yard\n__proto__: { a: 1 }"),
    path: "/__proto__",
    found: "__proto__",
    expected: "one of schema, site",
    line: 3,
  },
  {
    name: "C12 constructor.prototype",
    text: spoilt("site: yard", "site: yard\nconstructor: { prototype: 1 }"),
    path: "/constructor",
    found: "constructor",
    expected: "one of schema, site",
  },
  {
    name: "C14 alias",
    text: spoilt("site: yard", "site: &a yard").replace("home: H2", "home: *a"),
    path: "",
    found: "a",
    expected: "aliases, anchors and tags are not supported",
  },
  {
    name: "C14 anchor alone",
    text: spoilt("site: yard", "site: &a yard"),
    path: "",
    found: "the anchor &a",
    expected: "aliases, anchors",
    line: 2,
  },
  {
    name: "C14 tag",
    text: spoilt("site: yard", "site: !!binary eWFyZA=="),
    path: "",
    found: "the tag tag:yaml.org,2002:binary",
    expected: "tags are not supported",
  },
  { name: "C14 two documents", text: `${soundSite}---\na: 1\n`, path: "", found: "---", expected: "one document" },
  {
    name: "C14 merge key",
    text: spoilt("id: pickers", "id: pickers\n    <<: { ladder: 1 }"),
    path: "/fleets/0/<<",
    found: "<<",
    expected: "one of id, freshness, ladder",
  },
  {
    name: "C16 flow nesting",
    text: `a: ${"[".repeat(50_000)}`,
    path: "",
    found: `nesting deeper than ${depthMost}`,
    expected: `at most ${depthMost} levels`,
  },
  {
    name: "C16 block nesting",
    text: "- ".repeat(50_000),
    path: "",
    found: `nesting deeper than ${depthMost}`,
    expected: "levels",
  },
];

t.test("R13 a site file that is no sound YAML is refused", async (t) => checkRefusals(t, cases));

t.test("R13 a refusal prints every problem with file, line and path", async (t) => {
  const text = spoilt("site: yard", "site: Yard").replace("leaseMs", "leaseMs").replace("kind: pick", "kind: lift");
  const problems = problemsOf(() => parseSite(text, "site.yaml"));
  t.equal(problems.length, 2);
  t.throws(() => parseSite(text, "site.yaml"), {
    message: /site\.yaml:2 \/site: expected .*\nsite\.yaml:5 \/destinations\/0\/kind: expected /,
  });
});

t.test("C11 a refused __proto__ leaves the prototype untouched", async (t) => {
  problemsOf(() => parseSite(spoilt("site: yard", "site: yard\n__proto__: { polluted: 1 }"), "site.yaml"));
  t.equal(Reflect.get({}, "polluted"), undefined);
});

t.test("C07 a byte-order mark before a sound site is accepted", async (t) => {
  t.equal(parseSite(`\uFEFF${soundSite}`, "site.yaml").site, "yard");
});
