// The hub's metrics count what its core did: a task from its acceptance to its end, refusals by code, falls by cause,
// and how long people were waited for. A page of a thousand robots costs the control loop little (R13).

import t from "tap";
import { HUB_METRICS } from "../../fleet-config/observability/hub-metrics.js";
import { Hub, replay } from "../../hub/core/hub.js";
import { HubMeters } from "../../hub/meters.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { SiteUnderTest } from "./core/site-under-test.js";

const NO_TELEMETRY = () => ({ messages: 7, bytes: 900 });

class Metered {
  readonly site = new SiteUnderTest({ robots: 2 });
  readonly hub: Hub;
  readonly meters: HubMeters;
  nowMs = 100_000;

  constructor() {
    const { site, script } = this.site;
    this.hub = new Hub({ site, ledger: replay([]), dispatcher: script.dispatcher, incarnation: "h1" });
    this.meters = new HubMeters({ state: this.hub.state, telemetryCounts: NO_TELEMETRY, certificateLeft: () => null });
    this.#perform(this.hub.start(this.#now()));
  }

  feed(input: Parameters<Hub["step"]>[0]): void {
    const effects = this.hub.step(input, this.#now());
    this.meters.took(
      input,
      effects.filter((effect) => effect.kind === "renewed"),
    );
    this.#perform(effects);
  }

  /** Ticks as the shell does, for so many seconds. */
  pass(seconds: number): void {
    for (let tick = 0; tick < seconds * 20; tick += 1) {
      this.nowMs += 50;
      this.meters.ticked(tick === 0 ? 30 : 0, this.nowMs);
      this.feed({ kind: "tick" });
    }
  }

  #now() {
    return { nowMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs };
  }

  #perform(effects: ReturnType<Hub["step"]>): void {
    const events: LedgerEvent[] = [];
    for (const effect of effects) {
      if (effect.kind === "append") events.push(...effect.events);
      else this.meters.did(effect);
    }
    if (events.length > 0) this.meters.appended(events, 3);
  }

  reading(series: string): number | null {
    const page = this.meters.page({ nowMs: this.nowMs, wallMs: 0, depths: { effects: 0, asks: 4 } });
    const line = page.split("\n").find((one) => one.startsWith(`${series} `));
    return line === undefined ? null : Number(line.slice(series.length + 1).replace("+Inf", "Infinity"));
  }
}

const ACT = { operator: "ada", reason: "test" } as const;

t.test("counters that have not counted yet are there, and readings are of now", async (t) => {
  const metered = new Metered();
  t.equal(metered.reading("drover_hub_epoch"), 1);
  t.equal(metered.reading('drover_hub_grants_total{purpose="TASK"}'), 0);
  t.equal(metered.reading('drover_hub_claims_freed_total{exit="STATED_FREE"}'), 0);
  t.equal(metered.reading("drover_hub_claims_lapsed_unknown"), 0);
  t.equal(metered.reading("drover_hub_telemetry_received_bytes_total"), 900);
  t.equal(metered.reading("drover_hub_queue_asks"), 4);
  t.equal(metered.reading('drover_hub_robot_age_bound_seconds{robot="r1",fleet="pickers"}'), Number.POSITIVE_INFINITY);
  t.equal(metered.reading("drover_hub_ledger_append_seconds_count"), 1);
});

t.test("a fall is counted by its cause, and a robot that is not heard is a cause and a question", async (t) => {
  const metered = new Metered();
  metered.pass(2);
  t.equal(metered.reading('drover_hub_downgrades_total{scope="robot",cause="place-unknown",to="CONFIRM"}'), 2);
  t.equal(metered.reading('drover_hub_robot_cause{robot="r1",cause="place-unknown"}'), 1);
  t.equal(metered.reading('drover_hub_robots{fleet="pickers",rung="CONFIRM"}'), 2);
  t.equal(metered.reading('drover_hub_tick_delay_seconds_bucket{le="0.025"}'), 39);
  t.equal(metered.reading("drover_hub_tick_delay_seconds_count"), 40);
  t.equal(metered.reading("drover_hub_questions"), 0, "what may pass by itself is asked of nobody");
  metered.pass(11);
  t.equal(metered.reading("drover_hub_questions"), 2);
  t.ok((metered.reading("drover_hub_question_wait_longest_seconds") ?? 0) > 2);
});

t.test("an answer to a person is measured, and refusals are counted by code", async (t) => {
  const metered = new Metered();
  metered.pass(30);
  t.equal(metered.reading("drover_hub_question_wait_seconds_count"), 0);
  const seen = "in the workshop";
  metered.feed({ kind: "ask", ask: 1, what: { kind: "stateAbsent", robot: "r2", seen, act: ACT } });
  metered.feed({ kind: "ask", ask: 2, what: { kind: "stateAbsent", robot: "r9", seen, act: ACT } });
  metered.pass(1);
  t.equal(metered.reading("drover_hub_question_wait_seconds_count"), 1);
  t.ok((metered.reading("drover_hub_question_wait_seconds_sum") ?? 0) >= 19);
  t.equal(metered.reading('drover_hub_refusals_total{code="UNKNOWN_ROBOT",to="operator"}'), 1);
  const denied = 'drover_hub_refusals_total{code="NOT_PERMITTED",to="operator"}';
  t.equal(metered.reading(denied), null);
  for (const _ of [1, 2]) metered.meters.denied("NOT_PERMITTED");
  t.equal(metered.reading(denied), 2, "R12 calls that never reached the core");
  t.equal(metered.reading('drover_hub_robot_absent{robot="r2",fleet="pickers"}'), 1);
});

t.test("every line of a page belongs to a metric of the table", async (t) => {
  const metered = new Metered();
  metered.pass(2);
  const page = metered.meters.page({ nowMs: metered.nowMs, wallMs: 0, depths: { effects: 0, asks: 0 } });
  const known = new Set(Object.keys(HUB_METRICS));
  for (const line of page.split("\n").filter((one) => one !== "" && !one.startsWith("#"))) {
    const name = line.split(/[{ ]/)[0] ?? "";
    t.ok(known.has(name) || known.has(name.replace(/_(bucket|sum|count)$/, "")), line);
  }
});

t.test(
  "late and paused tasks and drained robots are told, and each verdict on a deadline is counted once",
  async (t) => {
    const metered = new Metered();
    const ask = (what: Parameters<Metered["feed"]>[0] & { kind: "ask" }) => metered.feed(what);
    const stops = [{ destinations: ["C"] }];
    const task = { act: ACT, stops, fleet: "", dwellMs: 0 };
    ask({ kind: "ask", ask: 1, what: { kind: "submitTask", task: "t1", ...task, deadlineMs: 1000 } });
    ask({ kind: "ask", ask: 2, what: { kind: "submitTask", task: "t2", ...task } });
    ask({ kind: "ask", ask: 3, what: { kind: "pauseTask", task: "t2", act: ACT } });
    ask({ kind: "ask", ask: 4, what: { kind: "drainRobot", robot: "r1", act: ACT } });
    t.equal(metered.reading("drover_hub_tasks_late"), 0);
    t.equal(metered.reading('drover_hub_deadlines_told_total{verdict="MISSED"}'), 0);
    metered.pass(3);
    t.equal(metered.reading("drover_hub_tasks_late"), 1);
    t.equal(metered.reading("drover_hub_tasks_paused"), 1);
    t.equal(metered.reading("drover_hub_robots_drained"), 1);
    t.equal(metered.reading('drover_hub_deadlines_told_total{verdict="MISSED"}'), 1);
  },
);
