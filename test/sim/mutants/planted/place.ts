// Planted in when a place is free: R3, R4.

import type { Mutant } from "../mutant.js";

const CLAIM = "proto/claim.ts";
const CLAIMS = "hub/core/claims.ts";
const LINKS = "hub/core/links.ts";
const ACTS = "hub/core/acts.ts";
const ROUND = "hub/core/round.ts";
const FREE_TOO = {
  file: LINKS,
  find: 'import { claim } from "./claims.js";',
  replace: 'import { claim, free } from "./claims.js";',
};

export const PLACE_MUTANTS: readonly Mutant[] = [
  {
    id: "place-freed-on-disconnect",
    rule: "R4",
    about: "a closed stream frees whatever the robot held",
    patches: [
      FREE_TOO,
      {
        file: LINKS,
        find: "if (watch?.stream === stream) watch.stream = null;",
        replace: `if (watch?.stream !== stream) return;
  watch.stream = null;
  for (const own of claimsOfRobot(turn.ledger, watch.id)) {
    const ended = { kind: "assignmentEnded", end: "ABANDONED", reason: "no link", outcome: "" } as const;
    if (own.end === null) turn.emit({ ...ended, token: own.token });
    free(turn, own, { exit: "SEEN_ELSEWHERE" });
    closeTask(turn, own.task);
  }`,
      },
    ],
  },
  {
    id: "place-freed-at-lapse",
    rule: "R4",
    about: "a lapsed lease frees the place on which the silent robot still stands",
    patches: [
      {
        file: CLAIMS,
        find: 'if (held.phase !== "assigned") leave(turn, watch, held);',
        replace: `if (held.phase !== "assigned" && lapsed) free(turn, held, { exit: "SEEN_ELSEWHERE" });
      else if (held.phase !== "assigned") leave(turn, watch, held);`,
      },
    ],
  },
  {
    id: "lapsed-freed-by-older-pose",
    rule: "R4",
    about: "a place that lapsed is freed by a position that was captured before the lapse",
    patches: [
      {
        file: CLAIMS,
        find: '  if (lapsedMs !== null && poseCapturedMs(watch, site) < lapsedMs) return { code: "BEFORE_LAPSE" };\n',
        replace: "",
      },
    ],
  },
  {
    id: "left-without-error-radius",
    rule: "R4",
    about: "a position counts as exact when it is judged whether the robot has left",
    patches: [{ file: CLAIM, find: " + place.marginM + where.radiusM;", replace: " + place.marginM;" }],
  },
  {
    id: "left-without-margin",
    rule: "R4",
    about: "a robot has left as soon as it no longer touches the place",
    patches: [{ file: CLAIM, find: " + place.marginM + where.radiusM;", replace: " + where.radiusM;" }],
  },
  {
    id: "left-without-own-radius",
    rule: "R4",
    about: "a robot has left when its centre has",
    patches: [
      { file: CLAIM, find: "place.footprintRadiusM + place.robotRadiusM +", replace: "place.footprintRadiusM +" },
    ],
  },
  {
    id: "driven-since-ignored",
    rule: "R4",
    about: "a robot is where it was last seen, however long ago that was",
    patches: [
      {
        file: CLAIM,
        find: "return seen.errorM + (seen.maxSpeedMps *",
        replace: "return seen.errorM + 0 * (seen.maxSpeedMps *",
      },
    ],
  },
  {
    id: "arrival-frees-place",
    rule: "R4",
    about: "a task that is done frees the place on which the robot has just stopped",
    patches: [
      FREE_TOO,
      {
        file: LINKS,
        find: 'end: "COMPLETED", reason, outcome });',
        replace: 'end: "COMPLETED", reason, outcome });\n      free(turn, own, { exit: "LEFT" });',
      },
    ],
  },
  {
    id: "release-frees-place",
    rule: "R4",
    about: "a robot that gives a destination back is thought to be nowhere near it",
    patches: [
      FREE_TOO,
      {
        file: LINKS,
        find: 'end: "WITHDRAWN", reason, outcome });',
        replace: 'end: "WITHDRAWN", reason, outcome });\n      free(turn, own, { exit: "LEFT" });',
      },
    ],
  },
  {
    id: "stated-free-while-lease-runs",
    rule: "R4",
    about: "an operator frees a place although the lease of its holder may still run",
    patches: [
      {
        file: ACTS,
        find: "const leftMs = Math.max(0, ...ends.map(",
        replace: "const leftMs = Math.min(0, ...ends.map(",
      },
    ],
  },
  {
    id: "stated-free-against-evidence",
    rule: "R4",
    about: "an operator's word frees a place on which a robot is seen to stand",
    patches: [
      {
        file: ACTS,
        find: "return there === undefined ? null",
        replace: 'return there === undefined || there.id !== "" ? null',
      },
    ],
  },
  {
    id: "unheard-robots-are-nowhere",
    rule: "R4",
    about: "after a restart of the hub a robot that was not heard yet blocks nothing",
    patches: [
      {
        file: CLAIMS,
        find: "    if (seen === undefined)\n      return",
        replace: "    if (seen === undefined) continue;\n    if (seen === null)\n      return",
      },
    ],
  },
  {
    id: "robots-without-claim-ignored",
    rule: "R4",
    about: "a place counts as free when nobody holds it, though somebody may stand on it",
    patches: [
      {
        file: CLAIMS,
        find: "    if (!isOutside(state, seen, ask.destination)) return",
        replace: "    if (seen.radiusM < 0) return",
      },
    ],
  },
  {
    id: "abandoned-without-lapse",
    rule: "R3",
    about: "a task is taken from a robot as soon as its link is gone, while it still drives",
    patches: [
      {
        file: ROUND,
        find: "!acting.lapsed || turn.nowMs - watch.leaseEndMs < ABANDON_MS) continue;",
        replace: "watch.stream !== null) continue;",
      },
      {
        file: ROUND,
        find: '    if (watch.stream === null && channelAgeMs(watch, "pose", at) <= heardMs) continue;\n',
        replace: "",
      },
    ],
  },
  {
    id: "abandoned-while-load-is-on",
    rule: "R10",
    about: "a task whose load is on a silent robot is given to another one",
    patches: [
      {
        file: ROUND,
        find: "if (task !== undefined && task.stopIndex > 0 && !task.cancelAsked) continue;",
        replace: "",
      },
      {
        file: "hub/core/apply.ts",
        find: 'unbind(task, task.stopIndex === 0 ? "" : claim.robot);',
        replace: 'unbind(task, "");',
      },
    ],
  },
  {
    id: "regrant-under-the-same-claim",
    rule: "R4",
    about: "a robot that comes back goes on under a claim that has lapsed, without a higher token",
    patches: [
      {
        file: LINKS,
        find: "else if (acting.lapsed) regrant(turn, acting);",
        replace: "else if (acting.lapsed && watch.stream === null) regrant(turn, acting);",
      },
      {
        file: LINKS,
        find: "if (!own.lapsed && !watch.configDiffers) sendGrant",
        replace: "if (!watch.configDiffers) sendGrant",
      },
    ],
  },
  {
    id: "rolling-robot-frees-place",
    rule: "R4",
    about: "a robot that lets go of a destination in motion is thought to stand at once",
    patches: [
      {
        file: CLAIMS,
        find: "?? nowMs) + waitMsFor(site, 0);",
        replace: "?? nowMs) + 0 * waitMsFor(site, 0);",
      },
    ],
  },
  {
    id: "superseded-process-forgotten",
    rule: "R3",
    about: "what a second process of a robot lets go of is free, though the first one may still act on it",
    patches: [
      {
        file: CLAIMS,
        find: "const aloneMs = Math.max(watch.quietUntilMs, state.restartUntilMs);",
        replace: "const aloneMs = 0 * Math.max(watch.quietUntilMs, state.restartUntilMs);",
      },
    ],
  },
  {
    id: "another-hubs-lease-ignored",
    rule: "R3",
    about: "a robot that counts from another hub's nonce is thought to have no lease",
    patches: [
      {
        file: "hub/core/hub.ts",
        find: "if (heardMs !== null) watch",
        replace: "if (heardMs !== null && heardMs < 0) watch",
      },
    ],
  },
];
