// R7: the watch over the health of controller models: the decisions of the live one lower its robot, those of any other
// never do; each decision counts once; a tick in which immediate rules drove in its place is a fallback.
import t from "tap";
import { slotWith } from "../../../edge/core/controller/slots.js";
import type { ModelManifest } from "../../../models/manifest.js";
import { referenceOf } from "../../../models/reference.js";
import { feature } from "../../models/helpers/manifests.js";
import { action, chase, controller } from "./chaser.js";
import type { Answering, EdgeOptions } from "./edge-under-test.js";
import { alone, CONFIDENT, chaseWith, Fleet, NEW, OLD, shadowed } from "./model-fleet.js";

t.test("R7 a live model whose confidence drops lowers its robot, which tries it again, and it drives on", async (t) => {
  let confidence = 0.9;
  const fleet = alone(
    chaseWith(() => confidence),
    CONFIDENT,
  );
  const { robot } = fleet;
  fleet.run(6000);
  t.match(fleet.figures(OLD), { unsureShare: 0, oldShare: 0, refusedShare: 0 });
  t.equal(fleet.figures(OLD).confidence[9] || fleet.figures(OLD).confidence[8], fleet.figures(OLD).decisions);
  confidence = 0.3;
  t.ok(
    fleet.run(20_000, () => robot.rung === "REACTIVE_ONLY"),
    "the rung falls",
  );
  t.same(robot.causes, ["model-unsure"]);
  t.match(robot.edge.state.ladder.get(`model-unsure/${OLD}`)?.detail, /^chaser 1\.0\.0: \d+ % .* less sure/);
  confidence = 0.9;
  t.ok(
    fleet.run(60_000, () => robot.rung === "AUTONOMOUS"),
    "the model is tried again",
  );
  const { driven } = fleet.counts(OLD);
  fleet.run(20_000);
  t.ok(fleet.counts(OLD).driven > driven + 50, "and drives");
  t.equal(robot.rung, "AUTONOMOUS");
});

t.test("R7 a shadow that is unsure, refused and vetoed, or has drifted, never lowers its robot", async (t) => {
  const far = referenceOf("obs", [
    [900, 900, 900],
    [901, 901, 901],
  ]);
  const health = { driftEveryMs: 0, driftSamples: 50, leastDriftSamples: 50 };
  const bad: readonly [what: string, answer: Answering, more: Partial<ModelManifest>][] = [
    ["is unsure", chaseWith(() => 0.1), CONFIDENT],
    ["is vetoed", () => action(-0.7, 0.3), {}],
    ["is refused", () => "no", {}],
    ["gives what is no number", () => action(Number.NaN, 0), {}],
  ];
  for (const [what, answer, more] of bad) {
    const fleet = shadowed(answer, { more });
    fleet.run(20_000);
    t.ok(fleet.counts(NEW).asked > 0, what);
    t.match(fleet.figures(NEW), { decisions: 0, unsureShare: 0, refusedShare: 0, fallbackShare: 0 }, what);
    t.equal(fleet.robot.rung, "AUTONOMOUS", what);
  }
  const site: EdgeOptions["site"] = (one) => ({ ...one, health: { ...one.health, ...health } });
  const drifted = new Fleet(
    { controllers: { live: null, candidate: controller("2.0.0") }, reference: far, site },
    { [NEW]: chase },
  );
  drifted.run(20_000);
  t.equal(drifted.figures(NEW).driftIndex, 0);
  t.equal(drifted.robot.rung, "AUTONOMOUS");
  const live = alone(chase, {}, { reference: far, site });
  t.ok(
    live.run(20_000, () => live.robot.rung === "REACTIVE_ONLY"),
    "the same inputs lower the robot of a live model",
  );
  t.same(live.robot.causes, ["model-drift"]);
});

t.test("R7 the fallback rate is the share of ticks in which immediate rules drove in place of the model", async (t) => {
  let runs = 0;
  const fleet = alone(
    chaseWith(() => (++runs % 3 === 0 ? 0.1 : 0.9)),
    CONFIDENT,
  );
  fleet.run(8000);
  const { driven, missing, vetoed } = fleet.counts(OLD);
  const { fallbackMs } = fleet.robot.config.health;
  const steps = fallbackMs / fleet.robot.config.limits.controlMs;
  t.ok(missing > 20 && driven > 40, `${missing} missing, ${driven} driven`);
  t.ok(Math.abs(fleet.figures(OLD).fallbackShare - (missing + vetoed) / steps) < 1e-9);
  t.equal(fleet.robot.rung, "AUTONOMOUS");
  t.equal(fleet.robot.edge.state.health.figures("planner").fallbackShare, 0, "the plans that it followed were in time");
});

t.test("R7 a model that is not fed drives nothing, and lowers its robot by model-fallback", async (t) => {
  const features = [feature("battery.chargeRatio")];
  const inputs = [
    { tensor: "obs", type: "float32", shape: [1], unit: "1", fill: { kind: "features", features } },
  ] as const;
  const fleet = alone(chase, { inputs });
  fleet.robot.base.silent.add("battery");
  t.ok(fleet.run(60_000, () => fleet.robot.rung === "REACTIVE_ONLY"));
  t.same(fleet.robot.causes, ["model-fallback"]);
});

t.test("R7 each decision counts once, by what the guard said to it first", async (t) => {
  let runs = 0;
  const slow = alone((run) => (++runs % 2 === 0 ? chase(run) : null));
  slow.run(4000);
  const { asked, driven } = slow.counts(OLD);
  const { decisions, refusedShare } = slow.figures(OLD);
  t.ok(driven > 1.5 * decisions, `${driven} ticks by ${decisions} decisions`);
  t.ok(decisions <= asked && decisions > 20, `${decisions} of ${asked}`);
  t.equal(refusedShare, 0);
  let isBad = false;
  const vetoed = alone((run) => (isBad ? action(9, 0) : chase(run)));
  vetoed.run(4000);
  isBad = true;
  const before = vetoed.counts(OLD).vetoed;
  const known = vetoed.figures(OLD).decisions;
  vetoed.run(400);
  const figures = vetoed.figures(OLD);
  t.ok(vetoed.counts(OLD).vetoed - before >= 5);
  t.equal(Math.round(figures.refusedShare * figures.decisions), vetoed.counts(OLD).vetoed);
  t.ok(figures.decisions - known <= 8);
});

t.test("R7 R11 a model on trial that is not well loses its place, and its robot no rung", async (t) => {
  let confidence = 0.9;
  const options = { models: { promoteAfterMs: 2000 } };
  const fleet = shadowed(
    chaseWith(() => confidence),
    { more: CONFIDENT, options },
  );
  t.ok(fleet.run(20_000, () => fleet.role(NEW) === "live"));
  fleet.run(2000);
  confidence = 0.1;
  let worst = fleet.robot.rung;
  t.ok(
    fleet.run(60_000, () => {
      if (fleet.robot.rung !== "AUTONOMOUS") worst = fleet.robot.rung;
      return fleet.role(NEW) === "failed";
    }),
  );
  fleet.run(5000);
  t.same([worst, fleet.robot.rung, fleet.role(OLD)], ["AUTONOMOUS", "AUTONOMOUS", "live"]);
  const notes = fleet.robot.of("note").filter(({ event }) => event === "model swapped back");
  t.match(notes, [{ detail: /^chaser 1\.0\.0 drives again, chaser 2\.0\.0 failed: model-unsure: .* less sure/ }]);
});

t.test("R7 R11 a canary of the live model that fails lowers its robot until the next good one", async (t) => {
  const fleet = shadowed(chase);
  const { robot } = fleet;
  fleet.run(3000);
  fleet.canary(OLD, "");
  fleet.canary(NEW, "");
  fleet.run(100);
  t.equal(robot.rung, "AUTONOMOUS");
  fleet.canary(OLD, "y[0] is off");
  fleet.run(60_000);
  t.same([robot.rung, robot.causes, fleet.role(OLD)], ["REACTIVE_ONLY", ["canary-failed"], "live"]);
  fleet.canary(OLD, "");
  t.ok(fleet.run(60_000, () => robot.rung === "AUTONOMOUS"));
});

t.test("R11 a canary of a shadow that fails costs its candidacy, and not the rung", async (t) => {
  const fleet = shadowed(chase, { options: { models: { promoteAfterMs: 5000 } } });
  fleet.run(2000);
  fleet.canary(NEW, "y[0] is off");
  fleet.canary(NEW, "y[0] is off");
  fleet.run(10_000);
  t.same([fleet.role(NEW), fleet.role(OLD), fleet.robot.rung], ["failed", "live", "AUTONOMOUS"]);
  const notes = fleet.robot.of("note").filter(({ event }) => event === "model failed");
  t.match(notes, [{ detail: "chaser 2.0.0, shadow: canary: y[0] is off" }]);
  fleet.canary(NEW, "");
  t.equal(fleet.role(NEW), "failed", "for good");
});

t.test(
  "R11 a canary of a model on trial that fails brings back the one before, unless that failed its own",
  async (t) => {
    const promoted = () => {
      const fleet = shadowed(chase, { options: { models: { promoteAfterMs: 2000 } } });
      t.ok(fleet.run(20_000, () => fleet.role(NEW) === "live"));
      return fleet;
    };
    const back = promoted();
    back.canary(NEW, "y[0] is off");
    t.same([back.role(NEW), back.role(OLD)], ["failed", "live"]);
    back.run(500);
    t.equal(back.robot.rung, "AUTONOMOUS");
    const alone = promoted();
    alone.canary(OLD, "y[0] is off");
    t.same([alone.role(NEW), alone.role(OLD)], ["live", "failed"]);
    alone.canary(NEW, "y[0] is off");
    t.equal(slotWith(alone.robot.edge.state.controllers, "live"), undefined, "the path itself");
    alone.run(500);
    t.equal(alone.robot.rung, "AUTONOMOUS");
  },
);
