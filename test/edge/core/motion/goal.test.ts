import t from "tap";
import { align, arrived, createSettle, SETTLE_MS } from "../../../../edge/core/motion/goal.js";
import { at } from "./scenarios.js";
import { PHYSICS } from "./world.js";

const target = at("dock", 5, 5, 1);

function seen(nowMs: number, over: { xM?: number; headingRad?: number; speedMps?: number } = {}) {
  const pose = { xM: over.xM ?? 5.05, yM: 5, headingRad: over.headingRad ?? 1 };
  return { nowMs, pose, speedMps: over.speedMps ?? 0, physics: PHYSICS };
}

t.test("arrival is said after the robot stood there, turned as asked, for the settle time", async (test) => {
  const settle = createSettle();
  test.notOk(arrived(settle, target, seen(0)));
  test.notOk(arrived(settle, target, seen(SETTLE_MS - 1)));
  test.ok(arrived(settle, target, seen(SETTLE_MS)));
});

t.test("arrival is not said", async (test) => {
  for (const [why, over] of [
    ["while it moves", { speedMps: 0.2 }],
    ["turned another way", { headingRad: 1.5 }],
    ["beside the place", { xM: 5.2 }],
  ] as const) {
    const settle = createSettle();
    arrived(settle, target, seen(0, over));
    test.notOk(arrived(settle, target, seen(SETTLE_MS * 2, over)), why);
  }
});

t.test("arrival does not flicker with the noise of the pose, and ends when the robot is moved away", async (test) => {
  const settle = createSettle();
  arrived(settle, target, seen(0));
  test.ok(arrived(settle, target, seen(SETTLE_MS)));
  test.ok(arrived(settle, target, seen(SETTLE_MS + 100, { xM: 5.2 })), "noise");
  test.notOk(arrived(settle, target, seen(SETTLE_MS + 200, { xM: 5.4 })), "moved");
  test.notOk(arrived(settle, at("other", 5, 5, 1), seen(SETTLE_MS + 300)), "another target");
});

t.test("alignment turns the short way round and stops when it is turned", async (test) => {
  const turn = (headingRad: number): number => align(target, { xM: 5, yM: 5, headingRad }, PHYSICS).turnRadps;
  test.ok(turn(0) > 0);
  test.ok(turn(2) < 0);
  test.ok(turn(1 + 6.2) > 0, "across the seam");
  test.equal(turn(1.02), 0);
  test.equal(turn(-1.9), PHYSICS.maxTurnRadps);
});
