// The closed table of an edge's metrics. Every series carries the label `robot`. Models are those that the edge holds,
// three at most; every other label is a word of a closed table. Pure.

import { PROCESS_METRICS } from "./process-metrics.js";
import { counter, FAST_S, gauge, histogram } from "./table.js";

const TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

const AUTHORITY = {
  drover_edge_info: gauge(["fleet", "version", "config", "boot"], "Always 1: software, site file and boot."),
  drover_edge_rung: gauge([], "0 AUTONOMOUS, 1 REACTIVE_ONLY, 2 CONFIRM, 3 HALT: edge and hub together (R7)."),
  drover_edge_cause: gauge(["cause"], "1 for each cause that lowers the robot now, its own and the hub's."),
  drover_edge_downgrades_total: counter(["cause", "to"], "Falls of the rung, by the worst cause then."),
  drover_edge_link_open: gauge([], "1 while there is a stream to the hub."),
  drover_edge_link_round_trip_seconds: histogram([], FAST_S, "From a renewal to its answer (R2)."),
  drover_edge_lease_left_seconds: gauge([], "Until the robot must stand by its own clock (R2); 0 without a lease."),
  drover_edge_certificate_left_ratio: gauge(
    [],
    "Of the life of the certificate read last, what is left; absent without TLS.",
  ),
  drover_edge_refusals_total: counter(["code"], "Refusals that the hub sent, by code."),
  drover_edge_grants_total: counter(["accepted"], "Answers to grants."),
  drover_edge_outbox_messages: gauge([], "Outcomes that the hub has not acknowledged (R10)."),
  drover_edge_waiting_saves: gauge([], "Versions of the memory that something waits for (R10)."),
  drover_edge_store_save_seconds: histogram([], FAST_S, "From a change of the memory to its being durable (R10)."),
  drover_edge_store_fault: gauge([], "1 when the store cannot be used: the robot stands in HALT."),
} as const;

const SENSES = {
  drover_edge_channel_age_seconds: gauge(
    ["channel"],
    "Age of the newest sample at most (R6); +Inf: nothing bounds it.",
  ),
  drover_edge_samples_total: counter(["channel"], "Samples from the base."),
  drover_edge_onboard_refused_total: counter([], "On-board messages that break the contract (R13)."),
} as const;

const DECISIONS = {
  drover_edge_decisions_total: counter(["choice", "guard"], "Decisions, and what the guard said to each (R11, R14)."),
  drover_edge_decision_outcomes_total: counter(["outcome"], "What became of decisions (R14)."),
  drover_edge_vetoes_total: counter(["reason"], "Decisions that the guard found no room for, by its reason (R11)."),
  drover_edge_commands_total: counter(["gate"], "Commands that passed the last check of the lease, or did not (R2)."),
  drover_edge_tick_delay_seconds: histogram(
    [],
    FAST_S,
    "How late the control loop's tick came: lag of its event loop.",
  ),
} as const;

const MODELS = {
  drover_edge_plans_total: counter([], "Plans that were answered or missed their deadline."),
  drover_edge_plan_deadline_misses_total: counter([], "Plans that missed their deadline (R11)."),
  drover_edge_plan_refusals_total: counter([], "Runs of the planner that gave no plan."),
  drover_edge_plan_stage_seconds: histogram(
    ["stage"],
    FAST_S,
    "Stages: gather (age of its scan), answer (from the asking), inference (the model's part), use (to a decision).",
  ),
  drover_edge_planner_ready: gauge([], "1 while the planner can be asked."),
  drover_edge_model_kills_total: counter(["model"], "Model processes that were killed for their silence."),
  drover_edge_model_exits_total: counter(["model"], "Model processes that ended."),
  drover_edge_model_confidence: histogram(["model"], TENTHS, "Confidence of each advice of a controller."),
  drover_edge_model_decisions: gauge(["model"], "Decisions in the window that the shares below are of."),
  drover_edge_model_unsure_ratio: gauge(["model"], "Share of them less sure than the manifest's least confidence."),
  drover_edge_model_inputs_old_ratio: gauge(["model"], "Share of them that rest on an old input."),
  drover_edge_model_refused_ratio: gauge(["model"], "Share of them that contract or guard refused."),
  drover_edge_model_fallback_ratio: gauge(["model"], "Share of the newest time in which other rules drove."),
  drover_edge_model_drift: gauge(["model"], "Population stability index of its worst input."),
  drover_edge_model_canary_failed: gauge(["model"], "1 when its last golden vector gave another answer."),
  drover_edge_controller_role: gauge(["model", "role"], "1 for the role that a controller has."),
  drover_edge_controller_runs_total: counter(["model"], "Runs that a controller was asked for."),
  drover_edge_controller_ticks_total: counter(["model", "driven"], "Ticks in which its advice drove, or was missing."),
  drover_edge_controller_faults_total: counter(
    ["model", "fault"],
    "Advices that were unsure, late, refused or vetoed.",
  ),
} as const;

export const EDGE_METRICS = { ...AUTHORITY, ...SENSES, ...DECISIONS, ...MODELS, ...PROCESS_METRICS } as const;
