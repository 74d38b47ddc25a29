// What becomes of an advice (R11): of the live model after the motion core proposed, by what it did with it; of any
// other before, by what the guard would say. A live model whose advices lead nowhere has failed.

import type { GuardVerdict } from "../motion/guard.js";
import { headwayMps, judge, type MotionInput, type MotionState, toGoM } from "../motion/motion.js";
import type { Velocity } from "../motion/types.js";
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
    if (!isCurrent(state, slot, nowMs)) continue;
    const verdict = judge(at.motion, at.input, { advice, leash });
    if (at.motion.isFollowing) measureShadow(state, slot, { ...at, verdict });
    if (advice.id === slot.judgedId) continue;
    slot.judgedId = advice.id;
    if (!verdict.ok) slot.counts.vetoed += 1;
  }
}

/** What drives, and what the guard would grant the shadow, at the same place: the way that each makes in a tick. */
function measureShadow(state: EdgeState, { shadowed }: Slot, at: Seen & { readonly verdict: GuardVerdict }): void {
  const periodS = state.context.config.limits.controlMs / 1000;
  const headwayM = ({ speedMps, turnRadps }: Velocity) => {
    const proposal = { kind: "velocity", speedMps, turnRadps } as const;
    return headwayMps(at.motion, at.input, { proposal, pose: at.input.pose }) * periodS;
  };
  shadowed.drivenM += headwayM(state.commanded);
  if (at.verdict.ok) shadowed.advisedM += headwayM(at.verdict.command);
}

/** After the motion core proposed: what became of the advice of the live model. */
export function judged(state: EdgeState, at: Seen, turn: Turn): void {
  const live = slotWith(state.controllers, "live");
  if (live === undefined) return;
  const { adviceVerdict: verdict, isFollowing } = at.motion;
  if (!isFollowing) waited(state, at);
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

/**
 * The robot waits, gives way or has arrived. Where it was nearest to this target, and how long the model has driven
 * without way made, stand over that: else somebody who steps in its way again and again would lengthen the leash.
 */
function waited({ controllers }: EdgeState, { input }: Seen): void {
  const { best } = controllers;
  if (best?.target === input.target?.id && best !== null) controllers.best = { ...best, since: null };
  else controllers.best = null;
}

/** Whether the robot has moved, and come nearer to its target than before; then that is remembered. */
function isNearer({ controllers }: EdgeState, { motion, input }: Seen): boolean {
  const { best } = controllers;
  const { xM, yM } = input.pose;
  const here: Near = { toGoM: toGoM(motion, input.pose), at: { xM, yM } };
  const [target, plan] = [input.target?.id ?? "", motion.siteBlocks];
  if (best?.target !== target || best.plan !== plan) {
    // A plan that leads round another place is no measure of the way so far, and no excuse for having made none.
    const ticks = best?.target === target ? best.ticks : 0;
    controllers.best = { ...here, target, plan, ticks, since: here };
    return best?.target !== target;
  }
  const since = best.since ?? here;
  const isFar = isBeyond(since, here, NOWHERE_M);
  const isCloser = isBeyond(best, here, NEARER_M);
  const made = { since: isFar ? here : since, ticks: isFar ? 0 : best.ticks };
  controllers.best = { ...best, ...(isCloser ? here : {}), ...made };
  return isCloser || isFar;
}

/** Nearer by the site plan, whose metres count for more beside walls, and by as much elsewhere. */
function isBeyond(before: Near, now: Near, byM: number): boolean {
  const movedM = Math.hypot(now.at.xM - before.at.xM, now.at.yM - before.at.yM);
  return movedM >= byM && now.toGoM < before.toGoM - byM;
}
