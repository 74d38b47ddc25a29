// The limits and the checks of words and texts can fail: each finds what was planted, and leaves good code alone.

import t from "tap";
import { checkLimits, linesOf } from "../../../scripts/check/limits.js";
import { type Check, passed } from "../../../scripts/check/source.js";
import { checkTexts } from "../../../scripts/check/texts.js";
import { checkLockFile, checkTopLevel } from "../../../scripts/check/tree.js";
import { checkWords, wordsOf } from "../../../scripts/check/words.js";
import { modulesOf } from "./modules.js";

const SOUND = {
  "edge/core/one.ts": "// Promises one.\nexport const one = () => 1;\n",
  "test/one.test.ts": 't.test("a");\n',
};

function checks(changed: Readonly<Record<string, string>>): readonly Check[] {
  const texts = { ...SOUND, ...changed };
  const modules = modulesOf(texts);
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }));
  return [...checkLimits(files, modules), ...checkWords(modules), ...checkTexts(files, modules)];
}

function problems(changed: Readonly<Record<string, string>>): readonly string[] {
  return checks(changed).flatMap((check) => check.problems);
}

t.test("checks pass over sound files, and each saw some", async (t) => {
  for (const check of checks({})) t.ok(passed(check), `${check.name}: ${check.counted}, ${check.problems.join(", ")}`);
});

t.test("a check that saw nothing has not passed", async (t) => {
  for (const check of [...checkLimits([], []), ...checkWords([]), ...checkTexts([], [])])
    t.notOk(passed(check), check.name);
});

const lines = (count: number, line = "a();"): string => `// Promises.\n${`${line}\n`.repeat(count)}`;
const mark = ["TO", "DO"].join("");

const PLANTED: readonly (readonly [path: string, text: string, expected: string])[] = [
  ["hub/a.ts", lines(300), "hub/a.ts: 301 lines"],
  ["hub/a.ts", `// Promises.\n${"a".repeat(121)}`, "hub/a.ts:2: 121 characters"],
  ["hub/a.ts", `// Promises.\nfunction f() {\n${"a();\n".repeat(59)}}\n`, "hub/a.ts:2: f has 61 lines"],
  ["hub/a.js", "// Promises.", "hub/a.js: is generated, expected its source only"],
  ["hub/a.bin", "a\0b", "hub/a.bin: is binary, expected text"],
  ["hub/a.ts", "// Promises.\nconst agvSpeed = 1;", "hub/a.ts:2: agvSpeed says agv, expected robot"],
  ["hub/a.ts", "// Promises.\nclass MissionQueue {}", "hub/a.ts:2: MissionQueue says mission, expected task"],
  ["hub/a.ts", "// Promises.\nlet a: any;", "hub/a.ts:2: the type any, expected a type"],
  ["hub/a.ts", "// Promises.\nlet a: Map<string, any>;", "hub/a.ts:2: the type any, expected a type"],
  ["hub/a.ts", "const a = 1; // too late", "hub/a.ts: opens without a comment that says what it promises"],
  ["hub/a.ts", `// Promises.\n// ${mark}: more`, `hub/a.ts:2: ${mark}`],
  ["hub/a.ts", "// Promises.\n// @ts-expect-error because", "hub/a.ts:2: switches the compiler off"],
  ["hub/core/a.ts", "// Promises.\n// biome-ignore lint: because", "hub/core/a.ts:2: switches the linter off"],
  [
    "proto/a.ts",
    "// Promises.\nswitch (a(b)) { case 1: { f(); } default: g(); }",
    "proto/a.ts:2: a default, expected a case for each kind",
  ],
  ["test/a.test.ts", "t.only(one);", "test/a.test.ts:1: a test that runs alone, expected all to run"],
  ["test/a.test.ts", 't.test("a", { only: true });', "test/a.test.ts:1: a test that runs alone, expected all to run"],
  ["test/a.test.ts", 't.todo("a");', "test/a.test.ts:1: a test to be written, expected the test"],
  [
    "test/a.test.ts",
    't.skip("a");',
    "test/a.test.ts:1: a test left out, expected { skip: reason } where data are absent",
  ],
  ["test/a.test.ts", "setTimeout(done, 20);", "test/a.test.ts:1: setTimeout, expected a virtual clock"],
  [
    "test/a.test.ts",
    'import { setTimeout as sleep } from "node:timers/promises";',
    "test/a.test.ts:1: setTimeout, expected a virtual clock",
  ],
  ["hub/a.md", `see ${["", "work", "main", "x"].join("/")}`, `hub/a.md:1: ${["", "work", "main"].join("/")}`],
  ["hub/a.md", `-----BEGIN ${"PRIVATE"} KEY-----`, `hub/a.md:1: -----BEGIN ${"PRIVATE"} KEY-----`],
];

for (const [path, text, expected] of PLANTED) {
  t.test(`checks find in ${path}: ${expected}`, async (t) => {
    const modules = /\.(ts|js)$/.test(path) ? problems({ [path]: text }) : [];
    const files = checkLimits([{ path, text }], []).concat(checkTexts([{ path, text }], []));
    t.ok([...modules, ...files.flatMap((check) => check.problems)].includes(expected), modules.join("\n"));
  });
}

t.test("checks leave alone what only looks like a violation", async (t) => {
  const good = [
    "// Promises. A bot is no robot, and any mission is none.",
    'const text = "agv, TTL"; const settle = abbot(mqttless);',
    "const schema = { default: 1, any: 2, todo: 3, only: one.any };",
    "switch (a) { case 1: f({ default: 2 }); }",
  ];
  t.same(problems({ "proto/a.ts": good.join("\n") }), []);
  const real = "setTimeout(poll, 20); t.setTimeout(60_000);";
  t.same(problems({ "test/real/a.test.ts": real, "test/b.test.ts": "t.setTimeout(60_000);" }), []);
});

t.test("the median is judged over all files of code", async (t) => {
  const many = Object.fromEntries(["a", "b", "c"].map((name) => [`hub/${name}.ts`, lines(149)]));
  t.match(problems(many), ["the median is 150 lines"]);
});

t.test("a last line that ends begins no further line", async (t) => {
  t.same([linesOf("").length, linesOf("a").length, linesOf("a\n").length, linesOf("a\n\n").length], [0, 1, 1, 2]);
});

t.test("a name is split into its words", async (t) => {
  t.same(wordsOf("leaseMsMax"), ["lease", "ms", "max"]);
  t.same(wordsOf("HTTPServer_VERSION2"), ["http", "server", "version"]);
  t.same(wordsOf("#ttl"), ["ttl"]);
});

const TOP = ["README.md", "LICENSE", "package.json", "package-lock.json", "tsconfig.json", "biome.json"];
const FOLDERS = ["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"];

t.test("the top level holds what it shall, tools aside, and nothing else", async (t) => {
  t.ok(passed(checkTopLevel([...TOP, ...FOLDERS, ".gitignore", "dist", "node_modules"])));
  t.same(checkTopLevel([...TOP, ...FOLDERS, "src"]).problems, ["src: expected nothing of that name at the top"]);
  t.same(checkTopLevel([...TOP.slice(1), ...FOLDERS]).problems, ["README.md: is missing"]);
});

t.test("the lock file names no host and gives each package a checksum", async (t) => {
  const entry = { version: "1.0.0", integrity: "sha512-a" };
  const lock = (changed: object): string =>
    JSON.stringify({ packages: { "": { name: "drover" }, "node_modules/a": changed } });
  t.ok(passed(checkLockFile(lock(entry))));
  t.match(checkLockFile(lock({ ...entry, resolved: "a" })).problems, [/node_modules\/a names where it came from/]);
  t.match(checkLockFile(lock({ version: "1.0.0" })).problems, [/node_modules\/a has no checksum/]);
  t.notOk(passed(checkLockFile("{}")));
});
