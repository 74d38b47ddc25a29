// R11 for models that drive: the gate before a run, the guard after it, what each failure costs, and who takes over.
import t from "tap";
import type { ControllerModels } from "../../../edge/core/controller/slots.js";
import { feature } from "../../models/helpers/manifests.js";
import { action, chase, controller, DEADLINE_MS, FEATURES } from "./chaser.js";
import { begin, hasArrived, notes, OLD, slot } from "./driven.js";
import { type Answering, type EdgeOptions, EdgeUnderTest, moves, TICK_MS } from "./edge-under-test.js";

/** A robot that drives by its model. */
function driven(answer: Answering, options: EdgeOptions = {}): EdgeUnderTest {
  const controllers: ControllerModels = { live: controller("1.0.0"), candidate: null };
  return begin(new EdgeUnderTest({ controllers, ...options }), [[OLD, answer]]);
}

t.test("R11 a robot drives to its destination by its model", async (t) => {
  const robot = driven(chase);
  t.ok(
    robot.run(60_000, () => hasArrived(robot)),
    `${robot.edge.state.activity} at ${robot.base.xM}`,
  );
  const { driven: ticks, missing, vetoed } = slot(robot).counts;
  t.ok(ticks > 100 && missing < ticks / 10 && vetoed === 0, JSON.stringify(slot(robot).counts));
  t.equal(robot.rung, "AUTONOMOUS");
});

t.test("R11 the command is what the model advised, as far as the guard grants it", async (t) => {
  const robot = driven(() => action(0.3, 0.01));
  robot.run(4000);
  const last = robot.commands().at(-1);
  t.ok(Math.abs((last?.speedMps ?? 0) - 0.3) < 1e-6, `${last?.speedMps}`);
  t.ok(Math.abs((last?.turnRadps ?? 0) - 0.01) < 1e-6);
});

t.test("R6 a run is refused by the name of the input that is too old, and immediate rules hold", async (t) => {
  const fill = {
    kind: "features",
    features: [...FEATURES.slice(0, 2), feature("battery.chargeRatio")],
  } as const;
  const manifest = controller("1.0.0", { inputs: [{ tensor: "obs", type: "float32", shape: [3], unit: "m", fill }] });
  const robot = new EdgeUnderTest({ controllers: { live: manifest, candidate: null } });
  robot.base.silent.add("battery");
  begin(robot, [[OLD, chase]]);
  robot.run(5000);
  t.equal(slot(robot).counts.driven, 0);
  t.match(
    slot(robot).why,
    /^obs: battery\.chargeRatio: expected battery at most 200 ms old, found it of no known age$/,
  );
  const { reactiveSpeedMps } = robot.config.physics;
  t.ok(robot.commands().every(({ speedMps }) => speedMps <= reactiveSpeedMps));
  t.ok(robot.commands().some(moves), "on the path that was validated");
});

const FAILURES: readonly (readonly [what: string, answer: Answering, detail: RegExp])[] = [
  ["gives what is no number", () => action(Number.NaN, 0), /output "action"\[0\]: expected a finite number, found NaN/],
  [
    "gives a tensor of another shape",
    () => [{ tensor: "action", type: "float32", dims: [1], data: new Float32Array(1) }],
    /expected shape \[2\]/,
  ],
  ["refuses", () => "the test refuses", /the test refuses/],
  ["is silent", () => null, /it is past its deadline|killed/],
  ["wants more than the base can", () => action(5, 0), /10 advices refused with no way made, the last: out-of-range/],
  [
    "wants to drive into the wall",
    () => action(1.2, 0.15),
    /10 advices refused with no way made, the last: (strays|no-room)/,
  ],
  [
    "leads away from the path",
    () => action(-0.8, 0),
    /10 advices refused with no way made, the last: (strays|no-room)/,
  ],
  ["leads nowhere", () => action(0, 1), /no way made for 10 s/],
  ["creeps", () => action(0.04, 0), /no way made for 10 s/],
];

for (const [what, answer, detail] of FAILURES) {
  t.test(
    `R11 a model that ${what} costs the rung, three times in a minute keep it, and it comes back by itself`,
    async (t) => {
      let isBad = false;
      const robot = driven((run) => (isBad ? answer(run) : chase(run)));
      t.ok(
        robot.run(20_000, () => robot.base.speedMps > 0.5),
        "it drives",
      );
      isBad = true;
      t.ok(
        robot.run(16_000, () => robot.rung === "REACTIVE_ONLY"),
        "the rung falls",
      );
      t.same(robot.causes, ["controller-fault"]);
      t.match(notes(robot, "model failed").join("\n"), detail);
      const isOpen = () => robot.edge.state.ladder.get("controller-fault")?.detail.includes("3 failures") === true;
      if (slot(robot).ready === false) robot.step({ kind: "modelReady", model: OLD });
      for (let again = 0; again < 6 && !isOpen(); again += 1) {
        robot.run(40_000, () => robot.rung === "AUTONOMOUS" || isOpen());
        robot.run(15_000, () => robot.rung === "REACTIVE_ONLY");
        if (!slot(robot).ready) robot.step({ kind: "modelReady", model: OLD });
        if (hasArrived(robot)) robot.grant(again % 2 === 0 ? "P2" : "P1");
      }
      const inside = robot.commands().every(({ speedMps, turnRadps }) => {
        const { maxSpeedMps, maxTurnRadps } = robot.config.physics;
        return Math.abs(speedMps) <= maxSpeedMps && Math.abs(turnRadps) <= maxTurnRadps;
      });
      t.ok(inside, "no command outside the guard");
      isBad = false;
      t.ok(
        robot.run(300_000, () => robot.rung === "AUTONOMOUS"),
        "it climbs by itself",
      );
    },
  );
}

t.test("R11 a model that leads away fails also while somebody steps in its way again and again", async (t) => {
  const away: Answering = ({ feeds }) => {
    const [forwardM = 0, leftM = 0] = Array.from(feeds[0]?.data ?? [], Number);
    const bearingRad = Math.atan2(-leftM, -forwardM);
    return action(Math.abs(bearingRad) > 0.6 ? 0 : 0.2, Math.max(-1.5, Math.min(1.5, 2 * bearingRad)));
  };
  const robot = new EdgeUnderTest({ controllers: { live: controller("1.0.0"), candidate: null } });
  robot.base.xM = 16;
  const sample = robot.base.sample.bind(robot.base);
  robot.base.sample = (channel, nowMs) => {
    const seen = sample(channel, nowMs);
    if (seen.channel !== "scan" || nowMs % 4000 >= 1000) return seen;
    const closedM = (ray: number) => {
      const along = Math.cos(robot.base.headingRad + seen.angleMinRad + ray * seen.angleStepRad);
      return along > 0.1 ? 1.6 / along : Number.POSITIVE_INFINITY; // somebody and a trolley across the whole aisle
    };
    return { ...seen, rangeM: seen.rangeM.map((rangeM, ray) => Math.min(rangeM || 12, closedM(ray))) };
  };
  begin(robot, [[OLD, away]]);
  let leastM = 16;
  robot.run(60_000, () => {
    leastM = Math.min(leastM, robot.base.xM);
    return hasArrived(robot);
  });
  t.ok(leastM > 13, `it was led to ${leastM}`);
  t.ok(notes(robot, "model failed").length > 0);
});

t.test("R11 a model that is unsure of itself is not driven, and does not fail", async (t) => {
  const confidence = {
    kind: "output",
    tensor: "action",
    index: 1,
    calibration: [
      [0, 0],
      [1, 1],
    ],
    least: 0.5,
  } as const;
  const manifest = controller("1.0.0", { confidence });
  const robot = driven(() => action(1, 0.2), { controllers: { live: manifest, candidate: null } });
  robot.run(2000); // for longer, and the watch over its health lowers the robot
  t.equal(slot(robot).counts.driven, 0);
  t.ok(slot(robot).counts.unsure > 10);
  t.equal(robot.rung, "AUTONOMOUS");
  t.match(slot(robot).why, /expected a confidence of at least 0\.5, found 0\.200/);
  t.ok(robot.commands().some(moves), "immediate rules follow the path");
});

t.test("R11 an answer that comes late, or to nothing that was asked, is not driven", async (t) => {
  const robot = driven(() => null);
  t.ok(robot.run(5000, () => slot(robot).flight !== null));
  const id = slot(robot).flight?.id ?? 0;
  const result = (of: number) => ({ id: of, model: "chaser", outputs: action(1, 0), beganMs: 0, inferenceMs: 1 });
  robot.step({ kind: "ran", model: OLD, result: result(id + 1) });
  t.equal(slot(robot).advice, null, "to nothing");
  robot.nowMs += DEADLINE_MS + 1;
  robot.step({ kind: "ran", model: OLD, result: result(id) });
  t.equal(slot(robot).advice, null, "late, before the tick that would have seen it");
  t.equal(slot(robot).flight, null);
  t.equal(slot(robot).counts.late, 1);
  robot.step({ kind: "ran", model: "another 1.0.0", result: result(id) });
  robot.run(TICK_MS);
  t.equal(robot.rung, "REACTIVE_ONLY");
});

t.test(
  "R11 a model that stays silent is killed after three deadlines, and states begin anew for a new target",
  async (t) => {
    const resets: boolean[] = [];
    const robot = driven((run) => {
      resets.push(run.reset);
      return chase(run);
    });
    robot.run(60_000, () => hasArrived(robot));
    t.equal(resets.filter((reset) => reset).length, 1);
    t.equal(resets[0], true);
    robot.grant("P2");
    robot.run(3000);
    t.equal(resets.filter((reset) => reset).length, 2);
    robot.answering.set(OLD, () => null);
    const fromMs = robot.nowMs;
    t.ok(robot.run(2000, () => robot.of("killModel").length === 1));
    t.ok(robot.nowMs - fromMs <= 4 * DEADLINE_MS + 2 * TICK_MS, `after ${robot.nowMs - fromMs} ms`);
  },
);
