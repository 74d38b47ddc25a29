// What becomes of an advice (R11): of the live model after the motion core proposed, by what it did with it; of any
// other before, by what the guard would say. A live model whose advices lead nowhere has failed.

import { type Advice, headwayMps, judge, type MotionInput, type MotionState, toGoM } from "../motion/motion.js";
import type { EdgeState } from "../types.js";
import { fail, isCurrent, type Turn } from "./controller.js";
import { type Near, type Slot, slotWith } from "./slots.js";
import { tellDecision } from "./telling.js";

/** So many advices that the guard refuses, with no way made between them, are a failure. */
const VETO_RUN = 10;
/** So much nearer is way made. */
const NEARER_M = 0.3;
/** A live model that brings its robot no nearer for so long, by at least so much, leads nowhere: 0.1 m/s. */
const NOWHERE_MS = 10_000;
const NOWHERE_M = 1;
/** What does not drive is judged on a shorter leash: it is led along by what does. */
const SHADOW_LEASH_M = 0.1;

interface Seen {
  readonly motion: MotionState;
  readonly input: MotionInput;
}

/** Before the motion core proposes: what the guard would say to those that do not drive. */
export function judgeShadows(state: EdgeState, at: Seen, nowMs: number): void {
  const { pose } = at.input;
  const leash = { nearest: pose, aroundM: 0, withinM: toGoM(at.motion, pose) + SHADOW_LEASH_M };
  for (const slot of state.controllers.slots) {
    const { advice } = slot;
    if (slot.role === "live" || advice === null) continue;
    const isCurrently = isCurrent(state, slot, nowMs);
    if (isCurrently && at.motion.isFollowing) measureShadow(state, slot, { ...at, advice });
    if (advice.id === slot.judgedId) continue;
    slot.judgedId = advice.id;
    const verdict = isCurrently ? judge(at.motion, at.input, { advice, leash }) : null;
    if (verdict?.ok === false) slot.counts.vetoed += 1;
  }
}

/** What drives, and what the shadow advises, at the same place: the way that each makes in a tick. */
function measureShadow(state: EdgeState, { shadowed }: Slot, at: Seen & { readonly advice: Advice }): void {
  const periodS = state.context.config.limits.controlMs / 1000;
  const driven: Advice = { proposal: { kind: "velocity", ...state.commanded }, pose: at.input.pose };
  const headwayM = (advice: Advice) => headwayMps(at.motion, at.input, advice) * periodS;
  shadowed.drivenM += headwayM(driven);
  shadowed.advisedM += headwayM(at.advice);
}

/** After the motion core proposed: what became of the advice of the live model. */
export function judged(state: EdgeState, at: Seen, turn: Turn): void {
  const live = slotWith(state.controllers, "live");
  if (live === undefined) return;
  const { adviceVerdict: verdict, isFollowing } = at.motion;
  if (!isFollowing) state.controllers.best = null;
  else if (isNearer(state, at)) live.vetoRun = 0;
  if (isFollowing) state.health.drove(live.model, verdict !== "driven");
  if (verdict !== "") tellAdvice(state, live, { isRefused: verdict !== "driven", atMs: turn.nowMs });
  if (verdict === "") {
    if (isFollowing) live.counts.missing += 1;
    return;
  }
  if (verdict !== "driven") {
    live.counts.vetoed += 1;
    live.vetoRun += 1;
    if (live.vetoRun >= VETO_RUN)
      fail(state, live, `${VETO_RUN} advices refused with no way made, the last: ${verdict}`, turn);
    return;
  }
  live.counts.driven += 1;
  const { best } = state.controllers;
  if (best === null) return;
  best.ticks += 1;
  if (best.ticks * state.context.config.limits.controlMs > NOWHERE_MS)
    fail(state, live, `no way made for ${NOWHERE_MS / 1000} s`, turn);
}

/** An advice may be driven for several ticks; as a decision it counts once, by what the guard said to it first. */
function tellAdvice(state: EdgeState, live: Slot, of: { readonly isRefused: boolean; readonly atMs: number }): void {
  const { advice } = live;
  if (advice === null || advice.id === live.judgedId) return;
  live.judgedId = advice.id;
  tellDecision(state, live, { ...of, confidence: advice.confidence, rests: advice.rests });
}

/** Whether the robot has moved, and come nearer to its target than before; then that is remembered. */
function isNearer({ controllers }: EdgeState, { motion, input }: Seen): boolean {
  const { best } = controllers;
  const { xM, yM } = input.pose;
  const here: Near = { toGoM: toGoM(motion, input.pose), at: { xM, yM } };
  const plan = motion.siteBlocks; // one that leads round another place is no measure of the way so far
  if (best?.plan !== plan) {
    controllers.best = { ...here, plan, ticks: 0, since: here };
    return true;
  }
  if (!isBeyond(best, here, NEARER_M)) return false;
  const isFar = isBeyond(best.since, here, NOWHERE_M);
  controllers.best = { ...here, plan, ticks: isFar ? 0 : best.ticks, since: isFar ? here : best.since };
  return true;
}

/** Nearer by the site plan, whose metres count for more beside walls, and by as much elsewhere. */
function isBeyond(before: Near, now: Near, byM: number): boolean {
  const movedM = Math.hypot(now.at.xM - before.at.xM, now.at.yM - before.at.yM);
  return movedM >= byM && now.toGoM < before.toGoM - byM;
}
