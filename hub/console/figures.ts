// Sentences and figures that are made of several fields. Pure.

import type { PastSite } from "../../proto/console.js";
import type { RobotView, TaskView } from "../../proto/operator-views.js";
import { clockText, several } from "./words.js";

/** Missed plans of each 100 begun in the last ten samples; null where no plan was made. */
export function missedOf(plans: readonly (number | null)[], misses: readonly (number | null)[]): (number | null)[] {
  return plans.map((now, at) => {
    const [before, missed, missedBefore] = [plans[at - 10], misses[at], misses[at - 10]];
    if (typeof now !== "number" || typeof before !== "number" || now <= before) return null;
    if (typeof missed !== "number" || typeof missedBefore !== "number") return null;
    return (100 * Math.max(0, missed - missedBefore)) / (now - before);
  });
}

/** "a b,c" as two stops, the second of two alternatives. */
export function stopsOf(text: string): { readonly destinations: string[] }[] {
  const stops = text.split(/\s+/).filter((stop) => stop !== "");
  return stops.map((stop) => ({ destinations: stop.split(",").filter((id) => id !== "") }));
}

/** The stops of a task, the present one in brackets. */
export function stopsText({ stops, stopIndex, phase }: TaskView): string {
  const open = phase === "ACTIVE" || phase === "WAITING";
  return stops
    .map(({ destinations }, at) => {
      const [first = "", ...more] = destinations;
      const name = more.length === 0 ? first : `${first} or ${more.length} more`;
      return open && at === stopIndex ? `[${name}]` : name;
    })
    .join(" ");
}

/** What the banner says of a look back. */
export function pastText(past: PastSite): string {
  const poses = past.poses === null ? "positions not recorded" : "positions from the hub's memory";
  const open = past.tasks.length;
  return (
    `As it was after event ${past.sequence}, ${clockText(past.wallMs)}, epoch ${past.epoch}: ` +
    `${several(past.places.length, "claim")}, ${open} open, ${past.counts.done} done, ${past.counts.failed} failed, ` +
    `${several(past.ceilings.length, "ceiling")}; ${poses}`
  );
}

const RATE_MS = 5000;

/** How many samples a second a robot's telemetry brings, over the last seconds. */
export class Rate {
  #robot = "";
  #seen: { readonly atMs: number; readonly sent: number }[] = [];

  /** "12.4 a second"; nothing is told of the first second. */
  show({ id, telemetrySent }: Pick<RobotView, "id" | "telemetrySent">, nowMs: number): string {
    if (id !== this.#robot || telemetrySent < (this.#seen.at(-1)?.sent ?? 0)) this.#seen = [];
    this.#robot = id;
    if (nowMs - (this.#seen.at(-1)?.atMs ?? 0) >= 200) this.#seen.push({ atMs: nowMs, sent: telemetrySent });
    while (nowMs - (this.#seen[0]?.atMs ?? nowMs) > RATE_MS) this.#seen.shift();
    const [first] = this.#seen;
    const spanMs = nowMs - (first?.atMs ?? nowMs);
    if (first === undefined || spanMs < 1000) return "…";
    return `${((1000 * (telemetrySent - first.sent)) / spanMs).toFixed(1)} a second`;
  }
}
