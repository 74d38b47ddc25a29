// What a safety review found about the edge's senses, one test each: nothing seen before a suspension has an age (R6),
// a doubted pose is told to nobody (R6), stops shorter than a control period count (R7), a silent base opens no latch
// (R7).
import t from "tap";
import { ageMs } from "../../../edge/core/channels.js";
import { EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { NEVER_FRESH } from "../../../proto/freshness.js";
import { ONBOARD_CHANNELS } from "../../../proto/topics.js";
import { EdgeUnderTest, moves, TICK_MS } from "./edge-under-test.js";

function poses(robot: EdgeUnderTest, fromMs = 0) {
  return robot.of("publish", fromMs).flatMap(({ sample }) => (sample.value.kind === "pose" ? [sample] : []));
}

function age(robot: EdgeUnderTest, channel: (typeof ONBOARD_CHANNELS)[number]): number {
  return ageMs(robot.edge.state, channel, robot.nowMs);
}

/** A person at the hub lets go of what is latched. */
function clear(robot: EdgeUnderTest, ...causes: readonly ("emergency-stop" | "bumper" | "manual" | "store-fault")[]) {
  robot.clear(...causes);
  robot.run(TICK_MS);
}

t.test("R6 after a suspension nothing is fresh, and nothing that was seen before it is told", async (t) => {
  const robot = new EdgeUnderTest().ready();
  for (const channel of ONBOARD_CHANNELS) robot.base.silent.add(channel);
  robot.run(200);
  const beforeMs = robot.nowMs;
  robot.suspendedMs += 3_600_000;
  robot.run(TICK_MS);
  t.equal(robot.edge.state.link.hubNonce, 0, "what time has passed since a nonce nobody knows");
  for (const channel of ONBOARD_CHANNELS) t.equal(age(robot, channel), NEVER_FRESH, channel);
  robot.connect();
  for (const channel of ONBOARD_CHANNELS) {
    robot.step({ kind: "sample", sample: robot.base.sample(channel, beforeMs) }); // it waited in a socket
    t.equal(age(robot, channel), NEVER_FRESH, `${channel} from before`);
  }
  robot.run(3000);
  const told = robot.of("publish", beforeMs + 1).filter(({ sample }) => sample.value.kind !== "edge");
  t.equal(told.length, 0);
  robot.base.silent.clear();
  robot.run(1000);
  t.ok(age(robot, "pose") < 100, "what is seen afterwards counts");
  t.ok(poses(robot, beforeMs + 1).length > 0);
  t.ok(poses(robot, beforeMs + 1).every((sample) => sample.hubNonce > 0 && sample.capturedMs > beforeMs));
});

const DOUBTS: readonly { readonly what: string; readonly bend: (robot: EdgeUnderTest, on: boolean) => void }[] = [
  {
    what: "repeats itself while the wheels turn",
    bend: (robot, on) => (on ? robot.base.frozen.add("pose") : robot.base.frozen.delete("pose")),
  },
  {
    what: "has too large an error",
    bend: (robot, on) => {
      robot.base.errorM = on ? 1 : 0.05;
    },
  },
];

for (const { what, bend } of DOUBTS) {
  t.test(`R6 pose that ${what} is told to nobody until its cause lets go`, async (t) => {
    const robot = new EdgeUnderTest().driving();
    const isDoubted = () => robot.causes.some((cause) => cause === "pose-doubt" || cause === "sensor-frozen");
    bend(robot, true);
    t.ok(robot.run(2000, isDoubted));
    const doubtedMs = robot.nowMs;
    robot.run(10_000);
    bend(robot, false);
    t.ok(robot.run(60_000, () => !isDoubted()));
    t.ok(robot.nowMs - doubtedMs > 15_000, "after its dwell");
    const believedMs = robot.nowMs;
    robot.run(1000);
    const told = poses(robot, doubtedMs).map(({ capturedMs }) => capturedMs);
    t.ok(told.length > 0 && told.every((capturedMs) => capturedMs >= believedMs - 2 * TICK_MS));
  });
}

t.test("R6 pose that jumps between two steps is doubted, and told to nobody", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.shiftM = 5;
  for (const afterMs of [10, 20]) {
    robot.nowMs += afterMs; // the second one agrees with the first
    robot.step({ kind: "sample", sample: robot.base.sample("pose", robot.nowMs) });
  }
  robot.nowMs += 20;
  const jumpedMs = robot.nowMs;
  robot.tick();
  t.same(robot.causes, ["pose-jump"]);
  robot.run(5000);
  t.equal(poses(robot, jumpedMs).length, 0);
  t.ok(robot.commands(jumpedMs).every((command) => !moves(command)));
});

t.test("R6 pose that is too uncertain between two steps is doubted, although the next one is sure again", async (t) => {
  const robot = new EdgeUnderTest().driving();
  for (const errorM of [1, 0.05]) {
    robot.nowMs += 10;
    robot.base.errorM = errorM;
    robot.step({ kind: "sample", sample: robot.base.sample("pose", robot.nowMs) });
  }
  robot.tick();
  t.same(robot.causes, ["pose-doubt"]);
  t.equal(robot.rung, "REACTIVE_ONLY");
});

for (const [name, field, rung] of [
  ["emergency-stop", "emergencyStop", "HALT"],
  ["bumper", "bumper", "HALT"],
  ["manual", "manual", "CONFIRM"],
] as const) {
  t.test(`R7 ${name} shorter than a control period is latched`, async (t) => {
    const robot = new EdgeUnderTest().driving();
    for (const pressed of [true, false]) {
      robot.nowMs += 10;
      robot.base[field] = pressed;
      robot.step({ kind: "sample", sample: robot.base.sample("base", robot.nowMs) });
    }
    const pressedMs = robot.nowMs;
    robot.run(30_000);
    t.equal(robot.rung, rung);
    t.ok(robot.causes.includes(name));
    t.ok(robot.commands(pressedMs).every((command) => !moves(command)));
    t.same(robot.stored.latches, [name]);
    clear(robot, name);
    t.notOk(robot.causes.includes(name), "until a person has looked, once");
  });
}

t.test("R7 latch is not cleared while the base is silent, and is once it is heard", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.emergencyStop = true;
  robot.run(300);
  robot.base.emergencyStop = false;
  robot.run(300);
  robot.base.silent.add("base");
  robot.run(2000);
  clear(robot, "emergency-stop");
  t.equal(robot.rung, "HALT");
  robot.base.silent.clear();
  robot.run(200);
  clear(robot, "emergency-stop");
  t.not(robot.rung, "HALT", "and is once the base is heard");
});

t.test("R8 robot whose base is silent stands, whatever else is fresh", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.silent.add("base");
  robot.run(1200);
  const silentMs = robot.nowMs;
  robot.run(20_000);
  t.equal(robot.rung, "REACTIVE_ONLY");
  t.equal(robot.causes[0], "sensor-stale");
  t.ok(robot.commands(silentMs).every((command) => !moves(command)));
});

t.test(
  "R7 latch of a name that this software does not know keeps HALT, over restarts, until a person clears it",
  async (t) => {
    let memory = { ...EMPTY_MEMORY, latches: ["crush-guard"] as readonly string[] };
    for (const boot of ["boot1", "boot2", "boot3"]) {
      const robot = new EdgeUnderTest({ memory, boot });
      robot.step({ kind: "plannerReady" });
      robot.connect();
      robot.run(30_000);
      t.equal(robot.rung, "HALT", boot);
      t.ok(robot.causes.includes("store-fault"));
      t.ok(robot.stored.latches.includes("crush-guard"));
      memory = robot.stored;
      if (boot !== "boot3") continue;
      clear(robot, "store-fault");
      t.equal(robot.rung, "AUTONOMOUS");
      t.same(robot.stored.latches, []);
    }
  },
);
