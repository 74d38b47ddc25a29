// What a metric is: one row of a closed table, from which come the types of whoever counts, the documented table
// (METRICS.md) and the names that alert rules and dashboard may use. Names follow Prometheus: the unit is a base unit
// and stands in the name, a counter ends in _total. Labels are bounded: names of the site file, or words of a closed
// table of the protocol. Pure.

export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
  readonly buckets: readonly number[]; // upper bounds, of a histogram
}

export type MetricTable = Readonly<Record<string, Metric>>;

type NamesOf<T extends MetricTable, K extends Metric["type"]> = {
  [N in keyof T & string]: T[N]["type"] extends K ? N : never;
}[keyof T & string];

export type Counters<T extends MetricTable> = NamesOf<T, "counter">;
export type Histograms<T extends MetricTable> = NamesOf<T, "histogram">;
/** What can be read from a state at any time. */
export type Readings<T extends MetricTable> = NamesOf<T, "counter" | "gauge">;
/** A value for each label of a metric. */
export type Labels<M extends Metric> = Readonly<Record<M["labels"][number], string>>;

export function counter<const L extends readonly string[]>(labels: L, help: string) {
  return { type: "counter", labels, help, buckets: [] } as const;
}

export function gauge<const L extends readonly string[]>(labels: L, help: string) {
  return { type: "gauge", labels, help, buckets: [] } as const;
}

export function histogram<const L extends readonly string[]>(labels: L, buckets: readonly number[], help: string) {
  return { type: "histogram", labels, help, buckets } as const;
}

/** Bounds from a tenth of a millisecond to seconds: what a control loop waits for. */
export const FAST_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

/** Units that a name may end in; a name without one counts things. */
const UNITS = ["seconds", "bytes", "ratio"] as const;

/** The unit of a metric, as its name tells it; empty when it counts things or is a yes or no. */
export function unitOf(name: string): string {
  const bare = name.replace(/_total$/, "");
  return UNITS.find((unit) => bare.endsWith(`_${unit}`)) ?? "";
}

/** A word of a closed table, or "other": what comes from outside must not make labels without bound. */
export function closed(word: string, table: Readonly<Record<string, unknown>> | readonly string[]): string {
  const isKnown = Array.isArray(table) ? table.includes(word) : Object.hasOwn(table, word);
  return isKnown ? word : "other";
}
