// Spans of time on the hub's own clock that outlive the hub (R3): what counts is the time for which a hub has certainly
// run. The clock of one epoch says nothing of another's, and nobody knows how long the hub was down; so between two
// epochs nothing is counted, and a span that must not end early does not.

import type { LedgerState } from "./ledger-state.js";

/** When a span began: on the clock of an epoch, with the hub time of the epochs before this one. */
export interface Since {
  readonly epoch: number;
  readonly hubMs: number;
  readonly spentMs: number;
}

/** Hub time since then that is certain, at `nowMs` on the clock of this epoch. */
export function hubTimeMs(state: Pick<LedgerState, "epoch" | "startedMs">, since: Since, nowMs: number): number {
  const from = since.epoch === state.epoch ? since.hubMs : state.startedMs;
  return since.spentMs + Math.max(0, nowMs - from);
}

/** R3: a span of true time has certainly passed when this much hub time has, between two readings in whole ms. */
export function certainlyMs(spanMs: number, rhoHub: number): number {
  return Math.ceil((1 + rhoHub) * spanMs) + 1;
}
