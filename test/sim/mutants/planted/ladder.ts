// Planted in the ladder and in what its rungs change: R7, R8, R9.

import type { Rung } from "../../../../proto/mode.js";
import type { Mutant, Patch } from "../mutant.js";

const MODE = "proto/mode.ts";
const HUB_MODES = "hub/core/modes.ts";
const EDGE_MODES = "edge/core/modes.ts";
const AUTHORITY = "edge/core/authority.ts";
const CLAIMS = "hub/core/claims.ts";
const DRIVE = "edge/core/drive.ts";

/** Two places forbid motion on these rungs: both let the robot move on all rungs but this one. */
function movesBut(rung: Rung): readonly Patch[] {
  const motion = 'PERMITS[rung].motion === "none"';
  return [
    { file: DRIVE, find: `if (${motion}) return`, replace: `if (${motion} && rung === "${rung}") return` },
    {
      file: "edge/core/motion-input.ts",
      find: 'target !== null && PERMITS[rung].motion !== "none";',
      replace: "target !== null;",
    },
    {
      file: "edge/core/motion/motion.ts",
      find: 'input.rung === "REACTIVE_ONLY";',
      replace: `input.rung !== "${rung}";`,
    },
  ];
}

export const LADDER_MUTANTS: readonly Mutant[] = [
  {
    id: "climb-without-dwell",
    rule: "R7",
    about: "hysteresis is gone: a robot is autonomous again with the first good sample",
    patches: [
      {
        file: MODE,
        find: "if (step.nowMs - calmSinceMs < dwellMs(hold, step.policy)) return",
        replace: "if (step.nowMs < calmSinceMs) return",
      },
    ],
  },
  {
    id: "dwell-not-doubled",
    rule: "R7",
    about: "a cause that comes again and again lets go as quickly each time",
    patches: [
      {
        file: MODE,
        find: "doubling < doublings; doubling += 1) ms *= 2;",
        replace: "doubling < doublings; doubling += 1) ms *= 1;",
      },
    ],
  },
  {
    id: "climb-all-at-once",
    rule: "R7",
    about: "a robot climbs from the lowest rung to the highest in one step",
    patches: [
      {
        file: MODE,
        find: 'const up = RUNGS[severity(hold.rung) - 1] ?? "AUTONOMOUS";',
        replace: 'const up = "AUTONOMOUS";',
      },
    ],
  },
  {
    id: "ladder-takes-the-best",
    rule: "R7",
    about: "of two causes the milder one counts",
    patches: [
      {
        file: MODE,
        find: "return severity(a) >= severity(b) ? a : b;",
        replace: "return severity(a) <= severity(b) ? a : b;",
      },
    ],
  },
  {
    id: "ladder-takes-the-last",
    rule: "R7",
    about: "of two causes the one that was listed last counts",
    with: ["base-estop", "planner-hang", "sensor-silent"],
    patches: [{ file: MODE, find: "worst = worseRung(worst, hold.rung);", replace: "worst = hold.rung;" }],
  },
  {
    id: "edge-ignores-hub-order",
    rule: "R7",
    about: "the robot listens to its own causes only",
    patches: [
      {
        file: EDGE_MODES,
        find: "return worseRung(effectiveRung(state.ladder), state.hubOrder.rung);",
        replace: "return effectiveRung(state.ladder);",
      },
    ],
  },
  {
    id: "hub-ignores-edge-report",
    rule: "R7",
    about: "the hub listens to its own causes only",
    patches: [
      {
        file: HUB_MODES,
        find: "return worseRung(watch.edgeRung, worstOf(hubCauses(state, watch)));",
        replace: "return worstOf(hubCauses(state, watch));",
      },
    ],
  },
  {
    id: "order-sequence-kept-over-sessions",
    rule: "R7",
    about: "orders of a restarted hub count from one again and are taken for old ones",
    patches: [{ file: AUTHORITY, find: "  state.hubOrder = { ...state.hubOrder, sequence: 0 };\n", replace: "" }],
  },
  {
    id: "older-order-accepted",
    rule: "R7",
    about: "an order that a later one has overtaken counts when it comes at last",
    patches: [
      {
        file: AUTHORITY,
        find: "if (message.sequence >= state.hubOrder.sequence) state.hubOrder",
        replace: "if (message.sequence > 0) state.hubOrder",
      },
    ],
  },
  {
    id: "older-report-accepted",
    rule: "R7",
    about: "the hub takes a robot's report of its mode that a later one has overtaken",
    patches: [
      { file: "hub/core/links.ts", find: "if (message.sequence <= watch.reportSequence) return;", replace: "" },
    ],
  },
  {
    id: "order-not-sent-on-new-stream",
    rule: "R7",
    about: "a robot that comes back is not told the order that was made while it was away",
    patches: [
      {
        file: "hub/core/links.ts",
        find: "  stepModes(turn);\n  sendOrder(turn, watch);\n",
        replace: "  stepModes(turn);\n",
      },
      {
        file: "hub/core/links.ts",
        find: "  if (message.modeSequence < watch.order.sequence) sendOrder(turn, watch);\n",
        replace: "",
      },
    ],
  },
  {
    id: "models-run-in-reactive",
    rule: "R8",
    about: "models plan on though the robot fell to reactive rules",
    patches: [
      {
        file: MODE,
        find: "REACTIVE_ONLY: { newGrants: false, renewals: true, models: false,",
        replace: "REACTIVE_ONLY: { newGrants: false, renewals: true, models: true,",
      },
      {
        file: "edge/core/motion/planning.ts",
        find: 'input.rung !== "AUTONOMOUS" ||',
        replace: 'input.rung === "HALT" ||',
      },
    ],
  },
  {
    id: "hub-grants-in-reactive",
    rule: "R8",
    about: "the hub gives new work to a robot that fell to reactive rules",
    patches: [{ file: MODE, find: "REACTIVE_ONLY: { newGrants: false,", replace: "REACTIVE_ONLY: { newGrants: true," }],
  },
  {
    id: "motion-in-confirm",
    rule: "R8",
    about: "the mode changes on the screen, and the robot moves on",
    patches: movesBut("HALT"),
  },
  {
    id: "motion-in-halt",
    rule: "R8",
    about: "a halted robot finishes its movement",
    patches: movesBut("CONFIRM"),
  },
  {
    id: "telemetry-stale-ignored",
    rule: "R7",
    about: "late telemetry lowers nothing",
    patches: [{ file: HUB_MODES, find: 'late: "REACTIVE_ONLY"', replace: 'late: "AUTONOMOUS"' }],
  },
  {
    id: "telemetry-lost-ignored",
    rule: "R7",
    about: "lost telemetry lowers no further than late telemetry",
    patches: [{ file: HUB_MODES, find: 'lost: "CONFIRM"', replace: 'lost: "REACTIVE_ONLY"' }],
  },
  {
    id: "fleet-stale-ignored",
    rule: "R9",
    about: "when the whole fleet goes silent at once each robot is asked about by itself",
    patches: [
      {
        file: HUB_MODES,
        find: "const demand: Rung = stale < limit ?",
        replace: "const demand: Rung = stale < 1e6 * limit ?",
      },
    ],
  },
  {
    id: "place-unknown-ignored",
    rule: "R4",
    about: "a robot is autonomous before the hub knows where it stands",
    patches: [
      { file: HUB_MODES, find: "WELL.placeUnknown : NOT_HEARD", replace: "WELL.placeUnknown : WELL.placeUnknown" },
    ],
  },
  {
    id: "other-site-file-ignored",
    rule: "R1",
    about: "a robot whose site file names other places by the same names is served",
    patches: [
      {
        file: "hub/core/identity.ts",
        find: "watch.configDiffers = message.configHash !== turn.site.hash;",
        replace: "watch.configDiffers = false;",
      },
    ],
  },
  {
    id: "boot-clears-without-evidence",
    rule: "R7",
    about: "a robot is autonomous as soon as its program runs",
    patches: [
      {
        file: EDGE_MODES,
        find: 'const missing = state.booted ? "" : whyNotReady(state, nowMs);',
        replace: 'const missing = "";',
      },
    ],
  },
  {
    id: "halt-does-not-latch",
    rule: "R7",
    about: "the robot drives on by itself when its emergency stop is let go",
    patches: [
      {
        file: MODE,
        find: '"emergency-stop": { by: "edge", clear: "person",',
        replace: '"emergency-stop": { by: "edge", clear: "calm",',
      },
    ],
  },
  {
    id: "latch-cleared-against-evidence",
    rule: "R7",
    about: "a person clears an emergency stop that is still pressed",
    patches: [
      {
        file: MODE,
        find: 'if (latched && hold.demand === "AUTONOMOUS" && hold.calm) next.delete(key);',
        replace: "if (latched) next.delete(key);",
      },
    ],
  },
  {
    id: "late-clearing-opens-newer-latch",
    rule: "R7",
    about: "a person's clearing that comes late opens a latch that fell after it was given",
    with: ["base-taps", "link-delay", "operator-hasty"],
    patches: [{ file: AUTHORITY, find: "if (message.report < state.reported.since) return;", replace: "" }],
  },
  {
    id: "short-stop-missed",
    rule: "R7",
    about: "an emergency stop that is pressed and let go between two steps is missed",
    with: ["base-taps"],
    patches: [
      {
        file: EDGE_MODES,
        find: "baseSeen.emergencyStop || base?.emergencyStop === true",
        replace: "base?.emergencyStop === true",
      },
    ],
  },
  {
    id: "stale-robot-served",
    rule: "R6",
    about: "the hub gives work to a robot whose position is too old for it",
    with: ["telemetry-delay", "telemetry-loss"],
    patches: [{ file: CLAIMS, find: "  if (ageMs > limitMs)\n", replace: "  if (ageMs > 1e6 * limitMs)\n" }],
  },
];
