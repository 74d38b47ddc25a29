// The part of the site's schema that holds constants: freshness policy per decision (R6), lease (R2, R3), physics,
// battery, limits (R13). Physics, dead-man and braking have no default: a number that nobody measured must not reach
// a robot. W and M are missing on purpose: they are derived (derive.ts), never set.

import { count, ms, object, quantity, ratio } from "./schema-words.js";

function sensorAges<const P extends number, const S extends number, const O extends number>(
  description: string,
  ages: { readonly poseMs: P; readonly scanMs: S; readonly odometryMs: O },
) {
  const properties = {
    poseMs: ms("Oldest pose that may be used.", { default: ages.poseMs }),
    scanMs: ms("Oldest range scan that may be used.", { default: ages.scanMs }),
    odometryMs: ms("Oldest odometry that may be used.", { default: ages.odometryMs }),
  };
  return object(properties, { description, required: [], default: {} });
}

export const decisionsSchema = object(
  {
    plan: sensorAges("Asking a model for a plan.", { poseMs: 1000, scanMs: 1000, odometryMs: 1000 }),
    drive: sensorAges("Driving along a validated path.", { poseMs: 500, scanMs: 500, odometryMs: 500 }),
    react: sensorAges("Moving by the reactive rules.", { poseMs: 1000, scanMs: 500, odometryMs: 500 }),
    dispatch: object(
      { telemetryMs: ms("Oldest telemetry of a robot that gets a new assignment.", { default: 5000 }) },
      { description: "Giving a robot a new assignment (hub).", required: [], default: {} },
    ),
  },
  {
    description: "Freshness policy per decision (R6): data with an older age bound is not used for it.",
    required: [],
    default: {},
  },
);

export const leaseSchema = object(
  {
    leaseMs: ms("Length D of a lease on the robot's clock.", { minimum: 200, maximum: 60_000, default: 3000 }),
    renewMs: ms("Period R of the robot's renewals.", { minimum: 20, maximum: 30_000, default: 400 }),
    deadmanMs: ms("Longest time the motor controller follows its last set-point.", { maximum: 10_000 }),
    brakingMs: ms("Worst time from the start of braking at full speed to rest.", { maximum: 30_000 }),
    rhoRobot: ratio("Largest relative drift of a robot's clock. 0.1 covers what Linux lets a time daemon slew.", {
      minimum: 0.1,
      exclusiveMaximum: 0.5,
      default: 0.1,
    }),
    rhoHub: ratio("Largest relative drift of the hub's clock. 0.1 covers what Linux lets a time daemon slew.", {
      minimum: 0.1,
      exclusiveMaximum: 0.5,
      default: 0.1,
    }),
    tickMs: ms("One tick of the integer clock, added to the hub's wait.", { maximum: 100, default: 1 }),
    loopJitterMs: ms("Longest lateness of the robot's control loop, added to the braking lead.", {
      minimum: 0,
      maximum: 10_000,
      default: 50,
    }),
    roundTripMs: ms("Round trip to the hub that a lease must survive.", { minimum: 0, maximum: 60_000, default: 200 }),
    missedRenewals: count("Renewals k in a row that may be lost without the robot stopping.", {
      unit: "renewals",
      minimum: 0,
      maximum: 100,
      default: 2,
    }),
  },
  {
    description: "Constants of the lease (R2, R3). The hub's wait W and the braking lead M follow from them.",
    required: ["deadmanMs", "brakingMs"],
  },
);

export const physicsSchema = object(
  {
    radiusM: quantity("Radius of the circle that contains the robot and its load.", {
      unit: "m",
      minimum: 0.02,
      maximum: 10,
    }),
    maxSpeedMps: quantity("Highest speed.", { unit: "m/s", minimum: 0.05, maximum: 10 }),
    maxTurnRadps: quantity("Highest turn rate.", { unit: "rad/s", minimum: 0.05, maximum: 20 }),
    accelMps2: quantity("Highest acceleration.", { unit: "m/s2", minimum: 0.05, maximum: 20 }),
    jerkMps3: quantity("Highest change of acceleration while speeding up; without it accelMps2 is reached in 0.2 s.", {
      unit: "m/s3",
      minimum: 0.05,
      maximum: 1000,
    }),
    brakeMps2: quantity("Deceleration that braking is certain to reach, loaded and on the worst floor.", {
      unit: "m/s2",
      minimum: 0.05,
      maximum: 20,
    }),
    reactiveSpeedMps: quantity("Highest speed under the reactive rules.", { unit: "m/s", minimum: 0.02, maximum: 10 }),
    marginM: quantity("Distance kept between the robot's circle and anything else.", {
      unit: "m",
      minimum: 0,
      maximum: 5,
    }),
    arriveM: quantity("A robot has arrived when it stands within this distance of the destination.", {
      unit: "m",
      minimum: 0.01,
      maximum: 5,
    }),
    settleMs: ms("Time a robot must stand within arriveM before it has arrived.", { minimum: 0, maximum: 60_000 }),
    poseErrorMaxM: quantity("Largest error bound of a pose that the robot may drive with.", {
      unit: "m",
      exclusiveMinimum: 0,
      maximum: 10,
    }),
  },
  {
    description: "What the machines can do. Nothing here has a default: measure it and write it.",
    required: [
      ...(["radiusM", "maxSpeedMps", "maxTurnRadps", "accelMps2", "brakeMps2"] as const),
      ...(["reactiveSpeedMps", "marginM", "arriveM", "settleMs", "poseErrorMaxM"] as const),
    ],
  },
);

export const batterySchema = object(
  {
    lowRatio: ratio("Below this charge a robot without a task is sent to a charger.", { default: 0.3 }),
    fullRatio: ratio("At this charge a charging robot may take tasks again.", { default: 0.9 }),
    resumeRatio: ratio("From this charge on a charging robot leaves for a task that no other robot can take.", {
      default: 0.6,
    }),
    idleRatio: ratio("Below this charge an idle robot goes to a charger that nobody needs more; 0: none does.", {
      default: 0.6,
    }),
    reserveRatio: ratio("Charge that must be left when a task is done, for the way to a charger.", { default: 0.1 }),
    rangeM: quantity("How far a full charge reaches: no task is given that the charge does not last for.", {
      unit: "m",
      minimum: 1,
      maximum: 10_000_000,
    }),
  },
  { description: "When robots charge.", required: [], default: {} },
);

/** Of one fleet: what is written stands in place of the site's. */
export const fleetBatterySchema = object(
  {
    lowRatio: ratio("As battery.lowRatio, for this fleet.", {}),
    fullRatio: ratio("As battery.fullRatio, for this fleet.", {}),
    resumeRatio: ratio("As battery.resumeRatio, for this fleet.", {}),
    idleRatio: ratio("As battery.idleRatio, for this fleet.", {}),
    reserveRatio: ratio("As battery.reserveRatio, for this fleet.", {}),
    rangeM: quantity("As battery.rangeM, for this fleet.", { unit: "m", minimum: 1, maximum: 10_000_000 }),
  },
  { description: "When robots of this fleet charge, where it differs from the site.", required: [], default: {} },
);

export const dispatchSchema = object(
  {
    priorityStepMs: ms(
      "A step of priority counts as much as having waited so much longer; thus no task waits for ever.",
      { maximum: 86_400_000, default: 60_000 },
    ),
    starvingMs: ms("A task that has waited so long gets turns of its own, whatever its priority.", {
      default: 300_000,
    }),
    speedShare: ratio("Share of maxSpeedMps that robots make on their way, for estimates.", {
      minimum: 0.01,
      default: 0.6,
    }),
    deadlineSlackMs: ms("A late task is told to be in time again when it is so much ahead of its deadline.", {
      default: 15_000,
    }),
    swapGainM: quantity("Gain above which a robot on its first way makes way for another, once a task; 0: never.", {
      unit: "m",
      minimum: 0,
      maximum: 100_000,
      default: 0,
    }),
  },
  { description: "How tasks are given to robots.", required: [], default: {} },
);

export const limitsSchema = object(
  {
    tasksWaiting: count("Tasks that are accepted and not finished.", {
      unit: "tasks",
      maximum: 100_000,
      default: 1000,
    }),
    tasksKept: count("Finished tasks that the hub still shows.", { unit: "tasks", maximum: 1_000_000, default: 5000 }),
    stopsPerTask: count("Stops of one task.", { unit: "stops", maximum: 256, default: 16 }),
    alternativesPerStop: count("Alternative destinations of one stop.", {
      unit: "destinations",
      maximum: 4096,
      default: 64,
    }),
    humanDecisions: count("Human decisions that wait at once.", { unit: "decisions", maximum: 10_000, default: 256 }),
    dispatchMs: ms("Shortest time between two rounds of dispatch.", { minimum: 50, default: 500 }),
    decisionRecords: count("Decision records kept on a robot.", {
      unit: "records",
      maximum: 10_000_000,
      default: 20_000,
    }),
    decisionRecordDays: count("Age at which a decision record is dropped.", {
      unit: "days",
      maximum: 3650,
      default: 7,
    }),
    recordedInputs: count("Inputs of the edge's core kept beside its decisions.", {
      unit: "inputs",
      maximum: 10_000_000,
      default: 50_000,
    }),
    outbox: count("Messages on a robot that wait for the hub.", { unit: "messages", maximum: 100_000, default: 1000 }),
    onboardBytes: count("One sample on the robot's own broker.", {
      unit: "bytes",
      minimum: 256,
      maximum: 1_048_576,
      default: 65_536,
    }),
    operatorStreams: count("Open streams of operators.", { unit: "streams", maximum: 10_000, default: 32 }),
    helloMs: ms("Time within which a new stream must say hello.", { maximum: 60_000, default: 2000 }),
    reconnectMinMs: ms("First wait before a robot calls the hub again.", { minimum: 10, default: 200 }),
    reconnectMaxMs: ms("Longest wait before a robot calls the hub again.", { minimum: 10, default: 2000 }),
    controlMs: ms("Period of the robot's control loop.", { minimum: 10, maximum: 1000, default: 50 }),
    telemetryMs: ms("Period of the robot's pose telemetry.", { minimum: 20, maximum: 60_000, default: 200 }),
    localPlanMs: ms("Period of plans for the window around the robot.", { minimum: 20, default: 100 }),
    sitePlanMs: ms("Longest time between two plans on the site map.", { minimum: 20, default: 2000 }),
    plannerDeadlineMs: ms("Time a plan may take before it counts as missed.", { minimum: 5, default: 250 }),
    plannerRestartMs: ms("First wait before a dead planner process is started again.", { minimum: 10, default: 500 }),
    shutdownMs: ms("Time a process has to end cleanly.", { maximum: 60_000, default: 5000 }),
  },
  {
    description: "Bounds on everything that could grow (R13), and the periods of the loops.",
    required: [],
    default: {},
  },
);
