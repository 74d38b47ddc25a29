// R12: which questions are about to expire and have told nobody so: each version alerts once.

import { boundaryOf } from "../../fleet-config/boundary.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import type { DecisionView } from "../../proto/operator-views.js";

/** Whether a question expires so soon that somebody is to be alerted; at most half of its time before. */
export function isDue({ waitingMs, deadlineLeftMs }: DecisionView, config: Pick<SiteConfig, "boundary">): boolean {
  const answerMs = waitingMs + deadlineLeftMs;
  return deadlineLeftMs <= Math.min(boundaryOf(config).alertMs, answerMs / 2);
}

/** Those of `views` to be alerted of now. `told` remembers them, and forgets what waits no more. */
export function newlyDue(
  views: readonly DecisionView[],
  at: { readonly told: Set<string>; readonly config: Pick<SiteConfig, "boundary"> },
): readonly DecisionView[] {
  const keyOf = ({ id, version }: DecisionView) => `${id} ${version}`;
  const due = views.filter((view) => isDue(view, at.config));
  const fresh = due.filter((view) => !at.told.has(keyOf(view)));
  at.told.clear();
  for (const view of due) at.told.add(keyOf(view));
  return fresh;
}
