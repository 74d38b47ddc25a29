// Both ends of the link over real sockets: opening, refusing, bounds, loss of the hub, and a hub that stands still.

import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:net";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import t, { type Test } from "tap";
import { HubLink } from "../../edge/io/hub-link.js";
import { type EdgeLinkOptions, edgeLinkHandlers, type LinkStream } from "../../hub/io/edge-link.js";
import { GrpcHost, identityOf } from "../../hub/io/grpc-host.js";
import { monotonicMs, readClocks, suspensionIsSeen } from "../../proto/codec/clock.js";
import { encode } from "../../proto/codec/codec.js";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";
import { clockAnomaly } from "../../proto/clock.js";
import type { EdgeMessage, HubMessage } from "../../proto/wire.js";
import { compiled, until } from "./transport-kit.js";

const schemas = loadSchemas();
const HELLO: EdgeMessage = {
  ...{ kind: "hello", robot: "r1", boot: "b1", protocol: 1, highestToken: { epoch: 0, counter: 0 } },
  ...{ holdings: [], configHash: "c", software: "s" },
};
const RENEWED: HubMessage = { kind: "renewed", nonce: 1, leaseMs: 3000, hubNonce: 1 };

interface Seen {
  readonly streams: LinkStream[];
  readonly messages: EdgeMessage[];
  readonly receivedMs: number[];
  readonly closed: string[];
  readonly turnedAway: string[];
}

async function aHub(t: Test, options: Partial<EdgeLinkOptions> = {}) {
  const seen: Seen = { streams: [], messages: [], receivedMs: [], closed: [], turnedAway: [] };
  const implementation = edgeLinkHandlers({
    identityOf: (call) => identityOf(call),
    onOpen(stream) {
      seen.streams.push(stream);
      stream.onMessage((message, receivedMs) => {
        seen.messages.push(message);
        seen.receivedMs.push(receivedMs);
      });
      stream.onClosed((reason) => seen.closed.push(reason));
    },
    onTurnedAway: (reason) => seen.turnedAway.push(reason),
    ...options,
  });
  const host = await GrpcHost.open({
    ...{ host: "127.0.0.1", port: 0, packageDefinition: schemas },
    services: [{ definition: serviceOf(schemas, "EdgeLink"), implementation }],
  });
  t.teardown(() => host.close(0));
  return { host, seen };
}

function aLink(t: Test, port: number, greets = true) {
  const events: { opens: number; messages: HubMessage[]; closed: string[]; atMs: number[] } = {
    ...{ opens: 0, messages: [], closed: [], atMs: [] },
  };
  const link: HubLink = new HubLink({
    ...{ address: `127.0.0.1:${port}`, random: () => 0.5, backoffMs: { initial: 50, max: 400 } },
    events: {
      onOpen() {
        events.opens += 1;
        if (greets) link.send(HELLO);
      },
      onMessage: (message) => events.messages.push(message),
      onClosed(reason) {
        events.closed.push(reason);
        events.atMs.push(monotonicMs());
      },
    },
  });
  t.teardown(() => link.close());
  return { link, events };
}

/** A stream that writes exactly these bytes as one message each. */
function rawStream(t: Test, port: number) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  const same = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest("/drover.v1.EdgeLink/Connect", same, same);
  const ended: { code: number | null; data: Buffer[] } = { code: null, data: [] };
  call.on("data", (bytes: Buffer) => ended.data.push(bytes));
  call.on("error", (error: ServiceError) => {
    ended.code = error.code;
  });
  call.on("end", () => {
    ended.code ??= status.OK;
  });
  t.teardown(() => {
    call.cancel();
    client.close();
  });
  return { call, ended };
}

const asBytes = (message: EdgeMessage): Buffer => {
  const { kind, ...fields } = message;
  return Buffer.from(encode("EdgeMessage", { [kind]: fields }));
};

t.test("link opens, carries messages both ways in order, and tells both ends when it ends", async (t) => {
  const { host, seen } = await aHub(t);
  const { link, events } = aLink(t, host.port);
  t.equal(link.send(HELLO), false, "nothing is sent before there is a stream");
  link.start();
  await until("the hub knows the robot", () => seen.streams.length === 1);
  t.equal(seen.streams[0]?.robot, "r1");
  const beforeMs = monotonicMs();
  for (let nonce = 1; nonce <= 50; nonce += 1) t.ok(link.send({ kind: "renew", nonce, modeSequence: 0 }));
  for (let nonce = 1; nonce <= 50; nonce += 1) seen.streams[0]?.send({ ...RENEWED, nonce });
  await until("all have come", () => seen.messages.length === 51 && events.messages.length === 50);
  const nonces = seen.messages.map((message) => (message.kind === "renew" ? message.nonce : 0));
  t.same(
    nonces,
    Array.from({ length: 51 }, (_, at) => at),
  );
  t.ok(seen.receivedMs.slice(1).every((atMs) => atMs >= beforeMs && atMs <= monotonicMs()));
  seen.streams[0]?.end();
  await until("the robot was told", () => events.closed.length === 1);
  t.same(seen.closed, ["the hub ended the stream"]);
  await until("it dials again by itself", () => seen.streams.length === 2);
  t.not(seen.streams[0]?.id, seen.streams[1]?.id);
  link.close();
  await until("the hub was told", () => seen.closed.length === 2);
  t.equal(link.send(HELLO), false);
  t.equal(events.closed.length, 1, "closing on purpose is no event");
});

t.test("link refusal reaches the robot as a message before the stream ends", async (t) => {
  const { host, seen } = await aHub(t);
  const { link, events } = aLink(t, host.port);
  link.start();
  await until("open", () => seen.streams.length === 1);
  seen.streams[0]?.end({ code: "SUPERSEDED", message: "a newer stream of r1" });
  seen.streams[0]?.send(RENEWED);
  seen.streams[0]?.end();
  await until("closed", () => events.closed.length === 1);
  t.same(events.messages, [{ kind: "refused", code: "SUPERSEDED", message: "a newer stream of r1" }]);
  t.match(events.closed[0], "ABORTED");
  t.same(seen.closed, ["SUPERSEDED: a newer stream of r1"]);
});

t.test("hub turns away a stream that does not begin with hello in time", async (t) => {
  const { host, seen } = await aHub(t, { limits: { helloMs: 100 } });
  const silent = rawStream(t, host.port);
  await until("the silent one is ended", () => silent.ended.code === status.INVALID_ARGUMENT);
  t.match(seen.turnedAway[0], "expected hello within 100 ms");
  const early = rawStream(t, host.port);
  early.call.write(asBytes({ kind: "renew", nonce: 1, modeSequence: 0 }));
  await until("the hasty one is ended", () => early.ended.code === status.INVALID_ARGUMENT);
  t.match(seen.turnedAway[1], "found renew");
  const left = rawStream(t, host.port);
  left.call.end();
  await until("half-closed before hello", () => seen.turnedAway.length === 3);
  t.same([seen.streams.length, seen.closed.length], [0, 0], "the hub's core never heard of them");
});

t.test("hub ends a stream with MALFORMED for bytes that are no message", async (t) => {
  const { host, seen } = await aHub(t);
  const bad: [string, Buffer][] = [
    ["a truncated message", asBytes(HELLO).subarray(0, -2)],
    ["random bytes", Buffer.from([0xff, 0x13, 0x37, 0xff, 0xff])],
    ["nothing", Buffer.alloc(0)],
    ["nested groups", Buffer.alloc(10_000, 0x0b)],
    ["a hello without a robot", asBytes({ ...HELLO, robot: "" } as EdgeMessage)],
    ["a token of zero", asBytes({ kind: "grantAnswer", token: { epoch: 0, counter: 0 }, accepted: true, refusal: "" })],
  ];
  for (const [what, bytes] of bad) {
    const { call, ended } = rawStream(t, host.port);
    call.write(asBytes(HELLO));
    await until("open", () => seen.streams.length > seen.closed.length);
    call.write(bytes);
    await until(`${what} ends the stream`, () => ended.code !== null);
    t.equal(ended.code, status.INVALID_ARGUMENT, what);
    t.ok(ended.data.at(-1)?.includes("MALFORMED"), "it was told why");
    await until("the core is told", () => seen.closed.length === seen.streams.length);
  }
  const large = rawStream(t, host.port);
  large.call.write(Buffer.alloc(65_537));
  await until("a message above 64 KiB", () => large.ended.code === status.RESOURCE_EXHAUSTED);
});

t.test("R13 hub ends a stream that floods it, or that takes nothing up", async (t) => {
  const { host, seen } = await aHub(t, { limits: { rate: { perSecond: 10, burst: 20 }, queuedMessages: 16 } });
  const flood = rawStream(t, host.port);
  flood.call.write(asBytes(HELLO));
  for (let nonce = 1; nonce < 40; nonce += 1) flood.call.write(asBytes({ kind: "renew", nonce, modeSequence: 0 }));
  await until("the flood is ended", () => flood.ended.code === status.RESOURCE_EXHAUSTED);
  t.ok(seen.messages.length <= 20);
  const deaf = rawStream(t, host.port);
  deaf.call.pause();
  deaf.call.write(asBytes(HELLO));
  await until("open", () => seen.streams.length === 2);
  const causes = Array.from({ length: 32 }, () => ({ name: "boot", rung: "CONFIRM" as const, detail: "x".repeat(200) }));
  for (let sequence = 1; seen.closed.length < 2 && sequence < 200; sequence += 1) {
    seen.streams[1]?.send({ kind: "modeOrder", sequence, rung: "CONFIRM", causes });
    if (sequence % 8 === 0) await new Promise((done) => setTimeout(done, 2));
  }
  t.match(seen.closed[1], "has not taken up 16 messages");
});

async function aHubProcess(port = 0): Promise<{ child: ChildProcess; port: number; told: object[] }> {
  const child = fork(compiled("test/real/link-hub.js"), [String(port)]);
  const told: object[] = [];
  child.on("message", (message) => told.push(message as object));
  await until("the hub process listens", () => told.length > 0);
  return { child, port: (told[0] as { port: number }).port, told };
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await gone;
  }
}

t.test("link comes back by itself after the hub was killed and started again", async (t) => {
  const first = await aHubProcess();
  t.teardown(() => end(first.child));
  const { link, events } = aLink(t, first.port);
  link.start();
  await until("welcome", () => events.messages.some(({ kind }) => kind === "welcome"));
  await end(first.child);
  await until("the loss is noticed", () => events.closed.length > 0);
  t.equal(link.send(HELLO), false, "nothing is kept for the next hub");
  await until("it tries again and again", () => events.closed.length > 4);
  const pausesMs = events.atMs.slice(1).map((atMs, index) => atMs - (events.atMs[index] ?? 0));
  t.ok((pausesMs.at(-1) ?? 0) > (pausesMs[0] ?? 0), `pauses grow: ${pausesMs.join(", ")} ms`);
  const second = await aHubProcess(first.port);
  t.teardown(() => end(second.child));
  events.messages.length = 0;
  await until("welcome again", () => events.messages.some(({ kind }) => kind === "welcome"));
});

t.test("link notices a hub that stands still with its sockets open", async (t) => {
  const hub = await aHubProcess();
  t.teardown(() => end(hub.child));
  const { link, events } = aLink(t, hub.port);
  link.start();
  let nonce = 0;
  const renewals = setInterval(() => link.send({ kind: "renew", nonce: ++nonce, modeSequence: 0 }), 100);
  t.teardown(() => clearInterval(renewals));
  await until("renewed", () => events.messages.filter(({ kind }) => kind === "renewed").length > 3);
  hub.child.kill("SIGSTOP");
  const stoppedMs = monotonicMs();
  await until("the silence is noticed", () => events.closed.length > 0);
  t.ok(monotonicMs() - stoppedMs < 4000, `noticed after ${monotonicMs() - stoppedMs} ms: ${events.closed[0]}`);
  hub.child.kill("SIGCONT");
  events.messages.length = 0;
  await until("renewed again", () => events.messages.some(({ kind }) => kind === "renewed"));
});

t.test("link notices by silence alone a hub that answers pings and nothing else", async (t) => {
  const { host } = await aHub(t);
  const { link, events } = aLink(t, host.port);
  const startedMs = monotonicMs();
  link.start();
  await until("open", () => events.opens === 1);
  await until("the silence is noticed", () => events.closed.length > 0);
  t.equal(events.closed[0], "no message from the hub for 3000 ms");
  t.ok(monotonicMs() - startedMs >= 3000);
});

t.test("link does not count as open while something else listens at the hub's port", async (t) => {
  const mute = createServer(() => {});
  await new Promise<void>((done) => mute.listen(0, "127.0.0.1", done));
  t.teardown(() => mute.close());
  const at = mute.address();
  const { link, events } = aLink(t, typeof at === "object" && at !== null ? at.port : 0);
  link.start();
  await until("given up", () => events.closed.length > 0);
  t.equal(events.opens, 0);
  link.close();
});

t.test("gRPC host has health and reflection, refuses malformed requests, and names a port that is taken", async (t) => {
  const { host } = await aHub(t);
  const client = new Client(`127.0.0.1:${host.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const ask = (path: string, bytes: Buffer): Promise<Buffer> =>
    new Promise((done, fail) => {
      const same = (value: Buffer): Buffer => value;
      client.makeUnaryRequest(path, same, same, bytes, (error, found) => {
        if (error !== null) fail(error);
        else done(found as Buffer);
      });
    });
  const check = Buffer.concat([Buffer.from([0x0a, 18]), Buffer.from("drover.v1.EdgeLink")]);
  t.same(await ask("/grpc.health.v1.Health/Check", check), Buffer.from([8, 2]), "not serving yet");
  host.setServing(true);
  t.same(await ask("/grpc.health.v1.Health/Check", check), Buffer.from([8, 1]), "serving");
  const same = (value: Buffer): Buffer => value;
  const reflect = client.makeBidiStreamRequest("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", same, same);
  const answers: Buffer[] = [];
  reflect.on("data", (bytes: Buffer) => answers.push(bytes));
  reflect.on("error", () => {});
  reflect.write(Buffer.from([0x3a, 1, 0x2a]));
  await until("reflection answers", () => answers.length === 1);
  t.ok(answers[0]?.includes("drover.v1.EdgeLink"));
  t.ok(answers[0]?.includes("drover.v1.FleetOperator"));
  reflect.write(Buffer.concat([Buffer.from([0x22, 18]), Buffer.from("drover.v1.EdgeLink")]));
  await until("and describes", () => answers.length === 2);
  t.ok(answers[1]?.includes("highest_token"));
  reflect.cancel();
  await t.rejects(ask("/drover.v1.EdgeLink/Other", check), { code: status.UNIMPLEMENTED });
  const again = { host: "127.0.0.1", port: host.port, packageDefinition: schemas, services: [] };
  await t.rejects(GrpcHost.open(again), { message: `port ${host.port} on 127.0.0.1 is taken` });
});

t.test("gRPC host answers a malformed request of one message before any handler sees it", async (t) => {
  const handled: string[] = [];
  const definition = serviceOf(schemas, "FleetOperator");
  const implementation = Object.fromEntries(Object.keys(definition).map((name) => [name, () => handled.push(name)]));
  const services = [{ definition, implementation: implementation as never }];
  const host = await GrpcHost.open({ host: "127.0.0.1", port: 0, packageDefinition: schemas, services });
  t.teardown(() => host.close(0));
  const client = new Client(`127.0.0.1:${host.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const same = (value: Buffer): Buffer => value;
  const garbage = Buffer.from([0x0a, 0x50, 0x01]);
  const code = await new Promise<number | undefined>((done) => {
    client.makeUnaryRequest("/drover.v1.FleetOperator/SubmitTask", same, same, garbage, (error) => done(error?.code));
  });
  t.equal(code, status.INVALID_ARGUMENT);
  const stream = client.makeServerStreamRequest("/drover.v1.FleetOperator/Events", same, same, garbage);
  const streamed = await new Promise<number>((done) => stream.on("error", (error: ServiceError) => done(error.code)));
  t.equal(streamed, status.INVALID_ARGUMENT);
  t.same(handled, []);
});

t.test("R6 clocks are whole milliseconds, agree with each other, and see suspension on Linux", (t) => {
  const before = readClocks();
  const between = monotonicMs();
  const after = readClocks();
  t.ok(before.monotonicMs <= between && between <= after.monotonicMs);
  t.ok([before.bootMs, before.monotonicMs, before.wallMs].every(Number.isSafeInteger));
  t.equal(clockAnomaly(before, after), "none");
  if (process.platform === "linux") t.ok(suspensionIsSeen());
  t.end();
});
