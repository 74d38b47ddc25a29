// What the console is told of one robot: channels with their own ages, the token it acts under, when its lease was last
// renewed, and how far a cause is from letting go.

import t from "tap";
import { robotDetail } from "../../../hub/core/console-view.js";
import { robotViews } from "../../../hub/core/views.js";
import { tokenKey } from "../../../proto/claim.js";
import { decode, encode } from "../../../proto/codec/codec.js";
import { readRobotView } from "../../../proto/operator-views.js";
import type { DrivingModel } from "../../../proto/wire.js";
import { ready, SiteUnderTest } from "./site-under-test.js";

function aSite(): SiteUnderTest {
  return ready(new SiteUnderTest({ robots: 3 }), "r1", "r2", "r3");
}

function detailOf(site: SiteUnderTest, robot = "r1") {
  const found = robotDetail(site.hub.state, robot, site.nowMs);
  if (found === null) throw new Error(`no detail of ${robot}`);
  return found;
}

t.test("a robot that is well: fresh channels, a lease that was just renewed, nothing that holds it", async (t) => {
  const site = aSite();
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(1000);
  const { channels, token, renewedAgoMs, holds } = detailOf(site);
  const pose = channels.find(({ name }) => name === "pose");
  t.equal(pose?.verdict, "fresh");
  t.ok((pose?.ageBoundMs ?? 1e9) < 1500 && (pose?.samples ?? 0) > 0);
  const claim = site.hub.state.ledger.byDestination.get("C");
  t.equal(token, claim === undefined ? "" : tokenKey(claim.token), "the token of the place that it goes to");
  t.not(token, "");
  t.ok(renewedAgoMs !== null && renewedAgoMs <= 500, `renewed ${renewedAgoMs} ms ago`);
  t.same(holds, []);
  t.equal(robotDetail(site.hub.state, "r9", site.nowMs), null);
});

t.test("R6 R7 a silent robot: its age grows, and its cause says how long it was calm of the dwell", async (t) => {
  const site = aSite();
  site.robot("r1").isTelling = false;
  site.run(9000);
  const silent = detailOf(site);
  t.match(silent.channels, [{ name: "pose", verdict: "late" }]);
  t.ok((silent.channels[0]?.ageBoundMs ?? 0) >= 9000);
  t.match(silent.holds, [{ name: "telemetry-stale", of: "robot", calmForMs: null, falls: 1 }]);
  site.robot("r1").isTelling = true;
  site.run(4000);
  const calm = detailOf(site).holds[0];
  t.ok(calm !== undefined && (calm.calmForMs ?? 0) > 2000 && (calm.calmForMs ?? 0) < calm.dwellMs, "it climbs");
});

t.test("a robot that never spoke has no renewal, no fresh channel and no token", async (t) => {
  const site = new SiteUnderTest({ robots: 1 });
  site.run(1000);
  t.match(detailOf(site), {
    channels: [{ name: "pose", ageBoundMs: null, verdict: "lost", samples: 0 }],
    ...{ token: "", renewedAgoMs: null },
  });
});

t.test("R7 a robot's view has the model that its edge last told of, and none before it has", async (t) => {
  const site = aSite();
  const model = () => robotViews(site.hub.state, site.nowMs).find(({ id }) => id === "r1")?.model;
  t.equal(model(), undefined, "not told");
  const told = {
    name: "m 1.0.0",
    drives: true,
    confidence: { least: 0.5, unsure: 1, tenths: [0, 0, 0, 1, 0, 0, 0, 0, 0, 9] },
  };
  const doing = { activity: "driving", blockedBy: "", pathM: [] };
  const plans = { planMs: 5, plans: 3, planDeadlineMisses: 0, inferenceMs: 2 };
  const tell = (of: DrivingModel | undefined) => {
    const value = { kind: "edge", rung: "AUTONOMOUS", causes: [], ...plans, ...doing, model: of } as const;
    site.step({ kind: "telemetry", sample: { ...site.robot("r1").pose(site.nowMs), channel: "edge", value } });
  };
  tell(told);
  t.same(model(), told);
  const [view] = robotViews(site.hub.state, site.nowMs);
  const bytes = encode("RobotView", view as object);
  t.same(readRobotView(decode("RobotView", bytes), "m").model, told, "as people are told of it");
  tell({ ...told, drives: false, confidence: undefined });
  t.match(model(), { drives: false, confidence: undefined });
  tell(undefined);
  t.equal(model(), undefined, "an edge that does not tell it");
});
