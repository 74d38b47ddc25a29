// Generated valid messages of every schema that proto/wire.ts and proto/ledger.ts read, each with its reader and the
// way back to the plain object that the codec takes.
import fc from "fast-check";
import {
  ASSIGNMENT_ENDS,
  DEADLINE_VERDICTS,
  FREE_EXITS,
  INTERPLAYS,
  type LedgerEvent,
  PRIORITY_MOST,
  readLedgerEvent,
  SPAN_MS_MOST,
  TASK_ENDS,
  toLedgerEvent,
} from "../../proto/ledger.js";
import { CAUSES, type CauseName, RUNGS } from "../../proto/mode.js";
import { toOneOf } from "../../proto/shape.js";
import { WHY_NOT, type WhyNotReason } from "../../proto/why.js";
import {
  type DrivingModel,
  type EdgeMessage,
  type HubMessage,
  OUTCOMES,
  PURPOSES,
  readCommand,
  readEdgeMessage,
  readHubMessage,
  readOnboard,
  readTelemetry,
  readTick,
  type Telemetry,
  type TelemetryValue,
  toTelemetry,
} from "../../proto/wire.js";

export interface Contract {
  readonly type: string; // of the schema
  readonly read: (plain: unknown, path: string) => unknown;
  readonly toPlain: (value: object) => Record<string, unknown>;
  readonly values: fc.Arbitrary<object>;
}

const U32 = 2 ** 32 - 1;
const id = fc.constantFrom("r1", "A", "9.b-c_D", `a${"x".repeat(63)}`);
const maybeId = fc.oneof(fc.constant(""), id);
const letter = fc.constantFrom("a", "Z", " ", "ß", "中", "😀", '"', "\\", "/", "{");
const text = fc.string({ unit: letter, maxLength: 12 });
const count = fc.oneof(fc.constantFrom(0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER), fc.nat());
const positive = count.map((value) => Math.max(1, value));
const small = fc.oneof(fc.constantFrom(0, U32), fc.nat());
const flag = fc.boolean();
const rung = fc.constantFrom(...RUNGS);
const token = fc.record({ epoch: positive, counter: positive });
const anyToken = fc.record({ epoch: count, counter: count });
const cause = fc.record({ name: text, rung, detail: text });
const causes = fc.array(cause, { maxLength: 3 });

function real(least: number, most: number): fc.Arbitrary<number> {
  return fc.double({ min: least, max: most, noNaN: true }).map((value) => value + 0);
}

function single(least: number, most: number): fc.Arbitrary<number> {
  return real(least, most).map((value) => Math.fround(value) + 0);
}

const coordinate = real(-100_000, 100_000);
const pose = fc.record({ xM: coordinate, yM: coordinate, headingRad: real(-1000, 1000) });

/** A member of a oneof: its name and its fields. */
function member<const K extends string, T extends object>(kind: K, fields: { [F in keyof T]: fc.Arbitrary<T[F]> }) {
  return fc.record(fields).map((value) => ({ kind, ...(value as unknown as T) }));
}

const edgeMessage: fc.Arbitrary<EdgeMessage> = fc.oneof(
  member("hello", {
    robot: id,
    boot: id,
    protocol: small,
    highestToken: anyToken,
    holdings: fc.array(fc.record({ token, assignment: id, destination: id, arrived: flag }), { maxLength: 3 }),
    configHash: text,
    software: text,
    followsEpoch: count,
    followsIncarnation: maybeId,
  }),
  member("renew", { nonce: positive, modeSequence: count, acting: fc.array(token, { maxLength: 3 }) }),
  member("grantAnswer", { token, accepted: flag, refusal: text }),
  member("outcome", {
    ...{ id, token, assignment: id, result: fc.constantFrom(...OUTCOMES), reason: text, decisionId: maybeId },
  }),
  member("modeReport", { sequence: positive, rung, causes }),
  member("askSwap", { ask: positive, model: id, version: id, sha256: id, from: text }),
  member("toldWhy", { ask: positive, known: flag, claim: maybeId, lines: fc.array(text, { maxLength: 3 }) }),
);

const purpose = fc.constantFrom(...PURPOSES);
const causeNames = fc.array(fc.constantFrom(...(Object.keys(CAUSES) as CauseName[])), { maxLength: 3 });
const hubMessage: fc.Arbitrary<HubMessage> = fc.oneof(
  member("welcome", {
    session: id,
    epoch: positive,
    hubNonce: positive,
    void: fc.array(token, { maxLength: 3 }),
    incarnation: id,
  }),
  member("welcome", {
    ...{ session: id, epoch: positive, hubNonce: positive, void: fc.array(token, { maxLength: 3 }), incarnation: id },
    answersSwaps: flag,
  }),
  member("swapAnswer", {
    ...{ ask: positive, model: id, version: id, sha256: id, allowed: flag, refusal: text, message: text },
  }),
  member("renewed", { nonce: positive, leaseMs: small, hubNonce: positive }),
  member("grant", { token, assignment: id, task: maybeId, destination: id, purpose, dwellMs: small }),
  member("withdraw", { token, assignment: id, reason: text }),
  member("modeOrder", { sequence: count, rung, causes }),
  member("clearLatches", { causes: causeNames, operator: text, reason: text, report: positive }),
  member("outcomeStored", { id }),
  member("refused", { code: text, message: text }),
  member("askWhy", { ask: positive, id: maybeId }),
);

const model: fc.Arbitrary<DrivingModel> = fc
  .record({
    ...{ name: text, drives: flag, least: real(0, 1), isTold: flag },
    ...{ part: real(0, 1), tenths: fc.array(fc.nat(1000), { minLength: 10, maxLength: 10 }) },
  })
  .map(({ name, drives, least, isTold, part, tenths }) => {
    const unsure = Math.floor(part * tenths.reduce((sum, found) => sum + found, 0));
    if (name === "") return { name, drives: false, confidence: undefined };
    return { name, drives, confidence: isTold ? { least, unsure, tenths } : undefined };
  });
const telemetryValue: fc.Arbitrary<TelemetryValue> = fc.oneof(
  member("pose", { pose, errorM: real(0, 100_000), speedMps: real(-100, 100) }),
  member("battery", { chargeRatio: real(0, 1), charging: flag }),
  member("edge", {
    ...{ rung, causes, planMs: real(0, 1e9), plans: count, planDeadlineMisses: count, inferenceMs: real(0, 1e9) },
    ...{ activity: text, blockedBy: text, pathM: fc.array(single(-99_999, 99_999), { maxLength: 6 }) },
    model: fc.option(model, { nil: undefined }),
  }),
);

const telemetry: fc.Arbitrary<Telemetry> = fc
  .record({
    ...{ robot: id, boot: id, sequence: positive, capturedMs: count, hubNonce: count },
    ...{ elapsedMs: fc.maxSafeInteger(), value: telemetryValue },
  })
  .map((sample) => ({ ...sample, channel: sample.value.kind }));

const capture = fc
  .record({ baseBoot: text, sequence: positive, timeMs: count, time: fc.constantFrom("monotonic", "tick", "none") })
  .map(({ baseBoot, sequence, timeMs, time }) => ({
    ...{ baseBoot, sequence },
    monotonicMs: time === "monotonic" ? timeMs : undefined,
    tickNonce: time === "tick" ? timeMs : undefined,
  }));

const maybeToken = fc.oneof(fc.constant(undefined), anyToken);
const tag = { sequence: count, schema: small, epoch: count, hubMs: count, wallMs: count };
const act = { operator: text, reason: text };
const scope = { robot: maybeId, fleet: maybeId };
const stops = fc.array(fc.record({ destinations: fc.array(id, { maxLength: 3 }) }), { maxLength: 3 });
const words = Object.keys(WHY_NOT) as WhyNotReason[];
const whyNot = fc
  .record({ subject: id, reason: fc.constantFrom(...words), detail: text, costM: fc.option(real(0, 1e9)) })
  .map(({ costM, ...not }) => (costM === null ? not : { ...not, costM }));
const why = fc.record({
  ...{ costM: real(0, 1e9), waitedMs: count, lookedAt: small },
  ...{ robots: fc.array(whyNot, { maxLength: 5 }), places: fc.array(whyNot, { maxLength: 3 }) },
});
const ledgerBody: fc.Arbitrary<LedgerEvent["body"]> = fc.oneof(
  member("hubStarted", { epoch: count, longestWaitMs: small, configHash: text, software: text }),
  member("robotEnrolled", { robot: id }),
  member("robotAbsent", { robot: id, ...act, seen: text }),
  fc.oneof(
    member("taskAccepted", { task: id, stops, fleet: maybeId, dwellMs: small, ...act }),
    member("taskAccepted", {
      ...{ task: id, stops, fleet: maybeId, dwellMs: small, ...act },
      ...{ priority: fc.nat(PRIORITY_MOST), deadlineMs: fc.nat(SPAN_MS_MOST) },
    }),
  ),
  member("taskEnded", { task: id, end: fc.constantFrom(...TASK_ENDS), reason: text }),
  member("cancelAsked", { task: id, ...act }),
  member("claimed", {
    ...{ token, assignment: id, robot: id, destination: id, purpose, task: maybeId },
    ...{ stopIndex: small, leaseMs: small },
  }),
  member("claimed", {
    ...{ token, assignment: id, robot: id, destination: id, purpose, task: maybeId },
    ...{ stopIndex: small, leaseMs: small, why },
  }),
  member("arrived", { token, outcome: id }),
  member("assignmentEnded", { token, end: fc.constantFrom(...ASSIGNMENT_ENDS), reason: text, outcome: maybeId }),
  member("claimLapsed", { token }),
  member("claimFreed", { token, exit: fc.constantFrom(...FREE_EXITS), ...act, seen: text }),
  member("ceilingSet", { ...scope, rung, ...act }),
  member("ceilingSet", { ...scope, rung, ...act, forMs: fc.nat(SPAN_MS_MOST) }),
  member("ceilingCleared", { ...scope, ...act }),
  member("modeChanged", { ...scope, from: rung, to: rung, cause: text }),
  member("questionAsked", { question: id, type: id, subject: text, facts: text, answerMs: count, safeDefault: id }),
  member("questionAnswered", { question: id, version: count, choice: id, ...act }),
  member("questionExpired", { question: id, version: count, choice: id }),
  member("questionWithdrawn", { question: id, version: count }),
  member("actRecorded", { act: text, subject: text, ...act, seen: text }),
  member("interplayFound", {
    ...{ what: fc.constantFrom(...INTERPLAYS), subject: id, between: fc.array(text, { maxLength: 3 }), times: small },
    ...{ events: fc.array(count, { maxLength: 3 }), holdOffMs: small },
  }),
  member("deadlineTold", { task: id, verdict: fc.constantFrom(...DEADLINE_VERDICTS), byMs: count, detail: text }),
  member("taskPaused", { task: id, ...act }),
  member("taskResumed", { task: id, ...act }),
  member("robotDrained", { robot: id, ...act }),
  member("robotUndrained", { robot: id, ...act }),
  member("ceilingEnded", { ...scope, rung }),
  member("climbHeld", { robot: id, rung, cause: text }),
  member("modelSwapAllowed", { robot: id, model: id, version: id, sha256: id, from: text }),
);

const asIs = (value: object) => value as Record<string, unknown>;
const oneOfToPlain = (value: object) => toOneOf(value as { readonly kind: string });

/** By schema type; every message that crosses a border or is stored, but those of the operator service. */
export const CONTRACTS: readonly Contract[] = [
  { type: "EdgeMessage", read: readEdgeMessage, toPlain: oneOfToPlain, values: edgeMessage },
  { type: "HubMessage", read: readHubMessage, toPlain: oneOfToPlain, values: hubMessage },
  { type: "Telemetry", read: readTelemetry, toPlain: (value) => toTelemetry(value as Telemetry), values: telemetry },
  {
    ...{ type: "PoseSample", read: readOnboard.pose, toPlain: asIs },
    values: fc
      .record({ capture, pose, errorM: real(0, 100_000) })
      .map(({ capture, pose, errorM }) => ({ capture, ...pose, errorM })),
  },
  {
    ...{ type: "ScanSample", read: readOnboard.scan, toPlain: asIs },
    values: fc.record({
      ...{ capture, angleMinRad: real(-7, 7), angleStepRad: real(-1, 1), rangeMaxM: real(0, 1000) },
      rangeM: fc.array(fc.oneof(single(0, 1000), fc.constant(Number.POSITIVE_INFINITY)), { maxLength: 5 }),
    }),
  },
  {
    ...{ type: "OdometrySample", read: readOnboard.odometry, toPlain: asIs },
    values: fc.record({ capture, speedMps: real(-100, 100), turnRadps: real(-100, 100), travelledM: real(0, 1e9) }),
  },
  {
    ...{ type: "BatterySample", read: readOnboard.battery, toPlain: asIs },
    values: fc.record({ capture, chargeRatio: real(0, 1), charging: flag }),
  },
  {
    ...{ type: "BaseSample", read: readOnboard.base, toPlain: asIs },
    values: fc.record({ capture, emergencyStop: flag, bumper: flag, manual: flag, commandSequence: count }),
  },
  {
    ...{ type: "Command", read: readCommand, toPlain: asIs },
    values: fc.record({
      ...{ sequence: positive, speedMps: real(-100, 100), turnRadps: real(-100, 100), validForMs: small },
      ...{ sentMonotonicMs: count, rung, token: maybeToken, leaseEndMonotonicMs: count, decisionId: text },
    }),
  },
  { type: "Tick", read: readTick, toPlain: asIs, values: fc.record({ nonce: positive, monotonicMs: count }) },
  {
    ...{ type: "LedgerEvent", read: readLedgerEvent, toPlain: (value: object) => toLedgerEvent(value as LedgerEvent) },
    values: fc.record({ ...tag, body: ledgerBody }),
  },
];

/** The contract of a schema type. */
export function contractOf(type: string): Contract {
  const found = CONTRACTS.find((contract) => contract.type === type);
  if (found === undefined) throw new Error(`no contract for ${type}`);
  return found;
}
