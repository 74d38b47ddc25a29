// What a safety review found about places, tasks and fleets, one test each: statements against evidence (R4), what a
// change of the site file leaves behind (R10), one stale robot of two (R9), names of tasks that ended long ago (R10).
import t from "tap";
import type { SiteConfig } from "../../../fleet-config/types.js";
import { Hub, replay } from "../../../hub/core/hub.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";

function freePlace(site: SiteUnderTest, place: string): object {
  return site.ask({ kind: "freePlace", act: ACT, place, seen: "nothing there" });
}

function stateAbsent(site: SiteUnderTest, robot: string): object {
  return site.ask({ kind: "stateAbsent", act: ACT, robot, seen: "in the workshop" });
}

function phase(site: SiteUnderTest, task: string): string | undefined {
  return site.hub.state.ledger.tasks.get(task)?.phase;
}

/** Asks for a place for r2 and gives who has it a second later. */
function wanted(site: SiteUnderTest, place: string): string | undefined {
  site.script.want("r2", place);
  site.run(1000);
  return site.holder(place);
}

/** Two robots; r1 stands on C without a link, and its lease has lapsed. Its telemetry still comes. */
function cutOff(): SiteUnderTest {
  const site = new SiteUnderTest();
  const place = site.site.destinations.get("C");
  if (place === undefined) throw new Error("no C");
  site.robot("r1").standAt(place);
  ready(site, "r1", "r2");
  site.disconnect("r1");
  site.run(site.waitMs + 100);
  return site;
}

t.test("R4 nobody can state free a place on which fresh telemetry shows a robot", async (t) => {
  const site = cutOff();
  t.match(freePlace(site, "C"), { code: "BUSY", message: /r1/ });
  site.robot("r1").isTelling = false;
  site.run(10_000);
  t.same(freePlace(site, "C"), {}, "its old telemetry does not stand against a person");
});

t.test("R4 statement of a free place ends when the robot is heard again", async (t) => {
  const site = cutOff();
  const robot = site.robot("r1");
  robot.isTelling = false;
  site.run(10_000);
  freePlace(site, "C");
  robot.isTelling = true;
  site.run(500);
  t.equal(wanted(site, "C"), undefined, "it stands there after all");
  robot.isTelling = false;
  site.run(10_000);
  freePlace(site, "C");
  t.equal(wanted(site, "C"), "r2", "nothing but its telemetry stood against it");
});

t.test("R4 nobody can state absent a robot that is heard; the statement ends when it is heard again", async (t) => {
  const site = cutOff();
  const robot = site.robot("r1");
  t.match(stateAbsent(site, "r1"), { code: "NOTHING_TO_DO" });
  robot.isTelling = false;
  site.run(10_000);
  t.same(stateAbsent(site, "r1"), {});
  robot.isTelling = true;
  site.run(500);
  t.not(wanted(site, "C"), "r2");
});

/** The next start of a hub over the same ledger, on a changed site file. */
function next(site: SiteUnderTest, change: (config: SiteConfig) => SiteConfig): SiteUnderTest {
  return new SiteUnderTest({ events: site.events, change });
}

function without(robot: string): (config: SiteConfig) => SiteConfig {
  return (config) => ({ ...config, robots: config.robots.filter(({ id }) => id !== robot) });
}

/** r1 acts on C for task t1. */
function working(...stops: readonly string[]): SiteUnderTest {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.submit("t1", ...stops.map((stop) => [stop]));
  site.script.want("r1", stops[0] ?? "", "t1");
  site.run(600);
  return site;
}

t.test(
  "R3, R5 place of a robot that left the site file is not stated free before the restart wait is over",
  async (t) => {
    const site = next(working("C"), without("r1"));
    site.connect("r2");
    t.match(freePlace(site, "C"), { code: "LEASE_RUNNING" }, "it may still drive there");
    site.run(site.waitMs - 50);
    t.match(freePlace(site, "C"), { code: "LEASE_RUNNING" });
    site.run(50);
    t.same(freePlace(site, "C"), {});
    t.equal(site.holder("C"), undefined);
  },
);

t.test("R10 task of a robot that left the site file goes on with another, and its place stays taken", async (t) => {
  const site = next(working("C"), without("r1"));
  t.match(site.bodies("assignmentEnded"), [{ end: "ABANDONED" }]);
  t.equal(site.holder("C"), "r1");
  t.equal(phase(site, "t1"), "WAITING");
  ready(site, "r2");
  site.run(site.waitMs);
  freePlace(site, "C");
  site.script.want("r2", "C", "t1");
  site.run(600);
  t.equal(site.holder("C"), "r2");
  t.equal(phase(site, "t1"), "ACTIVE");
});

t.test("R10 task whose load is on a robot that left the site file ends, since nobody else can go on", async (t) => {
  for (const between of [true, false]) {
    const site = working("C", "D");
    site.say("r1", site.robot("r1").outcome("ARRIVED"));
    if (!between) {
      site.script.want("r1", "D", "t1");
      site.run(600);
      t.equal(site.holder("D"), "r1");
    }
    t.equal(phase(site, "t1"), "ACTIVE");
    const after = next(site, without("r1"));
    t.equal(phase(after, "t1"), "TASK_FAILED", between ? "between two stops" : "on its way");
    t.match(after.bodies("taskEnded"), [{ task: "t1", end: "END_FAILED", reason: /no longer has r1/ }]);
  }
});

t.test("R10 claims and tasks on destinations that left the site file end at the start", async (t) => {
  const site = working("C");
  site.submit("t2", ["D"], ["C"]);
  site.submit("t3", ["C", "D"]);
  const after = next(site, (config) => ({
    ...config,
    destinations: config.destinations.filter(({ id }) => id !== "C"),
  }));
  t.match(after.bodies("claimFreed"), [{ exit: "STATED_FREE", operator: "configuration" }]);
  t.equal(after.hub.state.ledger.claims.size, 0);
  t.same(
    ["t1", "t2", "t3"].map((task) => phase(after, task)),
    ["TASK_FAILED", "TASK_FAILED", "WAITING"],
    "one has another place to go to",
  );
});

t.test("R10 task under way to a stop that exists ends when its next one has left the site file", async (t) => {
  const after = next(working("C", "D"), (config) => ({
    ...config,
    destinations: config.destinations.filter(({ id }) => id !== "D"),
  }));
  t.equal(phase(after, "t1"), "ACTIVE");
  ready(after, "r1", "r2");
  after.robot("r1").isRenewing = true;
  t.ok(after.run(10_000, () => after.robot("r1").acting().length > 0));
  after.say("r1", after.robot("r1").outcome("ARRIVED"));
  t.equal(phase(after, "t1"), "TASK_FAILED");
});

t.test("R9 one stale robot of two does not lower the other", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.disconnect("r2");
  site.robot("r2").isTelling = false;
  site.run(40_000);
  t.equal(site.hub.state.fleets.get("pickers")?.stale, 1);
  t.equal(site.robot("r1").order?.rung, "AUTONOMOUS");
  site.robot("r1").leaseMs = 0;
  site.run(1000);
  t.ok(site.robot("r1").leaseMs > 0);
});

t.test("R10 task that ended long ago is still known by its name, over a restart too", async (t) => {
  const kept = 2;
  const site = new SiteUnderTest({ robots: 1 });
  site.hub = new Hub({ incarnation: "h1", site: site.site, ledger: replay(site.events, kept), dispatcher: () => [] });
  for (const task of ["old", "t1", "t2", "t3"]) {
    site.submit(task, ["C"]);
    site.ask({ kind: "cancelTask", act: ACT, task });
  }
  for (const start of [1, 2]) {
    t.equal(phase(site, "old"), undefined, "it is not listed any more");
    t.same(site.submit("old", ["C"]), { task: "old", existed: true }, `start ${start}`);
    t.equal(site.hub.state.ledger.open.size, 0);
    site.hub = new Hub({ incarnation: "h1", site: site.site, ledger: replay(site.events, kept), dispatcher: () => [] });
  }
  t.equal(site.bodies("taskAccepted").length, 4);
});
