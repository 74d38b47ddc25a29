// R12: an answer of a person to a question: taken once, for the version that the person was shown, and performed by the
// same acts as without a question, so that it is no way past them (R4). A refused act leaves the question open.

import { type Refusal, refuse } from "../../proto/errors.js";
import { clearLatches } from "../../proto/mode.js";
import type { Act, OperatorAnswer, OperatorAsk, Scope } from "../../proto/operator.js";
import { choiceOf, choicesOf, typeOf } from "../../proto/questions.js";
import { whyNotStated } from "./boundary.js";
import { doubtsOf, taskInDoubt } from "./doubts.js";
import { answered } from "./interplay.js";
import type { Question } from "./ledger-state.js";
import { stepModes } from "./modes.js";
import { approve, letHold } from "./movements.js";
import { keyOf, settle } from "./questions.js";
import type { Turn } from "./turn.js";

type Answer = Extract<OperatorAsk, { kind: "answer" }>;
type Perform = (turn: Turn, ask: OperatorAsk) => OperatorAnswer | Refusal;

export function answer(turn: Turn, ask: Answer, perform: Perform): OperatorAnswer | Refusal {
  const what = `cannot answer ${ask.question}`;
  const question = turn.ledger.questions.get(ask.question);
  if (question === undefined) return whyUnknown(turn, ask, what);
  const changed = whyChanged(turn, question, ask.version);
  if (changed !== null) return refuse("QUESTION_CHANGED", `${what}, version ${ask.version}: ${changed}`);
  const choice = choiceOf(question.id, ask.choice);
  if (choice === null) {
    const type = typeOf(question.id);
    const choices = type === null ? "none" : choicesOf(type).join(", ");
    return refuse("MALFORMED", `${what}: expected one of ${choices}, found "${ask.choice}"`);
  }
  if (choice.isSeen && ask.seen.trim() === "")
    return refuse("NO_ACT", `${what} by ${ask.choice}: expected what was seen, found nothing`);
  const refusal = act(turn, { question, ask, perform });
  if (refusal !== null) return refusal;
  if (question.type === "interplay" && ask.choice === "go") answered(turn.state.interplay, question.subject);
  const { operator, reason } = ask.act;
  const { id, version } = question;
  turn.emit({ kind: "questionAnswered", question: id, version, choice: ask.choice, operator, reason });
  // A movement that was approved and not made is asked about again; one that was not, when its robot has held a while.
  const againMs = question.type === "move" ? turn.nowMs : Number.POSITIVE_INFINITY;
  settle(turn.state, question, { how: `answered by ${operator}: ${ask.choice}`, againMs });
  return { done: `${question.subject}: ${choice.says}` };
}

function whyUnknown(turn: Turn, ask: Answer, what: string): Refusal {
  const how = turn.state.asking.recent.get(ask.question);
  if (how !== undefined) return refuse("QUESTION_SETTLED", `${what}: it was ${how}`);
  const found = typeOf(ask.question) === null ? "no question has such a name" : "it does not wait, or not any more";
  return refuse(typeOf(ask.question) === null ? "UNKNOWN_ID" : "QUESTION_SETTLED", `${what}: ${found}`);
}

/** What has changed since the version that a person was shown; null when it is still so. */
function whyChanged(turn: Turn, question: Question, version: number): string | null {
  if (version !== question.version) return `it waits as version ${question.version}: ${question.facts}`;
  const doubt = doubtsOf(turn.state, turn.nowMs).find((one) => keyOf(one) === keyOf(question));
  if (doubt === undefined) return `what it asked is over; it was: ${question.facts}`;
  return doubt.facts === question.facts ? null : `it was about "${question.facts}", and is now "${doubt.facts}"`;
}

/** Performs what a choice means; null when it is done, or nothing was to be done. */
function act(turn: Turn, parts: { question: Question; ask: Answer; perform: Perform }): Refusal | null {
  const { question, ask, perform } = parts;
  const { subject } = question;
  const { act, seen } = ask;
  const choice = choiceOf(question.id, ask.choice)?.act ?? null;
  const done = (what: OperatorAsk): Refusal | null => {
    const found = perform(turn, what);
    return "code" in found ? found : null;
  };
  switch (choice) {
    case null:
      if (question.type === "move") letHold(turn, scopeOf(subject).robot);
      return null;
    case "freePlace":
      return done({ kind: "freePlace", act, place: subject, seen });
    case "stateAbsent":
      return done({ kind: "stateAbsent", act, robot: subject, seen });
    case "clearMode":
      return done({ kind: "clearMode", act, scope: scopeOf(subject) });
    case "raise":
      return raise(turn, { subject, act });
    case "move":
      return approve(turn, { robot: scopeOf(subject).robot, act });
    case "setMode":
      return done({ kind: "setMode", act, scope: scopeOf(subject), rung: "CONFIRM" });
    case "cancelTask":
      return done({ kind: "cancelTask", act, task: subject });
    case "endTask":
      return endTask(turn, { task: subject, act, seen });
    case "submitTask":
    case "halt":
    case "pauseTask":
    case "resumeTask":
    case "drainRobot":
    case "undrainRobot":
    case "answer":
      throw new Error(`no question is answered by ${choice}`);
  }
}

/** The reverse of `scopeKey`. */
function scopeOf(subject: string): Scope {
  const [kind = "", name = ""] = subject.split("/");
  return { robot: kind === "robot" ? name : "", fleet: kind === "fleet" ? name : "" };
}

/** R7: only what the site's boundary holds back is let go of; ceilings and latches are other questions. */
function raise(turn: Turn, by: { readonly subject: string; readonly act: Act }): Refusal | null {
  const { robot } = scopeOf(by.subject);
  const watch = turn.state.watches.get(robot);
  if (watch === undefined) return refuse("UNKNOWN_ROBOT", `cannot raise "${robot}": the site has no such robot`);
  turn.emit({ kind: "actRecorded", act: "raise", subject: robot, ...by.act, seen: "" });
  watch.ladder = clearLatches(watch.ladder, ["raise-held"]);
  stepModes(turn);
  return null;
}

/**
 * R10: a task whose robot is silent after a certain lapse ends as done, because a person has seen that it was. What its
 * robot says of it later changes nothing; the place stays taken (R4).
 */
function endTask(turn: Turn, by: { readonly task: string; readonly act: Act; readonly seen: string }): Refusal | null {
  const what = `cannot end ${by.task} as done`;
  const task = turn.ledger.tasks.get(by.task);
  const claim = [...turn.ledger.claims.values()].find((one) => taskInDoubt(turn.state, one) === task);
  if (task === undefined || claim === undefined) return refuse("NOTHING_TO_DO", `${what}: its outcome is not in doubt`);
  const watch = turn.state.watches.get(claim.robot);
  const beyond = whyNotStated(turn, { decision: "endTask", watch, what });
  if (beyond !== null) return beyond;
  const { token } = claim;
  turn.emit({ kind: "actRecorded", act: "task done", subject: task.id, ...by.act, seen: by.seen });
  turn.emit({ kind: "assignmentEnded", token, end: "ABANDONED", reason: "an operator saw it done", outcome: "" });
  turn.emit({ kind: "taskEnded", task: task.id, end: "END_DONE", reason: `seen done by ${by.act.operator}` });
  return null;
}
