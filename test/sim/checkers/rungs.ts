// R7, worked out apart from the product: the worst of all rungs counts, whichever was named last.

import type { Rung } from "../../../proto/mode.js";

const ORDER: readonly Rung[] = ["AUTONOMOUS", "REACTIVE_ONLY", "CONFIRM", "HALT"];

/** The worst of these; AUTONOMOUS when there is none. */
export function worstRung(rungs: Iterable<Rung>): Rung {
  let worst = 0;
  for (const rung of rungs) worst = Math.max(worst, ORDER.indexOf(rung));
  return ORDER[worst] ?? "HALT";
}

/** What a ladder imposes, beside what else does. */
export function imposedBy(ladder: ReadonlyMap<string, { readonly rung: Rung }>, ...others: readonly Rung[]): Rung {
  return worstRung([...[...ladder.values()].map(({ rung }) => rung), ...others]);
}
