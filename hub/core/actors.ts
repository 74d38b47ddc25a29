// Who brought an event of the ledger about: every automatic actor of the hub leaves its intent there, and so the watch
// over what they do to each other (interplay.ts) can tell them apart. Exhaustive: no event is without an actor.

import type { LedgerBody } from "../../proto/ledger.js";

export const ACTORS = ["dispatch", "charging", "idle-moves", "modes", "model-swaps", "hub", "robot", "person"] as const;
export type Actor = (typeof ACTORS)[number];

/** Who brought an event about: its kind and purpose tell. */
export function actorOf(body: LedgerBody): Actor {
  switch (body.kind) {
    case "claimed":
      return body.purpose === "TASK" ? "dispatch" : body.purpose === "CHARGE" ? "charging" : "idle-moves";
    case "modeChanged":
      return "modes";
    case "assignmentEnded":
      return body.end === "ABANDONED" || body.end === "WITHDRAWN" ? "hub" : "robot";
    case "arrived":
      return "robot";
    case "modelSwapAllowed":
      return "model-swaps";
    case "claimFreed":
    case "ceilingSet":
    case "ceilingCleared":
      return body.operator === "" || body.operator === "hub" ? "hub" : "person";
    case "robotAbsent":
    case "taskAccepted":
    case "cancelAsked":
    case "actRecorded":
    case "taskPaused":
    case "taskResumed":
    case "robotDrained":
    case "robotUndrained":
    case "questionAnswered":
      return "person";
    case "hubStarted":
    case "robotEnrolled":
    case "taskEnded":
    case "claimLapsed":
    case "interplayFound":
    case "deadlineTold":
    case "ceilingEnded":
    case "climbHeld":
    case "questionAsked":
    case "questionExpired":
    case "questionWithdrawn":
      return "hub";
  }
}
