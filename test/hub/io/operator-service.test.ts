// The handlers of FleetOperator: what they let through, how a refusal leaves, and that no stream outgrows its bounds,
// hangs after a cancel, or keeps what it took.

import { EventEmitter } from "node:events";
import type { Metadata } from "@grpc/grpc-js";
import t from "tap";
import { operatorHandlers } from "../../../hub/io/operator-service.js";
import { toStatus } from "../../../proto/codec/bounded-stream.js";
import { REFUSALS, type RefusalCode, refuse } from "../../../proto/errors.js";
import { ASK_KINDS, methodOf, REFUSAL_METADATA } from "../../../proto/operator.js";
import { ANYBODY, aPerson, StubPort } from "../cli/stub-hub.js";
import { anEvent, aSite } from "../cli/stub-views.js";

const ACT = { operator: "ada", reason: "test" };
const REQUESTS: Readonly<Record<string, object>> = {
  submitTask: { act: ACT, task: "t1", stops: [{ destinations: ["P1"] }], fleet: "", dwellMs: 0 },
  cancelTask: { act: ACT, task: "t1" },
  halt: { act: ACT, scope: { robot: "r1" } },
  freePlace: { act: ACT, place: "P1", seen: "empty" },
  stateAbsent: { act: ACT, robot: "r1", seen: "in the workshop" },
  setMode: { act: ACT, scope: { site: true }, rung: "CONFIRM" },
  clearMode: { act: ACT, scope: { fleet: "pickers" } },
  pauseTask: { act: ACT, task: "t1" },
  resumeTask: { act: ACT, task: "t1" },
  drainRobot: { act: ACT, robot: "r1" },
  undrainRobot: { act: ACT, robot: "r1" },
  answer: { act: ACT, question: "free-7", version: 7, choice: "free", seen: "empty" },
};

/** A call whose follower takes `room` messages and then nothing until it drains. */
class FakeCall extends EventEmitter {
  readonly written: unknown[] = [];
  readonly ends: unknown[] = [];
  destroyed = false;
  writableEnded = false;

  constructor(
    readonly request: unknown,
    public room = Number.POSITIVE_INFINITY,
  ) {
    super();
    this.on("error", (how) => {
      this.ends.push(how);
      this.writableEnded = true;
    });
  }
  sendMetadata() {}
  write(message: unknown) {
    this.written.push(message);
    this.room -= 1;
    return this.room > 0;
  }
  end() {
    this.ends.push("OK");
    this.writableEnded = true;
  }
  drain(room: number) {
    this.room = room;
    this.emit("drain");
  }
  cancel() {
    this.destroyed = true;
    this.emit("cancelled", "cancelled");
    this.emit("close");
  }
}

function aService(over: Partial<Parameters<typeof operatorHandlers>[1]> = {}) {
  const port = new StubPort();
  const options = { personOf: () => ANYBODY, streamsMost: 2, nowMs: () => performance.now(), ...over };
  const handlers = operatorHandlers(port, options) as Record<string, (...given: unknown[]) => void>;
  const unary = (method: string, request: unknown) =>
    new Promise<{ error: ReturnType<typeof toStatus> | null; found: unknown }>((resolve) =>
      handlers[method]?.({ request }, (error: ReturnType<typeof toStatus> | null, found: unknown) =>
        resolve({ error, found }),
      ),
    );
  const stream = (method: string, call: FakeCall) => {
    handlers[method]?.(call);
    return call;
  };
  return { port, unary, stream };
}

function codeOf(status: unknown): string {
  const [code] = (status as { metadata?: Metadata }).metadata?.get(REFUSAL_METADATA) ?? [];
  return String(code);
}

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

t.test("every act reaches the port once, parsed, and its answer leaves", async (t) => {
  const { port, unary } = aService();
  for (const kind of ASK_KINDS) {
    const { error } = await unary(methodOf(kind), REQUESTS[kind]);
    t.equal(error, null, kind);
  }
  t.same(
    port.asked.map(({ kind }) => kind),
    ASK_KINDS,
  );
  t.match(port.asked[2], { scope: { robot: "r1", fleet: "" } });
  t.match(port.asked[5], { scope: { robot: "", fleet: "" }, rung: "CONFIRM" });
});

t.test("an act without operator or reason is refused with NO_ACT before the port hears of it", async (t) => {
  const { port, unary } = aService();
  for (const kind of ASK_KINDS) {
    for (const act of [undefined, {}, { operator: "", reason: "x" }, { operator: "ada", reason: "  " }]) {
      const { error } = await unary(methodOf(kind), { ...REQUESTS[kind], act });
      t.equal(codeOf(error), "NO_ACT", kind);
      t.equal(error?.code, 3);
    }
  }
  t.same(port.asked, []);
});

t.test("with TLS an act under another name is refused with WRONG_IDENTITY, for every kind of act", async (t) => {
  const nobody = refuse("WRONG_IDENTITY", "the certificate names nobody clearly");
  for (const identity of ["eve", ""]) {
    const { port, unary } = aService({ personOf: () => (identity === "" ? nobody : aPerson(identity)) });
    for (const kind of ASK_KINDS) {
      const { error } = await unary(methodOf(kind), REQUESTS[kind]);
      t.equal(codeOf(error), "WRONG_IDENTITY", `${kind} by "${identity}"`);
      t.equal(error?.code, 7);
    }
    t.same(port.asked, []);
  }
  const { port, unary } = aService({ personOf: () => aPerson("ada") });
  await unary("Halt", REQUESTS.halt);
  t.equal(port.asked.length, 1);
});

t.test("R12 a role that does not reach is refused before the port hears of it, in streams too", async (t) => {
  const denied: string[] = [];
  const over = { onDenied: ({ code }: { code: string }, method: string) => void denied.push(`${method} ${code}`) };
  const { port, unary, stream } = aService({ ...over, personOf: () => aPerson("vic", "viewer") });
  for (const kind of ASK_KINDS) {
    const { error } = await unary(methodOf(kind), { ...REQUESTS[kind], act: { operator: "vic", reason: "x" } });
    t.match([codeOf(error), error?.code], ["NOT_PERMITTED", 7], kind);
  }
  t.same(port.asked, []);
  t.equal(denied.length, ASK_KINDS.length);
  t.equal((await unary("GetSite", {})).error, null);
  const nobody = aService({ ...over, personOf: () => refuse("UNAUTHENTICATED", "no token was given") });
  const call = nobody.stream("Events", new FakeCall({ fromSequence: 0, follow: true, last: 1 }));
  t.match([codeOf(call.ends[0]), call.ends], ["UNAUTHENTICATED", [{ code: 16 }]]);
  t.equal(nobody.port.listeners.size, 0);
  t.equal(denied.at(-1), "Events UNAUTHENTICATED");
  stream("WatchSite", new FakeCall({ periodMs: 0 })).cancel();
});

t.test("R12 an act without a name gets the one that is known of whoever asks", async (t) => {
  const { port, unary } = aService({ personOf: () => aPerson("ada") });
  t.equal((await unary("Halt", { ...REQUESTS.halt, act: { operator: "", reason: "x" } })).error, null);
  t.match(port.asked, [{ act: { operator: "ada", reason: "x" } }]);
});

t.test("every refusal leaves with a status other than OK and its code in the metadata", (t) => {
  for (const code of Object.keys(REFUSALS) as RefusalCode[]) {
    const status = toStatus(refuse(code, "no"));
    t.equal(codeOf(status), code);
    t.ok(status.code > 0 && status.code < 17);
  }
  t.end();
});

t.test("requests that are not what the protocol says are refused with MALFORMED", async (t) => {
  const { unary, stream } = aService();
  t.equal(codeOf((await unary("Explain", { id: "../x" })).error), "MALFORMED");
  t.equal(codeOf((await unary("Halt", { act: ACT, scope: {} })).error), "MALFORMED");
  t.equal(codeOf((await unary("Halt", { act: ACT, scope: { site: false } })).error), "MALFORMED");
  t.equal(codeOf((await unary("SetMode", { ...REQUESTS.setMode, rung: "AUTONOMOUS" })).error), "NOT_LOWER");
  for (const [method, request] of [
    ["WatchSite", { periodMs: 199 }],
    ["WatchSite", { periodMs: 10_001 }],
    ["Events", { fromSequence: 1, follow: false, last: 1 }],
  ] as const) {
    const call = stream(method, new FakeCall(request));
    await turns();
    t.equal(codeOf(call.ends[0]), "MALFORMED", JSON.stringify(request));
    call.cancel();
  }
});

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
