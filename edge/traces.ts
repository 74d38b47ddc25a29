// From a robot's decisions to spans: what it sensed, gathered, planned, guarded and commanded, under the acting of its
// assignment (hub/traces.ts), or by itself when it had none. A decision is told when the next one says what became of
// it. Pure; the wall clock is an argument.

import { ACTING_SPAN, type Attributes, type Span, spanIdOf, traceIdOf } from "../proto/codec/otlp.js";
import type { DecisionRecord } from "./core/record.js";

interface Begun {
  readonly record: DecisionRecord;
  readonly assignment: string; // empty without one
}

export class EdgeTraces {
  readonly #site: string;
  readonly #robot: string;
  #last: Begun | null = null;

  constructor(site: string, robot: string) {
    this.#site = site;
    this.#robot = robot;
  }

  /** `toWallMs`: what turns the board's clock into the wall clock. `assignment`: of the record's token. */
  take(
    record: DecisionRecord,
    by: { readonly assignment: string; readonly toWallMs: (boardMs: number) => number },
  ): readonly Span[] {
    const begun = this.#last;
    this.#last = { record, assignment: by.assignment };
    if (begun === null || record.former?.id !== begun.record.id) return [];
    return this.#spansOf(begun, record.former, by.toWallMs);
  }

  #spansOf(
    { record, assignment }: Begun,
    end: NonNullable<DecisionRecord["former"]>,
    toWallMs: (boardMs: number) => number,
  ): readonly Span[] {
    const { id, atMs } = record;
    const traceId = traceIdOf(this.#site, assignment === "" ? id : assignment);
    const decisionId = spanIdOf(traceId, id);
    const child = (name: string, fromMs: number, toMs: number, attributes: Attributes): Span => ({
      ...{ traceId, spanId: spanIdOf(traceId, `${id} ${name}`), parentId: decisionId, name },
      ...{ startMs: toWallMs(fromMs), endMs: toWallMs(toMs), attributes, isError: false, events: [] },
    });
    const decision: Span = {
      ...{ traceId, spanId: decisionId, parentId: assignment === "" ? "" : spanIdOf(traceId, ACTING_SPAN) },
      ...{ name: "decision", startMs: toWallMs(atMs), endMs: toWallMs(atMs + end.forMs), events: [] },
      attributes: { ...this.#idsOf(record, assignment), ...endOf(end) },
      isError: end.outcome === "vetoed" || end.outcome === "refused",
    };
    const sensed = record.inputs
      .filter(({ ageMs }) => ageMs >= 0)
      .map(({ channel, sequence, ageMs, hash }) =>
        child(`sample ${channel}`, atMs - ageMs, atMs, { "drover.sequence": sequence, "drover.hash": hash }),
      );
    return [decision, ...sensed, ...planned(record, child), ...acted(record, child)];
  }

  #idsOf({ id, token, destination, rung, choice, activity }: DecisionRecord, assignment: string): Attributes {
    return {
      ...{ "drover.decision": id, "drover.robot": this.#robot, "drover.rung": rung },
      ...{ "drover.choice": choice, "drover.activity": activity },
      ...(token === "" ? {} : { "drover.token": token, "drover.destination": destination }),
      ...(assignment === "" ? {} : { "drover.assignment": assignment }),
    };
  }
}

type Child = (name: string, fromMs: number, toMs: number, attributes: Attributes) => Span;

function endOf({ outcome, why }: NonNullable<DecisionRecord["former"]>): Attributes {
  return { "drover.outcome": outcome, ...(why === "" ? {} : { "drover.reason": why }) };
}

/** From the scan to the question, from the question to the answer, from the answer to its use. */
function planned({ plan, by, atMs }: DecisionRecord, child: Child): readonly Span[] {
  if (plan === null) return [];
  const backMs = atMs - plan.useMs;
  const askedMs = backMs - plan.planMs;
  const model = by === null ? {} : { "drover.model": `${by.model} ${by.version}` };
  return [
    ...(plan.gatherMs < 0 ? [] : [child("gather", askedMs - plan.gatherMs, askedMs, {})]),
    child("plan", askedMs, backMs, { ...{ "drover.plan": plan.id, "drover.inferenceMs": plan.inferenceMs }, ...model }),
    child("use", backMs, atMs, {}),
  ];
}

function acted({ guard, atMs, speedMps, turnRadps }: DecisionRecord, child: Child): readonly Span[] {
  const judged = guard === null ? {} : { "drover.verdict": guard.verdict, "drover.cause": guard.cause };
  return [
    ...(guard === null ? [] : [child("guard", atMs, atMs, judged)]),
    child("command", atMs, atMs, { "drover.speedMps": speedMps, "drover.turnRadps": turnRadps }),
  ];
}
