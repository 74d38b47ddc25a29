// The one way in which a site, a map or a scenario is refused: a list of problems, each with the file, the path in
// it, the line, what was found and what was expected. Nothing is repaired and nothing is guessed.

import type { ExitClass } from "../proto/errors.js";

/** Keys and indices from the top of a file down to one of its values. */
export type Path = readonly (string | number)[];

/**
 * One thing that is wrong. `path` is a JSON pointer ("" is the whole file); `line` counts from 1, 0 means the whole
 * file.
 */
export interface Problem {
  readonly file: string;
  readonly path: string;
  readonly line: number;
  readonly found: string;
  readonly expected: string;
}

const problemsShownMost = 40;

/**
 * Thrown when a site, map or scenario is not usable. `exitClass` is the class of exit code that a command ends with.
 */
export class ConfigRefused extends Error {
  override readonly name = "ConfigRefused";
  readonly problems: readonly Problem[];
  readonly exitClass: ExitClass;

  constructor(problems: readonly Problem[], exitClass: ExitClass = "config") {
    const lines = problems.slice(0, problemsShownMost).map(problemText);
    if (problems.length > problemsShownMost) lines.push(`and ${problems.length - problemsShownMost} more`);
    super(lines.join("\n"));
    this.problems = problems;
    this.exitClass = exitClass;
  }
}

/** "site.yaml:12 /robots/3/fleet: expected one of the fleets picker, found \"pickers\"". */
export function problemText(problem: Problem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
  return `${place} ${problem.path === "" ? "/" : problem.path}: expected ${problem.expected}, found ${problem.found}`;
}

/** A value as it is shown in a problem: JSON where possible, cut to 80 characters. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
