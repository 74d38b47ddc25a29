// What a robot loses its rung by, and that it gets it back: telemetry that stops, a planner that hangs, a lidar that
// repeats itself, and then half of the fleet in the dark. All in one run of the generated warehouse; every assertion is
// on the trace.

import t, { type Test } from "tap";
import type { CommandLine } from "../../scripts/judge/trace.js";
import { runSite, type SiteRun, STANDS_MPS, sound } from "./site-run.js";

t.setTimeout(280_000);
const FAULTS = {
  dark: "at=7s robot=r1 telemetry=off for=7s",
  hang: "at=7s robot=r3 planner=hang for=4s",
  frozen: "at=7s robot=r4 sensor=frozen channel=scan for=4s",
  half: "at=27s robot=r1,r2 telemetry=off for=7s",
} as const;
const FOR_S = 40;
/** R7: a recovery takes the dwell after the evidence is good again, and a little to find out. */
const DWELL_MS = 10_000;
const FIND_OUT_MS = 5000;

const isTop = (line: CommandLine): boolean => line.rung === "AUTONOMOUS";

/**
 * From the fault to the first command of the robot below the top rung; it must have been on the top rung until then.
 */
function obeyedAfterMs(t: Test, { trace }: SiteRun, at: { readonly robot: string; readonly fromMs: number }): number {
  const before = trace.commandsOf(at.robot, at.fromMs - 1000, at.fromMs);
  t.ok(before.length > 5 && before.every(isTop), `${at.robot} was on the top rung before`);
  const first = trace.commandsOf(at.robot, at.fromMs).find((line) => !isTop(line));
  t.equal(first?.rung, "REACTIVE_ONLY", `${at.robot} falls to the next rung`);
  return (first?.t ?? Number.POSITIVE_INFINITY) - at.fromMs;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

/** The rung is imposed by that cause, and given back after the fault's end. */
function fallsAndRecovers(
  t: Test,
  run: SiteRun,
  fault: { readonly robot: string; readonly spec: string; readonly cause: string; readonly backMs: Range },
): void {
  const [fromMs, untilMs] = [run.trace.fault(fault.spec), run.trace.fault(fault.spec, "end")];
  const modes = run.trace.modes.filter(
    (mode) => mode.robot === fault.robot && mode.t > fromMs && mode.t < untilMs + 500,
  );
  const fell = modes.find((mode) => mode.to === "REACTIVE_ONLY");
  t.equal(fell?.cause, fault.cause, `${fault.robot} falls by ${fault.cause}`);
  const risenMs = (run.trace.commandsOf(fault.robot, untilMs).find(isTop)?.t ?? Number.POSITIVE_INFINITY) - untilMs;
  const { least, most } = fault.backMs;
  t.ok(risenMs >= least && risenMs <= most, `${fault.robot} is back ${Math.round(risenMs)} ms after`);
}

/** R9: the fleet falls as one, every robot obeys, and nothing new is granted (R8). */
function fleetFollows(t: Test, { trace }: SiteRun): void {
  const halfMs = trace.fault(FAULTS.half);
  const fleet = trace.modes.find((mode) => mode.fleet !== undefined && mode.t > halfMs && mode.to === "REACTIVE_ONLY");
  t.equal(fleet?.cause, "fleet-stale");
  const tookMs = (fleet?.t ?? Number.POSITIVE_INFINITY) - halfMs;
  t.ok(tookMs >= 3500 && tookMs <= 6000, `the fleet falls after ${Math.round(tookMs)} ms`);
  for (const robot of ["r1", "r2", "r3", "r4"]) {
    const low = trace.commandsOf(robot, (fleet?.t ?? 0) + 500, trace.fault(FAULTS.half, "end"));
    t.ok(low.length > 5 && !low.some(isTop), `${robot} obeys`);
    t.notOk(
      trace.claims.some((held) => held.robot === robot && held.fromMs > (fleet?.t ?? 0) + 500),
      `R8 nothing new is granted to ${robot}`,
    );
  }
}

t.test("a site takes autonomy away where evidence is missing, and gives it back by itself", async (t) => {
  const run = await runSite(t, () => ({ robots: 4, forS: FOR_S, seed: 7, faults: Object.values(FAULTS) }));
  await sound(t, run);
  const { trace, report } = run;
  t.same(report.faults.map(({ spec }) => spec).sort(), Object.values(FAULTS).sort(), "every fault is in the report");
  const darkMs = trace.fault(FAULTS.dark);
  const hangMs = trace.fault(FAULTS.hang);
  const frozenMs = trace.fault(FAULTS.frozen);
  const halfMs = trace.fault(FAULTS.half);

  await t.test("R7 a robot without telemetry obeys REACTIVE_ONLY between 4 s and 5.5 s after the cut", async (t) => {
    const tookMs = obeyedAfterMs(t, run, { robot: "r1", fromMs: darkMs });
    t.ok(tookMs >= 4000 && tookMs <= 5500, `it obeyed after ${Math.round(tookMs)} ms`);
    const backMs = { least: DWELL_MS, most: DWELL_MS + FIND_OUT_MS };
    fallsAndRecovers(t, run, { robot: "r1", spec: FAULTS.dark, cause: "telemetry-stale", backMs });
    const others = trace.commandsOf("r2", darkMs - 1000, halfMs);
    t.ok(others.length > 300 && others.every(isTop), "the robot that nothing happened to stays on the top rung");
    t.ok(trace.drivenM("r2", darkMs, halfMs) > 2, "and drives on");
    t.notOk(
      trace.modes.some((mode) => mode.fleet !== undefined && mode.to !== "AUTONOMOUS" && mode.t < halfMs),
      "one robot is not the fleet",
    );
    t.comment(`telemetry off: obeyed after ${Math.round(tookMs)} ms`);
  });

  await t.test("R11 a robot whose planner hangs falls back to reactive rules at once", async (t) => {
    const tookMs = obeyedAfterMs(t, run, { robot: "r3", fromMs: hangMs });
    t.ok(tookMs <= 1500, `it obeyed after ${Math.round(tookMs)} ms`);
    // The next planner may be ready before the fault's end, and may be started up to 5 s after it.
    const backMs = { least: DWELL_MS - 4000, most: DWELL_MS + 5000 + FIND_OUT_MS };
    fallsAndRecovers(t, run, { robot: "r3", spec: FAULTS.hang, cause: "planner-fault", backMs });
    t.ok(report.plan.deadlineMisses > 0, `${report.plan.deadlineMisses} plans past the deadline`);
    t.comment(`planner hangs: obeyed after ${Math.round(tookMs)} ms`);
  });

  await t.test("R6 a robot whose lidar repeats itself stands", async (t) => {
    const tookMs = obeyedAfterMs(t, run, { robot: "r4", fromMs: frozenMs });
    t.ok(tookMs <= 1500, `it obeyed after ${Math.round(tookMs)} ms`);
    const backMs = { least: DWELL_MS, most: DWELL_MS + FIND_OUT_MS };
    fallsAndRecovers(t, run, { robot: "r4", spec: FAULTS.frozen, cause: "sensor-frozen", backMs });
    const still = trace.posesOf(
      "r4",
      frozenMs + tookMs + trace.site.brakingMs + 200,
      trace.fault(FAULTS.frozen, "end"),
    );
    t.ok(still.length > 5 && still.every(({ speed }) => Math.abs(speed) < STANDS_MPS), "it stands while it is blind");
    t.comment(`lidar frozen: obeyed after ${Math.round(tookMs)} ms`);
  });

  await t.test("R9 with half of the robots dark the fleet follows", async (t) => fleetFollows(t, run));
});
