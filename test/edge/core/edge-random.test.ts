// The edge's core under inputs drawn at random (deeds.ts). Whatever happens, the commands must be such as the rules
// allow. A failure names the seed.
import t from "tap";
import { compareTokens, type Token, tokenKey } from "../../../proto/claim.js";
import { PERMITS, RUNGS } from "../../../proto/mode.js";
import { live } from "./deeds.js";
import { type EdgeUnderTest, moves } from "./edge-under-test.js";

const RUNS = 12;
const STEPS = 160;

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
    const robot = live(seed, STEPS);
    driven += judge(robot, seed);
    for (const command of robot.commands()) rungs.add(command.rung);
  }
  t.ok(driven > 200, `${driven} commands moved a robot`);
  t.equal(rungs.size, RUNGS.length, "on every rung something happened");
});
