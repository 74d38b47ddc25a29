// What `taken-over` must never let pass, and what is just within the rules.

import { apply } from "../../../hub/core/apply.js";
import type { LedgerBody } from "../../../proto/ledger.js";
import { type Cases, claimed, type How, Stand, token } from "./stand.js";
import { TakenOver } from "./taken-over.js";

const SAID = { operator: "ada", reason: "taken over" };
const FOR_MS = 2000;

function open() {
  const stand = new Stand();
  const takenOver = new TakenOver(stand.truth);
  const hub = stand.hub();
  const decide = (...bodies: readonly LedgerBody[]) => {
    const events = stand.events(...bodies);
    takenOver.decided(hub, events);
    return events;
  };
  return { stand, takenOver, hub, decide, place: stand.pair[0] };
}

/** r1 is drained, and given t1 again: what it carries already it may go on with. */
function drainedGiven(how: How): void {
  const { decide, place } = open();
  const end = { kind: "assignmentEnded", token: token(1), end: "COMPLETED", reason: "", outcome: "o1" } as const;
  if (how === "sound") decide(claimed("r1", place, token(1)), { kind: "arrived", token: token(1), outcome: "o1" }, end);
  decide({ kind: "robotDrained", robot: "r1", ...SAID }, claimed("r1", place, token(2)));
}

function drainedGivenOnceBack(how: How): void {
  const { decide, place } = open();
  decide({ kind: "robotDrained", robot: "r1", ...SAID });
  if (how === "sound") decide({ kind: "robotUndrained", robot: "r1", ...SAID });
  decide(claimed("r1", place, token(1)));
}

function pausedGiven(how: How): void {
  const { decide, place } = open();
  decide({ kind: "taskPaused", task: "t1", ...SAID });
  if (how === "sound") decide({ kind: "taskResumed", task: "t1", ...SAID });
  decide(claimed("r1", place, token(1)));
}

function override(): LedgerBody {
  return { kind: "ceilingSet", robot: "r1", fleet: "", rung: "CONFIRM", ...SAID, forMs: FOR_MS };
}

function overrideEarly(how: How): void {
  const { stand, decide } = open();
  decide(override());
  stand.wait(how === "wrong" ? FOR_MS - 1 : FOR_MS);
  decide({ kind: "ceilingEnded", robot: "r1", fleet: "", rung: "CONFIRM" });
}

function overrideLost(how: How): void {
  const { takenOver, hub, decide } = open();
  const events = decide(override());
  if (how === "sound") for (const event of events) apply(hub.hub.state.ledger, event);
  takenOver.hub(hub);
}

export const TAKEN_OVER: Cases = {
  "drained-given: another task than it carries": drainedGiven,
  "drained-given: before it is back": drainedGivenOnceBack,
  "paused-given": pausedGiven,
  "override-early": overrideEarly,
  "override-lost": overrideLost,
};
