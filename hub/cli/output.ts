// What a command prints: with --json one JSON value, or one per line for streams; else lines for people. Never both.

import { shownJson } from "./escape.js";
import type { Shell } from "./shell.js";

export class Output {
  readonly #shell: Shell;
  readonly isJson: boolean;
  readonly isTty: boolean;

  constructor(shell: Shell, { json }: { readonly json: boolean }) {
    this.#shell = shell;
    this.isJson = json;
    this.isTty = shell.terminal.isTty && !json;
  }

  /** Cells of a line; 0 without a terminal, which tables take as "in full". */
  get width(): number {
    return this.#shell.terminal.isTty ? this.#shell.terminal.width() : 0;
  }

  get height(): number {
    return this.#shell.terminal.isTty ? this.#shell.terminal.height() : 0;
  }

  /** Prints a result in one of its two forms. `lines` must be escaped. False once nobody reads. */
  async result(json: unknown, lines: () => readonly string[]): Promise<boolean> {
    const text = this.isJson ? [shownJson(json)] : lines();
    return text.length === 0 ? true : this.#shell.write(`${text.join("\n")}\n`);
  }

  /** R10: the effect of an act is told even when standard output is closed, since it has happened. */
  async effect(json: unknown, lines: readonly string[]): Promise<void> {
    if (!(await this.result(json, () => lines))) await this.#shell.warn(`${lines.join("\n")}\n`);
  }

  /** Draws a screen over the one before. Only on a terminal. */
  async screen(lines: readonly string[]): Promise<boolean> {
    return this.#shell.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\n")}\n\x1b[J`);
  }
}
