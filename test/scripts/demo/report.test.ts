// The report's own arithmetic, and that it passes the judge's zeros on unchanged.

import t from "tap";
import { quantile, reportOf, summaryOf } from "../../../scripts/demo/report.js";
import { Judge } from "../../../scripts/judge/judge.js";
import { plant, soundTrace } from "../../../scripts/judge/plant.js";

t.test("quantiles are by nearest rank, and null of nothing", async (t) => {
  t.equal(quantile([], 0.5), null);
  t.equal(quantile([7], 0.99), 7);
  t.equal(quantile([1, 2, 3, 4], 0.5), 2);
  t.equal(quantile([1, 2, 3, 4], 0.99), 4);
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  t.equal(quantile(hundred, 0.99), 99);
});

function reportFor(lines: ReturnType<typeof soundTrace>) {
  const judge = new Judge();
  for (const line of lines) judge.take(line);
  return reportOf({
    ...{ startMs: 0, endMs: 1000, verdict: judge.verdict(), last: null, submitted: 3, telemetrySent: 5 },
    ...{ planMs: [3, 1, 2], inferenceMs: [1], jitterMs: [0.1, 0.2], waitingFor: [], plans: 9, deadlineMisses: 1 },
    memoryMb: { hub: 1, broker: 2, edgeMax: 3, plannerMax: 4 },
    ledger: { events: 5, verified: true },
  });
}

t.test("a sound run reports zeros, a planted violation is counted", async (t) => {
  const sound = reportFor(soundTrace());
  t.match(sound, { conflicts: 0, collisions: 0, commandsAfterLease: 0, falseFresh: 0, durationMs: 1000 });
  t.match(sound.plan, { count: 9, p50Ms: 2, p99Ms: 3, deadlineMisses: 1 });
  t.ok(reportFor(plant("contact")).collisions > 0);
  t.ok(reportFor(plant("two holders")).conflicts > 0);
  t.ok(reportFor(plant("late command")).commandsAfterLease > 0);
  t.ok(reportFor(plant("false fresh")).falseFresh > 0);
});

t.test("the summary names every zero and the first findings", async (t) => {
  const lines = summaryOf(reportFor(plant("contact"))).join("\n");
  for (const zero of ["conflicts", "collisions", "commandsAfterLease", "falseFresh"]) t.match(lines, new RegExp(zero));
  t.match(lines, /found: r2 touched r1/);
});
