// How quick the simulator is: twenty robots, without faults and under those that a few seeds draw, in seconds of one
// core. The aim is 20,000 simulated robot-seconds a second, a thousand times real time; it stands beside the figure,
// and nothing fails when it is missed. What the checkers cost is told by the same runs with every checker silenced.

import { Ages } from "../../test/sim/checkers/ages.js";
import { Clashes } from "../../test/sim/checkers/clashes.js";
import { Drivers } from "../../test/sim/checkers/drivers.js";
import { Exits } from "../../test/sim/checkers/exits.js";
import { Latches } from "../../test/sim/checkers/latches.js";
import { Modes } from "../../test/sim/checkers/modes.js";
import { Orders } from "../../test/sim/checkers/orders.js";
import { Places } from "../../test/sim/checkers/places.js";
import { Renewals } from "../../test/sim/checkers/renewals.js";
import { Rights } from "../../test/sim/checkers/rights.js";
import { Stores } from "../../test/sim/checkers/stores.js";
import { Tasks } from "../../test/sim/checkers/tasks.js";
import { Tokens } from "../../test/sim/checkers/tokens.js";
import { simulate } from "../../test/sim/simulate.js";
import type { RunOptions } from "../../test/sim/world.js";
import { alone, type Row } from "./bench.js";
import { interleave } from "./rounds.js";

const AIM = 20_000;
const ROBOTS = 20;
const ROUNDS = 3;
const SEEDS = [27, 40, 66] as const;
const SIZE = { robots: ROBOTS, chaosS: 20 } as const;

interface Rates {
  readonly robotS: number; // per second of the processor
  readonly events: number;
  readonly us: number; // of the processor, for all of the runs
}

/** Runs the seeds one after the other. Throws when one of them fails: then no figure is worth anything. */
function rates(options: Omit<RunOptions, "seed">): Rates {
  const before = process.cpuUsage();
  let [robotS, events] = [0, 0];
  for (const seed of SEEDS) {
    const outcome = simulate({ ...SIZE, ...options, seed });
    if (outcome.failure !== null) throw new Error(`seed ${seed} failed: ${outcome.failure.checker}`);
    robotS += outcome.robotS;
    events += outcome.happened;
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  return { robotS: robotS / seconds, events: events / seconds, us: user + system };
}

/** Every checker that is called by the world, and answers nothing. */
const CHECKERS: readonly (readonly [object, readonly string[]])[] = [
  [Ages.prototype, ["edge", "hub", "told"]],
  [Clashes.prototype, ["stepped"]],
  [Drivers.prototype, ["stepped"]],
  [Exits.prototype, ["decided", "heard"]],
  [Latches.prototype, ["fed", "saved", "stepped"]],
  [Modes.prototype, ["stepped", "hub", "decided"]],
  [Orders.prototype, ["fed", "stepped", "hubStepped"]],
  [Places.prototype, ["decided", "heard"]],
  [Renewals.prototype, ["stepped"]],
  [Rights.prototype, ["fed", "stepped", "ticked", "wrote", "took"]],
  [Stores.prototype, ["fed", "saved", "stepped", "wrote", "hubStepped", "performed"]],
  [Tokens.prototype, ["fed", "stepped"]],
  [Tasks.prototype, ["stepped", "decided", "rebuilt", "opened", "same"]],
];

/** Runs with every checker silenced. Throws when there is no such checker any more. */
function unchecked<T>(what: () => T): T {
  const undo: (() => void)[] = [];
  for (const [prototype, names] of CHECKERS) {
    for (const name of names) {
      const kept = Object.getOwnPropertyDescriptor(prototype, name);
      if (kept === undefined) throw new Error(`the simulator has no checker ${name}`);
      undo.push(() => Object.defineProperty(prototype, name, kept));
      Object.defineProperty(prototype, name, { ...kept, value: () => {} });
    }
  }
  try {
    return what();
  } finally {
    for (const put of undo) put();
  }
}

function rowsOf(name: string, found: readonly Rates[]): readonly Row[] {
  return [
    alone(
      `${name}: robot-seconds a second, aim ${AIM}`,
      "s/s",
      found.map(({ robotS }) => robotS),
    ),
    alone(
      `${name}: events a second`,
      "/s",
      found.map(({ events }) => events),
    ),
  ];
}

export async function run(): Promise<readonly Row[]> {
  const rounds: { readonly quiet: Rates; readonly faulty: Rates; readonly bare: Rates }[] = [];
  const measure = () => {
    const [quiet, faulty] = [rates({ kinds: [] }), rates({})];
    rounds.push({ quiet, faulty, bare: unchecked(() => rates({})) });
    return 0;
  };
  await interleave([measure], { rounds: ROUNDS, warmUp: 1 });
  const counted = rounds.slice(-ROUNDS);
  return [
    ...rowsOf(
      `${ROBOTS} robots, no fault`,
      counted.map(({ quiet }) => quiet),
    ),
    ...rowsOf(
      `${ROBOTS} robots, faults`,
      counted.map(({ faulty }) => faulty),
    ),
    alone(
      "share of the checkers, with faults",
      "%",
      counted.map(({ faulty, bare }) => Math.max(0, 100 * (1 - bare.us / faulty.us))),
    ),
  ];
}
