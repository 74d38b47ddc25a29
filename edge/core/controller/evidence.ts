// What the edge knows at this instant, as a controller model may be fed with it (R6): a channel that is frozen, or a
// pose that is doubted, has no known age.

import type { Evidence } from "../../../models/sources.js";
import type { OnboardChannel } from "../../../proto/topics.js";
import { ageMs, FREEZING, sampleOf } from "../channels.js";
import { isFrozen, poseDoubted } from "../modes.js";
import { type MotionInput, type MotionState, waypointOf } from "../motion/motion.js";
import type { EdgeState } from "../types.js";

export function evidenceOf(
  state: EdgeState,
  at: { readonly motion: MotionState; readonly input: MotionInput; readonly nowMs: number },
): Evidence {
  const { motion, input, nowMs } = at;
  return {
    nowMs,
    sample: (channel) => sampleOf(state, channel),
    ageMs: (channel) => (isTrusted(state, channel) ? ageMs(state, channel, nowMs) : Number.POSITIVE_INFINITY),
    target: input.target,
    waypoint: waypointOf(motion, input),
    command: state.commanded,
  };
}

function isTrusted(state: EdgeState, channel: OnboardChannel): boolean {
  if (channel === "pose" && poseDoubted(state)) return false;
  const freezing = FREEZING.find((name) => name === channel);
  return freezing === undefined || !isFrozen(state, freezing);
}
