// The site's broker as a process of its own, against clients that keep to the rules and clients that do not.

import { spawn } from "node:child_process";
import t from "tap";
import {
  type BrokerProcess,
  type ConnectFields,
  compiled,
  connectPacket,
  packet,
  publishPacket,
  RawMqtt,
  startBroker,
  subscribePacket,
  TYPE,
  until,
} from "./transport-kit.js";

const UP = "drover/s1/r1/up/pose";

/** A hub that is subscribed, and a neighbour robot, to see that others are left in peace. */
async function bystanders(broker: BrokerProcess) {
  const hub = await RawMqtt.open(broker.port, { id: "hub" });
  const r2 = await RawMqtt.open(broker.port, { id: "r2" });
  hub.write(subscribePacket(["drover/s1/+/up/+"]));
  await until("the hub is subscribed", () => hub.of(TYPE.SUBACK).length === 1);
  const unharmed = async (): Promise<void> => {
    const before = hub.topics().filter((topic) => topic === "drover/s1/r2/up/pose").length;
    r2.write(publishPacket("drover/s1/r2/up/pose", "still here"));
    await until("the neighbour is heard", () => hub.topics().filter((at) => at.includes("/r2/")).length === before + 1);
  };
  const leave = (): void => {
    hub.destroy();
    r2.destroy();
  };
  return { hub, r2, unharmed, leave };
}

t.test("site broker lets a robot use its own topics and the hub hear all", async (t) => {
  const broker = await startBroker();
  t.teardown(() => broker.stop());
  const { hub, unharmed, leave } = await bystanders(broker);
  const r1 = await RawMqtt.open(broker.port, { id: "r1" });
  r1.write(subscribePacket(["drover/s1/r1/down/#"]));
  r1.write(publishPacket(UP, "x", { retain: 1 }));
  await until("telemetry arrives", () => hub.topics().includes(UP));
  await until("own topics are granted", () => r1.of(TYPE.SUBACK).length === 1);
  await unharmed();
  hub.destroy();
  await until("the hub has left", () => hub.closed);
  const late = await RawMqtt.open(broker.port, { id: "hub" });
  late.write(Buffer.concat([subscribePacket(["drover/s1/+/up/+"]), packet(0xc0, Buffer.alloc(0))]));
  await until("answered", () => late.of(TYPE.PINGRESP).length === 1);
  t.same(late.topics(), [], "nothing is retained");
  for (const one of [r1, late]) one.destroy();
  leave();
});

t.test("site broker ends every connection that acts outside its own topics", async (t) => {
  const broker = await startBroker();
  t.teardown(() => broker.stop());
  const { hub, r2, unharmed, leave } = await bystanders(broker);
  r2.write(subscribePacket(["drover/s1/r2/down/#"]));
  const publishes = [
    ...[
      "drover/s1/r2/up/pose",
      "drover/s2/r1/up/pose",
      "drover/s1/r1/down/x",
      "drover/s1/r2/down/x",
      "drover/s1/hub/up/x",
    ],
    ...["drover/s1/r1/up/", "drover/s1/r1/up/a/b", "drover/s1/r1/up/+", "drover/s1/r1/up/#", "$SYS/x", "", "/", "a b"],
    ...["drover/s1/r1/up/é", "drover/s1/r1/up/\u0000", `drover/s1/r1/up/${"x".repeat(300)}`, "/".repeat(200)],
  ];
  const subscribes = [
    ...["#", "+", "$SYS/#", "$share/g/drover/s1/r1/down/#", "drover/#", "drover/s1/#", "drover/s1/+/down/#"],
    ...[
      "drover/s1/r2/down/#",
      "drover/s1/r1/up/#",
      "drover/s1/+/up/+",
      "drover/s1/r1/#",
      "drover/s1/r1/down/a/b/#",
      "",
    ],
  ];
  const acts: [string, Buffer][] = [
    ...publishes.map((topic): [string, Buffer] => [`publish ${JSON.stringify(topic)}`, publishPacket(topic, "x")]),
    ...subscribes.map((filter): [string, Buffer] => [`subscribe ${filter}`, subscribePacket([filter])]),
    ["subscribe own and foreign", subscribePacket(["drover/s1/r1/down/#", "drover/s1/r2/down/#"])],
    ["subscribe foreign and own", subscribePacket(["drover/s1/+/up/+", "drover/s1/r1/down/#"])],
    ["subscribe with QoS 2", subscribePacket(["drover/s1/r1/down/#"], 2)],
    ["subscribe 17 filters", subscribePacket(Array.from({ length: 17 }, (_, at) => `drover/s1/r1/down/c${at}`))],
    ["publish with QoS 2", publishPacket(UP, "x", { qos: 2 })],
    ["publish with QoS 3", publishPacket(UP, "x", { qos: 3 })],
    ["publish invalid UTF-8", publishPacket(Buffer.from([0x64, 0xff, 0xfe]), "x")],
    ["a second CONNECT", connectPacket({ id: "r1" })],
    ["PUBREL", packet(0x62, Buffer.from([0, 1]))],
    ["a packet of 65,537 bytes", publishPacket(UP, Buffer.alloc(65_537))],
    ["a packet that announces 256 MB", Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])],
    ["a length of five bytes", Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])],
  ];
  const heard = hub.topics().length;
  for (const [what, bytes] of acts) {
    const r1 = await RawMqtt.open(broker.port, { id: "r1" });
    r1.write(bytes);
    await r1.ended(what);
    t.same(r1.topics(), [], `${what}: nothing was delivered`);
  }
  t.equal(hub.topics().length, heard, "nothing reached the hub");
  t.same(r2.topics(), [], "nothing reached the neighbour");
  const intruder = await RawMqtt.open(broker.port, { id: "hub2" });
  intruder.write(subscribePacket(["drover/s1/+/up/+"]));
  await intruder.ended("only the hub hears all");
  await unharmed();
  leave();
});

t.test("site broker refuses to connect whom its rules do not admit", async (t) => {
  const broker = await startBroker();
  t.teardown(() => broker.stop());
  const { hub, unharmed, leave } = await bystanders(broker);
  const will = (topic: string, payload = "x", qos = 0): ConnectFields => ({ id: "r1", will: { topic, payload, qos } });
  const asked: [string, ConnectFields][] = [
    ["an empty id", { id: "" }],
    ["the id __proto__", { id: "__proto__" }],
    ["the id constructor", { id: "constructor" }],
    ["an id with a slash", { id: "r1/up" }],
    ["an id with a wildcard", { id: "+" }],
    ["an id of 65 characters", { id: "r".repeat(65) }],
    ["an id of 60 KiB", { id: "r".repeat(60_000) }],
    ["keepalive 0", { id: "r1", keepaliveS: 0 }],
    ["keepalive 4 s", { id: "r1", keepaliveS: 4 }],
    ["keepalive 31 s", { id: "r1", keepaliveS: 31 }],
    ["keepalive 65,535 s", { id: "r1", keepaliveS: 65_535 }],
    ["a persistent session", { id: "r1", clean: false }],
    ["protocol level 3", { id: "r1", level: 3 }],
    ["protocol level 5", { id: "r1", level: 5 }],
    ["a will of another robot", will("drover/s1/r2/up/pose")],
    ["a will to the robot's own down", will("drover/s1/r1/down/x")],
    ["a will to $SYS", will("$SYS/x")],
    ["a will of 2 KiB", will(UP, "x".repeat(2048))],
    ["a will of QoS 2", will(UP, "x", 2)],
  ];
  for (const [what, fields] of asked) {
    const raw = new RawMqtt(broker.port);
    raw.write(connectPacket(fields));
    await raw.ended(what);
    t.notOk(
      raw.of(TYPE.CONNACK).some(({ body }) => body[1] === 0),
      `${what} is not accepted`,
    );
  }
  t.notOk(hub.topics().includes("drover/s1/r2/up/pose"), "no foreign will was published");
  const own = await RawMqtt.open(broker.port, will(UP, "gone"));
  own.destroy();
  await until("a will below its own topics is published", () => hub.topics().includes(UP));
  await unharmed();
  leave();
});

t.test("site broker closes on garbage and on silence, and lives on", async (t) => {
  const broker = await startBroker();
  t.teardown(() => broker.stop());
  const { unharmed, leave } = await bystanders(broker);
  const silent = new RawMqtt(broker.port);
  const dribble = new RawMqtt(broker.port);
  dribble.write(connectPacket({ id: "r9" }).subarray(0, 5));
  const startedMs = performance.now();
  let seed = 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed >>> 24;
  };
  for (let round = 0; round < 60; round += 1) {
    const bytes = Buffer.from(Array.from({ length: 1 + random() }, random));
    const stranger = new RawMqtt(broker.port);
    stranger.write(bytes[0] !== undefined && bytes[0] >> 4 === 1 ? bytes.subarray(1) : bytes);
    const known = await RawMqtt.open(broker.port, { id: `g${round}` });
    known.write(Buffer.concat([packet(0x82, bytes), packet(0x30, bytes), packet(0xa2, bytes), bytes]));
    known.socket.end();
    stranger.socket.end();
    await known.ended(`garbage, round ${round}`);
    await stranger.ended(`garbage before CONNECT, round ${round}`);
  }
  await silent.ended("no CONNECT");
  await dribble.ended("half a CONNECT");
  t.ok(performance.now() - startedMs < 6000, "no CONNECT within 2 s ends the connection");
  await unharmed();
  leave();
});

t.test("site broker drops for a subscriber that stops reading, and makes nobody wait", async (t) => {
  const broker = await startBroker();
  t.teardown(() => broker.stop());
  const hub = await RawMqtt.open(broker.port, { id: "hub" });
  hub.write(subscribePacket(["drover/s1/+/up/+"]));
  await until("the hub is subscribed", () => hub.of(TYPE.SUBACK).length === 1);
  hub.socket.pause();
  const r1 = await RawMqtt.open(broker.port, { id: "r1" });
  const payload = Buffer.alloc(6000);
  const startedMs = performance.now();
  for (let sent = 0; sent < 3000; sent += 1) {
    r1.write(publishPacket(UP, payload, { qos: 1, id: sent + 1 }));
    if (sent % 100 === 0) await until("the robot is acknowledged", () => r1.of(TYPE.PUBACK).length >= sent - 100);
  }
  await until("all are acknowledged", () => r1.of(TYPE.PUBACK).length === 3000);
  t.ok(performance.now() - startedMs < 3000, "the robot was not held up by the stalled hub");
  const fullMs = performance.now();
  while (performance.now() - fullMs < 3300) {
    r1.write(publishPacket(UP, payload));
    await new Promise((done) => setTimeout(done, 100));
  }
  hub.socket.resume();
  await hub.ended("it read nothing for 3 s");
  const again = await RawMqtt.open(broker.port, { id: "hub" });
  again.write(subscribePacket(["drover/s1/+/up/+"]));
  await until("the hub is subscribed again", () => again.of(TYPE.SUBACK).length === 1);
  r1.write(publishPacket("drover/s1/r1/up/battery", "x"));
  await until("telemetry flows again", () => again.topics().includes("drover/s1/r1/up/battery"));
  again.destroy();
  r1.destroy();
});

t.test("site broker ends with its parent, and says what is wrong with a call", async (t) => {
  const main = compiled("hub/broker/main.js");
  const run = async (args: readonly string[]) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      out += chunk;
    });
    const code = new Promise<number | null>((done) => child.once("exit", done));
    return { child, code, out: () => out };
  };
  const first = await run(["--site", "s1", "--port", "0"]);
  await until("it is ready", () => first.out().includes("\n"));
  const ready = JSON.parse(first.out()) as { ready: boolean; port: number };
  t.ok(ready.ready);
  const second = await run(["--site", "s1", "--port", String(ready.port)]);
  t.equal(await second.code, 69);
  t.match(second.out(), `port ${ready.port} on 127.0.0.1 is taken`);
  first.child.stdin.end();
  t.equal(await first.code, 0, "it ends when its parent's end of the pipe is closed");
  const open = await run(["--site", "s1", "--host", "0.0.0.0"]);
  t.equal(await open.code, 77);
  t.match(open.out(), "cannot listen on 0.0.0.0 without TLS");
  const wrong = await run(["--site", "s1", "--prot", "1"]);
  t.equal(await wrong.code, 64);
  const broker = await startBroker();
  const gone = new Promise<number | null>((done) => broker.child.once("exit", done));
  broker.child.disconnect();
  t.equal(await gone, 0, "it ends when the channel to its parent is closed");
});
