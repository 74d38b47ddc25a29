// R14: what explain says stands is what the core decides by: grants that come or do not, places that come free or do
// not, rungs that climb when it was said. And how it reads, against a golden file.
import t from "tap";
import { FACTS_MOST } from "../../../hub/core/why/fact.js";
import { golden } from "../cli/stub-hub.js";
import { ACT, ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";
import { codes, factsOf, narrowed, ROBOTS, told, walkGrants, walkWords } from "./why-walk.js";

t.test("R1 R14 what explain says blocks a grant is what the grant decision finds, on a long random walk", async (t) => {
  const seen = walkGrants(t, { seeds: [7, 4711, 90210] });
  t.ok(seen.ready > 40, `${seen.ready} grants were foretold`);
  t.ok(seen.blocked > 200, `${seen.blocked} refusals were foretold`);
});

t.test("R4 R14 a person's word and a pose free a place when explain says so, and not before", async (t) => {
  const seen = walkWords(t, { seeds: [3, 31, 314] });
  t.ok(Math.min(seen.free, seen.not, seen.stays) > 20, JSON.stringify(seen));
});

t.test("R7 R14 a rung climbs exactly when explain says, while the evidence stays good", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), ...ROBOTS);
  site.robot("r1").isTelling = false;
  site.run(7000);
  const stale = factsOf(site, "r1").find(({ code }) => code === "CAUSE");
  t.match(
    stale?.says,
    /^REACTIVE_ONLY by telemetry-stale, found by the hub, for .* missing: pose under 2\.5 s, it is up to/,
  );
  t.equal(stale?.leftMs, undefined, "nothing is promised while it is old");
  site.robot("r1").isTelling = true;
  site.run(3000);
  const calm = factsOf(site, "r1").find(({ code }) => code === "CAUSE");
  t.match(calm?.says, /AUTONOMOUS in [\d.]+ s when it stays good$/);
  const foretoldMs = site.nowMs + (calm?.leftMs ?? 0);
  site.run(60_000, () => codes(factsOf(site, "r1"), "r1").includes("CAUSE") === false);
  t.ok(site.nowMs >= foretoldMs && site.nowMs - foretoldMs < 50, `${site.nowMs}, foretold ${foretoldMs}`);
});

t.test("R13 of many robots and places the first are told, and the rest is counted", async (t) => {
  const many = Array.from({ length: 40 }, (_, index) => ({ id: `x${index}`, fleet: "pickers", home: "H1" }));
  const site = new SiteUnderTest({ change: (config) => ({ ...config, robots: many }) });
  site.submit("t1", ["A"]);
  const facts = factsOf(site, "t1");
  t.equal(facts.filter(({ code }) => code === "NO_LEASE").length, FACTS_MOST);
  t.match(facts.find(({ code }) => code === "MORE")?.says, /^and 24 more robots: 24 NO_LEASE$/);
});

/** Every kind of thing that can be asked for, in a state that has something to tell. */
function chapters(): string {
  const lines: string[] = [];
  const page = (site: SiteUnderTest, title: string, ...ids: readonly string[]) => {
    lines.push(`== ${title}`);
    for (const id of ids) {
      const { kind, facts } = told(site, id);
      lines.push(`${kind} ${id}`, ...facts.map(({ code, says }) => `  ${code.padEnd(14)} ${says}`));
    }
    lines.push("");
  };
  const site = new SiteUnderTest({
    robots: 3,
    dispatcher: (view, nowMs) => (isOpen ? realDispatcher(view, nowMs) : []),
  });
  let isOpen = false;
  site.submit("t1", ["A", "C"]);
  page(site, "nobody was heard", "t1", "r1", "A", "site", "pickers");
  ready(site, "r1", "r2");
  site.hub.state.watches
    .get("r1")
    ?.excluded.set("A", site.nowMs + 20_000)
    .set("C", site.nowMs + 12_000);
  page(site, "r3 is not heard, r1 could not get there", "t1", "C");
  site.connect("r3");
  site.run(1000);
  site.ask({ kind: "setMode", act: ACT, scope: { robot: "r3", fleet: "" }, rung: "CONFIRM" });
  isOpen = true;
  site.run(1500, () => site.bodies("claimed").length > 0);
  isOpen = false;
  site.submit("t2", ["A", "C"]);
  site.run(2000);
  page(site, "r2 has it, r3 is held by a person", "t1", "t2", "r3", "C", "a1-1");
  site.robot("r2").isTelling = false;
  site.run(6000);
  page(site, "r2 grows old", "r2", "t2");
  site.disconnect("r2");
  site.run(12_000);
  page(site, "r2 is silent, its lease has lapsed", "C", "r2", "t1");
  site.robot("r1").isTelling = false;
  site.run(8000);
  page(site, "two of three are stale", "t2", "pickers", "site");
  site.restart();
  page(site, "the hub has restarted", "t1", "C", "site");
  const narrow = { taskGrant: { autonomous: "never" }, idleMove: { poseErrorM: 0.02 }, freePlace: { halt: "never" } };
  const bound = ready(new SiteUnderTest({ robots: 3, change: narrowed(narrow) }), "r1", "r2");
  bound.submit("t3", ["A", "C"]);
  page(bound, "the boundary gives no task, and r3 is not heard", "t3", "r1", "A", "site");
  const wary = new SiteUnderTest({ robots: 3, change: narrowed({ taskGrant: { telemetryMs: 300, poseErrorM: 0.1 } }) });
  wary.robot("r2").errorM = 0.3;
  ready(wary, "r1", "r2", "r3");
  wary.robot("r1").isTelling = false;
  wary.run(1000);
  wary.submit("t4", ["A", "C"]);
  page(wary, "the boundary wants better poses", "t4", "r1", "site");
  return `${lines.join("\n")}\n`;
}

t.test(
  "R14 what is told of tasks, robots, places, assignments, fleets and the site reads as its golden file says",
  async (t) => {
    const text = chapters();
    t.equal(text, golden("../hub/why", text));
  },
);
