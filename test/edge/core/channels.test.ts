// R6 on board: which samples are taken, how old they are, and what counts as frozen or not to be believed.
import t from "tap";
import { ageMs, FROZEN_POSES, FROZEN_SCANS, frozen, takeSample } from "../../../edge/core/channels.js";
import { NEVER_FRESH } from "../../../proto/freshness.js";
import type { OnboardChannel } from "../../../proto/topics.js";
import type { Capture, OnboardSample } from "../../../proto/wire.js";
import { EdgeUnderTest } from "./edge-under-test.js";

const NONE = { monotonicMs: undefined, tickNonce: undefined };

/** An edge that has run for a while with every channel silent, and a way to give it one sample. */
function quiet() {
  const robot = new EdgeUnderTest();
  for (const channel of ["pose", "scan", "odometry", "battery", "base"] as const) robot.base.silent.add(channel);
  robot.run(1000);
  let sequence = 0;
  const give = (
    channel: OnboardChannel,
    capture: Partial<Capture> = { monotonicMs: robot.nowMs },
    over: object = {},
  ) => {
    sequence += 1;
    const tag = { baseBoot: "base1", sequence, ...NONE, ...capture };
    const sample = { ...robot.base.sample(channel, robot.nowMs), ...over, capture: tag } as OnboardSample;
    return takeSample(robot.edge.state, sample, robot.nowMs);
  };
  const age = (channel: OnboardChannel) => ageMs(robot.edge.state, channel, robot.nowMs);
  return { robot, give, age };
}

t.test("R6 age counts from the capture, in the board's time or by the tick that it echoes", async (t) => {
  const { robot, give, age } = quiet();
  t.equal(age("pose"), NEVER_FRESH, "nothing yet");
  give("pose", { monotonicMs: robot.nowMs - 300 });
  t.equal(age("pose"), 301);
  const nonce = robot.edge.state.tickNonce;
  const sentMs = robot.edge.state.ticks.get(nonce) ?? 0;
  robot.run(500);
  give("scan", { tickNonce: nonce });
  t.equal(age("scan"), robot.nowMs - sentMs + 1, "since the tick was sent: it was captured after that");
  t.equal(age("pose"), 801);
});

t.test("R6 sample without a time, from the future or with an unknown tick is never fresh, however new", async (t) => {
  const { robot, give, age } = quiet();
  for (const capture of [{}, { monotonicMs: robot.nowMs + 1000 }, { tickNonce: 999_999 }, { tickNonce: 0 }]) {
    give("pose");
    t.equal(age("pose"), 1);
    t.equal(give("pose", capture), true);
    t.equal(age("pose"), NEVER_FRESH, JSON.stringify(capture));
  }
});

t.test("R13 ticks are remembered for some ten seconds, then an echo of them is never fresh", async (t) => {
  const { robot, give, age } = quiet();
  const nonce = robot.edge.state.tickNonce;
  robot.run(9000);
  give("pose", { tickNonce: nonce });
  t.equal(age("pose"), 9001);
  robot.run(3000);
  give("pose", { tickNonce: nonce });
  t.equal(age("pose"), NEVER_FRESH);
  t.ok(robot.edge.state.ticks.size <= 200);
});

t.test(
  "R6 samples are ordered by the counter of one boot of the base; older and repeated ones are dropped",
  async (t) => {
    const { robot, give } = quiet();
    const steps: readonly [string, number, boolean][] = [
      ["base1", 5, true],
      ["base1", 5, false],
      ["base1", 4, false],
      ["base1", 6, true],
      ["base2", 1, true],
      ["base2", 1, false],
      ["base2", 2, true],
    ];
    for (const [baseBoot, sequence, taken] of steps)
      t.equal(give("odometry", { baseBoot, sequence, monotonicMs: robot.nowMs }), taken, `${baseBoot} ${sequence}`);
  },
);

t.test("R6 a noisy lidar that repeats itself 5 times is frozen, and thaws with the next new scan", async (t) => {
  const { robot, give } = quiet();
  const ranges = { rangeM: [1, 2, 3] };
  for (let count = 1; count < FROZEN_SCANS; count += 1) give("scan", undefined, ranges);
  t.equal(frozen(robot.edge.state, "scan"), "");
  give("scan", undefined, ranges);
  t.equal(frozen(robot.edge.state, "scan"), "5 identical scans");
  give("scan", undefined, { rangeM: [1, 2, 3.001] });
  t.equal(frozen(robot.edge.state, "scan"), "");
});

t.test("R6 a pose that stands while the wheels turn is frozen, one that stands with them is not", async (t) => {
  const { robot, give } = quiet();
  const still = { xM: 3, yM: 3, headingRad: 0 };
  give("odometry", undefined, { speedMps: 0 });
  for (let count = 0; count < 3 * FROZEN_POSES; count += 1) give("pose", undefined, still);
  t.equal(frozen(robot.edge.state, "pose"), "");
  give("odometry", undefined, { speedMps: -0.5 });
  for (let count = 1; count < FROZEN_POSES; count += 1) {
    t.equal(frozen(robot.edge.state, "pose"), "", "not at once when it sets off");
    give("pose", undefined, still);
  }
  t.match(frozen(robot.edge.state, "pose"), /identical poses while the wheels turn/);
  give("odometry", undefined, { speedMps: 0 });
  give("pose", undefined, still);
  t.match(frozen(robot.edge.state, "pose"), /identical/, "stopping proves nothing");
  give("pose", undefined, { ...still, xM: 3.01 });
  t.equal(frozen(robot.edge.state, "pose"), "");
});

t.test(
  "pose is doubted when it jumps or its error is too large, and believed when it can have driven there",
  async (t) => {
    const { robot, give } = quiet();
    const doubt = () => {
      const { poseDoubt, poseJumpSeen } = robot.edge.state;
      robot.edge.state.poseJumpSeen = "";
      return poseDoubt || poseJumpSeen;
    };
    const at = (xM: number, over: object = {}) =>
      give("pose", undefined, { xM, yM: 5, headingRad: 0, errorM: 0.05, ...over });
    at(3);
    t.equal(doubt(), "", "the first one");
    robot.run(100);
    at(3.5);
    t.equal(doubt(), "");
    robot.run(100);
    at(4.5);
    t.equal(doubt(), "it jumped 1.0 m");
    robot.run(100);
    at(4.6);
    t.equal(doubt(), "", "the next one is measured from there");
    robot.run(2000);
    at(7.5);
    t.equal(doubt(), "", "three metres in two seconds is driving");
    at(7.5, { errorM: 0.4 });
    t.equal(doubt(), "its error is 0.4 m, at most 0.3");
    give("pose", { baseBoot: "base2", monotonicMs: robot.nowMs }, { xM: 20, yM: 5, headingRad: 0, errorM: 0.05 });
    t.match(doubt(), /it jumped 12\.5 m/, "a base that starts anew has stood since its end");
  },
);
