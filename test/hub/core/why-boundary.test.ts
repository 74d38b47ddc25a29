// R14: explain knows what keeps the hub from giving at all: the site's boundary, and after a start the robots that
// nobody has heard (D4). Compared on random walks with what is given, and what is taken at a person's word.
import t from "tap";
import type { Fact } from "../../../hub/core/why/fact.js";
import { ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";
import { factsOf, narrowed, ROBOTS, walkGrants, walkWords } from "./why-walk.js";

const says = (facts: readonly Fact[], code: string) => facts.filter((f) => f.code === code).map((f) => f.says);

t.test(
  "R14 what explain says of a boundary of poses is what the grant decision finds, over restarts too",
  async (t) => {
    const boundary = { taskGrant: { telemetryMs: 400 }, idleMove: { poseErrorM: 0.01 } };
    const { ready, blocked, never } = walkGrants(t, { seeds: [11, 1999], restartEach: 40, boundary });
    t.ok(ready > 30 && blocked > 100, `${ready} grants and ${blocked} refusals were foretold`);
    t.ok((never.PLACE_UNKNOWN ?? 0) > 20, "D4 was told of robots and of the site");
    t.ok((never.ROBOT_STALE ?? 0) > 20, "and so were poses that the rules would take");
  },
);

t.test("R14 where the boundary gives no task by itself, explain promises none", async (t) => {
  const { ready, blocked, never } = walkGrants(t, { seeds: [5], boundary: { taskGrant: { autonomous: "never" } } });
  t.equal(ready, 0);
  t.ok(blocked > 100 && (never.NOT_PERMITTED ?? 0) > blocked / 2, `${never.NOT_PERMITTED} of ${blocked}`);
});

t.test("R4 R14 what the boundary or the rules let nobody state is told so, over restarts too", async (t) => {
  const stated = { autonomous: "never", confirm: "never" };
  for (const boundary of [{}, { freePlace: stated, stateAbsent: { reactiveOnly: "never" } }, { stateAbsent: stated }]) {
    const seen = walkWords(t, { seeds: [8, 88], restartEach: 15, boundary });
    t.ok(Math.min(seen.free, seen.not, seen.stays, seen.unheard) > 10, JSON.stringify(seen));
    t.equal(seen.absent === 0, "stateAbsent" in boundary && boundary.stateAbsent === stated, `${seen.absent}`);
  }
});

t.test("R4 R14 who is not heard is told to a task, a robot, a place and the site, until a person's word", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3, dispatcher: realDispatcher }), "r1");
  site.submit("t1", ["A", "C"]);
  site.run(3000);
  t.same(site.bodies("claimed"), [], "nothing is given");
  const unheard = "r2 and r3 have not been heard and may stand anywhere";
  const word = "before each is heard, or stated absent: drover robot absent ROBOT --seen TEXT --reason TEXT";
  for (const id of ["t1", "r1", "r2", "site"])
    t.ok(says(factsOf(site, id), "PLACE_UNKNOWN").includes(`${unheard}: no place is given ${word}`), id);
  t.same(says(factsOf(site, "A"), "PLACE_UNKNOWN"), [`${unheard}: A is given to nobody ${word}`]);
  t.same(says(factsOf(site, "r1"), "READY"), []);
  const act = { operator: "ada", reason: "seen" };
  for (const robot of ["r2", "r3"]) site.ask({ kind: "stateAbsent", act, robot, seen: "in the workshop" });
  t.same(says(factsOf(site, "site"), "FREE"), ["nothing holds the site as a whole"]);
  t.match(says(factsOf(site, "r1"), "READY"), [/may be given work/]);
  t.ok(site.run(3000, () => site.bodies("claimed").length > 0));
});

t.test("R4 R14 a place that people have looked at is told to be the one that may be given", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1");
  site.ask({ kind: "freePlace", act: { operator: "ada", reason: "t1" }, place: "C", seen: "an empty floor" });
  t.match(says(factsOf(site, "site"), "PLACE_UNKNOWN"), [/^r2 has not .*: no place is given but C before it is heard/]);
  t.same(says(factsOf(site, "C"), "PLACE_UNKNOWN"), []);
  t.match(says(factsOf(site, "C"), "FREE"), ["C is free"]);
  t.equal(says(factsOf(site, "r1"), "READY").length, 1);
});

t.test("R14 what the boundary leaves to nobody, or to a better pose, is told everywhere with its code", async (t) => {
  const boundary = { taskGrant: { autonomous: "never" }, idleMove: { poseErrorM: 0.02 } };
  const site = ready(new SiteUnderTest({ robots: 3, change: narrowed(boundary) }), ...ROBOTS);
  site.submit("t1", ["A"]);
  const closed = "no task is given: the site's boundary has taskGrant never in AUTONOMOUS (drover boundary show FILE)";
  for (const id of ["t1", "A", "site"]) t.same(says(factsOf(site, id), "NOT_PERMITTED"), [closed], id);
  t.same(says(factsOf(site, "t1"), "READY"), []);
  t.match(factsOf(site, "r1"), [
    { code: "RUNG" },
    { code: "NOT_PERMITTED", says: "r1 is given no task: the site's boundary has taskGrant never in AUTONOMOUS" },
    { code: "ROBOT_STALE", says: /^r1 is not sent to park .* wants a pose within 0\.02 m, and it is within 0\.05 m$/ },
  ]);
  t.equal(says(factsOf(site, "site"), "ROBOT_STALE").length, 3);
});
