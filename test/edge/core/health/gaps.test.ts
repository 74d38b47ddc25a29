// R6: a gap in a channel is found when the sample after it comes, counted, and noted without flooding the log.
import t from "tap";
import { watchGap } from "../../../../edge/core/health/gaps.js";
import type { EdgeEffect } from "../../../../edge/core/types.js";
import type { OnboardSample } from "../../../../proto/wire.js";
import { EdgeUnderTest } from "../edge-under-test.js";

/** Tells an edge of a scan that was captured `gapMs` after one before it; gives the notes. */
function gapOf(robot: EdgeUnderTest, gapMs: number, nowMs = 0): readonly EdgeEffect[] {
  const effects: EdgeEffect[] = [];
  const sample = robot.base.samples(robot.nowMs).find(({ channel }) => channel === "scan") as OnboardSample;
  const order = { source: "base1", sequence: 1 };
  const repeats = { fingerprint: 0, inRow: 1 };
  robot.edge.state.channels.set("scan", { sample, capturedMs: 1000 + gapMs, sinceMs: 1000 + gapMs, order, repeats });
  watchGap(robot.edge.state, { channel: "scan", beforeMs: 1000, nowMs }, effects);
  return effects;
}

t.test("R6 only a gap above the limit counts", async (t) => {
  const robot = new EdgeUnderTest();
  const { gapMs } = robot.config.health;
  t.same(gapOf(robot, gapMs), []);
  t.equal(robot.edge.state.gaps.get("scan"), undefined);
  t.match(gapOf(new EdgeUnderTest(), gapMs + 1), [{ kind: "note", event: "gap in a channel" }]);
});

t.test("R6 R13 a channel of many gaps is noted every 10 s at most, and all are counted", async (t) => {
  const robot = new EdgeUnderTest();
  let notes = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 500) notes += gapOf(robot, nowMs === 7000 ? 900 : 500, nowMs).length;
  t.equal(notes, 6);
  t.match(robot.edge.state.gaps.get("scan"), { count: 120, largestMs: 900 });
});

t.test("R6 a robot that runs well has no gap, and one whose lidar pauses has one", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.run(5000);
  t.equal(robot.edge.state.gaps.size, 0);
  robot.base.silent.add("scan");
  robot.run(450);
  robot.base.silent.delete("scan");
  robot.run(1000);
  t.match([...robot.edge.state.gaps.keys()], ["scan"]);
  t.match(robot.edge.state.gaps.get("scan"), { count: 1 });
});

t.test("R6 no time is a gap when nothing bounds the capture before or after it", async (t) => {
  const robot = new EdgeUnderTest();
  const effects: EdgeEffect[] = [];
  watchGap(robot.edge.state, { channel: "scan", beforeMs: undefined, nowMs: 0 }, effects);
  watchGap(robot.edge.state, { channel: "scan", beforeMs: 0, nowMs: 0 }, effects);
  t.same(effects, []);
});
