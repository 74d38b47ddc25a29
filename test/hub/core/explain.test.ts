// R14: what is told of a name, and how much of a long ledger is read for it.
import t from "tap";
import { type Explanation, SEARCHED_MOST, Story, stretchesOf, toAsk, withTold } from "../../../hub/core/explain.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import { ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";

function busySite(): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1", "r2");
  site.submit("t1", ["A"]);
  site.submit("t2", ["D"]);
  site.script.want("r1", "A", "t1");
  site.script.want("r2", "D", "t2");
  site.run(3000, () => site.bodies("claimed").length === 2);
  return site;
}

function told(site: SiteUnderTest, id: string, events: readonly LedgerEvent[] = site.events): Explanation | null {
  const story = new Story(site.hub.state, id);
  for (const event of events) story.take(event);
  return story.told({ read: { from: events[0]?.sequence ?? 1, to: events.length }, nowMs: site.nowMs });
}

t.test("R14 a task, a robot, a place, an assignment and a token are told by their events", async (t) => {
  const site = busySite();
  const claim = site.bodies("claimed").find(({ task }) => task === "t1");
  if (claim === undefined) throw new Error("nothing was claimed");
  const kinds = (id: string) => told(site, id)?.events.map(({ body }) => body.kind);
  t.match(told(site, "t1"), { kind: "task", lines: [/^ACTIVE, stop 1 of 1/, /A/] });
  t.same(kinds("t1"), ["taskAccepted", "claimed"]);
  t.match(told(site, claim.robot), { kind: "robot" });
  t.ok(kinds(claim.robot)?.includes("claimed"));
  t.match(told(site, "A"), { kind: "place", lines: [/./] });
  t.match(told(site, claim.assignment), { kind: "assignment" });
  t.match(told(site, `${claim.token.epoch}.${claim.token.counter}`), { kind: "token" });
  t.equal(told(site, "nobody"), null);
  site.ask({ kind: "cancelTask", act: { operator: "ada", reason: "enough" }, task: "t1" });
  site.run(500);
  t.ok(kinds("t1")?.includes("cancelAsked"));
  t.ok(kinds("t1")?.includes("assignmentEnded"), "events that only carry its token");
});

t.test("R14 a decision is told by the robot that made it, under any start that the hub knows", async (t) => {
  const site = new SiteUnderTest({ robots: 2 });
  site.robot("r2").boot = "b2";
  ready(site, "r1", "r2");
  t.match(told(site, "d-b2-17"), {
    kind: "decision",
    lines: [
      "a decision of r2, which keeps its record itself: on its board, drover-edge explain d-b2-17 --data-dir DIR",
    ],
  });
  for (const other of ["d-b3-17", "d-b2", "b2-17", "d-b2-x"]) t.equal(told(site, other), null, other);
});

t.test("R13 a story is read from where it began, and of a long ledger only the newest part", async (t) => {
  const site = busySite();
  const { state } = site.hub;
  const order = state.ledger.tasks.get("t2")?.order ?? 0;
  t.same(stretchesOf(state, "t2", 50), [{ from: order, to: 50 }]);
  t.same(stretchesOf(state, "t2", 5_000_000), [{ from: order, to: order + SEARCHED_MOST - 1 }]);
  t.same(stretchesOf(state, "r1", 700), [{ from: 1, to: 700 }]);
  t.same(
    stretchesOf(state, "r1", 5_000_000).map(({ from, to }) => [to - from + 1, to]),
    [
      [2000, 5_000_000],
      [SEARCHED_MOST, 5_000_000],
    ],
  );
  const claim = [...state.ledger.claims.values()].find(({ task }) => task === "t2");
  const late = site.events.at(-1);
  if (claim === undefined || late === undefined) throw new Error("nothing was claimed");
  const arrived: LedgerEvent = {
    ...late,
    sequence: 900_000,
    body: { kind: "arrived", token: claim.token, outcome: "o-1" },
  };
  for (const id of ["t2", claim.robot, claim.destination, claim.assignment])
    t.same(told(site, id, [arrived])?.events, [arrived], `${id}: a claim that still stands is known without its event`);
  t.match(told(site, "r1", [arrived])?.lines.at(-1), /^told by events 900000 to/);
});

t.test("R13 a story keeps its newest events, and says when it is whole", async (t) => {
  const site = busySite();
  const seen = (sequence: number): LedgerEvent => {
    const body = { kind: "robotEnrolled", robot: "r1" } as const;
    return { sequence, schema: 1, epoch: 1, hubMs: 1, wallMs: 1, body };
  };
  const story = new Story(site.hub.state, "r1");
  for (let sequence = 1; sequence <= 1000; sequence += 1) {
    story.take(seen(sequence));
    if (sequence === 199) t.notOk(story.isWhole);
  }
  t.ok(story.isWhole);
  const events = story.told({ read: { from: 1, to: 1000 }, nowMs: 0 })?.events ?? [];
  t.same([events.length, events[0]?.sequence, events.at(-1)?.sequence], [200, 801, 1000]);
});

t.test("R14 a task that ended long ago is still known to have been one", async (t) => {
  const site = busySite();
  site.hub.state.ledger.endedIds.add("t-old");
  t.match(told(site, "t-old"), { kind: "task", lines: ["it has ended, long ago"], events: [] });
});

t.test(
  "R14 a robot with a link is asked about its decisions and its rung, and what it tells takes their place",
  async (t) => {
    const site = new SiteUnderTest({ robots: 2 });
    site.robot("r2").boot = "b2";
    ready(site, "r1", "r2");
    site.say("r2", {
      kind: "modeReport",
      sequence: 0,
      rung: "HALT",
      causes: [{ name: "bumper", rung: "HALT", detail: "touched" }],
    });
    const decision = told(site, "d-b2-17");
    const robot = told(site, "r2");
    const place = told(site, "A");
    if (decision === null || robot === null || place === null) throw new Error("nothing is told");
    const { state } = site.hub;
    t.same(toAsk(state, decision, "d-b2-17"), { robot: "r2", id: "d-b2-17" });
    t.same(toAsk(state, robot, "r2"), { robot: "r2", id: "" });
    t.equal(toAsk(state, place, "A"), null);
    const [event] = site.events;
    const events = event === undefined ? [] : [event];
    t.match(withTold(decision, { known: true, lines: ["it drove"] }, events), { lines: ["it drove"], events });
    t.match(withTold(decision, { known: false, lines: ["not known"] }, []).lines, [
      /^a decision of r2/,
      /says: not known$/,
    ]);
    const both = withTold(robot, { known: true, lines: ["HALT by bumper, not yet clear"] }, []);
    t.match(robot.lines.at(-1), /^HALT by bumper, found by its edge, told for .*: touched; clears by a person/);
    t.same(both.lines, [...robot.lines.slice(0, -1), "HALT by bumper, not yet clear"]);
    t.same(
      both.lines,
      both.facts.map(({ says }) => says),
    );
    site.disconnect("r2");
    t.equal(toAsk(state, decision, "d-b2-17"), null, "without a link nobody is asked");
  },
);

t.test("an active task tells why this robot and not another, and what people have asked of it", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 2, dispatcher: realDispatcher }), "r1", "r2");
  const act = { operator: "ada", reason: "new wheels" };
  site.ask({ kind: "drainRobot", act, robot: "r2" });
  for (const robot of site.robots.values()) {
    const held = [...robot.holdings.values()].find((one) => !one.arrived);
    const place = site.site.destinations.get(held?.destination ?? "");
    if (place === undefined) continue;
    robot.standAt(place);
    site.run(400);
    site.say(robot.id, robot.outcome("ARRIVED"));
  }
  const asked = { stops: [{ destinations: ["C", "D"] }], fleet: "", dwellMs: 0, priority: 8, deadlineMs: 600_000 };
  site.ask({ kind: "submitTask", act, task: "t1", ...asked });
  site.run(10_000, () => site.hub.state.ledger.tasks.get("t1")?.phase === "ACTIVE");
  const lines = told(site, "t1")?.lines.join("\n") ?? "";
  t.equal(lines.match(/new wheels/g)?.length, 1, "each fact once, whether the ledger has it or it stands now");
  t.match(lines, /^priority 8, to be done within 600 s of acceptance/m);
  t.match(lines, /^r1 was the best of 2 robots: [0-9.]+ m away, its waiting counted for 18\d s$/m);
  t.match(lines, /^not r2, then and now: r2 is drained by ada: new wheels$/m);
  t.match(lines, /^not to D: [0-9.]+ m further$/m);
  site.ask({ kind: "pauseTask", act, task: "t1" });
  site.run(1000);
  const after = told(site, "t1")?.lines.join("\n") ?? "";
  t.match(after, /^paused by ada: new wheels$/m);
  t.equal(after.match(/paused/g)?.length, 1, "of the task, and not of every robot");
  t.notMatch(after, /was the best/, "no robot has it now");
});
