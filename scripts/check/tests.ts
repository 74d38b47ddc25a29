// Runs the compiled tests: each file a process, several at a time; then those of test/real, which start processes of
// their own and mostly wait: one that runs a whole site beside one that does not.

import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { type FileResult, runFile } from "./run-file.js";

export interface TestChoice {
  readonly filters: readonly string[]; // parts of paths: a file runs that contains one; every file when there is none
  readonly fast: boolean; // leaves out test/real
}

const LIMIT_MS = 300_000;

/** Compiled test files below `compiled`, as paths from there, in order. */
export function testFiles(compiled: string): readonly string[] {
  const entries = readdirSync(join(compiled, "test"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".test.js"));
  return files.map((entry) => relative(compiled, join(entry.parentPath, entry.name)).split("\\").join("/")).sort();
}

/** The files that the choice takes. */
export function chosen(files: readonly string[], choice: TestChoice): readonly string[] {
  const { filters, fast } = choice;
  const wanted = files.filter((file) => filters.length === 0 || filters.some((filter) => isNamed(file, filter)));
  return fast ? wanted.filter((file) => !isReal(file)) : wanted;
}

/** A filter may name the source of a test or its compiled form. */
function isNamed(file: string, filter: string): boolean {
  return file.includes(filter.replace(/^dist\//, "").replace(/\.ts$/, ".js"));
}

export function isReal(file: string): boolean {
  return file.startsWith("test/real/");
}

/** Of those that run a whole site and measure time there is never more than one at a time. */
function isSite(file: string): boolean {
  return file.startsWith("test/real/site");
}

export interface RunTests {
  readonly compiled: string;
  readonly cwd: string;
  readonly atOnce: number;
  readonly onResult: (result: FileResult) => void;
}

/** Runs the files and resolves when all have ended. */
export async function runTests(files: readonly string[], options: RunTests): Promise<readonly FileResult[]> {
  const results: FileResult[] = [];
  const runAll = async (queue: string[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runFile(join(options.compiled, file), { cwd: options.cwd, limitMs: LIMIT_MS });
      results.push({ ...result, file });
      options.onResult({ ...result, file });
    }
  };
  const quick = files.filter((file) => !isReal(file));
  await Promise.all(Array.from({ length: options.atOnce }, () => runAll(quick)));
  const real = files.filter((file) => isReal(file) && !isSite(file));
  await Promise.all([runAll(files.filter(isSite)), runAll(real)]);
  return results;
}
