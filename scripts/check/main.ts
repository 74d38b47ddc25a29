// Every check of the project in order: types, lint and format, arrows, limits and words, then the tests. Each says what
// it saw; a failure in one hides no other. The last line is plain: `N passed, N failed`. A check counts as one, a test
// file by its assertions.
//   npm test [-- [--fast] [FILTER..]]    only tests whose path contains FILTER; --fast leaves out test/real

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkArrows } from "./arrows.js";
import { checkLint } from "./lint.js";
import { endAll, type FileResult } from "./run-file.js";
import type { Check, Module } from "./source.js";
import {
  checkLine,
  failedLines,
  failureOf,
  folderLines,
  lastLine,
  resultLine,
  type Totals,
  totalsOf,
} from "./summary.js";
import { chosen, runTests, type TestChoice, testFiles } from "./tests.js";
import { checkTidy, readSources } from "./tidy.js";

const COMPILED = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const MOST_AT_ONCE = 4;

function rootOf(compiled: string): string {
  for (let folder = compiled; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  throw new Error(`expected package.json above ${compiled}, found none`);
}

/** The build ends at the first type error; here it is only told over how many modules that judgement went. */
function checkTypes(modules: readonly Module[]): Check {
  const sources = modules
    .map((module) => module.path)
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"));
  const missing = sources.filter((path) => !existsSync(join(COMPILED, path.replace(/\.ts$/, ".js"))));
  const problems = missing.map((path) => `${path}: was not compiled`);
  return { name: "types", counted: sources.length, unit: "modules", problems };
}

/** A group of checks; an exception in one is its failure and hides no other group. */
function attempt(name: string, checks: () => readonly Check[]): readonly Check[] {
  try {
    return checks();
  } catch (cause) {
    return [{ name, counted: 0, unit: "files", problems: [cause instanceof Error ? cause.message : String(cause)] }];
  }
}

function runChecks(root: string): readonly Check[] {
  const all: Check[] = [];
  const tell = (checks: readonly Check[]): void => {
    for (const check of checks) console.log(checkLine(check));
    all.push(...checks);
  };
  tell(
    attempt("reading the sources", () => {
      const sources = readSources(root);
      return [checkTypes(sources.modules), ...checkArrows(sources.modules), ...checkTidy(root, sources)];
    }),
  );
  tell(attempt("lint and format", () => [checkLint(root)]));
  return all;
}

async function runChosenTests(root: string, choice: TestChoice): Promise<readonly FileResult[]> {
  const files = chosen(testFiles(COMPILED), choice);
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism() + 1); // some wait
  console.log(`\ntests: ${files.length} files, ${atOnce} at a time`);
  const onResult = (result: FileResult): void => {
    const failure = failureOf(result);
    if (failure !== null) console.log(failure);
    else if (choice.filters.length > 0) console.log(resultLine(result));
  };
  const results = await runTests(files, { compiled: COMPILED, cwd: root, atOnce, onResult });
  for (const line of folderLines(results)) console.log(line);
  return results;
}

async function main(): Promise<Totals> {
  const { values, positionals } = parseArgs({ options: { fast: { type: "boolean" } }, allowPositionals: true });
  const choice = { filters: positionals, fast: values.fast === true };
  const root = rootOf(COMPILED);
  const checks = choice.filters.length === 0 ? runChecks(root) : [];
  const results = await runChosenTests(root, choice);
  for (const line of failedLines(checks, results)) console.log(line);
  return totalsOf(checks, results);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(signal === "SIGINT" ? 130 : 143);
  });
}
try {
  const totals = await main();
  console.log(`\n${lastLine(totals)}`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : String(cause));
  console.log(`\n${lastLine({ passed: 0, failed: 1, skipped: 0 })}`);
  process.exitCode = 1;
}
