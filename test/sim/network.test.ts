// The simulated network: in order and complete without a fault, and under each fault what its sentence in the catalogue
// says, no less and no more. Either end of a stream learns of its end for itself.

import t from "tap";
import type { FaultName } from "./faults.js";
import { MS, SECOND } from "./kernel.js";
import { COUNT, Link, sorted, upTo } from "./link-under-test.js";

t.test("without a fault everything arrives once, in order, within milliseconds", (t) => {
  const link = new Link();
  link.talk();
  link.wait(100);
  t.same([link.up, link.down], [upTo(COUNT), upTo(COUNT)]);
  t.ok(Math.max(...link.tookMs) < 40 && Math.min(...link.tookMs) >= 1);
  t.same(sorted(link.samples), upTo(COUNT));
  t.same([link.kinds("r1"), link.kinds("hub"), link.closed], [["sent"], ["sent"], []]);
  link.wait(60_000);
  t.same(link.closed, [], "keepalive keeps a silent stream");
  t.end();
});

t.test("a burst stays in order, whatever each message draws for its way", (t) => {
  const link = new Link(3);
  for (const nonce of upTo(60)) link.stream.up({ kind: "renew", nonce, modeSequence: 0, acting: [] });
  link.wait(100);
  t.same(link.up, upTo(60));
  t.end();
});

t.test("link-delay: messages take up to seconds, and stay in order", (t) => {
  const link = new Link();
  link.begin("link-delay", 1);
  link.talk();
  link.wait(5000);
  t.same([link.up, link.down], [upTo(COUNT), upTo(COUNT)]);
  const most = Math.max(...link.tookMs);
  t.ok(most > 1000 && most < 3100, `${most} ms`);
  t.end();
});

t.test("link-loss: messages are lost one by one, and the others come once and in order", (t) => {
  const link = new Link();
  link.begin("link-loss", 0.5);
  link.talk();
  link.wait(1000);
  for (const side of [link.up, link.down]) {
    t.ok(side.length > COUNT / 3 && side.length < COUNT, `${side.length} of ${COUNT}`);
    t.same(side, sorted(side));
    t.equal(new Set(side).size, side.length);
  }
  t.equal(link.rows.filter(({ what }) => what === "lost").length, 2 * COUNT - link.up.length - link.down.length);
  t.end();
});

t.test("link-duplicate: messages come twice, none is missing", (t) => {
  const link = new Link();
  link.begin("link-duplicate");
  link.talk();
  link.wait(100);
  for (const side of [link.up, link.down]) {
    t.ok(side.length > COUNT * 1.2 && side.length < COUNT * 1.8, `${side.length}`);
    t.same([...new Set(side)], upTo(COUNT));
  }
  t.end();
});

t.test("link-reorder: messages overtake each other, and all come once", (t) => {
  const link = new Link();
  link.begin("link-reorder");
  link.talk();
  link.wait(2000);
  for (const side of [link.up, link.down]) {
    t.notSame(side, upTo(COUNT));
    t.same(sorted(side), upTo(COUNT));
  }
  t.end();
});

for (const [name, subject, passes] of [
  ["link-cut", "r1", ""],
  ["site-cut", "", ""],
  ["link-cut-up", "r1", "down"],
  ["link-cut-down", "r1", "up"],
] as const) {
  t.test(
    `${name}: ${passes === "" ? "nothing passes" : `only what goes ${passes} passes`}; afterwards what waited comes`,
    (t) => {
      const link = new Link();
      link.begin(name, 1, subject);
      link.talk();
      link.wait(100);
      t.same(link.up, passes === "up" ? upTo(COUNT) : []);
      t.same(link.down, passes === "down" ? upTo(COUNT) : []);
      t.same(sorted(link.samples), upTo(COUNT), "telemetry has a way of its own");
      link.end(name, subject);
      link.wait(1500);
      t.same([link.up, link.down], [upTo(COUNT), upTo(COUNT)]);
      t.same(link.closed, []);
      t.end();
    },
  );

  t.test(`${name}: a stream that is cut for long ends at both ends, by keepalive`, (t) => {
    const link = new Link();
    link.begin(name, 1, subject);
    link.wait(2500);
    t.same(link.closed, []);
    link.wait(3000);
    t.same(link.closed, ["edge: keepalive", "hub: keepalive"]);
    link.end(name, subject);
    link.talk();
    t.same([link.up, link.down, link.rows], [[], [], []], "what has ended carries nothing");
    t.end();
  });
}

t.test("what is sent after a cut comes after what waited", (t) => {
  const link = new Link();
  link.begin("link-cut");
  link.talk(1, 10);
  link.end("link-cut");
  link.talk(11, 10);
  link.wait(1500);
  t.same([link.up, link.down], [upTo(20), upTo(20)]);
  t.end();
});

t.test("a cut of one robot leaves the others alone", (t) => {
  const link = new Link();
  link.begin("link-cut", 1, "r2");
  link.talk();
  link.wait(100);
  t.same(link.up, upTo(COUNT));
  t.end();
});

t.test("link-clog: what is sent waits, and then comes all at once", (t) => {
  const link = new Link();
  link.wait(10);
  link.begin("link-clog");
  link.talk();
  t.same(link.up, []);
  link.end("link-clog");
  link.wait(2000);
  t.same([link.up, link.down], [upTo(COUNT), upTo(COUNT)]);
  const spreadMs = ((link.upAtUs.at(-1) ?? 0) - (link.upAtUs[0] ?? 0)) / MS;
  t.ok(spreadMs < 30, `within ${spreadMs} ms`);
  t.same(link.kinds("r1"), ["waits"]);
  t.end();
});

t.test("link-flap: the stream breaks within a second, at both ends", (t) => {
  const link = new Link();
  link.begin("link-flap");
  link.wait(1001);
  t.same(link.closed, ["edge: keepalive", "hub: keepalive"]);
  t.end();
});

t.test("link-half-open: the hub does not notice that the robot has closed", (t) => {
  const link = new Link();
  link.begin("link-half-open");
  link.stream.close("edge", "gone");
  link.wait(10_000);
  t.same(link.closed, []);
  link.stream.down({ kind: "modeOrder", sequence: 1, rung: "HALT", causes: [] });
  link.wait(100);
  t.same(link.down, [], "and sends to nobody");
  link.end("link-half-open");
  link.wait(1100);
  t.same(link.closed, ["hub: keepalive"], "until keepalive tells it afterwards");
  t.end();
});

t.test("each end of a stream learns of its end once, by a word of the other", (t) => {
  for (const [by, other] of [
    ["edge", "hub"],
    ["hub", "edge"],
  ] as const) {
    const link = new Link();
    link.stream.close(by, "enough");
    link.stream.close(by, "again");
    t.same(link.closed, [], "the word is under way");
    link.wait(50);
    link.stream.close(other, "late");
    link.wait(10_000);
    t.same(link.closed, [`${other}: enough`]);
  }
  t.end();
});

t.test("what is under way when a stream ends is lost, and what is sent after it is not sent", (t) => {
  const link = new Link();
  link.stream.up({ kind: "renew", nonce: 1, modeSequence: 0, acting: [] });
  link.stream.down({ kind: "modeOrder", sequence: 1, rung: "HALT", causes: [] });
  link.stream.close("hub", "gone");
  link.stream.down({ kind: "modeOrder", sequence: 2, rung: "HALT", causes: [] });
  link.wait(100);
  t.same(link.up, []);
  t.notOk(link.down.includes(2));
  t.end();
});

t.test("keepalive ends a stream to a process that does not answer", (t) => {
  const link = new Link();
  link.wait(500);
  link.stream.isAnswered = () => false;
  link.wait(5000);
  t.same(link.closed, ["edge: keepalive", "hub: keepalive"]);
  t.end();
});

t.test("telemetry: each fault does what it says, and the link does not notice", (t) => {
  const under = (name: FaultName, subject = "r1") => {
    const link = new Link();
    link.begin(name, 1, subject);
    link.talk();
    link.wait(10_000);
    t.same(link.up, upTo(COUNT), name);
    return link;
  };
  t.same(under("telemetry-cut").samples, []);
  t.same(under("broker-cut", "").samples, []);
  t.same(sorted(under("telemetry-cut", "r2").samples), upTo(COUNT), "of another robot");
  const lossy = under("telemetry-loss").samples;
  t.ok(lossy.length < COUNT / 2, `${lossy.length} of ${COUNT}`);
  const late = under("telemetry-delay");
  t.same(sorted(late.samples), upTo(COUNT));
  t.ok(Math.max(...late.samplesAtUs) > 3 * SECOND);
  const again = under("telemetry-replay").samples;
  t.equal(again.length, 2 * COUNT, "an old one with each");
  t.equal(new Set(again).size, COUNT);
  t.end();
});
