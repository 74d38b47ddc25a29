// The closed loop that collects and evaluates: a floor is always the same, the exact planner arrives, and a driver that
// drives badly is seen to touch or to be stuck.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parseWeights } from "../../../models/local-policy/weights.js";
import { drive } from "../../../scripts/train/drive.js";
import { controllerOf } from "../../../scripts/train/evaluate.js";
import { wishOf } from "../../../scripts/train/exact.js";
import { drawFloor } from "../../../scripts/train/floor.js";
import { drawnFloors } from "../../../scripts/train/floors.js";
import { readMainOptions } from "../../../scripts/train/options.js";
import { driveAsRobot } from "../../../scripts/train/production.js";
import { repositoryRoot } from "../../fleet-config/helpers/site.js";

t.test("R14 a floor and a drive on it are always the same", async (t) => {
  t.same(drawFloor("again/1"), drawFloor("again/1"));
  t.not(drawFloor("again/2").lengthM, drawFloor("again/1").lengthM);
  const floor = drawFloor("again/1");
  t.same(await drive(floor), await drive(floor));
});

t.test("exact planner arrives, and always tells what it wants while it follows a path", async (t) => {
  let wishes = 0;
  const ends: string[] = [];
  for (const floor of drawnFloors(6, "drive")) {
    const ended = await drive(floor, ({ state, input }) => {
      if (wishOf(state, input) !== null) wishes += 1;
      return null;
    });
    t.equal(ended.driven, 0, "nobody else drove");
    ends.push(ended.end);
  }
  t.ok(ends.filter((end) => end === "arrived").length >= 5, `${ends}`);
  t.ok(wishes > 200, `${wishes} wishes`);
});

t.test("driver who sees nothing touches, and one who stands is stuck", async (t) => {
  const [floor] = drawnFloors(1, "bad");
  if (floor === undefined) throw new Error("a floor was drawn");
  const straight = await drive(floor, () => ({ speedMps: 1, turnRadps: 0 }));
  t.equal(straight.end, "touched");
  const standing = await drive(floor, () => ({ speedMps: 0, turnRadps: 0 }));
  t.equal(standing.end, "stuck");
  t.equal(standing.travelledM, 0);
});

t.test("flags that are wrong are refused in words", (t) => {
  t.match(readMainOptions(["train", "local-policy", "--samples", "600"]), {
    command: "train",
    samples: 600,
    seed: "1",
  });
  t.match(readMainOptions(["check", "local-policy"]), { command: "check", drives: 40 });
  for (const [args, reason] of [
    [["train"], /expected train, evaluate, check and local-policy/],
    [["train", "another"], /found "train another"/],
    [["train", "local-policy", "--samples", "3"], /--samples: expected a whole number from 512/],
    [["evaluate", "local-policy", "--drives", "-1"], /--drives/],
  ] as const)
    t.throws(() => readMainOptions(args), reason);
  t.end();
});

t.test(
  "production core drives by the committed weights, touches nothing, and arrives where the path itself does",
  async (t) => {
    const weights = parseWeights(
      readFileSync(join(repositoryRoot(), "models", "local-policy", "weights.json"), "utf8"),
    );
    const controller = controllerOf(weights);
    let arrived = 0;
    for (const floor of drawnFloors(6, "drive")) {
      const [path, policy] = [driveAsRobot(floor), driveAsRobot(floor, controller)];
      t.not(path.end, "touched");
      t.not(policy.end, "touched");
      t.equal(path.driven, 0);
      t.ok(policy.driven > 0.5 * policy.followed, `${policy.driven} of ${policy.followed} ticks`);
      if (policy.end === "arrived") arrived += 1;
    }
    t.ok(arrived >= 5, `${arrived} of 6`);
  },
);
