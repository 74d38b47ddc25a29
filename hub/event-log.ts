// What the hub's log says of the ledger's events, with the ids by which decisions, traces and lines of the log speak of
// the same thing. Pure.

import { type Token, tokenKey } from "../proto/claim.js";
import { traceIdOf } from "../proto/codec/otlp.js";
import type { LedgerEvent } from "../proto/ledger.js";

/** The claim of a token, while it is known. */
export type ClaimKnown = (
  token: Token,
) => { readonly assignment: string; readonly task: string; readonly robot: string } | undefined;

export interface LogLine {
  readonly ids: Readonly<Record<string, string | number>>;
  readonly says: string;
}

/** null for an event that is told to people otherwise: by an act's answer, or not at all. */
export function logLine(
  { sequence, body }: LedgerEvent,
  at: { readonly site: string; readonly claimOf: ClaimKnown },
): LogLine | null {
  const about = (token: Token, says: string, more: LogLine["ids"] = {}): LogLine => {
    const claim = at.claimOf(token);
    const trace = claim === undefined ? {} : { trace: traceIdOf(at.site, claim.assignment) };
    const { assignment = "", task = "", robot = "" } = claim ?? {};
    const ids = { event: sequence, token: tokenKey(token), assignment, task, robot, ...trace, ...more };
    return { ids: Object.fromEntries(Object.entries(ids).filter(([, value]) => value !== "")), says };
  };
  switch (body.kind) {
    case "taskAccepted":
      return { ids: { event: sequence, task: body.task }, says: "task accepted" };
    case "taskEnded":
      return { ids: { event: sequence, task: body.task, end: body.end, reason: body.reason }, says: "task ended" };
    case "claimed":
      return about(body.token, "claimed", { destination: body.destination, purpose: body.purpose });
    case "arrived":
      return about(body.token, "arrived");
    case "assignmentEnded":
      return about(body.token, "assignment ended", { end: body.end, reason: body.reason });
    case "claimLapsed":
      return about(body.token, "claim lapsed");
    case "claimFreed":
      return about(body.token, "claim freed", { exit: body.exit });
    case "modeChanged":
      return modeLine(sequence, body);
    case "interplayFound":
      return { ids: { event: sequence, what: body.what, subject: body.subject }, says: "decisions undo each other" };
    case "modelSwapAllowed":
      return { ids: { event: sequence, robot: body.robot, model: body.model, from: body.from }, says: "model swap" };
    case "deadlineTold":
      return { ids: { event: sequence, task: body.task, verdict: body.verdict, byMs: body.byMs }, says: "deadline" };
    case "ceilingEnded":
      return { ids: { event: sequence, robot: body.robot, fleet: body.fleet, rung: body.rung }, says: "ceiling over" };
    case "questionAsked":
      return { ids: { event: sequence, question: body.question, subject: body.subject }, says: "question asked" };
    case "questionAnswered":
    case "questionExpired":
      return { ids: { event: sequence, question: body.question, choice: body.choice }, says: "question settled" };
    case "climbHeld":
      return { ids: { event: sequence, robot: body.robot, rung: body.rung }, says: "held from climbing" };
    case "questionWithdrawn":
    case "taskPaused":
    case "taskResumed":
    case "robotDrained":
    case "robotUndrained":
    case "hubStarted":
    case "robotEnrolled":
    case "robotAbsent":
    case "cancelAsked":
    case "ceilingSet":
    case "ceilingCleared":
    case "actRecorded":
      return null;
  }
}

function modeLine(event: number, body: Extract<LedgerEvent["body"], { kind: "modeChanged" }>): LogLine {
  const { robot, fleet, from, to, cause } = body;
  return { ids: { event, ...(robot === "" ? { fleet } : { robot }), from, to, cause }, says: "mode changed" };
}
