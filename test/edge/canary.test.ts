// R11: canaries begin when the way is free and their time has come, make way for plans, and what they find is told:
// another number, a refusal, no answer, an end of the process. Each case on a virtual clock.
import t from "tap";
import { Canary, type CanaryParts } from "../../edge/canary.js";
import type { GoldenFile } from "../../models/golden.js";
import type { ModelRun } from "../../models/run.js";
import { floats } from "../models/helpers/trial-models.js";

const GOLDEN: GoldenFile = {
  tolerance: { absolute: 0.1, relative: 0 },
  vectors: [
    { name: "one", inputs: [floats("x", [1])], outputs: [floats("y", [10])] },
    { name: "two", inputs: [floats("x", [2])], outputs: [floats("y", [20])] },
  ],
};
const PERIOD_MS = 1000;
const DEADLINE_MS = 200;

class Desk {
  readonly runs: ModelRun[] = [];
  readonly told: string[] = [];
  kills = 0;
  isFree = true;
  nowMs = 5000;
  readonly canary: Canary;

  constructor(more: Partial<CanaryParts> = {}) {
    this.canary = new Canary({
      ...{ model: "m", golden: GOLDEN, periodMs: PERIOD_MS, deadlineMs: DEADLINE_MS },
      run: (run) => {
        if (this.isFree) this.runs.push(run);
        return this.isFree;
      },
      tell: (fault) => void this.told.push(fault),
      kill: () => {
        this.kills += 1;
      },
      ...more,
    });
  }

  /** Lets time pass in steps of the control loop. */
  pass(ms: number): this {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += 50;
      this.canary.tick(this.nowMs);
    }
    return this;
  }

  /** The child answers the newest run. */
  answer(y: number): this {
    const run = this.runs.at(-1);
    const result = { id: run?.id ?? 0, model: "m", outputs: [floats("y", [y])], beganMs: 0, inferenceMs: 1 };
    this.canary.answered({ kind: "result", result });
    return this;
  }
}

t.test("R11 each vector in turn, one a period, apart from the live state, with ids of their own", async (t) => {
  const desk = new Desk().pass(50).answer(10.05);
  t.same(desk.told, [""]);
  desk.pass(PERIOD_MS - 50);
  t.equal(desk.runs.length, 1, "not before the period is over");
  desk.pass(50).answer(20).pass(PERIOD_MS).answer(10);
  t.same(
    desk.runs.map(({ feeds }) => feeds[0]?.data[0]),
    [1, 2, 1],
  );
  t.match(desk.runs, [{ model: "m", reset: true, apart: true }, { apart: true }, { apart: true }]);
  t.ok(desk.runs.every(({ id }) => id < 0));
  t.equal(new Set(desk.runs.map(({ id }) => id)).size, 3);
  t.same(desk.told, ["", "", ""]);
});

t.test(
  "R11 a number out of tolerance, one that is none, and a missing output are found, and the next is good",
  async (t) => {
    const desk = new Desk().pass(50).answer(10.2);
    t.match(desk.told, [/^"one": expected y\[0\] = 10 within 0\.1.*found 10\.1/]);
    desk.pass(PERIOD_MS).answer(Number.NaN);
    t.match(desk.told[1], /^"two": expected finite numbers/);
    desk.pass(PERIOD_MS);
    const id = desk.runs.at(-1)?.id ?? 0;
    desk.canary.answered({ kind: "result", result: { id, model: "m", outputs: [], beganMs: 0, inferenceMs: 1 } });
    t.match(desk.told[2], /found none/);
    desk.pass(PERIOD_MS).answer(20);
    t.equal(desk.told[3], "");
  },
);

t.test("R11 a canary waits while the way is taken, and begins at the next step that finds it free", async (t) => {
  const desk = new Desk();
  desk.isFree = false;
  desk.pass(5 * PERIOD_MS);
  t.same([desk.runs, desk.told], [[], []]);
  desk.isFree = true;
  t.equal(desk.pass(50).runs.length, 1);
});

t.test("R11 a canary that a plan overtakes counts as never begun, and its late answer says nothing", async (t) => {
  const desk = new Desk().pass(50);
  const id = desk.runs[0]?.id ?? 0;
  desk.canary.answered({ kind: "overtaken", id });
  desk.answer(99);
  t.same(desk.told, []);
  desk.pass(450);
  t.equal(desk.runs.length, 1, "canaries that take long must not stand in the way of each run");
  desk.pass(50);
  t.equal(desk.runs.length, 2, "it is tried again soon");
  t.equal(desk.runs[1]?.feeds[0]?.data[0], 1, "with the same vector");
  desk.canary.answered({ kind: "result", result: { id, model: "m", outputs: [], beganMs: 0, inferenceMs: 1 } });
  t.same(desk.told, [], "an answer to the first one is none to the second");
  t.same(desk.answer(10).told, [""]);
});

t.test("R11 a refusal and an end of the process are faults; without a canary under way an end is none", async (t) => {
  const desk = new Desk().pass(50);
  desk.canary.answered({ kind: "refused", id: desk.runs[0]?.id ?? 0, reason: "no" });
  t.same(desk.told, ['"one": refused: no']);
  desk.canary.gone();
  t.equal(desk.told.length, 1);
  desk.pass(PERIOD_MS);
  desk.canary.gone();
  t.equal(desk.told[1], 'the process ended on "two"');
  t.equal(desk.runs.length, 2);
  desk.canary.ready();
  t.equal(desk.pass(50).runs.length, 3, "a new child is looked at before anything else");
});

t.test("R11 no answer within the deadline is a fault, and the child is ended", async (t) => {
  const desk = new Desk().pass(50);
  desk.pass(DEADLINE_MS);
  t.same([desk.told, desk.kills], [[], 0], "not at the deadline");
  desk.pass(100);
  t.same([desk.told, desk.kills], [['no answer to "one" in 300 ms'], 1]);
  desk.canary.gone();
  desk.answer(10);
  t.equal(desk.told.length, 1, "and nothing that comes later says anything");
});

t.test("R11 an answer that waited while this process itself stood still is in time", async (t) => {
  const desk = new Desk().pass(50);
  desk.nowMs += 60_000; // stopped
  desk.pass(50);
  desk.answer(10);
  desk.pass(100);
  t.same([desk.told, desk.kills], [[""], 0]);
});

t.test("R13 what is told is short, however long the words of a model are", async (t) => {
  const desk = new Desk().pass(50);
  desk.canary.answered({ kind: "refused", id: desk.runs[0]?.id ?? 0, reason: "x".repeat(5000) });
  t.ok((desk.told[0]?.length ?? 999) <= 120);
});
