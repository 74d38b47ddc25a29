// What the site's boundary forbids people to state, beyond what the rules do.

import { type Refusal, refuse } from "../../proto/errors.js";
import { effectiveOf } from "./modes.js";
import type { Turn } from "./turn.js";
import type { RobotWatch } from "./watch.js";

/** Why the site's boundary lets nobody state this of a robot; null when it does. Nobody's place counts as of HALT. */
export function whyNotStated(
  turn: Turn,
  about: {
    readonly decision: "freePlace" | "stateAbsent" | "endTask";
    readonly watch: RobotWatch | undefined;
    readonly what: string;
  },
): Refusal | null {
  const { decision, watch, what } = about;
  const rung = watch === undefined ? "HALT" : effectiveOf(turn.state, watch);
  if (turn.site.boundary[decision].ways[rung] !== "never") return null;
  return refuse("NOT_PERMITTED", `${what}: the site's boundary has ${decision} never in ${rung}`);
}
