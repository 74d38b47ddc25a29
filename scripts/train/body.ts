// The base that the local policy is trained for: the usual one of the simulated sites. A robot of another size, speed
// or brake is another base, and needs a training of its own.

import type { Physics } from "../../edge/core/motion/motion.js";
import type { DriveLimits } from "../world/physics.js";

export const BODY: Physics = {
  ...{ radiusM: 0.35, marginM: 0.1, arriveM: 0.15 },
  ...{ maxSpeedMps: 2, reactiveSpeedMps: 0.5, maxTurnRadps: 1.8, accelMps2: 1.2, brakeMps2: 2.5 },
};

/** How long the base obeys its last command, in ms. */
export const DEADMAN_MS = 300;

/** From a decision until the base obeys it, as the motion core assumes, in ms. */
export const LATENCY_MS = 100;

/** Period of the control loop, in ms. */
export const CONTROL_MS = 50;

export const DRIVE: DriveLimits = {
  ...{ maxSpeedMps: BODY.maxSpeedMps, maxTurnRadps: BODY.maxTurnRadps },
  ...{ accelMps2: BODY.accelMps2, brakeMps2: BODY.brakeMps2, deadmanMs: DEADMAN_MS },
};
