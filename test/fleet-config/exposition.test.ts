// Prometheus' text format, byte by byte: what stands in a label cannot break the page, histograms are cumulative, and
// what nobody has counted yet is there when its first increase must be seen.

import t from "tap";
import { Meters } from "../../fleet-config/observability/exposition.js";
import { closed, counter, gauge, histogram } from "../../fleet-config/observability/table.js";

const TABLE = {
  seen_total: counter(["what"], "Things\nseen \\ heard."),
  age_seconds: gauge(["robot"], "Age."),
  wait_seconds: histogram([], [0.1, 1], "Wait."),
  way_seconds: histogram(["stage"], [1], "Way."),
  unused: gauge([], "Never read."),
} as const;

t.test("a page has help, type and every series", async (t) => {
  const meters = new Meters(TABLE, { edge: "r1" });
  meters.add("seen_total", { what: "a" }, 0);
  meters.add("seen_total", { what: "b" });
  meters.add("seen_total", { what: "b" }, 2);
  for (const value of [0.05, 0.1, 0.5, 7]) meters.observe("wait_seconds", {}, value);
  meters.observe("way_seconds", { stage: "plan" }, 2);
  const page = meters.page((put) => {
    put("age_seconds", { robot: "r2" }, Number.POSITIVE_INFINITY);
    put("age_seconds", { robot: "r3" }, 1.5);
  });
  t.same(page.split("\n"), [
    "# HELP seen_total Things\\nseen \\\\ heard.",
    "# TYPE seen_total counter",
    'seen_total{edge="r1",what="a"} 0',
    'seen_total{edge="r1",what="b"} 3',
    "# HELP age_seconds Age.",
    "# TYPE age_seconds gauge",
    'age_seconds{edge="r1",robot="r2"} +Inf',
    'age_seconds{edge="r1",robot="r3"} 1.5',
    "# HELP wait_seconds Wait.",
    "# TYPE wait_seconds histogram",
    'wait_seconds_bucket{edge="r1",le="0.1"} 2',
    'wait_seconds_bucket{edge="r1",le="1"} 3',
    'wait_seconds_bucket{edge="r1",le="+Inf"} 4',
    'wait_seconds_sum{edge="r1"} 7.65',
    'wait_seconds_count{edge="r1"} 4',
    "# HELP way_seconds Way.",
    "# TYPE way_seconds histogram",
    'way_seconds_bucket{edge="r1",stage="plan",le="1"} 0',
    'way_seconds_bucket{edge="r1",stage="plan",le="+Inf"} 1',
    'way_seconds_sum{edge="r1",stage="plan"} 2',
    'way_seconds_count{edge="r1",stage="plan"} 1',
    "",
  ]);
});

t.test("a label value is escaped, and a histogram without labels is there from the start", async (t) => {
  const meters = new Meters(TABLE);
  meters.add("seen_total", { what: 'a"b\\c\nd' });
  const lines = meters.page(() => undefined).split("\n");
  t.ok(lines.includes('seen_total{what="a\\"b\\\\c\\nd"} 1'));
  t.ok(lines.includes('wait_seconds_bucket{le="+Inf"} 0'));
  t.notOk(lines.some((line) => line.includes("way_seconds") || line.includes("unused")));
});

t.test("words from outside become labels only when they are known", async (t) => {
  t.equal(closed("BUSY", { BUSY: 1 }), "BUSY");
  t.equal(closed("constructor", { BUSY: 1 }), "other");
  t.equal(closed("r".repeat(64), ["LEFT"]), "other");
  t.equal(closed("LEFT", ["LEFT"]), "LEFT");
});
