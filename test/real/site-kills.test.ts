// Processes of a running site killed at moments and in an order drawn from a seed, and started again; then its hub for
// good. Whatever died, nothing becomes unsound and no task is lost.

import t, { type Test } from "tap";
import { killsIn, planKills, specOf, taskProblems } from "../../scripts/soak-plan.js";
import { aSmallSite } from "./site-kit.js";
import { type RunRow, runRows, runSite, type SiteRun, sound } from "./site-run.js";

t.setTimeout(280_000);
const SEED = 1;
const KILLS = 10;
/** One more than must strike: a process that is slow to start may be missed. */
const PLANNED = KILLS + 1;
const ROBOTS = 3;
/** Far longer than it takes: the run is interrupted. */
const FOR_S = 90;
const FIRST_MS = 4000;
const CALM_MS = 4000;
const DARK_MS = 2000;

/** Kills the hub for good once all else is over, and then interrupts the run, from outside. */
function ending(lastMs: number): (rows: readonly RunRow[]) => void {
  let startMs = 0;
  let hubGoneMs = Number.POSITIVE_INFINITY;
  let interrupted = false;
  return (rows) => {
    const nowMs = performance.now();
    const [hub, runner] = ["hub", "runner"].map((role) => rows.find((row) => row.role === role));
    if (rows.filter(({ role }) => role === "edge").length === ROBOTS) startMs ||= nowMs;
    if (startMs > 0 && nowMs - startMs > lastMs && hub !== undefined && hubGoneMs > nowMs) {
      hubGoneMs = nowMs;
      process.kill(hub.pid, "SIGKILL");
    }
    if (interrupted || runner === undefined || nowMs - hubGoneMs < DARK_MS) return;
    interrupted = true;
    process.kill(runner.pid, "SIGINT");
  };
}

function startedAgain(t: Test, run: SiteRun): void {
  const { trace } = run;
  const spawned = (role: string, robot?: string) =>
    run.rows.filter((row) => row.role === role && row.robot === robot).length;
  const killed = killsIn(trace.faults);
  const epochs = trace.events("hubStarted").map(({ body }) => Number(body.epoch));
  // A start may be cut short by the next kill.
  t.ok(epochs.length >= 2 && epochs.length <= 1 + killed.hub, `epochs ${epochs.join(", ")}`);
  t.ok(spawned("broker") >= 1 + killed.broker, "the hub starts its broker again");
  for (const robot of ["r1", "r2", "r3"]) {
    const of = (role: string) => trace.faults.filter(({ spec, phase }) => phase === "begin" && spec.includes(role));
    const edges = of(`robot=${robot} edge=kill`).length;
    const planners = of(`robot=${robot} planner=kill`).length;
    t.ok(spawned("edge", robot) >= Math.min(2, 1 + edges), `the edge of ${robot} runs again`);
    t.ok(spawned("planner", robot) >= Math.min(2, 1 + planners), `the planner of ${robot} runs again`);
  }
}

t.test("R1 R5 R10 a site of which random processes are killed stays sound, and loses no task", async (t) => {
  const plan = planKills({ seed: SEED, kills: PLANNED, robots: ROBOTS, firstMs: FIRST_MS });
  const lastMs = Math.max(...plan.map(({ atMs, downMs }) => atMs + downMs)) + CALM_MS;
  const run = await runSite(t, () => ({
    ...{ robots: ROBOTS, forS: FOR_S, seed: SEED, faults: plan.map(specOf), args: aSmallSite(t) },
    onRows: ending(lastMs),
  }));
  t.comment(`seed ${SEED}: ${plan.map(specOf).join("; ")}`);
  await sound(t, run);
  const struck = killsIn(run.trace.faults);
  t.comment(`struck: ${JSON.stringify(struck)}; ${JSON.stringify(run.report.tasks)}`);
  t.ok(struck.hub + struck.edge + struck.planner + struck.broker >= KILLS, "the kills found their processes");
  t.ok(run.report.durationMs < FOR_S * 1000 - 5000, `interrupted after ${run.report.durationMs} ms`);
  startedAgain(t, run);
  t.same(taskProblems(run.trace.ledger, run.report.tasks), [], "no task is lost, none ends twice");
  const claims = run.trace.events("claimed").length;
  t.ok(run.report.tasks.accepted > ROBOTS && claims > 0, `work went on between the kills: ${claims} claims`);
  t.same(
    runRows(run.dataDir).map(({ role }) => role),
    ["runner"],
    "run.json lists nothing that has ended",
  );
});
