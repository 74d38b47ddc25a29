// A site on which sound decisions fight: they are damped, shown to people, and let go of; and nothing that lowers or
// ends is ever held up by it.
import t from "tap";
import { fleetOf } from "../../../fleet-config/defaults.js";
import { ACTORS, actorOf } from "../../../hub/core/actors.js";
import { Story } from "../../../hub/core/explain.js";
import { decisionViews } from "../../../hub/core/questions.js";
import type { Dispatcher } from "../../../hub/core/round.js";
import { golden } from "../cli/stub-hub.js";
import { ready, realDispatcher, ScriptedDispatch, SiteUnderTest } from "./site-under-test.js";

t.test(
  "R7 a fleet that was stale climbs a few robots at a time, and falls at once although it was just raised",
  async (t) => {
    const robots = Array.from({ length: 6 }, (_, index) => ({ id: `r${index + 1}`, fleet: "pickers", home: "H1" }));
    const ids = robots.map(({ id }) => id);
    const site = ready(
      new SiteUnderTest({
        fleets: [{ ...fleetOf("pickers"), freshness: { ...fleetOf("pickers").freshness, staleShare: 1 } }],
        change: (config) => ({ ...config, robots, interplay: { ...config.interplay, raiseShare: 0.3, raiseLeast: 1 } }),
      }),
      ...ids,
    );
    const autonomous = () =>
      ids.filter((id) =>
        [...(site.hub.state.watches.get(id)?.ladder.values() ?? [])].every(({ rung }) => rung === "AUTONOMOUS"),
      );
    t.equal(autonomous().length, 6, "a start is not limited");
    for (const id of ids) site.robot(id).isTelling = false;
    site.run(7000);
    t.equal(autonomous().length, 0, "they fall together");
    for (const id of ids) site.robot(id).isTelling = true;
    const counts: number[] = [];
    for (let minute = 0; minute < 4; minute += 1) {
      site.run(minute === 0 ? 30_000 : 60_000);
      counts.push(autonomous().length);
    }
    t.same(counts, [2, 4, 6, 6]);
    for (const id of ids) site.robot(id).isTelling = false;
    const before = site.nowMs;
    t.ok(
      site.run(7000, () => autonomous().length === 0),
      "all are down again",
    );
    t.ok(site.nowMs - before <= 5600, `after ${site.nowMs - before} ms: the limit is 5 s`);
  },
);

/** Two rules, each sound by itself: one sends an idle robot to its home, one sends it to where work will come. */
const atOdds: Dispatcher = (view) => {
  const free = view.robots.filter(({ id, availability }) => id === "r1" && availability === "free");
  return free.flatMap((robot) => {
    const stands = robot.standsOn;
    const toWork = { purpose: "CHARGE", destination: "C" } as const;
    const home = { purpose: "PARK", destination: "H1" } as const;
    const wanted = stands === "H1" ? toWork : home;
    if (robot.excluded.has(wanted.destination)) return [];
    return [{ robot: robot.id, task: "", costM: 0, why: "", ...wanted }];
  });
};

/** Drives at once where it is sent. */
function obey(site: SiteUnderTest): void {
  const robot = site.robot("r1");
  const held = [...robot.holdings.values()].find(({ arrived }) => !arrived);
  const place = held === undefined ? undefined : site.site.destinations.get(held.destination);
  if (place === undefined) return;
  robot.standAt(place);
  site.say("r1", robot.outcome("ARRIVED"));
}

function fight(windowMs: number) {
  const site = ready(
    new SiteUnderTest({
      dispatcher: atOdds,
      change: (config) => ({ ...config, interplay: { ...config.interplay, windowMs } }),
    }),
    "r1",
    "r2",
  );
  site.run(120_000, () => {
    obey(site);
    return false;
  });
  return site;
}

t.test("two sound rules that fight are damped, shown to people with their chain, and let go of", async (t) => {
  const site = fight(300_000);
  const undamped = ready(
    new SiteUnderTest({
      dispatcher: atOdds,
      change: (config) => ({ ...config, interplay: { ...config.interplay, holdOffMs: 0 } }),
    }),
    "r1",
    "r2",
  );
  undamped.run(120_000, () => {
    obey(undamped);
    return false;
  });
  const [damped, free] = [site.bodies("claimed").length, undamped.bodies("claimed").length];
  t.ok(damped * 3 < free, `${damped} claims instead of ${free}`);
  const found = site.bodies("interplayFound");
  t.match(found[0], { what: "ACTORS_FIGHT", subject: "r1", between: ["C", "H1"], times: 1, holdOffMs: 15_000 });
  const chain = found[0]?.events.map((sequence) => site.events[sequence - 1]?.body);
  t.ok(
    chain?.every((body) => body?.kind === "claimed" && body.robot === "r1"),
    "its evidence is in the ledger",
  );
  t.same(found.map(({ holdOffMs }) => holdOffMs).slice(0, 3), [15_000, 30_000, 60_000]);
  const story = new Story(site.hub.state, "r1");
  const facts = story.told({ read: { from: 1, to: 1 }, nowMs: site.nowMs })?.facts ?? [];
  t.match(
    facts.filter(({ code }) => code === "HELD_OFF").map(({ says }) => says),
    [/^dispatch leaves r1 alone for another .*: r1 is sent to and fro/],
    "explain tells it",
  );
  const asked = decisionViews(site.hub.state, site.nowMs).filter(({ subject }) => subject === "r1");
  t.equal(asked.length, 1, "one question");
  t.match(asked[0]?.type, "interplay");
  t.match(asked[0]?.evidence[0], /^r1 is sent to and fro between C, H1 by two rules, \d times in a row \(events /);
  site.script.want("r1", "H1");
  site.disconnect("r1");
  site.run(1_000_000);
  t.equal(site.hub.state.interplay.findings.size, 0, "and when it is over nothing is left of it");
  t.same(
    decisionViews(site.hub.state, site.nowMs).filter(({ type }) => type === "interplay"),
    [],
  );
});

t.test("a robot that carries the load of a task that went to and fro is given no other", async (t) => {
  let isReal = false;
  const script = new ScriptedDispatch();
  const dispatcher: Dispatcher = (view, nowMs) => (isReal ? realDispatcher : script.dispatcher)(view, nowMs);
  const site = ready(new SiteUnderTest({ robots: 2, dispatcher }), "r1", "r2");
  site.submit("load", ["A"], ["D"]);
  for (let turn = 0; site.bodies("interplayFound").length === 0 && turn < 20; turn += 1) {
    const who = turn % 2 === 0 ? "r1" : "r2";
    site.run(3000);
    script.want(who, "A", "load");
    site.run(500, () => site.bodies("interplayFound").length > 0);
    const isActing = [...site.robot(who).holdings.values()].some((held) => !held.arrived);
    if (site.bodies("interplayFound").length === 0 && isActing) site.say(who, site.robot(who).outcome("RELEASED"));
  }
  const carrier = site.hub.state.ledger.tasks.get("load")?.robot ?? "";
  const place = site.site.destinations.get("A");
  if (carrier === "" || place === undefined) throw new Error("nobody has it");
  site.robot(carrier).standAt(place);
  site.say(carrier, site.robot(carrier).outcome("ARRIVED"));
  site.ask({ kind: "drainRobot", act: { operator: "ada", reason: "test" }, robot: carrier === "r1" ? "r2" : "r1" });
  site.submit("other", ["C"]);
  isReal = true;
  site.run(10_000);
  t.not(site.hub.state.ledger.tasks.get("other")?.robot, carrier);
  t.match(site.hub.state.ledger.tasks.get("load"), { robot: carrier, stopIndex: 1 });
});

t.test("what is found is the same each time, and the ledger replays with it", async (t) => {
  const text = (site: SiteUnderTest) =>
    site
      .bodies("interplayFound")
      .map((body) => JSON.stringify(body))
      .join("\n");
  const [one, other] = [fight(300_000), fight(300_000)];
  t.equal(text(one), text(other));
  t.not(text(one), "");
  one.restart();
  t.equal(one.hub.state.interplay.findings.size, 0, "a restart holds nothing off");
});

t.test("actor of every event is known", async (t) => {
  const site = fight(300_000);
  const model = { model: "chaser", version: "2.0.0", sha256: "0123456789abcdef", from: "" };
  site.say("r2", { kind: "askSwap", ask: 1, ...model });
  const rows = new Map(
    site.events.map(({ body }) => [body.kind === "claimed" ? `claimed ${body.purpose}` : body.kind, actorOf(body)]),
  );
  for (const actor of rows.values()) t.ok(ACTORS.includes(actor));
  const text = [...rows]
    .map(([kind, actor]) => `${kind}: ${actor}`)
    .sort()
    .join("\n");
  t.equal(`${text}\n`, golden("../hub/actors", `${text}\n`));
});
