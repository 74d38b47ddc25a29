// What is a question: a lapsed place whose robot is there, or on its way under it, is none while its hub hears it.
import t from "tap";
import { decisionViews } from "../../../hub/core/questions.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";

const types = (site: SiteUnderTest) =>
  decisionViews(site.hub.state, site.nowMs).map(({ type, subject }) => `${type} ${subject}`);

/** r1 has been given C, and has fallen to CONFIRM for long enough that its claim has lapsed. */
function fallen(where: { readonly isThere: boolean }): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1", "r2");
  const robot = site.robot("r1");
  site.submit("t0", ["D"], ["C"]);
  site.script.want("r1", "D", "t0");
  site.run(600);
  robot.standAt({ xM: 21, yM: 10 });
  site.run(400);
  site.say("r1", robot.outcome("ARRIVED"));
  site.run(200);
  site.script.want("r1", "C", "t0");
  site.run(600);
  robot.standAt(where.isThere ? { xM: 15, yM: 10 } : { xM: 18, yM: 6 });
  site.run(400);
  if (where.isThere) site.say("r1", robot.outcome("ARRIVED"));
  robot.rung = "CONFIRM";
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "CONFIRM", causes: [] });
  site.run(site.waitMs + 5000);
  t.match(site.hub.state.ledger.byDestination.get("C"), {
    robot: "r1",
    lapsed: true,
    phase: where.isThere ? "standing" : "assigned",
  });
  return site;
}

t.test("R12 nobody is asked to free a place on which its robot stands, linked and heard", async (t) => {
  const site = fallen({ isThere: true });
  site.run(10_000);
  t.same(types(site), []);
});

t.test("R12 nor one to which a robot that carries its load is on its way", async (t) => {
  const site = fallen({ isThere: false });
  site.run(20_000);
  t.same(types(site), []);
  t.equal(site.holder("C"), "r1");
});

t.test("R4 silence is asked about, where the robot was last seen is no matter", async (t) => {
  for (const isThere of [true, false]) {
    const site = fallen({ isThere });
    site.robot("r1").isTelling = false;
    site.run(10_000);
    t.same(types(site), ["free C"], "linked, and not heard");
    site.robot("r1").isTelling = true;
    site.run(5000);
    t.same(types(site), [], "heard again");
    site.disconnect("r1");
    site.run(4000);
    t.match(types(site), isThere ? ["free C"] : ["free C", "outcome t0"], "heard, and not linked");
  }
});

t.test("R4 so is a robot that is elsewhere while nothing has freed its place", async (t) => {
  const site = fallen({ isThere: true });
  const watch = site.hub.state.watches.get("r1");
  if (watch === undefined) throw new Error("no watch of r1");
  watch.quietUntilMs = site.nowMs + 60_000; // a process before this one may still act
  site.robot("r1").standAt({ xM: 6, yM: 6 });
  site.run(4000);
  t.same(types(site), ["free C"]);
  watch.quietUntilMs = 0;
  site.run(4000);
  t.same(types(site), [], "freed by what is seen");
  t.match(site.bodies("claimFreed").at(-1), { exit: "SEEN_ELSEWHERE" });
});

t.test("R4 a person may state by hand what nobody asked", async (t) => {
  const site = fallen({ isThere: false });
  t.same(types(site), []);
  const found = site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "an empty floor" });
  t.notOk("code" in found, JSON.stringify(found));
  t.equal(site.holder("C"), undefined);
});

t.test("R4 place of a robot that stands far from it for good, linked, has people asked", (t) => {
  const site = new SiteUnderTest({ robots: 2 });
  site.submit("t1", ["C"], ["D"]);
  site.script.want("r1", "C", "t1");
  ready(site, "r1", "r2").run(3000);
  const robot = site.robot("r1");
  robot.standAt({ xM: 15, yM: 10 });
  site.say("r1", robot.outcome("ARRIVED"));
  site.run(1000);
  site.script.want("r1", "D", "t1");
  site.run(3000);
  robot.standAt({ xM: 9, yM: 6 }); // on its way, 12 m from D, with the load of t1
  robot.rung = "CONFIRM"; // its lidar is dead: only repair clears that
  site.say("r1", {
    kind: "modeReport",
    sequence: 0,
    rung: "CONFIRM",
    causes: [{ name: "sensor-stale", rung: "CONFIRM", detail: "scan" }],
  });
  site.run(5 * 60_000);
  t.equal(site.holder("D"), "r1");
  t.ok(site.hub.state.ledger.byDestination.get("D")?.lapsed);
  t.not(decisionViews(site.hub.state, site.nowMs).length, 0, "somebody is asked about D");
  t.end();
});
