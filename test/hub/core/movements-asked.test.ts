// R12: a question about a movement can be answered while it is the same movement, and comes again when it was not made;
// and explain says of it what the core does (R14).

import t from "tap";
import { boundaryOf } from "../../../fleet-config/boundary.js";
import { fleetOf } from "../../../fleet-config/defaults.js";
import type { SiteConfig } from "../../../fleet-config/types.js";
import { decisionViews } from "../../../hub/core/questions.js";
import { answer, asked, BOB, R1 } from "./approving.js";
import { ACT, ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";
import { factsOf } from "./why-walk.js";

t.test("R12 noise of a pose between two equal places does not keep people from being asked", (t) => {
  const site = new SiteUnderTest({ robots: 1, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  site.submit("t1", ["C", "D"]);
  const robot = site.robot("r1");
  robot.standAt({ xM: 18, yM: 6 }); // as far from C as from D
  ready(site, "r1");
  let ms = 0;
  let shownMs = 0;
  const versions = new Set<number>();
  for (let turn = 0; turn < 600; turn += 1) {
    robot.standAt({ xM: 18 + (Math.floor(turn / 5) % 2 === 0 ? 0.02 : -0.02), yM: 6 }); // within errorM
    site.run(100);
    ms += 100;
    for (const { version } of asked(site)) versions.add(version);
    if (asked(site).length > 0) shownMs += 100;
  }
  t.ok(shownMs > ms / 2, `asked for ${shownMs} of ${ms} ms`);
  t.ok(versions.size <= 2, `${versions.size} versions`);
  t.end();
});

t.test("R12 movement that was approved and not begun is asked about again, however short the approval was", (t) => {
  for (let late = 0; late < 250; late += 50) {
    const site = new SiteUnderTest({ robots: 1, dispatcher: realDispatcher });
    site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
    site.submit("t1", ["C"]);
    ready(site, "r1").run(5000 + late);
    answer(site);
    site.disconnect("r1");
    site.run(50);
    site.connect("r1");
    site.run(60_000);
    t.equal(site.bodies("claimed").length, 0);
    t.equal(asked(site).length, 1, `approved ${late} ms later`);
  }
  t.end();
});

t.test("R12 who is refused one robot for a task is asked about the other one", (t) => {
  const site = new SiteUnderTest({ robots: 2, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope: { robot: "", fleet: "pickers" }, rung: "CONFIRM" });
  site.robot("r1").standAt({ xM: 3, yM: 2 });
  site.robot("r2").standAt({ xM: 9, yM: 2 });
  site.submit("t1", ["C"]);
  ready(site, "r1", "r2").run(5000);
  const [view] = asked(site);
  t.match(view?.evidence[0], /t1/);
  if (view === undefined) throw new Error("nobody is asked");
  site.ask({ kind: "answer", act: ACT, question: view.id, version: view.version, choice: "keep", seen: "" });
  site.run(3_600_000);
  t.ok(
    asked(site).some(({ evidence }) => evidence[0]?.includes("t1")),
    "the other one could",
  );
  t.end();
});

t.test("R12 nobody is asked about a movement that the boundary would refuse once it is approved", (t) => {
  const site = new SiteUnderTest({
    robots: 1,
    dispatcher: realDispatcher,
    change: (config) => {
      const boundary = boundaryOf(config);
      return { ...config, boundary: { ...boundary, taskGrant: { ...boundary.taskGrant, poseErrorM: 0.02 } } };
    },
  });
  site.ask({ kind: "setMode", act: BOB, scope: R1, rung: "CONFIRM" });
  site.submit("t1", ["C"]);
  ready(site, "r1");
  let approved = 0;
  for (let turn = 0; turn < 12; turn += 1) {
    site.run(10_000);
    if (asked(site).length === 0) continue;
    answer(site);
    approved += 1;
  }
  t.equal(site.bodies("claimed").length, 0);
  t.equal(approved, 0, "asked and approved again and again, and nothing comes of it");
  t.end();
});

t.test("R13 many movements to approve do not keep people from what they must know for safety", (t) => {
  const site = new SiteUnderTest({
    robots: 3,
    dispatcher: realDispatcher,
    change: (config) => ({ ...config, limits: { ...config.limits, humanDecisions: 2 } }),
  });
  for (const robot of ["r1", "r2"])
    site.ask({ kind: "setMode", act: BOB, scope: { robot, fleet: "" }, rung: "CONFIRM" });
  site.robot("r3").standAt({ xM: 3, yM: 6 });
  site.submit("t0", ["A"]);
  ready(site, "r1", "r2", "r3").run(3000);
  t.equal(site.holder("A"), "r3");
  site.submit("t1", ["C"]);
  site.submit("t2", ["D"]);
  site.run(10_000);
  t.equal(asked(site).length, 1, "half of the queue");
  site.disconnect("r3"); // on its way to A, and silent from now on
  site.robot("r3").isTelling = false;
  site.run(60_000);
  t.ok(site.hub.state.ledger.byDestination.get("A")?.lapsed);
  const types = decisionViews(site.hub.state, site.nowMs).map(({ type }) => type);
  t.ok(types.includes("free"), `asked: ${types.join(" ")}`);
  t.end();
});

function asking() {
  const site = new SiteUnderTest({ robots: 1, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope: { robot: "r1", fleet: "" }, rung: "CONFIRM" });
  site.submit("t1", ["C"]);
  site.submit("t2", ["D"]);
  ready(site, "r1").run(5000);
  return site;
}

t.test("R14 robot with an approval is not ready for work: it gets the one movement and nothing else", (t) => {
  const site = asking();
  site.robot("r1").isRenewing = false; // so that the approval has not begun
  answer(site);
  site.robot("r1").isRenewing = true;
  site.run(400, () => site.robot("r1").leaseMs > 0); // the lease stands, the grant follows
  const about = ["r1", "t2"].flatMap((id) => factsOf(site, id));
  t.same(
    about.filter(({ code }) => code === "READY").map(({ says }) => says),
    [],
  );
  t.end();
});

t.test("R14 nobody is said to be asked once they have answered", (t) => {
  const site = asking();
  answer(site, "keep");
  site.run(20_000);
  t.same(decisionViews(site.hub.state, site.nowMs), []);
  t.same(
    factsOf(site, "r1")
      .filter(({ code }) => code === "ASKED")
      .map(({ says }) => says),
    [],
  );
  t.end();
});

t.test("R12 of many robots that wait each has its turn to be looked at", (t) => {
  const fleets = [fleetOf("pickers"), fleetOf("carts")];
  const change = (config: SiteConfig): SiteConfig => {
    const robots = Array.from({ length: 40 }, (_, at) => ({
      ...{ id: `r${at + 1}`, fleet: at === 24 ? "carts" : "pickers", home: `H${1 + (at % 3)}` },
    }));
    return { ...config, robots };
  };
  const site = new SiteUnderTest({ fleets, change, dispatcher: realDispatcher });
  site.ask({ kind: "setMode", act: BOB, scope: { robot: "", fleet: "" }, rung: "CONFIRM" });
  const robots = [...site.robots.keys()];
  for (const [at, id] of robots.entries()) site.robot(id).standAt({ xM: 1 + (at % 20), yM: at < 20 ? 5 : 7 });
  ready(site, ...robots);
  const asks = { kind: "submitTask", act: ACT, task: "t1", stops: [{ destinations: ["C"] }], dwellMs: 0 } as const;
  site.ask({ ...asks, fleet: "carts" });
  t.ok(site.run(20_000, () => asked(site).some(({ subject }) => subject === "robot/r25")));
  t.ok(asked(site).length <= 16, `${asked(site).length} at once`);
  t.end();
});

t.test("R12 robot that people let hold is asked about again after five minutes, and not before", (t) => {
  const site = asking();
  answer(site, "keep");
  site.run(295_000);
  t.same(asked(site), []);
  site.run(10_000);
  t.equal(asked(site).length, 1);
  t.end();
});
