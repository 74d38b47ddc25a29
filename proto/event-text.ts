// Events of the ledger in one line each, for people: the same words on the command line and in the console. The switch
// is exhaustive, so that a new kind of event cannot be shown as nothing.

import { type Token, tokenKey } from "./claim.js";
import type { LedgerBody } from "./ledger.js";
import { ageText } from "./span-text.js";

/** What happened, without its time and as it was said: whoever shows it escapes it. */
export function eventWords(body: LedgerBody): string {
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
      return `${scope(body)} at most ${body.rung}${forText(body.forMs)} ${byWhom(body)}`;
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
      return `${body.act} ${body.subject}${seenText(body)} ${byWhom(body)}`;
    case "interplayFound":
      return interplayText(body);
    case "deadlineTold":
      return `task ${body.task} ${DEADLINE_TEXT[body.verdict]} by ${ageText(body.byMs)}${because(body.detail)}`;
    case "taskPaused":
      return `task ${body.task} is paused ${byWhom(body)}`;
    case "taskResumed":
      return `task ${body.task} goes on ${byWhom(body)}`;
    case "robotDrained":
      return `${body.robot} is drained ${byWhom(body)}`;
    case "robotUndrained":
      return `${body.robot} is back in service ${byWhom(body)}`;
    case "ceilingEnded":
      return `${scope(body)} at most ${body.rung} is over: its time has passed`;
    case "climbHeld":
      return climbText(body);
    case "modelSwapAllowed":
      return swapText(body);
  }
}

function climbText({ robot, rung, cause }: Body<"climbHeld">): string {
  if (rung === "AUTONOMOUS") return `${robot} may climb again`;
  return `${robot} is held in ${rung} until a person lets it climb: ${cause}`;
}

function swapText({ robot, model, version, sha256, from }: Body<"modelSwapAllowed">): string {
  return `${robot} may swap to model ${model} ${version} (${sha256}) from ${from || "none"}`;
}

function seenText({ act, seen }: Body<"actRecorded">): string {
  if (seen === "") return "";
  return act === "movement" ? ` ${seen}` : `, seen: ${seen}`;
}

function interplayText({ what, subject, between, times, events, holdOffMs }: Body<"interplayFound">): string {
  const again = times > 1 ? `, ${times} times in a row` : "";
  const chain = `${subject}, ${between.join(", ")}${again}, by events ${events.join(", ")}`;
  return `${INTERPLAY_TEXT[what]}: ${chain}; left alone for ${holdOffMs} ms`;
}

const INTERPLAY_TEXT = {
  TASK_TO_AND_FRO: "task goes to and fro",
  ROBOT_TO_AND_FRO: "robot goes to and fro",
  ACTORS_FIGHT: "two rules undo each other",
  RUNG_FLAPS: "rung flaps",
  MODEL_TO_AND_FRO: "model goes to and fro",
} as const;

const DEADLINE_TEXT = {
  EXPECTED_LATE: "is expected to be late",
  EXPECTED_IN_TIME: "is expected in time again,",
  MISSED: "has missed its deadline",
} as const;

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

function stopsText({ stops, fleet, priority, deadlineMs }: Body<"taskAccepted">): string {
  const text = stops.map((stop) => stop.destinations.join("|")).join(" ");
  const urgent = priority === undefined ? "" : `, priority ${priority}`;
  const due = deadlineMs === undefined ? "" : `, within ${ageText(deadlineMs)}`;
  return `${text}${fleet === "" ? "" : ` for fleet ${fleet}`}${urgent}${due}`;
}

function forText(forMs: number | undefined): string {
  return forMs === undefined ? "" : ` for ${ageText(forMs)}`;
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
