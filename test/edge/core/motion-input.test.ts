import t from "tap";
import { type Driver, rememberPose } from "../../../edge/core/motion-input.js";
import { EdgeUnderTest } from "./edge-under-test.js";

t.test("R13 only the last 24 poses are kept, the newest last", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const driver: Pick<Driver, "poses"> = { poses: [] };
  for (let count = 1; count <= 40; count += 1) {
    robot.run(100);
    rememberPose(robot.edge.state, driver as Driver);
    t.equal(driver.poses.length, Math.min(count, 24));
    t.equal(driver.poses.at(-1)?.atMs, robot.edge.state.channels.get("pose")?.capturedMs);
  }
  const times = driver.poses.map(({ atMs }) => atMs);
  t.same(
    times,
    times.toSorted((one, other) => one - other),
  );
});
