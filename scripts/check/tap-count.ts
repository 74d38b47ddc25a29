// Reads the TAP that one test file prints: assertions passed, failed and skipped, at every depth. A file that prints
// nothing, has no plan, or ends before its plan is fulfilled has failed.

import { Parser, type Result } from "tap-parser";

export interface TapCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly reasons: readonly string[]; // why tests were skipped
  readonly problem: string | null; // what is wrong with the output as a whole
}

/** Counts while the output arrives. */
export class TapReader {
  readonly #parser = new Parser();
  readonly #reasons = new Set<string>();
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  constructor() {
    this.#listen(this.#parser);
  }

  #listen(parser: Parser): void {
    parser.on("child", (child: Parser) => this.#listen(child));
    parser.on("assert", (result: Result) => this.#count(result));
  }

  /** The line that closes a subtest repeats what its own assertions said, and is not counted. */
  #count(result: Result): void {
    if (result.skip) {
      this.#skipped++;
      this.#reasons.add(result.skip === true ? result.name : result.skip);
    } else if (result.closingTestPoint) return;
    else if (result.ok) this.#passed++;
    else this.#failed++;
  }

  write(chunk: string): void {
    this.#parser.write(chunk);
  }

  /** Call once, after the last output. */
  end(): TapCount {
    this.#parser.end();
    const counts = { passed: this.#passed, failed: this.#failed, skipped: this.#skipped };
    return { ...counts, reasons: [...this.#reasons], problem: this.#problem() };
  }

  #problem(): string | null {
    const results = this.#parser.results;
    if (results === null || results.count === 0) return this.#skipped > 0 ? null : "printed no test";
    if (results.bailout !== false) return `bailed out: ${String(results.bailout)}`;
    if (results.plan.start === null) return "ended without a plan";
    if (results.ok || this.#failed > 0) return null;
    const [first] = results.failures;
    return first === undefined || !("tapError" in first) ? "a subtest failed" : (first.tapError ?? "a subtest failed");
  }
}
