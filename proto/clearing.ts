// How a cause that holds a rung is told: by its own rule (R7), how far it has got, and what is still missing. Pure, for
// both sides; no rule reads it.

import { CAUSES, dwellMs, type Hold, type LadderPolicy, RUNGS, severity } from "./mode.js";
import { ageText } from "./span-text.js";

export interface Clearing {
  readonly says: string;
  readonly leftMs?: number; // until the next rung, while the evidence stays good
}

/** `missing`: what its evidence lacks now; `asked`: what a person would ask for. */
export function clearingOf(
  hold: Hold,
  at: { readonly policy: LadderPolicy; readonly nowMs: number; readonly missing: string; readonly asked: string },
): Clearing {
  const isGood = hold.calm && hold.demand === "AUTONOMOUS";
  switch (CAUSES[hold.name].clear) {
    case "calm":
      return { says: `clears as soon as its evidence is good; missing: ${at.missing}` };
    case "person": {
      const now = isGood ? "which it is now" : "which it is not yet";
      return { says: `clears by a person, when its evidence is good, ${now}: ${at.asked}` };
    }
    case "dwell": {
      const eachMs = dwellMs(hold, at.policy);
      const rule = `clears one rung at a time, each after ${ageText(eachMs)} of good evidence`;
      if (!hold.calm || severity(hold.rung) <= severity(hold.demand))
        return { says: `${rule}; missing: ${at.missing}` };
      const up = RUNGS[severity(hold.rung) - 1] ?? "AUTONOMOUS";
      const leftMs = Math.max(0, eachMs - (at.nowMs - (hold.calmSinceMs ?? at.nowMs)));
      return { says: `${rule}; ${up} in ${ageText(leftMs)} when it stays good`, leftMs };
    }
  }
}
