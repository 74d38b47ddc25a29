// Blast radius of models: a robot whose candidate has proven itself asks before that takes over, and only so many of a
// fleet are allowed it within any minute. Nothing else waits for this: a model that fails gives the wheel back without
// a word to the hub (R11). Each permission is an event; it counts whether it was used or not, since only its robot
// knows.

import { type Refusal, refuse } from "../../proto/errors.js";
import { ageText } from "../../proto/span-text.js";
import { swapCountsMs } from "../../proto/swap.js";
import type { EdgeMessage } from "../../proto/wire.js";
import { heldOff, questionOf } from "./interplay.js";
import { effectiveOf } from "./modes.js";
import type { HubState, Turn } from "./turn.js";
import type { RobotWatch } from "./watch.js";

export interface Swaps {
  allowed: readonly { readonly fleet: string; readonly atMs: number }[]; // that still count
  fromMs: number; // none is allowed before
}

export function noSwaps(): Swaps {
  return { allowed: [], fromMs: 0 };
}

/**
 * Another hub, or a start before this one, may have allowed as many as it could a moment ago (unknown means no). A swap
 * can wait, and a hub that starts again and again must not let a fleet through piece by piece.
 */
export function countAsUsed({ swaps, site }: HubState, nowMs: number): void {
  swaps.fromMs = nowMs + swapCountsMs(site.config.lease);
}

/** Forgets what counts no more (R13). */
export function stepSwaps({ swaps, site }: HubState, nowMs: number): void {
  if (swaps.allowed.length === 0) return;
  const countsMs = swapCountsMs(site.config.lease);
  swaps.allowed = swaps.allowed.filter(({ atMs }) => nowMs - atMs <= countsMs);
}

/** Answers a robot's question. A repeated or older one changes nothing. R10: the answer follows the event. */
export function askSwap(turn: Turn, watch: RobotWatch, message: Extract<EdgeMessage, { kind: "askSwap" }>): void {
  if (message.ask <= watch.swapAsk) return;
  watch.swapAsk = message.ask;
  const { kind: _, from, ...about } = message;
  const refusal = whyNoSwap(turn.state, watch, turn.nowMs);
  if (refusal === null) {
    const { swaps } = turn.state;
    swaps.allowed = [...swaps.allowed, { fleet: watch.fleet, atMs: turn.nowMs }];
    const { model, version, sha256 } = about;
    turn.emit({ kind: "modelSwapAllowed", robot: watch.id, model, version, sha256, from });
  }
  const told = { refusal: refusal?.code ?? "", message: refusal?.message.slice(0, 400) ?? "" };
  turn.send(watch, { kind: "swapAnswer", ...about, allowed: refusal === null, ...told });
}

/** null: this robot's candidate may take over now. */
export function whyNoSwap(state: HubState, watch: RobotWatch, nowMs: number): Refusal | null {
  const no = `the model of ${watch.id} stays`;
  const rung = effectiveOf(state, watch);
  if (rung !== "AUTONOMOUS") return refuse("NOT_AUTONOMOUS", `${no}: it is on ${rung}`);
  if (watch.approval !== null) return refuse("NOT_AUTONOMOUS", `${no}: people let it make one movement`); // R8
  const off = heldOff(state.interplay, "model of", watch.id, nowMs);
  if (off !== null) return refuse("TOO_MANY", `${no} for another ${ageText(off.untilMs - nowMs)}: ${questionOf(off)}`);
  const { allowed, fromMs } = state.swaps;
  if (nowMs < fromMs) {
    const unknown = "what was allowed before the hub began is not known";
    return refuse("TOO_MANY", `${no} for another ${ageText(fromMs - nowMs)}: ${unknown}`);
  }
  const { interplay, lease } = state.site.config;
  const countsMs = swapCountsMs(lease);
  const counting = allowed.filter(({ fleet, atMs }) => fleet === watch.fleet && nowMs - atMs <= countsMs);
  const { swapShare, swapLeast } = interplay;
  const robots = state.fleets.get(watch.fleet)?.counted ?? 0;
  const most = Math.max(swapLeast, Math.ceil(swapShare * robots));
  if (counting.length < most) return null;
  const found = `expected at most ${most} swaps in a minute among ${robots} robots of fleet ${watch.fleet}`;
  return refuse("TOO_MANY", `${no}: ${found}, found ${counting.length}`);
}
