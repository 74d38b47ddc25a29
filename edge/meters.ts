// The edge's metrics (fleet-config/observability/edge-metrics.ts): counted in the shell from what goes into the core
// and what comes out of it, and read from the core's state when somebody scrapes. The core knows nothing of them.

import { EDGE_METRICS } from "../fleet-config/observability/edge-metrics.js";
import { Meters, type Put } from "../fleet-config/observability/exposition.js";
import { closed } from "../fleet-config/observability/table.js";
import { REFUSALS } from "../proto/errors.js";
import { CAUSES, type Rung, severity } from "../proto/mode.js";
import type { HubMessage } from "../proto/wire.js";
import { slotNamed } from "./core/controller/slots.js";
import { allCauses, rungOf } from "./core/modes.js";
import type { DecisionRecord } from "./core/record.js";
import type { EdgeEffect, EdgeInput, EdgeState } from "./core/types.js";
import { putEdge } from "./readings.js";

export class EdgeMeters {
  readonly #meters: Meters<typeof EDGE_METRICS>;
  readonly #certificateLeft: () => number | null;
  #rung: Rung = "CONFIRM"; // a start is no fall
  #planId = -1; // of the newest plan that was taken
  #usedId = -1; // of the newest that a decision rested on
  #refusedPlans = 0;

  /** `certificateLeft`: of the life of the robot's certificate, from 1 to 0; null without TLS. */
  constructor(robot: string, certificateLeft: () => number | null) {
    this.#certificateLeft = certificateLeft;
    this.#meters = new Meters(EDGE_METRICS, { robot });
    this.#meters.add("drover_edge_onboard_refused_total", {}, 0);
    for (const gate of ["passed", "held"]) this.#meters.add("drover_edge_commands_total", { gate }, 0);
  }

  /** A tick came `lateMs` after it should have. */
  ticked(lateMs: number): void {
    this.#meters.observe("drover_edge_tick_delay_seconds", {}, Math.max(0, lateMs) / 1000);
  }

  /** Before a step: what the step takes out of the state. */
  takes(input: EdgeInput, { link }: EdgeState, nowMs: number): void {
    if (input.kind !== "hub" || input.message.kind !== "renewed") return;
    const { nonce } = input.message;
    const asked = link.lease.pending.find((renewal) => renewal.nonce === nonce);
    if (asked !== undefined)
      this.#meters.observe("drover_edge_link_round_trip_seconds", {}, (nowMs - asked.sentMs) / 1000);
  }

  /** After a step. */
  took(input: EdgeInput, state: EdgeState, effects: readonly EdgeEffect[]): void {
    this.#input(input, state);
    for (const effect of effects) this.#effect(effect, state);
    const rung = rungOf(state);
    if (rung === this.#rung) return;
    if (severity(rung) > severity(this.#rung)) {
      const worst = allCauses(state).find((cause) => cause.rung === rung)?.name ?? "";
      this.#meters.add("drover_edge_downgrades_total", { cause: closed(worst, CAUSES), to: rung });
    }
    this.#rung = rung;
  }

  #input(input: EdgeInput, state: EdgeState): void {
    const meters = this.#meters;
    if (input.kind === "sample") meters.add("drover_edge_samples_total", { channel: input.sample.channel });
    if (input.kind === "hub") this.#heard(input.message);
    if (input.kind === "planned") this.#planned(state);
    if (input.kind === "planRefused") this.#refusedPlans += 1;
    if (input.kind === "plannerGone") meters.add("drover_edge_model_exits_total", { model: state.health.planner });
    if (input.kind === "modelGone") meters.add("drover_edge_model_exits_total", { model: input.model });
    if (input.kind !== "ran") return;
    const advice = slotNamed(state.controllers, input.model)?.advice;
    if (advice?.id === input.result.id)
      meters.observe("drover_edge_model_confidence", { model: input.model }, advice.confidence);
  }

  #heard(message: HubMessage): void {
    if (message.kind === "refused")
      this.#meters.add("drover_edge_refusals_total", { code: closed(message.code, REFUSALS) });
  }

  #planned({ plan: { taken } }: EdgeState): void {
    if (taken === null || taken.id === this.#planId) return;
    this.#planId = taken.id;
    if (taken.gatherMs >= 0) this.#stage("gather", taken.gatherMs);
    this.#stage("answer", taken.planMs);
    this.#stage("inference", taken.inferenceMs);
  }

  #stage(stage: string, ms: number): void {
    this.#meters.observe("drover_edge_plan_stage_seconds", { stage }, ms / 1000);
  }

  #effect(effect: EdgeEffect, state: EdgeState): void {
    const meters = this.#meters;
    if (effect.kind === "record") this.#decided(effect.record);
    if (effect.kind === "killPlanner") meters.add("drover_edge_model_kills_total", { model: state.health.planner });
    if (effect.kind === "killModel") meters.add("drover_edge_model_kills_total", { model: effect.model });
    if (effect.kind === "send" && effect.message.kind === "grantAnswer")
      meters.add("drover_edge_grants_total", { accepted: effect.message.accepted ? "yes" : "no" });
  }

  #decided({ choice, guard, former, plan }: DecisionRecord): void {
    const meters = this.#meters;
    if (plan !== null && plan.id !== this.#usedId) {
      this.#usedId = plan.id;
      this.#stage("use", plan.useMs);
    }
    meters.add("drover_edge_decisions_total", { choice, guard: guard?.verdict ?? "none" });
    if (guard?.verdict === "refused" && guard.cause !== "")
      meters.add("drover_edge_vetoes_total", { reason: guard.cause });
    if (former !== null) meters.add("drover_edge_decision_outcomes_total", { outcome: former.outcome });
  }

  /** A command at the gate. */
  commanded(isPassed: boolean): void {
    this.#meters.add("drover_edge_commands_total", { gate: isPassed ? "passed" : "held" });
  }

  saved(tookMs: number): void {
    this.#meters.observe("drover_edge_store_save_seconds", {}, tookMs / 1000);
  }

  refusedOnboard(): void {
    this.#meters.add("drover_edge_onboard_refused_total", {});
  }

  /** The page of a scrape. */
  page(state: EdgeState, nowMs: number): string {
    return this.#meters.page((put: Put<typeof EDGE_METRICS>) =>
      putEdge(put, state, {
        ...{ nowMs, refusedPlans: this.#refusedPlans, certificateLeft: this.#certificateLeft() },
      }),
    );
  }
}
