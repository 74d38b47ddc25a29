// R11 for a candidate: it runs in the shadow of what drives, takes over when it has shown that it can, and what was
// before comes back when it fails.
import t from "tap";
import type { ControllerModels } from "../../../edge/core/controller/slots.js";
import { action, chase, controller } from "./chaser.js";
import { begin, hasArrived, live, NEW, notes, OLD, slot } from "./driven.js";
import { type Answering, type EdgeOptions, EdgeUnderTest, TICK_MS } from "./edge-under-test.js";

/** A robot with a model that drives and a candidate in its shadow. */
function shadowed(candidate: Answering, models: EdgeOptions["models"] = {}): EdgeUnderTest {
  const controllers: ControllerModels = { live: controller("1.0.0"), candidate: controller("2.0.0") };
  return begin(new EdgeUnderTest({ controllers, models }), [
    [OLD, chase],
    [NEW, candidate],
  ]);
}

t.test("R11 a candidate runs in the shadow of the live model: it is judged, and never driven", async (t) => {
  const robot = shadowed(() => action(-0.7, 0.3));
  t.ok(robot.run(60_000, () => hasArrived(robot)));
  t.ok(slot(robot, NEW).counts.asked > 100 && slot(robot, NEW).counts.vetoed > 50, "the guard would have refused it");
  t.equal(live(robot), OLD);
  t.notOk(robot.commands().some(({ speedMps }) => speedMps < -0.1));
});

t.test("R11 a proven candidate takes over between two ticks, none of which is without an advice", async (t) => {
  const robot = shadowed(chase, { promoteAfterMs: 3000 });
  t.ok(
    robot.run(20_000, () => live(robot) === NEW),
    "it takes over",
  );
  t.equal(slot(robot).role, "standby");
  t.match(notes(robot, "model promoted"), [/^chaser 2\.0\.0 drives after \d+ runs in the shadow of chaser 1\.0\.0$/]);
  t.equal(slot(robot, NEW).counts.missing, 0);
  t.ok(robot.run(60_000, () => hasArrived(robot)));
  t.equal(slot(robot, NEW).counts.missing, 0, "not in the tick of the swap either");
});

t.test("R11 the model before comes back in one tick when the promoted one fails", async (t) => {
  let isBad = false;
  const robot = shadowed((run) => (isBad ? action(Number.NaN, 0) : chase(run)), { promoteAfterMs: 2000 });
  t.ok(robot.run(20_000, () => live(robot) === NEW));
  robot.run(500);
  const missing = slot(robot).counts.missing;
  isBad = true;
  t.ok(
    robot.run(2 * TICK_MS, () => live(robot) === OLD),
    "at the next answer",
  );
  t.match(notes(robot, "model swapped back"), [/^chaser 1\.0\.0 drives again, chaser 2\.0\.0 failed: output/]);
  t.equal(robot.rung, "AUTONOMOUS");
  t.equal(slot(robot, NEW).role, "failed");
  t.ok(robot.run(60_000, () => hasArrived(robot)));
  t.ok(slot(robot).counts.missing - missing <= 1, "it was ready");
  t.equal(live(robot), OLD, "a failed one is not tried again");
});

t.test("R11 a candidate that failed, or that the guard would refuse, does not take over", async (t) => {
  let runs = 0;
  const failing = shadowed((run) => (++runs === 30 ? action(Number.NaN, 0) : chase(run)), { promoteAfterMs: 5000 });
  failing.run(30_000);
  t.equal(slot(failing, NEW).role, "failed");
  const vetoed = shadowed(() => action(-0.7, 0.3), { promoteAfterMs: 2000 });
  vetoed.run(15_000);
  t.equal(live(vetoed), OLD);
  const never = shadowed(chase);
  never.run(15_000);
  t.equal(live(never), OLD, "unless the site says so");
});

t.test("R11 a candidate that turns on the spot, or creeps, does not take over from one that drives", async (t) => {
  let runs = 0;
  for (const [name, answer, share] of [
    ["turns", () => action(0, 1), 0],
    ["creeps", () => action(0.01, 0), 0],
    ["turns, and boasts at times", () => (++runs % 11 === 0 ? action(5, 0) : action(0, 1)), 0.1],
  ] as const) {
    const robot = shadowed(answer, { promoteAfterMs: 2000 });
    robot.run(12_000, () => live(robot) === NEW);
    t.equal(live(robot), OLD, name);
    const { asked, vetoed } = slot(robot, NEW).counts;
    t.ok(asked > 50, "it was asked");
    t.ok(vetoed <= share * asked, "the guard has little against it");
  }
});

t.test("R11 without a model before, the path itself is pursued again when a promoted one fails", async (t) => {
  const controllers: ControllerModels = { live: null, candidate: controller("2.0.0") };
  let isBad = false;
  const robot = new EdgeUnderTest({ controllers, models: { promoteAfterMs: 2000 } });
  begin(robot, [[NEW, (run) => (isBad ? "no" : chase(run))]]);
  t.ok(robot.run(20_000, () => live(robot) === NEW));
  isBad = true;
  t.ok(robot.run(1000, () => live(robot) === "the path itself"));
  t.ok(robot.run(60_000, () => hasArrived(robot)));
  t.equal(robot.rung, "AUTONOMOUS");
});

t.test("R11 a candidate that is mostly unsure of itself does not take over", async (t) => {
  const calibration = [
    [0, 0],
    [1, 1],
  ] as const;
  const confidence = { kind: "output", tensor: "action", index: 0, calibration, least: 0.5 } as const;
  const controllers: ControllerModels = { live: controller("1.0.0"), candidate: controller("2.0.0", { confidence }) };
  const robot = new EdgeUnderTest({ controllers, models: { promoteAfterMs: 2000 } });
  let runs = 0;
  begin(robot, [
    [OLD, chase],
    [NEW, () => action(++runs % 4 === 0 ? 0.8 : 0.2, 0)],
  ]);
  robot.run(12_000);
  t.ok(slot(robot, NEW).counts.unsure > 50);
  t.equal(live(robot), OLD);
});
