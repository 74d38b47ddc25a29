// R14: what the robot chose, on which inputs of what age, and what came of it. A decision begins when rung, claim or
// activity change, and once a second while it drives; every command names the decision that it carries out. What became
// of a decision is told by the one that follows it, so that a crash leaves it open.

import type { PlanResult } from "../../models/planner.js";
import { NO_TOKEN, sameToken, type Token, tokenKey } from "../../proto/claim.js";
import { NEVER_FRESH } from "../../proto/freshness.js";
import { PERMITS, type Rung, worseRung } from "../../proto/mode.js";
import { ONBOARD_CHANNELS } from "../../proto/topics.js";
import { actingOn } from "./authority.js";
import { ageMs } from "./channels.js";
import { type Role, type Slot, slotWith } from "./controller/slots.js";
import { allCauses, rungOf } from "./modes.js";
import type { GuardReason, GuardVerdict } from "./motion/guard.js";
import type { MotionState, Proposal } from "./motion/motion.js";
import type { EdgeEffect, EdgeState, PlanState } from "./types.js";

const WHILE_DRIVING_MS = 1000;
/** Of a model's hash, as EdgeContext.model has it too. */
const SHA_DIGITS = 12;

/** What became of a decision: its place was reached, the guard found no room, a rule or a refused plan ended it, ... */
export const OUTCOMES_OF_DECISIONS = ["reached", "vetoed", "superseded", "stopped", "refused"] as const;
export type DecisionOutcome = (typeof OUTCOMES_OF_DECISIONS)[number];

/** One autonomous choice, from its inputs to what was commanded. */
export interface DecisionRecord {
  readonly id: string;
  readonly atMs: number;
  readonly isChange: boolean; // else one of those taken once a second while it drives on
  readonly choice: string; // drive or hold
  readonly rung: Rung;
  readonly token: string;
  readonly destination: string;
  /** `hash`: equal values have equal ones; of battery and base the sequence. `ageMs` is -1 when nothing bounds it. */
  readonly inputs: readonly {
    readonly channel: string;
    readonly sequence: number;
    readonly ageMs: number;
    readonly hash: number;
  }[];
  readonly plan: PlanUsed | null;
  readonly by: DecidedBy | null; // null: immediate rules, or it stands
  readonly advices: readonly AdviceNote[]; // of each controller model that the robot holds
  readonly guard: GuardNote | null; // null: nothing was asked of it
  readonly activity: string;
  readonly speedMps: number;
  readonly turnRadps: number;
  readonly why: string;
  readonly former: FormerDecision | null; // null for the first of a boot
}

/** The model that a motion rests on: the controller that drove, or the planner whose path was pursued. */
export interface DecidedBy {
  readonly model: string;
  readonly version: string;
  readonly sha: string;
  readonly confidence: number | null; // null: a planner tells none
}

/** What a controller model last advised, whether it drives or runs in the shadow of the one that does. */
export interface AdviceNote {
  readonly model: string; // name and version
  readonly role: Role;
  readonly ageMs: number; // of its evidence; -1: it advises nothing
  readonly confidence: number;
  readonly speedMps: number | null; // null: nothing, or waypoints
  readonly turnRadps: number | null;
  readonly verdict: MotionState["adviceVerdict"]; // of the one that drives
  readonly why: string; // it advises nothing
}

/** The newest plan that was accepted. Stages in milliseconds. */
export interface TakenPlan {
  readonly id: number;
  readonly kind: string;
  readonly hash: number;
  readonly gatherMs: number; // age of the scan when it was asked for
  readonly planMs: number; // from the asking to the answer
  readonly inferenceMs: number; // of that, the model's own
  readonly backMs: number; // when the answer came
}

export interface PlanUsed extends Omit<TakenPlan, "backMs"> {
  readonly useMs: number; // from the answer to this decision
}

export interface GuardNote {
  readonly verdict: "granted" | "limited" | "refused";
  readonly cause: GuardReason | "";
}

export interface FormerDecision {
  readonly id: string;
  readonly outcome: DecisionOutcome;
  readonly why: string;
  readonly forMs: number;
}

/** Of the newest decision: what ends it when it changes. */
export interface Decided {
  readonly id: string;
  readonly rung: Rung;
  readonly token: Token;
  readonly activity: string;
  readonly stands: boolean; // although it would move
}

/** What the robot does now, and why. */
interface Now {
  readonly nowMs: number;
  readonly proposal: Proposal;
  readonly why: string;
  readonly isStopped: boolean; // by a rule, although it could move
  readonly motion: Pick<MotionState, "judged" | "adviceVerdict">;
}

export function recordDecision(state: EdgeState, at: Now, effects: EdgeEffect[]): void {
  const acting = actingOn(state);
  const rung = rungOf(state);
  const { activity, speedMps, turnRadps } = at.proposal;
  const token = acting?.token ?? NO_TOKEN;
  const stands = at.why !== "";
  const last = state.decided;
  const same =
    last !== null &&
    last.rung === rung &&
    last.activity === activity &&
    last.stands === stands &&
    sameToken(last.token, token);
  const again = activity === "driving" && at.nowMs - state.lastDecisionMs >= WHILE_DRIVING_MS;
  if (same && !again) return;
  const forMs = at.nowMs - state.lastDecisionMs;
  state.lastDecisionMs = at.nowMs;
  state.decision += 1;
  const id = `d-${state.context.boot}-${state.decision}`;
  const decided = { id, rung, token, activity, stands };
  state.decided = decided;
  const record: DecisionRecord = {
    ...{ id, atMs: at.nowMs, isChange: !same, choice: stands ? "hold" : "drive", rung },
    token: acting === undefined ? "" : tokenKey(acting.token),
    destination: acting?.destination ?? "",
    inputs: inputsOf(state, at.nowMs),
    plan: planUsed(state.plan.taken, at.nowMs),
    by: drivenBy(state, at),
    advices: state.controllers.slots.map((slot) => adviceOf(slot, at)),
    guard: noteOf(at.motion.judged),
    ...{ activity, speedMps, turnRadps, why: at.why },
    former: last === null ? null : { id: last.id, ...endOf(last, decided, { state, at }), forMs },
  };
  effects.push({ kind: "record", id, record });
}

/** What ended `last`, seen from the decision that follows it, and why. */
function endOf(
  last: Decided,
  next: Decided,
  { state, at }: { readonly state: EdgeState; readonly at: Now },
): Pick<FormerDecision, "outcome" | "why"> {
  const ended = (outcome: DecisionOutcome, why = at.why) => ({ outcome, why });
  if (last.activity === "arrived" || next.activity === "arrived") return ended("reached");
  if (!sameToken(last.token, next.token)) return ended("superseded"); // its claim ended, or another began
  if (at.motion.judged?.ok === false && next.stands) return ended("vetoed");
  const isOther = next.rung !== last.rung || next.activity !== last.activity;
  const { failing } = state.plan;
  if (isOther && failing !== "" && PERMITS[last.rung].models) return ended("refused", failing);
  if (next.rung !== last.rung && worseRung(next.rung, last.rung) === next.rung) {
    const cause = allCauses(state).find(({ rung }) => rung === next.rung)?.name ?? "no cause";
    return ended("stopped", `${next.rung} by ${cause}`);
  }
  const isHeld = next.activity === "holding" && last.activity !== "holding";
  return ended(isHeld || (at.isStopped && !last.stands) ? "stopped" : "superseded");
}

function inputsOf(state: EdgeState, nowMs: number): DecisionRecord["inputs"] {
  const inputs: DecisionRecord["inputs"][number][] = [];
  for (const channel of ONBOARD_CHANNELS) {
    const known = state.channels.get(channel);
    const age = ageMs(state, channel, nowMs);
    if (known === undefined) continue;
    const { order, repeats } = known;
    inputs.push({
      channel,
      sequence: order.sequence,
      ageMs: age === NEVER_FRESH ? -1 : age,
      hash: repeats.fingerprint,
    });
  }
  return inputs;
}

/** R8: below AUTONOMOUS no model has a say, and a robot that stands needs none. */
function drivenBy(state: EdgeState, { proposal, isStopped, motion }: Now): DecidedBy | null {
  const moves = proposal.speedMps !== 0 || proposal.turnRadps !== 0;
  if (!moves || isStopped || !PERMITS[rungOf(state)].models || state.plan.taken === null) return null;
  const live = slotWith(state.controllers, "live");
  if (live === undefined) {
    const [model = "", version = "", sha = ""] = state.context.model.split(" ");
    return { model, version, sha, confidence: null };
  }
  if (motion.adviceVerdict !== "driven" || live.advice === null) return null;
  const { name, version, sha256 } = live.manifest;
  return { model: name, version, sha: sha256.slice(0, SHA_DIGITS), confidence: live.advice.confidence };
}

function adviceOf({ model, role, advice, why }: Slot, { nowMs, motion }: Now): AdviceNote {
  const verdict = role === "live" ? motion.adviceVerdict : "";
  const none = { speedMps: null, turnRadps: null };
  if (advice === null) return { model, role, ageMs: -1, confidence: 0, ...none, verdict, why };
  const { sentMs, confidence, proposal } = advice;
  const { speedMps, turnRadps } = proposal.kind === "velocity" ? proposal : none;
  return { model, role, ageMs: nowMs - sentMs, confidence, speedMps, turnRadps, verdict, why };
}

function noteOf(verdict: GuardVerdict | null): GuardNote | null {
  if (verdict === null) return null;
  if (!verdict.ok) return { verdict: "refused", cause: verdict.reason };
  return { verdict: verdict.limitedBy === undefined ? "granted" : "limited", cause: verdict.limitedBy ?? "" };
}

/** A plan as it was accepted. */
export function takenPlan(flight: NonNullable<PlanState["flight"]>, result: PlanResult, nowMs: number): TakenPlan {
  const { id, kind, sentMs, gatherMs } = flight;
  const planMs = nowMs - sentMs;
  const { inferenceMs } = result;
  const known = gatherMs === NEVER_FRESH ? -1 : gatherMs;
  return { id, kind, hash: hashOf(result.value), gatherMs: known, planMs, inferenceMs, backMs: nowMs };
}

function planUsed(taken: TakenPlan | null, nowMs: number): PlanUsed | null {
  if (taken === null) return null;
  const { backMs, ...plan } = taken;
  return { ...plan, useMs: nowMs - backMs };
}

/** FNV-1a over the bits of a field, a value at a time. */
function hashOf(field: Float32Array): number {
  const bits = new Uint32Array(field.buffer, field.byteOffset, field.length);
  let mixed = 0x811c9dc5;
  for (let index = 0; index < bits.length; index += 1) mixed = Math.imul(mixed ^ (bits[index] as number), 0x01000193);
  return mixed >>> 0;
}
