// R1, R5: an event that contradicts the state is a fault, so that a hub with a spoilt ledger does not start.
import t from "tap";
import { replay } from "../../../hub/core/hub.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import { stateText } from "./site-under-test.js";

function events(...bodies: readonly LedgerBody[]): LedgerEvent[] {
  return bodies.map((body, index) => ({ sequence: index + 1, schema: 1, epoch: 1, hubMs: 1, wallMs: 1, body }));
}

const act = { operator: "ada", reason: "x" };
const started = (epoch: number): LedgerBody => {
  return { kind: "hubStarted", epoch, longestWaitMs: 3000, configHash: "c", software: "0" };
};
const accepted = (task: string): LedgerBody => {
  return { kind: "taskAccepted", task, stops: [{ destinations: ["C"] }], fleet: "", dwellMs: 0, ...act };
};
const claimed = (over: object = {}): LedgerBody => ({
  ...{ kind: "claimed", token: { epoch: 1, counter: 1 }, assignment: "a1-1", robot: "r1", destination: "C" },
  ...{ purpose: "TASK", task: "t1", stopIndex: 0, leaseMs: 3000, ...over },
});
const token = { epoch: 1, counter: 1 };
const freed: LedgerBody = { kind: "claimFreed", token, exit: "LEFT", ...act, seen: "" };
const ended = (task: string): LedgerBody => ({ kind: "taskEnded", task, end: "END_DONE", reason: "" });
const over: LedgerBody = { kind: "assignmentEnded", token, end: "COMPLETED", reason: "", outcome: "o" };

t.test("replay takes what follows, and refuses what contradicts, naming event and reason", async (t) => {
  const base = [started(1), accepted("t1"), claimed()];
  t.doesNotThrow(() => replay(events(...base, { kind: "arrived", token, outcome: "o" }, over, ended("t1"), freed)));
  const rows: readonly [string, readonly LedgerBody[], RegExp][] = [
    ["an epoch that does not rise", [started(2), started(2)], /event 2 \(hubStarted\): epoch 2 does not raise 2/],
    ["a token that is not new", [...base, freed, claimed()], /event 5 \(claimed\): token 1.1 is not new/],
    ["a token of another epoch", [started(1), claimed({ task: "", token: { epoch: 2, counter: 1 } })], /is not new/],
    ["a place that another holds", [...base, claimed({ robot: "r2", token: { epoch: 1, counter: 2 } })], /held by r1/],
    [
      "a place that still carries a token",
      [...base, claimed({ token: { epoch: 1, counter: 2 } })],
      /carries token 1.1/,
    ],
    ["a task that exists", [...base, accepted("t1")], /task t1 exists/],
    ["a task that does not", [started(1), ended("t1")], /there is no task t1/],
    ["a claim for no task", [started(1), claimed()], /there is no task t1/],
    ["a second end of a task", [...base, ended("t1"), ended("t1")], /has already ended/],
    ["a second end of an assignment", [...base, over, over], /has already ended/],
    ["freeing what nobody holds", [started(1), freed], /there is no claim 1.1/],
    ["a lapse of nothing", [started(1), { kind: "claimLapsed", token }], /there is no claim 1.1/],
  ];
  for (const [name, bodies, says] of rows) t.throws(() => replay(events(...bodies)), { message: says }, name);
});

t.test("replay refuses a gap, a repetition and a wrong first number", async (t) => {
  const [one, two, three] = events(started(1), accepted("t1"), accepted("t2"));
  if (one === undefined || two === undefined || three === undefined) throw new Error("three events");
  for (const wrong of [[one, three], [one, one], [two], [one, two, two]]) t.throws(() => replay(wrong), /follows/);
});

t.test("replay of the same events gives the same state, bit for bit", async (t) => {
  const all = events(started(1), accepted("t1"), claimed(), { kind: "claimLapsed", token }, started(2), accepted("t2"));
  t.equal(stateText(replay(all)), stateText(replay(structuredClone(all))));
  t.not(stateText(replay(all)), stateText(replay(all.slice(0, -1))));
});
