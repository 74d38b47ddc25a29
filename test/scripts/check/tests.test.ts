// Which test files run, what becomes of each kind of bad one, and what is told of them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { lintResult } from "../../../scripts/check/lint.js";
import { type FileResult, runFile } from "../../../scripts/check/run-file.js";
import { passed } from "../../../scripts/check/source.js";
import { checkLine, failedLines, failureOf, folderLines, lastLine, totalsOf } from "../../../scripts/check/summary.js";
import { chosen, runTests, testFiles } from "../../../scripts/check/tests.js";

const OK = 'console.log("ok 1 - a\\n1..1");';
const LIMIT_MS = 60_000;

function aResult(changed: Partial<FileResult>): FileResult {
  const counts = { passed: 1, failed: 0, skipped: 0, reasons: [], problem: null };
  return { file: "test/hub/a.test.js", tookMs: 10, output: "", ...counts, ...changed };
}

const FILES = [
  "test/docs.test.js",
  "test/edge/core/step.test.js",
  "test/hub/io/store.test.js",
  "test/real/link.test.js",
];

t.test("all files run unless a filter names some, by source or compiled name", async (t) => {
  t.same(chosen(FILES, { filters: [], fast: false }), FILES);
  t.same(chosen(FILES, { filters: [], fast: true }), FILES.slice(0, 3));
  t.same(chosen(FILES, { filters: ["core", "link"], fast: false }), [FILES[1], FILES[3]]);
  t.same(chosen(FILES, { filters: ["test/hub/io/store.test.ts"], fast: false }), [FILES[2]]);
  t.same(chosen(FILES, { filters: ["dist/test/docs.test.js"], fast: false }), [FILES[0]]);
  t.same(chosen(FILES, { filters: ["nothing"], fast: false }), []);
});

t.test("test files are found by name at every depth, and real ones run alone after the others", async (t) => {
  const note = (name: string): string =>
    `import { appendFileSync } from "node:fs"; appendFileSync(new URL("${name}", import.meta.url), "begin\\n");
     ${OK} appendFileSync(new URL("${name}", import.meta.url), "end\\n");`;
  const compiled = t.testdir({
    "package.json": '{ "type": "module" }',
    test: {
      "a.test.js": OK,
      "kit.js": "",
      "a.test.js.map": "",
      real: { "b.test.js": note("../log"), "c.test.js": note("../log") },
      hub: { io: { "d.test.js": note("../../log") } },
    },
  });
  const files = testFiles(compiled);
  t.same(files, ["test/a.test.js", "test/hub/io/d.test.js", "test/real/b.test.js", "test/real/c.test.js"]);
  const seen: string[] = [];
  const results = await runTests(files, {
    compiled,
    cwd: compiled,
    atOnce: 2,
    onResult: ({ file }) => seen.push(file),
  });
  t.equal(results.length, 4);
  t.same(seen.slice(2), ["test/real/b.test.js", "test/real/c.test.js"]);
  t.equal(readFileSync(join(compiled, "test/log"), "utf8"), "begin\nend\n".repeat(3));
});

const BAD: readonly (readonly [name: string, source: string, problem: string | null])[] = [
  ["sound", OK, null],
  ["failing", 'console.log("not ok 1 - a\\n1..1"); process.exitCode = 1;', null],
  ["silent", "", "printed no test"],
  ["planless", 'console.log("ok 1 - a");', "ended without a plan"],
  ["exit", `${OK} process.exitCode = 7;`, "code 7"],
  ["failing and exits with 0", 'console.log("not ok 1 - a\\n1..1");', "code 0"],
  ["crash", `${OK} throw new Error("boom");`, "code 1"],
  ["killed", `${OK} process.kill(process.pid, "SIGKILL");`, "SIGKILL"],
  [
    "child",
    `import { spawn } from "node:child_process"; spawn("sleep", ["60"], { stdio: "ignore" }).unref(); ${OK}`,
    "left a process running",
  ],
];

for (const [name, source, problem] of BAD) {
  t.test(`a test file that is ${name} is told as ${problem ?? "its own assertions say"}`, async (t) => {
    const dir = t.testdir({ "a.test.mjs": source });
    const result = await runFile(join(dir, "a.test.mjs"), { cwd: dir, limitMs: LIMIT_MS });
    t.equal(result.problem, problem, result.output);
    t.equal(failureOf(result) === null, name === "sound");
  });
}

t.test("a test file that takes too long is ended, with its children", async (t) => {
  const source = 'import { spawnSync } from "node:child_process"; spawnSync("sleep", ["60"]);';
  const dir = t.testdir({ "a.test.mjs": source });
  const result = await runFile(join(dir, "a.test.mjs"), { cwd: dir, limitMs: 400 });
  t.equal(result.problem, "ran longer than 0.4 s");
  t.ok(result.tookMs < 20_000, `${result.tookMs} ms`);
});

t.test("the last line counts checks and assertions, and a file that went wrong as a failure", async (t) => {
  const good = { name: "a", counted: 1, unit: "files", problems: [] };
  const blind = { ...good, counted: 0 };
  t.equal(lastLine(totalsOf([good, blind], [aResult({ passed: 40, skipped: 2 })])), "41 passed, 1 failed, 2 skipped");
  t.equal(lastLine(totalsOf([], [aResult({ passed: 3, problem: "code 7" })])), "3 passed, 1 failed");
  t.equal(lastLine(totalsOf([], [])), "0 passed, 0 failed");
});

t.test("a failure is shown from where it began, up to a limit", async (t) => {
  const noise = "    ok 1 - fine\n".repeat(500);
  const shown = failureOf(aResult({ failed: 1, output: `${noise}    not ok 2 - bad\n      why\n${noise}` })) ?? "";
  t.match(shown, /not ok 2 - bad/);
  t.match(shown, /lines left out/);
  t.ok(shown.split("\n").length < 130);
});

t.test("summary tells each folder, why tests were skipped, and at the end what failed", async (t) => {
  const skipped = aResult({ file: "test/models/b.test.js", skipped: 1, reasons: ["no maps here"] });
  const told = folderLines([aResult({}), aResult({ file: "test/docs.test.js", failed: 1 }), skipped]);
  t.match(told, [
    /^FAIL test: 1 files, 1 passed, 1 failed/,
    /^ok {3}test\/hub: 1 files/,
    /^ok {3}test\/models/,
    /no maps here/,
  ]);
  const blind = { name: "arrows", counted: 0, unit: "modules", problems: [] };
  t.match(checkLine(blind), /FAIL arrows \(0 modules\)\n.*saw nothing/);
  const failed = failedLines([blind], [aResult({ problem: "code 7" })]).slice(2);
  t.match(failed, [/arrows \(0 problems\)/, /test\/hub\/a\.test\.js/]);
  t.same(failedLines([], [aResult({})]), []);
});

t.test("the linter's result is its code and the number of files it saw", async (t) => {
  t.match(lintResult({ output: "Checked 273 files in 461ms.", code: 0 }), { counted: 273, problems: [] });
  t.match(lintResult({ output: "Checked 1 file in 4ms.", code: 0 }), { counted: 1 });
  t.notOk(passed(lintResult({ output: "a.ts lint\nChecked 9 files", code: 1 })));
  t.notOk(passed(lintResult({ output: "", code: 0 })), "a linter that saw nothing");
});
