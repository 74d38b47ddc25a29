// R6: how long pose, scan or odometry were silent between two samples, by their capture times. A gap is found when the
// sample after it comes, so that a short one between two steps of the control loop is found too; while it lasts,
// `sensor-stale` stands for it.

import type { OnboardChannel } from "../../../proto/topics.js";
import type { EdgeEffect, EdgeState } from "../types.js";

/** What a decision rests on. Battery and base come as seldom as their driver likes. */
const SENSED: ReadonlySet<OnboardChannel> = new Set(["pose", "scan", "odometry"]);
/** A channel with many gaps is told of at most this often. */
const TOLD_MS = 10_000;

/** The gaps of a channel that were longer than the configured limit, since the start. */
export interface Gaps {
  readonly count: number;
  readonly largestMs: number;
  readonly toldMs: number;
}

/** Counts the gap before the newest sample of a channel, whose predecessor was captured at `beforeMs`. */
export function watchGap(
  state: EdgeState,
  at: { readonly channel: OnboardChannel; readonly beforeMs: number | undefined; readonly nowMs: number },
  effects: EdgeEffect[],
): void {
  const { channel, beforeMs, nowMs } = at;
  const capturedMs = state.channels.get(channel)?.capturedMs;
  if (!SENSED.has(channel) || beforeMs === undefined || capturedMs === undefined) return;
  const gapMs = capturedMs - beforeMs;
  const { gapMs: limitMs } = state.context.config.health;
  if (limitMs === 0 || gapMs <= limitMs) return;
  const last = state.gaps.get(channel);
  const isTold = last === undefined || nowMs - last.toldMs >= TOLD_MS;
  const count = (last?.count ?? 0) + 1;
  const largestMs = Math.max(gapMs, last?.largestMs ?? 0);
  state.gaps.set(channel, { count, largestMs, toldMs: isTold ? nowMs : last.toldMs });
  if (!isTold) return;
  const all = `${count} gaps above ${limitMs} ms, the largest ${largestMs} ms`;
  const detail = `${channel} was silent for ${gapMs} ms; ${all}`;
  effects.push({ kind: "note", event: "gap in a channel", detail });
}
