// R7, R11: what the hub is told of the model that drives a robot: its name, whether it drives now, and how sure it was
// of its newest decisions, where its manifest says how that is told.
import t from "tap";
import { chase } from "./chaser.js";
import { alone, CONFIDENT, chaseWith, Fleet, NEW, OLD, shadowed } from "./model-fleet.js";

/** What the hub was told last of the model that drives. */
function toldModel({ robot }: Fleet) {
  const values = robot.of("publish").map(({ sample }) => sample.value);
  return values.findLast((value) => value.kind === "edge")?.model;
}

t.test(
  "R7 the hub is told how sure the model that drives is, and that it does not drive on a lower rung",
  async (t) => {
    let confidence = 0.95;
    const fleet = alone(
      chaseWith(() => confidence),
      CONFIDENT,
    );
    const none = { least: 0.5, unsure: 0, tenths: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
    fleet.robot.run(1500);
    t.same(toldModel(fleet), { name: OLD, drives: false, confidence: none }, "nowhere to go, no decision yet");
    fleet.run(5000);
    const told = toldModel(fleet);
    const sure = told?.confidence?.tenths[9] ?? 0;
    t.ok(sure > 20, `${sure} decisions`);
    t.same(told, { name: OLD, drives: true, confidence: { ...none, tenths: [0, 0, 0, 0, 0, 0, 0, 0, 0, sure] } });
    confidence = 0.3;
    t.ok(fleet.run(20_000, () => fleet.robot.rung === "REACTIVE_ONLY"));
    fleet.run(1500);
    const fallen = toldModel(fleet);
    t.equal(fallen?.drives, false);
    const unsure = fallen?.confidence?.unsure ?? 0;
    t.ok(unsure > 20, `${unsure} too unsure, although the finding has forgotten what led to it`);
    t.equal(fallen?.confidence?.tenths[3], unsure);
  },
);

t.test(
  "R11 a candidate that takes over is the model that the hub is told of, and no confidence is made up",
  async (t) => {
    const fleet = alone(chase);
    fleet.run(3000);
    t.same(toldModel(fleet), { name: OLD, drives: true, confidence: undefined }, "its manifest has none");
    const next = shadowed(
      chaseWith(() => 0.75),
      { more: CONFIDENT, options: { models: { promoteAfterMs: 2000 } } },
    );
    next.run(1500);
    t.same(toldModel(next), { name: OLD, drives: true, confidence: undefined });
    t.ok(next.run(20_000, () => next.role(NEW) === "live"));
    next.run(3000);
    t.match(toldModel(next), { name: NEW, confidence: { least: 0.5, unsure: 0, tenths: { 7: Number } } });
    const planned = new Fleet({}, {});
    planned.run(3000);
    t.same(toldModel(planned), { name: "planner", drives: true, confidence: undefined }, "the planner's path itself");
  },
);
