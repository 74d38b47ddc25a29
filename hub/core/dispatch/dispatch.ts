// One round of dispatch: from a view of the site to proposals that the ledger's decision may accept or refuse (R1).
// Pure and without memory (R14). At most one proposal per robot, no two for conflicting destinations, none for a robot
// that is not free. Order of care: the starving task whose turn it is, chargers for low robots, tasks at least total
// cost (a task in hand only with its robot), then idle robots off places that are wanted, then idle robots home. See
// charge.ts, match.ts and clear.ts for what each promises. Costs are ways in metres; differences of speed between
// robots are not weighed.
import { proposeCharging } from "./charge.js";
import { clearPlaces } from "./clear.js";
import { keepForStarving, matchTasks } from "./match.js";
import { Round } from "./round.js";
import type { DispatchView, Proposal, TravelCosts } from "./view.js";

export type {
  DestinationKind,
  DispatchDestination,
  DispatchRobot,
  DispatchTask,
  DispatchView,
  Proposal,
  TravelCosts,
} from "./view.js";

/**
 * The proposals of one round, those for charging and tasks before those for parking. `nowMs` is on the clock of the
 * view.
 */
export function proposeAssignments(view: DispatchView, travel: TravelCosts, nowMs: number): Proposal[] {
  const round = new Round(view, { travel, nowMs });
  keepForStarving(round);
  proposeCharging(round);
  matchTasks(round);
  clearPlaces(round);
  return [...round.proposals.values()];
}
