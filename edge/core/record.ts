// R14: what the robot chose, on which inputs of what age, and what came of it. A decision begins when rung, claim or
// activity change, and once a second while it drives; every command names the decision that it carries out.

import { NO_TOKEN, sameToken, type Token, tokenKey } from "../../proto/claim.js";
import { NEVER_FRESH } from "../../proto/freshness.js";
import type { Rung } from "../../proto/mode.js";
import { ONBOARD_CHANNELS } from "../../proto/topics.js";
import { actingOn } from "./authority.js";
import { ageMs } from "./channels.js";
import { rungOf } from "./modes.js";
import type { Proposal } from "./motion/motion.js";
import type { DecisionRecord, EdgeEffect, EdgeState } from "./types.js";

const WHILE_DRIVING_MS = 1000;

/** Of the newest decision: what ends it when it changes. */
export interface Decided {
  readonly id: string;
  readonly rung: Rung;
  readonly token: Token;
  readonly activity: string;
  readonly stands: boolean; // although it would move
}

export function recordDecision(
  state: EdgeState,
  at: { readonly nowMs: number; readonly proposal: Proposal; readonly why: string },
  effects: EdgeEffect[],
): void {
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
  state.lastDecisionMs = at.nowMs;
  state.decision += 1;
  const id = `d-${state.context.boot}-${state.decision}`;
  state.decided = { id, rung, token, activity, stands };
  const record = {
    id,
    atMs: at.nowMs,
    choice: stands ? "hold" : "drive",
    rung,
    token: acting === undefined ? "" : tokenKey(acting.token),
    destination: acting?.destination ?? "",
    inputs: inputsOf(state, at.nowMs),
    model: state.context.model,
    planMs: state.plan.lastMs,
    activity,
    speedMps,
    turnRadps,
    why: at.why,
  };
  effects.push({ kind: "record", id, record });
}

function inputsOf(state: EdgeState, nowMs: number): DecisionRecord["inputs"] {
  const inputs: DecisionRecord["inputs"][number][] = [];
  for (const channel of ONBOARD_CHANNELS) {
    const sequence = state.channels.get(channel)?.order.sequence;
    const age = ageMs(state, channel, nowMs);
    if (sequence !== undefined) inputs.push({ channel, sequence, ageMs: age === NEVER_FRESH ? -1 : age });
  }
  return inputs;
}
