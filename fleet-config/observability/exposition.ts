// Prometheus' text format 0.0.4: counters and histograms that are kept between two scrapes, and readings that are taken
// from a state at each. What is counted costs a look into a map; the page is only made when somebody asks for it. Pure.

import type { Counters, Histograms, Labels, Metric, MetricTable, Readings } from "./table.js";

interface Series {
  readonly labels: string; // as they are written, without braces
  value: number; // of a histogram the sum
  count: number;
  readonly buckets: number[]; // not cumulative
}

/** Where a collector puts what it reads from a state. */
export type Put<T extends MetricTable> = <N extends Readings<T>>(name: N, labels: Labels<T[N]>, value: number) => void;

export class Meters<T extends MetricTable> {
  readonly #table: T;
  readonly #constant: string;
  readonly #kept = new Map<string, Map<string, Series>>();

  /** `constant`: labels that every series of this process carries. */
  constructor(table: T, constant: Readonly<Record<string, string>> = {}) {
    this.#table = table;
    this.#constant = Object.entries(constant).map(written).join(",");
    for (const [name, metric] of Object.entries(table)) {
      if (metric.type === "histogram" && metric.labels.length === 0) this.#series(name, metric, {});
    }
  }

  /** Adds to a counter; 0 makes it known before anything has happened, so that its first increase is seen. */
  add<N extends Counters<T>>(name: N, labels: Labels<T[N]>, by = 1): void {
    this.#series(name, this.#metric(name), labels).value += by;
  }

  observe<N extends Histograms<T>>(name: N, labels: Labels<T[N]>, value: number): void {
    const metric = this.#metric(name);
    const series = this.#series(name, metric, labels);
    const at = metric.buckets.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? metric.buckets.length : at;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.value += value;
    series.count += 1;
  }

  /** The page of one scrape: what was kept, and what `collect` reads now. */
  page(collect: (put: Put<T>) => void): string {
    const read = new Map<string, string[]>();
    collect((name, labels, value) => {
      const line = `${name}${this.#braces(labelsOf(this.#metric(name), labels))} ${number(value)}`;
      const lines = read.get(name);
      if (lines === undefined) read.set(name, [line]);
      else lines.push(line);
    });
    const parts: string[] = [];
    for (const [name, metric] of Object.entries(this.#table)) {
      const kept = [...(this.#kept.get(name)?.values() ?? [])].flatMap((series) => this.#lines(name, metric, series));
      const lines = [...kept, ...(read.get(name) ?? [])];
      if (lines.length === 0) continue;
      parts.push(`# HELP ${name} ${helpText(metric.help)}`, `# TYPE ${name} ${metric.type}`, ...lines);
    }
    return `${parts.join("\n")}\n`;
  }

  #metric(name: string): Metric {
    const metric = this.#table[name];
    if (metric === undefined) throw new Error(`expected a metric of the table, found "${name}"`);
    return metric;
  }

  #series(name: string, metric: Metric, labels: Readonly<Record<string, string>>): Series {
    const key = labelsOf(metric, labels);
    const kept = this.#kept.get(name) ?? new Map<string, Series>();
    if (kept.size === 0) this.#kept.set(name, kept);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const buckets = metric.type === "histogram" ? new Array<number>(metric.buckets.length + 1).fill(0) : [];
    const series = { labels: key, value: 0, count: 0, buckets };
    kept.set(key, series);
    return series;
  }

  #lines(name: string, metric: Metric, { labels, value, count, buckets }: Series): readonly string[] {
    if (metric.type !== "histogram") return [`${name}${this.#braces(labels)} ${number(value)}`];
    let below = 0;
    const lines = [...metric.buckets, Number.POSITIVE_INFINITY].map((bound, at) => {
      below += buckets[at] ?? 0;
      return `${name}_bucket${this.#braces(labels, `le="${number(bound)}"`)} ${below}`;
    });
    const all = this.#braces(labels);
    return [...lines, `${name}_sum${all} ${number(value)}`, `${name}_count${all} ${count}`];
  }

  #braces(labels: string, more = ""): string {
    const own = joined(this.#constant, labels);
    const all = joined(own, more);
    return all === "" ? "" : `{${all}}`;
  }
}

/** The labels of a metric in the order of its row. */
function labelsOf(metric: Metric, labels: Readonly<Record<string, string>>): string {
  let text = "";
  for (const name of metric.labels) text += `${text === "" ? "" : ","}${written([name, labels[name] ?? ""])}`;
  return text;
}

function joined(one: string, other: string): string {
  return one === "" || other === "" ? one + other : `${one},${other}`;
}

function written([name, value]: readonly [string, string]): string {
  const escaped = /[\\"\n]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
    : value;
  return `${name}="${escaped}"`;
}

function helpText(help: string): string {
  return help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
