// Who may drive in an evaluation. The exact planner, and the model as on a robot, drive through the edge's production
// core (`production.ts`). To see what the net itself can do it also drives behind the guard with nothing to fall back
// on, and bare.

import { guard } from "../../edge/core/motion/guard.js";
import type { Velocity } from "../../edge/core/motion/types.js";
import { bestOf, forward, type Network } from "../../models/local-policy/network.js";
import { CANDIDATES, isRight } from "../../models/local-policy/policy.js";
import { featuresOf } from "./collect.js";
import type { Driver } from "./drive.js";
import { contextOf, wishOf } from "./exact.js";

export const HOW = ["exact", "robot", "guarded", "bare"] as const;
export type How = (typeof HOW)[number];

/** What became of the choices of the net. */
export class Answers {
  runs = 0;
  /** The guard granted nothing of it. */
  vetoed = 0;
  /** Compared with what the exact planner wanted, and right beside it. */
  compared = 0;
  right = 0;
}

const STAND: Velocity = { speedMps: 0, turnRadps: 0 };

/** The net at the wheel, a tick late as on a robot; it stands where the guard grants nothing. */
export function netDriver(network: Network, how: "guarded" | "bare", answers: Answers): Driver {
  let before = STAND;
  return (moment) => {
    const features = featuresOf(moment);
    if (features === undefined) return STAND;
    const choice = CANDIDATES[bestOf(forward(network, features)).index] ?? [0, 0];
    const late = before;
    before = { speedMps: choice[0], turnRadps: choice[1] };
    answers.runs += 1;
    const wish = wishOf(moment.state, moment.input);
    if (wish !== null) {
      answers.compared += 1;
      if (isRight(choice, [wish.speedMps, wish.turnRadps])) answers.right += 1;
    }
    if (how === "bare") return late;
    const verdict = guard(late, contextOf(moment.state, moment.input));
    if (!verdict.ok) answers.vetoed += 1;
    return verdict.ok ? verdict.command : STAND;
  };
}
