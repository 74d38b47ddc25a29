// A table of inputs that must be refused, and how it is checked.

import { problemText } from "../../../fleet-config/refused.js";
import { parseSite } from "../../../fleet-config/validate.js";
import { problemsOf } from "./site.js";

/** A site file's text and parts of the problem that it must give; `line` where it matters. */
export interface Case {
  readonly name: string;
  readonly text: string;
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  readonly line?: number;
}

interface Checks {
  ok(value: unknown, message: string): unknown;
  equal(found: unknown, wanted: unknown, message: string): unknown;
}

/** Each text is refused with a problem that has the path exactly and contains what was found and expected. */
export function checkRefusals(t: Checks, cases: readonly Case[]): void {
  for (const one of cases) {
    const problems = problemsOf(() => parseSite(one.text, "site.yaml"));
    const match = problems.find(
      ({ path, found, expected }) => path === one.path && found.includes(one.found) && expected.includes(one.expected),
    );
    t.ok(match, `${one.name}: ${match?.expected ?? problems.map(problemText).join("; ").slice(0, 400)}`);
    if (one.line !== undefined) t.equal(match?.line, one.line, `${one.name} names its line`);
  }
}
