// R3, R8, R10: what people take over: tasks that are paused and resumed in every phase, robots that are drained, and
// ceilings that end by themselves; all of it durable, and none of it before its time.
import t from "tap";
import type { OperatorAsk } from "../../../proto/operator.js";
import { ACT, ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";

const SITE = { robot: "", fleet: "" } as const;
const R1 = { robot: "r1", fleet: "" };

function act(site: SiteUnderTest, kind: "pauseTask" | "resumeTask", task = "t1"): object {
  return site.ask({ kind, act: ACT, task });
}

function drain(site: SiteUnderTest, robot: string): object {
  return site.ask({ kind: "drainRobot", act: ACT, robot });
}

function phase(site: SiteUnderTest, task = "t1"): string | undefined {
  return site.hub.state.ledger.tasks.get(task)?.phase;
}

/** A site with one robot that has nothing to do, and the product's dispatcher. */
function idle(): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: 1, dispatcher: realDispatcher }), "r1");
  arrive(site);
  return site;
}

/** r1 stands where it was sent, and says so. */
function arrive(site: SiteUnderTest): void {
  const r1 = site.robot("r1");
  const held = [...r1.holdings.values()].find((one) => !one.arrived);
  const place = site.site.destinations.get(held?.destination ?? "");
  if (place === undefined) throw new Error("r1 acts on nothing");
  r1.standAt(place);
  site.run(400);
  site.say("r1", r1.outcome("ARRIVED"));
}

/** A site with one robot that acts on C for task t1. */
function acting(): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1", "r2");
  site.submit("t1", ["C"], ["D"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  return site;
}

t.test("R10 a paused task of a robot under way is given back, and waits until it is resumed", async (t) => {
  const site = acting();
  t.match(act(site, "pauseTask"), { phase: "ACTIVE" });
  t.match(act(site, "pauseTask"), { phase: "ACTIVE" }, "asked again, it is one pause");
  site.run(200);
  t.equal(phase(site), "WAITING", "the robot has given its destination back");
  t.match(site.bodies("assignmentEnded"), [{ end: "WITHDRAWN" }]);
  t.equal(site.bodies("taskPaused").length, 1);
  site.script.want("r2", "C", "t1");
  site.run(2000);
  t.equal(phase(site), "WAITING", "R1: a dispatcher that proposes it is refused");
  site.restart();
  ready(site, "r1", "r2");
  site.script.want("r2", "C", "t1");
  site.run(20_000);
  t.equal(phase(site), "WAITING", "also after a restart");
  t.match(act(site, "resumeTask"), { phase: "WAITING" });
  site.script.want("r2", "C", "t1");
  site.run(600);
  t.equal(phase(site), "ACTIVE");
  t.match(act(site, "resumeTask"), { code: "NOTHING_TO_DO" });
});

t.test("R10 a pause ends no task, and undoes no arrival; a paused task can be cancelled", async (t) => {
  const site = acting();
  site.robot("r1").isObeying = false;
  act(site, "pauseTask");
  site.say("r1", site.robot("r1").outcome("ARRIVED"));
  t.match(site.hub.state.ledger.tasks.get("t1"), { phase: "ACTIVE", stopIndex: 1, robot: "r1" }, "its load is on r1");
  t.match(site.ask({ kind: "cancelTask", act: ACT, task: "t1" }), { phase: "CANCELLED" });
  t.match(act(site, "pauseTask"), { code: "TASK_ENDED" });
  t.match(act(site, "pauseTask", "t9"), { code: "UNKNOWN_TASK" });
  t.equal(site.bodies("taskEnded").length, 1);
});

t.test("R8 a robot that carries the load of a paused task is given nothing else", async (t) => {
  const site = idle();
  site.submit("t1", ["C"], ["D"]);
  site.run(20_000, () => phase(site) === "ACTIVE");
  arrive(site);
  act(site, "pauseTask");
  site.submit("t2", ["C"]);
  site.run(5000, () => phase(site, "t2") !== "WAITING");
  t.equal(phase(site, "t2"), "WAITING");
  t.match(site.hub.state.ledger.tasks.get("t1"), { robot: "r1" }, "the load stays where it is");
  act(site, "resumeTask");
  t.ok(
    site.run(5000, () => site.hub.state.ledger.tasks.get("t1")?.token.epoch !== 0),
    "it goes on with it",
  );
});

t.test("R3 a task that is paused while its robot is silent waits for certainty", async (t) => {
  const site = acting();
  site.disconnect("r1");
  t.match(act(site, "pauseTask"), { phase: "ACTIVE" });
  site.run(site.waitMs - 2000);
  t.equal(phase(site), "ACTIVE");
  site.run(60_000, () => phase(site) === "WAITING");
  t.equal(phase(site), "WAITING");
  t.equal(site.holder("C"), "r1", "R4: the place stays taken");
});

t.test("R10 a drained robot finishes what it has in hand and takes nothing new, over restarts", async (t) => {
  const site = idle();
  site.submit("t1", ["C"], ["D"]);
  site.run(20_000, () => phase(site) === "ACTIVE");
  t.same(drain(site, "r1"), { task: "t1" });
  site.submit("t2", ["C"]);
  arrive(site);
  t.ok(
    site.run(5000, () => site.hub.state.ledger.tasks.get("t1")?.token.epoch !== 0),
    "it goes on to the next stop",
  );
  arrive(site);
  t.equal(phase(site), "DONE");
  site.run(5000);
  t.equal(phase(site, "t2"), "WAITING");
  site.restart();
  ready(site, "r1");
  site.run(20_000);
  t.equal(phase(site, "t2"), "WAITING", "also after a restart");
  t.same(drain(site, "r1"), { task: "" }, "asked again, it has nothing in hand");
  t.equal(site.bodies("robotDrained").length, 1);
  t.same(site.ask({ kind: "undrainRobot", act: ACT, robot: "r1" }), {});
  t.ok(site.run(10_000, () => phase(site, "t2") === "ACTIVE"));
  t.match(site.ask({ kind: "undrainRobot", act: ACT, robot: "r1" }), { code: "NOTHING_TO_DO" });
  t.match(drain(site, "r9"), { code: "UNKNOWN_ROBOT" });
});

t.test("R1 a dispatcher that gives a drained robot a task is refused", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  drain(site, "r1");
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  t.equal(site.holder("C"), undefined);
  site.script.want("r1", "D");
  site.run(600);
  t.equal(site.holder("D"), "r1", "it may be moved out of the way");
});

t.test("R7 an override for a time that is asked for again stands for the later end", (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  for (const waitMs of [0, 30_000, 300_000]) {
    site.run(waitMs);
    t.match(lower(site, "CONFIRM", 600_000), { told: ["r1"] }, `after ${waitMs} ms`);
  }
  t.match(lower(site, "CONFIRM", 60_000), { code: "NOT_LOWER" }, "but it is not shortened");
  site.run(590_000);
  t.equal(site.hub.state.ledger.ceilings.size, 1);
  t.end();
});

function lower(site: SiteUnderTest, rung: "REACTIVE_ONLY" | "CONFIRM" | "HALT", forMs?: number, scope = R1): object {
  const ask: OperatorAsk = { kind: "setMode", act: ACT, scope, rung, ...(forMs === undefined ? {} : { forMs }) };
  return site.ask(ask);
}

t.test("R3 an override for a time stands until that time has certainly passed on the hub's clock", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const { rhoHub } = site.site.config.lease;
  lower(site, "CONFIRM", 10_000);
  t.equal(site.robot("r1").order?.rung, "CONFIRM");
  site.run(10_000 * (1 + rhoHub) - 100);
  t.equal(site.robot("r1").order?.rung, "CONFIRM", "a clock that runs fast by its bound may show that much");
  site.run(200);
  t.equal(site.robot("r1").order?.rung, "AUTONOMOUS");
  t.match(site.bodies("ceilingEnded"), [{ robot: "r1", fleet: "", rung: "CONFIRM" }]);
});

t.test("R3 over a restart only the time for which a hub certainly ran counts", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  lower(site, "CONFIRM", 20_000);
  site.run(5000);
  site.submit("t1", ["C"]); // the last event of this start: 5 s of it are certain
  site.run(1000);
  site.restart(60_000);
  ready(site, "r1", "r2");
  t.equal(site.robot("r1").order?.rung, "CONFIRM", "a minute of downtime is nothing");
  site.run(15_000);
  t.equal(site.robot("r1").order?.rung, "CONFIRM");
  site.run(3000, () => site.robot("r1").order?.rung === "AUTONOMOUS");
  t.equal(site.robot("r1").order?.rung, "AUTONOMOUS");
});

t.test("R7 the end of an override lifts nothing else that stands", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  lower(site, "REACTIVE_ONLY");
  lower(site, "CONFIRM", 5000);
  t.equal(site.robot("r1").order?.rung, "CONFIRM");
  site.run(7000);
  t.equal(site.robot("r1").order?.rung, "REACTIVE_ONLY", "the one without an end stays");
  lower(site, "CONFIRM", 5000);
  lower(site, "REACTIVE_ONLY", 60_000);
  site.ask({ kind: "clearMode", act: ACT, scope: R1 });
  site.run(500);
  t.equal(site.robot("r1").order?.rung, "AUTONOMOUS", "a clearing takes all that people have set there");
});

t.test("R7 an override for a time is not shortened, and HALT has no end by itself", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  lower(site, "CONFIRM", 60_000);
  t.match(lower(site, "CONFIRM", 1000), { code: "NOT_LOWER" });
  t.match(lower(site, "CONFIRM", 120_000), { told: ["r1"] }, "it may last longer");
  t.match(lower(site, "HALT", 1000), { code: "NOT_LOWER", message: /latches/ });
  t.match(lower(site, "HALT", undefined, SITE), { told: ["r1", "r2"] }, "lower at once");
  t.equal(site.bodies("ceilingSet").length, 3);
});

t.test("R13 a robot on its way makes way for a nearer one above swapGainM, once per task", async (t) => {
  for (const swapGainM of [5, 6]) {
    const site = ready(
      new SiteUnderTest({
        dispatcher: realDispatcher,
        change: (config) => ({ ...config, dispatch: { ...config.dispatch, swapGainM } }),
      }),
      "r1",
      "r2",
    );
    for (const id of ["r1", "r2"]) {
      site.robot(id).standAt({ xM: id === "r1" ? 3 : 9, yM: 2 });
      site.run(600);
      for (const held of site.robot(id).acting()) if (held) site.say(id, site.robot(id).outcome("ARRIVED"));
    }
    drain(site, "r2");
    site.submit("t1", ["D"]);
    site.run(10_000, () => phase(site) === "ACTIVE");
    t.match(site.hub.state.ledger.tasks.get("t1"), { robot: "r1" });
    site.ask({ kind: "undrainRobot", act: ACT, robot: "r2" });
    site.run(10_000);
    const robot = swapGainM === 5 ? "r2" : "r1";
    t.match(site.hub.state.ledger.tasks.get("t1"), { robot, phase: "ACTIVE" }, `5.3 m nearer, ${swapGainM} m asked`);
    t.equal(site.bodies("assignmentEnded").filter(({ end }) => end === "WITHDRAWN").length, swapGainM === 5 ? 1 : 0);
  }
});
