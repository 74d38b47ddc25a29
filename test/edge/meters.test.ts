// The edge's metrics count what its core took and what it did: plans with their stages, decisions, falls by cause, the
// link's round trip; and a page says what is so now.

import t from "tap";
import { EdgeMeters } from "../../edge/meters.js";
import { EDGE_METRICS } from "../../fleet-config/observability/edge-metrics.js";
import { EdgeUnderTest } from "./core/edge-under-test.js";

/** A robot whose steps are counted as the shell counts them. */
function metered() {
  const robot = new EdgeUnderTest();
  const meters = new EdgeMeters("r1", () => 0.75);
  const { edge } = robot;
  const step = edge.step.bind(edge);
  edge.step = (input, nowMs) => {
    meters.takes(input, edge.state, nowMs);
    const effects = step(input, nowMs);
    meters.took(input, edge.state, effects);
    return effects;
  };
  const page = () => meters.page(edge.state, robot.nowMs);
  const reading = (name: string, labels = ""): number => {
    const series = `${name}{robot="r1"${labels === "" ? "" : `,${labels}`}} `;
    const line = page()
      .split("\n")
      .find((one) => one.startsWith(series));
    return Number(line?.slice(series.length) ?? Number.NaN);
  };
  return { robot, meters, page, reading };
}

t.test("a robot that drives is seen to plan, decide and renew", async (t) => {
  const { robot, reading } = metered();
  robot.driving();
  t.equal(reading("drover_edge_rung"), 0);
  t.equal(reading("drover_edge_link_open"), 1);
  t.equal(reading("drover_edge_certificate_left_ratio"), 0.75);
  t.equal(reading("drover_edge_grants_total", 'accepted="yes"'), 1);
  t.ok(reading("drover_edge_link_round_trip_seconds_count") > 0);
  t.ok(reading("drover_edge_lease_left_seconds") > 0);
  t.ok(reading("drover_edge_channel_age_seconds", 'channel="pose"') < 0.2);
  t.ok(reading("drover_edge_samples_total", 'channel="scan"') > 10);
  const plans = reading("drover_edge_plans_total");
  t.ok(plans > 0);
  for (const stage of ["gather", "answer", "inference"])
    t.equal(reading("drover_edge_plan_stage_seconds_count", `stage="${stage}"`), plans, stage);
  t.ok(reading("drover_edge_plan_stage_seconds_count", 'stage="use"') > 0);
  t.ok(reading("drover_edge_decisions_total", 'choice="drive",guard="granted"') > 0);
  t.ok(Number.isNaN(reading("drover_edge_downgrades_total", 'cause="boot",to="CONFIRM"')), "a start is no fall");
});

t.test("a planner that falls silent is seen as misses, a fall and a kill", async (t) => {
  const { robot, reading } = metered();
  robot.driving();
  robot.planner = "silent";
  robot.run(4000);
  t.ok(reading("drover_edge_plan_deadline_misses_total") > 0);
  t.equal(reading("drover_edge_rung"), 1);
  t.equal(reading("drover_edge_cause", 'cause="planner-fault"'), 1);
  t.equal(reading("drover_edge_downgrades_total", 'cause="planner-fault",to="REACTIVE_ONLY"'), 1);
  const [model = ""] = robot.context.watched.map(({ name }) => name);
  t.equal(reading("drover_edge_model_kills_total", `model="${model}"`), 1);
  t.equal(reading("drover_edge_planner_ready"), 0);
});

t.test("commands, saves and refused messages are told by the shell, and every line is of the table", async (t) => {
  const { robot, meters, page, reading } = metered();
  robot.driving();
  meters.commanded(true);
  meters.commanded(false);
  meters.saved(4);
  meters.refusedOnboard();
  meters.ticked(-3);
  meters.ticked(70);
  t.equal(reading("drover_edge_commands_total", 'gate="passed"'), 1);
  t.equal(reading("drover_edge_commands_total", 'gate="held"'), 1);
  t.equal(reading("drover_edge_store_save_seconds_bucket", 'le="0.005"'), 1);
  t.equal(reading("drover_edge_onboard_refused_total"), 1);
  t.equal(reading("drover_edge_tick_delay_seconds_sum"), 0.07);
  const known = new Set(Object.keys(EDGE_METRICS));
  for (const line of page()
    .split("\n")
    .filter((one) => one !== "" && !one.startsWith("#"))) {
    const name = line.split("{")[0] ?? "";
    t.ok(known.has(name) || known.has(name.replace(/_(bucket|sum|count)$/, "")), line);
  }
});
