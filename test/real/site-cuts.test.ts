// Links that fail without a word, and a hub that stands still: one way cut, half-open with every byte lost, and the hub
// stopped for longer than all leases. One run of the generated warehouse; every assertion is on the trace and on what
// the robots wrote down.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { monotonicNowMs } from "../../scripts/world/host.js";
import { keepsItsPlace, SLACK_MS, standsByLeaseEnd } from "./site-judge.js";
import { runSite, type SiteRun, sound } from "./site-run.js";

t.setTimeout(280_000);
const FAULTS = {
  down: "at=6s robot=r1 link=down-off for=7s",
  up: "at=6s robot=r2 link=up-off for=7s",
  open: "at=6s robot=r3 link=half-open for=7s",
  hub: "at=16s hub=stop for=6s",
} as const;
const CUT = [
  { robot: "r1", spec: FAULTS.down, name: "R2 R4 a robot that its hub hears, and that hears no more, stands in time" },
  { robot: "r2", spec: FAULTS.up, name: "R2 R4 a robot that hears its hub, and is heard no more, stands in time" },
  { robot: "r3", spec: FAULTS.open, name: "R2 R4 a robot on a half-open link stands in time" },
] as const;
const FOR_S = 28;
/** A seed of which all robots are on their way early. */
const SEED = 7;
/** Keepalive is asked each second and must be answered within one; without a message the link is dead after 3 s. */
const NOTICED_MS = 3500;

/** When the robot's edge noted that its link was gone, on the clock of the trace. */
function linkLosses(run: SiteRun, robot: string): readonly number[] {
  const wallToTraceMs = monotonicNowMs() - Date.now();
  const lines = readFileSync(join(run.dataDir, robot, "log.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  return lines
    .filter((line) => line.includes('"link closed"'))
    .map((line) => (JSON.parse(line) as { readonly time: number }).time + wallToTraceMs);
}

/** Of the claims that such an event of the hub is about, from then on. */
function tokensOf({ trace }: SiteRun, kind: "claimLapsed" | "assignmentEnded", fromMs: number): ReadonlySet<string> {
  const events = trace.events(kind).filter(({ atMs }) => atMs >= fromMs - SLACK_MS);
  const tokens = events.map(({ body }) => body.token as { readonly epoch: number; readonly counter: number });
  return new Set(tokens.map(({ epoch, counter }) => `${epoch}.${counter}`));
}

function goesOn(t: Test, { trace }: SiteRun, at: { readonly robot: string; readonly fromMs: number }): void {
  const drives = trace.drivesOf(at.robot, at.fromMs).filter(({ leaseEndMs }) => leaseEndMs > at.fromMs + 2000);
  t.ok(drives.length > 0 && trace.drivenM(at.robot, at.fromMs) > 0.3, `${at.robot} goes on under a new lease`);
}

t.test("a site stays sound while links fail without a word, and while its hub stands still", async (t) => {
  const run = await runSite(t, () => ({ robots: 4, forS: FOR_S, seed: SEED, faults: Object.values(FAULTS) }));
  await sound(t, run);
  const { trace } = run;

  for (const { robot, spec, name } of CUT)
    await t.test(name, async (t) => {
      const [fromMs, untilMs] = [trace.fault(spec), trace.fault(spec, "end")];
      const noticedMs = (linkLosses(run, robot).find((atMs) => atMs > fromMs) ?? Number.POSITIVE_INFINITY) - fromMs;
      t.ok(noticedMs < NOTICED_MS, `noticed after ${Math.round(noticedMs)} ms`);
      keepsItsPlace(t, trace, { robot, fromMs, untilMs });
      standsByLeaseEnd(t, trace, { robot, fromMs, untilMs });
      goesOn(t, run, { robot, fromMs: untilMs });
      t.comment(`${spec}: noticed after ${Math.round(noticedMs)} ms`);
    });

  await t.test("a robot whose link is whole is not touched by the links of others", async (t) => {
    const [fromMs, untilMs] = [trace.fault(FAULTS.down), trace.fault(FAULTS.down, "end")];
    const told = trace.commandsOf("r4", fromMs, untilMs);
    const modes = trace.modes.filter(({ robot, t }) => robot === "r4" && t < untilMs);
    const seen = modes.map(({ to, cause, t }) => `${to} by ${cause} ${Math.round(t - fromMs)} ms after`);
    t.ok(
      told.length > 100 && told.every(({ rung }) => rung === "AUTONOMOUS"),
      `on the top rung in ${told.length} commands: ${seen.join(", ")}`,
    );
    t.same(
      linkLosses(run, "r4").filter((atMs) => atMs > fromMs && atMs < untilMs),
      [],
    );
  });

  await t.test("R3 R4 a hub that stood still for longer than W gives nothing away and goes on", async (t) => {
    const [fromMs, untilMs] = [trace.fault(FAULTS.hub), trace.fault(FAULTS.hub, "end")];
    t.ok(untilMs - fromMs > trace.site.waitMs, "every lease has certainly lapsed meanwhile");
    for (const robot of ["r1", "r2", "r3", "r4"]) {
      standsByLeaseEnd(t, trace, { robot, fromMs, untilMs });
      keepsItsPlace(t, trace, { robot, fromMs, untilMs });
    }
    t.equal(trace.events("hubStarted").length, 1, "it is the same incarnation");
    const ended = [...tokensOf(run, "assignmentEnded", 0), ...tokensOf(run, "claimLapsed", 0)];
    const after = new Set([...tokensOf(run, "assignmentEnded", untilMs), ...tokensOf(run, "claimLapsed", untilMs)]);
    const before = new Set(ended.filter((token) => !after.has(token)));
    const [lapsed, arrived] = [tokensOf(run, "claimLapsed", untilMs), tokensOf(run, "assignmentEnded", untilMs)];
    const open = trace.claims.filter(({ fromMs: sinceMs, token }) => sinceMs < fromMs && !before.has(token));
    t.ok(lapsed.size > 0, `it finds ${lapsed.size} of ${open.length} claims lapsed`);
    const others = open.filter(({ token }) => !lapsed.has(token) && !arrived.has(token));
    t.same(others, [], "and of the rest hears how they ended before their robots stood");
    t.equal(trace.events("claimFreed").filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).length, 0);
    const drovenM = ["r1", "r2", "r3", "r4"].map((robot) => trace.drivenM(robot, untilMs));
    t.ok(
      drovenM.some((metres) => metres > 0.5),
      `they go on afterwards: ${drovenM.map((metres) => metres.toFixed(1)).join(", ")} m`,
    );
  });
});
