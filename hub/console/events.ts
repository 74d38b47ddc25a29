// Which events of the ledger are about a robot, and which of them people look for. Claims are known by their tokens.
// Pure.

import { tokenKey } from "../../proto/claim.js";
import type { LedgerEvent } from "../../proto/ledger.js";

/** Those of `events` that name the robot, or a token that was given to it among them. */
export function eventsOf(events: readonly LedgerEvent[], robot: string): LedgerEvent[] {
  const tokens = new Set<string>();
  return events.filter(({ body }) => {
    if ("robot" in body && body.robot !== robot) return false;
    if (body.kind === "claimed") tokens.add(tokenKey(body.token));
    if ("robot" in body) return true;
    return "token" in body && tokens.has(tokenKey(body.token));
  });
}

/** What people look for in a ledger: a fall, a ceiling, a lapse, a failure, a start of the hub. */
export function weightOf({ body }: LedgerEvent): "plain" | "good" | "bad" | "person" {
  switch (body.kind) {
    case "modeChanged":
      return body.to === "AUTONOMOUS" ? "good" : "bad";
    case "claimLapsed":
    case "hubStarted":
      return "bad";
    case "taskEnded":
      return body.end === "END_DONE" ? "good" : "bad";
    case "ceilingSet":
    case "ceilingCleared":
    case "actRecorded":
    case "robotAbsent":
    case "cancelAsked":
    case "taskPaused":
    case "taskResumed":
    case "robotDrained":
    case "robotUndrained":
    case "ceilingEnded":
    case "climbHeld":
    case "questionAsked":
    case "questionAnswered":
    case "questionExpired":
      return "person";
    case "deadlineTold":
      return body.verdict === "EXPECTED_IN_TIME" ? "good" : "bad";
    case "interplayFound":
      return "bad";
    case "questionWithdrawn":
    case "robotEnrolled":
    case "taskAccepted":
    case "claimed":
    case "arrived":
    case "assignmentEnded":
    case "claimFreed":
    case "modelSwapAllowed":
      return "plain";
  }
}
