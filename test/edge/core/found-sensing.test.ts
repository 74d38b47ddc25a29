// What the simulator found about the edge's senses, one test each: a pose that jumped (R4, R7), odometry and poses that
// froze unseen, and a freeze that comes and goes (R6).
import t from "tap";
import { FROZEN_POSES } from "../../../edge/core/channels.js";
import { EdgeUnderTest, moves, TICK_MS } from "./edge-under-test.js";

/** Whether the robot was told to move, or told anybody where it is, from `fromMs` on. */
function acted(robot: EdgeUnderTest, fromMs: number) {
  const told = robot.of("publish", fromMs).some(({ sample }) => sample.value.kind === "pose");
  return { moved: robot.commands(fromMs).some(moves), told };
}

t.test("R4, R7 pose that jumped is believed only when a person has said so, over dwells and a restart", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.shiftM = 5; // and there it stays
  robot.run(2 * TICK_MS, () => robot.causes.includes("pose-jump"));
  const jumpedMs = robot.nowMs;
  robot.run(40_000);
  t.same(robot.causes, ["pose-jump"], "long after its dwell");
  t.same(acted(robot, jumpedMs), { moved: false, told: false });
  const again = new EdgeUnderTest({ memory: robot.stored, boot: "boot2" });
  again.step({ kind: "plannerReady" });
  again.connect();
  again.run(2000);
  again.grant("P1");
  again.run(20_000);
  t.same(again.causes, ["pose-jump"], "over a restart, although nothing jumps any more");
  t.same(acted(again, 0), { moved: false, told: false });
  again.clear("pose-jump");
  const clearedMs = again.nowMs;
  again.run(5000);
  t.same(again.causes, []);
  t.same(acted(again, clearedMs), { moved: true, told: true });
});

t.test("R6 odometry that froze while the robot stood is found when the pose goes further than it can", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.base.headingRad = Math.PI; // it will turn on the spot first
  for (let metres = 0; metres < 3; metres += 0.05) {
    robot.base.xM += 0.05; // it is carried while told to stand
    robot.run(TICK_MS);
  }
  t.same(robot.causes, [], "which is not its odometry's fault");
  robot.grant("P1");
  t.notOk(robot.run(10_000, () => robot.causes.includes("sensor-frozen")));
  t.ok(robot.base.speedMps > 0.5, "it drives on from there");
  const frozen = new EdgeUnderTest().ready();
  frozen.base.frozen.add("odometry"); // at no speed
  frozen.grant("P1");
  const { xM, yM } = frozen.base;
  t.ok(frozen.run(5000, () => frozen.causes.includes("sensor-frozen")));
  const wentM = Math.hypot(frozen.base.xM - xM, frozen.base.yM - yM);
  t.ok(wentM > 2 * frozen.base.errorM && wentM < 1, `after ${wentM.toFixed(2)} m`);
  const foundMs = frozen.nowMs;
  frozen.run(5000);
  t.same(acted(frozen, foundMs).moved, false);
});

t.test("R6 pose that repeats while the robot turns in place is frozen, and not while it stands", async (t) => {
  for (const turnRadps of [0, 0.5, -0.5]) {
    const robot = new EdgeUnderTest().ready();
    const { base } = robot;
    base.silent.add("odometry");
    base.frozen.add("pose");
    for (let samples = 0; samples < 2 * FROZEN_POSES; samples += 1) {
      const odometry = base.sample("odometry", robot.nowMs);
      robot.step({ kind: "sample", sample: { ...odometry, speedMps: 0, turnRadps } as typeof odometry });
      robot.run(TICK_MS);
    }
    t.same(robot.causes, turnRadps === 0 ? [] : ["sensor-frozen"], `at ${turnRadps} rad/s`);
  }
});

t.test("R6 frozen odometry or scan keeps the robot standing until its cause lets go, without jerks", async (t) => {
  for (const channel of ["odometry", "scan"] as const) {
    const robot = new EdgeUnderTest().driving();
    const isFrozen = () => robot.causes.includes("sensor-frozen");
    robot.base.frozen.add(channel);
    t.ok(robot.run(2000, isFrozen));
    const foundMs = robot.nowMs;
    robot.run(1000);
    robot.base.frozen.clear();
    t.ok(robot.run(60_000, () => !isFrozen()));
    const clearedMs = robot.nowMs;
    t.ok(clearedMs - foundMs > 10_000, `${channel} is believed after its dwell`);
    const between = robot.commands(foundMs).filter((command) => command.sentMonotonicMs < clearedMs);
    t.notOk(between.some(moves), `${channel}: it stands all the time`);
    robot.run(2000);
    t.ok(acted(robot, clearedMs).moved, "and then goes on");
  }
});

t.test("R6 scan that is the same after a gap as it was before it is frozen at once", async (t) => {
  for (const silentMs of [200, 2000]) {
    const robot = new EdgeUnderTest().driving();
    robot.base.frozen.add("scan");
    robot.run(2 * TICK_MS);
    robot.base.silent.add("scan");
    robot.run(silentMs);
    robot.base.silent.delete("scan");
    const backMs = robot.nowMs;
    robot.run(3 * TICK_MS);
    t.equal(robot.causes.includes("sensor-frozen"), silentMs > 500, `${silentMs} ms later: ${robot.causes}`);
    robot.run(20_000);
    t.equal(robot.commands(backMs + 500).some(moves), false);
  }
});
