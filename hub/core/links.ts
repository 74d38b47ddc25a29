// The link with one robot: hello, renewals, answers and outcomes. R2/R3: a renewal is answered with D and counted from
// its receipt. R5: tokens are compared, never trusted. R10: everything that is sent may be sent again; outcomes are
// taken once.

import { sameToken, type Token, tokenKey } from "../../proto/claim.js";
import { hubLeaseEnd } from "../../proto/lease.js";
import { PERMITS } from "../../proto/mode.js";
import type { EdgeMessage, Hello } from "../../proto/wire.js";
import { claim } from "./claims.js";
import { haltFollowed, haltUnconfirmed } from "./halts.js";
import { beginAbove, end, endStream, identify, NONCES_PER_EPOCH, whyUnknown } from "./identity.js";
import { actingClaim, type Claim, claimOf, claimsOfRobot } from "./ledger-state.js";
import { effectiveOf, sendOrder, stepModes } from "./modes.js";
import { waitMsFor } from "./site.js";
import { askSwap } from "./swaps.js";
import { closeTask } from "./tasks.js";
import type { HubState, Turn } from "./turn.js";
import { nonceSent, type RobotWatch } from "./watch.js";

export const PROTOCOL = 1;
/** Above this a nonce would leave the whole numbers; one incarnation a minute gets there in two years. */
const EPOCH_MOST = 2 ** 20;
const RESEND_MS = 1000;
const RETRY_DESTINATION_MS = 30_000;
/** The place stays with who made way until it is seen to be elsewhere; by then the other one must have it. */
const MADE_WAY_MS = 5000;

/** A robot says hello on a new stream: the older stream ends, its lease does not (R3). */
export function hello(turn: Turn, stream: number, message: Hello): void {
  const watch = turn.state.watches.get(message.robot);
  if (watch === undefined)
    return end(turn, stream, { code: "UNKNOWN_ROBOT", message: `the site has no robot "${message.robot}"` });
  if (message.protocol !== PROTOCOL) {
    return end(turn, stream, {
      code: "WRONG_PROTOCOL",
      message: `expected protocol ${PROTOCOL}, found ${message.protocol}`,
    });
  }
  const highest = Math.max(message.highestToken.epoch, message.followsEpoch);
  if (highest > Math.max(EPOCH_MOST, turn.ledger.epoch)) {
    const found = `expected an epoch of at most ${EPOCH_MOST}, found ${highest}`;
    return end(turn, stream, { code: "MALFORMED", message: found });
  }
  if (watch.stream !== null) endStream(turn, watch, `${watch.id} opened a newer stream`);
  const unknown = whyUnknown(turn, message);
  if (unknown !== null) beginAbove(turn, highest, unknown);
  identify(turn, watch, message);
  turn.state.streams.set(stream, watch.id);
  watch.stream = stream;
  watch.lastNonce = 0;
  watch.reportSequence = 0;
  watch.swapAsk = 0;
  watch.halt = haltUnconfirmed(watch.halt);
  watch.edgeRung = "CONFIRM";
  watch.edgeCauses = [];
  watch.causesSinceMs = new Map();
  watch.grants.clear();
  watch.notAt.clear();
  if (turn.ledger.absent.has(watch.id)) turn.emit({ kind: "robotEnrolled", robot: watch.id });
  const held = claimsOfRobot(turn.ledger, watch.id).filter((own) => own.phase === "assigned");
  const dropped = message.holdings.filter((holding) => !held.some((own) => sameToken(own.token, holding.token)));
  turn.send(watch, {
    kind: "welcome",
    session: `s${turn.ledger.epoch}-${stream}`,
    epoch: turn.ledger.epoch,
    incarnation: turn.state.incarnation,
    hubNonce: nextNonce(turn, watch),
    void: dropped.map((holding) => holding.token),
    answersSwaps: true,
  });
  for (const own of held) if (!own.lapsed && !watch.configDiffers) sendGrant(turn, watch, own);
  stepModes(turn);
  sendOrder(turn, watch);
}

function nextNonce(turn: Turn, watch: RobotWatch): number {
  turn.state.hubNonce = (turn.state.hubNonce + 1) % NONCES_PER_EPOCH;
  const nonce = turn.ledger.epoch * NONCES_PER_EPOCH + turn.state.hubNonce;
  nonceSent(watch, nonce, turn.nowMs);
  return nonce;
}

export function edgeMessage(turn: Turn, watch: RobotWatch, message: EdgeMessage): void {
  switch (message.kind) {
    case "hello":
      return end(turn, watch.stream ?? 0, { code: "MALFORMED", message: "a second hello on one stream" });
    case "renew":
      return renew(turn, watch, message);
    case "grantAnswer":
      return grantAnswer(turn, watch, message);
    case "outcome":
      return outcome(turn, watch, message);
    case "modeReport":
      if (message.sequence <= watch.reportSequence) return;
      watch.reportSequence = message.sequence;
      watch.edgeRung = message.rung;
      watch.edgeCauses = message.causes;
      watch.causesSinceMs = new Map(
        message.causes.map(({ name }) => [name, watch.causesSinceMs.get(name) ?? turn.nowMs]),
      );
      return;
    case "askSwap":
      return askSwap(turn, watch, message);
    case "toldWhy":
      return; // for whoever asked; the shell takes it
  }
}

/**
 * R3: `turn.nowMs` is the receipt. R8: no renewal in CONFIRM and HALT. A robot that would act on a claim that is no
 * longer its own gets no lease until it has let go of it: so nothing that was abandoned after a certain lapse is ever
 * acted on again. A repeated or older nonce changes nothing.
 */
function renew(turn: Turn, watch: RobotWatch, message: Extract<EdgeMessage, { kind: "renew" }>): void {
  if (message.nonce <= watch.lastNonce) return;
  watch.lastNonce = message.nonce;
  watch.halt = haltFollowed(watch.halt, { order: message.modeSequence, nowMs: turn.nowMs });
  const foreign = message.acting.filter((token) => !isOwn(turn, watch, token));
  for (const token of foreign) {
    turn.send(watch, {
      kind: "withdraw",
      token,
      assignment: "unknown",
      reason: "the hub does not hold it for this robot",
    });
  }
  const quiet = turn.nowMs < watch.quietUntilMs;
  const grants = foreign.length === 0 && !quiet && PERMITS[effectiveOf(turn.state, watch)].renewals;
  const leaseMs = grants ? turn.site.config.lease.leaseMs : 0;
  if (grants) {
    const waitMs = waitMsFor(turn.site, leaseMs);
    watch.leaseEndMs = hubLeaseEnd(watch.leaseEndMs, { receivedMs: turn.nowMs, waitMs });
  }
  const answer = { kind: "renewed", nonce: message.nonce, leaseMs, hubNonce: nextNonce(turn, watch) } as const;
  if (watch.stream !== null) turn.effect({ kind: "renewed", stream: watch.stream, message: answer });
  if (message.modeSequence < watch.order.sequence) sendOrder(turn, watch);
}

function isOwn(turn: Turn, watch: RobotWatch, token: Token): boolean {
  const own = claimOf(turn.ledger, token);
  return own !== undefined && own.robot === watch.id && own.phase === "assigned";
}

function grantAnswer(turn: Turn, watch: RobotWatch, message: Extract<EdgeMessage, { kind: "grantAnswer" }>): void {
  const own = claimOf(turn.ledger, message.token);
  if (own === undefined || own.robot !== watch.id) return;
  watch.grants.delete(tokenKey(message.token));
  if (message.accepted || own.phase !== "assigned") return;
  turn.emit({ kind: "assignmentEnded", token: own.token, end: "REFUSED", reason: message.refusal, outcome: "" });
  watch.excluded.set(own.destination, turn.nowMs + RETRY_DESTINATION_MS);
  closeTask(turn, own.task);
}

/**
 * R10: taken once; acknowledged as often as it comes. What is about another robot's claim, or about an older token of
 * an assignment that went on under a higher one, changes nothing: the robot may act on the higher one by now.
 */
function outcome(turn: Turn, watch: RobotWatch, message: Extract<EdgeMessage, { kind: "outcome" }>): void {
  const own = claimOf(turn.ledger, message.token);
  if (own !== undefined && own.robot === watch.id && own.end === null) endAssignment(turn, own, message);
  turn.send(watch, { kind: "outcomeStored", id: message.id });
}

function endAssignment(turn: Turn, own: Claim, message: Extract<EdgeMessage, { kind: "outcome" }>): void {
  const { token } = own;
  const { id: outcome, reason } = message;
  const watch = turn.state.watches.get(own.robot);
  if (watch !== undefined) {
    watch.idleSinceMs = turn.nowMs;
    watch.withdrawn.delete(tokenKey(token));
  }
  switch (message.result) {
    case "ARRIVED":
      turn.emit({ kind: "arrived", token, outcome });
      turn.emit({ kind: "assignmentEnded", token, end: "COMPLETED", reason, outcome });
      break;
    case "FAILED":
      watch?.excluded.set(own.destination, turn.nowMs + RETRY_DESTINATION_MS);
      turn.emit({ kind: "assignmentEnded", token, end: "GAVE_UP", reason, outcome });
      break;
    case "RELEASED":
      if (watch?.recalled?.key === tokenKey(token)) watch.excluded.set(own.destination, turn.nowMs + MADE_WAY_MS);
      turn.emit({ kind: "assignmentEnded", token, end: "WITHDRAWN", reason, outcome });
      break;
  }
  closeTask(turn, own.task);
}

function sendGrant(turn: Turn, watch: RobotWatch, own: Claim): void {
  const { token, assignment, task, destination, purpose } = own;
  watch.grants.set(tokenKey(token), turn.nowMs);
  turn.send(watch, {
    kind: "grant",
    token,
    assignment,
    task,
    destination,
    purpose,
    dwellMs: dwellOf(turn.state, task),
  });
}

export function dwellOf(state: HubState, task: string): number {
  return state.ledger.tasks.get(task)?.dwellMs ?? 0;
}

/** R10: what was sent and not answered is sent again; what an operator took back is asked back. */
export function stepLinks(turn: Turn): void {
  for (const watch of turn.state.watches.values()) {
    const acting = actingClaim(turn.ledger, watch.id);
    if (acting === undefined) continue;
    const key = tokenKey(acting.token);
    const task = turn.ledger.tasks.get(acting.task);
    const sentMs = watch.grants.get(key);
    if (task?.cancelAsked === true) withdraw(turn, watch, acting);
    else if (task !== undefined && task.paused !== null) withdraw(turn, watch, acting, "paused");
    else if (watch.recalled?.key === key) withdraw(turn, watch, acting, watch.recalled.reason);
    else if (acting.lapsed) regrant(turn, acting);
    else if (sentMs !== undefined && turn.nowMs - sentMs >= RESEND_MS) sendGrant(turn, watch, acting);
  }
}

function withdraw(turn: Turn, watch: RobotWatch, acting: Claim, reason = "cancelled"): void {
  const sentMs = watch.withdrawn.get(tokenKey(acting.token));
  if (sentMs !== undefined && turn.nowMs - sentMs < RESEND_MS) return;
  watch.withdrawn.set(tokenKey(acting.token), turn.nowMs);
  turn.send(watch, { kind: "withdraw", token: acting.token, assignment: acting.assignment, reason });
}

/** R4: a lapsed claim goes on, under a higher token, when its former holder is back and may have it. */
function regrant(turn: Turn, acting: Claim): void {
  const { robot, destination, purpose, task, stopIndex, assignment } = acting;
  claim(turn, { robot, destination, purpose, task, stopIndex, assignment, dwellMs: dwellOf(turn.state, task) });
}

export function closed(turn: Turn, stream: number): void {
  const watch = turn.state.watches.get(turn.state.streams.get(stream) ?? "");
  turn.state.streams.delete(stream);
  if (watch?.stream === stream) watch.stream = null;
}
