// Readers of operator.proto: what is built is read back the same through the codec, and acts that say too little or
// something else are refused with the code that fits.

import t from "tap";
import { decode, encode } from "../../proto/codec/codec.js";
import { EXIT, type ExitClass, REFUSALS } from "../../proto/errors.js";
import {
  ASK_KINDS,
  type AskKind,
  classOfStatus,
  isRefusalCode,
  methodOf,
  type OperatorAsk,
  readAnswer,
  readAsk,
  readWatchPeriodMs,
  STATUS_OF_CLASS,
  toAskRequest,
} from "../../proto/operator.js";
import { readListPlacesResponse, readListTasksResponse, readSiteView } from "../../proto/operator-views.js";
import { type Reader, WireRefused } from "../../proto/shape.js";

const act = { operator: "ada", reason: "shift start" };
const ASKS: readonly OperatorAsk[] = [
  { kind: "submitTask", act, task: "t1", stops: [{ destinations: ["P1", "P2"] }], fleet: "pickers", dwellMs: 5000 },
  { kind: "submitTask", act, task: "", stops: [{ destinations: ["P1"] }], fleet: "", dwellMs: 0 },
  { kind: "cancelTask", act, task: "t1" },
  { kind: "halt", act, scope: { robot: "r1", fleet: "" } },
  { kind: "halt", act, scope: { robot: "", fleet: "pickers" } },
  { kind: "halt", act, scope: { robot: "", fleet: "" } },
  { kind: "freePlace", act, place: "P1", seen: "an empty floor" },
  { kind: "stateAbsent", act, robot: "r1", seen: "in the workshop" },
  { kind: "setMode", act, scope: { robot: "", fleet: "" }, rung: "CONFIRM" },
  { kind: "clearMode", act, scope: { robot: "r1", fleet: "" } },
  { kind: "submitTask", act, task: "t2", stops: [], fleet: "", dwellMs: 0, priority: 0, deadlineMs: 60_000 },
  { kind: "setMode", act, scope: { robot: "r1", fleet: "" }, rung: "CONFIRM", forMs: 600_000 },
  { kind: "pauseTask", act, task: "t1" },
  { kind: "resumeTask", act, task: "t1" },
  { kind: "drainRobot", act, robot: "r1" },
  { kind: "undrainRobot", act, robot: "r1" },
  { kind: "answer", act, question: "free-7", version: 7, choice: "free", seen: "an empty floor" },
  { kind: "answer", act, question: "clear-9", version: 12, choice: "keep", seen: "" },
];

t.test("every act comes through the codec as it was asked", (t) => {
  for (const ask of ASKS) {
    const type = `${methodOf(ask.kind)}Request`;
    t.same(readAsk(ask.kind, decode(type, encode(type, toAskRequest(ask)))), ask);
  }
  t.same(new Set(ASKS.map(({ kind }) => kind)), new Set(ASK_KINDS), "no kind is left out");
  t.end();
});

t.test("an act that says too little or something else is refused with the code that fits", (t) => {
  const long = "x".repeat(401);
  const rows: readonly (readonly [AskKind, object, string])[] = [
    ["halt", {}, "NO_ACT"],
    ["halt", { act: { operator: "ada" }, scope: { robot: "r1" } }, "NO_ACT"],
    ["halt", { act: { operator: "x".repeat(65), reason: "y" }, scope: { robot: "r1" } }, "NO_ACT"],
    ["halt", { act: { operator: "ada", reason: long }, scope: { robot: "r1" } }, "NO_ACT"],
    ["halt", { act: { operator: "a\u001b[2J", reason: "x" }, scope: { robot: "r1" } }, "NO_ACT"],
    ["halt", { act }, "MALFORMED"],
    ["halt", { act, scope: {} }, "MALFORMED"],
    ["halt", { act, scope: { site: false } }, "MALFORMED"],
    ["halt", { act, scope: { robot: "r1", site: true } }, "MALFORMED"],
    ["halt", { act, scope: { robot: "" } }, "MALFORMED"],
    ["freePlace", { act, place: "P1", seen: " " }, "NO_ACT"],
    ["freePlace", { act, place: "../P1", seen: "x" }, "MALFORMED"],
    ["setMode", { act, scope: { site: true }, rung: "AUTONOMOUS" }, "NOT_LOWER"],
    ["setMode", { act, scope: { site: true }, rung: 17 }, "NOT_LOWER"],
    ["submitTask", { act, task: "t1", stops: "P1", fleet: "", dwellMs: 0 }, "MALFORMED"],
    ["submitTask", { act, task: "t1", stops: [], fleet: "", dwellMs: 86_400_001 }, "MALFORMED"],
    ["submitTask", { act, task: "t1", stops: [], fleet: "", dwellMs: 0, priority: 10 }, "MALFORMED"],
    ["submitTask", { act, task: "t1", stops: [], fleet: "", dwellMs: 0, deadlineMs: 0 }, "MALFORMED"],
    ["setMode", { act, scope: { site: true }, rung: "CONFIRM", forMs: 0 }, "MALFORMED"],
    ["cancelTask", { act, task: "" }, "MALFORMED"],
  ];
  for (const [kind, request, code] of rows) {
    t.match(readAsk(kind, request), { code, message: new RegExp(`^cannot ${kind}: `) }, JSON.stringify(request));
  }
  t.end();
});

t.test("a site comes through the codec with what is absent absent, and oddities do not hide a robot", (t) => {
  const plain = decode("SiteView", encode("SiteView", { site: "demo", robots: [{ id: "r1", speedMps: Number.NaN }] }));
  const view = readSiteView({ ...plain, tasks: decode("TaskCounts", new Uint8Array()) }, "SiteView");
  const [robot] = view.robots;
  t.match(view, { site: "demo", epoch: 0, decisions: [] });
  t.equal(robot?.id, "r1");
  t.equal(robot?.rung, "HALT", "R7 an unknown rung is the most restrictive");
  t.same(
    [robot?.ageBoundMs, robot?.leaseLeftMs, robot?.chargeRatio, robot?.pose],
    [undefined, undefined, undefined, undefined],
  );
  t.ok(Number.isNaN(robot?.speedMps));
  t.end();
});

t.test("an unknown state of a place is UNKNOWN; an unknown phase of a task is not guessed", (t) => {
  const places = decode("ListPlacesResponse", encode("ListPlacesResponse", { places: [{ id: "P1", state: 0 }] }));
  t.match(readListPlacesResponse(places, "x"), { places: [{ id: "P1", state: "UNKNOWN", token: undefined }] });
  const tasks = decode("ListTasksResponse", encode("ListTasksResponse", { tasks: [{ id: "t1" }] }));
  t.throws(() => readListTasksResponse(tasks, "x"), WireRefused);
  t.end();
});

t.test("the period of a watch has a usual value and bounds", (t) => {
  const read = (periodMs: unknown) => readWatchPeriodMs({ periodMs }, "x");
  t.same([0, 200, 1500, 10_000].map(read), [1000, 200, 1500, 10_000]);
  for (const bad of [199, 10_001, -1, 1.5, undefined]) t.throws(() => read(bad), WireRefused, String(bad));
  t.end();
});

t.test("answers of every act can be read from what the codec gives for an empty one, or are refused", (t) => {
  for (const kind of ASK_KINDS) {
    const plain = decode(`${methodOf(kind)}Response`, new Uint8Array());
    const read = readAnswer[kind] as Reader<object>;
    if (["submitTask", "cancelTask", "pauseTask", "resumeTask"].includes(kind))
      t.throws(() => read(plain, kind), WireRefused, kind);
    else t.doesNotThrow(() => read(plain, kind), kind);
  }
  t.end();
});

t.test("a class survives its status well enough for its exit code where the code is lost", (t) => {
  const kept: Readonly<Record<ExitClass, ExitClass>> = {
    ...{ usage: "data", data: "data", missing: "missing", unavailable: "unavailable", software: "software" },
    ...{ io: "software", later: "later", permission: "permission", config: "later" },
  };
  for (const exitClass of Object.keys(EXIT) as ExitClass[]) {
    t.equal(classOfStatus(STATUS_OF_CLASS[exitClass]), kept[exitClass], exitClass);
  }
  t.same([1, 2, 13, 15, 99].map(classOfStatus), Array(5).fill("software"));
  t.ok(Object.keys(REFUSALS).every(isRefusalCode));
  t.notOk(["", "toString", "busy"].some(isRefusalCode));
  t.end();
});
