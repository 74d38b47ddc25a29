// The documented table of metrics, generated from the closed tables so that it cannot say anything else. METRICS.md is
// its output; a test compares the two, and `UPDATE_GOLDEN=1` rewrites the file. Pure.

import { tableLines } from "../docs.js";
import { EDGE_METRICS } from "./edge-metrics.js";
import { HUB_METRICS } from "./hub-metrics.js";
import { type MetricTable, unitOf } from "./table.js";

/** The text of METRICS.md. */
export function metricsMarkdown(): string {
  return [
    "# Metrics",
    "",
    "Generated from `hub-metrics.ts`, `edge-metrics.ts` and `process-metrics.ts`; change it there. A metric without a",
    "unit counts things, or is 1 for yes and 0 for no. Of a histogram Prometheus has `_bucket`, `_sum` and `_count`.",
    "",
    "## Hub",
    "",
    ...tableOf(HUB_METRICS),
    "",
    "## Edge",
    "",
    "Each series also has the label `robot`.",
    "",
    ...tableOf(EDGE_METRICS),
    "",
  ].join("\n");
}

function tableOf(metrics: MetricTable): string[] {
  const rows = Object.entries(metrics).map(([name, { type, labels, help }]) => {
    const labelled = labels.map((label) => `\`${label}\``).join(" ");
    return [`\`${name}\``, type, unitOf(name), labelled, help];
  });
  return tableLines([["metric", "type", "unit", "labels", "meaning"], ...rows]);
}

/** Every name that a rule or a dashboard may ask Prometheus for. */
export function queryableNames(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name, { type }] of Object.entries({ ...HUB_METRICS, ...EDGE_METRICS })) {
    const parts = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    for (const part of parts) names.add(`${name}${part}`);
  }
  return names;
}
