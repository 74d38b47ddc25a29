// A robot as the benches of the hub drive it: straight ways at a steady speed, through racks and other robots.

import type { Grant, TelemetryValue } from "../../proto/wire.js";

const SPEED_MPS = 1.5;
const ARRIVED_M = 0.05;

export interface Driven {
  readonly id: string;
  readonly stream: number;
  readonly sequences: Map<string, number>;
  xM: number;
  yM: number;
  nonce: number;
  hubNonce: number;
  hubNonceMs: number;
  modeSequence: number;
  grant: Grant | null;
}

/** Moves it towards a place for so long; true when it has arrived there. */
export function driveTo(robot: Driven, to: { readonly xM: number; readonly yM: number }, periodMs: number): boolean {
  const leftM = Math.hypot(to.xM - robot.xM, to.yM - robot.yM);
  const share = Math.min(1, (SPEED_MPS * periodMs) / 1000 / Math.max(leftM, 1e-9));
  robot.xM += (to.xM - robot.xM) * share;
  robot.yM += (to.yM - robot.yM) * share;
  return leftM <= ARRIVED_M;
}

export function poseOf(robot: Driven): TelemetryValue {
  const speedMps = robot.grant === null ? 0 : SPEED_MPS;
  return { kind: "pose", pose: { xM: robot.xM, yM: robot.yM, headingRad: 0 }, errorM: 0.05, speedMps };
}
