// The messages of the link, the telemetry and the on-board contract as typed values, parsed at the border (R13). Each
// reader takes the plain object that the codec gives. Unknown rungs read as HALT; every other unknown value is refused.

import { TENTHS } from "./confidence.js";
import { CAUSES, RUNGS } from "./mode.js";
import {
  count,
  enumOf,
  enumOr,
  flag,
  id,
  listOf,
  maybeId,
  number,
  oneOf,
  optional,
  type Read,
  type Reader,
  struct,
  structOf,
  text,
  upTo,
  WireRefused,
  whole,
} from "./shape.js";

const MOST_HOLDINGS = 64;
const MOST_CAUSES = 32;
const COORDINATE_M = 100_000;
/** R13: of an answer to AskWhy. */
export const WHY_LINES = 48;
export const WHY_CHARACTERS = 400;

export const rung = enumOr(RUNGS, "HALT");
export const rungTold = enumOf(RUNGS);
export const token = struct({ epoch: positive(), counter: positive() });
const noToken = { epoch: 0, counter: 0 };
const maybeToken: Reader<{ readonly epoch: number; readonly counter: number }> = (value, path) =>
  value === undefined ? noToken : struct({ epoch: count, counter: count })(value, path);
export const cause = struct({ name: text(64), rung, detail: text(200) });
const coordinate = number(-COORDINATE_M, COORDINATE_M);
export const pose = struct({ xM: coordinate, yM: coordinate, headingRad: number(-1000, 1000) });

/** A model that may take over, or wants to: `sha256` is how that of its file begins. */
const swap = { ask: positive(), model: id, version: id, sha256: id };
/** Name and version of a model. */
export const MODEL_CHARACTERS = 130;

// The link, robot to hub.
const holding = struct({ token, assignment: id, destination: id, arrived: flag });
export const OUTCOMES = ["ARRIVED", "FAILED", "RELEASED"] as const;
export const readEdgeMessage = oneOf({
  hello: struct({
    robot: id,
    boot: id,
    protocol: count,
    highestToken: maybeToken,
    holdings: listOf(holding, MOST_HOLDINGS),
    configHash: text(128),
    software: text(64),
    followsEpoch: count,
    followsIncarnation: maybeId,
  }),
  renew: struct({ nonce: positive(), modeSequence: count, acting: listOf(token, MOST_HOLDINGS) }),
  grantAnswer: struct({ token, accepted: flag, refusal: text(64) }),
  outcome: struct({ id, token, assignment: id, result: enumOf(OUTCOMES), reason: text(200), decisionId: maybeId }),
  modeReport: struct({ sequence: positive(), rung, causes: listOf(cause, MOST_CAUSES) }),
  toldWhy: struct({ ask: positive(), known: flag, claim: maybeId, lines: listOf(text(WHY_CHARACTERS), WHY_LINES) }),
  askSwap: struct({ ...swap, from: text(MODEL_CHARACTERS) }),
});
export type EdgeMessage = Read<typeof readEdgeMessage>;
export type Hello = Extract<EdgeMessage, { kind: "hello" }>;

// The link, hub to robot.
export const PURPOSES = ["TASK", "PARK", "CHARGE"] as const;
export type Purpose = (typeof PURPOSES)[number];
const grant = struct({
  token,
  assignment: id,
  task: maybeId,
  destination: id,
  purpose: enumOf(PURPOSES),
  dwellMs: count,
});
export const readHubMessage = oneOf({
  welcome: structOf(
    {
      ...{ session: id, epoch: positive(), hubNonce: positive(), void: listOf(token, MOST_HOLDINGS) },
      incarnation: id,
    },
    { answersSwaps: flag },
  ),
  renewed: struct({ nonce: positive(), leaseMs: count, hubNonce: positive() }),
  grant,
  withdraw: struct({ token, assignment: id, reason: text(200) }),
  modeOrder: struct({ sequence: count, rung, causes: listOf(cause, MOST_CAUSES) }),
  clearLatches: struct({
    causes: listOf(enumOf(Object.keys(CAUSES) as (keyof typeof CAUSES)[]), MOST_CAUSES),
    operator: text(64),
    reason: text(200),
    report: positive(),
  }),
  outcomeStored: struct({ id }),
  refused: struct({ code: text(64), message: text(400) }),
  askWhy: struct({ ask: positive(), id: maybeId }),
  swapAnswer: struct({ ...swap, allowed: flag, refusal: text(64), message: text(400) }),
});
export type HubMessage = Read<typeof readHubMessage>;
export type Grant = Read<typeof grant>;

// Telemetry.
const poseTelemetry = struct({ pose, errorM: number(0, COORDINATE_M), speedMps: number(-100, 100) });
const batteryTelemetry = struct({ chargeRatio: number(0, 1), charging: flag });
/** Of the newest decisions of a model; no window of a site file is longer. */
const MOST_DECISIONS = 10_000;
const confidenceFields = struct({
  least: number(0, 1),
  unsure: upTo(MOST_DECISIONS),
  tenths: listOf(upTo(MOST_DECISIONS), TENTHS),
});
const modelConfidence: Reader<Read<typeof confidenceFields>> = (value, path) => {
  const read = confidenceFields(value, path);
  const { unsure, tenths } = read;
  if (tenths.length !== TENTHS) throw new WireRefused(`${path}.tenths`, `${TENTHS} items`, `${tenths.length} items`);
  const decisions = tenths.reduce((sum, found) => sum + found, 0);
  if (decisions > MOST_DECISIONS)
    throw new WireRefused(`${path}.tenths`, `at most ${MOST_DECISIONS} decisions`, decisions);
  if (unsure > decisions) throw new WireRefused(`${path}.unsure`, `at most the ${decisions} decisions`, unsure);
  return read;
};
const modelFields = struct({ name: text(128), drives: flag, confidence: optional(modelConfidence) });
/** The model that drives a robot whenever one does; `name` empty: it has none. */
export type DrivingModel = Read<typeof modelFields>;
const drivingModel: Reader<DrivingModel> = (value, path) => {
  const read = modelFields(value, path);
  if (read.name === "" && (read.drives || read.confidence !== undefined))
    throw new WireRefused(`${path}.name`, "the name of the model that drives", read.name);
  return read;
};
const edgeTelemetry = struct({
  rung,
  causes: listOf(cause, MOST_CAUSES),
  planMs: number(0, 1e9),
  plans: count,
  planDeadlineMisses: count,
  inferenceMs: number(0, 1e9),
  activity: text(32),
  blockedBy: text(64),
  pathM: listOf(coordinate, 128),
  model: optional(drivingModel),
});
const telemetryTag = struct({
  robot: id,
  boot: id,
  channel: id,
  sequence: positive(),
  capturedMs: count,
  hubNonce: count,
  elapsedMs: whole,
});
const telemetryValue = oneOf({ pose: poseTelemetry, battery: batteryTelemetry, edge: edgeTelemetry });
export type TelemetryValue = Read<typeof telemetryValue>;
export interface Telemetry extends Read<typeof telemetryTag> {
  readonly value: TelemetryValue;
}
export const readTelemetry: Reader<Telemetry> = (value, path) => {
  const tag = telemetryTag(value, path);
  const read = telemetryValue(value, path);
  if (read.kind !== tag.channel)
    throw new WireRefused(`${path}.channel`, `the channel of its value, "${read.kind}"`, tag.channel);
  return { ...tag, value: read };
};

/** The reverse of readTelemetry. */
export function toTelemetry(sample: Telemetry): Record<string, unknown> {
  const { value, ...tag } = sample;
  const { kind, ...fields } = value;
  return { ...tag, [kind]: fields };
}

// The on-board contract. R6: a capture may carry a time of the board, a tick, or neither, and then it is never fresh.
const captureFields = struct({
  baseBoot: text(64),
  sequence: positive(),
  monotonicMs: optional(count),
  tickNonce: optional(count),
});
export type Capture = Read<typeof captureFields>;
const capture: Reader<Capture> = (value, path) => {
  const read = captureFields(value, path);
  if (read.monotonicMs !== undefined && read.tickNonce !== undefined)
    throw new WireRefused(path, "at most one of monotonicMs, tickNonce", value);
  return read;
};
const FAST = 100;
export const readOnboard = {
  pose: struct({
    capture,
    xM: coordinate,
    yM: coordinate,
    headingRad: number(-1000, 1000),
    errorM: number(0, COORDINATE_M),
  }),
  scan: struct({
    capture,
    angleMinRad: number(-7, 7),
    angleStepRad: number(-1, 1),
    rangeMaxM: number(0, 1000),
    rangeM: listOf(number(0, Number.POSITIVE_INFINITY), 1440),
  }),
  odometry: struct({
    capture,
    speedMps: number(-FAST, FAST),
    turnRadps: number(-FAST, FAST),
    travelledM: number(0, 1e9),
  }),
  battery: struct({ capture, chargeRatio: number(0, 1), charging: flag }),
  base: struct({ capture, emergencyStop: flag, bumper: flag, manual: flag, commandSequence: count }),
} as const;
export type PoseSample = Read<typeof readOnboard.pose>;
export type ScanSample = Read<typeof readOnboard.scan>;
export type OdometrySample = Read<typeof readOnboard.odometry>;
export type BatterySample = Read<typeof readOnboard.battery>;
export type BaseSample = Read<typeof readOnboard.base>;
export type OnboardSample =
  | ({ readonly channel: "pose" } & PoseSample)
  | ({ readonly channel: "scan" } & ScanSample)
  | ({ readonly channel: "odometry" } & OdometrySample)
  | ({ readonly channel: "battery" } & BatterySample)
  | ({ readonly channel: "base" } & BaseSample);

const commandToken = struct({ epoch: count, counter: count });
const command = struct({
  sequence: positive(),
  speedMps: number(-FAST, FAST),
  turnRadps: number(-FAST, FAST),
  validForMs: count,
  sentMonotonicMs: count,
  rung,
  token: optional(commandToken),
  leaseEndMonotonicMs: count,
  decisionId: text(64),
});
export const readCommand: Reader<Command> = command;
export type Command = Read<typeof command>;
export const readTick = struct({ nonce: positive(), monotonicMs: count });
export type Tick = Read<typeof readTick>;

function positive(): Reader<number> {
  return (value, path) => {
    const found = count(value, path);
    if (found === 0) throw new WireRefused(path, "a whole number from 1", found);
    return found;
  };
}
