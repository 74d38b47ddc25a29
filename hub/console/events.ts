// Events of the ledger as rows, and which of them are about a robot: claims are known by their tokens.

import { tokenKey } from "../../proto/claim.js";
import { eventWords } from "../../proto/event-text.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { el } from "./dom.js";
import { clockText } from "./words.js";

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
      return "person";
    case "robotEnrolled":
    case "taskAccepted":
    case "claimed":
    case "arrived":
    case "assignmentEnded":
    case "claimFreed":
      return "plain";
  }
}

export function eventRow(event: LedgerEvent, onPick?: () => void): HTMLElement {
  const words = [
    el("time", {}, clockText(event.wallMs)),
    el("small", {}, `#${event.sequence}`),
    el("span", {}, eventWords(event.body)),
  ];
  const inner = onPick === undefined ? words : [el("button", { type: "button", click: onPick }, ...words)];
  return el("li", { class: weightOf(event) }, ...inner);
}
