// What fresh eyes broke on the robot's side, one test each: a hub that is followed before that is durable (R5, R10), a
// speed that is older than its tag (R6), a base that starts elsewhere (R4), an odometer that counts on (R7).
import t from "tap";
import { EdgeUnderTest } from "./edge-under-test.js";

t.test("R5, R10 robot asks no hub for anything before it is durable that it follows it", async (t) => {
  for (const again of ["the same hub", "another hub"] as const) {
    const robot = new EdgeUnderTest();
    robot.isStoring = false; // a disk that takes seconds
    robot.meet(6, "X");
    t.notOk(robot.asks(), "nothing is stored");
    if (again === "the same hub") robot.meet(6, "X");
    else {
      robot.meet(7, "Y");
      robot.step({ kind: "saved", version: 1 });
    }
    t.notOk(robot.asks(), `after a flap it meets ${again}`);
    robot.step({ kind: "saved", version: 2 });
    robot.step({ kind: "saved", version: robot.edge.state.version });
    t.ok(robot.asks(), "and then it asks");
  }
});

t.test("R6 speed of a dead odometry is not told under the tag of a fresh pose", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.silent.add("odometry");
  robot.run(5000);
  const told = robot.of("publish").map(({ sample }) => sample.value);
  t.match(told.filter((value) => value.kind === "pose").at(-1), { speedMps: 0 }, "it may stand");
  t.ok(told.some((value) => value.kind === "pose" && value.speedMps > 0.5));
});

t.test("R4 pose of a base that starts anew is not believed further away than it can have rolled", async (t) => {
  for (const { shiftM, jumped } of [
    { shiftM: 0.2, jumped: false },
    { shiftM: 12, jumped: true },
  ]) {
    const robot = new EdgeUnderTest().ready();
    for (const channel of ["pose", "odometry", "scan", "base", "battery"] as const) robot.base.silent.add(channel);
    robot.run(30_000);
    robot.base.silent.clear();
    robot.base.boot = "base2";
    robot.base.shiftM = shiftM;
    robot.run(1000);
    t.equal(robot.causes.includes("pose-jump"), jumped, `${shiftM} m away`);
  }
});

t.test("R7 robot whose odometer stood for a while and counts on drives again by itself", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const sample = robot.base.sample.bind(robot.base);
  let lostM = 0;
  let stoodAtM: number | null = null; // the speed is told right, only the counter stands
  robot.base.sample = (channel, nowMs) => {
    const seen = sample(channel, nowMs);
    if (seen.channel !== "odometry") return seen;
    if (stoodAtM !== null) lostM = seen.travelledM - stoodAtM;
    return { ...seen, travelledM: seen.travelledM - lostM };
  };
  stoodAtM = robot.edge.state.way?.travelledM ?? 0;
  robot.run(5000);
  t.ok(robot.causes.includes("sensor-frozen"));
  stoodAtM = null;
  const { xM, yM } = robot.base;
  robot.run(120_000);
  t.notOk(robot.causes.includes("sensor-frozen"));
  robot.grant("P1"); // it had given the former one back
  robot.run(5000);
  t.ok(Math.hypot(robot.base.xM - xM, robot.base.yM - yM) > 1, "it has moved");
});
