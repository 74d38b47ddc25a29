// The simulated base over a real broker on loopback: it speaks the on-board contract and nothing else.

import t, { type Test } from "tap";
import { decode, encode } from "../../../proto/codec/codec.js";
import { ONBOARD_CHANNELS, onboardIn, onboardOut } from "../../../proto/topics.js";
import { readOnboard } from "../../../proto/wire.js";
import type { CommandLine } from "../../../scripts/judge/trace.js";
import { SimulatedBase } from "../../../scripts/world/base.js";
import { monotonicNowMs, WorldHost } from "../../../scripts/world/host.js";
import { Random } from "../../../scripts/world/random.js";
import { World } from "../../../scripts/world/world.js";
import { anEmptyGrid, LIMITS } from "./helpers.js";
import { aStubBroker, eventually, type StubBroker } from "./stub-broker.js";

const COMMAND = onboardOut("command", "protobuf");
const MESSAGES = {
  ...{ pose: "PoseSample", scan: "ScanSample", odometry: "OdometrySample" },
  ...{ battery: "BatterySample", base: "BaseSample" },
} as const;

async function running(t: Test) {
  const broker = await aStubBroker();
  const lines: CommandLine[] = [];
  const start = { xM: 5, yM: 5, headingRad: 0 };
  const random = new Random(1);
  const nowMs = monotonicNowMs();
  const robots = [{ id: "r1", radiusM: 0.4, start, limits: LIMITS }];
  const world = new World({ grid: anEmptyGrid(40, 10), robots, random, nowMs });
  const record = (line: CommandLine): void => void lines.push(line);
  const base = new SimulatedBase({ world, robot: "r1", random, nowMs: monotonicNowMs, record });
  base.connect(broker.port);
  const host = new WorldHost(world, [base]);
  host.start();
  const run = { broker, world, base, lines };
  t.teardown(async () => {
    await host.stop();
    await run.broker.close();
  });
  await eventually("the base listens to commands", () => broker.wanted.has(COMMAND));
  return run;
}

function command(broker: StubBroker, over: object): void {
  const sentMonotonicMs = Math.floor(monotonicNowMs());
  const plain = { sequence: 1, speedMps: 0.5, turnRadps: 0, validForMs: 300, sentMonotonicMs, rung: "AUTONOMOUS" };
  broker.publish(COMMAND, encode("Command", { ...plain, leaseEndMonotonicMs: sentMonotonicMs + 3000, ...over }));
}

t.test("the base publishes every channel of the contract, captured on this machine's clock", async (t) => {
  const { broker } = await running(t);
  for (const channel of ONBOARD_CHANNELS) {
    const topic = onboardIn(channel, "protobuf");
    await eventually(`two samples on ${topic}`, () => broker.heard.filter((each) => each.topic === topic).length >= 2);
    const [first, second] = broker.heard.filter((each) => each.topic === topic);
    if (first === undefined || second === undefined) throw new Error("expected two samples");
    const samples = [first, second].map((each) =>
      readOnboard[channel](decode(MESSAGES[channel], each.payload), channel),
    );
    const [a, b] = samples.map((sample) => sample.capture);
    t.equal((b?.sequence ?? 0) - (a?.sequence ?? 0), 1, `${channel} counts its samples`);
    const ageMs = second.atMs - (b?.monotonicMs ?? 0);
    t.ok(ageMs >= 0 && ageMs < 1000, `${channel} is ${ageMs} ms old at its receipt`);
  }
});

t.test("R2 the base obeys a command, records it as received, and its watchdog stops it", async (t) => {
  const { broker, world, lines } = await running(t);
  command(broker, { sequence: 5, token: { epoch: 2, counter: 7 }, decisionId: "d1" });
  command(broker, { sequence: 4 });
  await eventually("both commands are recorded", () => lines.length === 2);
  const [first, second] = lines;
  t.match(first, {
    robot: "r1",
    sequence: 5,
    speed: 0.5,
    applied: true,
    token: { epoch: 2, counter: 7 },
    decision: "d1",
  });
  t.match(second, { sequence: 4, applied: false, refusal: "sequence", token: null });
  await eventually("it moves", () => world.robot("r1").drive.speedMps > 0.05);
  await eventually("it stands again", () => world.robot("r1").drive.speedMps === 0);
  t.ok(world.robot("r1").drive.xM > 5.01);
});

t.test("what is no command changes nothing and is counted", async (t) => {
  const { broker, base, lines, world } = await running(t);
  broker.publish(COMMAND, Uint8Array.of(0xff, 0xff, 0xff));
  command(broker, { speedMps: Number.NaN });
  await eventually("both are counted", () => base.counts.malformed === 2);
  t.equal(lines.length, 0);
  t.equal(world.robot("r1").drive.lastSequence, 0);
});

t.test("a silenced channel reports nothing, and the base calls again when its broker is gone", async (t) => {
  const run = await running(t);
  const { base, broker } = run;
  base.silence("pose");
  const pose = onboardIn("pose", "protobuf");
  const scan = onboardIn("scan", "protobuf");
  const count = (topic: string, of: StubBroker): number => of.heard.filter((each) => each.topic === topic).length;
  const before = { pose: count(pose, broker), scan: count(scan, broker) };
  await eventually("scans go on", () => count(scan, broker) >= before.scan + 3);
  t.ok(count(pose, broker) <= before.pose + 1, "poses do not");
  base.restore("pose");
  await broker.close();
  await eventually("the base notices", () => !base.connected);
  run.broker = await aStubBroker(broker.port);
  await eventually("it is back with poses", () => count(pose, run.broker) >= 2 && run.broker.wanted.has(COMMAND));
});
