// R8: what people hold in CONFIRM moves only by a person's approval, once for each movement, down to what is granted
// and renewed; and it is over as soon as it is not certainly what was approved.

import t from "tap";
import { boundaryOf } from "../../../fleet-config/boundary.js";
import { movementOf } from "../../../hub/core/movements.js";
import { moves } from "../../edge/core/edge-under-test.js";
import { answer, asked, BOB, R1, rungOf } from "./approving.js";
import { EdgeOnSite } from "./edge-on-site.js";
import { ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";
import { factsOf } from "./why-walk.js";

/** r1 has come to C. */
function arrive(site: SiteUnderTest): void {
  site.robot("r1").standAt({ xM: 15, yM: 10 });
  site.say("r1", site.robot("r1").outcome("ARRIVED"));
}

/** One robot that stands free, held in CONFIRM by bob, and a task that nobody else can take. */
function confirming(scope: { robot: string; fleet: string } = R1): SiteUnderTest {
  const site = new SiteUnderTest({ robots: 1, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope, rung: "CONFIRM" });
  site.submit("t1", ["C"]);
  return ready(site, "r1");
}

t.test("R8 robot in CONFIRM gets nothing until a person approves its movement, then that one, and holds again", (t) => {
  const site = confirming();
  site.run(60_000);
  t.equal(site.bodies("claimed").length, 0, "nothing by itself");
  t.equal(site.robot("r1").leaseMs, 0, "and no lease");
  t.match(asked(site), [{ subject: "robot/r1", evidence: [/^r1 to C for t1, stop 1 of 1; held in CONFIRM by bob/] }]);
  const why = () => factsOf(site, "r1");
  t.match(why().find(({ code }) => code === "ASKED")?.says, /whether it may go to C: drover queue/);
  t.match(answer(site), { done: /one movement/ });
  t.match(why().find(({ code }) => code === "APPROVED")?.says, /ada lets it make one movement, to C/);
  t.match(site.bodies("actRecorded").at(-1), { act: "movement", subject: "r1", operator: "ada", seen: "to C" });
  site.run(3000);
  t.match(site.bodies("claimed"), [{ robot: "r1", destination: "C", task: "t1", purpose: "TASK" }]);
  t.equal(rungOf(site), "AUTONOMOUS");
  t.ok(site.robot("r1").leaseMs > 0);
  t.match(site.robot("r1").order, {
    rung: "AUTONOMOUS",
    causes: [{ name: "operator", detail: /one movement to C by ada/ }],
  });
  site.submit("t2", ["D"]);
  arrive(site);
  t.equal(rungOf(site), "AUTONOMOUS", "until the next step of the hub");
  site.run(50);
  t.equal(rungOf(site), "CONFIRM");
  t.equal(site.robot("r1").order?.rung, "CONFIRM");
  site.run(1000);
  t.equal(site.robot("r1").leaseMs, 0);
  site.run(20_000);
  t.equal(site.bodies("claimed").length, 1);
  t.match(asked(site), [{ evidence: [/^r1 to D for t2/] }], "the next movement is another question");
  t.end();
});

t.test("R8 robot that was on its way goes on to the same place once a person approves that", (t) => {
  const site = new SiteUnderTest({ robots: 1, dispatcher: realDispatcher });
  site.submit("t1", ["C"]);
  ready(site, "r1").run(3000);
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  site.run(30_000, () => site.bodies("claimLapsed").length > 0);
  site.run(5000);
  t.match(asked(site), [{ evidence: [/^r1 to C for t1/] }]);
  answer(site);
  site.run(3000);
  const [first, again] = site.bodies("claimed");
  t.equal(again?.assignment, first?.assignment, "the same assignment under a new token");
  arrive(site);
  site.run(100);
  t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "DONE");
  t.equal(rungOf(site), "CONFIRM");
  t.end();
});

t.test(
  "R8 approval is over with the link, with another ceiling, with the hub, and when it has not begun in time",
  (t) => {
    const ends: Record<string, (site: SiteUnderTest) => void> = {
      link: (site) => {
        site.disconnect("r1");
        site.run(50);
        site.connect("r1");
      },
      "another ceiling": (site) =>
        void site.ask({ kind: "setMode", act: BOB, scope: { robot: "", fleet: "" }, rung: "CONFIRM" }),
      "another hub": (site) => {
        site.restart();
        site.connect("r1");
      },
    };
    for (const [what, end] of Object.entries(ends)) {
      const site = confirming();
      site.run(5000);
      answer(site);
      site.run(2000);
      end(site);
      site.run(50);
      t.equal(rungOf(site), "CONFIRM", what);
      site.run(20_000);
      t.equal(site.bodies("claimed").length, 1, what);
      t.equal(site.robot("r1").leaseMs, 0, what);
    }
    const site = confirming();
    site.run(5000);
    site.robot("r1").isRenewing = false;
    answer(site);
    site.run(14_000);
    t.equal(rungOf(site), "AUTONOMOUS");
    site.run(2000);
    t.equal(rungOf(site), "CONFIRM", "it did not take its lease");
    t.equal(site.bodies("claimed").length, 0);
    t.end();
  },
);

t.test("R8 nothing else is given under an approval, and HALT stops it", (t) => {
  const site = confirming();
  site.run(5000);
  site.robot("r1").isRenewing = false;
  answer(site);
  site.robot("r1").standAt({ xM: 9, yM: 2 }); // H2, which an idle robot would claim
  site.run(5000);
  t.equal(site.bodies("claimed").length, 0);
  site.robot("r1").isRenewing = true;
  site.run(2000);
  t.match(site.bodies("claimed"), [{ destination: "C" }]);
  site.say("r1", { kind: "askSwap", ask: 1, model: "m", version: "2", sha256: "00", from: "m 1" });
  t.match(site.robot("r1").last("swapAnswer"), { allowed: false, message: /people let it make one movement/ });
  site.ask({ kind: "halt", act: BOB, scope: { robot: "", fleet: "" } });
  t.equal(rungOf(site), "HALT");
  t.equal(site.robot("r1").order?.rung, "HALT");
  t.end();
});

t.test("R8 nobody is asked while something else keeps the robot, and the boundary may forbid it", (t) => {
  const keeps: Record<string, (site: SiteUnderTest) => void> = {
    "an old pose": (site) => {
      site.robot("r1").isTelling = false;
    },
    "no link": (site) => site.disconnect("r1"),
    "a ceiling of REACTIVE_ONLY": (site) =>
      void site.ask({ kind: "setMode", act: BOB, scope: { robot: "", fleet: "" }, rung: "REACTIVE_ONLY" }),
    "its own sensors": (site) => {
      const causes = [{ name: "sensor-stale", rung: "REACTIVE_ONLY", detail: "" }] as const;
      site.say("r1", { kind: "modeReport", sequence: 0, rung: "REACTIVE_ONLY", causes });
    },
    "a rung that nobody explains": (site) =>
      void site.say("r1", { kind: "modeReport", sequence: 0, rung: "CONFIRM", causes: [] }),
  };
  for (const [what, keep] of Object.entries(keeps)) {
    const site = confirming();
    keep(site);
    site.run(10_000);
    t.same(asked(site), [], what);
    const watch = site.hub.state.watches.get("r1");
    t.equal(watch && movementOf(site.hub.state, watch, site.nowMs), null, what);
  }
  for (const confirm of ["ask", "never"] as const) {
    const site = ready(
      new SiteUnderTest({
        robots: 1,
        dispatcher: realDispatcher,
        change: (config) => {
          const given = { autonomous: "automatic", confirm, answerMs: 60_000 } as const;
          return { ...config, boundary: { ...boundaryOf(config), taskGrant: given, idleMove: given } };
        },
      }),
      "r1",
    );
    site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
    site.run(8000);
    t.equal(asked(site).length, confirm === "ask" ? 1 : 0, `to park: ${confirm}`);
  }
  t.end();
});

t.test("R8 a fleet in CONFIRM has each of its robots asked about, and a free robot takes the task instead", (t) => {
  const site = new SiteUnderTest({ robots: 2, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  site.submit("t1", ["C"]);
  ready(site, "r1", "r2").run(5000);
  t.match(site.bodies("claimed")[0], { robot: "r2", task: "t1" });
  t.notOk(asked(site).some(({ evidence }) => evidence[0]?.includes("t1") === true));
  const both = new SiteUnderTest({ robots: 2, dispatcher: realDispatcher });
  both.ask({ kind: "setMode", act: BOB, scope: { robot: "", fleet: "pickers" }, rung: "CONFIRM" });
  ready(both, "r1", "r2").run(20_000);
  t.same(
    asked(both)
      .map(({ subject }) => subject)
      .sort(),
    ["robot/r1", "robot/r2"],
  );
  t.equal(both.bodies("claimed").length, 0);
  t.end();
});

t.test("R8 real edge stands in CONFIRM, makes the movement that is approved, and commands nothing after it", (t) => {
  const both = new EdgeOnSite();
  const { edge, site } = both;
  site.submit("t1", ["P2"]);
  site.script.want("r1", "P2", "t1");
  t.ok(both.run(10_000, () => edge.base.speedMps > 0.5));
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  t.ok(both.run(20_000, () => asked(site).length > 0 && edge.leaseEndMs < edge.nowMs));
  t.equal(edge.base.speedMps, 0);
  const stoodMs = edge.nowMs;
  both.run(2000);
  t.notOk(edge.commands(stoodMs).some(moves));
  t.match(answer(site), { done: /one movement/ });
  t.ok(both.run(60_000, () => edge.sent("outcome").length > 0));
  t.match(edge.sent("outcome"), [{ result: "ARRIVED" }]);
  both.run(200);
  const overMs = edge.nowMs;
  t.equal(edge.rung, "CONFIRM");
  both.run(5000);
  t.notOk(edge.commands(overMs).some(moves));
  t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "DONE");
  t.end();
});
