// What the motion core is told at each tick: the pose carried forward to now, the scan at the pose of its capture, the
// rung, and where the robot may go.

import { PERMITS } from "../../proto/mode.js";
import { actingOn } from "./authority.js";
import { ageMs, sampleOf } from "./channels.js";
import { controllerInput } from "./controller/controller.js";
import { rungOf } from "./modes.js";
import type { MotionInput, MotionState, Scan, Target } from "./motion/motion.js";
import type { EdgeState } from "./types.js";

/** Poses are carried forward by odometry for at most this long. */
const PREDICT_MS = 300;
const POSES_KEPT = 24;

export interface Driver {
  readonly motion: MotionState;
  readonly priority: number;
  readonly targets: ReadonlyMap<string, Target>; // by destination
  readonly poses: { readonly atMs: number; readonly xM: number; readonly yM: number; readonly headingRad: number }[];
  headway: { readonly atMs: number; readonly xM: number; readonly yM: number } | null; // where it last made some
  refusedUntilMs: number;
}

/** Remembers where the robot was, so that a scan is placed where it was captured. */
export function rememberPose(state: EdgeState, driver: Driver): void {
  const pose = sampleOf(state, "pose");
  const atMs = state.channels.get("pose")?.capturedMs;
  if (pose === undefined || atMs === undefined) return;
  driver.poses.push({ atMs, xM: pose.xM, yM: pose.yM, headingRad: pose.headingRad });
  if (driver.poses.length > POSES_KEPT) driver.poses.shift();
}

export function motionInput(state: EdgeState, driver: Driver, nowMs: number): MotionInput | null {
  const pose = sampleOf(state, "pose");
  const odometry = sampleOf(state, "odometry");
  if (pose === undefined || odometry === undefined) return null;
  const { speedMps, turnRadps } = odometry;
  const aheadS = Math.min(ageMs(state, "pose", nowMs), PREDICT_MS) / 1000;
  const predicted = {
    xM: pose.xM + speedMps * aheadS * Math.cos(pose.headingRad),
    yM: pose.yM + speedMps * aheadS * Math.sin(pose.headingRad),
    headingRad: pose.headingRad + turnRadps * aheadS,
    errorM: pose.errorM,
  };
  const rung = rungOf(state);
  const target = driver.targets.get(actingOn(state)?.destination ?? "") ?? null;
  const isScanNeeded = target !== null && PERMITS[rung].motion !== "none"; // a robot that stands looks at none
  const scan = isScanNeeded ? scanOf(state, driver, nowMs) : null;
  const controller = controllerInput(state, nowMs);
  return { nowMs, pose: predicted, speedMps, turnRadps, scan, rung, priority: driver.priority, target, controller };
}

/** The newest scan at the pose of its capture; null when it is too old for any motion. */
function scanOf(state: EdgeState, driver: Driver, nowMs: number): Scan | null {
  const scan = sampleOf(state, "scan");
  const capturedMs = state.channels.get("scan")?.capturedMs;
  const age = ageMs(state, "scan", nowMs);
  if (scan === undefined || capturedMs === undefined || age > state.context.config.decisions.react.scanMs) return null;
  let nearest = driver.poses.at(-1);
  for (const pose of driver.poses) {
    if (nearest === undefined || Math.abs(pose.atMs - capturedMs) < Math.abs(nearest.atMs - capturedMs)) nearest = pose;
  }
  if (nearest === undefined) return null;
  const { angleMinRad, angleStepRad, rangeMaxM, rangeM } = scan;
  return { angleMinRad, angleStepRad, rangeMaxM, rangesM: rangeM, poseAtCapture: nearest, ageMs: age };
}
