// What a scrape reads of the hub: values of the core's state at one instant. It costs a look at each robot and each
// claim, and none at each place: whether a place is free is a question about every robot.

import type { Put } from "../fleet-config/observability/exposition.js";
import type { HUB_METRICS } from "../fleet-config/observability/hub-metrics.js";
import { putProcess } from "../fleet-config/observability/process-metrics.js";
import { closed } from "../fleet-config/observability/table.js";
import { readProcess } from "../proto/codec/process-reading.js";
import { CAUSES, RUNGS, severity } from "../proto/mode.js";
import type { RobotView, TaskView } from "../proto/operator-views.js";
import { isDue } from "./core/alerts.js";
import type { HubState } from "./core/turn.js";
import { siteView, taskViews } from "./core/views.js";

type PutHub = Put<typeof HUB_METRICS>;

/** What only the shell knows. */
export interface Depths {
  readonly effects: number;
  readonly asks: number;
}

interface At {
  readonly nowMs: number;
  readonly wallMs: number;
  readonly depths: Depths;
  readonly telemetry: { readonly messages: number; readonly bytes: number };
  readonly certificateLeft: number | null;
}

type SiteSeen = ReturnType<typeof siteView>;

export function putHub(put: PutHub, state: HubState, at: At): void {
  const { messages, bytes } = at.telemetry;
  const site = siteView(state, { nowMs: at.nowMs, telemetryReceived: messages, telemetryBytes: bytes });
  const { config, hash, software } = state.site;
  put("drover_hub_info", { site: config.site, version: software, config: hash }, 1);
  put("drover_hub_epoch", {}, site.epoch);
  put("drover_hub_restart_wait_seconds", {}, site.restartWaitMs / 1000);
  put("drover_hub_grants_frozen", {}, site.grantsFrozen ? 1 : 0);
  put("drover_hub_telemetry_received_total", {}, messages);
  put("drover_hub_telemetry_received_bytes_total", {}, bytes);
  put("drover_hub_telemetry_refused_total", {}, site.telemetryRefused);
  put("drover_hub_links", {}, state.streams.size);
  put("drover_hub_queue_effects", {}, at.depths.effects);
  put("drover_hub_queue_asks", {}, at.depths.asks);
  putClaims(put, state);
  putFleets(put, site);
  for (const robot of site.robots) putRobot(put, robot);
  putTasks(put, state, taskViews(state, { all: false, nowMs: at.nowMs, wallMs: at.wallMs }));
  const { decisions } = site;
  put("drover_hub_questions", {}, decisions.length);
  put("drover_hub_questions_due", {}, decisions.filter((view) => isDue(view, state.site.config)).length);
  put("drover_hub_question_wait_longest_seconds", {}, longestS(decisions.map(({ waitingMs }) => waitingMs)));
  if (at.certificateLeft !== null) put("drover_hub_certificate_left_ratio", {}, at.certificateLeft);
  putProcess(put, readProcess());
}

function putClaims(put: PutHub, { ledger }: HubState): void {
  const phases = { assigned: 0, standing: 0, ended: 0 };
  let lapsed = 0;
  for (const claim of ledger.claims.values()) {
    phases[claim.phase] += 1;
    if (claim.lapsed) lapsed += 1;
  }
  for (const [phase, claims] of Object.entries(phases)) put("drover_hub_claims", { phase }, claims);
  put("drover_hub_claims_lapsed_unknown", {}, lapsed);
}

function putFleets(put: PutHub, { fleets, robots }: SiteSeen): void {
  for (const { id: fleet, rung, stale } of fleets) {
    put("drover_hub_fleet_rung", { fleet }, severity(rung));
    put("drover_hub_fleet_stale_robots", { fleet }, stale);
    const own = robots.filter((robot) => robot.fleet === fleet);
    for (const each of RUNGS)
      put("drover_hub_robots", { fleet, rung: each }, own.filter((robot) => robot.rung === each).length);
  }
}

function putRobot(put: PutHub, view: RobotView): void {
  const { id: robot, fleet } = view;
  put("drover_hub_robot_rung", { robot, fleet }, severity(view.rung));
  put("drover_hub_robot_linked", { robot, fleet }, view.linked ? 1 : 0);
  put("drover_hub_robot_absent", { robot, fleet }, view.absent ? 1 : 0);
  const ageS = view.ageBoundMs === undefined ? Number.POSITIVE_INFINITY : view.ageBoundMs / 1000;
  put("drover_hub_robot_age_bound_seconds", { robot, fleet }, ageS);
  put("drover_hub_robot_lease_left_seconds", { robot }, (view.leaseLeftMs ?? 0) / 1000);
  if (view.chargeRatio !== undefined) put("drover_hub_robot_charge_ratio", { robot }, view.chargeRatio);
  if (view.planMs !== undefined) put("drover_hub_robot_plan_seconds", { robot }, view.planMs / 1000);
  put("drover_hub_robot_plans_total", { robot }, view.plans);
  put("drover_hub_robot_plan_deadline_misses_total", { robot }, view.planDeadlineMisses);
  for (const cause of new Set(view.causes.map(({ name }) => closed(name, CAUSES))))
    put("drover_hub_robot_cause", { robot, cause }, 1);
}

function putTasks(put: PutHub, { ledger }: HubState, open: readonly TaskView[]): void {
  const waiting = open.filter(({ phase }) => phase === "WAITING");
  put("drover_hub_tasks", { phase: "waiting" }, waiting.length);
  put("drover_hub_tasks", { phase: "active" }, open.length - waiting.length);
  put("drover_hub_tasks_late", {}, open.filter(({ lateMs }) => lateMs !== undefined).length);
  put("drover_hub_tasks_paused", {}, open.filter(({ paused }) => paused !== undefined).length);
  put("drover_hub_robots_drained", {}, ledger.drained.size);
  put("drover_hub_task_wait_longest_seconds", {}, longestS(waiting.map(({ acceptedAgoMs }) => acceptedAgoMs)));
  const { accepted, done, failed, cancelled } = ledger.counts;
  put("drover_hub_tasks_accepted_total", {}, accepted);
  for (const [end, tasks] of Object.entries({ done, failed, cancelled }))
    put("drover_hub_tasks_ended_total", { end }, tasks);
}

function longestS(waits: readonly number[]): number {
  return waits.reduce((longest, ms) => Math.max(longest, ms), 0) / 1000;
}
