// The planner's runs: their deadline, their answers, and what a failure costs (R11). What a plan leads to is the motion
// core's.

import type { PlanResult } from "../../models/planner.js";
import { failed } from "./breaker.js";
import type { ModelDecision } from "./health/health.js";
import { acceptPlan, planLost } from "./motion/motion.js";
import { type Driver, motionInput } from "./motion-input.js";
import { takenPlan } from "./record.js";
import type { EdgeEffect, EdgeState } from "./types.js";

/** A planner that has not answered for this many deadlines is killed; reactive rules hold from the first one on. */
const KILL_DEADLINES = 3;
/** After a refusal reactive rules hold at least this long. */
const REFUSED_HOLD_MS = 1000;

/** R11: a late plan means reactive rules at once; a planner that stays silent is killed and restarted. */
export function stepDeadline(state: EdgeState, driver: Driver, nowMs: number, effects: EdgeEffect[]): void {
  const { plan } = state;
  if (plan.failing !== "" && plan.ready && nowMs >= driver.refusedUntilMs) plan.failing = "";
  if (plan.flight === null) return;
  noteMiss(state, driver, nowMs);
  const runningMs = nowMs - plan.flight.sentMs;
  if (runningMs > KILL_DEADLINES * state.context.config.limits.plannerDeadlineMs && plan.ready) {
    plan.ready = false;
    effects.push({ kind: "killPlanner", why: `no plan for ${runningMs} ms` });
  }
}

/** A plan past its deadline is lost, also when its answer comes before the tick that would have noticed. */
function noteMiss(state: EdgeState, driver: Driver, nowMs: number): void {
  const { plan } = state;
  if (plan.flight === null || plan.missed) return;
  if (nowMs - plan.flight.sentMs <= state.context.config.limits.plannerDeadlineMs) return;
  plan.missed = true;
  failed(plan.failures, state.context.config.models.breaker, nowMs);
  plan.misses += 1;
  plan.plans += 1;
  planLost(driver.motion, plan.flight.id);
}

/** Takes a plan; a late one is thrown away, but shows that the planner lives. */
export function planned(state: EdgeState, driver: Driver, result: PlanResult, nowMs: number): void {
  const { plan } = state;
  if (plan.flight?.id !== result.id) return;
  const { flight } = plan;
  noteMiss(state, driver, nowMs);
  const late = plan.missed;
  plan.lastMs = nowMs - plan.flight.sentMs;
  plan.inferenceMs = result.inferenceMs;
  plan.flight = null;
  plan.missed = false;
  if (late) return;
  plan.plans += 1;
  const input = motionInput(state, driver, nowMs);
  if (input === null) return planLost(driver.motion, result.id); // nothing is known of where it would lead
  const verdict = acceptPlan(driver.motion, result, input);
  if (verdict === "accepted") plan.taken = takenPlan(flight, result, nowMs);
  decided(state, { ageMs: flight.ageMs, isRefused: verdict === "refused", atMs: nowMs });
  if (verdict === "refused") fail(state, driver, { why: "a plan breaks the model's contract", nowMs });
}

export function planRefused(
  state: EdgeState,
  driver: Driver,
  at: { readonly id: number; readonly why: string; readonly nowMs: number },
): void {
  if (state.plan.flight?.id !== at.id) return;
  decided(state, { ageMs: state.plan.flight.ageMs, isRefused: true, atMs: at.nowMs });
  planLost(driver.motion, at.id);
  Object.assign(state.plan, { flight: null, missed: false });
  fail(state, driver, at);
}

/** What the watch over its health is told of an answer. */
function decided({ health }: EdgeState, of: Pick<ModelDecision, "ageMs" | "isRefused" | "atMs">): void {
  health.decided(health.planner, { ...of, confidence: null, features: null });
}

function fail(state: EdgeState, driver: Driver, at: { readonly why: string; readonly nowMs: number }): void {
  state.plan.failing = at.why;
  failed(state.plan.failures, state.context.config.models.breaker, at.nowMs);
  driver.refusedUntilMs = at.nowMs + REFUSED_HOLD_MS;
}

/** A planner that ended by itself failed; one that was killed failed when its plan was late. */
export function plannerGone(state: EdgeState, driver: Driver, nowMs: number): void {
  if (state.plan.flight !== null) planLost(driver.motion, state.plan.flight.id);
  if (state.plan.ready) failed(state.plan.failures, state.context.config.models.breaker, nowMs);
  Object.assign(state.plan, { ready: false, flight: null, missed: false });
}
