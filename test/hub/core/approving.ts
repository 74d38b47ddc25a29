// A site on which people hold robots in CONFIRM, and how they are asked about movements and answer.

import { effectiveOf } from "../../../hub/core/modes.js";
import { decisionViews } from "../../../hub/core/questions.js";
import type { Rung } from "../../../proto/mode.js";
import { ACT, type SiteUnderTest } from "./site-under-test.js";

export const R1 = { robot: "r1", fleet: "" } as const;
export const BOB = { operator: "bob", reason: "guests in the aisle" } as const;

export function rungOf(site: SiteUnderTest, id = "r1"): Rung | null {
  const watch = site.hub.state.watches.get(id);
  return watch === undefined ? null : effectiveOf(site.hub.state, watch);
}

/** The questions about movements that wait. */
export function asked(site: SiteUnderTest) {
  return decisionViews(site.hub.state, site.nowMs).filter(({ type }) => type === "move");
}

/** A person answers the first of them; by default approves. */
export function answer(site: SiteUnderTest, choice: "move" | "keep" = "move") {
  const [view] = asked(site);
  if (view === undefined) throw new Error("nobody is asked about a movement");
  const { id: question, version } = view;
  return site.ask({ kind: "answer", act: ACT, question, version, choice, seen: "" });
}
