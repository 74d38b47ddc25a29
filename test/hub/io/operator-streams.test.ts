// The streams of FleetOperator: none outgrows its bounds, hangs after a cancel, or keeps what it took.

import t from "tap";
import { anEvent, aSite } from "../cli/stub-views.js";
import { aService, codeOf, FakeCall, turns } from "./operator-kit.js";

t.test("events are sent whole and in order, from any start, and the stream ends", async (t) => {
  const { port, stream } = aService();
  port.ledger = Array.from({ length: 600 }, (_, index) => anEvent(index + 1, { kind: "robotEnrolled", robot: "r1" }));
  for (const [request, first, sent] of [
    [{ fromSequence: 0, follow: false, last: 0 }, 1, 600],
    [{ fromSequence: 300, follow: false, last: 0 }, 300, 301],
    [{ fromSequence: 0, follow: false, last: 7 }, 594, 7],
    [{ fromSequence: 0, follow: false, last: 9999 }, 1, 600],
    [{ fromSequence: 601, follow: false, last: 0 }, undefined, 0],
  ] as const) {
    const call = stream("Events", new FakeCall(request));
    await turns(40);
    const sequences = call.written.map((event) => (event as { sequence: number }).sequence);
    t.same([sequences[0], sequences.length, call.ends], [first, sent, ["OK"]]);
    t.ok(sequences.every((sequence, index) => sequence === (sequences[0] ?? 0) + index));
    call.cancel();
  }
  t.equal(port.listeners.size, 0);
});

t.test("a follower misses no event that becomes durable while the ledger is being read", async (t) => {
  const { port, stream } = aService();
  const read = port.events.bind(port);
  let during = 3;
  port.events = async (from, most) => {
    const found = await read(from, most);
    if (during === 0) return found;
    during -= 1;
    port.append({ kind: "robotEnrolled", robot: `r${during}` });
    return during === 1 ? [] : found; // a read that was just too early
  };
  const call = stream("Events", new FakeCall({ fromSequence: 0, follow: true, last: 1 }));
  await turns(40);
  t.equal(call.written.length, 4);
  port.append({ kind: "robotEnrolled", robot: "r9" });
  await turns();
  t.equal(call.written.length, 5);
  t.same(call.ends, []);
  call.cancel();
  await turns();
  t.equal(port.listeners.size, 0);
});

t.test("a follower that takes nothing gets nothing more, and goes on after drain", async (t) => {
  const { port, stream } = aService();
  const call = stream("Events", new FakeCall({ fromSequence: 0, follow: false, last: 0 }, 3));
  await turns();
  t.equal(call.written.length, 3);
  call.drain(100);
  await turns();
  t.equal(call.written.length, port.ledger.length);
  t.same(call.ends, ["OK"]);
});

t.test("a cancel while a stream waits for drain ends it and gives back its place", async (t) => {
  const { port, stream } = aService({ streamsMost: 1 });
  const call = stream("Events", new FakeCall({ fromSequence: 0, follow: true, last: 0 }, 1));
  await turns();
  t.equal(port.listeners.size, 1);
  const second = stream("WatchSite", new FakeCall({ periodMs: 0 }));
  t.equal(codeOf(second.ends[0]), "TOO_MANY");
  call.cancel();
  await turns();
  t.equal(port.listeners.size, 0);
  t.same(call.ends, []);
  const third = stream("WatchSite", new FakeCall({ periodMs: 0 }));
  await turns();
  t.equal(third.written.length, 1);
  third.cancel();
});

t.test("a stream that was refused takes no place", async (t) => {
  const { stream } = aService({ streamsMost: 1 });
  const open = stream("WatchSite", new FakeCall({ periodMs: 0 }));
  for (let again = 0; again < 3; again += 1) {
    const refused = stream("WatchSite", new FakeCall({ periodMs: 0 }));
    t.equal(codeOf(refused.ends[0]), "TOO_MANY");
    refused.cancel();
  }
  open.cancel();
  const next = stream("WatchSite", new FakeCall({ periodMs: 0 }));
  t.same(next.ends, []);
  next.cancel();
});

t.test("a follower that takes nothing for slowMs is ended with a status that says so", async (t) => {
  const { stream } = aService({ slowMs: 20 });
  const call = stream("Events", new FakeCall({ fromSequence: 0, follow: true, last: 0 }, 1));
  await new Promise((resolve) => call.once("error", resolve));
  t.match(call.ends, [{ code: 8, details: "Events ends: the follower has taken nothing for 20 ms" }]);
  call.cancel();
});

t.test("a watcher that is behind gets the newest view, not those in between", async (t) => {
  let nowMs = 0;
  const { port, stream } = aService({ nowMs: () => nowMs });
  port.views = [aSite({ events: 1 }), aSite({ events: 2 }), aSite({ events: 3 })];
  const call = stream("WatchSite", new FakeCall({ periodMs: 200 }, 1));
  await turns();
  t.equal(call.written.length, 1);
  t.equal(port.views.length, 2, "no view is made for a watcher that cannot take it");
  port.views = [aSite({ events: 9 })];
  nowMs = 1000;
  call.drain(1);
  while (call.written.length < 2) await turns(1);
  t.match(call.written[1], { events: 9 });
  call.cancel();
});

t.test("a stopping hub ends its streams with SITE_STOPPING and opens no new one", async (t) => {
  const stopping = new AbortController();
  const { port, stream } = aService({ stopping: stopping.signal });
  const idle = stream("Events", new FakeCall({ fromSequence: 0, follow: true, last: 1 }));
  const stuck = stream("WatchSite", new FakeCall({ periodMs: 0 }, 1));
  await turns();
  stopping.abort();
  await turns();
  t.same(
    [idle, stuck].map(({ ends }) => codeOf(ends[0])),
    ["SITE_STOPPING", "SITE_STOPPING"],
  );
  t.equal(port.listeners.size, 0);
  const late = stream("WatchSite", new FakeCall({ periodMs: 0 }));
  t.equal(codeOf(late.ends[0]), "SITE_STOPPING");
});

t.test("a ledger that cannot be read ends the stream with INTERNAL and tells the log alone", async (t) => {
  const faults: unknown[] = [];
  const { port, stream } = aService({ onFault: (fault, method) => void faults.push([fault, method]) });
  port.events = () => Promise.reject(new Error("disk gone"));
  const call = stream("Events", new FakeCall({ fromSequence: 0, follow: true, last: 1 }));
  await turns();
  t.match(call.ends, [{ code: 13 }]);
  t.notMatch(JSON.stringify(call.ends), "disk gone");
  t.match(faults, [[{ message: "disk gone" }, "Events"]]);
});
