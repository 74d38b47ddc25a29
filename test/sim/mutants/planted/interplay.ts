// Planted in what damps sound decisions that together do harm: it may slow grants and climbs, and for a while.

import type { Mutant } from "../mutant.js";

export const INTERPLAY_MUTANTS: readonly Mutant[] = [
  {
    id: "damping-holds-up-a-fall",
    rule: "R7",
    about: "the limit on how many robots of a fleet are raised in a minute also holds up those that fall further",
    patches: [
      {
        file: "hub/core/modes.ts",
        find: 'if (to === "AUTONOMOUS" && from !== to && "stream" in subject',
        replace: 'if (from !== to && "stream" in subject',
      },
    ],
  },
  {
    id: "damped-for-ever",
    rule: "R10",
    about: "what once went to and fro is left alone for ever",
    patches: [
      {
        file: "hub/core/interplay.ts",
        find: "return finding !== undefined && nowMs < finding.untilMs ? finding : null;",
        replace: "return finding !== undefined && nowMs < finding.untilMs * 1e6 ? finding : null;",
      },
      {
        file: "hub/core/interplay.ts",
        find: "if (nowMs - untilMs > policy.windowMs) state.findings",
        replace: "if (nowMs - untilMs > 1e9 * policy.windowMs) state.findings",
      },
    ],
  },
];
