// The link over real sockets: opening, order, refusals, and the bounds that the hub keeps.

import { status } from "@grpc/grpc-js";
import t from "tap";
import { monotonicMs } from "../../proto/codec/clock.js";
import type { EdgeMessage } from "../../proto/wire.js";
import { aHub, aLink, asBytes, HELLO, RENEWED, rawStream } from "./link-kit.js";
import { until } from "./transport-kit.js";

t.test("link opens, carries messages both ways in order, and tells both ends when it ends", async (t) => {
  const { host, seen } = await aHub(t);
  const { link, events } = aLink(t, host.port);
  t.equal(link.send(HELLO), false, "nothing is sent before there is a stream");
  link.start();
  await until("the hub knows the robot", () => seen.streams.length === 1);
  t.equal(seen.streams[0]?.robot, "r1");
  const beforeMs = monotonicMs();
  for (let nonce = 1; nonce <= 50; nonce += 1) t.ok(link.send({ kind: "renew", nonce, modeSequence: 0, acting: [] }));
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
  early.call.write(asBytes({ kind: "renew", nonce: 1, modeSequence: 0, acting: [] }));
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
  for (let nonce = 1; nonce < 40; nonce += 1)
    flood.call.write(asBytes({ kind: "renew", nonce, modeSequence: 0, acting: [] }));
  await until("the flood is ended", () => flood.ended.code === status.RESOURCE_EXHAUSTED);
  t.ok(seen.messages.length <= 20);
  const deaf = rawStream(t, host.port);
  deaf.call.pause();
  deaf.call.write(asBytes(HELLO));
  await until("open", () => seen.streams.length === 2);
  const causes = Array.from({ length: 32 }, () => ({
    name: "boot",
    rung: "CONFIRM" as const,
    detail: "x".repeat(200),
  }));
  for (let sequence = 1; seen.closed.length < 2 && sequence < 200; sequence += 1) {
    seen.streams[1]?.send({ kind: "modeOrder", sequence, rung: "CONFIRM", causes });
    if (sequence % 8 === 0) await new Promise((done) => setTimeout(done, 2));
  }
  t.match(seen.closed[1], "has not taken up 16 messages");
});
