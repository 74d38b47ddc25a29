import t from "tap";
import { NO_VETOES } from "../../../../edge/core/motion/guard.js";
import {
  acceptPlan,
  createMotion,
  type MotionInput,
  type MotionState,
  nextPlanRequest,
  planLost,
  propose,
} from "../../../../edge/core/motion/motion.js";
import { solve } from "./dijkstra.js";
import { at } from "./scenarios.js";
import { gridOf, PHYSICS } from "./world.js";

const grid = gridOf(Array.from({ length: 20 }, () => ".".repeat(20)));

function aMotion(): MotionState {
  return createMotion({ grid, physics: PHYSICS, destinations: [{ id: "goal", xM: 15, yM: 10, radiusM: 0.5 }] });
}

/** Free floor all around, or one wall of returns at `aheadM`. */
function anInput(over: Partial<MotionInput> & { readonly aheadM?: number } = {}): MotionInput {
  const { aheadM, ...rest } = over;
  const rangesM = new Float64Array(120);
  if (aheadM !== undefined) for (let ray = -8; ray <= 8; ray++) rangesM[(ray + 120) % 120] = aheadM;
  const pose = { xM: 5, yM: 10, headingRad: 0, errorM: 0.05 };
  return {
    nowMs: 0,
    pose,
    speedMps: 0,
    turnRadps: 0,
    scan: { angleMinRad: 0, angleStepRad: (2 * Math.PI) / 120, rangeMaxM: 8, rangesM, poseAtCapture: pose },
    target: at("goal", 15, 10),
    rung: "AUTONOMOUS",
    priority: 0.5,
    controller: null,
    ...rest,
  };
}

/** Answers requests until the robot has a path. */
function planned(motion: MotionState, input: MotionInput): void {
  for (let round = 0; round < 2; round++) {
    const request = nextPlanRequest(motion, input);
    if (request !== null) acceptPlan(motion, solve(request), input);
  }
}

t.test("motion asks for the site first, then for the window, one request at a time", async (test) => {
  const motion = aMotion();
  const input = anInput();
  const site = nextPlanRequest(motion, input);
  test.equal(site?.kind, "site");
  test.equal(nextPlanRequest(motion, input), null, "one in flight");
  if (site === null) return;
  test.equal(acceptPlan(motion, solve(site), input), "accepted");
  const local = nextPlanRequest(motion, input);
  test.equal(local?.kind, "local");
  planLost(motion, (local?.id ?? 0) + 5);
  test.equal(nextPlanRequest(motion, anInput({ nowMs: 500 })), null, "another id was lost, not this one");
  planLost(motion, local?.id ?? 0);
  test.equal(nextPlanRequest(motion, anInput({ nowMs: 500 }))?.kind, "local");
});

t.test("motion asks for nothing without a target, and R8 nothing below AUTONOMOUS", async (test) => {
  test.equal(nextPlanRequest(aMotion(), anInput({ target: null })), null);
  for (const rung of ["REACTIVE_ONLY", "CONFIRM", "HALT"] as const) {
    test.equal(nextPlanRequest(aMotion(), anInput({ rung })), null, rung);
  }
});

t.test("R11 motion takes no result that is late, foreign or broken", async (test) => {
  const motion = aMotion();
  const input = anInput();
  const asked = nextPlanRequest(motion, input);
  if (asked === null) throw new Error("no request");
  const result = solve(asked);
  test.equal(acceptPlan(motion, { ...result, id: asked.id + 1 }, input), "ignored");
  const spoilt = result.value.slice();
  spoilt[3] = Number.NaN;
  test.equal(acceptPlan(motion, { ...result, value: spoilt }, input), "refused");
  test.equal(acceptPlan(motion, result, input), "ignored", "its request is over");
  const again = nextPlanRequest(motion, input);
  if (again === null) throw new Error("no second request");
  test.equal(acceptPlan(motion, { ...solve(again), width: 19 }, input), "refused", "another size");
  const third = nextPlanRequest(motion, input);
  if (third === null) throw new Error("no third request");
  test.equal(
    acceptPlan(motion, solve(third), anInput({ target: at("other", 3, 3) })),
    "ignored",
    "another target by now",
  );
  test.equal(propose(motion, input).activity, "holding");
});

t.test("motion drives with a plan, and stands without one of its grounds", async (test) => {
  const motion = aMotion();
  planned(motion, anInput());
  const driving = propose(motion, anInput());
  test.equal(driving.activity, "driving");
  test.ok(driving.speedMps > 0);
  test.ok(driving.path.length >= 4 && driving.path.length <= 128, `${driving.path.length / 2} points shown`);
  for (const [over, activity] of [
    [{ target: null }, "standing"],
    [{ scan: null }, "holding"],
    [{ rung: "CONFIRM" }, "holding"],
    [{ rung: "HALT" }, "holding"],
    [{ target: at("other", 3, 3) }, "holding"],
  ] as const) {
    const fresh = aMotion();
    planned(fresh, anInput());
    const found = propose(fresh, anInput(over));
    test.same([found.speedMps, found.turnRadps, found.activity], [0, 0, activity], JSON.stringify(over));
  }
});

t.test("R11 a plan that is late means reactive rules, at reactive speed", async (test) => {
  const motion = aMotion();
  planned(motion, anInput());
  test.ok(propose(motion, anInput({ nowMs: 1000, speedMps: 1 })).speedMps > PHYSICS.reactiveSpeedMps);
  const late = propose(motion, anInput({ nowMs: 3000, speedMps: 1 }));
  test.ok(late.speedMps > 0 && late.speedMps <= PHYSICS.reactiveSpeedMps, `${late.speedMps} m/s`);
});

t.test("R8 on REACTIVE_ONLY the robot keeps its distance, and holds without a validated path", async (test) => {
  const motion = aMotion();
  test.equal(propose(motion, anInput({ rung: "REACTIVE_ONLY" })).blockedBy, "no validated path");
  planned(motion, anInput());
  const free = propose(motion, anInput({ rung: "REACTIVE_ONLY", speedMps: PHYSICS.reactiveSpeedMps }));
  test.ok(free.speedMps > 0.2 && free.speedMps <= PHYSICS.reactiveSpeedMps);
  const near = propose(motion, anInput({ rung: "REACTIVE_ONLY", aheadM: 1.1 }));
  test.same([near.speedMps, near.activity], [0, "holding"]);
  const beside = { xM: 5, yM: 11, headingRad: 0, errorM: 0.05 };
  test.equal(propose(motion, anInput({ rung: "REACTIVE_ONLY", pose: beside })).blockedBy, "off the validated path");
});

t.test("R11 something that appears ahead stops the robot in the same tick", async (test) => {
  const motion = aMotion();
  planned(motion, anInput());
  const stopped = propose(motion, anInput({ speedMps: 1, aheadM: 0.9 }));
  test.equal(stopped.speedMps, 0);
  test.equal(stopped.activity, "waiting");
  test.equal(stopped.blockedBy, "something in the way");
});

t.test("motion says blocked where the map has no way", async (test) => {
  const rows = Array.from({ length: 20 }, () => `${".".repeat(9)}#${".".repeat(10)}`);
  const motion = createMotion({ grid: gridOf(rows), physics: PHYSICS, destinations: [] });
  planned(motion, anInput());
  const found = propose(motion, anInput());
  test.same([found.speedMps, found.activity, found.blockedBy], [0, "blocked", "no way to the destination"]);
});

t.test("motion refuses options that would break it later", async (test) => {
  for (const over of [{ planHz: 0 }, { windowCellM: Number.NaN }, { sitePlanMs: -1 }]) {
    test.throws(() => createMotion({ grid, physics: PHYSICS, destinations: [], ...over }), RangeError);
  }
});

t.test("R8 on REACTIVE_ONLY a robot that finds no room does not back out, however long it has driven", async (test) => {
  const rows = Array.from({ length: 20 }, (_, row) =>
    row === 8 ? `${".".repeat(8)}#${".".repeat(11)}` : ".".repeat(20),
  );
  const motion = createMotion({ grid: gridOf(rows), physics: PHYSICS, destinations: [] });
  motion.path = { targetId: "goal", pointsM: [5, 10.5, 15, 10.5], reachesTarget: true, detourM: 0 };
  const pose = { xM: 8.05 - 0.09, yM: 10.5, headingRad: 0, errorM: 0.05 };
  const rangesM = new Float64Array(120);
  const corner = { xM: 8.05 - pose.xM, yM: 0.37 }; // beside the wall, and in the way by a centimetre
  rangesM[Math.round(Math.atan2(corner.yM, corner.xM) / (Math.PI / 60))] = Math.hypot(corner.xM, corner.yM);
  const scan = { angleMinRad: 0, angleStepRad: Math.PI / 60, rangeMaxM: 8, rangesM, poseAtCapture: pose };
  const input = anInput({ rung: "REACTIVE_ONLY", target: at("goal", 15, 10.5), pose });
  for (let nowMs = 0; nowMs < 6000; nowMs += 100) propose(motion, { ...input, nowMs, speedMps: 0.4 });
  const pinned = propose(motion, { ...input, nowMs: 6000, scan });
  test.same([pinned.speedMps, pinned.activity], [0, "waiting"]);
  test.equal(pinned.blockedBy, "no room ahead");
});

t.test("R11 vetoes are counted by cause", async (test) => {
  const motion = aMotion();
  planned(motion, anInput());
  propose(motion, anInput());
  test.ok(Object.values(motion.vetoes).every((count) => count === 0));
  for (let tick = 1; tick <= 3; tick++) propose(motion, anInput({ nowMs: 50 * tick, speedMps: 1, aheadM: 0.4 }));
  test.same(motion.vetoes, { ...NO_VETOES, "no-room-unmapped": 3 });
});
