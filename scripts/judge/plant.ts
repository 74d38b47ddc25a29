// The judge's own test, for --self-check: a sound trace of two robots, and the same trace with one violation planted in
// it. A judge that passes a planted trace, or refuses the sound one, proves nothing about a run.

import type { Zero } from "./findings.js";
import { Judge } from "./judge.js";
import {
  type CommandLine,
  type LedgerLine,
  type PoseLine,
  runLengths,
  type SiteLine,
  type TraceLine,
} from "./trace.js";

export const PLANTS = ["contact", "two holders", "late command", "false fresh"] as const;
export type Plant = (typeof PLANTS)[number];

const EXPECTED: Readonly<Record<Plant, Zero>> = {
  contact: "collisions",
  "two holders": "conflicts",
  "late command": "commandsAfterLease",
  "false fresh": "falseFresh",
};

const START_MS = 1_000_000;
const END_MS = START_MS + 30_000;
const DRIVE_MS = 5000;
const LEASE_MS = 3000;
const DEADMAN_MS = 300;
/** r2's telemetry is missing in this stretch; its commands obey in time. */
const DARK = { fromMs: START_MS + 10_000, toMs: START_MS + 18_000, obeyedMs: START_MS + 14_900 };

/** The sound trace. r1 drives 5 m from a to b, r2 from c to d, both stand; r2's telemetry is dark for 8 s. */
export function soundTrace(): TraceLine[] {
  const lines: TraceLine[] = [];
  for (let t = START_MS; t <= END_MS; t += 100) {
    lines.push(commandOf("r1", t), commandOf("r2", t), poseOf("r1", t), poseOf("r2", t));
    for (const robot of ["r1", "r2"]) {
      if (robot === "r2" && t > DARK.fromMs && t < DARK.toMs) continue;
      const sequence = (t - START_MS) / 100 + 1;
      const age = { capturedMs: t - 40, boundMs: 55, verdict: "fresh" as const };
      lines.push({ kind: "telemetry", t, robot, channel: "pose", sequence, ...age });
    }
  }
  return [siteLine(), ...ledgerLines(), ...lines];
}

/** The sound trace with one violation in it. */
export function plant(kind: Plant): TraceLine[] {
  const lines = soundTrace();
  switch (kind) {
    case "contact":
      return lines.map((line) => (line.kind === "pose" && line.robot === "r2" ? towardsFirst(line) : line));
    case "two holders":
      return [...lines, claimLine({ sequence: 6, counter: 3, robot: "r2", destination: "b", t: END_MS })];
    case "late command": {
      const leaseEndMs = END_MS - DEADMAN_MS - 1;
      return [...lines, { ...commandOf("r1", END_MS), sequence: 1_000_000, speed: 0.5, leaseEndMs }];
    }
    case "false fresh": {
      const age = { capturedMs: END_MS - 5100, boundMs: 4000, verdict: "fresh" as const };
      return [...lines, { kind: "telemetry", t: END_MS, robot: "r1", channel: "pose", sequence: 999, ...age }];
    }
  }
}

export interface SelfCheck {
  readonly name: string;
  readonly caught: boolean; // for the sound trace: nothing was found
  readonly detail: string;
}

/** Judges the sound trace and each planted one. */
export function selfCheck(): SelfCheck[] {
  const base = judged(soundTrace());
  const sound = base.sound && base.downgrades.length === 1;
  const checks = [
    { name: "a sound trace passes", caught: sound, detail: base.findings[0]?.says ?? "nothing was found" },
  ];
  for (const kind of PLANTS) {
    const verdict = judged(plant(kind));
    const found = verdict.findings.find((finding) => finding.zero === EXPECTED[kind]);
    checks.push({ name: kind, caught: base.sound && found !== undefined, detail: found?.says ?? "it was not found" });
  }
  return checks;
}

function judged(lines: readonly TraceLine[]): ReturnType<Judge["verdict"]> {
  const judge = new Judge();
  for (const line of lines) judge.take(line);
  return judge.verdict();
}

function siteLine(): SiteLine {
  const map = { width: 20, height: 16, cellM: 0.5, originXM: 0, originYM: 0 };
  const blocked = new Uint8Array(map.width * map.height);
  for (let x = 4; x < 12; x += 1) blocked[8 * map.width + x] = 1; // a rack between the two ways
  const place = (id: string, xM: number, yM: number) => ({ id, xM, yM, footprintRadiusM: 0.5 });
  return {
    ...{ kind: "site", t: START_MS, site: "planted" },
    robots: [
      { id: "r1", radiusM: 0.35 },
      { id: "r2", radiusM: 0.35 },
    ],
    destinations: [place("a", 2, 2), place("b", 7, 2), place("c", 2, 6), place("d", 7, 6), place("e", 7.9, 2)],
    conflicts: [["a", "c"]],
    ...{ deadmanMs: DEADMAN_MS, brakingMs: 1000, waitMs: 5100 },
    map: { ...map, blockedRle: runLengths(blocked) },
    limits: { telemetryLimitMs: 5000 },
  };
}

function ledgerLines(): LedgerLine[] {
  const event = (sequence: number, body: LedgerLine["event"]["body"]): LedgerLine => {
    const t = START_MS + sequence;
    return { kind: "ledger", t, event: { sequence, hubMs: t, body } };
  };
  return [
    event(1, { kind: "hubStarted", epoch: 1 }),
    event(2, { kind: "taskAccepted", task: "t1" }),
    claimLine({ sequence: 3, counter: 1, robot: "r1", destination: "b", t: START_MS + 3 }),
    claimLine({ sequence: 4, counter: 2, robot: "r2", destination: "d", t: START_MS + 4 }),
    event(5, { kind: "taskEnded", task: "t1" }),
  ];
}

/** A claim as the ledger tells it. */
export function claimLine(claim: {
  readonly sequence: number;
  readonly counter: number;
  readonly robot: string;
  readonly destination: string;
  readonly t: number;
}): LedgerLine {
  const { sequence, counter, robot, destination, t } = claim;
  const body = { kind: "claimed", token: { epoch: 1, counter }, robot, destination };
  return { kind: "ledger", t, event: { sequence, hubMs: t, body } };
}

function isDriving(t: number): boolean {
  return t > START_MS && t < START_MS + DRIVE_MS;
}

function poseOf(robot: string, t: number): PoseLine {
  const x = 2 + Math.min(DRIVE_MS, t - START_MS) / 1000;
  return { kind: "pose", t, robot, x, y: robot === "r1" ? 2 : 6, heading: 0, speed: isDriving(t) ? 1 : 0 };
}

/** From 8 s on the way leads past the end of the rack into the place where r1 stands. */
function towardsFirst(line: PoseLine): PoseLine {
  const share = Math.max(0, Math.min(1, (line.t - START_MS - 8000) / 4000));
  return { ...line, y: line.y - 4 * share };
}

function commandOf(robot: string, t: number): CommandLine {
  const dark = robot === "r2" && t >= DARK.obeyedMs && t < DARK.toMs + 2000;
  return {
    ...{ kind: "command", t, robot, sequence: (t - START_MS) / 100 + 1, speed: isDriving(t) ? 1 : 0, turn: 0 },
    ...{ validMs: DEADMAN_MS, rung: dark ? "REACTIVE_ONLY" : "AUTONOMOUS", leaseEndMs: t + LEASE_MS - 100 },
    token: { epoch: 1, counter: robot === "r1" ? 1 : 2 },
    applied: true,
  };
}
