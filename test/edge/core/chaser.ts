// A controller model for tests: it is told the next point of the path and gives a velocity towards it.

import type { NamedTensor } from "../../../models/elements.js";
import type { ModelManifest } from "../../../models/manifest.js";
import type { ModelRun } from "../../../models/run.js";
import { aManifest, blend, feature } from "../../models/helpers/manifests.js";

export const DEADLINE_MS = 100;
export const FEATURES = [feature("waypoint.forwardM"), feature("waypoint.leftM"), feature("odometry.speedMps")];

/** A controller that is told the next point of the path, and gives a velocity. */
export function controller(version: string, more: Partial<ModelManifest> = {}): ModelManifest {
  const fill = { kind: "features", features: FEATURES } as const;
  return aManifest({
    ...{ name: "chaser", version },
    inputs: [{ tensor: "obs", type: "float32", shape: [3], unit: "m", fill }],
    proposal: { kind: "velocity", speedMps: blend(0, [-9, 9]), turnRadps: blend(1, [-9, 9]) },
    outputs: [{ tensor: "action", type: "float32", shape: [2], unit: "m/s, rad/s" }],
    limits: { deadlineMs: DEADLINE_MS, memoryMb: 64, threads: 1, providers: ["cpu"], maxCells: 1 },
    ...more,
  });
}

export function action(speedMps: number, turnRadps: number): readonly NamedTensor[] {
  return [{ tensor: "action", type: "float32", dims: [2], data: Float32Array.of(speedMps, turnRadps) }];
}

/** Drives towards the next point, as a good controller does. */
export function chase({ feeds }: ModelRun): readonly NamedTensor[] {
  const [forwardM = 0, leftM = 0] = Array.from(feeds[0]?.data ?? [], Number);
  const bearingRad = Math.atan2(leftM, forwardM);
  return action(Math.abs(bearingRad) > 0.6 ? 0 : 1.2, Math.max(-1.5, Math.min(1.5, 2 * bearingRad)));
}
