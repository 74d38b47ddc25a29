// What a model can be fed: a closed table of the quantities that an edge knows, each with the channel whose age it has
// (R6) and its unit. A quantity that cannot be told is undefined, never a guess.

import type { OnboardChannel } from "../proto/topics.js";
import type { OnboardSample } from "../proto/wire.js";

/** A point of the site map, metres and radians. */
interface Pose {
  readonly xM: number;
  readonly yM: number;
  readonly headingRad: number;
}

/** What an edge knows at one instant. */
export interface Evidence {
  readonly nowMs: number;
  /** The newest sample of a channel, if there is one. */
  sample<C extends OnboardChannel>(channel: C): Extract<OnboardSample, { channel: C }> | undefined;
  /** Upper bound on its age, ms; infinite when nothing bounds it, or the channel counts as lost. */
  ageMs(channel: OnboardChannel): number;
  /** Where the robot is going, site frame. */
  readonly target: Pose | null;
  /** The next point of its validated path, site frame; null without one. */
  readonly waypoint: { readonly xM: number; readonly yM: number } | null;
  /** What the base was last told. */
  readonly command: { readonly speedMps: number; readonly turnRadps: number };
}

interface Source {
  readonly channel: OnboardChannel | null; // whose age counts; null: known without sensing
  readonly unit: string;
  read(evidence: Evidence): number | undefined;
}

const of = <C extends OnboardChannel>(
  channel: C,
  unit: string,
  read: (sample: Extract<OnboardSample, { channel: C }>) => number,
): Source => ({
  channel,
  unit,
  read: (evidence) => {
    const sample = evidence.sample(channel);
    return sample === undefined ? undefined : read(sample);
  },
});

/** Of a point as the robot sees it: x forward, y to the left. */
const seen = (
  unit: string,
  where: (evidence: Evidence) => { readonly xM: number; readonly yM: number } | null,
  read: (at: { readonly forwardM: number; readonly leftM: number }) => number,
): Source => ({
  channel: "pose",
  unit,
  read: (evidence) => {
    const pose = evidence.sample("pose");
    const point = where(evidence);
    if (pose === undefined || point === null) return undefined;
    const [dx, dy] = [point.xM - pose.xM, point.yM - pose.yM];
    const [cos, sin] = [Math.cos(pose.headingRad), Math.sin(pose.headingRad)];
    return read({ forwardM: cos * dx + sin * dy, leftM: cos * dy - sin * dx });
  },
});

const known = (unit: string, read: (evidence: Evidence) => number): Source => ({ channel: null, unit, read });
const target = ({ target: at }: Evidence) => at;
const waypoint = ({ waypoint: at }: Evidence) => at;
const flag = (value: boolean): number => (value ? 1 : 0);

/** The angle between two headings, in (-pi, pi]. */
function between(fromRad: number, toRad: number): number {
  const turn = (toRad - fromRad) % (2 * Math.PI);
  if (turn > Math.PI) return turn - 2 * Math.PI;
  return turn <= -Math.PI ? turn + 2 * Math.PI : turn;
}

const headingToTarget: Source = {
  channel: "pose",
  unit: "rad",
  read: (evidence) => {
    const pose = evidence.sample("pose");
    if (pose === undefined || evidence.target === null) return undefined;
    return between(pose.headingRad, evidence.target.headingRad);
  },
};

export const SOURCES = {
  "pose.xM": of("pose", "m", (pose) => pose.xM),
  "pose.yM": of("pose", "m", (pose) => pose.yM),
  "pose.headingRad": of("pose", "rad", (pose) => pose.headingRad),
  "pose.headingCos": of("pose", "1", (pose) => Math.cos(pose.headingRad)),
  "pose.headingSin": of("pose", "1", (pose) => Math.sin(pose.headingRad)),
  "pose.errorM": of("pose", "m", (pose) => pose.errorM),
  "odometry.speedMps": of("odometry", "m/s", (odometry) => odometry.speedMps),
  "odometry.turnRadps": of("odometry", "rad/s", (odometry) => odometry.turnRadps),
  "odometry.travelledM": of("odometry", "m", (odometry) => odometry.travelledM),
  "battery.chargeRatio": of("battery", "0..1", (battery) => battery.chargeRatio),
  "battery.charging": of("battery", "0 or 1", (battery) => flag(battery.charging)),
  "base.emergencyStop": of("base", "0 or 1", (base) => flag(base.emergencyStop)),
  "base.bumper": of("base", "0 or 1", (base) => flag(base.bumper)),
  "base.manual": of("base", "0 or 1", (base) => flag(base.manual)),
  /** With `rays`; without them the least range of the scan. */
  "scan.rangeM": of("scan", "m", (scan) =>
    scan.rangeM.reduce((least, range) => (range > 0 ? Math.min(least, range) : least), scan.rangeMaxM),
  ),
  "target.forwardM": seen("m", target, (at) => at.forwardM),
  "target.leftM": seen("m", target, (at) => at.leftM),
  "target.distanceM": seen("m", target, (at) => Math.hypot(at.forwardM, at.leftM)),
  "target.bearingRad": seen("rad", target, (at) => Math.atan2(at.leftM, at.forwardM)),
  "target.turnRad": headingToTarget, // from its heading to the one that the target wants
  "waypoint.forwardM": seen("m", waypoint, (at) => at.forwardM),
  "waypoint.leftM": seen("m", waypoint, (at) => at.leftM),
  "command.speedMps": known("m/s", ({ command }) => command.speedMps),
  "command.turnRadps": known("rad/s", ({ command }) => command.turnRadps),
  one: known("1", () => 1),
} as const satisfies Record<string, Source>;

export type SourceName = keyof typeof SOURCES;
export const SOURCE_NAMES = Object.keys(SOURCES) as readonly SourceName[];

/** The channel whose age a quantity has; null for what is known without sensing. */
export function channelOf(name: SourceName): OnboardChannel | null {
  return SOURCES[name].channel;
}
