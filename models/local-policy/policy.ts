// What the local policy is shown and what it may answer: its features as the manifest lists them, and the table of
// velocities among which it chooses. Training and driving read both from here, and `assemble.ts` fills the features in
// both, so that neither sees a number that the other does not.

import { sha256Hex } from "../contract.js";
import type { Feature, InputContract, ModelManifest, NamedFile } from "../manifest.js";

export const MODEL_FILE = "local-policy.onnx";
export const GOLDEN_FILE = "golden.json";
export const FEATURES = "features";
export const SCORES = "scores";

/** Sectors of the scan, each three rays of a laser with 120; the middle one looks straight ahead. */
export const SECTORS = 40;
const SECTOR_RAD = (2 * Math.PI) / SECTORS;
/** Ranges count up to here, metres. */
const RANGE_M = 4;
/** Older samples are no ground to drive on, ms. */
const AGE_MS = 300;

const feature = (from: Feature["from"], scale: number, clip?: readonly [number, number]): Feature => ({
  ...{ from, maxAgeMs: AGE_MS, missing: "refuse", offset: 0, scale },
  ...(clip === undefined ? {} : { clip }),
});

/** In the order of the tensor: scan by sectors from behind over the right, the way, the target, the motion. */
export const FEATURE_LIST: readonly Feature[] = [
  {
    ...feature("scan.rangeM", 1 / RANGE_M, [0, 1]),
    rays: {
      ...{ count: SECTORS, take: "least", nothingM: RANGE_M },
      ...{ fromRad: -Math.PI - SECTOR_RAD / 2, toRad: Math.PI - SECTOR_RAD / 2 },
    },
  },
  feature("waypoint.forwardM", 1, [-2, 2]),
  feature("waypoint.leftM", 1, [-2, 2]),
  feature("target.forwardM", 1 / 2, [-1, 1]),
  feature("target.leftM", 1 / 2, [-1, 1]),
  feature("target.distanceM", 1, [0, 1]),
  feature("odometry.speedMps", 1),
  feature("odometry.turnRadps", 1),
  feature("command.speedMps", 1),
  feature("command.turnRadps", 1),
];

/** How many numbers the policy is shown. */
export const WIDTH = SECTORS + FEATURE_LIST.length - 1;

/** Which of those numbers change their sign in the mirror, where left is right. */
export const SIDED: readonly number[] = FEATURE_LIST.flatMap(({ from }, at) =>
  ["waypoint.leftM", "target.leftM", "odometry.turnRadps", "command.turnRadps"].includes(from)
    ? [SECTORS + at - 1]
    : [],
);

/** The one input: float32 [1, WIDTH]. */
export const INPUT: InputContract = {
  ...{ tensor: FEATURES, type: "float32", shape: [1, WIDTH] },
  unit: "ranges in 4 m, lengths in 1 or 2 m, speeds in m/s, turn rates in rad/s",
  fill: { kind: "features", features: FEATURE_LIST },
};

const SPEEDS_MPS = [0, 0.06, 0.2, 0.4, 0.65, 0.95, 1.3, 1.65, 2];
const TURNS_RADPS = [-1.8, -1.35, -0.9, -0.5, -0.25, -0.1, 0, 0.1, 0.25, 0.5, 0.9, 1.35, 1.8];
/** A bend sharper than this at its speed is left out, m/s2. */
const SIDEWAYS_MPS2 = 1.3;

/** The velocities to choose from, m/s and rad/s: coarse where motion is fast, fine where it is slow. */
export const CANDIDATES: readonly (readonly [number, number])[] = SPEEDS_MPS.flatMap((speedMps) =>
  TURNS_RADPS.filter((turnRadps) => speedMps * Math.abs(turnRadps) <= SIDEWAYS_MPS2).map(
    (turnRadps) => [speedMps, turnRadps] as const,
  ),
);

/** Whether a choice counts as right beside what the exact planner wanted. */
export function isRight(choice: readonly [number, number], wanted: readonly [number, number]): boolean {
  const speed = 0.15 + 0.15 * wanted[0];
  const turn = 0.15 + 0.25 * Math.abs(wanted[1]);
  return Math.abs(choice[0] - wanted[0]) <= speed && Math.abs(choice[1] - wanted[1]) <= turn;
}

/** What training adds to the shape: the bytes of the graph, what its confidence is worth, and golden vectors. */
export interface Trained {
  readonly version: string;
  readonly bytes: Uint8Array;
  /** From the largest share of the softmax to the share of choices that were right. */
  readonly calibration: readonly (readonly [number, number])[];
  /** The least confidence that may drive, 0 to 1. */
  readonly least: number;
  readonly golden?: NamedFile;
}

/** The manifest of these model bytes. */
export function localPolicyManifest({ version, bytes, calibration, least, golden }: Trained): ModelManifest {
  return {
    ...{ manifest: 2, name: "local-policy", version },
    summary: "Follows a path past what the scan shows: a small network that imitates the exact planner",
    ...{ licence: "Apache-2.0", robotClass: "", file: MODEL_FILE, bytes: bytes.length, sha256: sha256Hex(bytes) },
    inputs: [INPUT],
    states: [],
    outputs: [
      {
        tensor: SCORES,
        type: "float32",
        shape: [1, CANDIDATES.length],
        unit: "score of each velocity, higher is better",
      },
    ],
    proposal: { kind: "scores", tensor: SCORES, best: "highest", candidates: CANDIDATES },
    confidence: { kind: "softmax", tensor: SCORES, index: 0, calibration, least },
    ...(golden === undefined ? {} : { golden }),
    limits: { deadlineMs: 100, memoryMb: 256, threads: 1, providers: ["cpu"], maxCells: 1 },
  };
}
