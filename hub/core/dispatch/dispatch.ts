// One round of dispatch: from a view of the site to proposals that the ledger's decision may accept or refuse (R1).
// Pure and without memory (R14). At most one proposal per robot, no two for conflicting destinations, none for a robot
// that is not free. Order of care: the starving task whose turn it is, chargers for low robots, tasks at least total
// cost (a task in hand only with its robot), idle robots to chargers that nobody needs more, then idle robots off
// places that are wanted, then idle robots home. See charge.ts, match.ts and clear.ts for what each promises. Costs
// are ways in metres; differences of speed between robots are not weighed.
import { proposeCharging, proposeTopUp } from "./charge.js";
import { clearPlaces } from "./clear.js";
import { forecast } from "./forecast.js";
import { keepForStarving, matchTasks } from "./match.js";
import { Round } from "./round.js";
import { proposeSwap } from "./swap.js";
import type { Dispatched, DispatchView, Proposal, TravelCosts } from "./view.js";

export type {
  DestinationKind,
  DispatchDestination,
  Dispatched,
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
  return [...roundOf(view, travel, nowMs).proposals.values()];
}

/** The same, with when tasks are done at the earliest, and which robot on its way should make way for another one. */
export function dispatchRound(view: DispatchView, travel: TravelCosts, nowMs: number): Dispatched {
  const round = roundOf(view, travel, nowMs);
  return { proposals: [...round.proposals.values()], doneInMs: forecast(round), swaps: proposeSwap(round) };
}

function roundOf(view: DispatchView, travel: TravelCosts, nowMs: number): Round {
  const round = new Round(view, { travel, nowMs });
  keepForStarving(round);
  proposeCharging(round);
  matchTasks(round);
  proposeTopUp(round);
  clearPlaces(round);
  return round;
}
