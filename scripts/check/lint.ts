// The linter and formatter over the whole tree: any error and any warning is a failure.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Check } from "./source.js";

const BIOME = join("node_modules", "@biomejs", "biome", "bin", "biome");
const MOST_LINES = 200;

export function checkLint(root: string): Check {
  const args = [BIOME, "ci", "--error-on-warnings", "--colors=off", "--max-diagnostics=50", "."];
  const done = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return lintResult({ output: `${done.stdout ?? ""}${done.stderr ?? ""}`, code: done.status });
}

/** What the linter's output says. `code` is null when it did not run to its end. */
export function lintResult(done: { readonly output: string; readonly code: number | null }): Check {
  const counted = Number(/Checked (\d+) files?/.exec(done.output)?.[1] ?? 0);
  const lines = done.output.split("\n").filter((line) => line.trim() !== "");
  const told = [`ended with code ${done.code}`, ...lines.slice(0, MOST_LINES)].join("\n       ");
  const problems = done.code === 0 ? [] : [told];
  return { name: "lint and format", counted, unit: "files", problems };
}
