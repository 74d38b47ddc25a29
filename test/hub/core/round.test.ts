// R1, R4: rounds of dispatch: what the dispatcher is shown, what becomes of its proposals, and what the hub claims by
// itself for robots that stand still.
import t from "tap";
import type { DispatchView } from "../../../hub/core/dispatch/view.js";
import { ready, SiteUnderTest } from "./site-under-test.js";

/** What a test reads of a view, taken while the view is of this instant. */
interface Shown extends Pick<DispatchView, "robots" | "tasks" | "homes"> {
  readonly holders: Readonly<Record<string, string | null>>;
  readonly conflicts: readonly string[];
}

function look(view: DispatchView): Shown {
  const ids = view.destinations.map(({ id }) => id);
  const pairs = ids.flatMap((a) => ids.map((b) => [a, b] as const));
  return {
    ...{ robots: view.robots, tasks: view.tasks, homes: view.homes },
    holders: Object.fromEntries(ids.map((id) => [id, view.holder(id)])),
    conflicts: pairs.filter(([a, b]) => view.conflicts(a, b)).map((pair) => pair.join("-")),
  };
}

/** A site that keeps what its dispatcher was shown last. */
function watched(count: number, linked = count): { readonly site: SiteUnderTest; readonly view: () => Shown } {
  let last: Shown | null = null;
  const site = new SiteUnderTest({
    robots: count,
    dispatcher: (view, nowMs) => {
      last = look(view);
      return site.script.dispatcher(view, nowMs);
    },
  });
  ready(site, ...["r1", "r2", "r3"].slice(0, linked));
  const view = () => {
    site.run(600);
    if (last === null) throw new Error("no round yet");
    return last;
  };
  return { site, view };
}

t.test("R4 robot that stands still on a place for 2 s is given the claim on it", async (t) => {
  const { site } = watched(1);
  const r1 = site.robot("r1");
  r1.speedMps = 0.3;
  r1.standAt({ xM: 3, yM: 2 });
  site.run(4000);
  t.equal(site.holder("H1"), undefined, "driving through is not holding");
  r1.speedMps = 0;
  site.run(1500);
  t.equal(site.holder("H1"), undefined);
  site.run(1500);
  t.equal(site.holder("H1"), "r1");
  t.match(site.bodies("claimed"), [{ purpose: "PARK", task: "", destination: "H1" }]);
  site.run(20_000);
  t.equal(site.bodies("claimed").length, 1, "once");
});

t.test("R1 proposals are only asked for: the second of two for one place loses", async (t) => {
  const { site } = watched(2);
  site.submit("t1", ["A"]);
  site.submit("t2", ["B"]);
  site.script.want("r1", "A", "t1");
  site.script.want("r2", "B", "t2");
  site.run(600);
  t.equal(site.holder("A"), "r1");
  t.equal(site.holder("B"), undefined, "A and B conflict");
  t.equal(site.hub.state.ledger.tasks.get("t2")?.phase, "WAITING");
});

t.test("the view shows what is free, busy and unavailable, and who is in the way", async (t) => {
  const { site, view } = watched(3);
  site.submit("t1", ["A"]);
  site.submit("t2", ["C", "D"], ["B"]);
  site.script.want("r1", "A", "t1");
  site.say("r3", { kind: "modeReport", sequence: 0, rung: "HALT", causes: [] });
  site.run(600);
  const shown = view();
  t.match(
    shown.robots.map((robot) => `${robot.id} ${robot.availability}`),
    ["r1 busy", "r2 free", "r3 unavailable"],
  );
  t.match(shown.robots[0]?.assignment, { purpose: "TASK", destination: "A" });
  t.same(
    shown.tasks.map((task) => [task.id, task.stop, task.robot]),
    [["t2", ["C", "D"], null]],
  );
  t.match(shown.holders, { A: "r1", B: "r1", C: null, D: null });
  t.same(shown.conflicts, ["A-B", "B-A"]);
  t.equal(shown.homes.get("r2"), "H2");
});

t.test("the view shows a robot of unknown place as blocker without a name", async (t) => {
  const { view } = watched(2, 1);
  const shown = view();
  t.match(shown.holders, { A: "", C: "", H1: "" });
  t.same(
    shown.robots.map((robot) => robot.id),
    ["r1"],
  );
});

t.test("task between two stops stays with the robot that carries it", async (t) => {
  const { site, view } = watched(2);
  site.submit("t1", ["C"], ["D"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  site.say("r1", site.robot("r1").outcome("ARRIVED"));
  t.match(view().tasks, [{ id: "t1", stop: ["D"], robot: "r1" }]);
  site.script.want("r2", "D", "t1");
  site.run(600);
  t.equal(site.holder("D"), undefined, "another robot does not get it");
});

t.test("R10 task of a robot that gave up goes back into the queue and fails after five times, once", async (t) => {
  const { site } = watched(1);
  site.submit("t1", ["C"]);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "WAITING", `attempt ${attempt}`);
    site.script.want("r1", "C", "t1");
    site.run(600);
    site.say("r1", site.robot("r1").outcome("FAILED"));
    site.run(600);
  }
  t.match(site.bodies("taskEnded"), [{ end: "END_FAILED", reason: "given up 5 times at stop 1" }]);
});

t.test(
  "R4 silent robot's task that was not begun goes to another; one under way waits; both places stay taken",
  async (t) => {
    const { site } = watched(3);
    site.submit("t1", ["C"]);
    site.submit("t2", ["H3"], ["D"]);
    site.script.want("r1", "C", "t1");
    site.script.want("r2", "H3", "t2");
    site.run(600);
    site.say("r2", site.robot("r2").outcome("ARRIVED"));
    site.script.want("r2", "D", "t2");
    site.run(600);
    for (const id of ["r1", "r2"]) {
      site.disconnect(id);
      site.robot(id).isTelling = false;
    }
    site.run(site.waitMs + 5000);
    t.equal(site.hub.state.ledger.tasks.get("t1")?.robot, "r1", "not at once: it may come back");
    site.run(6500);
    t.match(site.hub.state.ledger.tasks.get("t1"), { phase: "WAITING", robot: "" });
    t.match(site.hub.state.ledger.tasks.get("t2"), { phase: "ACTIVE", robot: "r2" }, "r2 carries the load");
    t.equal(site.holder("C"), "r1");
    t.equal(site.holder("D"), "r2");
    t.match(site.bodies("assignmentEnded").slice(-1), [{ end: "ABANDONED" }]);
  },
);

t.test(
  "R4 robot without a link keeps its task while it is heard, and its place when its task is given up",
  async (t) => {
    const { site } = watched(1);
    site.submit("t1", ["C"]);
    site.script.want("r1", "C", "t1");
    site.run(600);
    site.disconnect("r1");
    site.run(site.waitMs + 12_000);
    t.match(site.hub.state.ledger.tasks.get("t1"), { phase: "ACTIVE", robot: "r1" }, "it is not silent");
    site.run(60_000);
    t.match(site.bodies("assignmentEnded"), [{ end: "ABANDONED" }], "R6 without nonces its telemetry grows old");
    t.equal(site.holder("C"), "r1", "no position is fresh enough to show that it is elsewhere");
  },
);
