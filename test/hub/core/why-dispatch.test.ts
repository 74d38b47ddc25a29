// R14: explain also tells what dispatch alone weighs, where the grant decision would take a robot and dispatch would
// not.
import t from "tap";
import { Story } from "../../../hub/core/explain.js";
import type { Dispatcher } from "../../../hub/core/round.js";
import { ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";

const ROBOTS = ["r1", "r2", "r3"];

function factsOf(site: SiteUnderTest, id: string) {
  const story = new Story(site.hub.state, id);
  for (const event of site.events) story.take(event);
  return story.told({ read: { from: 1, to: site.events.length }, nowMs: site.nowMs })?.facts ?? [];
}

/** The first code that is told of each robot. */
function codesOf(site: SiteUnderTest, task: string): readonly (string | undefined)[] {
  const facts = factsOf(site, task);
  return ROBOTS.map((id) => facts.find(({ about }) => about === id)?.code);
}

t.test("R14 a low battery and a task in hand are told as dispatch weighs them", async (t) => {
  let isOpen = false;
  const dispatcher: Dispatcher = (view, nowMs) => (isOpen ? realDispatcher(view, nowMs) : []);
  const site = ready(new SiteUnderTest({ robots: 3, dispatcher }), ...ROBOTS);
  for (const id of ROBOTS) {
    const value = { kind: "battery", chargeRatio: id === "r3" ? 0.9 : 0.05, charging: false } as const;
    site.step({ kind: "telemetry", sample: { ...site.robot(id).pose(site.nowMs), channel: "battery", value } });
  }
  site.submit("t1", ["C"], ["A"]);
  site.submit("t2", ["D"]);
  t.same(codesOf(site, "t2"), ["LOW_CHARGE", "LOW_CHARGE", "READY"]);
  isOpen = true;
  site.run(3000, () => site.bodies("claimed").length > 0);
  isOpen = false;
  const [first] = site.bodies("claimed").filter(({ purpose }) => purpose === "TASK");
  t.match(first, { robot: "r3", task: "t1" }, "dispatch passes the low ones by");
  const chosen = factsOf(site, "t1").find(({ code }) => code === "CHOSEN");
  t.equal(chosen?.says, `r3 was given it as assignment ${first?.assignment}`);
  t.equal(codesOf(site, "t2")[2], "ACTING");
  site.say("r3", site.robot("r3").outcome("ARRIVED"));
  t.equal(codesOf(site, "t2")[2], "IN_HAND", "it carries the load of t1");
});

t.test("R14 a drained robot and a paused task are told, and nothing that could go", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), ...ROBOTS);
  const act = { operator: "ada", reason: "new wheels" };
  site.submit("t1", ["C"]);
  site.ask({ kind: "drainRobot", act, robot: "r1" });
  t.same(codesOf(site, "t1"), ["DRAINED", "READY", "READY"]);
  t.match(factsOf(site, "r1")[1], { code: "DRAINED", says: /takes nothing more: drained by ada: new wheels$/ });
  site.ask({ kind: "pauseTask", act, task: "t1" });
  t.same(codesOf(site, "t1"), [undefined, undefined, undefined], "it is told once, of the task");
  t.match(factsOf(site, "t1")[1], { about: "t1", code: "PAUSED", says: "paused by ada: new wheels" });
});
