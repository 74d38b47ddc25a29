// The health of decisions over all robots: how old what they rest on is, how long plans take, how often the rules
// drove in their place, and how sure the models are. One sample a second since this page was opened; the robot's card
// has what the hub remembers.

import { confidenceNow, medianTenth, tenthsOf, unsureOf } from "../../proto/confidence.js";
import type { LiveRobot } from "../../proto/console.js";
import { freshnessOf } from "./ages.js";
import { coverText, tenthText } from "./confidence.js";
import { byId, el, setText } from "./dom.js";
import { Spark } from "./spark.js";
import type { Store } from "./store.js";
import { Tenths } from "./tenths.js";
import { ageText } from "./words.js";

const SAMPLE_MS = 1000;
const KEPT = 600;
const WINDOW = 10;

export class Health {
  readonly #store: Store;
  readonly #series = new Map<string, (number | null)[]>();
  readonly #totals: { readonly plans: number; readonly misses: number }[] = [];
  readonly #sparks: Readonly<Record<string, Spark>>;
  readonly #tenths = new Tenths("newest decisions, by confidence");
  readonly #cover = el("p", { class: "note" });
  readonly #worst = el("ol", { class: "bars" });

  constructor(store: Store) {
    this.#store = store;
    const ms = (value: number) => `${value.toFixed(1)} ms`;
    const robots = (value: number) => `${value} of ${store.site.robots.length}`;
    this.#sparks = {
      oldest: new Spark({ title: "oldest telemetry of robots on the floor", format: (value) => ageText(value) }),
      median: new Spark({ title: "median age of telemetry", format: (value) => ageText(value) }),
      stale: new Spark({ title: "robots late or lost", format: robots }),
      reactive: new Spark({ title: "robots below AUTONOMOUS", format: robots }),
      plan: new Spark({ title: "median plan latency", format: ms }),
      planMost: new Spark({ title: "longest plan latency", format: ms }),
      inference: new Spark({ title: "median inference", format: ms }),
      fallback: new Spark({
        title: "plans missed, of each 100 (rules drove instead)",
        format: (share) => share.toFixed(1),
      }),
      confidence: new Spark({ title: "median confidence of models", format: tenthText, none: "none told", most: 9 }),
      unsure: new Spark({
        title: "decisions less sure than asked, of each 100",
        ...{ format: (share: number) => share.toFixed(1), none: "none told" },
      }),
    };
    byId("health").append(
      ...Object.values(this.#sparks).map(({ element }) => element),
      ...[el("h3", {}, "Confidence of models"), this.#tenths.element, this.#cover],
      ...[el("h3", {}, "Oldest telemetry, robot by robot"), this.#worst],
    );
    setInterval(() => this.#sample(), SAMPLE_MS);
  }

  #sample(): void {
    const { view, site, robots } = this.#store;
    if (view === null) return;
    const viewAgeMs = this.#store.viewAgeMs();
    const there = robots.filter(({ absent }) => !absent);
    const fresh = there.map((robot) => ({ robot, ...freshnessOf(robot, site, viewAgeMs) }));
    const ages = fresh.map(({ ageMs }) => ageMs).filter(Number.isFinite);
    const heard = fresh.filter(({ verdict }) => verdict === "fresh").map(({ robot }) => robot);
    const plans = heard.flatMap(({ planMs }) => (planMs === undefined ? [] : [planMs]));
    const sure = heard.flatMap(({ model }) => confidenceNow(model) ?? []);
    const tenths = tenthsOf(sure);
    this.#put({
      oldest: mostOf(ages),
      median: medianOf(ages),
      stale: fresh.filter(({ verdict }) => verdict !== "fresh").length,
      reactive: there.filter(({ rung }) => rung !== "AUTONOMOUS").length,
      plan: medianOf(plans),
      planMost: mostOf(plans),
      inference: medianOf(heard.flatMap(({ inferenceMs, plans: made }) => (made === 0 ? [] : [inferenceMs]))),
      fallback: this.#fallback(there),
      ...{ confidence: medianTenth(tenths), unsure: unsureOf(sure) },
    });
    if (byId("panel-health").hidden) return;
    for (const [name, spark] of Object.entries(this.#sparks)) spark.show(this.#series.get(name) ?? []);
    this.#tenths.show(tenths, { none: "no decision is told of" });
    setText(this.#cover, coverText(there, heard));
    const oldest = fresh.sort((a, b) => b.ageMs - a.ageMs).slice(0, 12);
    const rows = oldest.map(({ robot, ageMs, verdict, share }) => {
      const bar = el("span", { class: `bar ${verdict}` });
      bar.style.width = `${Math.round(100 * share)}%`;
      const words = el("small", {});
      setText(words, `${robot.id} ${ageText(ageMs)} ${verdict}`);
      return el("li", {}, words, el("span", { class: "track" }, bar));
    });
    this.#worst.replaceChildren(...rows);
  }

  #put(sample: Readonly<Record<string, number | null>>): void {
    for (const [name, value] of Object.entries(sample)) {
      const series = this.#series.get(name) ?? [];
      series.push(value);
      if (series.length > KEPT) series.shift();
      this.#series.set(name, series);
    }
  }

  /** Of the plans of the last seconds; null when there was none. */
  #fallback(robots: readonly LiveRobot[]): number | null {
    const plans = robots.reduce((sum, robot) => sum + robot.plans, 0);
    const misses = robots.reduce((sum, robot) => sum + robot.planDeadlineMisses, 0);
    this.#totals.push({ plans, misses });
    if (this.#totals.length > WINDOW) this.#totals.shift();
    const [before] = this.#totals;
    if (before === undefined || plans <= before.plans) return null;
    return (100 * Math.max(0, misses - before.misses)) / (plans - before.plans);
  }
}

function mostOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

function medianOf(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
