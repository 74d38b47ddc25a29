// R14: what a decision record says: the inputs with age and hash, the plan with its stages, the model, the guard, the
// command; and what the next one says became of it.
import t from "tap";
import type { DecisionRecord } from "../../../edge/core/record.js";
import { recordOf, rowOf } from "../../../edge/recording/decisions.js";
import { action, chase, controller } from "./chaser.js";
import { live } from "./deeds.js";
import { EdgeUnderTest } from "./edge-under-test.js";

function recordsOf(robot: EdgeUnderTest): readonly DecisionRecord[] {
  return robot.of("record").map(({ record }) => record);
}

/** What became of the decisions after the first `known`. */
function ends(robot: EdgeUnderTest, known = 0): readonly string[] {
  return recordsOf(robot)
    .slice(known)
    .flatMap(({ former }) => (former === null ? [] : [former.outcome]));
}

t.test("R14 decisions are recorded with their inputs and commands name them", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const records = recordsOf(robot);
  t.ok(records.length >= 2);
  const ids = records.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  const last = records.at(-1);
  t.match(last, { rung: "AUTONOMOUS", token: "1.1", destination: "P1", choice: "drive", activity: "driving" });
  t.same(
    last?.inputs.map((input) => input.channel),
    ["pose", "scan", "odometry", "battery", "base"],
  );
  for (const { channel, sequence, ageMs, hash } of last?.inputs ?? []) {
    t.ok(sequence > 0 && ageMs >= 0 && ageMs <= 1000, channel);
    t.ok(Number.isInteger(hash), channel);
  }
  t.ok(robot.commands(robot.nowMs - 500).every((command) => ids.includes(command.decisionId)));
});

t.test("R14 a record tells the plan, its stages, the model and what the guard said", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.run(3000);
  const [last] = recordsOf(robot).slice(-1);
  t.match(last, { by: { model: "dijkstra", confidence: null }, guard: { verdict: /granted|limited/ } });
  t.match(last?.plan, { kind: /site|local/, planMs: 50, gatherMs: Number, inferenceMs: Number, useMs: Number });
  const { gatherMs = -1, useMs = -1, inferenceMs = -1 } = last?.plan ?? {};
  t.ok(gatherMs >= 0 && gatherMs <= 200 && useMs >= 0 && useMs < 1500 && inferenceMs >= 0, JSON.stringify(last?.plan));
  const seen = new Set(recordsOf(robot).map(({ plan }) => plan?.hash));
  t.ok(seen.size > 2, "other fields have other hashes");
});

t.test("R14 decisions while it drives on are samples, and all others are changes", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.run(5000);
  const records = recordsOf(robot);
  for (const [index, record] of records.entries()) {
    const last = records[index - 1];
    const isSame = (["rung", "token", "activity", "choice"] as const).every((part) => last?.[part] === record[part]);
    t.equal(record.isChange, !isSame, record.id);
    if (!record.isChange) t.equal(record.former?.outcome, "superseded");
    t.equal(record.former?.id, last?.id);
    if (last !== undefined) t.equal(record.former?.forMs, record.atMs - last.atMs);
  }
  t.ok(records.some(({ isChange }) => !isChange));
});

t.test("R14 a decision is reached, stopped, superseded, vetoed or refused, and the next one says so", async (t) => {
  const there = new EdgeUnderTest().driving();
  t.ok(there.run(60_000, () => there.sent("outcome").length > 0));
  there.run(1000);
  t.ok(ends(there).includes("reached"));
  t.notOk(ends(there).includes("stopped"));

  const ordered = new EdgeUnderTest().driving();
  let known = recordsOf(ordered).length;
  ordered.order("CONFIRM");
  ordered.run(1000);
  t.same(ends(ordered, known), ["stopped"]);
  t.match(recordsOf(ordered).at(-1), { by: null, former: { why: "CONFIRM by operator" } });

  const withdrawn = new EdgeUnderTest().driving();
  known = recordsOf(withdrawn).length;
  const [held] = withdrawn.stored.holdings;
  if (held === undefined) throw new Error("a holding");
  withdrawn.hear({ kind: "withdraw", token: held.token, assignment: held.assignment, reason: "another order" });
  withdrawn.run(300);
  t.equal(ends(withdrawn, known)[0], "superseded");

  const unleased = new EdgeUnderTest().driving();
  known = recordsOf(unleased).length;
  unleased.isHubAnswering = false;
  unleased.run(4000);
  t.ok(ends(unleased, known).includes("stopped"));
  t.match(
    recordsOf(unleased).map(({ why }) => why),
    /the lease ends soon|no lease/,
  );

  const lied = new EdgeUnderTest().driving();
  known = recordsOf(lied).length;
  lied.planner = "lies";
  lied.run(1000);
  const refused = recordsOf(lied).find(({ former }) => former?.outcome === "refused");
  t.equal(refused?.former?.why, "a plan breaks the model's contract");

  const blocked = new EdgeUnderTest().driving();
  known = recordsOf(blocked).length;
  surround(blocked, 0.55);
  blocked.run(1500);
  t.ok(ends(blocked, known).includes("vetoed"), `${ends(blocked, known)}`);
  const vetoed = recordsOf(blocked).find(({ former }) => former?.outcome === "vetoed");
  t.match(vetoed, { guard: { verdict: "refused", cause: /^no-room/ }, activity: "waiting", speedMps: 0 });
});

/** From now on the lidar sees something that is not on the map, so near on all sides. */
function surround({ base }: EdgeUnderTest, rangeM: number): void {
  const sample = base.sample.bind(base);
  base.sample = (channel, nowMs) => {
    const seen = sample(channel, nowMs);
    return seen.channel === "scan" ? { ...seen, rangeM: seen.rangeM.map((one) => Math.min(one, rangeM)) } : seen;
  };
}

t.test("R14 on REACTIVE_ONLY no model is named, and the plan that the path came from is", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const known = recordsOf(robot).length;
  robot.order("REACTIVE_ONLY");
  robot.run(2500);
  const driven = recordsOf(robot)
    .slice(known)
    .filter(({ activity }) => activity === "driving");
  t.ok(driven.length > 0);
  for (const record of driven) t.match(record, { by: null, plan: { kind: "local" } });
});

t.test(
  "R14 a record names the controller that drove, its confidence, and what the shadow would have done",
  async (t) => {
    const controllers = { live: controller("1.0.0"), candidate: controller("2.0.0") };
    const robot = new EdgeUnderTest({ controllers });
    robot.answering.set("chaser 1.0.0", chase);
    robot.answering.set("chaser 2.0.0", () => action(0.25, 0.125));
    for (const model of robot.answering.keys()) robot.step({ kind: "modelReady", model });
    robot.driving();
    robot.run(2500);
    const driven = recordsOf(robot).findLast(({ by }) => by !== null);
    const { name, version, sha256 } = controllers.live;
    t.same(driven?.by, { model: name, version, sha: sha256.slice(0, 12), confidence: 1 });
    t.match(driven?.advices, [
      { model: "chaser 1.0.0", role: "live", verdict: "driven", confidence: 1, why: "" },
      { model: "chaser 2.0.0", role: "shadow", verdict: "", speedMps: 0.25, turnRadps: 0.125 },
    ]);
    t.ok((driven?.advices[0]?.ageMs ?? -1) >= 0);
    robot.answering.set("chaser 1.0.0", () => action(0.5, 9));
    robot.run(2500);
    const refused = recordsOf(robot).filter(({ advices }) => advices[0]?.verdict === "out-of-range");
    t.ok(refused.length > 0);
    t.ok(refused.every(({ by }) => by === null));
    for (const record of recordsOf(robot)) t.strictSame(recordOf(structuredClone(rowOf(record))), record, record.id);
  },
);

t.test("R14 stored row gives back the record bit for bit", async (t) => {
  let rows = 0;
  for (let seed = 200; seed < 206; seed += 1) {
    for (const record of recordsOf(live(seed, 60))) {
      rows += 1;
      t.strictSame(recordOf(structuredClone(rowOf(record))), record, record.id);
    }
  }
  t.ok(rows > 40, `${rows} rows`);
  for (const other of [null, {}, { speedMps: 1 }, [], [2, "d-1"], "d-1"]) t.equal(recordOf(other), null);
});
