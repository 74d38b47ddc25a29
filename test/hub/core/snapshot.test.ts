import fc from "fast-check";
import t from "tap";
import { ENDED_IDS_KEPT } from "../../../hub/core/apply.js";
import { replay } from "../../../hub/core/hub.js";
import { continueReplay, differenceOf, fromSnapshot, snapshotOf } from "../../../hub/core/snapshot.js";
import { anyLedger } from "./ledger-random.js";
import { ready, realDispatcher, SiteUnderTest, stateText } from "./site-under-test.js";

function overWire(plain: unknown): unknown {
  return JSON.parse(JSON.stringify(plain));
}

t.test("R14 a snapshot gives the state back, and with any tail the state of the whole ledger", async (t) => {
  const seen = new Map<string, number>();
  const property = fc.property(anyLedger, fc.nat(), ({ events, tasksKept }, draw) => {
    const after = draw % (events.length + 1);
    for (const { body } of events) seen.set(body.kind, (seen.get(body.kind) ?? 0) + 1);
    const early = replay(events.slice(0, after), tasksKept);
    const plain = snapshotOf(early);
    const back = fromSnapshot(overWire(plain));
    if (stateText(back) !== stateText(early)) throw new Error(`${stateText(back)}\n${stateText(early)}`);
    const whole = replay(events, tasksKept);
    const continued = continueReplay(back, events.slice(after));
    if (stateText(continued) !== stateText(whole)) throw new Error(`tail of ${events.length - after}`);
    for (const [place, claim] of continued.byDestination) {
      const key = `${claim.token.epoch}.${claim.token.counter}`;
      if (continued.claims.get(key) !== claim) throw new Error(`two objects for the claim of ${place}`);
    }
    if (stateText(fromSnapshot(plain)) !== stateText(early)) throw new Error("the snapshot changed with its state");
  });
  fc.assert(property, { numRuns: 200 });
  const often = ["taskEnded", "assignmentEnded", "claimFreed", "claimLapsed", "cancelAsked", "ceilingSet"] as const;
  for (const kind of [...often, "taskPaused", "robotDrained", "deadlineTold", "ceilingEnded"])
    t.ok((seen.get(kind) ?? 0) > 50, `${kind} happened ${seen.get(kind)} times`);
});

t.test("R14 a snapshot of a hub at work gives its state back, deep and in order", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3, dispatcher: realDispatcher }), "r1", "r2", "r3");
  for (let number = 1; number <= 6; number += 1) site.submit(`t${number}`, ["A", "C"], ["D"]);
  site.ask({ kind: "stateAbsent", act: { operator: "ada", reason: "broken" }, robot: "r3", seen: "shop" });
  const scope = { robot: "", fleet: "" };
  site.run(3000);
  const act = { operator: "ada", reason: "tour" };
  site.ask({ kind: "setMode", act, scope, rung: "CONFIRM" });
  site.ask({ kind: "setMode", act, scope: { robot: "r1", fleet: "" }, rung: "REACTIVE_ONLY", forMs: 60_000 });
  site.ask({ kind: "drainRobot", act, robot: "r2" });
  site.ask({ kind: "pauseTask", act, task: "t6" });
  site.run(1000);
  const { ledger } = site.hub.state;
  t.ok(ledger.claims.size > 0 && ledger.ceilings.size > 1 && ledger.open.size > 0 && ledger.drained.size > 0);
  t.strictSame(fromSnapshot(overWire(snapshotOf(ledger))), ledger);
  t.equal(stateText(fromSnapshot(overWire(snapshotOf(ledger)))), stateText(ledger), "bit for bit");
});

t.test("R13 what cannot be a snapshot is refused with its path", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 2, dispatcher: realDispatcher }), "r1", "r2");
  site.submit("t1", ["A"]);
  site.submit("t2", ["D"]);
  site.run(12_000, () => site.hub.state.ledger.claims.size > 1);
  const good = snapshotOf(site.hub.state.ledger);
  const [claim] = good.claims;
  const [task] = good.tasks;
  if (claim === undefined || task === undefined) throw new Error("the site under test claims nothing");
  const bad: readonly [string, object, RegExp][] = [
    ["another schema", { schema: 1 }, /snapshot.schema: expected 5, found 1/],
    ["no schema", { schema: undefined }, /snapshot.schema/],
    ["a count below zero", { events: -1 }, /snapshot.events/],
    ["a fraction", { longestWaitMs: 0.5 }, /snapshot.longestWaitMs/],
    ["no list", { claims: {} }, /snapshot.claims: expected a list/],
    ["a claim twice", { claims: [claim, claim] }, /each token once/],
    ["a place twice", { claims: [claim, { ...claim, token: { epoch: 1, counter: 0.5 } }] }, /snapshot.claims\[1\]/],
    ["a token never given", { claims: [{ ...claim, token: { epoch: 9, counter: 1 } }] }, /tokens up to/],
    ["an unknown phase", { claims: [{ ...claim, phase: "odd" }] }, /snapshot.claims\[0\].phase/],
    ["an unknown rung", { ceilings: [{ robot: "", fleet: "", rung: "X", operator: "", reason: "" }] }, /rung/],
    ["no tasks", { tasks: undefined }, /snapshot.tasks: expected a list/],
    ["a task less", { tasks: good.tasks.slice(1) }, /snapshot.(open|ended)/],
    ["a task more", { tasks: [...good.tasks, { ...task, id: "other" }] }, /snapshot.tasks/],
    ["a task twice", { tasks: [...good.tasks, task] }, /each name once/],
    ["an id that is none", { endedIds: ["no id"] }, /snapshot.endedIds/],
    ["no ended ids", { endedIds: null }, /snapshot.endedIds/],
    ["an ended id twice", { endedIds: ["t9", "t9"] }, /each id once/],
    ["an open task unknown", { open: [...good.open, "t7"] }, /snapshot.open/],
    ["an open task as ended", { ended: [good.open[0]] }, /snapshot.ended/],
  ];
  fromSnapshot(good);
  for (const [what, change, expected] of bad) t.throws(() => fromSnapshot({ ...good, ...change }), expected, what);
  for (const odd of [null, undefined, 7, "x", []]) t.throws(() => fromSnapshot(odd), /snapshot/, `${odd}`);
});

t.test("R13 as many ended ids as are ever kept are taken, and not one more", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const endedIds = Array.from({ length: ENDED_IDS_KEPT }, (_, number) => `t${number}`);
  const whole = { ...snapshotOf(site.hub.state.ledger), endedIds };
  t.equal(fromSnapshot(whole).endedIds.size, ENDED_IDS_KEPT);
  endedIds.push("one-more");
  t.throws(() => fromSnapshot(whole), /snapshot.endedIds: expected at most 1000000, found 1000001/);
});

t.test("the difference of two snapshots is told by its first path", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["A"]);
  const one = snapshotOf(site.hub.state.ledger);
  t.equal(differenceOf(one, overWire(one)), null);
  const other = { ...one, tasks: [{ ...one.tasks[0], attempts: 3 }] };
  t.equal(differenceOf(one, other), "state.tasks.0.attempts is 0, the events give 3");
  t.match(differenceOf(one, { ...one, open: [] }), /state.open.0 is "t1", the events give nothing/);
});
