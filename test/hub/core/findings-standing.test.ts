// What fresh eyes broke about places (R1, R3, R4), and about what people may not have read (R12), one test each.
import t from "tap";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";
import type { StubRobot } from "./stub-robot.js";

/** The destination of this name, changed. */
function changed(id: string, change: Readonly<Record<string, unknown>>) {
  return (config: SiteUnderTest["site"]["config"]) => ({
    ...config,
    destinations: config.destinations.map((place) => (place.id === id ? { ...place, ...change } : place)),
  });
}

/** Gives this robot of another site the holdings and the highest token of its like. */
function same(from: StubRobot, to: StubRobot): StubRobot {
  for (const [key, held] of from.holdings) to.holdings.set(key, { ...held });
  to.highestToken = from.highestToken;
  return to;
}

t.test("R4 robot that drives on under a claim that had lapsed rolls too when it lets go", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.submit("job", ["C"]);
  site.script.want("r1", "C", "job");
  site.run(600);
  const robot = site.robot("r1");
  site.disconnect("r1");
  robot.isTelling = false;
  site.run(site.waitMs + 500);
  t.match(site.hub.state.ledger.byDestination.get("C"), { robot: "r1", lapsed: true, phase: "assigned" });
  robot.rung = "REACTIVE_ONLY"; // it is given nothing anew, and goes on with what it has
  robot.standAt({ xM: 12, yM: 10 });
  robot.speedMps = 2;
  robot.isTelling = true;
  site.connect("r1");
  site.run(1000);
  t.ok(robot.leaseMs > 0);
  site.ask({ kind: "cancelTask", act: ACT, task: "job" });
  t.ok(site.run(3000, () => site.bodies("assignmentEnded").length > 0));
  const endedMs = site.nowMs;
  t.ok(site.run(5000, () => site.holder("C") === undefined));
  const { deadmanMs, brakingMs } = site.site.config.lease;
  t.ok(site.nowMs - endedMs >= deadmanMs + brakingMs, `freed after ${site.nowMs - endedMs} ms`);
});

t.test("R3 what a second process was given anew after a restart of the hub waits for the first one too", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const robot = site.robot("r1");
  site.script.want("r1", "C");
  site.run(600);
  site.restart(100);
  const { restartUntilMs } = site.hub.state;
  robot.stream = null;
  robot.boot = "second";
  for (const id of ["r1", "r2"]) site.connect(id);
  site.run(600);
  site.say("r1", robot.outcome("RELEASED"));
  site.script.want("r1", "C");
  site.run(600);
  site.say("r1", robot.outcome("RELEASED"));
  t.ok(site.run(20_000, () => site.holder("C") === undefined));
  t.ok(site.nowMs >= restartUntilMs, `freed at ${site.nowMs}, the first one may act until ${restartUntilMs}`);
});

t.test(
  "R1 robot that is silent may stand on any place that it can have reached, and so holds its neighbours",
  async (t) => {
    for (const silent of [true, false]) {
      const site = ready(new SiteUnderTest(), "r1", "r2");
      const robot = site.robot("r2");
      robot.standAt({ xM: 16.5, yM: 10 }); // B is 7.5 m away, A, with which it is in conflict, 13.5 m
      robot.speedMps = 2;
      site.run(1000);
      if (silent) site.disconnect("r2");
      robot.isTelling = !silent;
      site.run(60_000);
      site.script.want("r1", "A");
      site.run(1000);
      t.equal(site.holder("A"), silent ? undefined : "r1", silent ? "it may be on B" : "it is not");
    }
  },
);

t.test("R1 of two robots on their way to places that a new site file puts in conflict one lets go", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.submit("late", ["D"]);
  site.script.want("r1", "C");
  site.run(600);
  site.script.want("r2", "D", "late");
  site.run(600);
  const again = new SiteUnderTest({
    events: site.events,
    change: changed("C", { conflictsWith: ["D"] }),
    isInConflict: true,
  });
  t.match(again.bodies("assignmentEnded"), [{ token: { epoch: 1, counter: 2 }, end: "ABANDONED", reason: /conflict/ }]);
  t.match(again.hub.state.ledger.tasks.get("late"), { phase: "WAITING" });
  const robots = ["r1", "r2"].map((id) => same(site.robot(id), again.robot(id)));
  for (const { id } of robots) again.connect(id);
  again.run(10_000);
  t.same(
    robots.map((robot) => robot.acting().length),
    [1, 0],
    "the later one acts on nothing",
  );
});

t.test("R1 robot on its way to a place that a new site file puts in conflict with a held one lets go", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.script.want("r1", "D");
  site.run(600);
  site.script.want("r2", "C");
  site.run(600);
  site.robot("r2").standAt({ xM: 15, yM: 10 });
  site.run(400);
  site.say("r2", site.robot("r2").outcome("ARRIVED")); // it stands on C, though it was given it later
  const change = changed("C", { conflictsWith: ["D"] });
  const again = new SiteUnderTest({ events: site.events, change, isInConflict: true });
  t.equal(again.bodies("assignmentEnded").length, 2);
  t.match(again.bodies("assignmentEnded").at(-1), { token: { counter: 1 }, end: "ABANDONED", reason: /conflict/ });
});

t.test("R3 place that gets another name is given only when what was done under the old one is over", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.script.want("r1", "C");
  site.run(600);
  const again = new SiteUnderTest({ events: site.events, change: changed("C", { id: "C2" }) });
  const startedMs = again.nowMs;
  const robot = same(site.robot("r1"), again.robot("r1"));
  robot.standAt({ xM: 6, yM: 10 });
  for (const id of ["r1", "r2"]) again.connect(id);
  const wants = () => {
    again.script.want("r2", "C2");
    return again.holder("C2") === "r2";
  };
  t.ok(again.run(20_000, wants));
  const tookMs = again.nowMs - startedMs;
  t.ok(tookMs >= again.waitMs && tookMs < again.waitMs + 1000, `after ${tookMs} ms, W is ${again.waitMs}`);
});

t.test("R3 nonce of another hub that is told for ever is no lease for ever", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.script.want("r1", "C");
  site.run(600);
  site.disconnect("r1");
  const robot = site.robot("r1");
  robot.isTelling = false;
  const told = { ...robot.pose(site.nowMs), hubNonce: 77, elapsedMs: 100 }; // the base is silent: always the same pose
  for (let seconds = 0; seconds < 30; seconds += 1) {
    site.step({ kind: "telemetry", sample: { ...told, sequence: told.sequence + seconds } });
    site.run(1000);
  }
  t.same(site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "it is empty" }), {});
});

t.test("R12 clearing opens no latch that was found too late for the person to have read of it", async (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  const report = (...names: readonly string[]) =>
    site.say("r1", {
      ...{ kind: "modeReport", sequence: 0, rung: "HALT" },
      causes: names.map((name) => ({ name, rung: "HALT", detail: "" })),
    });
  const clear = () => site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } });
  report("emergency-stop");
  site.run(1000);
  report("emergency-stop", "bumper"); // while somebody types, somebody runs into it
  site.run(50);
  t.same(clear(), {});
  t.same(site.robot("r1").last("clearLatches")?.causes, ["emergency-stop"]);
  site.run(1000);
  t.same(clear(), {});
  t.same(site.robot("r1").last("clearLatches")?.causes, ["emergency-stop", "bumper"]);
});

t.test("R13 task without a name gets one that no task has", async (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  const next = (more: number) => `t1-${site.hub.state.ledger.events + more}`;
  for (const name of [next(2), next(3)]) t.match(site.submit(name, ["C"]), { task: name });
  const answer = site.submit("", ["C"]);
  t.match(answer, { existed: false });
  t.equal(site.bodies("taskAccepted").length, 3);
});
