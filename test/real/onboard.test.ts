// The robot's own broker: what a base may say, what it hears, and when a command is not written.

import fc from "fast-check";
import t, { type Test } from "tap";
import { OnboardBroker, readSample } from "../../edge/io/onboard-broker.js";
import { monotonicMs } from "../../proto/codec/clock.js";
import { decode, encode, encodeJson } from "../../proto/codec/codec.js";
import { type Form, ONBOARD_CHANNELS, type OnboardChannel, onboardIn, onboardOut } from "../../proto/topics.js";
import { type Command, type OnboardSample, readCommand } from "../../proto/wire.js";
import { packet, publishPacket, RawMqtt, subscribePacket, TYPE, until } from "./transport-kit.js";

const capture = { baseBoot: "b1", sequence: 1, monotonicMs: 1234 };
const SAMPLES: Readonly<Record<OnboardChannel, [string, object]>> = {
  pose: ["PoseSample", { capture, xM: 1, yM: 2, headingRad: 0.5, errorM: 0.1 }],
  scan: ["ScanSample", { capture, angleMinRad: -3, angleStepRad: 0.1, rangeMaxM: 20, rangeM: [1, 2, 3] }],
  odometry: ["OdometrySample", { capture, speedMps: 0.5, turnRadps: 0.1, travelledM: 12 }],
  battery: ["BatterySample", { capture, chargeRatio: 0.5, charging: true }],
  base: ["BaseSample", { capture, emergencyStop: false, bumper: true, manual: false, commandSequence: 4 }],
};

function aCommand(sequence: number): Command {
  return {
    ...{
      sequence,
      speedMps: 0.5,
      turnRadps: -0.25,
      validForMs: 200,
      sentMonotonicMs: monotonicMs(),
      rung: "AUTONOMOUS",
    },
    ...{ token: { epoch: 1, counter: 2 }, leaseEndMonotonicMs: 99_999, decisionId: "d1" },
  };
}

async function anOnboard(t: Test) {
  const samples: { sample: OnboardSample; form: Form; receivedMs: number }[] = [];
  const refused: { topic: string; reason: string }[] = [];
  const bases: boolean[] = [];
  const broker = await OnboardBroker.open({
    ...{ host: "127.0.0.1", port: 0, limits: { messageBytes: 32_768 }, monotonicMs },
    events: {
      onSample: (sample, form, receivedMs) => samples.push({ sample, form, receivedMs }),
      onRefused: (topic, reason) => refused.push({ topic, reason }),
      onBase: (connected) => bases.push(connected),
    },
  });
  t.teardown(() => broker.close());
  const base = async (filters: readonly string[] = []): Promise<RawMqtt> => {
    const raw = await RawMqtt.open(broker.port, { id: `base${Math.trunc(performance.now() * 1000)}`, keepaliveS: 60 });
    t.teardown(() => raw.destroy());
    if (filters.length === 0) return raw;
    raw.write(subscribePacket(filters));
    await until("the base is subscribed", () => raw.of(TYPE.SUBACK).length === 1);
    return raw;
  };
  return { broker, samples, refused, bases, base };
}

function commandsOf(base: RawMqtt): number[] {
  const topic = onboardOut("command", "protobuf");
  const bodies = base.of(TYPE.PUBLISH).map(({ body }) => body);
  return bodies
    .filter((body) => body.toString("utf8", 2, 2 + body.readUInt16BE(0)) === topic)
    .map((body) => readCommand(decode("Command", body.subarray(2 + topic.length)), "command").sequence);
}

t.test("on-board broker takes every channel in both forms", async (t) => {
  const { samples, refused, base } = await anOnboard(t);
  const raw = await base();
  for (const channel of ONBOARD_CHANNELS) {
    const [type, plain] = SAMPLES[channel];
    raw.write(publishPacket(onboardIn(channel, "protobuf"), Buffer.from(encode(type, plain))));
    raw.write(publishPacket(onboardIn(channel, "json"), encodeJson(type, plain), { qos: 1, retain: 1 }));
  }
  await until("all samples have come", () => samples.length === 10);
  for (const [index, channel] of ONBOARD_CHANNELS.entries()) {
    const [first, second] = samples.slice(2 * index, 2 * index + 2);
    t.match(first?.sample, { channel, ...SAMPLES[channel][1] });
    t.same(first?.sample, second?.sample, `${channel}: both forms say the same`);
    t.same([first?.form, second?.form], ["protobuf", "json"]);
    t.ok(monotonicMs() - (first?.receivedMs ?? 0) < 5000);
  }
  t.same(refused, []);
});

t.test("on-board broker drops a malformed payload with its reason and keeps the base", async (t) => {
  const { samples, refused, base } = await anOnboard(t);
  const raw = await base();
  const json = (fields: object): string => JSON.stringify(fields);
  const bad: [string, string | Buffer][] = [
    ["battery", Buffer.from([0xff, 0xff])],
    ["battery/json", "{"],
    ["battery/json", "[]"],
    ["battery/json", Buffer.from([0x7b, 0xff, 0x7d])],
    ["battery/json", json({ capture, chargeRatio: 2 })],
    ["battery/json", json({ capture, chargeRatio: "much" })],
    ["battery/json", json({ capture, chargeRatio: 0.5, charge: 1 })],
    ["battery/json", json({ capture: { ...capture, monotonic_ms: 3 }, chargeRatio: 0.5 })],
    ["battery/json", json({ capture: { ...capture, tickNonce: 3 }, chargeRatio: 0.5 })],
    ["battery/json", json({ capture: { ...capture, sequence: 0 }, chargeRatio: 0.5 })],
    ["battery/json", json({ chargeRatio: 0.5 })],
    ["pose/json", json({ capture, xM: 1e300, yM: 0, headingRad: 0, errorM: 0 })],
    ["pose", Buffer.from(encode("PoseSample", { capture, xM: Number.NaN }))],
    ["scan", Buffer.from(encode("ScanSample", { capture, rangeM: new Array(1441).fill(1) }))],
    ["odometry", Buffer.alloc(0)],
  ];
  for (const [index, [at, payload]] of bad.entries()) {
    raw.write(publishPacket(`drover/base/in/${at}`, payload));
    await until(`payload ${index} is refused`, () => refused.length === index + 1);
    t.equal(refused[index]?.topic, `drover/base/in/${at}`, refused[index]?.reason ?? "");
  }
  raw.write(publishPacket(onboardIn("battery", "json"), encodeJson(...SAMPLES.battery)));
  await until("a good sample is still taken", () => samples.length === 1);
  t.equal(raw.closed, false);
});

t.test("on-board reader answers any bytes with a sample or a reason", (t) => {
  const channel = fc.constantFrom(...ONBOARD_CHANNELS);
  const form = fc.constantFrom<Form>("protobuf", "json");
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(channel, form, bytes, (on, as, payload) => {
      const read = readSample(on, as, payload);
      return "sample" in read ? read.sample.channel === on : read.refusal.length > 0;
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test("on-board broker lets clients use their own directions only", async (t) => {
  const { samples, bases, refused, base } = await anOnboard(t);
  const foreign: [string, Buffer][] = [
    ...[
      "drover/base/out/command",
      "drover/base/in",
      "drover/base/in/unknown",
      "drover/base/in/pose/x",
      "a",
      "$SYS/x",
    ].map((topic): [string, Buffer] => [`publish ${topic}`, publishPacket(topic, "x")]),
    ...["#", "drover/#", "drover/base/in/#", "drover/base/in/pose", "drover/base/+/command", "$SYS/#"].map(
      (filter): [string, Buffer] => [`subscribe ${filter}`, subscribePacket([filter])],
    ),
    ["subscribe out and in", subscribePacket(["drover/base/out/#", "drover/base/in/#"])],
    ["a packet above the limit", publishPacket(onboardIn("scan", "json"), Buffer.alloc(33_000))],
  ];
  for (const [index, [what, bytes]] of foreign.entries()) {
    const raw = await base();
    raw.write(bytes);
    await raw.ended(what);
    await until(`${what} is told`, () => refused.length === index + 1);
  }
  await until("no base is left", () => bases.at(-1) !== true);
  t.same(samples, []);
});

t.test("on-board broker tells when a base listens to commands", async (t) => {
  const { bases, base } = await anOnboard(t);
  const deaf = await base([onboardOut("tick", "json")]);
  t.same(bases, []);
  const first = await base([onboardOut("command", "json")]);
  const second = await base(["drover/base/out/#"]);
  t.same(bases, [true]);
  first.destroy();
  second.write(packet(0xa2, Buffer.concat([Buffer.from([0, 9, 0, 17]), Buffer.from("drover/base/out/#")])));
  await until("the base is gone", () => bases.length === 2);
  t.same(bases, [true, false]);
  deaf.destroy();
});

t.test("R2 command is written only while its gate is open, asked at each write", async (t) => {
  const { broker, base } = await anOnboard(t);
  const one = await base(["drover/base/out/#"]);
  const two = await base([onboardOut("command", "protobuf")]);
  let asked = 0;
  broker.command(aCommand(1), () => {
    asked += 1;
    return true;
  });
  t.equal(asked, 3, "asked for each base and form");
  broker.command(aCommand(2), () => false);
  let budget = 1;
  broker.command(aCommand(3), () => {
    budget -= 1;
    return budget >= 0;
  });
  broker.tick({ nonce: 5, monotonicMs: 6 });
  broker.command(aCommand(4), () => true);
  await until("the last command has come", () => [one, two].every((base) => commandsOf(base).includes(4)));
  t.same(
    [commandsOf(one), commandsOf(two)],
    [
      [1, 3, 4],
      [1, 4],
    ],
  );
  t.same(one.topics().slice(0, 2), [onboardOut("command", "protobuf"), onboardOut("command", "json")]);
  t.ok(one.topics().includes(onboardOut("tick", "json")));
});

t.test("R2 command for a base that does not read is dropped, not queued, and other bases get theirs", async (t) => {
  const { broker, base } = await anOnboard(t);
  const stalled = await base([onboardOut("command", "protobuf")]);
  const well = await base([onboardOut("command", "protobuf")]);
  stalled.socket.pause();
  let asked = 0;
  let sequence = 0;
  const long = { decisionId: "d".repeat(4000) };
  for (let round = 0; round < 40; round += 1) {
    for (let each = 0; each < 100; each += 1) {
      sequence += 1;
      broker.command({ ...aCommand(sequence), ...long }, () => {
        asked += 1;
        return true;
      });
      if (sequence % 10 === 0) await new Promise((done) => setImmediate(done));
    }
    await until("the other base keeps up", () => well.of(TYPE.PUBLISH).length > sequence - 100);
  }
  t.ok(asked < 2 * sequence, `the stalled base was passed over ${2 * sequence - asked} times`);
  const passedOver = 2 * sequence - asked;
  stalled.socket.resume();
  await until("the stalled base has read what the system held", () => stalled.of(TYPE.PUBLISH).length > 0);
  broker.command(aCommand(sequence + 1), () => true);
  await new Promise((done) => setImmediate(done));
  await until("and gets new commands", () => {
    sequence += 1;
    broker.command(aCommand(sequence), () => true);
    return stalled.of(TYPE.PUBLISH).some(({ body }) => body.length < 1000);
  });
  t.ok(stalled.of(TYPE.PUBLISH).length < sequence, `${passedOver} commands never came late`);
});

t.test("on-board broker takes at most 8 connections and names a port that is taken", async (t) => {
  const { broker, refused, base } = await anOnboard(t);
  for (let count = 0; count < 8; count += 1) await base();
  const ninth = new RawMqtt(broker.port);
  await ninth.ended("the ninth connection");
  t.match(refused.at(-1)?.reason, "more than 8 connections");
  const again = { host: "127.0.0.1", port: broker.port, limits: { messageBytes: 1000 }, monotonicMs };
  const events = { onSample: () => {}, onRefused: () => {}, onBase: () => {} };
  await t.rejects(OnboardBroker.open({ ...again, events }), { message: `port ${broker.port} on 127.0.0.1 is taken` });
});
