// What the sensors of a simulated base report of the true world, in the words of the on-board contract, with noise and
// an honest error bound. R6: every sample carries its capture time on CLOCK_MONOTONIC and a sequence of its channel. A
// frozen channel repeats its last value under new stamps, as broken drivers do; a silent one reports nothing.

import type { OnboardChannel } from "../../proto/topics.js";
import { BATTERY, type Battery, type BatterySpec, used } from "./battery.js";
import { rayAngles } from "./lidar.js";
import type { Drive } from "./physics.js";
import type { Random } from "./random.js";
import type { World } from "./world.js";

export interface Charger {
  readonly xM: number;
  readonly yM: number;
  readonly reachM: number; // how near the robot's centre must stand
}

export interface SensorOptions {
  readonly world: World;
  readonly robot: string;
  readonly baseBoot: string;
  readonly random: Random;
  readonly chargers?: readonly Charger[];
  readonly chargeRatio?: number; // at start, 1 unless told
  readonly battery?: BatterySpec;
}

/** Deviation of the pose estimate per axis; it wanders, because localisation errors do. */
const POSE_SIGMA_M = 0.012;
const POSE_KEEPS = 0.8; // share of the error that the next sample keeps
const HEADING_SIGMA_RAD = 0.004;
/**
 * Bound told with each pose: four deviations, which the simulated error never exceeds, and the age of a floored stamp.
 */
const POSE_CUT_M = 4 * POSE_SIGMA_M;
const POSE_ERROR_M = POSE_CUT_M + 0.004;
const ODOMETRY_SIGMA = 0.01; // relative

export class Sensors {
  readonly #options: SensorOptions;
  readonly #sequences = new Map<OnboardChannel, number>();
  readonly #lastValues = new Map<OnboardChannel, object>();
  readonly #frozen = new Set<OnboardChannel>();
  readonly #noise: Random;
  #poseError = { xM: 0, yM: 0 };
  #battery: Battery;
  #usedAt: { readonly atMs: number; readonly travelledM: number };

  constructor(options: SensorOptions) {
    this.#options = options;
    this.#noise = options.random.stream(`sensors/${options.robot}`);
    this.#battery = { chargeRatio: options.chargeRatio ?? 1, charging: false };
    const { atMs, travelledM } = this.#drive;
    this.#usedAt = { atMs, travelledM };
  }

  get battery(): Battery {
    return this.#battery;
  }

  /** From now on the channel repeats the value that it reported last. */
  freeze(channel: OnboardChannel): void {
    this.#frozen.add(channel);
  }

  thaw(channel: OnboardChannel): void {
    this.#frozen.delete(channel);
  }

  /** The next sample of a channel as a plain object for the codec, captured at the world's present time. */
  sample(channel: OnboardChannel): object {
    const { world, baseBoot } = this.#options;
    const sequence = (this.#sequences.get(channel) ?? 0) + 1;
    this.#sequences.set(channel, sequence);
    const last = this.#frozen.has(channel) ? this.#lastValues.get(channel) : undefined;
    const value = last ?? this.#measure(channel);
    this.#lastValues.set(channel, value);
    return { capture: { baseBoot, sequence, monotonicMs: Math.floor(world.nowMs) }, ...value };
  }

  get #drive(): Drive {
    return this.#options.world.robot(this.#options.robot).drive;
  }

  #measure(channel: OnboardChannel): object {
    switch (channel) {
      case "pose":
        return this.#pose();
      case "scan":
        return this.#scan();
      case "odometry":
        return this.#odometry();
      case "battery":
        return this.#charge();
      case "base":
        return this.#base();
    }
  }

  #pose(): object {
    const { xM, yM, headingRad } = this.#drive;
    this.#poseError = this.#nextPoseError();
    return {
      xM: xM + this.#poseError.xM,
      yM: yM + this.#poseError.yM,
      headingRad: wrapped(headingRad + HEADING_SIGMA_RAD * this.#noise.gaussian()),
      errorM: POSE_ERROR_M,
    };
  }

  /** Drawn again until it lies within the bound that is told, so that the bound is true of every sample. */
  #nextPoseError(): { readonly xM: number; readonly yM: number } {
    const fresh = POSE_SIGMA_M * Math.sqrt(1 - POSE_KEEPS * POSE_KEEPS);
    for (;;) {
      const xM = POSE_KEEPS * this.#poseError.xM + fresh * this.#noise.gaussian();
      const yM = POSE_KEEPS * this.#poseError.yM + fresh * this.#noise.gaussian();
      if (xM * xM + yM * yM <= POSE_CUT_M * POSE_CUT_M) return { xM, yM };
    }
  }

  #scan(): object {
    const { world, robot } = this.#options;
    return { ...rayAngles(world.lidar), rangeMaxM: world.lidar.rangeMaxM, rangeM: world.scan(robot) };
  }

  #odometry(): object {
    const { speedMps, turnRadps, travelledM } = this.#drive;
    const scale = (): number => 1 + ODOMETRY_SIGMA * this.#noise.gaussian();
    return { speedMps: speedMps * scale(), turnRadps: turnRadps * scale(), travelledM };
  }

  #charge(): object {
    const { chargers = [], battery: spec = BATTERY } = this.#options;
    const drive = this.#drive;
    const seconds = (drive.atMs - this.#usedAt.atMs) / 1000;
    const drivenM = drive.travelledM - this.#usedAt.travelledM;
    const standing = drive.speedMps === 0;
    const atCharger = standing && chargers.some((at) => Math.hypot(at.xM - drive.xM, at.yM - drive.yM) <= at.reachM);
    this.#battery = used(this.#battery, { seconds, drivenM, atCharger, spec });
    this.#usedAt = { atMs: drive.atMs, travelledM: drive.travelledM };
    return { ...this.#battery };
  }

  #base(): object {
    const { bumper, emergencyStop, drive } = this.#options.world.robot(this.#options.robot);
    return { emergencyStop, bumper, manual: false, commandSequence: drive.lastSequence };
  }
}

/** The same direction between -pi and pi. */
function wrapped(angleRad: number): number {
  return angleRad - 2 * Math.PI * Math.round(angleRad / (2 * Math.PI));
}
