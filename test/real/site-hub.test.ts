// Robots whose edge dies or stands still, whose link is cut, and whose hub is gone: each stands in time, keeps its
// place, and nobody else is sent there. One run of the generated warehouse; every assertion is on the trace.

import t, { type Test } from "tap";
import { keepsItsPlace, SLACK_MS, standsByLeaseEnd, standsFrom } from "./site-judge.js";
import { runSite, type SiteRun, STANDS_MPS, sound } from "./site-run.js";

t.setTimeout(280_000);
const FAULTS = {
  killed: "at=7s robot=r1 edge=kill for=6s",
  stopped: "at=7s robot=r2 edge=stop for=6s",
  unlinked: "at=7s robot=r3 link=off for=16s",
  forGood: "at=30s robot=r4 edge=kill",
  hub: "at=32s hub=kill for=5s",
} as const;
const FOR_S = 50;
/** A seed of which all robots are on their way early. */
const SEED = 7;
function edgeFault(t: Test, { trace }: SiteRun, fault: { readonly robot: string; readonly spec: string }): number {
  const { robot, spec } = fault;
  const [fromMs, untilMs] = [trace.fault(spec), trace.fault(spec, "end")];
  const { deadmanMs, brakingMs } = trace.site;
  t.same(trace.drivesOf(robot, fromMs + SLACK_MS, untilMs), [], `no command moves ${robot}`);
  standsFrom(t, trace, { robot, fromMs: fromMs + deadmanMs + brakingMs + SLACK_MS, untilMs });
  keepsItsPlace(t, trace, { robot, fromMs, untilMs });
  const late = trace.drivesOf(robot, untilMs).filter(({ leaseEndMs }) => leaseEndMs < untilMs + 3000 - SLACK_MS);
  t.same(late, [], `R2 no command of its old lease moves ${robot} afterwards`);
  const again = trace.commandsOf(robot, untilMs).some((line) => line.rung === "AUTONOMOUS");
  t.ok(again, `${robot} climbs to the top rung again`);
  const still = trace.posesOf(robot, fromMs, untilMs).find(({ speed }) => Math.abs(speed) < STANDS_MPS);
  t.comment(`${spec}: ${trace.speedAt(robot, fromMs)} m/s, stood after ${Math.round((still?.t ?? 0) - fromMs)} ms`);
  return Math.abs(trace.speedAt(robot, fromMs));
}

/**
 * R2: without a hub robots stand by their leases' ends. R5: the next hub waits W before it gives away what it
 * inherited.
 */
function standWithoutHub(t: Test, { trace }: SiteRun): void {
  const { deadmanMs, brakingMs, waitMs } = trace.site;
  const [fromMs, untilMs] = [trace.fault(FAULTS.hub), trace.fault(FAULTS.hub, "end")];
  for (const robot of ["r1", "r2", "r3"]) {
    const standMs = fromMs + 3000 + deadmanMs + brakingMs + SLACK_MS;
    standsFrom(t, trace, { robot, fromMs: standMs, untilMs });
  }
  const started = trace.events("hubStarted");
  t.same(
    started.map(({ body }) => body.epoch),
    [1, 2],
  );
  const againMs = started[1]?.atMs ?? 0;
  const inherited = trace.claims.filter((held) => held.fromMs < fromMs && held.untilMs > fromMs);
  t.ok(inherited.length > 0, "there was something to inherit");
  for (const held of inherited) {
    const given = trace.claims.find(
      (claim) => claim.robot !== held.robot && claim.destination === held.destination && claim.fromMs > againMs,
    );
    t.ok(
      (given?.fromMs ?? Number.POSITIVE_INFINITY) >= againMs + waitMs,
      `${held.destination} is not given away early`,
    );
  }
  const drovenM = ["r1", "r2", "r3"].map((robot) => trace.drivenM(robot, untilMs));
  t.ok(
    drovenM.some((metres) => metres > 0.5),
    `they go on afterwards: ${drovenM.map((metres) => metres.toFixed(1)).join(", ")} m`,
  );
}

t.test("a site stays sound while edges die, a link is cut and the hub is gone", async (t) => {
  const run = await runSite(t, () => ({ robots: 4, forS: FOR_S, seed: SEED, faults: Object.values(FAULTS) }));
  await sound(t, run);
  const { trace, report } = run;
  const { deadmanMs, brakingMs } = trace.site;

  await t.test("R2 R4 a base whose edge was killed or stopped stands, and its place stays taken", async (t) => {
    const speeds = [
      edgeFault(t, run, { robot: "r1", spec: FAULTS.killed }),
      edgeFault(t, run, { robot: "r2", spec: FAULTS.stopped }),
    ];
    for (const [robot, spec] of [["r1", FAULTS.killed] as const, ["r2", FAULTS.stopped] as const])
      t.ok(trace.drivenM(robot, trace.fault(spec, "end")) > 0.5, `${robot} goes on afterwards`);
    t.ok(
      speeds.some((speed) => speed > 0.2),
      `in motion: ${speeds.join(", ")} m/s`,
    );
  });

  await t.test("R2 a robot without a link stands by its lease's end, keeps its place and goes on", async (t) => {
    const [fromMs, untilMs] = [trace.fault(FAULTS.unlinked), trace.fault(FAULTS.unlinked, "end")];
    const endMs = standsByLeaseEnd(t, trace, { robot: "r3", fromMs, untilMs });
    keepsItsPlace(t, trace, { robot: "r3", fromMs, untilMs });
    t.ok(trace.drivenM("r3", untilMs) > 0.5, "it goes on afterwards");
    const moved = trace.posesOf("r3", fromMs, untilMs).findLast(({ speed }) => Math.abs(speed) >= STANDS_MPS);
    t.comment(`link off: moved until ${Math.round((moved?.t ?? fromMs) - endMs)} ms from its lease's end`);
  });

  await t.test("R2 R5 robots stand without a hub, and the next one waits before it gives anything away", async (t) =>
    standWithoutHub(t, run),
  );

  await t.test("R4 the place of a robot that never comes back is never given away", async (t) => {
    const fromMs = trace.fault(FAULTS.forGood);
    const held = keepsItsPlace(t, trace, { robot: "r4", fromMs, untilMs: Number.POSITIVE_INFINITY });
    t.equal(held?.untilMs, Number.POSITIVE_INFINITY);
    standsFrom(t, trace, { robot: "r4", fromMs: fromMs + deadmanMs + brakingMs + SLACK_MS, untilMs: trace.endMs });
  });

  await t.test("R10 no task is lost and none is done twice", async (t) => {
    const accepted = trace.events("taskAccepted").map(({ body }) => body.task);
    const ended = trace.events("taskEnded").map(({ body }) => body.task);
    t.equal(new Set(accepted).size, accepted.length, "accepted once");
    t.equal(new Set(ended).size, ended.length, "ended once");
    t.ok(ended.every((task) => accepted.includes(task)));
    const { tasks } = report;
    t.equal(tasks.accepted, accepted.length, "the hub still knows all of them");
    t.equal(tasks.done + tasks.failed + tasks.active + tasks.waiting, tasks.accepted, JSON.stringify(tasks));
  });
});
