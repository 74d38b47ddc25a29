// The edge's core under inputs drawn at random: links that come and go, hubs that lie, stores that are slow, sensors
// that fail and come back, naps of the board. Whatever happens, the commands must be such as the rules allow. A
// failure names the seed.
import t from "tap";
import { compareTokens, type Token, tokenKey } from "../../../proto/claim.js";
import { PERMITS, RUNGS } from "../../../proto/mode.js";
import { type Chance, chanceFrom, pick } from "../../proto/true-time.js";
import { EdgeUnderTest, moves } from "./edge-under-test.js";

const RUNS = 12;
const STEPS = 160;
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

function live(seed: number): EdgeUnderTest {
  const chance = chanceFrom(seed);
  const robot = new EdgeUnderTest({ seed });
  robot.step({ kind: "plannerReady" });
  robot.connect();
  robot.run(1000);
  for (let step = 0; step < STEPS; step += 1) pick(chance, DEEDS)(robot, chance);
  return robot;
}

/** Walks through all that a robot did, in order, and holds each effect against the rules. */
function judge(robot: EdgeUnderTest, seed: number): number {
  const durable = new Set<string>();
  const covered = new Map<number, readonly string[]>();
  const waiting: { readonly version: number; readonly tokens: readonly string[] }[] = [];
  let highest: Token = { epoch: 0, counter: 0 };
  let driven = 0;
  const wrong = (what: string) => {
    throw new Error(`seed ${seed}: ${what}`);
  };
  for (const { effect } of robot.effects) {
    if (effect.kind === "save") {
      const { holdings, highestToken } = effect.memory;
      if (compareTokens(highestToken, highest) < 0) wrong("the highest token fell");
      highest = highestToken;
      waiting.push({ version: effect.version, tokens: holdings.map((held) => tokenKey(held.token)) });
    }
    if (effect.kind === "send" && effect.message.kind === "renew")
      covered.set(effect.message.nonce, effect.message.acting.map(tokenKey));
    if (effect.kind === "send" && effect.message.kind === "grantAnswer" && effect.message.accepted) {
      const key = tokenKey(effect.message.token);
      if (!waiting.some((saved) => saved.tokens.includes(key))) wrong(`${key} was accepted before a save`);
      durable.add(key);
    }
    if (effect.kind !== "command" || !moves(effect.command)) continue;
    const { command } = effect;
    driven += 1;
    const key = command.token === undefined ? "none" : tokenKey(command.token);
    if (!durable.has(key)) wrong(`moved under ${key}, which was not stored`);
    if (![...covered.values()].some((tokens) => tokens.includes(key))) wrong(`moved under ${key}, never asked for`);
    if (command.sentMonotonicMs + command.validForMs > command.leaseEndMonotonicMs) wrong("valid beyond the lease");
    if (PERMITS[command.rung].motion === "none") wrong(`moved in ${command.rung}`);
    if (command.rung === "REACTIVE_ONLY" && command.speedMps > robot.config.physics.reactiveSpeedMps + 1e-9)
      wrong(`${command.speedMps} m/s in REACTIVE_ONLY`);
  }
  return driven;
}

t.test("edge keeps its rules under inputs drawn at random", async (t) => {
  let driven = 0;
  const rungs = new Set<string>();
  for (let seed = 0; seed < RUNS; seed += 1) {
    const robot = live(seed);
    driven += judge(robot, seed);
    for (const command of robot.commands()) rungs.add(command.rung);
  }
  t.ok(driven > 200, `${driven} commands moved a robot`);
  t.equal(rungs.size, RUNGS.length, "on every rung something happened");
});
