// The catalogue of faults, and the plan of one run: which of them happen, to whom, when and how hard. Swarm style: each
// seed leaves most kinds out, so that rare combinations are reached undiluted. The plan is a list drawn before the run
// begins, so that a failing one can be made smaller by leaving entries out.

import type { Random } from "../../scripts/world/random.js";
import { SECOND } from "./kernel.js";

/** Whom a fault happens to. */
type Scope = "robot" | "hub" | "machine" | "site";

interface Kind {
  readonly scope: Scope;
  readonly says: string;
  readonly most: number; // instances in one run
  readonly lastsS: readonly [number, number];
}

const kind = (scope: Scope, says: string, lastsS: readonly [number, number], most = 3): Kind => ({
  scope,
  says,
  lastsS,
  most,
});

export const FAULTS = {
  "link-delay": kind("robot", "messages of the link take up to seconds", [2, 20]),
  "link-loss": kind("robot", "messages of the link are lost one by one", [2, 20]),
  "link-duplicate": kind("robot", "messages of the link come twice", [5, 30]),
  "link-reorder": kind("robot", "messages of the link overtake each other", [5, 30]),
  "link-cut": kind("robot", "nothing passes between robot and hub", [0.5, 20]),
  "link-cut-up": kind("robot", "nothing passes from robot to hub", [0.5, 20]),
  "link-cut-down": kind("robot", "nothing passes from hub to robot", [0.5, 20]),
  "link-half-open": kind("robot", "the hub does not notice that a stream is gone", [3, 20]),
  "link-clog": kind("robot", "what is sent waits, and then comes all at once", [0.5, 6]),
  "link-flap": kind("robot", "the stream breaks each second", [3, 15]),
  "site-cut": kind("site", "no robot reaches the hub", [1, 15], 1),
  "telemetry-loss": kind("robot", "samples are lost on their way to the hub", [2, 30]),
  "telemetry-delay": kind("robot", "samples take up to seconds", [2, 30]),
  "telemetry-cut": kind("robot", "no sample reaches the hub", [1, 15]),
  "telemetry-replay": kind("robot", "old samples come again", [5, 30]),
  "broker-cut": kind("site", "the site's broker is gone: no telemetry of anybody", [1, 12], 1),
  "clock-drift": kind("machine", "the rate of a machine's clocks wanders within its bound", [10, 120], 6),
  "clock-wall": kind("machine", "a wall clock jumps by a year", [1, 2]),
  "clock-coarse": kind("machine", "a monotonic clock that is read in coarse ticks", [5, 60]),
  "clock-backwards": kind("machine", "a monotonic clock goes back", [1, 2], 1),
  "edge-suspend": kind("robot", "a robot's board is suspended", [0.1, 20], 2),
  "hub-suspend": kind("hub", "the hub's machine is suspended", [0.1, 20], 1),
  "edge-pause": kind("robot", "an edge is stopped, at any point, and goes on", [0.1, 12], 4),
  "hub-pause": kind("hub", "the hub is stopped, at any point, and goes on", [0.1, 10], 2),
  "edge-crash": kind("robot", "an edge ends at any point and is started again", [0.2, 8], 4),
  "hub-crash": kind("hub", "the hub ends at any point and is started again", [0.2, 8], 3),
  "board-reboot": kind("robot", "a robot's board starts anew: its clocks begin again", [2, 10], 1),
  "edge-disk-slow": kind("robot", "a sync of an edge takes seconds", [2, 10]),
  "hub-disk-slow": kind("hub", "a sync of the hub takes seconds", [2, 10], 2),
  "edge-disk-fail": kind("robot", "an edge cannot write: failed sync, full or read-only disk", [1, 8], 1),
  "hub-disk-fail": kind("hub", "the hub cannot write: failed sync, full or read-only disk", [1, 8], 2),
  "disk-foreign": kind("robot", "a board gets another robot's disk, and its own back later", [3, 10], 1),
  "edge-other-file": kind("robot", "an edge runs on another site file", [3, 15], 1),
  "edge-disk-lost": kind("robot", "a board gets an empty disk", [1, 2], 1),
  "hub-disk-flip": kind("hub", "a bit flips in the ledger, and people put a backup in its place", [3, 8], 1),
  "hub-rollback": kind("hub", "the hub is started on an older copy of its ledger", [1, 4], 1),
  "hub-lease-shorter": kind("hub", "the hub is started on a site file with shorter leases", [0.3, 2], 1),
  "hub-twice": kind("hub", "a second hub runs by mistake on a copy of the ledger, under the same address", [5, 25], 1),
  "dispatch-wild": kind("hub", "the dispatcher proposes anything, to anybody", [2, 15], 2),
  "edge-twice": kind("robot", "a second edge speaks under a robot's name", [3, 20], 1),
  "sensor-frozen": kind("robot", "a channel repeats its last value under new stamps", [1, 12]),
  "sensor-silent": kind("robot", "a channel reports nothing", [0.5, 12]),
  "sensor-jump": kind("robot", "the pose jumps away and back", [0.5, 5], 2),
  "sensor-future": kind("robot", "samples carry stamps from the future", [0.5, 8], 2),
  "base-estop": kind("robot", "somebody presses the emergency stop", [1, 8], 2),
  "base-taps": kind("robot", "somebody presses the emergency stop and lets it go, again and again", [2, 20], 2),
  "base-silent": kind("robot", "the base is gone and comes back", [0.5, 8], 2),
  "way-blocked": kind("robot", "something stands close before the robot, wherever it turns", [46, 100], 1),
  "planner-hang": kind("robot", "the planner does not answer", [0.5, 8]),
  "planner-slow": kind("robot", "the planner answers past its deadline", [2, 10]),
  "planner-crash": kind("robot", "the planner ends again and again", [1, 8]),
  "planner-nonsense": kind("robot", "the planner answers nonsense", [1, 8]),
  "controller-hang": kind("robot", "the model that drives does not answer", [0.5, 8]),
  "controller-slow": kind("robot", "the model that drives answers past its deadline", [2, 10]),
  "controller-crash": kind("robot", "the processes of the models that drive end again and again", [1, 8]),
  "controller-nonsense": kind("robot", "the model that drives answers nonsense", [1, 8]),
  "controller-wild": kind("robot", "the model that drives wants to go anywhere", [2, 20]),
  "operator-halt": kind("site", "an operator imposes a lower rung for a while", [2, 10], 2),
  "operator-hasty": kind("site", "an operator clears what waits for a person, without looking", [5, 60], 2),
  "operator-cancel": kind("site", "an operator cancels tasks", [5, 30], 2),
  "operator-repeat": kind("site", "operators ask everything again", [5, 60], 2),
} as const satisfies Record<string, Kind>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** One fault that happens. */
export interface Fault {
  readonly index: number; // its place in the plan
  readonly name: FaultName;
  readonly subject: string; // robot, "hub", or empty for the site
  readonly fromUs: number;
  readonly untilUs: number;
  readonly strength: number; // 0 to 1
}

export interface PlanOptions {
  readonly robots: readonly string[];
  readonly chaosUs: number; // no fault lasts longer than this
  readonly kinds?: readonly FaultName[]; // all of these, and no others
  readonly with?: readonly FaultName[]; // all of these, and others by chance
}

/** Share of the kinds that a run has, drawn anew for each. */
const SHARE = [0, 0.05, 0.1, 0.2, 0.4] as const;

export function planFaults(random: Random, options: PlanOptions): readonly Fault[] {
  const share = SHARE[random.below(SHARE.length)] ?? 0;
  const faults: Fault[] = [];
  for (const name of FAULT_NAMES) {
    const chance = random.stream(name);
    const isDrawn = options.kinds === undefined ? chance.next() < share : options.kinds.includes(name);
    if (!isDrawn && options.with?.includes(name) !== true) continue;
    const shape = FAULTS[name];
    const times = 1 + chance.below(shape.most);
    for (let time = 0; time < times; time += 1) {
      const { fromUs, untilUs } = span(chance, shape.lastsS, options.chaosUs);
      const subject = subjectOf(chance, shape.scope, options.robots);
      faults.push({ index: faults.length, name, subject, fromUs, untilUs, strength: chance.next() });
    }
  }
  return faults;
}

function span(chance: Random, [least, most]: readonly [number, number], chaosUs: number) {
  const fromUs = Math.floor(chance.next() * Math.max(0, chaosUs - least * SECOND));
  const lastsUs = (least + (most - least) * chance.next() * chance.next()) * SECOND;
  return { fromUs, untilUs: Math.min(chaosUs, Math.floor(fromUs + lastsUs)) };
}

function subjectOf(chance: Random, scope: Scope, robots: readonly string[]): string {
  switch (scope) {
    case "robot":
      return robots[chance.below(robots.length)] ?? "";
    case "machine":
      return chance.next() < 0.35 ? "hub" : (robots[chance.below(robots.length)] ?? "");
    case "hub":
      return "hub";
    case "site":
      return "";
  }
}
