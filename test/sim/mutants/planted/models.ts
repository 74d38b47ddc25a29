// Planted in how models are asked and judged: R6, R8, R11.

import type { Mutant } from "../mutant.js";

const CONTROLLER = "edge/core/controller/controller.ts";
const ADVICE = "edge/core/motion/advice.ts";
const ASSEMBLE = "models/assemble.ts";

export const MODEL_MUTANTS: readonly Mutant[] = [
  {
    id: "controller-asked-on-any-rung",
    rule: "R8",
    about: "a model that drives is asked whatever the rung is",
    patches: [{ file: CONTROLLER, find: "|| !mayPlan(state)) return;", replace: ") return;" }],
  },
  {
    id: "controller-fed-old",
    rule: "R6",
    about: "a model that drives is fed whatever its inputs' ages are",
    patches: [{ file: ASSEMBLE, find: "if (!(ageMs <= feature.maxAgeMs)) {", replace: "if (Number.isNaN(ageMs)) {" }],
  },
  {
    id: "advice-unguarded",
    rule: "R11",
    about: "what a model advises is driven, whatever the guard says",
    with: ["controller-nonsense", "controller-wild"],
    patches: [
      {
        file: ADVICE,
        find: "if (!verdict.ok) return verdict;",
        replace: "if (!verdict.ok) return { ok: true, command: wished, limitedBy: undefined };",
      },
    ],
  },
  {
    id: "swap-unasked",
    rule: "R11",
    about: "a candidate takes over without a permission of the hub",
    patches: [{ file: CONTROLLER, find: "if (!takesPermission(state, candidate, turn)) return;", replace: "" }],
  },
  {
    id: "swaps-unlimited",
    rule: "R11",
    about: "the hub allows every model to swap, however many of its fleet have within the minute",
    patches: [{ file: "hub/core/swaps.ts", find: "if (counting.length < most) return null;", replace: "return null;" }],
  },
];
