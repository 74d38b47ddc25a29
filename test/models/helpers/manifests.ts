// Manifests for tests: a policy that takes the distance to its target and eight sectors of the scan, and gives a
// velocity. Parts of it are changed by each test.

import type { Feature, ModelManifest } from "../../../models/manifest.js";
import type { Evidence } from "../../../models/sources.js";
import type { OnboardChannel } from "../../../proto/topics.js";
import type { OnboardSample } from "../../../proto/wire.js";

export const RAYS = { count: 8, fromRad: -Math.PI, toRad: Math.PI, take: "least", nothingM: 20 } as const;

export function feature(from: Feature["from"], more: Partial<Feature> = {}): Feature {
  return { from, maxAgeMs: 200, missing: "refuse", offset: 0, scale: 1, ...more };
}

/** A manifest that keeps its schema and contradicts itself nowhere; its file does not exist. */
export function aManifest(more: Partial<ModelManifest> = {}): ModelManifest {
  const features = [feature("target.distanceM"), feature("scan.rangeM", { rays: RAYS, scale: 0.1 })];
  const unit = "m";
  return {
    ...{ manifest: 2, name: "a-policy", version: "1.2.3", summary: "for tests", licence: "MIT", robotClass: "" },
    ...{ file: "a.onnx", bytes: 10, sha256: "0".repeat(64) },
    inputs: [{ tensor: "obs", type: "float32", shape: [1, 9], unit, fill: { kind: "features", features } }],
    states: [],
    outputs: [{ tensor: "action", type: "float32", shape: [1, 2], unit: "-1..1" }],
    proposal: { kind: "velocity", speedMps: blend(0, [-1, 1]), turnRadps: blend(1, [-2, 2]) },
    confidence: { kind: "none" },
    limits: { deadlineMs: 100, memoryMb: 512, threads: 1, providers: ["cpu"], maxCells: 1 },
    ...more,
  };
}

export function blend(index: number, clip: readonly [number, number], scale = 1) {
  return { terms: [{ tensor: "action", index, scale }], offset: 0, clip };
}

const CAPTURE = { baseBoot: "b", sequence: 1, monotonicMs: 0, tickNonce: undefined };

/** Samples of a robot at (1, 2) that looks along y, with 4 rays each quarter turn from 0: 1, 2, 3 m and no echo. */
export const SAMPLES = {
  pose: { channel: "pose", capture: CAPTURE, xM: 1, yM: 2, headingRad: Math.PI / 2, errorM: 0.05 },
  odometry: { channel: "odometry", capture: CAPTURE, speedMps: 0.5, turnRadps: -0.25, travelledM: 12 },
  scan: {
    ...{ channel: "scan", capture: CAPTURE, angleMinRad: 0, angleStepRad: Math.PI / 2, rangeMaxM: 20 },
    rangeM: [1, 2, 3, Number.POSITIVE_INFINITY],
  },
  battery: { channel: "battery", capture: CAPTURE, chargeRatio: 0.5, charging: true },
  base: { channel: "base", capture: CAPTURE, emergencyStop: false, bumper: true, manual: false, commandSequence: 1 },
} as const satisfies Record<OnboardChannel, OnboardSample>;

/** What such a robot knows at `nowMs`, with every channel `ageMs` old, on its way to (1, 5). */
export function evidence(
  more: Partial<Omit<Evidence, "sample" | "ageMs">> & {
    readonly samples?: Partial<Record<OnboardChannel, OnboardSample | undefined>>;
    readonly ages?: Partial<Record<OnboardChannel, number>>;
  } = {},
): Evidence {
  const { samples = {}, ages = {}, ...rest } = more;
  const all: Partial<Record<OnboardChannel, OnboardSample | undefined>> = { ...SAMPLES, ...samples };
  return {
    nowMs: 1000,
    sample: <C extends OnboardChannel>(channel: C) =>
      all[channel] as Extract<OnboardSample, { channel: C }> | undefined,
    ageMs: (channel) => (all[channel] === undefined ? Number.POSITIVE_INFINITY : (ages[channel] ?? 100)),
    target: { xM: 1, yM: 5, headingRad: 0 },
    waypoint: { xM: 0, yM: 3 },
    command: { speedMps: 0.4, turnRadps: 0.1 },
    ...rest,
  };
}
