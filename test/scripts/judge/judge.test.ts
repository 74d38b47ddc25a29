// The judge: silent on a sound trace, and each checker finds the violation that is planted for it, and nothing else.

import t from "tap";
import { ZEROS, type Zero } from "../../../scripts/judge/findings.js";
import { Judge, type Verdict } from "../../../scripts/judge/judge.js";
import { claimLine, PLANTS, plant, selfCheck, soundTrace } from "../../../scripts/judge/plant.js";
import type { CommandLine, LedgerLine, PoseLine, TelemetryLine, TraceLine } from "../../../scripts/judge/trace.js";

const START_MS = 1_000_000;
const END_MS = START_MS + 30_000;

function judged(lines: readonly TraceLine[]): Verdict {
  const judge = new Judge();
  for (const line of lines) judge.take(line);
  return judge.verdict();
}

function aCommand(over: Partial<CommandLine>): CommandLine {
  return {
    ...{ kind: "command", t: END_MS, robot: "r1", sequence: 9999, speed: 0, turn: 0, validMs: 300 },
    ...{ rung: "AUTONOMOUS", token: null, leaseEndMs: 0, applied: true },
    ...over,
  };
}

function aTelemetry(over: Partial<TelemetryLine>): TelemetryLine {
  const sample = { capturedMs: END_MS - 100, boundMs: 120, verdict: "fresh" as const };
  return { kind: "telemetry", t: END_MS, robot: "r1", channel: "pose", sequence: 9999, ...sample, ...over };
}

function aPose(over: Partial<PoseLine>): PoseLine {
  return { kind: "pose", t: END_MS + 100, robot: "r1", x: 7, y: 2, heading: 0, speed: 0, ...over };
}

function anEvent(sequence: number, body: LedgerLine["event"]["body"]): LedgerLine {
  return { kind: "ledger", t: END_MS, event: { sequence, hubMs: END_MS, body } };
}

const claim = { sequence: 6, counter: 3, robot: "r2", t: END_MS };
const freedFirst = anEvent(6, { kind: "claimFreed", token: { epoch: 1, counter: 1 } });

/** Lines put at the end of the sound trace, and what the judge must find in them; null: nothing. */
const CASES: readonly (readonly [string, Zero | null, readonly TraceLine[]])[] = [
  ["R1 two holders of one destination", "conflicts", [claimLine({ ...claim, destination: "b" })]],
  ["R1 a holder of a place whose footprint overlaps", "conflicts", [claimLine({ ...claim, destination: "e" })]],
  ["R1 a place far from every other", null, [claimLine({ ...claim, destination: "c" })]],
  ["R1 its own place once more under a higher token", null, [claimLine({ ...claim, destination: "d" })]],
  [
    "R1 two places that the site lists as conflicting",
    "conflicts",
    [
      claimLine({ ...claim, destination: "c" }),
      claimLine({ ...claim, sequence: 7, counter: 4, robot: "r1", destination: "a" }),
    ],
  ],
  [
    "R1 a freed place on which another body still stands",
    "conflicts",
    [freedFirst, claimLine({ ...claim, sequence: 7, destination: "b" })],
  ],
  [
    "R1 a freed place whose holder has just stopped there",
    null,
    [
      aCommand({ speed: 0.5, leaseEndMs: END_MS }),
      aPose({ t: END_MS + 1, speed: 0.5 }),
      freedFirst,
      claimLine({ ...claim, sequence: 7, destination: "b", t: END_MS + 2 }),
    ],
  ],
  ["R1 a place that the site does not have", "conflicts", [claimLine({ ...claim, destination: "nowhere" })]],
  ["R5 a token that does not grow", "tokens", [claimLine({ ...claim, counter: 2, destination: "c" })]],
  ["R5 an epoch that does not grow", "tokens", [anEvent(6, { kind: "hubStarted", epoch: 1 })]],
  ["R5 a ledger event that is missing", "tokens", [anEvent(7, { kind: "robotEnrolled", robot: "r1" })]],
  ["a ledger event that is told again", null, [anEvent(5, { kind: "taskEnded", task: "t1" })]],
  ["R10 a task that ends twice", "taskEnds", [anEvent(6, { kind: "taskEnded", task: "t1" })]],
  ["a recorded contact with the map", "collisions", [{ kind: "contact", t: END_MS, a: "r1", b: "map", x: 7, y: 2 }]],
  ["a body driven into the rack", "collisions", [aPose({ x: 5, y: 3.7 })]],
  ["a body driven off the map", "collisions", [aPose({ x: 9.7 })]],
  [
    "a body that jumps through another between two poses",
    "collisions",
    [aPose({ x: 7, y: 7.4 }), aPose({ t: END_MS + 100, robot: "r2", x: 7, y: 6 })],
  ],
  ["R2 a late command", "commandsAfterLease", [aCommand({ turn: 0.2, leaseEndMs: END_MS - 301 })]],
  ["R2 a command in the last moment", null, [aCommand({ turn: 0.2, leaseEndMs: END_MS - 300 })]],
  [
    "R2 a late command that the base refused",
    "commandsAfterLease",
    [aCommand({ speed: 1, leaseEndMs: END_MS - 301, applied: false })],
  ],
  ["R2 a late command to stand", null, [aCommand({ leaseEndMs: END_MS - 9000 })]],
  ["R2 a command without a lease", "commandsAfterLease", [aCommand({ speed: 0.1 })]],
  [
    "R2 motion that outlasts the lease",
    "commandsAfterLease",
    [aPose({ x: 7.05, speed: 0.5 }), aPose({ t: END_MS + 200, x: 7.1, speed: 0.5 })],
  ],
  ["R6 fresh at a true age above the limit", "falseFresh", [aTelemetry({ capturedMs: END_MS - 5003, boundMs: 6000 })]],
  ["R6 fresh on a bound below the true age", "falseFresh", [aTelemetry({ boundMs: 97 })]],
  ["R6 fresh without a bound", "falseFresh", [aTelemetry({ boundMs: null })]],
  [
    "R6 late at a true age above the limit",
    null,
    [aTelemetry({ capturedMs: END_MS - 5003, boundMs: 6000, verdict: "late" })],
  ],
  ["R6 fresh at the limit", null, [aTelemetry({ capturedMs: END_MS - 5000, boundMs: 5000 })]],
];

t.test("the judge finds nothing in a sound trace", async (t) => {
  const verdict = judged(soundTrace());
  t.same(verdict.findings, []);
  t.ok(verdict.sound);
  t.same(verdict.drivenM, { r1: 5, r2: 5 });
  t.equal(verdict.durationMs, 30_000);
  t.equal(verdict.longestPoseGapMs, 100);
});

for (const [name, zero, lines] of CASES) {
  t.test(`the judge ${zero === null ? "passes" : "finds"} ${name}`, async (t) => {
    const verdict = judged([...soundTrace(), ...lines]);
    const found = ZEROS.filter((each) => verdict.zeros[each] > 0);
    t.same(found, zero === null ? [] : [zero], JSON.stringify(verdict.findings));
    t.equal(verdict.sound, zero === null);
  });
}

t.test("one touch that the world records and the poses show counts once", async (t) => {
  const contact = plant("contact");
  const found = judged(contact);
  t.equal(found.zeros.collisions, 1, "from the true poses alone");
  const at = found.findings[0]?.t ?? 0;
  const index = contact.findIndex((line) => line.t > at);
  const recorded: TraceLine = { kind: "contact", t: at - 5, a: "r1", b: "r2", x: 7, y: 2.3 };
  t.equal(judged([...contact.slice(0, index), recorded, ...contact.slice(index)]).zeros.collisions, 1);
});

t.test("the self-check catches every plant, each by its own zero alone", async (t) => {
  t.same(
    selfCheck().map(({ name, caught }) => [name, caught]),
    [["a sound trace passes", true], ...PLANTS.map((kind) => [kind, true])],
  );
  for (const kind of PLANTS) {
    const zeros = Object.values(judged(plant(kind)).zeros).filter((count) => count > 0);
    t.equal(zeros.length, 1, kind);
  }
});

t.test("R7 the downgrade latency runs from the true limit to the first lower command", async (t) => {
  const [downgrade, ...others] = judged(soundTrace()).downgrades;
  t.same(others, []);
  t.match(downgrade, { robot: "r2", staleAtMs: START_MS + 14_960, backAtMs: START_MS + 18_000, latencyMs: -60 });
  t.equal(downgrade?.recoveredAtMs, START_MS + 20_000);
  const delayed = soundTrace().map((line) => {
    const early = line.kind === "command" && line.robot === "r2" && line.t < START_MS + 15_400;
    return early ? { ...line, rung: "AUTONOMOUS" } : line;
  });
  t.equal(judged(delayed).downgrades[0]?.latencyMs, 440, "later than the limit: positive");
  const deaf = soundTrace().map((line) => (line.kind === "command" ? { ...line, rung: "AUTONOMOUS" } : line));
  t.equal(judged(deaf).downgrades[0]?.latencyMs, 3040, "never obeyed: as long as it was commanded on the top rung");
  const low = soundTrace().map((line) => (line.kind === "command" ? { ...line, rung: "CONFIRM" } : line));
  t.equal(judged(low).downgrades[0]?.latencyMs, null, "on a lower rung before: nothing to measure");
});

t.test("the judge refuses a trace without its site, a second site and an unknown robot", async (t) => {
  const [site, ...rest] = soundTrace();
  if (site === undefined) throw new Error("expected a trace");
  t.throws(() => judged(rest), { message: /expected kind "site"/ });
  t.throws(() => judged([site, site]), { message: /expected one site/ });
  t.throws(() => judged([site, aPose({ robot: "r9" })]), { message: /expected a robot of the site line, found "r9"/ });
});
