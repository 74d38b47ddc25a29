// What the site's boundary forbids does not happen, down to what is given and sent; and it can only narrow the rules.

import t from "tap";
import { boundaryOf, boundaryTable, DECISION_KINDS, narrower, WAYS } from "../../../fleet-config/boundary.js";
import { fleetOf } from "../../../fleet-config/defaults.js";
import type { BoundaryConfig, SiteConfig } from "../../../fleet-config/types.js";
import { effectiveOf } from "../../../hub/core/modes.js";
import { decisionViews } from "../../../hub/core/questions.js";
import { RUNGS } from "../../../proto/mode.js";
import { ACT, ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";

type Change = { readonly [K in keyof BoundaryConfig]?: Partial<BoundaryConfig[K]> };

/** A site whose file says this of its boundary. */
function bounded(said: Change, more: ConstructorParameters<typeof SiteUnderTest>[0] = {}): SiteUnderTest {
  const change = (config: SiteConfig): SiteConfig => {
    const all = boundaryOf(config) as unknown as Record<string, object>;
    const parts = Object.entries(all).map(([key, part]) => {
      const own = said[key as keyof BoundaryConfig];
      return [key, typeof part === "object" ? { ...part, ...(own as object) } : (own ?? part)];
    });
    return { ...config, boundary: Object.fromEntries(parts) as BoundaryConfig };
  };
  return new SiteUnderTest({ change, ...more });
}

const rungOf = (site: SiteUnderTest, id = "r1") => {
  const watch = site.hub.state.watches.get(id);
  return watch === undefined ? null : effectiveOf(site.hub.state, watch);
};

t.test("without a word in the site file the table is the widest that the rules admit", (t) => {
  const { config } = new SiteUnderTest().site;
  const table = boundaryTable(config);
  for (const kind of ["taskGrant", "idleMove"] as const) {
    t.same(
      RUNGS.map((rung) => table[kind].ways[rung]),
      ["automatic", "never", "ask", "never"],
      kind,
    );
    t.equal(table[kind].telemetryMs, config.decisions.dispatch.telemetryMs);
  }
  t.equal(table.raise.ways.HALT, "ask", "R7");
  t.equal(table.movement.ways.CONFIRM, "ask", "R8");
  t.same([...DECISION_KINDS].sort(), Object.keys(table).sort());
  t.end();
});

t.test("whatever a file says, no cell is wider than without it, and no limit looser", (t) => {
  const { config } = new SiteUnderTest().site;
  const widest = boundaryTable(config);
  for (const way of WAYS)
    for (const other of WAYS) {
      const found = narrower(way, other);
      t.ok(WAYS.indexOf(found) >= Math.max(WAYS.indexOf(way), WAYS.indexOf(other)), `${way} ${other}`);
      const odd = { autonomous: way, reactiveOnly: way, confirm: way, halt: way, answerMs: 1, telemetryMs: 999_999 };
      const said = { taskGrant: odd, idleMove: odd, raise: odd, freePlace: odd, stateAbsent: odd, endTask: odd };
      const boundary = { ...said, alertMs: 1 } as unknown as BoundaryConfig;
      const table = boundaryTable({ ...config, boundary });
      for (const kind of DECISION_KINDS) {
        for (const rung of RUNGS) {
          const [now, then] = [table[kind].ways[rung], widest[kind].ways[rung]];
          t.ok(WAYS.indexOf(now) >= WAYS.indexOf(then), `${kind} in ${rung}: ${now}`);
        }
        t.ok((table[kind].telemetryMs ?? 0) <= (widest[kind].telemetryMs ?? 0), kind);
      }
    }
  t.end();
});

t.test("a site that never gives tasks by itself gives none, and still parks its robots", (t) => {
  for (const [said, tasks] of [
    [{}, true],
    [{ taskGrant: { autonomous: "never" } }, false],
  ] as const) {
    const site = bounded(said, { robots: 1, dispatcher: realDispatcher });
    site.submit("t1", ["C"]);
    ready(site, "r1");
    site.run(20_000);
    t.equal(
      site.bodies("claimed").some(({ purpose }) => purpose === "TASK"),
      tasks,
    );
    t.equal(site.robot("r1").holdings.size > 0, true, "it is given something");
    t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, tasks ? "ACTIVE" : "WAITING");
  }
  t.end();
});

t.test("a site that never moves idle robots by itself sends none away, and gives tasks", (t) => {
  for (const [said, moves] of [
    [{}, true],
    [{ idleMove: { autonomous: "never" } }, false],
  ] as const) {
    const site = ready(bounded(said, { robots: 1, dispatcher: realDispatcher }), "r1");
    site.run(20_000);
    t.equal(
      site.bodies("claimed").some(({ purpose }) => purpose !== "TASK"),
      moves,
    );
    t.equal(
      site.robot("r1").received.some(({ kind }) => kind === "grant"),
      moves,
    );
    site.submit("t1", ["C"]);
    if (!moves) site.run(20_000, () => site.hub.state.ledger.tasks.get("t1")?.phase === "ACTIVE");
    t.equal(site.hub.state.ledger.tasks.get("t1")?.phase === "ACTIVE", !moves);
  }
  t.end();
});

t.test("an idle robot that stands on a place holds it, whatever the boundary says of moves", (t) => {
  const site = ready(bounded({ idleMove: { autonomous: "never" } }, { robots: 1 }), "r1");
  site.robot("r1").standAt({ xM: 9, yM: 2 }); // H2
  site.run(8000);
  t.equal(site.holder("H2"), "r1", "R4: occupied first");
  t.end();
});

t.test("a pose that is too old, or too uncertain, for the boundary gets nothing", (t) => {
  const errorM = { taskGrant: { poseErrorM: 0.02 } };
  const given = (said: Change) => {
    const site = ready(bounded(said, { robots: 1 }), "r1");
    site.submit("t1", ["C"]);
    site.script.want("r1", "C", "t1");
    site.run(1000);
    return site.bodies("claimed").length;
  };
  t.equal(given({}), 1);
  t.equal(given(errorM), 0, "within 0.05 m is not within 0.02 m");
  t.equal(given({ taskGrant: { poseErrorM: 0.05 } }), 1);
  t.equal(given({ taskGrant: { telemetryMs: 1 } }), 0);
  t.end();
});

t.test("R7 a site that asks before a robot climbs holds it until a person answers, and then lets it climb", (t) => {
  const fleets = [{ ...fleetOf("pickers"), ladder: { ...fleetOf("pickers").ladder, dwellMs: 1000 } }];
  for (const way of ["automatic", "ask"] as const) {
    const site = ready(bounded({ raise: { reactiveOnly: way } }, { robots: 1, fleets }), "r1");
    t.equal(rungOf(site), "AUTONOMOUS", "a start is no fall");
    site.robot("r1").isTelling = false;
    site.run(8000, () => rungOf(site) === "REACTIVE_ONLY");
    site.robot("r1").isTelling = true;
    site.run(20_000);
    t.equal(rungOf(site), way === "ask" ? "REACTIVE_ONLY" : "AUTONOMOUS", way);
    t.equal(site.robot("r1").order?.rung, way === "ask" ? "REACTIVE_ONLY" : "AUTONOMOUS", "what the robot is told");
    const [view] = decisionViews(site.hub.state, site.nowMs);
    t.equal(view?.type, way === "ask" ? "raise" : undefined);
    if (view === undefined) continue;
    const { id: question, version } = view;
    t.match(site.ask({ kind: "answer", act: ACT, question, version, choice: "raise", seen: "" }), { done: /climbs/ });
    site.run(500);
    t.equal(rungOf(site), "AUTONOMOUS");
    t.equal(site.robot("r1").order?.rung, "AUTONOMOUS");
  }
  t.end();
});

t.test("R7 an answer that lets a robot climb lifts nothing of what people have imposed, and opens no latch", (t) => {
  const bob = { operator: "bob", reason: "somebody lies under it" };
  for (const by of ["a ceiling", "a latch"] as const) {
    const site = ready(bounded({ raise: { reactiveOnly: "ask" } }, { robots: 1 }), "r1");
    site.robot("r1").isTelling = false;
    site.run(7000);
    site.robot("r1").isTelling = true;
    site.run(60_000);
    const causes = [{ name: "bumper", rung: "HALT", detail: "" }] as const;
    if (by === "a latch") site.say("r1", { kind: "modeReport", sequence: 0, rung: "HALT", causes });
    else site.ask({ kind: "setMode", act: bob, scope: { robot: "r1", fleet: "" }, rung: "HALT" });
    site.run(5000);
    const view = decisionViews(site.hub.state, site.nowMs).find(({ type }) => type === "raise");
    const { id: question = "", version = 0 } = view ?? {};
    t.match(
      site.ask({ kind: "answer", act: ACT, question, version, choice: "raise", seen: "" }),
      { done: /climbs/ },
      by,
    );
    site.run(20_000);
    t.equal(site.hub.state.ledger.ceilings.size, by === "a ceiling" ? 1 : 0);
    t.equal(site.robot("r1").last("clearLatches"), undefined);
    if (by === "a ceiling") t.equal(rungOf(site), "HALT");
  }
  t.end();
});

t.test("R7 what fell on board is held as well; a start, and what clears at once, is not", (t) => {
  const site = ready(bounded({ raise: { confirm: "ask" } }, { robots: 1 }), "r1");
  const report = (rung: "AUTONOMOUS" | "CONFIRM", name: string) => {
    const causes = rung === "AUTONOMOUS" ? [] : [{ name, rung, detail: "" }];
    site.say("r1", { kind: "modeReport", sequence: 0, rung, causes });
    site.run(200);
  };
  report("CONFIRM", "boot");
  report("AUTONOMOUS", "");
  t.equal(rungOf(site), "AUTONOMOUS");
  report("CONFIRM", "sensor-stale");
  report("AUTONOMOUS", "");
  t.equal(rungOf(site), "CONFIRM");
  t.equal(site.robot("r1").order?.rung, "CONFIRM");
  site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } });
  site.run(200);
  t.equal(rungOf(site), "AUTONOMOUS");
  t.end();
});

t.test(
  "R7 robot that is held from climbing is held over restarts of the hub, until a person or the file lets go",
  (t) => {
    const site = ready(bounded({ raise: { reactiveOnly: "ask" } }, { robots: 1 }), "r1");
    site.robot("r1").isTelling = false;
    site.run(8000, () => rungOf(site) === "REACTIVE_ONLY");
    site.robot("r1").isTelling = true;
    site.run(30_000);
    const again = () => {
      site.restart();
      site.connect("r1");
      site.run(60_000);
    };
    again();
    again();
    t.equal(rungOf(site), "REACTIVE_ONLY");
    t.equal(site.robot("r1").order?.rung, "REACTIVE_ONLY");
    t.match(site.bodies("climbHeld"), [{ robot: "r1", rung: "REACTIVE_ONLY", cause: "fell by telemetry-stale" }]);
    const events = [...site.events];
    const view = decisionViews(site.hub.state, site.nowMs).find(({ type }) => type === "raise");
    const { id: question = "", version = 0 } = view ?? {};
    t.match(site.ask({ kind: "answer", act: ACT, question, version, choice: "raise", seen: "" }), { done: /climbs/ });
    t.equal(rungOf(site), "AUTONOMOUS");
    again();
    t.equal(rungOf(site), "AUTONOMOUS", "what a person has let go of");
    const other = ready(bounded({}, { robots: 1, events }), "r1");
    t.equal(rungOf(other), "AUTONOMOUS", "a site file that does not ask");
    t.match(other.bodies("climbHeld").at(-1), { rung: "AUTONOMOUS" });
    t.end();
  },
);

t.test("R7 with evidence that is not good yet no answer lets a robot climb", (t) => {
  const site = ready(bounded({ raise: { reactiveOnly: "ask" } }, { robots: 1 }), "r1");
  site.robot("r1").isTelling = false;
  site.run(8000, () => rungOf(site) === "REACTIVE_ONLY");
  site.run(3000);
  t.notOk(
    decisionViews(site.hub.state, site.nowMs).some(({ type }) => type === "raise"),
    "there is nothing to decide",
  );
  site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } });
  site.robot("r1").isTelling = true;
  site.run(60_000);
  t.equal(rungOf(site), "REACTIVE_ONLY");
  t.end();
});

t.test("R12 what the boundary forbids on the rung of a robot is asked of nobody", (t) => {
  for (const way of ["ask", "never"] as const) {
    const site = ready(bounded({ stateAbsent: { confirm: way } }, { robots: 2 }), "r1");
    site.run(12_000);
    const types = decisionViews(site.hub.state, site.nowMs).map(({ type }) => type);
    t.equal(types.includes("absent"), way === "ask", `${way}: ${types}`);
  }
  t.end();
});

t.test("R4 what nobody may state is refused, by the act and by the answer", (t) => {
  const never = { autonomous: "never", reactiveOnly: "never", confirm: "never", halt: "never" } as const;
  const site = ready(bounded({ freePlace: never, stateAbsent: never }, { robots: 2 }), "r1");
  site.run(12_000);
  const states = { kind: "stateAbsent", act: ACT, robot: "r2", seen: "in the workshop" } as const;
  t.match(site.ask(states), { code: "NOT_PERMITTED", message: /boundary has stateAbsent never in CONFIRM/ });
  const [view] = decisionViews(site.hub.state, site.nowMs);
  t.equal(view, undefined, "what nobody may answer is not asked");
  t.match(site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "empty" }), { code: "NOT_PERMITTED" });
  t.equal(site.bodies("robotAbsent").length + site.bodies("actRecorded").length, 0);
  t.end();
});
