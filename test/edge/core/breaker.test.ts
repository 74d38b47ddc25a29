// R11 circuit breaker: alone, and as it keeps the rung of a robot whose planner or controller fails again and again.
import fc from "fast-check";
import t, { type Test } from "tap";
import { type Failures, failed, openBecause } from "../../../edge/core/breaker.js";
import { action, chase, controller } from "./chaser.js";
import { EdgeUnderTest } from "./edge-under-test.js";

const BREAKER = { failures: 3, withinMs: 60_000 } as const;
const MODEL = "chaser 1.0.0";

t.test(
  "R11 breaker is open while that many of its failures are no older than its time, and keeps no more",
  async (t) => {
    const gaps = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 12 });
    const property = fc.property(gaps, fc.integer({ min: 0, max: 90_000 }), (gapsMs, laterMs) => {
      const [kept, all]: [Failures, number[]] = [[], []];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        all.push(nowMs);
        failed(kept, BREAKER, nowMs);
      }
      nowMs += laterMs;
      const recent = all.filter((atMs) => nowMs - atMs <= BREAKER.withinMs).length;
      return (
        (openBecause(kept, BREAKER, nowMs) !== "") === recent >= BREAKER.failures && kept.length <= BREAKER.failures
      );
    });
    t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
  },
);

/** Fails three times, each as soon as the robot is on AUTONOMOUS again; resolves to the time of the first failure. */
function failThrice(robot: EdgeUnderTest, spoil: (isBad: boolean) => void): number {
  let firstMs = 0;
  for (let fall = 0; fall < BREAKER.failures; fall += 1) {
    if (!robot.run(60_000, () => robot.rung === "AUTONOMOUS")) throw new Error(`it stays on ${robot.rung}`);
    spoil(true);
    if (!robot.run(5000, () => robot.rung === "REACTIVE_ONLY")) throw new Error("it does not fall");
    spoil(false);
    firstMs ||= robot.nowMs;
  }
  return firstMs;
}

/** A ladder whose dwell never is what holds the rung. */
function quick(given: EdgeUnderTest["context"]["fleet"]) {
  return { ...given, ladder: { ...given.ladder, dwellMs: 1000, maxDoublings: 0 } };
}

function staysUntilPast(t: Test, robot: EdgeUnderTest, about: { readonly cause: string; readonly firstMs: number }) {
  robot.run(3000);
  t.match(robot.edge.state.ladder.get(about.cause)?.detail, /3 failures within 60 s/);
  const leftMs = about.firstMs + BREAKER.withinMs - robot.nowMs;
  t.ok(leftMs > 30_000, "they came soon after each other");
  t.notOk(
    robot.run(leftMs - 100, () => robot.rung === "AUTONOMOUS"),
    "not before the oldest is past",
  );
  t.ok(
    robot.run(3000, () => robot.rung === "AUTONOMOUS"),
    "and then by itself",
  );
}

t.test(
  "R11 a planner that fails three times in a minute keeps its robot on REACTIVE_ONLY until the first is past",
  async (t) => {
    const robot = new EdgeUnderTest({ fleet: quick }).driving();
    const firstMs = failThrice(robot, (isBad) => {
      robot.planner = isBad ? "refuses" : "answers";
    });
    staysUntilPast(t, robot, { cause: "planner-fault", firstMs });
  },
);

t.test("R11 a controller that fails three times in a minute keeps its robot there, too", async (t) => {
  const controllers = { live: controller("1.0.0"), candidate: null };
  const robot = new EdgeUnderTest({ fleet: quick, controllers });
  robot.answering.set(MODEL, chase);
  robot.step({ kind: "modelReady", model: MODEL });
  robot.driving();
  const firstMs = failThrice(robot, (isBad) => {
    robot.answering.set(MODEL, isBad ? () => action(Number.NaN, 0) : chase);
  });
  staysUntilPast(t, robot, { cause: "controller-fault", firstMs });
});
