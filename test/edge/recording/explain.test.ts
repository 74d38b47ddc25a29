// R14: `drover-edge explain` tells a decision from its inputs to what became of it, also of a robot that drives, and
// says so when nothing is known.
import { join } from "node:path";
import t, { type Test } from "tap";
import type { DecisionRecord } from "../../../edge/core/record.js";
import { EdgeStore } from "../../../edge/io/edge-store.js";
import { explainCommand } from "../../../edge/recording/commands.js";
import { rowOf } from "../../../edge/recording/decisions.js";
import { explainedLines } from "../../../edge/recording/explain-text.js";
import { EdgeUnderTest } from "../core/edge-under-test.js";
import { aFolder } from "./recorded.js";

const LIMITS = { decisionRecords: 1000, decisionRecordDays: 7, recordedInputs: 100 };

/** The store of a robot that has driven for some seconds, still open, as that of an edge that runs. */
async function aStore(t: Test, limits = LIMITS): Promise<{ dataDir: string; store: EdgeStore; robot: EdgeUnderTest }> {
  const dataDir = aFolder(t);
  const { store } = await EdgeStore.open({ dir: dataDir, robot: "r1", create: true, limits });
  t.teardown(() => store.close());
  const robot = new EdgeUnderTest().driving();
  robot.run(3000);
  robot.order("CONFIRM");
  robot.run(500);
  for (const { record } of robot.of("record")) {
    store.record(record.isChange ? "decision" : "sample", record.id, rowOf(record));
    if (record.isChange) store.record("input", `i-${record.atMs}`, { nowMs: record.atMs + 1, kind: "linkOpened" });
  }
  return { dataDir, store, robot };
}

async function told(dataDir: string, id: string | null, json = false) {
  const lines: string[] = [];
  const exit = await explainCommand({ id, dataDir, json }, (line) => lines.push(line)).catch((cause: Error) => cause);
  return { exit, lines, text: lines.join("\n") };
}

t.test("R14 explain tells the chain of every decision of a robot that runs", async (t) => {
  const { dataDir, robot, store } = await aStore(t);
  const records = robot.of("record").map(({ record }) => record);
  await store.decision("d-boot1-1"); // what was recorded is with the disk
  for (const [index, record] of records.entries()) {
    const { exit, text } = await told(dataDir, record.id);
    t.equal(exit, 0, record.id);
    const next = records[index + 1];
    const ends = next?.former === undefined ? "open" : `${next.former?.outcome} after`;
    t.match(text, `outcome  ${ends}`, record.id);
    t.match(text, record.isChange ? "+1 ms  linkOpened" : "one a second while it drives", record.id);
  }
  const { lines } = await told(dataDir, null);
  t.equal(lines.length, Math.min(20, records.length));
  t.match(lines.at(-1), /^d-boot1-\d+ .* CONFIRM .* open: it goes on/);
  t.match(lines.at(-2), /stopped after \d\.\d s by d-boot1-\d+: CONFIRM by operator/);
  const { lines: json } = await told(dataDir, records[2]?.id ?? "", true);
  t.same(JSON.parse(json[0] ?? "").record.id, records[2]?.id);
});

t.test("R14 explain tells an end whose sample was dropped, and what is not known", async (t) => {
  const { dataDir, robot, store } = await aStore(t, { ...LIMITS, decisionRecords: 5 });
  await store.decision("d-boot1-1");
  const records = robot.of("record").map(({ record }) => record);
  const before = records.findIndex((record, index) => record.isChange && records[index + 1]?.isChange === false);
  const { text } = await told(dataDir, records[before]?.id ?? "");
  t.match(text, /outcome {2}superseded after \d+\.\d s by d-boot1-\d+: samples were dropped/);
  const missing = { exitClass: "missing", message: /no such decision is known, or no longer/ };
  t.match((await told(dataDir, "d-boot1-9999")).exit, missing);
  t.match((await told(dataDir, records[before + 1]?.id ?? "")).exit, missing);
  t.match((await told(dataDir, "r1")).exit, { exitClass: "data", message: /expected the id of a decision/ });
  t.match((await told(join(dataDir, "none"), null)).exit, { exitClass: "missing" });
});

t.test("R14 explained decision reads in full, and moves no cursor", async (t) => {
  const record: DecisionRecord = {
    ...{ id: "d-b1-17", atMs: 5000, isChange: true, choice: "drive", rung: "AUTONOMOUS", token: "1.4" },
    destination: "p2\u001b[2J",
    inputs: [
      { channel: "pose", sequence: 7, ageMs: 40, hash: 0xabc },
      { channel: "scan", sequence: 3, ageMs: -1, hash: 0xffffffff },
    ],
    plan: { id: 9, kind: "local", hash: 1, gatherMs: 60, planMs: 12, inferenceMs: 7.25, useMs: 85 },
    by: { model: "grid-planner", version: "1.0.0", sha: "0123456789ab", confidence: 0.75 },
    advices: [
      {
        ...{ model: "chaser 1.0.0", role: "live", ageMs: 60, confidence: 0.75, speedMps: 0.6, turnRadps: 0 },
        ...{ verdict: "driven", why: "" },
      },
      {
        ...{ model: "chaser 2.0.0", role: "shadow", ageMs: -1, confidence: 0, speedMps: null, turnRadps: null },
        ...{ verdict: "", why: "not asked yet" },
      },
    ],
    guard: { verdict: "limited", cause: "no-room-map" },
    ...{ activity: "driving", speedMps: 0.5, turnRadps: -0.1, why: "" },
    former: { id: "d-b1-16", outcome: "vetoed", why: "", forMs: 900 },
  };
  const end = { id: "d-b1-17", by: "d-b1-18", outcome: "stopped", why: "CONFIRM by operator", forMs: 1250 } as const;
  const heard = [{ kind: "hub", nowMs: 5100, message: { kind: "modeOrder" } }];
  t.same(explainedLines({ record, wallMs: 0, end, heard }), [
    "d-b1-17: drive to p2?[2J under 1.4",
    "  begun    1970-01-01T00:00:00.000Z, 5000 ms on the board's clock",
    "  after    d-b1-16, vetoed",
    "  input    pose 7, up to 40 ms old, hash 00000abc",
    "  input    scan 3, of unknown age, hash ffffffff",
    "  plan     local 9, hash 00000001: asked on a scan up to 60 ms old, back after 12 ms, 7.3 of them the model's, " +
      "used after 85 ms",
    "  model    grid-planner 1.0.0 0123456789ab, confidence 0.750",
    "  advice   chaser 1.0.0, live: 0.600 m/s, 0.000 rad/s, confidence 0.750, 60 ms old: driven",
    "  advice   chaser 2.0.0, shadow: none: not asked yet",
    "  guard    limited: no-room-map",
    "  command  0.500 m/s, -0.100 rad/s, AUTONOMOUS, driving",
    "  outcome  stopped after 1.3 s by d-b1-18: CONFIRM by operator",
    "heard meanwhile:",
    '     +100 ms  hub {"message":{"kind":"modeOrder"}}',
  ]);
});
