// R14: a core that is restored from a snapshot goes on as the one that it was taken from, whatever has happened to it
// before and happens after. A failure names the seed.
import { deserialize, serialize } from "node:v8";
import t from "tap";
import { Edge } from "../../../edge/core/edge.js";
import { EMPTY_MEMORY } from "../../../edge/core/memory.js";
import type { EdgeSnapshot } from "../../../edge/core/snapshot.js";
import { firstDifference } from "../../../edge/recording/differs.js";
import { madeOf } from "../../../edge/recording/recording.js";
import { chanceFrom } from "../../proto/true-time.js";
import { action, chase, controller } from "./chaser.js";
import { happen, live } from "./deeds.js";
import { EdgeUnderTest } from "./edge-under-test.js";
import { roomGrid } from "./yard.js";

const SEEDS = 12;
const BEFORE = 25;
const AFTER = 25;

const copied = (snapshot: EdgeSnapshot) => deserialize(serialize(snapshot)) as EdgeSnapshot;

function restored(robot: EdgeUnderTest): Edge {
  const clocks = robot.clocksAt(robot.nowMs);
  const from = copied(robot.edge.snapshot());
  return new Edge({ context: robot.context, memory: EMPTY_MEMORY, grid: roomGrid(), clocks, from });
}

/** Where the restored core first differs from the robot's own while that lives on; empty when nowhere. */
function livesOn(robot: EdgeUnderTest, twin: Edge, more: () => void): { differs: string; steps: number } {
  let [differs, steps] = ["", 0];
  robot.stepped = (input, nowMs, effects) => {
    steps += 1;
    const found = firstDifference(madeOf(effects), madeOf(twin.step(input, nowMs)));
    if (found !== null && differs === "") differs = `${input.kind} at ${nowMs}: ${JSON.stringify(found)}`;
  };
  more();
  return { differs, steps };
}

t.test("R14 restored core gives the effects of the one that it was taken from", async (t) => {
  for (let seed = 100; seed < 100 + SEEDS; seed += 1) {
    const robot = live(seed, BEFORE);
    const chance = chanceFrom(seed + 1000);
    const twin = restored(robot);
    const { differs, steps } = livesOn(robot, twin, () => {
      for (let done = 0; done < AFTER; done += 1) happen(robot, chance);
    });
    t.equal(differs, "", `seed ${seed}`);
    t.ok(steps > 100, `seed ${seed}: ${steps} steps`);
    t.same(firstDifference(copied(twin.snapshot()), copied(robot.edge.snapshot())), null, `seed ${seed}: same state`);
  }
});

t.test(
  "R14 restored core goes on within any step of a drive, with a plan under way and a save not yet durable",
  async (t) => {
    const robot = new EdgeUnderTest().driving();
    for (let moment = 0; moment < 10; moment += 1) {
      robot.isStoring = moment % 2 === 0;
      robot.planner = moment % 3 === 0 ? "silent" : "answers";
      const twin = restored(robot);
      t.equal(livesOn(robot, twin, () => robot.run(350)).differs, "", `moment ${moment}`);
    }
  },
);

t.test(
  "R14 restored core goes on with its controllers: one that drives, one in its shadow, failures and a swap",
  async (t) => {
    const controllers = { live: controller("1.0.0"), candidate: controller("2.0.0") };
    const robot = new EdgeUnderTest({ controllers, models: { promoteAfterMs: 3000 } });
    robot.answering.set("chaser 1.0.0", chase).set("chaser 2.0.0", chase);
    for (const model of robot.answering.keys()) robot.step({ kind: "modelReady", model });
    robot.driving();
    const roles = new Set<string>();
    for (let moment = 0; moment < 12; moment += 1) {
      if (moment === 8) robot.answering.set("chaser 2.0.0", () => "it refuses");
      const twin = restored(robot);
      t.equal(livesOn(robot, twin, () => robot.run(650)).differs, "", `moment ${moment}`);
      for (const { model, role } of robot.edge.state.controllers.slots) roles.add(`${model} ${role}`);
    }
    for (const role of ["1.0.0 live", "2.0.0 shadow", "1.0.0 standby", "2.0.0 live", "2.0.0 failed"])
      t.ok(roles.has(`chaser ${role}`), role);
  },
);

t.test("R14 a core that was restored wrongly is noticed", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const twin = restored(robot);
  twin.state.tickNonce += 1;
  t.not(livesOn(robot, twin, () => robot.run(2000)).differs, "");
});

t.test("R14 restored core goes on with what its watch over health has counted", async (t) => {
  const controllers = { live: controller("1.0.0"), candidate: null };
  const robot = new EdgeUnderTest({ controllers });
  robot.answering.set("chaser 1.0.0", chase);
  robot.step({ kind: "modelReady", model: "chaser 1.0.0" });
  robot.driving();
  const known = robot.edge.state.health.figures("chaser 1.0.0");
  t.ok(known.decisions > 10, `${known.decisions} decisions`);
  const twin = restored(robot);
  t.same(twin.state.health.figures("chaser 1.0.0"), known);
  robot.answering.set("chaser 1.0.0", () => action(9, 0)); // the guard refuses it
  t.equal(livesOn(robot, twin, () => robot.run(5000)).differs, "");
  t.same(twin.state.health.memory, robot.edge.state.health.memory);
});
