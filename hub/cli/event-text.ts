// Events of the ledger in one line each, for people. Pure; the demo runner prints the same lines. The switch is
// exhaustive, so that a new kind of event cannot be shown as nothing.

import { type Token, tokenKey } from "../../proto/claim.js";
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
      return `hub started: epoch ${body.epoch}, ${body.software}, config ${body.configHash.slice(0, 12)}`;
    case "robotEnrolled":
      return `robot ${body.robot} enrolled`;
    case "robotAbsent":
      return `robot ${body.robot} stated absent, seen: ${body.seen} ${byWhom(body)}`;
    case "taskAccepted":
      return `task ${body.task} accepted: ${stopsText(body)} ${byWhom(body)}`;
    case "taskEnded":
      return `task ${body.task} ${TASK_END_TEXT[body.end]}${because(body.reason)}`;
    case "cancelAsked":
      return `task ${body.task} is to be cancelled ${byWhom(body)}`;
    case "claimed":
      return `${body.robot} claims ${body.destination} ${whatFor(body)} ${under(body)}`;
    case "arrived":
      return `arrived ${under(body)}`;
    case "assignmentEnded":
      return `assignment ${ASSIGNMENT_END_TEXT[body.end]} ${under(body)}${because(body.reason)}`;
    case "claimLapsed":
      return `lease lapsed, place unknown ${under(body)}`;
    case "claimFreed":
      return `claim freed: ${FREE_EXIT_TEXT[body.exit]} ${under(body)}${seenByWhom(body)}`;
    case "ceilingSet":
      return `${scope(body)} at most ${body.rung} ${byWhom(body)}`;
    case "ceilingCleared":
      return `${scope(body)} override cleared ${byWhom(body)}`;
    case "modeChanged":
      return `${scope(body)} ${body.from} -> ${body.to}${because(body.cause)}`;
    case "questionAsked":
      return `question ${body.question} about ${body.subject}: ${body.facts}`;
    case "questionAnswered":
      return `question ${body.question} answered by ${body.choice} ${byWhom(body)}`;
    case "questionExpired":
      return `question ${body.question} expired: ${body.choice}`;
    case "questionWithdrawn":
      return `question ${body.question} withdrawn`;
    case "actRecorded":
      return `${body.act} ${body.subject}, seen: ${body.seen} ${byWhom(body)}`;
  }
}

const TASK_END_TEXT = { END_DONE: "done", END_FAILED: "failed", END_CANCELLED: "cancelled" } as const;

const ASSIGNMENT_END_TEXT = {
  COMPLETED: "completed",
  GAVE_UP: "given up by its robot",
  WITHDRAWN: "withdrawn",
  ABANDONED: "abandoned",
  REFUSED: "refused by its robot",
} as const;

const FREE_EXIT_TEXT = {
  LEFT: "the robot was seen to leave",
  SEEN_ELSEWHERE: "the robot was seen elsewhere",
  STATED_FREE: "stated free",
  REPLACED: "the same robot holds it under a higher token",
} as const;

type Body<K extends LedgerBody["kind"]> = Extract<LedgerBody, { kind: K }>;

function stopsText({ stops, fleet }: Body<"taskAccepted">): string {
  const text = stops.map((stop) => stop.destinations.join("|")).join(" ");
  return fleet === "" ? text : `${text} for fleet ${fleet}`;
}

function whatFor({ task, purpose, stopIndex }: Body<"claimed">): string {
  return task === "" ? `to ${purpose.toLowerCase()}` : `for task ${task} stop ${stopIndex + 1}`;
}

function under({ token }: { readonly token: Token }): string {
  return `(token ${tokenKey(token)})`;
}

function seenByWhom(body: Body<"claimFreed">): string {
  return body.operator === "" ? "" : `, seen: ${body.seen} ${byWhom(body)}`;
}

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
