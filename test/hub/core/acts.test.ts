// R4, R7, R10: what people ask: tasks that are one by name and contents, cancelled in every phase, ceilings that
// outlive the hub, and acts that demand operator, reason and what was seen.
import t from "tap";
import type { OperatorAsk } from "../../../proto/operator.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";

const SITE = { robot: "", fleet: "" } as const;

function submitting(over: Partial<Extract<OperatorAsk, { kind: "submitTask" }>> = {}): OperatorAsk {
  return { kind: "submitTask", act: ACT, task: "t1", stops: [{ destinations: ["C"] }], fleet: "", dwellMs: 0, ...over };
}

function cancel(site: SiteUnderTest, task: string): object {
  return site.ask({ kind: "cancelTask", act: ACT, task });
}

function phase(site: SiteUnderTest, task: string): string | undefined {
  return site.hub.state.ledger.tasks.get(task)?.phase;
}

/** A site with one robot that acts on C for task t1. */
function acting(): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["C"], ["D"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  return site;
}

t.test("every act without operator or reason is refused and leaves no event", async (t) => {
  const site = new SiteUnderTest();
  const acts: readonly OperatorAsk[] = [
    submitting(),
    { kind: "cancelTask", act: ACT, task: "t1" },
    { kind: "halt", act: ACT, scope: SITE },
    { kind: "setMode", act: ACT, scope: SITE, rung: "CONFIRM" },
    { kind: "clearMode", act: ACT, scope: SITE },
    { kind: "freePlace", act: ACT, place: "C", seen: "empty" },
    { kind: "stateAbsent", act: ACT, robot: "r1", seen: "workshop" },
  ];
  const count = site.events.length;
  for (const what of acts) {
    for (const act of [
      { operator: "", reason: "x" },
      { operator: "ada", reason: " " },
    ])
      t.match(site.ask({ ...what, act } as OperatorAsk), { code: "NO_ACT" }, what.kind);
    t.match(site.ask({ ...what, act: { operator: "r1", reason: "x" } } as OperatorAsk), { code: "WRONG_IDENTITY" });
  }
  t.equal(site.events.length, count);
});

t.test("R10 task of the same name and contents is one task, other contents are refused", async (t) => {
  const site = new SiteUnderTest();
  t.match(site.ask(submitting()), { task: "t1", existed: false });
  t.match(site.ask(submitting({ act: { operator: "bob", reason: "again" } })), { task: "t1", existed: true });
  for (const over of [
    { stops: [{ destinations: ["D"] }] },
    { stops: [{ destinations: ["C"] }, { destinations: ["C"] }] },
    { stops: [{ destinations: ["C", "D"] }] },
    { fleet: "pickers" },
    { dwellMs: 1 },
  ])
    t.match(site.ask(submitting(over)), { code: "TASK_DIFFERS" }, JSON.stringify(over));
  t.equal(site.bodies("taskAccepted").length, 1);
  site.restart();
  t.match(site.ask(submitting()), { task: "t1", existed: true }, "also for the next incarnation");
  cancel(site, "t1");
  t.match(site.ask(submitting()), { existed: true }, "and after it has ended");
  t.equal(site.bodies("taskAccepted").length, 1);
});

t.test("task without a name is given one that no other has", async (t) => {
  const site = new SiteUnderTest();
  const first = site.ask(submitting({ task: "" }));
  const second = site.ask(submitting({ task: "" }));
  t.match([first, second], [{ existed: false }, { existed: false }]);
  t.notSame(first, second);
});

t.test("R13 task that names what the site does not have, or too much, is refused", async (t) => {
  const site = new SiteUnderTest({
    change: (config) => ({
      ...config,
      limits: { ...config.limits, tasksWaiting: 2, stopsPerTask: 2, alternativesPerStop: 2 },
    }),
  });
  const stop = { destinations: ["C"] };
  t.match(site.ask(submitting({ stops: [] })), { code: "MALFORMED" });
  t.match(site.ask(submitting({ stops: [stop, stop, stop] })), { code: "MALFORMED" });
  t.match(site.ask(submitting({ stops: [{ destinations: [] }] })), { code: "MALFORMED" });
  t.match(site.ask(submitting({ stops: [{ destinations: ["A", "B", "C"] }] })), { code: "MALFORMED" });
  t.match(site.ask(submitting({ stops: [stop, { destinations: ["Z"] }] })), {
    code: "UNKNOWN_DESTINATION",
    message: 'cannot take task "t1": stop 2 names "Z", which the site does not have',
  });
  t.match(site.ask(submitting({ fleet: "ghosts" })), { code: "UNKNOWN_FLEET" });
  t.equal(site.bodies("taskAccepted").length, 0);
  site.ask(submitting({ task: "a" }));
  site.ask(submitting({ task: "b" }));
  t.match(site.ask(submitting({ task: "c" })), { code: "TOO_MANY" });
  t.match(site.ask(submitting({ task: "b" })), { existed: true }, "one that is there is no new one");
});

t.test("R13 ended tasks are remembered up to a limit", async (t) => {
  const site = new SiteUnderTest();
  for (let task = 0; task < 5000 + 5; task += 1) {
    site.submit(`x${task}`, ["C"]);
    cancel(site, `x${task}`);
  }
  t.equal(site.hub.state.ledger.tasks.size, 5000);
  t.equal(site.hub.state.ledger.counts.cancelled, 5000 + 5);
});

t.test("cancel of a waiting task ends it at once; of one that has ended or is unknown it says so", async (t) => {
  const site = new SiteUnderTest();
  site.submit("t1", ["C"]);
  t.match(cancel(site, "t1"), { phase: "CANCELLED" });
  t.match(cancel(site, "t1"), { phase: "CANCELLED" }, "again");
  t.match(cancel(site, "t9"), { code: "UNKNOWN_TASK" });
  t.equal(site.bodies("taskEnded").length, 1);
});

t.test("cancel of an active task asks the robot, and ends when it has let go", async (t) => {
  const site = acting();
  const r1 = site.robot("r1");
  r1.isObeying = false;
  t.match(cancel(site, "t1"), { phase: "ACTIVE" });
  site.run(2500);
  t.equal(r1.count("withdraw"), 3, "asked each second until it answers");
  t.equal(phase(site, "t1"), "ACTIVE");
  t.equal(site.holder("C"), "r1");
  r1.isObeying = true;
  site.run(1100);
  t.equal(phase(site, "t1"), "CANCELLED");
  t.match(site.bodies("assignmentEnded"), [{ end: "WITHDRAWN" }]);
  site.run(1500);
  t.equal(site.holder("C"), undefined, "it stands elsewhere");
});

t.test("cancel that comes too late does not undo an arrival", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  site.robot("r1").isObeying = false;
  cancel(site, "t1");
  site.say("r1", site.robot("r1").outcome("ARRIVED"));
  t.equal(phase(site, "t1"), "DONE");
  t.match(cancel(site, "t1"), { code: "TASK_ENDED" });
});

t.test("cancel between two stops ends the task at once", async (t) => {
  const site = acting();
  site.say("r1", site.robot("r1").outcome("ARRIVED"));
  t.equal(phase(site, "t1"), "ACTIVE");
  t.match(cancel(site, "t1"), { phase: "CANCELLED" });
});

t.test(
  "cancel while the robot is silent ends the task when the lease has certainly lapsed; the place stays taken",
  async (t) => {
    const site = acting();
    site.disconnect("r1");
    t.match(cancel(site, "t1"), { phase: "ACTIVE" });
    site.run(60_000, () => phase(site, "t1") === "CANCELLED");
    t.equal(phase(site, "t1"), "CANCELLED");
    t.ok(site.bodies("claimLapsed").length === 1);
    t.equal(site.holder("C"), "r1");
  },
);

t.test("cancel of a task whose grant never reached its robot ends it when the robot is back", async (t) => {
  for (const silentMs of [1000, 8000]) {
    const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
    const r1 = site.robot("r1");
    r1.isAnswering = false;
    site.submit("t1", ["C"]);
    site.script.want("r1", "C", "t1");
    site.run(600);
    site.disconnect("r1");
    cancel(site, "t1");
    site.run(silentMs);
    r1.isAnswering = true;
    site.connect("r1");
    site.run(5000);
    t.equal(phase(site, "t1"), "CANCELLED", `back after ${silentMs} ms`);
    t.same(r1.acting(), []);
  }
});

t.test("halt is taken at once, names who was told and who was not, and reaches every robot", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), "r1", "r2");
  t.match(site.ask({ kind: "halt", act: ACT, scope: SITE }), { told: ["r1", "r2"], notTold: ["r3"] });
  for (const id of ["r1", "r2"]) t.match(site.robot(id).order, { rung: "HALT", causes: [{ name: "operator" }] });
  site.connect("r3");
  t.match(site.robot("r3").order, { rung: "HALT" }, "told when it comes");
  site.run(1000);
  t.equal(site.robot("r1").leaseMs, 0, "R8: nothing is renewed");
  t.match(site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } }), { code: "NOTHING_TO_DO" });
  t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
  site.run(500);
  t.equal(site.robot("r1").order?.rung, "AUTONOMOUS");
});

t.test("ceilings of robot, fleet and site add up, survive a restart, and only lower", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const set = (scope: { readonly robot: string; readonly fleet: string }, rung: "REACTIVE_ONLY" | "CONFIRM") =>
    site.ask({ kind: "setMode", act: ACT, scope, rung });
  set({ robot: "r1", fleet: "" }, "CONFIRM");
  set({ robot: "", fleet: "pickers" }, "REACTIVE_ONLY");
  t.equal(site.robot("r1").order?.rung, "CONFIRM");
  t.equal(site.robot("r2").order?.rung, "REACTIVE_ONLY");
  const up = { kind: "setMode", act: ACT, scope: SITE, rung: "AUTONOMOUS" } as unknown as OperatorAsk;
  t.match(site.ask(up), { code: "NOT_LOWER" });
  for (const scope of [
    { robot: "r9", fleet: "" },
    { robot: "", fleet: "ghosts" },
  ])
    t.match(set(scope, "CONFIRM"), { code: /^UNKNOWN_/ });
  site.restart();
  ready(site, "r1", "r2");
  t.equal(site.robot("r1").order?.rung, "CONFIRM", "after a restart");
  t.equal(site.robot("r2").order?.rung, "REACTIVE_ONLY");
  site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } });
  site.run(500);
  t.equal(site.robot("r1").order?.rung, "REACTIVE_ONLY", "the fleet's stays");
});

t.test("R7 clearing lets robots let go of the latches that they reported, by name and with the act", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const cause = (name: string) => ({ name, rung: "HALT", detail: "" }) as const;
  const causes = [cause("bumper"), cause("lease-lapsed"), cause("something-else")];
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "HALT", causes });
  site.run(900);
  const late = [...causes, cause("emergency-stop")];
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "HALT", causes: late });
  const clear = () => site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } });
  t.match(clear(), { code: "NOTHING_TO_DO" }, "nobody can have read what was told within a second");
  site.run(100);
  t.same(clear(), {});
  t.match(site.robot("r1").last("clearLatches"), { causes: ["bumper"], operator: "ada", reason: "test" });
  t.match(site.bodies("ceilingCleared"), [{ robot: "r1", operator: "ada" }]);

  site.connect("r1", causes);
  t.match(clear(), { code: "NOTHING_TO_DO" }, "nor what a new link has told, whatever the one before it did");
  site.run(1000);
  t.same(clear(), {});
});

t.test("R4 robot is stated absent only when it is unlinked and its lease is over", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const state = () => site.ask({ kind: "stateAbsent", act: ACT, robot: "r1", seen: "in the workshop" });
  t.match(state(), { code: "NOTHING_TO_DO" });
  site.disconnect("r1");
  t.match(state(), { code: "LEASE_RUNNING" });
  site.run(site.waitMs + 100);
  t.match(state(), { code: "NOTHING_TO_DO" }, "its telemetry is still fresh: it is there");
  site.robot("r1").isTelling = false;
  site.run(6000);
  t.same(state(), {});
  t.match(site.ask({ kind: "stateAbsent", act: ACT, robot: "r9", seen: "x" }), { code: "UNKNOWN_ROBOT" });
  site.restart();
  t.equal(site.hub.state.ledger.absent.get("r1"), "in the workshop");
});
