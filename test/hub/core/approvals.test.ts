// R8: an approval is good for one movement, and is over as soon as it is not certainly what was approved.

import t from "tap";
import { moves } from "../../edge/core/edge-under-test.js";
import { answer, asked, BOB, R1, rungOf } from "./approving.js";
import { EdgeOnSite } from "./edge-on-site.js";
import { ACT, ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";

const SITE = { robot: "", fleet: "" } as const;

const approvalOf = (site: SiteUnderTest) => site.hub.state.watches.get("r1")?.approval ?? null;
/** r1 is held in CONFIRM and on its way to C by an approval; its task has `stops`. */
function moving(...stops: readonly (readonly string[])[]): SiteUnderTest {
  const site = new SiteUnderTest({ robots: 1, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  site.submit("t1", ...(stops.length > 0 ? stops : [["C"]]));
  ready(site, "r1").run(5000);
  answer(site);
  site.run(2000);
  if (site.bodies("claimed").length !== 1) throw new Error("not moving");
  return site;
}

/** r1 carries its load: it has come to C and is on its way to D by a second approval. */
function carrying(): SiteUnderTest {
  const site = moving(["C"], ["D"]);
  site.robot("r1").standAt({ xM: 15, yM: 10 });
  site.say("r1", site.robot("r1").outcome("ARRIVED"));
  site.run(10_000);
  answer(site);
  site.run(3000);
  if (site.bodies("claimed").length !== 2) throw new Error("not carrying");
  return site;
}

t.test("R8 approval is over with its link, also when the next stream comes before the end of the first", (t) => {
  const site = moving();
  site.connect("r1"); // a half-open stream is superseded: the usual way in which a link is lost
  site.run(50);
  t.equal(approvalOf(site), null);
  t.equal(rungOf(site), "CONFIRM");
  t.end();
});

t.test("R8 approval is over with its link, also when it closes and opens between two ticks", (t) => {
  const site = moving();
  site.disconnect("r1");
  site.connect("r1");
  site.run(50);
  t.equal(approvalOf(site), null);
  t.equal(rungOf(site), "CONFIRM");
  t.end();
});

t.test("R8 edge that starts anew in the middle of an approved movement needs another approval", (t) => {
  const site = carrying();
  const robot = site.robot("r1");
  robot.reboot();
  site.connect("r1");
  site.run(30_000);
  t.equal(site.bodies("claimed").length, 2, "nothing is given again");
  t.equal(robot.leaseMs, 0, "and no lease");
  t.end();
});

t.test("R8 approval is over with a HALT, and its clearing moves nothing", (t) => {
  for (const make of [moving, carrying]) {
    const site = make();
    const before = site.bodies("claimed").length;
    site.ask({ kind: "halt", act: BOB, scope: SITE });
    site.run(make === moving ? 8000 : 300_000);
    t.equal(site.robot("r1").leaseMs, 0);
    site.ask({ kind: "clearMode", act: ACT, scope: SITE });
    site.run(3000);
    t.equal(site.bodies("claimed").length, before, `${make.name}: bob still holds it in CONFIRM`);
    t.equal(site.robot("r1").leaseMs, 0, `${make.name}: no lease`);
    t.equal(rungOf(site), "CONFIRM");
  }
  t.end();
});

t.test("R8 approval is over with a ceiling of REACTIVE_ONLY that comes and goes", (t) => {
  const site = moving();
  site.ask({ kind: "setMode", act: BOB, scope: SITE, rung: "REACTIVE_ONLY" });
  site.run(1000);
  site.ask({ kind: "clearMode", act: ACT, scope: SITE });
  site.run(1000);
  t.equal(rungOf(site), "CONFIRM");
  t.end();
});

t.test("R8 approval is over when the store was rolled back, and people clear that", (t) => {
  const site = carrying();
  const robot = site.robot("r1");
  robot.highestToken = { epoch: 1, counter: 99 };
  site.connect("r1");
  site.run(20_000);
  const before = site.bodies("claimed").length;
  t.equal(rungOf(site), "CONFIRM");
  site.ask({ kind: "clearMode", act: ACT, scope: SITE });
  site.run(10_000);
  t.equal(site.bodies("claimed").length, before);
  t.equal(rungOf(site), "CONFIRM");
  t.end();
});

t.test("R8 movement whose claim has lapsed in its middle is another movement: it stood for long", (t) => {
  const site = carrying();
  const robot = site.robot("r1");
  robot.isRenewing = false;
  robot.isTelling = false;
  site.run(120_000); // deep in CONFIRM by its telemetry too
  t.equal(robot.leaseMs > 0, true, "it does not know");
  robot.isRenewing = true;
  robot.isTelling = true;
  site.run(60_000);
  t.equal(site.bodies("claimed").length, 2);
  t.equal(rungOf(site), "CONFIRM");
  t.end();
});

t.test("R8 approval of a movement that goes on has as little time to begin as any other", (t) => {
  const site = carrying();
  const robot = site.robot("r1");
  site.ask({ kind: "setMode", act: BOB, scope: SITE, rung: "CONFIRM" }); // ends the second approval
  site.run(20_000);
  robot.isRenewing = false;
  answer(site);
  site.run(17_000);
  t.equal(rungOf(site), "CONFIRM", "it did not take its lease");
  robot.isRenewing = true;
  site.run(5000);
  t.equal(site.bodies("claimed").length, 2);
  t.end();
});

t.test("R8 approval of a movement whose place is taken does not wait for minutes until that is free", (t) => {
  const site = new SiteUnderTest({ robots: 2, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  site.ask({ kind: "drainRobot", act: BOB, robot: "r2" });
  site.submit("t1", ["C"], ["D"]);
  ready(site, "r1", "r2").run(5000);
  answer(site);
  site.run(3000);
  site.robot("r1").standAt({ xM: 15, yM: 10 });
  site.say("r1", site.robot("r1").outcome("ARRIVED"));
  site.run(10_000);
  answer(site);
  site.run(3000);
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  site.run(20_000);
  site.robot("r2").standAt({ xM: 21, yM: 10 }); // on D
  site.run(5000);
  const before = site.bodies("claimed").filter(({ robot }) => robot === "r1").length;
  if (asked(site).length === 0) return t.end(); // not asked is right as well
  answer(site);
  site.run(300_000);
  site.robot("r2").standAt({ xM: 10, yM: 6 });
  site.run(10_000);
  t.equal(site.bodies("claimed").filter(({ robot }) => robot === "r1").length, before);
  return t.end();
});

t.test("R8 real edge that was halted, or had another link, in an approved movement commands nothing after it", (t) => {
  for (const how of ["link", "halt"] as const) {
    const both = new EdgeOnSite();
    const { edge, site } = both;
    site.submit("t1", ["P2"]);
    site.script.want("r1", "P2", "t1");
    both.run(10_000, () => edge.base.speedMps > 0.5);
    site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
    both.run(20_000, () => asked(site).length > 0 && edge.leaseEndMs < edge.nowMs);
    answer(site);
    t.ok(
      both.run(10_000, () => edge.base.speedMps > 0.2),
      "it is on its way",
    );
    if (how === "link") {
      edge.step({ kind: "linkClosed", reason: "the network blinks" });
      both.open();
    } else {
      site.ask({ kind: "halt", act: BOB, scope: SITE });
      both.run(8000);
      t.equal(edge.base.speedMps, 0);
      site.ask({ kind: "clearMode", act: ACT, scope: SITE });
    }
    both.run(5000); // whatever lease there was is over
    const overMs = edge.nowMs;
    both.run(4000);
    t.notOk(edge.commands(overMs).some(moves), how);
    t.notOk(
      edge.sent("outcome").some(({ result }) => result === "ARRIVED"),
      how,
    );
  }
  t.end();
});

t.test("R13 approval is over after ten minutes, however long the way is", (t) => {
  const site = moving();
  site.run(590_000);
  t.equal(rungOf(site), "AUTONOMOUS");
  site.run(10_000);
  t.equal(rungOf(site), "CONFIRM");
  t.end();
});
