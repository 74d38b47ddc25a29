// What `npm test` prints: a line per check, a line per folder of tests, failures in full up to a limit, the last line.

import type { FileResult } from "./run-file.js";
import { type Check, passed } from "./source.js";

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const MOST_PROBLEMS = 250;
const MOST_FAILURE_LINES = 120;
const SLOWEST = 3;

/** One line for a check that passed; its problems below it for one that failed. */
export function checkLine(check: Check): string {
  const head = `${passed(check) ? "ok  " : "FAIL"} ${check.name} (${check.counted} ${check.unit})`;
  const problems = check.counted === 0 ? ["saw nothing, so it proves nothing", ...check.problems] : check.problems;
  const shown = problems.slice(0, MOST_PROBLEMS).map((problem) => `       ${problem}`);
  const more = problems.length - shown.length;
  return [head, ...shown, ...(more > 0 ? [`       and ${more} more`] : [])].join("\n");
}

export function isFailed(result: FileResult): boolean {
  return result.problem !== null || result.failed > 0;
}

/** The failure of a test file with the end of its output; null for a file that passed. */
export function failureOf(result: FileResult): string | null {
  if (!isFailed(result)) return null;
  const what = result.problem === null ? `${result.failed} failed` : result.problem;
  const lines = result.output.trimEnd().split("\n");
  const cut = lines.length - MOST_FAILURE_LINES;
  const kept = cut > 0 ? aroundFailures(lines) : lines;
  return [`FAIL ${result.file}: ${what}`, ...kept.map((line) => `     ${line}`)].join("\n");
}

/** Of a long output the first failures with what follows them, or its end when it names none. */
function aroundFailures(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => /^\s*not ok /.test(line));
  const from = first < 0 ? lines.length - MOST_FAILURE_LINES : first;
  const kept = lines.slice(from, from + MOST_FAILURE_LINES);
  return [`(${lines.length - kept.length} lines left out)`, ...kept];
}

export function resultLine(result: FileResult): string {
  const { file, passed: good, skipped, tookMs } = result;
  const skips = skipped > 0 ? `, ${skipped} skipped (${result.reasons.join("; ")})` : "";
  return `ok   ${file}: ${good} passed${skips}, ${seconds(tookMs)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A line per folder of tests, then why tests were skipped, then the slowest files. */
export function folderLines(results: readonly FileResult[]): readonly string[] {
  const folders = new Map<string, FileResult[]>();
  for (const result of results) {
    const folder = result.file.split("/").slice(0, 2).join("/");
    const group = /\.test\.js$/.test(folder) ? "test" : folder;
    folders.set(group, [...(folders.get(group) ?? []), result]);
  }
  const lines = [...folders].sort().map(([folder, group]) => folderLine(folder, group));
  const reasons = results.flatMap((result) => result.reasons.map((reason) => `skip ${result.file}: ${reason}`));
  const slowest = [...results].sort((one, other) => other.tookMs - one.tookMs).slice(0, SLOWEST);
  const slow = slowest.map((result) => `${result.file} ${seconds(result.tookMs)}`);
  return [...lines, ...reasons, ...(slow.length > 0 ? [`slowest: ${slow.join(", ")}`] : [])];
}

function folderLine(folder: string, group: readonly FileResult[]): string {
  const totals = totalsOf([], group);
  const took = group.reduce((sum, result) => sum + result.tookMs, 0);
  const mark = totals.failed === 0 ? "ok  " : "FAIL";
  return `${mark} ${folder}: ${group.length} files, ${lastLine(totals)}, ${seconds(took)}`;
}

/** Once more, at the end, the names of what failed; what is wrong with each stands above. */
export function failedLines(checks: readonly Check[], results: readonly FileResult[]): readonly string[] {
  const failedChecks = checks.filter((check) => !passed(check));
  const names = failedChecks.map((check) => `${check.name} (${check.problems.length} problems)`);
  const lines = [...names, ...results.filter(isFailed).map((result) => result.file)].map((name) => `     ${name}`);
  return lines.length > 0 ? ["", "failed, as told above:", ...lines] : [];
}

/** A check is one; a test file is its assertions, and at least one failure when it went wrong as a whole. */
export function totalsOf(checks: readonly Check[], results: readonly FileResult[]): Totals {
  const good = checks.filter(passed).length;
  const totals = { passed: good, failed: checks.length - good, skipped: 0 };
  for (const result of results) {
    totals.passed += result.passed;
    totals.failed += result.failed + (result.problem === null ? 0 : 1);
    totals.skipped += result.skipped;
  }
  return totals;
}

/** The plain line that everything ends with. */
export function lastLine(totals: Totals): string {
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
  return `${totals.passed} passed, ${totals.failed} failed${skipped}`;
}
