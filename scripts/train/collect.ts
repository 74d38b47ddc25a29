// Collects samples by driving drawn floors. In the first round the exact planner drives, now and then off its line; in
// later ones the policy of the round before drives, with and without the guard, and the exact planner only tells what
// it would have wanted there: so the policy is taught where its own mistakes lead it.

import { guard } from "../../edge/core/motion/guard.js";
import type { Velocity } from "../../edge/core/motion/types.js";
import { assemble } from "../../models/assemble.js";
import { bestOf, forward, type Network } from "../../models/local-policy/network.js";
import { CANDIDATES, INPUT, localPolicyManifest } from "../../models/local-policy/policy.js";
import { Random } from "../world/random.js";
import { type Driver, drive, type Moment } from "./drive.js";
import { contextOf, wishOf } from "./exact.js";
import { drawFloor } from "./floor.js";
import type { Sample } from "./samples.js";

/** Every so many ticks a sample is taken. */
const EVERY = 2;

/** The shape of the model, which is the same before it is trained. */
const SHAPE = localPolicyManifest({ version: "0.0.0", bytes: new Uint8Array(), calibration: [], least: 0 });

/** The features of a moment, as a robot assembles them; undefined where that is refused. */
export function featuresOf({ evidence }: Moment): Float32Array | undefined {
  const assembly = assemble(SHAPE, evidence, new Map());
  if (assembly.kind === "refused") return undefined;
  return assembly.feeds.find(({ tensor }) => tensor === INPUT.tensor)?.data as Float32Array;
}

export interface CollectOptions {
  /** What the seeds of its floors begin with. */
  readonly from: string;
  readonly samples: number;
  /** Who drives; undefined: the exact planner. */
  readonly network?: Network;
}

/** At least so many samples, from whole drives. */
export async function collect(options: CollectOptions): Promise<readonly Sample[]> {
  const found: Sample[] = [];
  for (let index = 0; found.length < options.samples; index += 1) {
    const floor = drawFloor(`${options.from}/${index}`);
    const draw = new Random(floor.seed).stream("collect");
    const { network } = options;
    const own = network === undefined ? strayer(draw) : learner(network, { isGuarded: index % 2 === 0 });
    const driver: Driver = (moment) => {
      const features = featuresOf(moment);
      if (features === undefined) return null;
      const wish = wishOf(moment.state, moment.input);
      if (wish !== null && moment.tick % EVERY === 0) found.push({ features, wanted: [wish.speedMps, wish.turnRadps] });
      return own(moment, features);
    };
    await drive(floor, driver);
  }
  return found;
}

type Chooser = (moment: Moment, features: Float32Array) => Velocity | null;

/** The exact planner, which for a third of the time is pushed off its line, guarded. */
function strayer(draw: Random): Chooser {
  let untilTick = 0;
  let push: Velocity = { speedMps: 0, turnRadps: 0 };
  return ({ state, input, exact, tick }) => {
    if (tick >= untilTick) {
      const isPushed = draw.next() < 0.35;
      push = isPushed
        ? { speedMps: draw.between(-0.4, 0.6), turnRadps: draw.between(-1, 1) }
        : { speedMps: 0, turnRadps: 0 };
      untilTick = tick + 5 + draw.below(20);
    }
    const { maxSpeedMps, maxTurnRadps } = state.options.physics;
    const speedMps = Math.max(0, Math.min(maxSpeedMps, exact.speedMps + push.speedMps));
    const turnRadps = Math.max(-maxTurnRadps, Math.min(maxTurnRadps, exact.turnRadps + push.turnRadps));
    const verdict = guard({ speedMps, turnRadps }, contextOf(state, input));
    return verdict.ok ? verdict.command : null;
  };
}

/** The policy, a tick late, as an answer from another process comes. */
function learner(network: Network, how: { readonly isGuarded: boolean }): Chooser {
  let before: Velocity | null = null;
  return ({ state, input }, features) => {
    const [speedMps, turnRadps] = CANDIDATES[bestOf(forward(network, features)).index] ?? [0, 0];
    const late = before;
    before = { speedMps, turnRadps };
    if (late === null || !how.isGuarded) return late;
    const verdict = guard(late, contextOf(state, input));
    return verdict.ok ? verdict.command : null;
  };
}
