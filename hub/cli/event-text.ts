// Events of the ledger in one line each, for people. Pure; the demo runner prints the same lines. The switch is
// exhaustive, so that a new kind of event cannot be shown as nothing.

import { tokenKey } from "../../proto/claim.js";
import type { LedgerBody, LedgerEvent } from "../../proto/ledger.js";
import { shown } from "./escape.js";
import { wallText } from "./units.js";

/** `  42  2026-03-01 12:00:03Z  r3 claims P4 for task t7 (token 2.17)`, escaped. */
export function eventLine(event: LedgerEvent): string {
  return `${String(event.sequence).padStart(6)}  ${wallText(event.wallMs)}  ${eventText(event.body)}`;
}

/** What happened, escaped, without its time. */
export function eventText(body: LedgerBody): string {
  return shown(plain(body));
}

function plain(body: LedgerBody): string {
  switch (body.kind) {
    case "hubStarted":
      return `hub started: epoch ${body.epoch}, longest lease ${body.longestLeaseMs} ms, ${body.software}, config ${body.configHash.slice(0, 12)}`;
    case "robotEnrolled":
      return `robot ${body.robot} enrolled`;
    case "robotAbsent":
      return `robot ${body.robot} stated absent, seen: ${body.seen} ${byWhom(body)}`;
    case "taskAccepted":
      return `task ${body.task} accepted: ${body.stops.map((stop) => stop.destinations.join("|")).join(" ")}${body.fleet === "" ? "" : ` for fleet ${body.fleet}`} ${byWhom(body)}`;
    case "taskEnded":
      return `task ${body.task} ${TASK_END_TEXT[body.end]}${because(body.reason)}`;
    case "cancelAsked":
      return `task ${body.task} is to be cancelled ${byWhom(body)}`;
    case "claimed":
      return `${body.robot} claims ${body.destination} ${body.task === "" ? `to ${body.purpose.toLowerCase()}` : `for task ${body.task} stop ${body.stopIndex + 1}`} (token ${tokenKey(body.token)})`;
    case "arrived":
      return `arrived (token ${tokenKey(body.token)})`;
    case "assignmentEnded":
      return `assignment ${body.end.toLowerCase().replaceAll("_", " ")} (token ${tokenKey(body.token)})${because(body.reason)}`;
    case "claimLapsed":
      return `lease lapsed, place unknown (token ${tokenKey(body.token)})`;
    case "claimFreed":
      return `claim freed: ${FREE_EXIT_TEXT[body.exit]} (token ${tokenKey(body.token)})${body.operator === "" ? "" : ` seen: ${body.seen} ${byWhom(body)}`}`;
    case "ceilingSet":
      return `${scope(body)} at most ${body.rung} ${byWhom(body)}`;
    case "ceilingCleared":
      return `${scope(body)} override cleared ${byWhom(body)}`;
    case "modeChanged":
      return `${scope(body)} ${body.from} -> ${body.to}${because(body.cause)}`;
    case "actRecorded":
      return `${body.act} ${body.subject}, seen: ${body.seen} ${byWhom(body)}`;
  }
}

const TASK_END_TEXT = { END_DONE: "done", END_FAILED: "failed", END_CANCELLED: "cancelled" } as const;

const FREE_EXIT_TEXT = {
  LEFT: "the robot was seen to leave",
  SEEN_ELSEWHERE: "the robot was seen elsewhere",
  STATED_FREE: "stated free",
  REPLACED: "the same robot holds it under a higher token",
} as const;

function scope({ robot, fleet }: { readonly robot: string; readonly fleet: string }): string {
  if (robot !== "") return robot;
  return fleet === "" ? "site" : `fleet ${fleet}`;
}

function byWhom({ operator, reason }: { readonly operator: string; readonly reason: string }): string {
  return `by ${operator}${because(reason)}`;
}

function because(reason: string): string {
  return reason === "" ? "" : `: ${reason}`;
}
