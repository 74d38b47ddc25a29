// What a person sees of a run: on a terminal a live table and the last notable events, elsewhere plain lines.

import { robotColumns, robotRows } from "../../hub/cli/robots-table.js";
import { renderTable } from "../../hub/cli/table.js";
import type { SiteView } from "../../proto/operator-views.js";

const EVENTS_SHOWN = 10;
const PLAIN_PERIOD_MS = 5000;

export class Screen {
  readonly #live: boolean;
  readonly #events: string[] = [];
  #startMs = performance.now();
  #drawn = 0;
  #console = "";
  #plainMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: { readonly headless: boolean }) {
    this.#live = process.stdout.isTTY === true && !options.headless;
    if (this.#live) process.stdout.write("\x1b[?25l");
  }

  /** Sets t = 0 of the times shown. */
  begin(): void {
    this.#startMs = performance.now();
  }

  event(text: string): void {
    const line = `${this.#clock()}  ${text}`;
    if (!this.#live || this.#closed) {
      process.stdout.write(`${line}\n`);
      return;
    }
    this.#events.push(line);
    if (this.#events.length > EVENTS_SHOWN) this.#events.shift();
  }

  /** Where the console is: it stays in sight. */
  console(url: string): void {
    this.#console = url;
    if (!this.#live) process.stdout.write(`console: ${url}\n`);
  }

  view(view: SiteView): void {
    if (this.#closed) return;
    if (this.#live) this.#draw(view);
    else if (performance.now() - this.#plainMs >= PLAIN_PERIOD_MS) {
      this.#plainMs = performance.now();
      process.stdout.write(`${this.#clock()}  ${headline(view)}\n`);
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#live) process.stdout.write("\x1b[?25h\n");
  }

  #clock(): string {
    return `${((performance.now() - this.#startMs) / 1000).toFixed(1).padStart(6)} s`;
  }

  #draw(view: SiteView): void {
    const width = process.stdout.columns || 80;
    const rows = Math.max(5, (process.stdout.rows || 40) - 1);
    const table = renderTable(robotColumns, robotRows(view.robots), width);
    const lines = [
      `${this.#clock()}  ${headline(view)}`,
      "",
      ...table,
      "",
      ...this.#events,
      "",
      ...(this.#console === "" ? [] : [`console: ${this.#console}`]),
      "Ctrl-C ends everything",
    ].slice(0, rows);
    const body = lines.map((line) => `${line.slice(0, width)}\x1b[K`).join("\n");
    process.stdout.write(`${this.#drawn === 0 ? "\x1b[2J" : ""}\x1b[H${body}\x1b[J`);
    this.#drawn += 1;
  }
}

function headline(view: SiteView): string {
  const { done, active, waiting, failed } = view.tasks;
  const driving = view.robots.filter((robot) => robot.activity === "driving").length;
  const wait = view.restartWaitMs > 0 ? `, waits ${(view.restartWaitMs / 1000).toFixed(1)} s after the restart` : "";
  const frozen = view.grantsFrozen ? ", grants frozen" : "";
  const people = view.decisions.length > 0 ? `, ${view.decisions.length} for a person` : "";
  const tasks = `${done} done, ${active} active, ${waiting} waiting, ${failed} failed`;
  const robots = `${driving} of ${view.robots.length} drive`;
  return `${view.site}: ${tasks}; ${robots}; epoch ${view.epoch}${wait}${frozen}${people}`;
}
