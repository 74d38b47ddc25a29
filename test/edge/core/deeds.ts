// What can happen to an edge, drawn at random: links that come and go, hubs that lie, stores that are slow, sensors
// that fail and come back, naps of the board.
import type { Token } from "../../../proto/claim.js";
import { RUNGS } from "../../../proto/mode.js";
import { type Chance, chanceFrom, pick } from "../../proto/true-time.js";
import { EdgeUnderTest } from "./edge-under-test.js";

const CHANNELS = ["pose", "scan", "odometry", "base"] as const;

type Deed = (robot: EdgeUnderTest, chance: Chance) => void;

const DEEDS: readonly Deed[] = [
  (robot, chance) => void robot.run(50 + chance() * 1500),
  (robot, chance) => void robot.run(50 + chance() * 1500),
  (robot, chance) => void robot.run(2000 + chance() * 12_000),
  (robot, chance) => void robot.grant(pick(chance, ["P1", "P2", "P3", "Z"] as const)),
  (robot, chance) => void robot.grant("P1", { token: tokenFrom(chance) }),
  (robot, chance) => withdraw(robot, chance),
  (robot) => robot.connect(),
  (robot) => void robot.step({ kind: "linkClosed", reason: "cut" }),
  (robot, chance) => robot.order(pick(chance, [...RUNGS, "AUTONOMOUS", "AUTONOMOUS"] as const)),
  (robot, chance) => {
    robot.isHubAnswering = chance() < 0.7;
    robot.isHubDeaf = chance() < 0.2;
  },
  (robot, chance) => {
    const channel = pick(chance, CHANNELS);
    if (chance() < 0.4) robot.base.silent.add(channel);
    else robot.base.silent.clear();
  },
  (robot, chance) => {
    robot.base.frozen.clear();
    if (chance() < 0.3) robot.base.frozen.add(pick(chance, ["scan", "pose"] as const));
  },
  (robot, chance) => Object.assign(robot.base, { bumper: chance() < 0.2, emergencyStop: chance() < 0.1 }),
  (robot) => robot.clear("bumper", "emergency-stop"),
  (robot, chance) => {
    robot.planner = pick(chance, ["answers", "answers", "answers", "silent", "refuses", "lies"] as const);
    robot.step(chance() < 0.3 ? { kind: "plannerGone", why: "killed" } : { kind: "plannerReady" });
  },
  (robot, chance) => {
    robot.isStoring = chance() < 0.7;
    if (robot.isStoring) robot.store();
  },
  (robot, chance) => {
    if (chance() < 0.3) robot.suspendedMs += 1000;
  },
  (robot, chance) => robot.hear({ kind: "renewed", nonce: Math.floor(chance() * 50), leaseMs: 60_000, hubNonce: 5 }),
];

function tokenFrom(chance: Chance): Token {
  return { epoch: 1, counter: 1 + Math.floor(chance() * 12) };
}

function withdraw(robot: EdgeUnderTest, chance: Chance): void {
  const [held] = robot.edge.state.memory.holdings;
  const token = held === undefined || chance() < 0.3 ? tokenFrom(chance) : held.token;
  robot.hear({ kind: "withdraw", token, assignment: held?.assignment ?? "a1-1", reason: "the test asks" });
}

/** An edge that has begun to drive and then lives through so many deeds. */
export function live(seed: number, deeds: number, robot = new EdgeUnderTest({ seed })): EdgeUnderTest {
  const chance = chanceFrom(seed);
  robot.step({ kind: "plannerReady" });
  robot.connect();
  robot.run(1000);
  for (let done = 0; done < deeds; done += 1) happen(robot, chance);
  return robot;
}

/** One more thing happens to it. */
export function happen(robot: EdgeUnderTest, chance: Chance): void {
  pick(chance, DEEDS)(robot, chance);
}
