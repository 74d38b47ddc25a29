// R7, R8: every cause that the edge finds and every rung that the hub orders, tested down to the command: a change of
// mode without an effect on motion is the field's classic bug.
import t from "tap";
import { CAUSES } from "../../../proto/mode.js";
import { chase, controller } from "./chaser.js";
import { EdgeUnderTest, moves } from "./edge-under-test.js";
import { DRIVES, TROUBLES, type Trouble } from "./troubles.js";

t.test("R8 every cause that the edge finds is tested down to the command", async (t) => {
  const own = Object.entries(CAUSES).flatMap(([name, { by }]) => (by === "edge" ? [name] : []));
  t.same([...new Set(TROUBLES.map((trouble) => trouble.name))].sort(), own.sort());
});

function inTrouble({ name, fleet, impose }: Trouble): EdgeUnderTest {
  const change = fleet === "confirm" ? { bootNeedsPerson: true } : {};
  const robot = new EdgeUnderTest({
    fleet: (given) => ({ ...given, ladder: { ...given.ladder, ...change } }),
    ...(name === "controller-fault" ? { controllers: { live: controller("1.0.0"), candidate: null } } : {}),
  });
  robot.answering.set(DRIVES, chase);
  robot.step({ kind: "modelReady", model: DRIVES });
  if (name !== "boot" && name !== "boot-confirm") robot.driving();
  if (name === "boot-confirm") robot.step({ kind: "plannerReady" });
  impose(robot);
  if (name === "boot" || name === "boot-confirm") robot.grant("P1");
  return robot;
}

for (const trouble of TROUBLES) {
  t.test(`R8 ${trouble.name}: ${trouble.what}`, async (t) => {
    const robot = inTrouble(trouble);
    const fromMs = robot.nowMs;
    t.ok(
      robot.run(trouble.withinMs, () => robot.causes.includes(trouble.name)),
      `the cause is found within ${trouble.withinMs} ms`,
    );
    t.equal(robot.rung, trouble.rung);
    const fellMs = robot.nowMs;
    robot.run(4000);
    const after = robot.commands(fellMs);
    t.equal(after.length, 81, "commands go on, so that the base hears what it must do");
    t.ok(after.every((command) => command.rung === robot.rung || command.rung === trouble.rung));
    const reactiveMps = robot.config.physics.reactiveSpeedMps;
    const held = trouble.motion === "none" ? after.filter(moves) : [];
    // A pose that is a little too old for driving is not yet too old for the reactive rules.
    t.equal(held.length, 0, "it stands at once");
    t.ok(
      after.every((command) => command.speedMps <= reactiveMps + 1e-9),
      "no faster than the reactive rules allow",
    );
    t.equal(robot.of("plan", fellMs + 1).length, 0, "no model runs");
    t.ok(Math.abs(robot.base.speedMps) <= reactiveMps + 1e-9);
    if (trouble.motion === "none") t.equal(robot.base.speedMps, 0);
    t.ok(fellMs >= fromMs);
  });
}

t.test("R8 every rung that the hub orders has its effect on motion, at once", async (t) => {
  for (const rung of ["REACTIVE_ONLY", "CONFIRM", "HALT"] as const) {
    const robot = new EdgeUnderTest().driving();
    robot.order(rung);
    const fromMs = robot.nowMs + 50;
    robot.run(2000);
    const after = robot.commands(fromMs);
    t.ok(after.every((command) => command.rung === rung));
    t.equal(robot.of("plan", fromMs).length, 0, `${rung}: no model runs`);
    if (rung === "REACTIVE_ONLY") {
      t.ok(after.some(moves), "it finishes its validated path");
      t.ok(after.every((command) => command.speedMps <= robot.config.physics.reactiveSpeedMps + 1e-9));
    } else t.notOk(after.some(moves), `${rung}: it stands`);
    robot.order("AUTONOMOUS");
    robot.run(3000);
    t.ok(robot.base.speedMps > 1, `${rung} lifted: it drives again`);
  }
});

t.test("R7 the worst of edge and hub holds: neither lifts what the other imposes", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.emergencyStop = true;
  robot.run(200);
  robot.order("REACTIVE_ONLY");
  t.equal(robot.rung, "HALT");
  robot.order("AUTONOMOUS");
  t.equal(robot.rung, "HALT");
});

t.test("R7 latch opens by a person's word once its evidence is good, and not before", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const clear = () => robot.clear("emergency-stop");
  robot.base.emergencyStop = true;
  robot.run(200);
  clear();
  robot.run(200);
  t.equal(robot.rung, "HALT", "it is still pressed");
  robot.base.emergencyStop = false;
  robot.run(60_000);
  t.equal(robot.rung, "HALT", "released, but nobody has said so");
  robot.clear("bumper");
  robot.run(200);
  t.equal(robot.rung, "HALT", "another cause");
  robot.base.silent.add("base");
  robot.run(2000);
  clear();
  robot.run(100);
  t.equal(robot.rung, "HALT", "the base is silent: nobody knows whether it is pressed");
  robot.base.silent.clear();
  robot.run(200);
  clear();
  robot.run(100);
  t.notOk(robot.causes.includes("emergency-stop"));
});

t.test("R7 latch survives a restart, and an unheard base does not open it", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.bumper = true;
  robot.run(200);
  t.same(robot.stored.latches, ["bumper"]);
  const again = new EdgeUnderTest({ memory: robot.stored, boot: "boot2" });
  again.connect();
  t.equal(again.rung, "HALT", "before the first step already");
  again.base.silent.add("base");
  again.run(200);
  again.clear("bumper");
  again.run(100);
  t.equal(again.rung, "HALT", "nothing is known of the bumper yet");
  again.base.silent.clear();
  again.step({ kind: "plannerReady" });
  again.run(2000);
  t.equal(again.rung, "HALT");
  again.clear("bumper");
  again.run(100);
  t.equal(again.rung, "AUTONOMOUS");
  t.same(again.stored.latches, []);
});

t.test("R7 start that a person must confirm is confirmed once, and asked again at the next start", async (t) => {
  const fleet = (given: EdgeUnderTest["config"]["fleets"][number]) => {
    return { ...given, ladder: { ...given.ladder, bootNeedsPerson: true } };
  };
  const robot = new EdgeUnderTest({ fleet });
  robot.step({ kind: "plannerReady" });
  robot.connect();
  robot.run(20_000);
  t.equal(robot.rung, "CONFIRM");
  t.same(robot.causes, ["boot-confirm"]);
  robot.clear("boot-confirm");
  robot.run(100);
  t.equal(robot.rung, "AUTONOMOUS");
  t.same(robot.stored.latches, []);
  const again = new EdgeUnderTest({ fleet, memory: robot.stored, boot: "boot2" });
  again.run(100);
  t.equal(again.rung, "CONFIRM");
});

t.test(
  "R7 sensor that comes back gives autonomy back after the dwell, and a flapping one later and later",
  async (t) => {
    const robot = new EdgeUnderTest().ready();
    const recoveries: number[] = [];
    for (let fall = 0; fall < 3; fall += 1) {
      robot.base.silent.add("scan");
      robot.run(1000);
      t.equal(robot.rung, "REACTIVE_ONLY");
      robot.base.silent.clear();
      const fromMs = robot.nowMs;
      robot.run(120_000, () => robot.rung === "AUTONOMOUS");
      recoveries.push(robot.nowMs - fromMs);
    }
    t.same(
      recoveries.map((ms) => Math.round(ms / 10_000)),
      [1, 2, 4],
      recoveries.join(" "),
    );
  },
);

t.test(
  "R7 hub is told of every change at once, of what stands each second, and of all of it on a new link",
  async (t) => {
    const robot = new EdgeUnderTest().ready();
    const before = robot.sent("modeReport").length;
    robot.run(5000);
    const again = robot.sent("modeReport").slice(before);
    t.ok(again.length >= 4 && again.length <= 6, "each second");
    t.ok(again.every(({ rung }) => rung === "AUTONOMOUS"));
    const sequences = robot.sent("modeReport").map(({ sequence }) => sequence);
    t.ok(sequences.every((sequence, index) => index === 0 || sequence > (sequences[index - 1] ?? 0)));
    robot.base.bumper = true;
    robot.run(500);
    t.match(robot.sent("modeReport").at(-1), { rung: "HALT", causes: [{ name: "bumper", rung: "HALT" }] });
    robot.step({ kind: "linkClosed", reason: "cut" });
    robot.connect();
    robot.run(100);
    t.match(robot.sent("modeReport").at(-1), { rung: "HALT" });
    t.ok(robot.sent("modeReport").length > before + 1);
  },
);
