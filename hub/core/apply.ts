// `apply(state, event)`: the one place where the durable state changes. It may not refuse and sees no clock, so replay
// of the ledger gives the same state. An event that contradicts the state is a fault: it throws, and the hub does not
// start.

import { NO_TOKEN, type Token, tokenKey } from "../../proto/claim.js";
import { type LedgerBody, type LedgerEvent, PRIORITY_USUAL } from "../../proto/ledger.js";
import { hubTimeMs } from "./hub-time.js";
import {
  type Ceiling,
  type Claim,
  ceilingKey,
  HUB,
  type LedgerState,
  type Task,
  takenByClearing,
  timedKey,
  unbind,
} from "./ledger-state.js";

type Body<K extends LedgerBody["kind"]> = Extract<LedgerBody, { kind: K }>;

/** Key of the ceiling that the hub imposes on the whole site when it finds that it does not know all that was given. */
const WHOLE_SITE = ceilingKey({ robot: "", fleet: "", operator: HUB });

/** R10: names of ended tasks that are still known, so that asking again does not do it twice. */
export const ENDED_IDS_KEPT = 1_000_000;

export function apply(state: LedgerState, event: LedgerEvent): void {
  if (event.sequence !== state.events + 1) fault(event, `follows ${state.events}`);
  state.events = event.sequence;
  applyBody(state, event);
  state.lastMs = event.hubMs;
}

function applyBody(state: LedgerState, event: LedgerEvent): void {
  const body = event.body;
  switch (body.kind) {
    case "hubStarted":
      return hubStarted(state, event, body);
    case "robotEnrolled":
      state.absent.delete(body.robot);
      return;
    case "robotAbsent":
      state.absent.set(body.robot, body.seen);
      return;
    case "taskAccepted":
      return taskAccepted(state, event, body);
    case "taskEnded":
      return taskEnded(state, event, body);
    case "cancelAsked":
      taskOf(state, event, body.task).cancelAsked = true;
      return;
    case "claimed":
      return claimed(state, event, body);
    case "arrived":
      claimFor(state, event, body.token).phase = "standing";
      return;
    case "assignmentEnded":
      return assignmentEnded(state, event, body);
    case "claimLapsed":
      claimFor(state, event, body.token).lapsed = true;
      return;
    case "claimFreed":
      return claimFreed(state, event, body);
    case "ceilingSet":
      return ceilingSet(state, event, body);
    case "ceilingCleared":
      return ceilingCleared(state, body);
    case "ceilingEnded":
      state.ceilings.delete(timedKey(body, body.rung));
      return;
    case "deadlineTold":
      return deadlineTold(state, event, body);
    case "taskPaused":
    case "taskResumed":
      return paused(state, event, body);
    case "robotDrained":
    case "robotUndrained":
      return drained(state, body);
    case "climbHeld":
      return climbHeld(state, body);
    case "questionAsked":
      return questionAsked(state, event, body);
    case "questionAnswered":
    case "questionExpired":
    case "questionWithdrawn":
      return questionOver(state, event, body);
    case "modeChanged":
    case "actRecorded":
    case "interplayFound":
    case "modelSwapAllowed":
      return; // for people
  }
}

function hubStarted(state: LedgerState, event: LedgerEvent, body: Body<"hubStarted">): void {
  if (body.epoch <= state.epoch) fault(event, `epoch ${body.epoch} does not raise ${state.epoch}`);
  if (state.counter > 0) state.lastGiven = { epoch: state.epoch, counter: state.counter };
  closeEpoch(state);
  state.startedMs = event.hubMs;
  state.epoch = body.epoch;
  state.counter = 0;
  state.longestWaitMs = Math.max(state.longestWaitMs, body.longestWaitMs);
}

function questionOver(
  state: LedgerState,
  event: LedgerEvent,
  { question, version }: { readonly question: string; readonly version: number },
): void {
  if (state.questions.get(question)?.version !== version)
    fault(event, `${question} of version ${version} does not wait`);
  state.questions.delete(question);
}

function ceilingSet(state: LedgerState, event: LedgerEvent, body: Body<"ceilingSet">): void {
  state.ceilings.set(ceilingKey(body), ceilingOf(event, body));
  // R5: it has begun above all that anybody may have been given, and has asked people to look.
  if (ceilingKey(body) === WHOLE_SITE) state.lastGiven = { epoch: state.epoch, counter: 0 };
}

function ceilingCleared(state: LedgerState, body: Body<"ceilingCleared">): void {
  for (const taken of takenByClearing(state, body)) state.ceilings.delete(ceilingKey(taken));
}

function deadlineTold(state: LedgerState, event: LedgerEvent, body: Body<"deadlineTold">): void {
  const task = taskOf(state, event, body.task);
  task.told = body.verdict;
  task.toldTimes += 1;
}

function paused(state: LedgerState, event: LedgerEvent, body: Body<"taskPaused"> | Body<"taskResumed">): void {
  const { operator, reason } = body;
  taskOf(state, event, body.task).paused = body.kind === "taskPaused" ? { operator, reason } : null;
}

function drained(state: LedgerState, body: Body<"robotDrained"> | Body<"robotUndrained">): void {
  const { operator, reason } = body;
  if (body.kind === "robotDrained") state.drained.set(body.robot, { operator, reason });
  else state.drained.delete(body.robot);
}

function climbHeld(state: LedgerState, { robot, rung, cause }: Body<"climbHeld">): void {
  if (rung === "AUTONOMOUS") state.climbsHeld.delete(robot);
  else state.climbsHeld.set(robot, { rung, cause });
}

/** What counts hub time is told how much of it the epoch that ends has certainly had. */
function closeEpoch(state: LedgerState): void {
  for (const id of state.open) {
    const task = state.tasks.get(id);
    if (task === undefined) continue;
    const since = { epoch: task.acceptedEpoch, hubMs: task.acceptedHubMs, spentMs: task.spentMs };
    task.spentMs = hubTimeMs(state, since, state.lastMs);
  }
  for (const [key, { forMs, sinceEpoch = 0, sinceMs = 0, spentMs = 0, ...ceiling }] of state.ceilings) {
    if (forMs === undefined) continue;
    const spent = hubTimeMs(state, { epoch: sinceEpoch, hubMs: sinceMs, spentMs }, state.lastMs);
    state.ceilings.set(key, { ...ceiling, forMs, sinceEpoch, sinceMs, spentMs: spent });
  }
}

function ceilingOf(event: LedgerEvent, body: Body<"ceilingSet">): Ceiling {
  const { robot, fleet, rung, operator, reason, forMs } = body;
  const ceiling = { robot, fleet, rung, operator, reason, event: event.sequence };
  return forMs === undefined
    ? ceiling
    : { ...ceiling, forMs, sinceEpoch: event.epoch, sinceMs: event.hubMs, spentMs: 0 };
}

function taskAccepted(state: LedgerState, event: LedgerEvent, body: Body<"taskAccepted">): void {
  if (state.tasks.has(body.task) || state.endedIds.has(body.task)) fault(event, `task ${body.task} exists`);
  const { kind: _, task: id, priority = PRIORITY_USUAL, deadlineMs = null, ...asked } = body;
  state.tasks.set(id, {
    ...asked,
    id,
    order: event.sequence,
    phase: "WAITING",
    stopIndex: 0,
    robot: "",
    acceptedWallMs: event.wallMs,
    acceptedHubMs: event.hubMs,
    acceptedEpoch: event.epoch,
    token: NO_TOKEN,
    cancelAsked: false,
    attempts: 0,
    ended: "",
    priority,
    deadlineMs,
    spentMs: 0,
    toldTimes: 0,
    told: null,
    paused: null,
  });
  state.open.add(id);
  state.counts.accepted += 1;
}

function taskEnded(state: LedgerState, event: LedgerEvent, body: Body<"taskEnded">): void {
  const task = taskOf(state, event, body.task);
  if (!state.open.delete(body.task)) fault(event, `task ${body.task} has already ended`);
  task.ended = body.reason;
  task.token = NO_TOKEN;
  switch (body.end) {
    case "END_DONE":
      task.phase = "DONE";
      state.counts.done += 1;
      break;
    case "END_FAILED":
      task.phase = "TASK_FAILED";
      state.counts.failed += 1;
      break;
    case "END_CANCELLED":
      task.phase = "CANCELLED";
      state.counts.cancelled += 1;
      break;
  }
  state.ended.push(task.id);
  state.endedIds.add(task.id);
  if (state.endedIds.size > ENDED_IDS_KEPT) state.endedIds.delete(state.endedIds.values().next().value ?? "");
  if (state.ended.length > state.tasksKept) state.tasks.delete(state.ended.shift() ?? "");
}

/** R1: one claim per destination; the former holder may replace its own. R5: tokens only grow. */
function claimed(state: LedgerState, event: LedgerEvent, body: Body<"claimed">): void {
  const { token } = body;
  if (token.epoch !== state.epoch || token.counter <= state.counter)
    fault(event, `token ${tokenKey(token)} is not new`);
  state.counter = token.counter;
  const held = state.byDestination.get(body.destination);
  if (held !== undefined && held.robot !== body.robot) fault(event, `${body.destination} is held by ${held.robot}`);
  if (held !== undefined) fault(event, `${body.destination} still carries token ${tokenKey(held.token)}`);
  const { kind: _, leaseMs: __, why: ___, ...fields } = body;
  const claim: Claim = { ...fields, phase: "assigned", lapsed: false, end: null };
  state.claims.set(tokenKey(token), claim);
  state.byDestination.set(body.destination, claim);
  if (body.task === "") return;
  const task = taskOf(state, event, body.task);
  task.phase = "ACTIVE";
  task.robot = body.robot;
  task.token = token;
}

function assignmentEnded(state: LedgerState, event: LedgerEvent, body: Body<"assignmentEnded">): void {
  const claim = claimFor(state, event, body.token);
  if (claim.end !== null) fault(event, `assignment ${claim.assignment} has already ended`);
  claim.end = body.end;
  if (claim.phase === "assigned") claim.phase = "ended";
  const task = state.tasks.get(claim.task);
  if (task === undefined || tokenKey(task.token) !== tokenKey(claim.token)) return;
  if (body.end === "COMPLETED") {
    task.stopIndex += 1;
    task.attempts = 0;
    unbind(task, claim.robot);
    return;
  }
  if (body.end === "GAVE_UP") task.attempts += 1;
  unbind(task, task.stopIndex === 0 ? "" : claim.robot);
}

/** R4: the only way in which a place becomes free. */
function claimFreed(state: LedgerState, event: LedgerEvent, body: Body<"claimFreed">): void {
  const claim = claimFor(state, event, body.token);
  state.claims.delete(tokenKey(claim.token));
  state.byDestination.delete(claim.destination);
}

/** R12: asked anew it keeps its name and its place among those that wait, and gets another version. */
function questionAsked(state: LedgerState, event: LedgerEvent, body: Body<"questionAsked">): void {
  const { question: id, type, subject, facts, answerMs, safeDefault } = body;
  const about = { id, type, subject, facts, version: event.sequence, answerMs, safeDefault };
  state.questions.set(id, { ...about, askedHubMs: event.hubMs, askedEpoch: event.epoch });
}

function taskOf(state: LedgerState, event: LedgerEvent, id: string): Task {
  return state.tasks.get(id) ?? fault(event, `there is no task ${id}`);
}

function claimFor(state: LedgerState, event: LedgerEvent, token: Token): Claim {
  return state.claims.get(tokenKey(token)) ?? fault(event, `there is no claim ${tokenKey(token)}`);
}

function fault(event: LedgerEvent, why: string): never {
  throw new Error(`cannot apply ledger event ${event.sequence} (${event.body.kind}): ${why}`);
}
