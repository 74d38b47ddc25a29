// The robot's side of the right to act, over the link. R2: the lease counts from the sending of a renewal. R5: it
// follows one hub, the highest it ever did. R10: outcomes are sent until the hub has them.

import { tokenKey } from "../../proto/claim.js";
import { mayAct, mayActOn, renewalAnswered, renewalSent } from "../../proto/lease.js";
import { clearLatches } from "../../proto/mode.js";
import type { HubMessage } from "../../proto/wire.js";
import { swapAnswered } from "./controller/swap.js";
import { drop, forget, grant, isStored, outcomeMessage, save, withdraw } from "./holding.js";
import type { Holding } from "./memory.js";
import type { EdgeEffect, EdgeState } from "./types.js";

const PROTOCOL = 1;
const RESEND_MS = 1000;

/** The holding that the robot acts on: the newest that has not arrived and whose grant is durable. */
export function actingOn(state: EdgeState): Holding | undefined {
  const { holdings } = state.memory;
  for (let index = holdings.length - 1; index >= 0; index -= 1) {
    const held = holdings[index] as Holding;
    if (!held.arrived && state.active.has(tokenKey(held.token))) return held;
  }
  return undefined;
}

/** R2. Asked in the same synchronous block as every write to the base. */
export function leaseEndMs(state: EdgeState): number {
  return state.link.lease.endMs;
}

export function opened(state: EdgeState, effects: EdgeEffect[]): void {
  Object.assign(state.link, { open: true, session: "", hubNonce: 0, welcome: null });
  state.link.lease = { ...state.link.lease, pending: [] };
  const { robot, boot, configHash, software } = state.context;
  const holdings = state.memory.holdings.map(({ token, assignment, destination, arrived }) => ({
    token,
    assignment,
    destination,
    arrived,
  }));
  const hello = {
    kind: "hello",
    robot,
    boot,
    protocol: PROTOCOL,
    highestToken: state.memory.highestToken,
    holdings,
    configHash,
    software,
    followsEpoch: state.memory.follows?.epoch ?? 0,
    followsIncarnation: state.memory.follows?.incarnation ?? "",
  } as const;
  effects.push({ kind: "send", message: hello });
  state.reported = { sequence: 0, since: 1, sentMs: 0, key: "", ladder: null };
  // Orders of this link count from the first, also when one overtakes the welcome.
  state.hubOrder = { ...state.hubOrder, sequence: 0 };
}

/** R2: a closed stream takes nothing back and gives nothing: the lease runs out by itself. */
export function closed(state: EdgeState): void {
  Object.assign(state.link, { open: false, session: "", welcome: null });
}

/** R2: every renewal carries a nonce whose sending time is read before. */
export function stepAuthority(state: EdgeState, nowMs: number, effects: EdgeEffect[]): void {
  const { link } = state;
  if (!link.open || link.session === "") return;
  if (nowMs - link.renewedMs >= state.context.config.lease.renewMs) {
    link.renewedMs = nowMs;
    link.nonce += 1;
    const acting = state.memory.holdings.filter((held) => !held.arrived).map((held) => held.token);
    link.lease = renewalSent(link.lease, { nonce: link.nonce, sentMs: nowMs, covers: acting.map(tokenKey) });
    const renew = { kind: "renew", nonce: link.nonce, modeSequence: state.hubOrder.sequence, acting } as const;
    effects.push({ kind: "send", message: renew });
  }
  if (nowMs - link.resendMs >= RESEND_MS) {
    link.resendMs = nowMs;
    for (const entry of state.memory.outbox)
      if (isStored(state, entry.id)) effects.push({ kind: "send", message: outcomeMessage(entry) });
  }
}

export function hubMessage(state: EdgeState, message: HubMessage, nowMs: number, effects: EdgeEffect[]): void {
  const { link } = state;
  switch (message.kind) {
    case "welcome":
      return welcomed(state, message, nowMs, effects);
    case "renewed":
      heardNonce(state, message.hubNonce, nowMs);
      link.lease = renewalAnswered(link.lease, {
        nonce: message.nonce,
        leaseMs: message.leaseMs,
        leaseMostMs: state.context.config.lease.leaseMs,
      });
      return;
    case "grant":
      return grant(state, message, effects);
    case "withdraw":
      return withdraw(state, message, effects);
    case "modeOrder":
      if (message.sequence >= state.hubOrder.sequence) state.hubOrder = message;
      return;
    case "clearLatches":
      if (message.report < state.reported.since) return; // it is about what stood before
      state.ladder = clearLatches(state.ladder, message.causes);
      effects.push({ kind: "note", event: "latches cleared", detail: `${message.operator}: ${message.reason}` });
      return;
    case "outcomeStored":
      return forget(state, message.id, effects);
    case "refused":
      effects.push({ kind: "note", event: "hub refused", detail: `${message.code}: ${message.message}` });
      return;
    case "swapAnswer":
      return swapAnswered(state, message, { nowMs, effects });
    case "askWhy":
      return; // the shell answers it
  }
}

/**
 * R5: follows no hub of a lower epoch than it ever did, and no second hub of the same epoch: what the one has given
 * away the other cannot know. Which one it follows is durable before it asks for anything.
 */
function welcomed(
  state: EdgeState,
  message: Extract<HubMessage, { kind: "welcome" }>,
  nowMs: number,
  effects: EdgeEffect[],
): void {
  const { epoch, incarnation } = message;
  const { follows } = state.memory;
  const isSame = follows?.epoch === epoch && follows.incarnation === incarnation;
  if (!isSame && follows !== undefined && epoch <= follows.epoch) {
    const detail = `epoch ${epoch} of ${incarnation}, it follows epoch ${follows.epoch} of ${follows.incarnation}`;
    effects.push({ kind: "note", event: "hub not followed", detail });
    return;
  }
  state.link.welcome = { message, receivedMs: nowMs };
  if (!isSame) {
    state.memory = { ...state.memory, follows: { epoch, incarnation } };
    save(state, effects, { messages: [], activate: "" });
    state.followsVersion = state.version;
  }
  begin(state, effects);
}

/**
 * The session of the hub that it follows. No-op when the link is gone meanwhile, and until it is durable whom it
 * follows; a robot that cannot store stands in HALT and may say so.
 */
export function begin(state: EdgeState, effects: EdgeEffect[]): void {
  const { link } = state;
  if (link.welcome === null || (state.storeFault === "" && state.savedVersion < state.followsVersion)) return;
  const { message, receivedMs } = link.welcome;
  link.welcome = null;
  link.session = message.session;
  link.answersSwaps = message.answersSwaps === true;
  heardNonce(state, message.hubNonce, receivedMs);
  link.resendMs = Number.NEGATIVE_INFINITY;
  link.renewedMs = Number.NEGATIVE_INFINITY;
  drop(state, message.void, effects);
}

function heardNonce(state: EdgeState, nonce: number, nowMs: number): void {
  state.link.hubNonce = nonce;
  state.link.hubNonceReceivedMs = nowMs;
}

/** R10: a version is durable: what waited for it, and for older ones, happens now. */
export function saved(state: EdgeState, version: number, effects: EdgeEffect[]): void {
  state.savedVersion = Math.max(state.savedVersion, version);
  while (state.held.length > 0 && (state.held[0]?.version ?? 0) <= version) {
    const held = state.held.shift();
    if (held === undefined) return;
    const stillHeld = state.memory.holdings.some(
      (holding) => tokenKey(holding.token) === held.activate && !holding.arrived,
    );
    if (stillHeld) {
      state.active.add(held.activate);
      state.link.renewedMs = Number.NEGATIVE_INFINITY; // asks at once for a lease that covers it
    }
    for (const message of held.messages) effects.push({ kind: "send", message });
  }
  begin(state, effects);
}

/** A lease runs, whatever it covers. */
export function hasLease(state: EdgeState, nowMs: number): boolean {
  return mayAct(state.link.lease, nowMs);
}

/** R2: the lease covers what the robot acts on. */
export function mayActNow(state: EdgeState, nowMs: number): boolean {
  const acting = actingOn(state);
  return acting !== undefined && mayActOn(state.link.lease, { token: tokenKey(acting.token), nowMs });
}
