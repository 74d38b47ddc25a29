// The compact form in which decision records are stored: their values in a fixed order, without the names of the
// fields. A row begins with the number of its form; one that this code does not know is no record.

import type { AdviceNote, DecisionRecord, FormerDecision, PlanUsed } from "../core/record.js";

const FORM = 1;

const ADVICE = ["model", "role", "ageMs", "confidence", "speedMps", "turnRadps", "verdict", "why"] as const;

type Input = DecisionRecord["inputs"][number];

export function rowOf(record: DecisionRecord): readonly unknown[] {
  const { id, atMs, isChange, choice, rung, token, destination, inputs, plan, by, guard, former } = record;
  return [
    ...[FORM, id, atMs, isChange, choice, rung, token, destination],
    inputs.flatMap(({ channel, sequence, ageMs, hash }) => [channel, sequence, ageMs, hash]),
    plan === null ? null : [plan.id, plan.kind, plan.hash, plan.gatherMs, plan.planMs, plan.inferenceMs, plan.useMs],
    by === null ? null : [by.model, by.version, by.sha, by.confidence],
    record.advices.flatMap((note) => ADVICE.map((field) => note[field])),
    guard === null ? null : [guard.verdict, guard.cause],
    ...[record.activity, record.speedMps, record.turnRadps, record.why],
    former === null ? null : [former.id, former.outcome, former.why, former.forMs],
  ];
}

/** Null for a row of another form. Bytes that were damaged never come here: they have a checksum. */
export function recordOf(row: unknown): DecisionRecord | null {
  if (!Array.isArray(row) || row[0] !== FORM) return null;
  const found: unknown = row;
  const [, id, atMs, isChange, choice, rung, token, destination, inputs, plan, by, ...rest] = found as Row;
  const [advices, guard, activity, speedMps, turnRadps, why, former] = rest;
  return {
    ...{ id, atMs, isChange, choice, rung, token, destination, inputs: groupsOf(inputs, 4).map(inputOf) },
    plan: plan === null ? null : planOf(plan),
    by: by === null ? null : { model: by[0], version: by[1], sha: by[2], confidence: by[3] },
    advices: groupsOf(advices, ADVICE.length).map(adviceOf),
    guard: guard === null ? null : { verdict: guard[0], cause: guard[1] },
    ...{ activity, speedMps, turnRadps, why },
    former: former === null ? null : { id: former[0], outcome: former[1], why: former[2], forMs: former[3] },
  };
}

type By = NonNullable<DecisionRecord["by"]>;
type Guard = NonNullable<DecisionRecord["guard"]>;
type PlanRow = readonly [number, string, number, number, number, number, number];
type Row = readonly [
  ...[form: number, id: string, atMs: number, isChange: boolean, choice: string, rung: DecisionRecord["rung"]],
  ...[token: string, destination: string, inputs: readonly (string | number)[], plan: PlanRow | null],
  ...[by: readonly [string, string, string, By["confidence"]] | null],
  ...[advices: readonly unknown[], guard: readonly [Guard["verdict"], Guard["cause"]] | null],
  ...[activity: string, speedMps: number, turnRadps: number, why: string],
  ...[former: readonly [string, FormerDecision["outcome"], string, number] | null],
];

/** A flat list in groups of so many. */
function groupsOf(flat: readonly unknown[], size: number): readonly (readonly unknown[])[] {
  return Array.from({ length: Math.floor(flat.length / size) }, (_, at) => flat.slice(at * size, (at + 1) * size));
}

function inputOf(fields: readonly unknown[]): Input {
  const [channel, sequence, ageMs, hash] = fields as [string, number, number, number];
  return { channel, sequence, ageMs, hash };
}

function adviceOf(fields: readonly unknown[]): AdviceNote {
  return Object.fromEntries(ADVICE.map((field, at) => [field, fields[at]])) as unknown as AdviceNote;
}

function planOf([id, kind, hash, gatherMs, planMs, inferenceMs, useMs]: PlanRow): PlanUsed {
  return { id, kind, hash, gatherMs, planMs, inferenceMs, useMs };
}
