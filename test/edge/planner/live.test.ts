// Published policies of other teams on the whole way from what a robot knows to what its base is told: manifest,
// admission, gate, inference, proposal, guard. They were trained for other robots; here they may do as they like.
import { join } from "node:path";
import t from "tap";
import { modelName } from "../../../edge/core/controller/slots.js";
import { ModelSession } from "../../../edge/planner/session.js";
import { loadModel } from "../../../models/load.js";
import { dataFolder } from "../../models/helpers/maps.js";
import { POLICIES, writePolicy } from "../../models/helpers/policies.js";
import { EdgeUnderTest, TICK_MS } from "../core/edge-under-test.js";
import { HEIGHT, WIDTH } from "../core/yard.js";

const data = dataFolder();
const skip = "missing" in data ? data.missing : false;
const policies = "folder" in data ? join(data.folder, "onnx", "policies") : "";
const TICKS = 600;

for (const file of Object.keys(POLICIES)) {
  t.test(`R11 published policy ${file} drives as far as the guard lets it`, { skip }, async (t) => {
    const directory = t.testdir();
    const manifest = writePolicy(directory, { policies, file });
    const session = await ModelSession.open(await loadModel(directory));
    t.teardown(() => session.close());
    const robot = new EdgeUnderTest({ controllers: { live: manifest, candidate: null } });
    const model = modelName(manifest);
    robot.step({ kind: "modelReady", model });
    robot.ready();
    robot.grant("P1");
    let answered = 0;
    let wallM = Number.POSITIVE_INFINITY;
    for (let tick = 0; tick < TICKS; tick += 1) {
      const runs = robot.of("run").slice(answered);
      answered += runs.length;
      for (const { run } of runs) {
        const ran = await session.run(run.feeds, { reset: run.reset });
        robot.step({ kind: "ran", model, result: { id: run.id, model: run.model, ...ran } });
      }
      robot.run(TICK_MS);
      const { xM, yM } = robot.base;
      wallM = Math.min(wallM, xM - 1, WIDTH - 1 - xM, yM - 1, HEIGHT - 1 - yM);
    }
    t.ok(answered > 5, `${answered} runs`);
    const { maxSpeedMps, maxTurnRadps, radiusM } = robot.config.physics;
    for (const { speedMps, turnRadps } of robot.commands())
      if (Math.abs(speedMps) > maxSpeedMps || Math.abs(turnRadps) > maxTurnRadps) t.fail(`${speedMps}, ${turnRadps}`);
    t.ok(wallM >= radiusM, `${wallM} m from its middle to a wall`);
    const faults = new Set(robot.sent("modeReport").flatMap(({ causes }) => causes.map(({ name }) => name)));
    t.same(
      [...faults].filter((name) => !["boot", "controller-fault", "lease-lapsed"].includes(name)),
      [],
    );
    t.comment(`${file}: ${robot.rung}, at ${robot.base.xM.toFixed(1)} of 20.5 m, ${[...faults].join(" ")}`);
  });
}
