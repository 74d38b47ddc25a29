// The words that the motion files share: what a base is, what it sees, what may be asked of it. Values only, no rules.
// Frames and units: site map in metres, x right, y up, heading in radians counter-clockwise from x.

/** What a differential-drive base, taken as a disc, can do. `marginM` is the room kept beside walls at speed. */
export interface Physics {
  readonly radiusM: number;
  readonly maxSpeedMps: number;
  readonly maxTurnRadps: number;
  readonly accelMps2: number;
  readonly jerkMps3?: number;
  readonly brakeMps2: number;
  readonly reactiveSpeedMps: number;
  readonly marginM: number;
  readonly arriveM: number;
}

export interface Point {
  readonly xM: number;
  readonly yM: number;
}

export interface Disc extends Point {
  readonly radiusM: number;
}

export interface Pose extends Point {
  readonly headingRad: number;
}

/** `errorM`: radius that holds the true position. */
export interface MeasuredPose extends Pose {
  readonly errorM: number;
}

/** Ray i points at angleMinRad + i * angleStepRad in the robot frame; 0, or rangeMaxM and more, is no return. */
export interface Scan {
  readonly angleMinRad: number;
  readonly angleStepRad: number;
  readonly rangeMaxM: number;
  readonly rangesM: ArrayLike<number>;
  readonly poseAtCapture: Pose;
  /** Age bound of the scan in milliseconds; taken as 100 where absent. */
  readonly ageMs?: number;
}

/** A set-point of the base: speed along its x, turn rate counter-clockwise. */
export interface Velocity {
  readonly speedMps: number;
  readonly turnRadps: number;
}

export interface Target extends Pose {
  readonly id: string;
}

/** A destination's footprint on the site map. */
export interface Footprint extends Disc {
  readonly id: string;
}

/** Lengths of this core that are stated for a robot of this radius grow and shrink with the robot. */
const STATED_RADIUS_M = 0.35;

/** The factor for such lengths: 1 for a radius of 0.35 m, from 0.2 to 3. */
export function scaleOf(physics: Physics): number {
  return Math.min(3, Math.max(0.2, physics.radiusM / STATED_RADIUS_M));
}

/** Wraps an angle into [-pi, pi]. */
export function wrapAngle(angleRad: number): number {
  let wrapped = angleRad % (2 * Math.PI);
  if (wrapped > Math.PI) wrapped -= 2 * Math.PI;
  if (wrapped < -Math.PI) wrapped += 2 * Math.PI;
  return wrapped;
}
