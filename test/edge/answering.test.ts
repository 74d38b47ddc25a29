// R14: what a robot answers when the hub asks why, within its limits, and that it says so when it does not know.
import t from "tap";
import { type Answering, Answers } from "../../edge/answering.js";
import { modeLines } from "../../edge/core/why.js";
import { EdgeStore } from "../../edge/io/edge-store.js";
import { rowOf } from "../../edge/recording/decisions.js";
import { encode } from "../../proto/codec/codec.js";
import { toOneOf } from "../../proto/shape.js";
import { readEdgeMessage, WHY_CHARACTERS, WHY_LINES } from "../../proto/wire.js";
import { EdgeUnderTest } from "./core/edge-under-test.js";
import { aFolder } from "./recording/recorded.js";

type Told = Parameters<Answering["send"]>[0];

function collecting(robot: EdgeUnderTest, explained: Answering["explained"]) {
  const sent: Told[] = [];
  const by: Answering = {
    ...{ state: robot.edge.state, nowMs: () => robot.nowMs, explained },
    send: (told) => void sent.push(told),
  };
  return { sent, by };
}

t.test("R14 a decision is told as the robot keeps it, with the token of its claim", async (t) => {
  const limits = { decisionRecords: 1000, decisionRecordDays: 7, recordedInputs: 100 };
  const { store } = await EdgeStore.open({ dir: aFolder(t), robot: "r1", create: true, limits });
  t.teardown(() => store.close());
  const robot = new EdgeUnderTest().driving();
  robot.run(2000);
  const records = robot.of("record").map(({ record }) => record);
  for (const record of records) store.record("decision", record.id, rowOf(record));
  const driven = records.find(({ token }) => token !== "");
  if (driven === undefined) throw new Error("it never drove");
  const { sent, by } = collecting(robot, (id) => store.explained(id));
  const answers = new Answers();
  await answers.take({ kind: "askWhy", ask: 1, id: driven.id }, by);
  t.match(sent[0], { ask: 1, known: true, claim: driven.token });
  t.match(sent[0]?.lines.join("\n"), /input {4}scan .*guard.*command/s);
  robot.run(100);
  await answers.take({ kind: "askWhy", ask: 2, id: "d-boot1-99999" }, by);
  t.match(sent[1], { ask: 2, known: false, claim: "", lines: [/no such decision is known/] });
});

t.test("R7 R14 a robot tells each cause of its rung with what is missing, and climbs when it says", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.silent.add("scan");
  robot.run(1500);
  const told = () => modeLines(robot.edge.state, robot.nowMs).find((line) => line.includes("sensor-stale"));
  t.match(
    told(),
    /^REACTIVE_ONLY by sensor-stale \(scan\), found by its edge, for .*missing: scan under 0\.\d+ s, it is/,
  );
  robot.base.silent.delete("scan");
  robot.run(1000);
  const leftS = Number(/AUTONOMOUS in ([\d.]+) s when it stays good/.exec(told() ?? "")?.[1]);
  t.ok(leftS > 0, `${told()}`);
  robot.run(leftS * 1000 - 200);
  t.ok(told(), "not before");
  robot.run(300);
  t.notOk(told(), "and then");
});

t.test("R14 a cause that names no channel still says what would be good evidence", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.planner = "silent";
  robot.run(4000);
  const line = modeLines(robot.edge.state, robot.nowMs).find((one) => one.includes("planner-fault"));
  t.match(
    line,
    /^REACTIVE_ONLY by planner-fault, found by its edge, for .*; missing: a planner that is ready and answers/,
  );
  robot.order("CONFIRM");
  robot.run(200);
  t.match(modeLines(robot.edge.state, robot.nowMs).at(-1), /^the hub orders CONFIRM by /);
});

t.test("R13 an answer has so many lines of so many characters, and no message of it is refused", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const { sent, by } = collecting(robot, async () => {
    throw new Error("disk\u0007");
  });
  const answers = new Answers();
  const first = answers.take({ kind: "askWhy", ask: 1, id: "d-x-1" }, by);
  await answers.take({ kind: "askWhy", ask: 2, id: "" }, by);
  await first;
  t.match(sent, [
    { ask: 2, known: false, lines: ["it answers another question; ask again"] },
    { ask: 1, known: false, lines: ["its history cannot be read"] },
  ]);
  await answers.take({ kind: "askWhy", ask: 4, id: "" }, by);
  t.match(sent.at(-1), { ask: 4, known: false }, "nor one right after the other");
  robot.run(100);
  const detail = "\u001b[2J".repeat(WHY_CHARACTERS);
  const [hold] = [...robot.edge.state.ladder.values()];
  if (hold === undefined) throw new Error("it has no hold");
  const many = Array.from({ length: 100 }, (_, at) => [`${at}`, { ...hold, rung: "CONFIRM", detail }] as const);
  robot.edge.state.ladder = new Map(many);
  await answers.take({ kind: "askWhy", ask: 3, id: "" }, by);
  const told = sent.at(-1);
  t.equal(told?.lines.length, WHY_LINES);
  if (told === undefined) return;
  t.doesNotThrow(() => readEdgeMessage(toOneOf(told), "m"));
  t.ok(encode("EdgeMessage", toOneOf(told)).length < 65_536, "it fits the link");
});
