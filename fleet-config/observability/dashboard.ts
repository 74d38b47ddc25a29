// The Grafana dashboard, laid out from a short list of panels. dashboard.json is its output; a test compares the two,
// and `UPDATE_GOLDEN=1` rewrites the file. Pure.

interface Query {
  readonly expr: string;
  readonly legend: string;
}

interface Panel {
  readonly title: string;
  readonly unit: "short" | "s" | "percentunit" | "bytes" | "ops";
  readonly queries: readonly Query[];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

function panel(title: string, unit: Panel["unit"], ...queries: readonly (readonly [expr: string, legend: string])[]) {
  return { title, unit, queries: queries.map(([expr, legend]) => ({ expr, legend })) };
}

/** Occurrences a second, over what a scrape can see. */
function perSecond(name: string, by: string): string {
  return `sum by (${by}) (rate(${name}[$__rate_interval]))`;
}

function p99(name: string, by: string): string {
  const labels = by === "" ? "le" : `le, ${by}`;
  return `histogram_quantile(0.99, sum by (${labels}) (rate(${name}_bucket[$__rate_interval])))`;
}

/** People are few: over an hour, not over the interval of a graph. */
function quantile(share: number, name: string): string {
  return `histogram_quantile(${share}, sum by (le) (rate(${name}_bucket[1h])))`;
}

const ROWS: readonly Row[] = [
  {
    title: "The site",
    panels: [
      panel("Robots on each rung", "short", ["sum by (rung) (drover_hub_robots)", "{{rung}}"]),
      panel("Causes now", "short", ["count by (cause) (drover_hub_robot_cause)", "{{cause}}"]),
      panel("Falls", "ops", [perSecond("drover_hub_downgrades_total", "cause, to"), "{{cause}} {{to}}"]),
      panel("Age bound of telemetry", "s", ["drover_hub_robot_age_bound_seconds", "{{robot}}"]),
      panel("Robots that are stale", "short", ["drover_hub_fleet_stale_robots", "{{fleet}}"]),
      panel(
        "Nothing is given",
        "short",
        ["drover_hub_grants_frozen", "frozen"],
        ["drover_hub_restart_wait_seconds > bool 0", "after a start"],
      ),
    ],
  },
  {
    title: "Grants and people",
    panels: [
      panel("Grants", "ops", [perSecond("drover_hub_grants_total", "purpose"), "{{purpose}}"]),
      panel("Refusals", "ops", [perSecond("drover_hub_refusals_total", "code, to"), "{{code}} to {{to}}"]),
      panel(
        "Claims",
        "short",
        ["drover_hub_claims", "{{phase}}"],
        ["drover_hub_claims_lapsed_unknown", "lapsed-unknown"],
      ),
      panel("Tasks", "short", ["drover_hub_tasks", "{{phase}}"]),
      panel("Tasks that ended", "ops", [perSecond("drover_hub_tasks_ended_total", "end"), "{{end}}"]),
      panel(
        "Questions that wait for people",
        "s",
        ["drover_hub_question_wait_longest_seconds", "longest now"],
        [p99("drover_hub_question_wait_seconds", ""), "99 %"],
        [quantile(0.5, "drover_hub_question_answer_seconds"), "answered, 50 %"],
        [quantile(0.95, "drover_hub_question_answer_seconds"), "answered, 95 %"],
      ),
      panel("Questions", "ops", [perSecond("drover_hub_questions_total", "event"), "{{event}}"]),
    ],
  },
  {
    title: "The hub's machine",
    panels: [
      panel("Ledger: batch to durable, 99 %", "s", [p99("drover_hub_ledger_append_seconds", ""), "append"]),
      panel("Tick delay, 99 %", "s", [p99("drover_hub_tick_delay_seconds", ""), "hub"]),
      panel("Queues", "short", ["drover_hub_queue_effects", "effects"], ["drover_hub_queue_asks", "acts"]),
      panel(
        "Telemetry",
        "ops",
        [perSecond("drover_hub_telemetry_received_total", ""), "received"],
        [perSecond("drover_hub_telemetry_refused_total", ""), "refused"],
      ),
      panel("Memory", "bytes", ["process_resident_memory_bytes", "{{job}} {{instance}}"]),
      panel("CPU", "percentunit", ["rate(process_cpu_seconds_total[$__rate_interval])", "{{job}} {{instance}}"]),
    ],
  },
  {
    title: "Robots",
    panels: [
      panel("Rung", "short", ["drover_edge_rung", "{{robot}}"]),
      panel("Age of on-board channels", "s", ["max by (channel) (drover_edge_channel_age_seconds)", "{{channel}}"]),
      panel("Link: renewal to answer, 99 %", "s", [p99("drover_edge_link_round_trip_seconds", "robot"), "{{robot}}"]),
      panel("Lease left", "s", ["drover_edge_lease_left_seconds", "{{robot}}"]),
      panel("Tick delay, 99 %", "s", [p99("drover_edge_tick_delay_seconds", "robot"), "{{robot}}"]),
      panel("Store: change to durable, 99 %", "s", [p99("drover_edge_store_save_seconds", "robot"), "{{robot}}"]),
      panel("Outcomes that wait for the hub", "short", ["drover_edge_outbox_messages", "{{robot}}"]),
      panel("Commands", "ops", [perSecond("drover_edge_commands_total", "gate"), "{{gate}}"]),
      panel("Charge", "percentunit", ["drover_hub_robot_charge_ratio", "{{robot}}"]),
    ],
  },
  {
    title: "Models",
    panels: [
      panel("Plan stages, 99 %", "s", [p99("drover_edge_plan_stage_seconds", "stage"), "{{stage}}"]),
      panel(
        "Plans without an answer in time",
        "ops",
        [perSecond("drover_edge_plan_deadline_misses_total", "robot"), "{{robot}} late"],
        [perSecond("drover_edge_plan_refusals_total", "robot"), "{{robot}} none"],
      ),
      panel("Vetoes", "ops", [perSecond("drover_edge_vetoes_total", "reason"), "{{reason}}"]),
      panel("Decisions", "ops", [perSecond("drover_edge_decisions_total", "choice, guard"), "{{choice}} {{guard}}"]),
      panel("Other rules drive", "percentunit", ["drover_edge_model_fallback_ratio", "{{robot}} {{model}}"]),
      panel("Unsure", "percentunit", ["drover_edge_model_unsure_ratio", "{{robot}} {{model}}"]),
      panel("Drift", "short", ["drover_edge_model_drift", "{{robot}} {{model}}"]),
      panel("Confidence, median", "short", [
        "histogram_quantile(0.5, sum by (le, model) (rate(drover_edge_model_confidence_bucket[$__rate_interval])))",
        "{{model}}",
      ]),
      panel("Faults of controllers", "ops", [
        perSecond("drover_edge_controller_faults_total", "model, fault"),
        "{{model}} {{fault}}",
      ]),
    ],
  },
];

const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 7;
const DATASOURCE = { type: "prometheus", uid: "$datasource" };

/** Every query of the dashboard. */
export function dashboardQueries(): readonly string[] {
  return ROWS.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)));
}

/** The text of dashboard.json. */
export function dashboardJson(): string {
  const panels: object[] = [];
  let y = 0;
  for (const row of ROWS) {
    const at = { h: 1, w: 24, x: 0, y };
    panels.push({ id: panels.length + 1, type: "row", title: row.title, collapsed: false, gridPos: at, panels: [] });
    for (const [index, one] of row.panels.entries()) {
      const column = index % COLUMNS;
      const below = y + 1 + Math.floor(index / COLUMNS) * HEIGHT;
      const gridPos = { h: HEIGHT, w: WIDTH, x: column * WIDTH, y: below };
      panels.push(panelJson(one, { id: panels.length + 1, gridPos }));
    }
    y += 1 + Math.ceil(row.panels.length / COLUMNS) * HEIGHT;
  }
  return `${JSON.stringify(dashboardOf(panels), null, 2)}\n`;
}

function panelJson({ title, unit, queries }: Panel, at: { readonly id: number; readonly gridPos: object }): object {
  return {
    ...at,
    ...{ type: "timeseries", title, datasource: DATASOURCE },
    fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 5, showPoints: "never" } }, overrides: [] },
    options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
    targets: queries.map(({ expr, legend }, index) => ({
      ...{ refId: String.fromCharCode(65 + index), datasource: DATASOURCE, expr, legendFormat: legend },
    })),
  };
}

function dashboardOf(panels: readonly object[]): object {
  return {
    ...{ title: "Drover", uid: "drover-site", schemaVersion: 38, version: 1, editable: true },
    ...{ refresh: "10s", time: { from: "now-1h", to: "now" }, timezone: "browser" },
    templating: { list: [{ name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" }] },
    panels,
  };
}
