// The robot's side of the right to act. R2: the lease counts from the sending of a renewal. R5: the highest token ever
// seen is stored before it is acted on, and a lower one is refused. R10: what rests on a stored fact is held back until
// the store says so; outcomes are sent until the hub has them.

import { compareTokens, higherToken, sameToken, type Token, tokenKey } from "../../proto/claim.js";
import type { RefusalCode } from "../../proto/errors.js";
import { mayAct, mayActOn, renewalAnswered, renewalSent } from "../../proto/lease.js";
import { clearLatches } from "../../proto/mode.js";
import type { EdgeMessage, Grant, HubMessage, OUTCOMES } from "../../proto/wire.js";
import type { EdgeMemory } from "./memory.js";
import type { EdgeEffect, EdgeState } from "./types.js";

const PROTOCOL = 1;
const RESEND_MS = 1000;

type Holding = EdgeMemory["holdings"][number];

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

/** R10: an outcome that still waits for the store is told when it is durable, and not before. */
function isStored(state: EdgeState, outcome: string): boolean {
  return !state.held.some(({ messages }) => messages.some((one) => one.kind === "outcome" && one.id === outcome));
}

export function hubMessage(state: EdgeState, message: HubMessage, nowMs: number, effects: EdgeEffect[]): void {
  const { link } = state;
  switch (message.kind) {
    case "welcome":
      return welcomed(state, message, nowMs, effects);
    case "renewed":
      heardNonce(state, message.hubNonce, nowMs);
      link.lease = renewalAnswered(link.lease, { ...message, leaseMostMs: state.context.config.lease.leaseMs });
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
  }
}

/**
 * R5: follows no hub of a lower epoch than it ever did, and no second hub of the same epoch: what the one has given away
 * the other cannot know. Which one it follows is durable before it asks for anything.
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
  if (isSame || state.storeFault !== "") return begin(state, effects); // a robot that cannot store stands in HALT
  state.memory = { ...state.memory, follows: { epoch, incarnation } };
  save(state, effects, { messages: [], activate: "", begins: true });
}

/** The session of the hub that it follows. No-op when the link is gone meanwhile. */
export function begin(state: EdgeState, effects: EdgeEffect[]): void {
  const { link } = state;
  if (link.welcome === null) return;
  const { message, receivedMs } = link.welcome;
  link.welcome = null;
  link.session = message.session;
  heardNonce(state, message.hubNonce, receivedMs);
  link.resendMs = Number.NEGATIVE_INFINITY;
  link.renewedMs = Number.NEGATIVE_INFINITY;
  drop(state, message.void, effects);
}

function heardNonce(state: EdgeState, nonce: number, nowMs: number): void {
  state.link.hubNonce = nonce;
  state.link.hubNonceReceivedMs = nowMs;
}

/** R5: refuses a token lower than one it has seen; accepts the same one again (a repeated message). */
function grant(state: EdgeState, message: Grant, effects: EdgeEffect[]): void {
  const { memory } = state;
  const known = memory.holdings.find((held) => sameToken(held.token, message.token));
  const answer = { kind: "grantAnswer", token: message.token, accepted: true, refusal: "" } as const;
  if (known !== undefined) {
    if (known.arrived) tellAgain(state, known, effects);
    if (state.active.has(tokenKey(known.token)) || known.arrived) effects.push({ kind: "send", message: answer });
    else if (!isHeld(state, tokenKey(known.token)))
      save(state, effects, { messages: [answer], activate: tokenKey(known.token) });
    return;
  }
  if (compareTokens(message.token, memory.highestToken) <= 0) {
    const detail = `${tokenKey(message.token)} is not above ${tokenKey(memory.highestToken)}`;
    effects.push({ kind: "note", event: "grant refused", detail });
    effects.push({ kind: "send", message: { ...answer, accepted: false, refusal: "STALE_TOKEN" } });
    return;
  }
  const unfit = whyUnfit(state, message);
  if (unfit !== null) {
    effects.push({ kind: "send", message: { ...answer, accepted: false, refusal: unfit } });
    return;
  }
  const { token, assignment, task, destination, purpose, dwellMs } = message;
  const others = memory.holdings.filter((held) => held.arrived && held.destination !== destination).slice(-8);
  const holding: Holding = { token, assignment, task, destination, purpose, dwellMs, arrived: false };
  state.memory = { ...memory, highestToken: higherToken(memory.highestToken, token), holdings: [...others, holding] };
  save(state, effects, { messages: [answer], activate: tokenKey(token) });
}

/**
 * R5, R10: a hub that grants again what this robot has long arrived under, and was told so, has lost it with its store:
 * it is told once more.
 */
function tellAgain(state: EdgeState, held: Holding, effects: EdgeEffect[]): void {
  if (state.memory.outbox.some((entry) => sameToken(entry.token, held.token))) return;
  endActing(state, held, { result: "ARRIVED", reason: "told again", decisionId: "" }, effects);
}

/** R13: what this robot cannot carry out it does not take. */
function whyUnfit(state: EdgeState, message: Grant): RefusalCode | null {
  const { destinations, limits } = state.context.config;
  if (!destinations.some((place) => place.id === message.destination)) return "UNKNOWN_DESTINATION";
  return state.memory.outbox.length >= limits.outbox ? "TOO_MANY" : null;
}

function isHeld(state: EdgeState, token: string): boolean {
  return state.held.some((held) => held.activate === token);
}

/** The hub asks for the claim back: the right is dropped here before the hub is told (reliability: releases). */
function withdraw(state: EdgeState, message: Extract<HubMessage, { kind: "withdraw" }>, effects: EdgeEffect[]): void {
  const held = state.memory.holdings.find((holding) => sameToken(holding.token, message.token));
  if (held === undefined) return neverHeld(state, message.token, effects);
  if (held.arrived) return;
  endActing(state, held, { result: "RELEASED", reason: message.reason, decisionId: "" }, effects);
}

/**
 * R5: what is not held cannot be released: its token is refused from now on, and the hub is told when that is stored.
 */
function neverHeld(state: EdgeState, token: Token, effects: EdgeEffect[]): void {
  if (state.memory.outbox.some((entry) => sameToken(entry.token, token))) return; // its outcome says more
  const answer = { kind: "grantAnswer", token, accepted: false, refusal: "UNKNOWN_TOKEN" } as const;
  state.memory = { ...state.memory, highestToken: higherToken(state.memory.highestToken, token) };
  save(state, effects, { messages: [answer], activate: "" });
}

/**
 * The robot no longer acts on a holding: stores the outcome, and tells the hub when it is stored. An arrived holding is
 * kept, since the robot stands there; any other is forgotten.
 */
export function endActing(
  state: EdgeState,
  held: Holding,
  how: { readonly result: (typeof OUTCOMES)[number]; readonly reason: string; readonly decisionId: string },
  effects: EdgeEffect[],
): void {
  const entry = {
    ...{ id: `o-${state.context.boot}-${state.version + 1}`, token: held.token, assignment: held.assignment },
    ...{ kind: how.result, reason: how.reason, decisionId: how.decisionId },
  };
  const arrived = how.result === "ARRIVED";
  const others = state.memory.holdings.filter((holding) => holding !== held);
  const holdings = arrived ? [...others, { ...held, arrived }] : others;
  state.active.delete(tokenKey(held.token));
  state.memory = { ...state.memory, holdings, outbox: [...state.memory.outbox, entry] };
  save(state, effects, { messages: [outcomeMessage(entry)], activate: "" });
}

function outcomeMessage(entry: EdgeMemory["outbox"][number]): EdgeMessage {
  const { kind: result, ...rest } = entry;
  return { kind: "outcome", ...rest, result };
}

/** Holdings that the hub does not know any more: the right to act on them is gone. */
function drop(
  state: EdgeState,
  tokens: readonly { readonly epoch: number; readonly counter: number }[],
  effects: EdgeEffect[],
): void {
  const holdings = state.memory.holdings.filter(
    (held) => held.arrived || !tokens.some((token) => sameToken(token, held.token)),
  );
  if (holdings.length === state.memory.holdings.length) return;
  state.memory = { ...state.memory, holdings };
  save(state, effects, { messages: [], activate: "" });
}

function forget(state: EdgeState, id: string, effects: EdgeEffect[]): void {
  const outbox = state.memory.outbox.filter((entry) => entry.id !== id);
  if (outbox.length === state.memory.outbox.length) return;
  state.memory = { ...state.memory, outbox };
  save(state, effects, { messages: [], activate: "" });
}

/** R10: asks for the memory to be stored; `then` happens when it is durable. */
export function save(
  state: EdgeState,
  effects: EdgeEffect[],
  then: { readonly messages: readonly EdgeMessage[]; readonly activate: string; readonly begins?: boolean },
): void {
  state.version += 1;
  for (const token of state.active) {
    if (!state.memory.holdings.some((held) => tokenKey(held.token) === token)) state.active.delete(token);
  }
  state.held.push({ version: state.version, ...then });
  effects.push({ kind: "save", version: state.version, memory: state.memory });
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
    if (held.begins === true) begin(state, effects);
    for (const message of held.messages) effects.push({ kind: "send", message });
  }
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
