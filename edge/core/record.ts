// R14: what the robot chose, on which inputs of what age, and what came of it. A decision begins when rung, claim or
// activity change, and once a second while it drives; every command names the decision that it carries out.

import { tokenKey } from "../../proto/claim.js";
import { NEVER_FRESH } from "../../proto/freshness.js";
import { ONBOARD_CHANNELS } from "../../proto/topics.js";
import { actingOn } from "./authority.js";
import { ageMs } from "./channels.js";
import { rungOf } from "./modes.js";
import type { Proposal } from "./motion/motion.js";
import type { EdgeEffect, EdgeState } from "./types.js";

const WHILE_DRIVING_MS = 1000;

export function recordDecision(
  state: EdgeState,
  at: { readonly nowMs: number; readonly proposal: Proposal; readonly why: string },
  effects: EdgeEffect[],
): void {
  const acting = actingOn(state);
  const rung = rungOf(state);
  const { activity, speedMps, turnRadps } = at.proposal;
  const token = acting === undefined ? "" : tokenKey(acting.token);
  const key = `${rung} ${token} ${activity} ${at.why === "" ? "" : "stands"}`;
  const again = activity === "driving" && at.nowMs - state.lastDecisionMs >= WHILE_DRIVING_MS;
  if (key === state.decisionKey && !again) return;
  state.decisionKey = key;
  state.lastDecisionMs = at.nowMs;
  state.decision += 1;
  const id = `d-${state.context.boot}-${state.decision}`;
  const inputs = ONBOARD_CHANNELS.flatMap((channel) => {
    const sequence = state.channels.get(channel)?.order.sequence;
    const age = ageMs(state, channel, at.nowMs);
    return sequence === undefined ? [] : [{ channel, sequence, ageMs: age === NEVER_FRESH ? -1 : age }];
  });
  effects.push({
    kind: "record",
    id,
    record: {
      ...{
        id,
        atMs: at.nowMs,
        choice: at.why === "" ? "drive" : "hold",
        rung,
        token,
        destination: acting?.destination ?? "",
      },
      ...{ inputs, model: state.context.model, planMs: state.plan.lastMs, activity, speedMps, turnRadps, why: at.why },
    },
  });
}
