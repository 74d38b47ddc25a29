// What the hub says of a halt it can prove: that the edge follows the order, and that the robot has been seen to stand
// since. A link that took the order, an older report and an older pose prove nothing.

import t from "tap";
import { robotViews } from "../../../hub/core/views.js";
import { ready, SiteUnderTest } from "./site-under-test.js";

const ACT = { operator: "ada", reason: "spill" };

function haltOf(site: SiteUnderTest, id = "r1"): string {
  return robotViews(site.hub.state, site.nowMs).find((view) => view.id === id)?.halt ?? "?";
}

const halt = (site: SiteUnderTest, robot = "r1") => site.ask({ kind: "halt", act: ACT, scope: { robot, fleet: "" } });

t.test("a halt is obeyed once the edge follows it and a later pose shows that it stands", (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  t.equal(haltOf(site), "", "none is imposed");
  site.robot("r1").speedMps = 0.8;
  site.run(400);
  halt(site);
  t.equal(haltOf(site), "not-delivered", "that its link took the order proves nothing");
  site.run(1500);
  t.equal(haltOf(site), "delivered", "it follows, and still moves");
  site.robot("r1").speedMps = 0;
  site.run(600);
  t.equal(haltOf(site), "obeyed");
  halt(site);
  t.equal(haltOf(site), "obeyed", "a second halt of the same asks for nothing new");
  site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } });
  t.equal(haltOf(site), "");
  t.end();
});

t.test("a pose from before the edge followed does not show that it obeys", (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  site.robot("r1").isTelling = false;
  halt(site);
  site.run(1000);
  t.equal(haltOf(site), "delivered", "it stood before, which says nothing of now");
  site.robot("r1").isTelling = true;
  site.run(600);
  t.equal(haltOf(site), "obeyed");
  site.robot("r1").isTelling = false;
  site.run(6000);
  t.equal(haltOf(site), "delivered", "nobody has seen it for longer than counts as fresh");
  t.end();
});

t.test("a robot without a link, or one that says nothing, has not got the halt", (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.robot("r1").isRenewing = false;
  site.disconnect("r2");
  site.ask({ kind: "halt", act: ACT, scope: { robot: "", fleet: "" } });
  site.run(2000);
  t.same([haltOf(site), haltOf(site, "r2")], ["not-delivered", "not-delivered"]);
  site.robot("r1").isRenewing = true;
  site.connect("r2");
  t.equal(haltOf(site, "r2"), "not-delivered");
  site.run(1500);
  t.same([haltOf(site), haltOf(site, "r2")], ["obeyed", "obeyed"]);
  t.end();
});

t.test("what an edge said on the stream before proves nothing of the process on the new one", (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  halt(site);
  site.run(1500);
  t.equal(haltOf(site), "obeyed");
  site.disconnect("r1");
  site.robot("r1").reboot();
  site.connect("r1");
  t.equal(haltOf(site), "not-delivered");
  site.run(2000);
  t.equal(haltOf(site), "obeyed");
  t.end();
});

t.test("a halt survives a restart of the hub, and is told anew", (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  halt(site);
  site.run(1500);
  site.restart();
  t.equal(haltOf(site), "", "not before the first order");
  site.connect("r1");
  t.equal(haltOf(site), "not-delivered");
  site.run(2000);
  t.equal(haltOf(site), "obeyed");
  t.end();
});
