// A site for tests of `drover`: robots in every kind of trouble, tasks, places, and one event of every kind.

import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import type { PlaceView, RobotView, SiteView, TaskView } from "../../../proto/operator-views.js";

export function aRobot(id: string, over: Partial<RobotView> = {}): RobotView {
  return {
    id,
    fleet: "pickers",
    linked: true,
    rung: "AUTONOMOUS",
    causes: [],
    ageBoundMs: 340,
    leaseLeftMs: 2840,
    task: "",
    destination: "",
    pose: { xM: 1.5, yM: 2, headingRad: 0 },
    errorM: 0.25,
    speedMps: 0,
    chargeRatio: 0.815,
    charging: false,
    planMs: undefined,
    activity: "IDLE",
    blockedBy: "",
    pathM: [],
    absent: false,
    telemetryCapturedMs: 81_234,
    telemetryVerdict: "fresh",
    telemetrySent: 420,
    plans: 60,
    planDeadlineMisses: 0,
    inferenceMs: 3.5,
    model: undefined,
    halt: "",
    ...over,
  };
}

const SURE: RobotView["model"] = {
  ...{ name: "local-policy 1.0.0", drives: true },
  confidence: { least: 0.5, unsure: 3, tenths: [0, 0, 0, 1, 2, 5, 12, 30, 60, 90] },
};

export const ROBOTS: readonly RobotView[] = [
  aRobot("r1", { task: "t7", destination: "P4", speedMps: 0.84, planMs: 7.25, activity: "DRIVE", model: SURE }),
  aRobot("r2", {
    rung: "REACTIVE_ONLY",
    causes: [
      { name: "telemetry-stale", rung: "REACTIVE_ONLY", detail: "pose is 6.2 s old" },
      { name: "planner-fault", rung: "REACTIVE_ONLY", detail: "late" },
    ],
    ageBoundMs: 6201,
    task: "t8",
    destination: "P5",
    blockedBy: "r1",
    activity: "HOLD",
  }),
  aRobot("r3", {
    rung: "HALT",
    linked: false,
    causes: [{ name: "operator", rung: "HALT", detail: "ada: \u001b[2Jspill in aisle 3" }],
    ageBoundMs: undefined,
    leaseLeftMs: undefined,
    chargeRatio: undefined,
    pose: undefined,
  }),
  aRobot("r4", {
    charging: true,
    chargeRatio: 0.42,
    destination: "C1",
    activity: "CHARGE",
    drained: "ada: new wheels",
  }),
  aRobot("r5", { overrideLeftMs: 540_000, absent: true, linked: false, leaseLeftMs: undefined, ageBoundMs: 7_400_000 }),
];

export function aSite(over: Partial<SiteView> = {}): SiteView {
  return {
    site: "demo",
    epoch: 3,
    events: 12,
    upMs: 754_000,
    restartWaitMs: 0,
    grantsFrozen: false,
    robots: ROBOTS,
    fleets: [{ id: "pickers", rung: "AUTONOMOUS", causes: [], robots: 5, stale: 1 }],
    tasks: { submitted: 21, accepted: 20, waiting: 3, active: 2, done: 13, failed: 1, cancelled: 1 },
    decisions: [
      {
        id: "d1",
        question: "may r3 leave the aisle?",
        subject: "r3",
        waitingMs: 12_000,
        safeDefault: "keep: it stays",
        ...{ type: "clear", version: 11, deadlineLeftMs: 45_000, choices: ["clear", "keep"], why: "it has to be seen" },
        evidence: ["HALT by bumper", "r3: no link"],
      },
    ],
    nowMs: 754_000,
    telemetryReceived: 2000,
    telemetryRefused: 0,
    telemetryBytes: 150_000,
    ...over,
  };
}

export const TASKS: readonly TaskView[] = [
  {
    id: "t7",
    phase: "ACTIVE",
    stops: [{ destinations: ["P1", "P2"] }, { destinations: ["P4"] }],
    stopIndex: 1,
    robot: "r1",
    destination: "P4",
    fleet: "",
    operator: "ada",
    acceptedAgoMs: 61_000,
    detail: "",
  },
  {
    id: "t9",
    phase: "WAITING",
    stops: [{ destinations: ["P8", "P9"] }],
    stopIndex: 0,
    robot: "",
    destination: "",
    fleet: "pickers",
    operator: "wms",
    acceptedAgoMs: 4_000,
    detail: "no robot is free",
  },
  {
    ...{ id: "t10", phase: "WAITING", stops: [{ destinations: ["P8"] }], stopIndex: 0, robot: "", destination: "" },
    ...{ fleet: "", operator: "ada", acceptedAgoMs: 90_000, detail: "expected late by 35 s" },
    ...{ priority: 9, deadlineLeftMs: 210_000, lateMs: 35_000, doneInMs: 245_000 },
  },
  {
    ...{ id: "t11", phase: "WAITING", stops: [{ destinations: ["P2"] }], stopIndex: 0, robot: "r4", destination: "" },
    ...{ fleet: "", operator: "ada", acceptedAgoMs: 120_000, detail: "paused by ada: spill in aisle 3" },
    ...{ priority: 5, lateMs: 4000, paused: "ada: spill in aisle 3" },
  },
];
export const ENDED: TaskView = {
  ...{ id: "t1", phase: "TASK_FAILED", stops: [{ destinations: ["P1"] }], stopIndex: 0, robot: "", destination: "" },
  ...{ fleet: "", operator: "ada", acceptedAgoMs: 600_000, detail: "gave up after 3 tries" },
};

export const PLACES: readonly PlaceView[] = [
  { id: "P1", state: "FREE", robot: "", task: "", token: undefined, detail: "" },
  { id: "P4", state: "CLAIMED", robot: "r1", task: "t7", token: { epoch: 3, counter: 9 }, detail: "" },
  {
    id: "P6",
    state: "LAPSED_UNKNOWN",
    robot: "r3",
    task: "",
    token: { epoch: 2, counter: 4 },
    detail: "silent for 2 min",
  },
];

export function anEvent(sequence: number, body: LedgerBody): LedgerEvent {
  return { sequence, schema: 1, epoch: 3, hubMs: sequence * 100, wallMs: 1_772_366_400_000 + sequence * 1000, body };
}

const token = { epoch: 3, counter: 9 };
const act = { operator: "ada", reason: "shift start" };
const scoped = { robot: "", fleet: "pickers" };

/** One event of every kind. */
export const EVENTS: readonly LedgerEvent[] = (
  [
    {
      kind: "hubStarted",
      epoch: 3,
      longestWaitMs: 3000,
      configHash: "5d41402abc4b2a76b971",
      software: "drover 0.1.0",
    },
    { kind: "robotEnrolled", robot: "r1" },
    { kind: "robotAbsent", robot: "r5", seen: "in the workshop", ...act },
    { kind: "taskAccepted", task: "t7", stops: TASKS[0]?.stops ?? [], fleet: "", dwellMs: 0, ...act },
    {
      kind: "claimed",
      token,
      assignment: "a1",
      robot: "r1",
      destination: "P4",
      purpose: "TASK",
      task: "t7",
      stopIndex: 1,
      leaseMs: 3000,
    },
    { kind: "arrived", token, outcome: "o1" },
    { kind: "assignmentEnded", token, end: "GAVE_UP", reason: "blocked", outcome: "o2" },
    { kind: "claimLapsed", token },
    { kind: "claimFreed", token, exit: "STATED_FREE", seen: "empty", ...act },
    { kind: "ceilingSet", ...scoped, rung: "REACTIVE_ONLY", ...act },
    { kind: "ceilingCleared", ...scoped, ...act },
    { kind: "modeChanged", robot: "r2", fleet: "", from: "AUTONOMOUS", to: "REACTIVE_ONLY", cause: "telemetry-stale" },
    {
      ...{ kind: "questionAsked", question: "free-12", type: "free", subject: "P6", facts: "lapsed under r3" },
      ...{ answerMs: 900_000, safeDefault: "keep" },
    },
    { kind: "questionAnswered", question: "free-12", version: 12, choice: "free", ...act },
    { kind: "questionExpired", question: "free-13", version: 13, choice: "keep" },
    { kind: "questionWithdrawn", question: "free-14", version: 14 },
    { kind: "actRecorded", act: "place free", subject: "P6", seen: "empty floor", ...act },
    { kind: "cancelAsked", task: "t7", ...act },
    { kind: "taskEnded", task: "t7", end: "END_CANCELLED", reason: "asked" },
    {
      ...({ kind: "interplayFound", what: "TASK_TO_AND_FRO", subject: "t7", between: ["r1", "r2"] } as const),
      ...{ times: 2, events: [5, 9, 12], holdOffMs: 30_000 },
    },
    {
      ...{ kind: "taskAccepted", task: "t10", stops: [{ destinations: ["P8"] }], fleet: "", dwellMs: 0, ...act },
      ...{ priority: 9, deadlineMs: 300_000 },
    },
    { kind: "deadlineTold", task: "t10", verdict: "EXPECTED_LATE", byMs: 35_000, detail: "done in 245 s at best" },
    { kind: "deadlineTold", task: "t10", verdict: "EXPECTED_IN_TIME", byMs: 20_000, detail: "done in 180 s at best" },
    { kind: "deadlineTold", task: "t10", verdict: "MISSED", byMs: 100, detail: "no time left" },
    { kind: "taskPaused", task: "t11", ...act },
    { kind: "taskResumed", task: "t11", ...act },
    { kind: "robotDrained", robot: "r4", ...act },
    { kind: "robotUndrained", robot: "r4", ...act },
    { kind: "ceilingSet", ...scoped, rung: "CONFIRM", ...act, forMs: 600_000 },
    { kind: "ceilingEnded", ...scoped, rung: "CONFIRM" },
    { kind: "climbHeld", robot: "r4", rung: "CONFIRM", cause: "fell by sensor-stale" },
    { kind: "climbHeld", robot: "r4", rung: "AUTONOMOUS", cause: "" },
    { kind: "actRecorded", act: "movement", subject: "r4", seen: "to P6", ...act },
    {
      ...{ kind: "modelSwapAllowed", robot: "r2", model: "local-policy", version: "2.0.0" },
      ...{ sha256: "9f86d081884c7d65", from: "local-policy 1.4.0" },
    },
  ] satisfies LedgerBody[]
).map((body, index) => anEvent(index + 1, body));
