// Manifests for policies that other teams have published, as their own teams would write them: what each was trained on
// is in the list beside the data. They drove other robots than ours; what counts here is that the contract can say it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealManifest, sha256Hex } from "../../../models/contract.js";
import type { Feature, InputContract, ModelManifest, Rays } from "../../../models/manifest.js";
import { aManifest, feature } from "./manifests.js";

type Told = Pick<ModelManifest, "inputs" | "states" | "outputs" | "proposal">;

const BATCH = { dim: "batch_size", size: 1 };
const ROUND: Rays = { count: 80, fromRad: -Math.PI, toRad: Math.PI, take: "least", nothingM: 20 };
const AHEAD: Rays = { ...ROUND, count: 17, fromRad: -2, toRad: 2 };
const NOTHING = feature("one", { scale: 0 });

function observed(features: readonly Feature[], shape: InputContract["shape"]): InputContract {
  return { tensor: "obs", type: "float32", shape, unit: "as trained", fill: { kind: "features", features } };
}

/** The recurrent pair that the exporter of these adds, whether the policy uses it or not. */
const echoed: ModelManifest["states"][number] = {
  ...{ tensor: "state_ins", output: "state_outs", type: "float32", shape: [BATCH], initial: 0, resetAfterMs: 1000 },
};
const term = (tensor: string, index: number, scale: number) => ({ tensor, index, scale });

/** Wheels of 40 mm radius and 0.3 m between left and right, told in shares of 20 rad/s. */
const WHEEL_MPS = 20 * 0.04;
const wheels = (signs: readonly number[], perWheel: number, most: number) => ({
  terms: signs.map((sign, index) => term("actions", index, sign * perWheel)),
  offset: 0,
  clip: [-most, most] as const,
});

export const POLICIES: Readonly<Record<string, Told>> = {
  "godot_SimpleReachGoal.onnx": {
    inputs: [
      observed(
        [
          feature("scan.rangeM", { rays: ROUND, scale: 0.05, clip: [0, 1] }),
          feature("target.leftM", { scale: 0.1 }),
          feature("target.forwardM", { scale: 0.1 }),
          ...[NOTHING, NOTHING],
        ],
        [BATCH, 84],
      ),
    ],
    states: [echoed],
    outputs: [{ tensor: "output", type: "float32", shape: [BATCH, 2], unit: "-1..1" }],
    proposal: { kind: "waypoints", tensor: "output", scaleM: 0.5 },
  },
  "godot_3DCarParking.onnx": {
    inputs: [
      observed(
        [
          feature("odometry.speedMps", { history: { frames: 5, everyMs: 100, order: "oldest-first" } }),
          ...[feature("target.forwardM"), feature("target.leftM"), feature("target.turnRad"), NOTHING],
          feature("scan.rangeM", { rays: AHEAD, scale: 0.05 }),
        ],
        [BATCH, 26],
      ),
    ],
    states: [echoed],
    outputs: [{ tensor: "output", type: "float32", shape: [BATCH, 2], unit: "acceleration and steering, -1..1" }],
    proposal: {
      kind: "velocity",
      speedMps: { terms: [term("output", 0, 0.5)], offset: 0, clip: [-0.5, 1] },
      turnRadps: { terms: [term("output", 1, 1)], offset: 0, clip: [-1, 1] },
    },
  },
  "ogre_mecanum_nav.onnx": {
    inputs: [
      observed(
        [
          ...[feature("waypoint.forwardM", { clip: [-1, 1] }), feature("waypoint.leftM", { clip: [-1, 1] }), NOTHING],
          ...[feature("odometry.speedMps"), NOTHING, feature("odometry.turnRadps")],
          ...[0, 1, 2, 3].map(() => feature("command.speedMps")),
        ],
        [1, 10],
      ),
    ],
    states: [],
    outputs: [{ tensor: "actions", type: "float32", shape: [1, 4], unit: "wheel speeds, shares of 20 rad/s" }],
    proposal: {
      kind: "velocity",
      speedMps: wheels([1, 1, 1, 1], WHEEL_MPS / 4, 1),
      turnRadps: wheels([-1, 1, -1, 1], WHEEL_MPS / (4 * 0.15), 2),
    },
  },
};

/** Puts the model into a folder of its own with its manifest, sealed. */
export function writePolicy(
  directory: string,
  at: { readonly policies: string; readonly file: string },
): ModelManifest {
  const bytes = readFileSync(join(at.policies, at.file));
  const named = { file: at.file, bytes: bytes.length, sha256: sha256Hex(bytes) };
  const manifest = aManifest({ ...POLICIES[at.file], ...named, name: "a-published-policy" });
  writeFileSync(join(directory, at.file), bytes);
  writeFileSync(join(directory, "manifest.json"), sealManifest(manifest));
  return manifest;
}
