// METRICS.md and dashboard.json say what the tables say, and rules and dashboard ask for nothing that does not exist.
// UPDATE_GOLDEN=1 rewrites both; read the change as a diff.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { dashboardJson, dashboardQueries } from "../../fleet-config/observability/dashboard.js";
import { metricsMarkdown, queryableNames } from "../../fleet-config/observability/docs.js";
import { EDGE_METRICS } from "../../fleet-config/observability/edge-metrics.js";
import { HUB_METRICS } from "../../fleet-config/observability/hub-metrics.js";
import { type MetricTable, unitOf } from "../../fleet-config/observability/table.js";
import { repositoryRoot } from "./helpers/site.js";

const FOLDER = join(repositoryRoot(), "fleet-config/observability");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

function rules(): readonly Rule[] {
  const text = readFileSync(join(FOLDER, "alerts.yaml"), "utf8");
  const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

/** The metrics that a query asks for. `up` is Prometheus' own. */
function asked(query: string): readonly string[] {
  return query.match(/\b(drover|process)_[a-z0-9_]+/g) ?? [];
}

for (const [file, text] of [
  ["METRICS.md", metricsMarkdown()],
  ["dashboard.json", dashboardJson()],
] as const) {
  t.test(`${file} is what the tables say`, async (t) => {
    const path = join(FOLDER, file);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, text);
    t.equal(readFileSync(path, "utf8"), text);
  });
}

t.test("rules and dashboard ask only for metrics of the tables", async (t) => {
  const known = queryableNames();
  const queries = [...rules().map(({ expr }) => expr), ...dashboardQueries()];
  t.ok(queries.length > 50, `${queries.length} queries`);
  for (const query of queries) {
    const names = asked(query);
    t.ok(names.length > 0 || query.startsWith("up{"), `asks for something: ${query}`);
    t.same(
      names.filter((name) => !known.has(name)),
      [],
      query,
    );
  }
});

t.test("a test of promtool names each alert", async (t) => {
  const text = readFileSync(join(FOLDER, "alerts-test.yaml"), "utf8");
  const tried = [...text.matchAll(/alertname="(\w+)"/g)].map(([, name]) => name);
  t.same(
    tried,
    rules().map(({ alert }) => alert),
  );
});

t.test("a rule says how bad it is, what is wrong and what to do", async (t) => {
  const names = rules().map(({ alert }) => alert);
  t.equal(new Set(names).size, names.length, "each name once");
  for (const { alert, labels, annotations } of rules()) {
    t.match(alert, /^Drover[A-Z]/);
    t.ok(["warning", "critical"].includes(labels.severity), alert);
    t.ok(annotations.summary.length > 0 && annotations.description.length > 0, alert);
  }
});

const TABLES: readonly (readonly [prefix: string, metrics: MetricTable])[] = [
  ["drover_hub_", HUB_METRICS],
  ["drover_edge_", EDGE_METRICS],
];

for (const [prefix, metrics] of TABLES) {
  t.test(`${prefix} names follow Prometheus`, async (t) => {
    for (const [name, { type, labels, help, buckets }] of Object.entries(metrics)) {
      t.ok(name.startsWith(prefix) || name.startsWith("process_"), name);
      t.match(name, /^[a-z]+(_[a-z0-9]+)*$/);
      t.equal(name.endsWith("_total"), type === "counter", `${name} is a ${type}`);
      t.notMatch(name, /_(ms|milliseconds|minutes|percent|mb|kb)\b/, "base units only");
      t.notMatch(name, /_(bucket|sum|count)$/, "names that a histogram makes");
      t.match(help, /^[A-Z0-9].*\.$/, `${name} has a sentence`);
      for (const label of labels) t.match(label, /^[a-z]+$/);
      t.notOk(
        labels.includes("le") || labels.includes("instance") || (prefix === "drover_edge_" && labels.includes("robot")),
      );
      t.equal(buckets.length > 0, type === "histogram", name);
      t.same(
        buckets,
        [...buckets].sort((a, b) => a - b),
      );
      if (type === "histogram" && !name.endsWith("_confidence")) t.equal(unitOf(name), "seconds", name);
    }
  });
}
