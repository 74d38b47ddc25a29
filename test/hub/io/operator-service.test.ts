// The handlers of FleetOperator: what they let through, and how a refusal leaves.

import t from "tap";
import { toStatus } from "../../../proto/codec/bounded-stream.js";
import { REFUSALS, type RefusalCode, refuse } from "../../../proto/errors.js";
import { ASK_KINDS, methodOf } from "../../../proto/operator.js";
import { aPerson } from "../cli/stub-hub.js";
import { aService, codeOf, FakeCall, turns } from "./operator-kit.js";

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
  const frees = {
    act: { operator: "olga", reason: "x" },
    question: "free-7",
    version: 7,
    choice: "free",
    seen: "empty",
  };
  const olga = aService({ ...over, personOf: () => aPerson("olga", "operator") });
  t.equal(codeOf((await olga.unary("Answer", frees)).error), "NOT_PERMITTED");
  t.same([olga.port.asked, denied.at(-1)], [[], "Answer NOT_PERMITTED"], "a choice of a supervisor is counted too");
  t.equal((await olga.unary("Answer", { ...frees, choice: "leave" })).error, null);
  t.equal(denied.length, ASK_KINDS.length + 2, "and what is answered is not");
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
