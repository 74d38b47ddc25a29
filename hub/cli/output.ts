// What a command prints: with --json one JSON value, or one per line for streams; else lines for people. Never both.

import { RUNGS, type Rung } from "../../proto/mode.js";
import { shownJson } from "./escape.js";
import type { Shell } from "./shell.js";

/** As terminals number them: the lower the rung, the louder. */
const COLOURS: Readonly<Record<Rung, string>> = {
  AUTONOMOUS: "32",
  REACTIVE_ONLY: "33",
  CONFIRM: "35",
  HALT: "1;31",
};
const RUNG_NAMES = new RegExp(`(?<![\\w-])(${RUNGS.join("|")})(?![\\w-])`, "g");

export class Output {
  readonly #shell: Shell;
  readonly isJson: boolean;
  readonly isTty: boolean;
  readonly #colours: boolean;

  constructor(shell: Shell, { json }: { readonly json: boolean }) {
    this.#shell = shell;
    this.isJson = json;
    this.isTty = shell.terminal.isTty && !json;
    this.#colours = this.isTty && shell.terminal.colours;
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

  /** Lines, escaped before, with the names of the rungs in colour; only on a terminal that may have colours. */
  painted(lines: readonly string[]): readonly string[] {
    if (!this.#colours) return lines;
    return lines.map((line) => line.replace(RUNG_NAMES, (rung) => `\x1b[${COLOURS[rung as Rung]}m${rung}\x1b[0m`));
  }

  /** As much as fits under each other on the terminal; the lines above are the ones that matter. */
  fitted(lines: readonly string[]): readonly string[] {
    const room = Math.max(1, this.height - 1);
    return lines.length <= room ? lines : [...lines.slice(0, room - 1), `and ${lines.length - room + 1} more`];
  }

  /** Draws a screen over the one before. Only on a terminal. */
  async screen(lines: readonly string[]): Promise<boolean> {
    return this.#shell.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\n")}\n\x1b[J`);
  }
}
