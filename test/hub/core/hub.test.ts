// R5, R10: the hub's core from its start, through whole tasks, to its next incarnation: what it decides, in which
// order, and that its ledger alone gives the same state again.
import t from "tap";
import { replay } from "../../../hub/core/hub.js";
import { ACT, ready, realDispatcher, SiteUnderTest, stateText } from "./site-under-test.js";

t.test("R5 start raises the epoch by one event, durably first", async (t) => {
  const site = new SiteUnderTest();
  t.match(site.effects, [{ kind: "append", events: [{ sequence: 1, epoch: 1, body: { kind: "hubStarted" } }] }]);
  t.match(site.bodies("hubStarted"), [{ epoch: 1, longestWaitMs: 4878, configHash: "config" }]);
  t.equal(site.hub.state.restartUntilMs, site.nowMs, "nothing was inherited, nothing is waited for");
  site.restart();
  t.match(site.bodies("hubStarted")[1], { epoch: 2, longestWaitMs: 4878 });
  t.equal(site.hub.state.restartUntilMs, site.nowMs + site.waitMs, "R5: W of the longest lease");
});

t.test("R5 restart waits for the longest lease that was ever given, not for the present one", async (t) => {
  const long = new SiteUnderTest({ change: (config) => ({ ...config, lease: { ...config.lease, leaseMs: 20_000 } }) });
  const short = new SiteUnderTest({ events: long.events });
  t.ok(short.waitMs < 6000);
  t.equal(short.hub.state.restartUntilMs - short.nowMs, long.waitMs);
  t.match(short.bodies("hubStarted")[1], { longestWaitMs: long.waitMs });
});

t.test("robot that says hello is welcomed, heard, ordered and given work; the task ends once", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const r1 = site.robot("r1");
  t.match(r1.received[0], { kind: "welcome", session: "s1-1", epoch: 1, void: [] });
  t.match(r1.order, { rung: "AUTONOMOUS", causes: [] });
  t.equal(r1.leaseMs, 3000);
  site.submit("t1", ["C"], ["D"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  const grant = r1.last("grant");
  t.match(grant, {
    assignment: "a1-1",
    task: "t1",
    destination: "C",
    purpose: "TASK",
    token: { epoch: 1, counter: 1 },
  });
  t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "ACTIVE");
  r1.standAt({ xM: 15, yM: 10 });
  site.run(400);
  const arrival = r1.outcome("ARRIVED");
  site.say("r1", arrival);
  t.match(r1.last("outcomeStored"), { id: arrival.id });
  t.match(site.hub.state.ledger.tasks.get("t1"), { phase: "ACTIVE", stopIndex: 1, robot: "r1" });
  t.equal(site.holder("C"), "r1", "R4: it stands there");
  site.script.want("r1", "D", "t1");
  site.run(600);
  t.match(r1.last("grant"), { destination: "D", token: { counter: 2 } });
  r1.standAt({ xM: 21, yM: 10 });
  site.run(1000);
  t.equal(site.holder("C"), undefined, "R4: a fresh position shows that it left");
  t.match(site.bodies("claimFreed"), [{ exit: "LEFT", token: { counter: 1 } }]);
  site.say("r1", r1.outcome("ARRIVED"));
  t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "DONE");
  t.match(site.bodies("taskEnded"), [{ task: "t1", end: "END_DONE" }]);
  t.equal(stateText(replay(site.events)), stateText(site.hub.state.ledger));
});

t.test("R10 what is decided in one step is appended in one batch before anything goes out", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  const effects = site.say("r1", site.robot("r1").outcome("ARRIVED"));
  t.match(
    effects.map((effect) => effect.kind),
    ["append", "send"],
  );
  const [append] = effects;
  const kinds = append?.kind === "append" ? append.events.map(({ body }) => body.kind) : [];
  t.same(kinds, ["arrived", "assignmentEnded", "taskEnded"]);
});

t.test("R10 an answer to a person follows the events that it reports", async (t) => {
  const site = new SiteUnderTest({ robots: 1 });
  const what = { kind: "submitTask", act: ACT, task: "t1", fleet: "", dwellMs: 0 } as const;
  const effects = site.step({ kind: "ask", ask: 77, what: { ...what, stops: [{ destinations: ["C"] }] } });
  t.match(effects, [{ kind: "append" }, { kind: "answer", ask: 77, answer: { task: "t1", existed: false } }]);
});

t.test("R2 answers to renewals are marked as resting on no append", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const effects = site.say("r1", site.robot("r1").renew());
  t.match(
    effects.filter((effect) => effect.kind === "renewed"),
    [{ message: { kind: "renewed", leaseMs: 3000 } }],
  );
});

t.test("R14 replay of the ledger gives the same state, bit for bit, after a shift and two restarts", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3, dispatcher: realDispatcher }), "r1", "r2", "r3");
  for (let task = 1; task <= 12; task += 1) site.submit(`t${task}`, ["A", "C"], task % 2 === 0 ? ["D"] : ["B", "H3"]);
  for (let shift = 0; shift < 3; shift += 1) {
    for (let round = 0; round < 10; round += 1) {
      site.run(2500);
      for (const robot of site.robots.values()) {
        const held = [...robot.holdings.values()].find((one) => !one.arrived);
        const place = held === undefined ? undefined : site.site.destinations.get(held.destination);
        if (place === undefined) continue;
        robot.standAt(place);
        site.run(400);
        site.say(robot.id, robot.outcome("ARRIVED"));
      }
    }
    t.equal(stateText(replay(site.events)), stateText(site.hub.state.ledger), `shift ${shift}`);
    site.restart();
    for (const id of site.robots.keys()) site.connect(id);
  }
  t.ok(site.hub.state.ledger.counts.done >= 8, `${site.hub.state.ledger.counts.done} tasks are done`);
});

t.test("R10 at a restart queued work stays queued and work under way goes on under its token", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["C"]);
  site.submit("t2", ["D"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  site.restart();
  t.match(site.hub.state.ledger.tasks.get("t1"), { phase: "ACTIVE", robot: "r1" });
  t.match(site.hub.state.ledger.tasks.get("t2"), { phase: "WAITING" });
  const r1 = site.connect("r1");
  t.match(r1.last("welcome"), { epoch: 2, void: [] });
  t.match(r1.last("grant"), { token: { epoch: 1, counter: 1 }, destination: "C" }, "the same grant again");
  site.run(1000);
  site.say("r1", r1.outcome("ARRIVED"));
  t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "DONE");
});

t.test("R4 after a restart nothing is given away until every robot was heard or stated absent", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1", "r2");
  site.restart();
  site.connect("r1");
  site.run(3000);
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  t.equal(site.holder("C"), undefined, "r2 may stand anywhere");
  const absent = { kind: "stateAbsent", act: ACT, robot: "r2", seen: "in the workshop" } as const;
  t.match(site.ask(absent), { code: "LEASE_RUNNING" }, "R5: W is not over");
  site.run(site.waitMs);
  t.same(site.ask(absent), {});
  site.script.want("r1", "C", "t1");
  site.run(600);
  t.equal(site.holder("C"), "r1");
  site.connect("r2");
  t.match(site.bodies("robotEnrolled"), [{ robot: "r2" }], "a robot that is heard again is back on the floor");
});

t.test("R5 inherited claims do not lapse before W on the new hub's clock", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  site.restart();
  const startedMs = site.nowMs;
  site.run(60_000, () => site.bodies("claimLapsed").length > 0);
  const lapsedMs = site.nowMs - startedMs;
  t.ok(lapsedMs >= site.waitMs && lapsedMs < site.waitMs + 100, `lapsed after ${lapsedMs} ms, W is ${site.waitMs}`);
});

t.test(
  "R5 a robot that has seen a higher token shows that the hub was rolled back: nothing new is granted",
  async (t) => {
    const site = ready(new SiteUnderTest({ robots: 2 }), "r1");
    site.robot("r2").highestToken = { epoch: 1, counter: 9 };
    site.connect("r2");
    site.connect("r1"); // its stream was ended, for it must hear of the new epoch
    site.run(1000);
    t.match(site.robot("r1").order, {
      rung: "CONFIRM",
      causes: [{ name: "operator", detail: /hub: the ledger was rolled back/ }],
    });
    t.equal(site.hub.state.ledger.epoch, 2, "it begins anew above everything that was ever given");
    t.ok(site.hub.state.restartUntilMs > site.nowMs, "and waits until every lease has lapsed");
    t.equal(site.robot("r1").leaseMs, 0);
    site.submit("t1", ["C"]);
    site.script.want("r1", "C", "t1");
    site.run(1000);
    t.equal(site.holder("C"), undefined);
    t.same(site.ask({ kind: "clearMode", act: ACT, scope: { robot: "", fleet: "" } }), {});
    site.run(1000);
    t.match(site.robot("r1").order, { rung: "AUTONOMOUS", causes: [] }, "a person has looked");
  },
);
