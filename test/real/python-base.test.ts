// The example base in Python as a real process against a plain broker: its samples are the contract's, it obeys
// commands, and its watchdog stops it. Skipped where there is no python3.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { decodeJson, encodeJson } from "../../proto/codec/codec.js";
import { ONBOARD_CHANNELS, onboardIn, onboardOut } from "../../proto/topics.js";
import { type OdometrySample, readOnboard } from "../../proto/wire.js";
import { aStubBroker, eventually, monotonicMs, type StubBroker } from "../scripts/world/stub-broker.js";

const SCRIPT = upwards(dirname(fileURLToPath(import.meta.url)), join("scripts", "example-base.py"));
const COMMAND = onboardOut("command", "json");
const MESSAGES = {
  ...{ pose: "PoseSample", scan: "ScanSample", odometry: "OdometrySample" },
  ...{ battery: "BatterySample", base: "BaseSample" },
} as const;
const skip = spawnSync("python3", ["--version"]).status === 0 ? false : "python3 is not installed on this machine";

/** The script is no compiled output: it stands in the nearest folder above this one that has it. */
function upwards(folder: string, path: string): string {
  const found = join(folder, path);
  if (existsSync(found)) return found;
  if (dirname(folder) === folder) throw new Error(`expected ${path} in a folder above this test`);
  return upwards(dirname(folder), path);
}

async function running(t: Test): Promise<StubBroker> {
  const broker = await aStubBroker();
  const base = spawn("python3", [SCRIPT, String(broker.port), "1", "2", "0"], { stdio: "inherit" });
  t.teardown(async () => {
    base.kill("SIGKILL");
    await broker.close();
  });
  await eventually("the base listens to commands", () => broker.wanted.has(COMMAND));
  return broker;
}

function command(broker: StubBroker, over: object): void {
  const sentMonotonicMs = Math.floor(monotonicMs());
  const plain = { sequence: 1, speedMps: 0.5, turnRadps: 0, validForMs: 300, sentMonotonicMs, rung: "AUTONOMOUS" };
  broker.publish(COMMAND, encodeJson("Command", { ...plain, leaseEndMonotonicMs: sentMonotonicMs + 3000, ...over }));
}

/** The newest odometry; undefined before the first. */
function lastWay(broker: StubBroker): OdometrySample | undefined {
  const last = broker.heard.findLast((each) => each.topic === onboardIn("odometry", "json"));
  if (last === undefined) return undefined;
  return readOnboard.odometry(decodeJson("OdometrySample", last.payload.toString()), "odometry");
}

function lastApplied(broker: StubBroker): number {
  const last = broker.heard.findLast((each) => each.topic === onboardIn("base", "json"));
  return last === undefined
    ? -1
    : readOnboard.base(decodeJson("BaseSample", last.payload.toString()), "base").commandSequence;
}

t.test("the Python base publishes every channel as proto3 JSON, honestly stamped", { skip }, async (t) => {
  const broker = await running(t);
  for (const channel of ONBOARD_CHANNELS) {
    const topic = onboardIn(channel, "json");
    await eventually(
      `three samples on ${topic}`,
      () => broker.heard.filter((each) => each.topic === topic).length >= 3,
    );
    const heard = broker.heard.filter((each) => each.topic === topic);
    const samples = heard.map((each) =>
      readOnboard[channel](decodeJson(MESSAGES[channel], each.payload.toString()), channel),
    );
    samples.forEach(({ capture }, index) => {
      const ageMs = (heard[index]?.atMs ?? 0) - (capture.monotonicMs ?? Number.NaN);
      if (!(ageMs >= 0 && ageMs < 1000)) t.fail(`${channel} is ${ageMs} ms old at its receipt`);
      if (capture.sequence <= (samples[index - 1]?.capture.sequence ?? 0))
        t.fail(`${channel} does not count its samples`);
    });
    const values = new Set(samples.map(({ capture: _, ...value }) => JSON.stringify(value)));
    if (channel === "scan") t.equal(values.size, samples.length, "R6 no scan repeats another");
  }
  t.match(broker.heard[0]?.topic, /^drover\/base\/in\//);
});

t.test("R2 the Python base obeys commands and its watchdog stops it without them", { skip }, async (t) => {
  const broker = await running(t);
  command(broker, { sequence: 10 });
  await eventually("it moves", () => (lastWay(broker)?.speedMps ?? 0) > 0.05);
  await eventually("it tells the command it applied", () => lastApplied(broker) === 10);
  command(broker, { sequence: 12, sentMonotonicMs: Math.floor(monotonicMs()) - 301 });
  await eventually("it stands again", () => lastWay(broker)?.speedMps === 0);
  const travelledM = lastWay(broker)?.travelledM ?? Number.NaN;
  t.ok(travelledM > 0.01 && travelledM < 0.3, `it went ${travelledM} m on one command of 300 ms`);
  t.equal(lastApplied(broker), 10, "an old command was refused");
  command(broker, { sequence: 3, turnRadps: 0.5 });
  await eventually("a lower sequence is taken once it stands", () => lastApplied(broker) === 3);
  command(broker, { sequence: 2 });
  command(broker, { sequence: 4, speedMps: 0 });
  await eventually("and then only higher ones", () => lastApplied(broker) === 4);
});

t.test("the Python base survives what is no command, and calls again when its broker is gone", { skip }, async (t) => {
  const broker = await running(t);
  broker.publish(COMMAND, "nonsense");
  broker.publish(COMMAND, '{"sequence":"1"}');
  command(broker, { sequence: 20 });
  await eventually("the next command is applied", () => lastApplied(broker) === 20);
  await broker.close();
  const again = await aStubBroker(broker.port);
  t.teardown(() => again.close());
  await eventually("it is back", () => again.wanted.has(COMMAND) && again.heard.length > 10);
});
