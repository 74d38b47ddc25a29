// Planted in how old data may be: R6.

import type { Mutant } from "../mutant.js";

const FRESHNESS = "proto/freshness.ts";
const WATCH = "hub/core/watch.ts";
const CHANNELS = "edge/core/channels.ts";
const DRIVE = "edge/core/drive.ts";
const EDGE = "edge/core/edge.ts";
const TELEMETRY = "edge/core/telemetry.ts";

export const FRESHNESS_MUTANTS: readonly Mutant[] = [
  {
    id: "age-drift-on-the-wrong-side",
    rule: "R6",
    about: "the time that the robot says has passed is made longer by the drift, where it may only be made shorter",
    patches: [
      {
        file: FRESHNESS,
        find: "elapsedMs / (elapsedMs >= 0 ? 1 + s.rhoRobot : 1 - s.rhoRobot)",
        replace: "elapsedMs / (elapsedMs >= 0 ? 1 - s.rhoRobot : 1 + s.rhoRobot)",
      },
    ],
  },
  {
    id: "age-without-hub-drift",
    rule: "R6",
    about: "ages are counted as if the hub's clock could not run slow",
    patches: [{ file: FRESHNESS, find: "+ TICK_MS) / (1 - s.rhoHub);", replace: "+ TICK_MS);" }],
  },
  {
    id: "age-from-receipt",
    rule: "R6",
    about: "telemetry is as old as its receipt, however long it lay in a stopped process",
    patches: [
      {
        file: WATCH,
        find: "nonceSentMs: nonceSentMs ?? 0, elapsedMs, value }",
        replace: "nonceSentMs: at.nowMs, elapsedMs: 0, value }",
      },
    ],
  },
  {
    id: "age-by-the-robots-clock",
    rule: "R6",
    about: "the hub subtracts the robot's clock from its own",
    patches: [
      {
        file: WATCH,
        find: "nonceSentMs: nonceSentMs ?? 0, elapsedMs, value }",
        replace: "nonceSentMs: Math.min(at.nowMs, capturedMs), elapsedMs: 0, value }",
      },
    ],
  },
  {
    id: "capture-time-without-drift",
    rule: "R4",
    about: "the hub reads the robot's clock as its own when it asks whether a position was captured after a lapse",
    patches: [
      {
        file: FRESHNESS,
        find: "return Math.floor(s.nonceSentMs + elapsedMs * drift);",
        replace: "return Math.floor(s.nonceSentMs + elapsedMs);",
      },
    ],
  },
  {
    id: "nonces-from-one-again",
    rule: "R6",
    about: "a restarted hub counts its nonces from one again and takes old answers for new ones",
    patches: [
      {
        file: "hub/core/links.ts",
        find: "turn.ledger.epoch * NONCES_PER_EPOCH + turn.state.hubNonce",
        replace: "0 * NONCES_PER_EPOCH + turn.state.hubNonce",
      },
      { file: "hub/core/identity.ts", find: "return mixed >>> 0;", replace: "return 0 * mixed;" },
    ],
  },
  {
    id: "nonces-of-two-hubs-alike",
    rule: "R6",
    about: "two hubs of one epoch send the same nonces, and each takes answers to the other for its own",
    patches: [{ file: "hub/core/identity.ts", find: "return mixed >>> 0;", replace: "return 0 * mixed;" }],
  },
  {
    id: "telemetry-stamped-when-sent",
    rule: "R6",
    about: "a position is stamped when it is published, and not when it was captured",
    patches: [
      {
        file: TELEMETRY,
        find: 'publish(state, { capturedMs, value: { kind: "pose"',
        replace: 'publish(state, { capturedMs: state.telemetry.poseMs, value: { kind: "pose"',
      },
    ],
  },
  {
    id: "samples-stamped-at-receipt",
    rule: "R6",
    about: "a sensor's sample is as old as its receipt, though it waited in a queue",
    patches: [
      {
        file: CHANNELS,
        find: "const capturedMs = aged ? captureBoundMs(capture) : undefined;",
        replace: "const capturedMs = aged ? nowMs : undefined;",
      },
    ],
  },
  {
    id: "samples-of-the-future-fresh",
    rule: "R6",
    about: "a sensor whose clock runs ahead is fresh for as long as it is ahead",
    patches: [
      {
        file: FRESHNESS,
        find: "if (atMs === undefined || !(atMs <= nowMs + AHEAD_MS)) return",
        replace: "if (atMs === undefined) return",
      },
    ],
  },
  {
    id: "older-sample-overwrites-newer",
    rule: "R6",
    about: "the sample that came last counts, though an older one may come late",
    patches: [
      {
        file: FRESHNESS,
        find: "|| sample.sequence > last.sequence;",
        replace: "|| sample.sequence !== last.sequence;",
      },
    ],
  },
  {
    id: "frozen-scan-not-counted",
    rule: "R6",
    about: "a lidar that repeats one scan for ever is live as long as it sends",
    patches: [
      {
        file: CHANNELS,
        find: "return repeats >= FROZEN_SCANS || isOld ?",
        replace: "return repeats >= FROZEN_SCANS * 1e6 ?",
      },
    ],
  },
  {
    id: "frozen-pose-not-counted",
    rule: "R6",
    about: "a position that stands while the wheels turn is believed",
    patches: [
      { file: CHANNELS, find: "return repeats >= FROZEN_POSES ?", replace: "return repeats >= FROZEN_POSES * 1e6 ?" },
    ],
  },
  {
    id: "jumping-pose-believed",
    rule: "R6",
    about: "a position that jumps through walls is believed",
    patches: [
      {
        file: CHANNELS,
        find: "return dx * dx + dy * dy > reachM * reachM ?",
        replace: "return dx * dx + dy * dy > reachM * reachM * 1e6 ?",
      },
      {
        file: CHANNELS,
        find: "if (distanceM <= wheelsM + errorM + before.errorM + JUMP_M) return",
        replace: "if (distanceM <= 1e6 * (wheelsM + errorM + before.errorM + JUMP_M)) return",
      },
    ],
  },
  {
    id: "doubted-pose-told-to-hub",
    rule: "R6",
    about: "a position that the robot itself does not believe is told to the hub as evidence",
    patches: [
      {
        file: TELEMETRY,
        find: " || capturedMs === undefined || poseDoubted(state)) return;",
        replace: " || capturedMs === undefined) return;",
      },
    ],
  },
  {
    id: "stale-ignored-in-drive",
    rule: "R6",
    about: "the age limit of sensors is looked at for planning and not for driving",
    patches: [
      {
        file: DRIVE,
        find: '"drive" : "react", nowMs) ? "" : "a sensor is not fresh";',
        replace: '"drive" : "react", nowMs) ? "" : "";',
      },
    ],
  },
  {
    id: "stale-pose-ignored-in-drive",
    rule: "R6",
    about: "the robot drives by a scan that is fresh and a position that is not",
    patches: [
      {
        file: DRIVE,
        find: 'ageMs(state, "pose", nowMs) <= limits.poseMs &&',
        replace: 'ageMs(state, "pose", nowMs) <= 1e6 * limits.poseMs &&',
      },
    ],
  },
  {
    id: "stale-scan-ignored-in-drive",
    rule: "R6",
    about: "the robot drives by a position that is fresh and a scan that is not",
    patches: [
      { file: DRIVE, find: 'ageMs(state, "scan", nowMs) <= limits.scanMs &&', replace: "" },
      {
        file: "edge/core/motion-input.ts",
        find: "capturedMs === undefined || age > state.context.config.decisions.react.scanMs) return null;",
        replace: "capturedMs === undefined) return null;",
      },
    ],
  },
  {
    id: "silent-base-ignored",
    rule: "R6",
    about: "a base that no longer tells of its emergency stop is thought to be well",
    patches: [
      {
        file: DRIVE,
        find: 'ageMs(state, "base", nowMs) <= BASE_LIMIT_MS',
        replace: 'ageMs(state, "base", nowMs) <= 1e6 * BASE_LIMIT_MS',
      },
      { file: "edge/core/modes.ts", find: "return BASE_LIMIT_MS;", replace: "return 1e6 * BASE_LIMIT_MS;" },
    ],
  },
  {
    id: "edge-suspend-ignored",
    rule: "R2",
    about: "a robot that slept does not see it, because its clock slept too",
    patches: [
      {
        file: EDGE,
        find: 'if (anomaly !== "suspended") return;',
        replace: 'if (anomaly !== "suspended" || state.tickNonce >= 0) return;',
      },
    ],
  },
  {
    id: "edge-samples-kept-over-suspend",
    rule: "R6",
    about: "what a robot saw before it slept counts as seen a moment ago",
    patches: [{ file: EDGE, find: "  state.channels.clear();\n", replace: "" }],
  },
  {
    id: "edge-lease-kept-over-suspend",
    rule: "R2",
    about: "a robot that slept goes on with the lease that it had before",
    patches: [{ file: EDGE, find: "  state.link.lease = NO_LEASE;\n", replace: "" }],
  },
  {
    id: "hub-suspend-ignored",
    rule: "R6",
    about: "a hub that slept calls data young that came before it slept",
    patches: [
      {
        file: "hub/core/pending.ts",
        find: 'if (anomaly === "suspended" || anomaly === "backwards")',
        replace: 'if (anomaly === "backwards")',
      },
    ],
  },
  {
    id: "edge-backwards-clock-ignored",
    rule: "R2",
    about: "a robot whose clock went back has its lease for longer",
    patches: [
      {
        file: EDGE,
        find: 'if (anomaly === "backwards") throw',
        replace: 'if (anomaly === "wall-step" && state.tickNonce < 0) throw',
      },
    ],
  },
  {
    id: "hub-backwards-clock-ignored",
    rule: "R6",
    about: "a hub whose clock went back calls old data young",
    patches: [
      {
        file: "hub/core/pending.ts",
        find: 'if (anomaly === "suspended" || anomaly === "backwards")',
        replace: 'if (anomaly === "suspended")',
      },
    ],
  },
];
