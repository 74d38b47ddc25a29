// R14: a line of the edge's log names the decision that the robot carries out, and the claim that it is about.
import t from "tap";
import { assignmentOf, idsOf, type Notes, withIds } from "../../edge/notes.js";
import { EdgeUnderTest } from "./core/edge-under-test.js";

t.test("R14 what is noted carries the ids of the moment, and its own words win", async (t) => {
  const robot = new EdgeUnderTest();
  t.same(idsOf(robot.edge.state), {}, "before its first decision there is nothing to name");
  robot.driving();
  robot.run(2000);
  const record = robot.of("record").at(-1)?.record;
  if (record === undefined || record.token === "") throw new Error("it does not drive");
  const assignment = assignmentOf(robot.edge.state, record.token);
  t.not(assignment, "");
  t.same(idsOf(robot.edge.state), { decision: record.id, token: record.token, assignment });
  t.equal(assignmentOf(robot.edge.state, "9.9"), "");
  const lines: object[] = [];
  const notes: Notes = { info: (_, detail) => void lines.push(detail), warn: (_, detail) => void lines.push(detail) };
  const named = withIds(notes, () => idsOf(robot.edge.state));
  named.info("model ready", { model: "m" });
  named.warn("planner killed", { token: "its own" });
  t.match(lines, [
    { decision: record.id, model: "m" },
    { decision: record.id, token: "its own" },
  ]);
});
