// Controller models from their evidence to an advice (R11): the gate before a run, its deadline, what a failure costs,
// and when a candidate takes over or the one before comes back. What becomes of an advice stands in judging.ts.

import { assemble } from "../../../models/assemble.js";
import type { ModelManifest } from "../../../models/manifest.js";
import { readProposal } from "../../../models/propose.js";
import type { ModelResult } from "../../../models/run.js";
import { failed } from "../breaker.js";
import { mayPlan } from "../modes.js";
import type { Leash, MotionInput, MotionState } from "../motion/motion.js";
import type { EdgeEffect, EdgeState } from "../types.js";
import { evidenceOf } from "./evidence.js";
import { type Flight, type Rested, type Slot, slotNamed, slotWith } from "./slots.js";
import { takesPermission } from "./swap.js";
import { tellDecision } from "./telling.js";

/** A model that has not answered for this many of its deadlines is killed. */
const KILL_DEADLINES = 3;
/** An advice is driven for this many control periods beyond the deadline in which it was made. */
const KEPT_PERIODS = 2;
/** How far from where it was nearest a model may lead, in radii of the robot. */
const LEASH_RADII = 3;
/** After a failure immediate rules hold at least this long. */
const FAILING_MS = 1000;
/** A candidate is not taken before so many runs, or when more than this share of them could not have been driven. */
const SHADOW_RUNS = 20;
const SHADOW_UNFIT = 0.1;
/** ... nor before what drives has made so much way, or when it would have made less than this share of it. */
const SHADOW_WAY_M = 1;
const SHADOW_SLOWEST = 0.5;
/** Whatever a manifest allows, an answer later than this is no use to a robot that moves. */
const DEADLINE_MOST_MS = 1000;

/** One change of a slot: when, and where its effects go. */
export interface Turn {
  readonly nowMs: number;
  readonly effects: EdgeEffect[];
}

/** What the motion core is told: null when no controller is live. */
export function controllerInput(state: EdgeState, nowMs: number): MotionInput["controller"] {
  const live = slotWith(state.controllers, "live");
  if (live === undefined) return null;
  return { advice: isCurrent(state, live, nowMs) ? live.advice : null, leash: leashOf(state) };
}

/** From where the robot was nearest to its target; null before it was anywhere. */
function leashOf({ controllers: { best }, context }: EdgeState): Leash | null {
  if (best === null) return null;
  const aroundM = LEASH_RADII * context.config.physics.radiusM;
  return { nearest: best.at, aroundM, withinM: best.toGoM + aroundM };
}

function deadlineMs({ limits }: ModelManifest): number {
  return Math.min(limits.deadlineMs, DEADLINE_MOST_MS);
}

export function isCurrent(state: EdgeState, { advice, manifest }: Slot, nowMs: number): boolean {
  if (advice === null) return false;
  const keptMs = deadlineMs(manifest) + KEPT_PERIODS * state.context.config.limits.controlMs;
  return nowMs - advice.sentMs <= keptMs;
}

/** At the begin of a tick: deadlines, then whether a candidate takes over. */
export function stepControllers(state: EdgeState, turn: Turn): void {
  const { controllers } = state;
  if (turn.nowMs >= controllers.failingUntilMs) controllers.failing = "";
  for (const slot of controllers.slots) {
    if (slot.flight === null) continue;
    missed(state, slot, slot.flight, turn);
    const runningMs = turn.nowMs - slot.flight.sentMs;
    if (runningMs <= KILL_DEADLINES * deadlineMs(slot.manifest) || !slot.ready) continue;
    slot.ready = false;
    turn.effects.push({ kind: "killModel", model: slot.model, why: `no answer for ${runningMs} ms` });
  }
  promote(state, turn);
}

/** A run past its deadline is lost, also when its answer comes before the tick that would have noticed. */
function missed(state: EdgeState, slot: Slot, flight: Flight, turn: Turn): void {
  if (flight.missed || turn.nowMs - flight.sentMs <= deadlineMs(slot.manifest)) return;
  flight.missed = true;
  slot.counts.late += 1;
  fail(state, slot, "it is past its deadline", turn);
}

/** Between two ticks, by a permission: the newest advice of the candidate is at hand, so that no tick is missed. */
function promote(state: EdgeState, turn: Turn): void {
  const { controllers } = state;
  const { promoteAfterMs } = state.context.config.models;
  const candidate = slotWith(controllers, "shadow");
  if (candidate === undefined || promoteAfterMs === 0 || !isCurrent(state, candidate, turn.nowMs)) return;
  if (!isProven(candidate) || turn.nowMs - controllers.sinceMs < promoteAfterMs) return;
  if (!takesPermission(state, candidate, turn)) return;
  const live = slotWith(controllers, "live");
  if (live !== undefined) {
    live.role = "standby";
    state.health.canary(live.model, ""); // what does not drive lowers nothing
  }
  candidate.role = "live";
  Object.assign(controllers, { sinceMs: turn.nowMs, isOnTrial: true, best: null });
  const shadow = `${candidate.counts.asked} runs in the shadow of ${live?.model ?? "the path itself"}`;
  const detail = `${candidate.model} drives after ${shadow}`;
  turn.effects.push({ kind: "note", event: "model promoted", detail });
}

function isProven({ counts: { asked, vetoed, unsure }, shadowed }: Slot): boolean {
  if (asked < SHADOW_RUNS || vetoed + unsure > SHADOW_UNFIT * asked) return false;
  return shadowed.drivenM >= SHADOW_WAY_M && shadowed.advisedM >= SHADOW_SLOWEST * shadowed.drivenM;
}

/** The gate: a run goes out only on evidence that the manifest finds young enough; else the slot says which is not. */
export function askControllers(
  state: EdgeState,
  at: { readonly motion: MotionState; readonly input: MotionInput },
  { nowMs, effects }: Turn,
): void {
  const { controllers } = state;
  if (controllers.slots.length === 0 || !at.motion.isFollowing || !mayPlan(state)) return;
  const evidence = evidenceOf(state, { ...at, nowMs });
  for (const slot of controllers.slots) {
    if (slot.role === "failed" || !slot.ready || slot.flight !== null) continue;
    const reset = slot.targetId !== at.input.target?.id;
    if (reset) slot.frames.clear();
    const assembly = assemble(slot.manifest, evidence, slot.frames);
    if (assembly.kind === "refused") {
      slot.why = `${assembly.tensor}: ${assembly.reason}`;
      continue;
    }
    slot.targetId = at.input.target?.id ?? "";
    const id = controllers.nextId;
    controllers.nextId += 1;
    slot.counts.asked += 1;
    const { feeds, ages } = assembly;
    const rests = { feeds, ageMs: Math.max(0, ...ages.map(({ ageMs }) => ageMs)) };
    slot.flight = { id, sentMs: nowMs, advicePose: at.input.pose, missed: false, rests };
    const run = { id, model: slot.manifest.name, feeds, reset };
    effects.push({ kind: "run", model: slot.model, run });
  }
}

/** Takes an answer. One that is late, or to nothing that was asked, changes nothing but that the model lives. */
export function controllerRan(state: EdgeState, model: string, result: ModelResult, turn: Turn): void {
  const slot = slotNamed(state.controllers, model);
  const flight = slot?.flight ?? null;
  if (slot === undefined || flight?.id !== result.id) return;
  missed(state, slot, flight, turn);
  slot.flight = null;
  if (flight.missed) return;
  const outputs = new Map(result.outputs.map((output) => [output.tensor, output]));
  const read = readProposal(slot.manifest, outputs);
  const { id, sentMs, advicePose: pose, rests } = flight;
  if (read.kind === "refused") return refuse(state, slot, { why: read.reason, rests }, turn);
  slot.advice = null;
  const { confidence } = read;
  if (read.kind === "unsure") {
    slot.counts.unsure += 1;
    slot.why = read.reason;
    tellDecision(state, slot, { confidence, rests, isRefused: false, atMs: turn.nowMs });
  } else if (read.proposal.kind === "field") refuse(state, slot, { why: "a field is no advice", rests }, turn);
  else {
    slot.advice = { id, sentMs, pose, proposal: read.proposal, confidence, rests };
    slot.why = "";
  }
}

/** The run broke the model's contract; its process is ready for the next. */
export function controllerRefused(
  state: EdgeState,
  model: string,
  answer: { readonly id: number; readonly reason: string },
  turn: Turn,
): void {
  const slot = slotNamed(state.controllers, model);
  if (slot?.flight?.id !== answer.id) return;
  const { rests } = slot.flight;
  slot.flight = null;
  refuse(state, slot, { why: answer.reason, rests }, turn);
}

function refuse(state: EdgeState, slot: Slot, of: { readonly why: string; readonly rests: Rested }, turn: Turn): void {
  slot.counts.refused += 1;
  tellDecision(state, slot, { confidence: null, rests: of.rests, isRefused: true, atMs: turn.nowMs });
  fail(state, slot, of.why, turn);
}

/**
 * R7, R11: a golden vector of a model has come back; `fault` is empty when it was well. That of the model that drives
 * lowers its robot, unless another one can drive in its place; one that does not drive is not going to.
 */
export function controllerLooked(
  state: EdgeState,
  { model, fault }: { readonly model: string; readonly fault: string },
  turn: Turn,
): void {
  const slot = slotNamed(state.controllers, model);
  if (slot === undefined || (slot.role === "live" && (fault === "" || !isOnTrial(state, turn.nowMs))))
    return state.health.canary(model, fault);
  if (fault === "" || slot.role === "failed") return;
  fail(state, slot, `canary: ${fault}`, turn);
  slot.role = "failed";
}

/** R7, R11: a model on trial that is not well loses its place before it can lower its robot. */
export function stepTrial(state: EdgeState, turn: Turn): void {
  const live = slotWith(state.controllers, "live");
  if (live === undefined || !isOnTrial(state, turn.nowMs)) return;
  const why = state.health.unwell(live.model);
  if (why !== "") fail(state, live, why, turn);
}

/** Whether what was before the live model still comes back when that fails. */
function isOnTrial({ controllers, context }: EdgeState, nowMs: number): boolean {
  return controllers.isOnTrial && nowMs - controllers.sinceMs <= context.config.models.trialMs;
}

export function controllerReady(state: EdgeState, model: string, nowMs: number): void {
  const slot = slotNamed(state.controllers, model);
  if (slot === undefined) return;
  slot.ready = true;
  slot.targetId = ""; // a process that starts knows no states
  if (slot.role === "shadow") state.controllers.sinceMs = nowMs;
}

export function controllerGone(state: EdgeState, model: string, why: string, turn: Turn): void {
  const slot = slotNamed(state.controllers, model);
  if (slot === undefined) return;
  Object.assign(slot, { ready: false, flight: null });
  fail(state, slot, why, turn);
}

/**
 * What a failure costs: a candidate its candidacy; a live model on trial its place, which goes back to the one before;
 * any other live one immediate rules, and after enough failures the rung.
 */
export function fail(state: EdgeState, slot: Slot, why: string, { nowMs, effects }: Turn): void {
  const { controllers } = state;
  failed(slot.failures, state.context.config.models.breaker, nowMs);
  Object.assign(slot, { advice: null, vetoRun: 0, why });
  effects.push({ kind: "note", event: "model failed", detail: `${slot.model}, ${slot.role}: ${why}` });
  if (slot.role === "shadow") slot.role = "failed";
  if (slot.role !== "live") return;
  controllers.best = null;
  if (isOnTrial(state, nowMs)) {
    slot.role = "failed";
    controllers.isOnTrial = false;
    const before = slotWith(controllers, "standby");
    if (before !== undefined) before.role = "live";
    const detail = `${before?.model ?? "the path itself"} drives again, ${slot.model} failed: ${why}`;
    effects.push({ kind: "note", event: "model swapped back", detail });
    return;
  }
  controllers.failing = `${slot.model}: ${why}`.slice(0, 200);
  controllers.failingUntilMs = nowMs + FAILING_MS;
}
