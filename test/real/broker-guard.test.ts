// The byte counter in front of the brokers, and the small truths about packets, against naive versions.

import fc from "fast-check";
import t from "tap";
import { Budget } from "../../proto/codec/budget.js";
import { PacketGuard } from "../../proto/codec/mqtt-guard.js";
import { covers, publishPacket } from "../../proto/codec/mqtt-packet.js";
import { connectPacket, packet } from "./transport-kit.js";

const LIMITS = { packetBytes: 1000, rate: { perSecond: 1000, burst: 1000 } };
const HELLO = connectPacket({ id: "r1" });

function fed(pieces: readonly Uint8Array[]): string | null {
  const guard = new PacketGuard(LIMITS, 0);
  let refusal: string | null = null;
  for (const piece of pieces) refusal = guard.admit(piece, 0);
  return refusal;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...[...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

t.test("R13 guard judges a stream the same however it is cut into pieces", (t) => {
  const sizes = fc.array(fc.integer({ min: 0, max: 1100 }), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.array(fc.nat(), { maxLength: 20 }), (bodies, cuts) => {
      const stream = Buffer.concat([HELLO, ...bodies.map((size) => packet(0x30, Buffer.alloc(size, 0xff)))]);
      const refused = fed(cutAt(stream, cuts)) !== null;
      return refused === bodies.some((size) => size > LIMITS.packetBytes);
    }),
  );
  t.end();
});

t.test("R13 guard refuses by the first byte and the announced length, before the body has come", (t) => {
  const cases: [string, Buffer][] = [
    ["no CONNECT first", packet(0x30, Buffer.alloc(3))],
    ["a CONNECT of more than 4 KiB", Buffer.from([0x10, 0x81, 0x20])],
    ["an announced 268,435,455 bytes", Buffer.concat([HELLO, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])])],
    ["a length that does not end", Buffer.concat([HELLO, Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80])])],
    ["QoS 2", Buffer.concat([HELLO, Buffer.from([0x34])])],
    ["QoS 3", Buffer.concat([HELLO, Buffer.from([0x36])])],
    ...[0, 2, 5, 6, 7, 9, 11, 13, 15].map((type): [string, Buffer] => [
      `packet type ${type}`,
      Buffer.concat([HELLO, Buffer.from([type << 4])]),
    ]),
  ];
  for (const [what, bytes] of cases) t.type(fed([bytes]), "string", what);
  t.equal(fed([HELLO, packet(0x30, Buffer.alloc(1000)), packet(0xc0, Buffer.alloc(0))]), null);
  const guard = new PacketGuard(LIMITS, 0);
  guard.admit(Buffer.from([0x20]), 0);
  t.type(guard.admit(HELLO, 0), "string", "a refusal is for ever");
  t.end();
});

t.test("R13 guard refuses a flood, and lets a backlog pass that waited for a stopped process", (t) => {
  const ping = packet(0xc0, Buffer.alloc(0));
  const guard = new PacketGuard(LIMITS, 0);
  guard.admit(HELLO, 0);
  const flood = Buffer.concat(Array.from({ length: 999 }, () => ping));
  t.equal(guard.admit(flood, 0), null, "the burst");
  t.type(guard.admit(ping, 0), "string", "one more");
  t.end();
});

t.test("R13 budget never gives more than its burst and its rate", (t) => {
  const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (steps, perSecond, burst) => {
      const budget = new Budget({ perSecond, burst }, 0);
      let nowMs = 0;
      let spent = 0;
      for (const step of steps) {
        nowMs += step;
        if (budget.spend(nowMs)) spent += 1;
        if (spent > burst + (nowMs * perSecond) / 1000 + 1e-6) return false;
      }
      return spent > 0;
    }),
  );
  t.end();
});

t.test("topics are matched by filters as MQTT 3.1.1 says", (t) => {
  const cases: [string, string, boolean][] = [
    ["a/b", "a/b", true],
    ["a/b", "a/c", false],
    ["a/#", "a/b", true],
    ["a/#", "a/b/c", true],
    ["a/#", "a", true],
    ["#", "a/b", true],
    ["a/+", "a/b", true],
    ["a/+", "a/b/c", false],
    ["a/+/c", "a/b/c", true],
    ["+/b", "a/b", true],
    ["a/b/c", "a/b", false],
    ["a", "a/b", false],
  ];
  for (const [filter, topic, expected] of cases) {
    t.equal(covers(new Set([filter]), topic), expected, `${filter} and ${topic}`);
  }
  t.notOk(covers(new Set(), "a"));
  t.end();
});

t.test("published packets have the length they say", (t) => {
  for (const size of [0, 1, 100, 120, 121, 122, 16_000, 16_380, 16_384, 60_000]) {
    const bytes = publishPacket("drover/x", Buffer.alloc(size, 7));
    t.same(bytes, packet(0x30, Buffer.concat([Buffer.from([0, 8]), Buffer.from("drover/x"), Buffer.alloc(size, 7)])));
  }
  t.end();
});
