// What a scrape reads of an edge: values of the core's state at one instant.

import type { EDGE_METRICS } from "../fleet-config/observability/edge-metrics.js";
import type { Put } from "../fleet-config/observability/exposition.js";
import { putProcess } from "../fleet-config/observability/process-metrics.js";
import { closed } from "../fleet-config/observability/table.js";
import { readProcess } from "../proto/codec/process-reading.js";
import { CAUSES, severity } from "../proto/mode.js";
import { ONBOARD_CHANNELS } from "../proto/topics.js";
import { ageMs } from "./core/channels.js";
import type { Slot } from "./core/controller/slots.js";
import { allCauses, rungOf } from "./core/modes.js";
import type { EdgeState } from "./core/types.js";

type PutEdge = Put<typeof EDGE_METRICS>;

export interface At {
  readonly nowMs: number;
  readonly refusedPlans: number;
  readonly certificateLeft: number | null; // of its life, from 1 to 0; null without TLS
}

export function putEdge(put: PutEdge, state: EdgeState, at: At): void {
  const { nowMs, refusedPlans, certificateLeft } = at;
  const { context, link, plan } = state;
  const { fleet, software: version, configHash: config, boot } = context;
  put("drover_edge_info", { fleet: fleet.id, version, config, boot }, 1);
  put("drover_edge_rung", {}, severity(rungOf(state)));
  for (const cause of new Set(allCauses(state).map(({ name }) => closed(name, CAUSES))))
    put("drover_edge_cause", { cause }, 1);
  put("drover_edge_link_open", {}, link.open ? 1 : 0);
  put("drover_edge_lease_left_seconds", {}, Math.max(0, link.lease.endMs - nowMs) / 1000);
  put("drover_edge_outbox_messages", {}, state.memory.outbox.length);
  put("drover_edge_waiting_saves", {}, state.held.length);
  put("drover_edge_store_fault", {}, state.storeFault === "" ? 0 : 1);
  for (const channel of ONBOARD_CHANNELS)
    put("drover_edge_channel_age_seconds", { channel }, ageMs(state, channel, nowMs) / 1000);
  put("drover_edge_plans_total", {}, plan.plans);
  put("drover_edge_plan_deadline_misses_total", {}, plan.misses);
  put("drover_edge_plan_refusals_total", {}, refusedPlans);
  put("drover_edge_planner_ready", {}, plan.ready ? 1 : 0);
  for (const { name } of context.watched) putHealth(put, state, name);
  for (const slot of state.controllers.slots) putController(put, slot);
  if (certificateLeft !== null) put("drover_edge_certificate_left_ratio", {}, certificateLeft);
  putProcess(put, readProcess());
}

function putHealth(put: PutEdge, { health }: EdgeState, model: string): void {
  const figures = health.figures(model);
  put("drover_edge_model_decisions", { model }, figures.decisions);
  put("drover_edge_model_unsure_ratio", { model }, figures.unsureShare);
  put("drover_edge_model_inputs_old_ratio", { model }, figures.oldShare);
  put("drover_edge_model_refused_ratio", { model }, figures.refusedShare);
  put("drover_edge_model_fallback_ratio", { model }, figures.fallbackShare);
  put("drover_edge_model_drift", { model }, figures.driftIndex);
  put("drover_edge_model_canary_failed", { model }, figures.canaryFault === "" ? 0 : 1);
}

function putController(put: PutEdge, { model, role, counts }: Slot): void {
  const { asked, driven, missing, unsure, late, refused, vetoed } = counts;
  put("drover_edge_controller_role", { model, role }, 1);
  put("drover_edge_controller_runs_total", { model }, asked);
  put("drover_edge_controller_ticks_total", { model, driven: "yes" }, driven);
  put("drover_edge_controller_ticks_total", { model, driven: "no" }, missing);
  for (const [fault, advices] of Object.entries({ unsure, late, refused, vetoed }))
    put("drover_edge_controller_faults_total", { model, fault }, advices);
}
