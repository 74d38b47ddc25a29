// What the robot holds and what became of it. R5: the highest token ever seen is stored before it is acted on, and a
// lower one is refused. R10: what rests on a stored fact is held back until the store says so; an outcome is kept until
// the hub has it.

import { compareTokens, higherToken, sameToken, type Token, tokenKey } from "../../proto/claim.js";
import type { RefusalCode } from "../../proto/errors.js";
import type { EdgeMessage, Grant, HubMessage, OUTCOMES } from "../../proto/wire.js";
import type { EdgeMemory, Holding } from "./memory.js";
import type { EdgeEffect, EdgeState } from "./types.js";

/** R10: an outcome that still waits for the store is told when it is durable, and not before. */
export function isStored(state: EdgeState, outcome: string): boolean {
  return !state.held.some(({ messages }) => messages.some((one) => one.kind === "outcome" && one.id === outcome));
}

/** R5: refuses a token lower than one it has seen; accepts the same one again (a repeated message). */
export function grant(state: EdgeState, message: Grant, effects: EdgeEffect[]): void {
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
 * R5, R10: a hub that grants again, or asks back, what this robot has long arrived under, and was told so, has lost it
 * with its store: it is told once more.
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
export function withdraw(
  state: EdgeState,
  message: Extract<HubMessage, { kind: "withdraw" }>,
  effects: EdgeEffect[],
): void {
  const held = state.memory.holdings.find((holding) => sameToken(holding.token, message.token));
  if (held === undefined) return neverHeld(state, message.token, effects);
  if (held.arrived) return tellAgain(state, held, effects);
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
    id: `o-${state.context.boot}-${state.version + 1}`,
    token: held.token,
    assignment: held.assignment,
    kind: how.result,
    reason: how.reason,
    decisionId: how.decisionId,
  };
  const arrived = how.result === "ARRIVED";
  const others = state.memory.holdings.filter((holding) => holding !== held);
  const holdings = arrived ? [...others, { ...held, arrived }] : others;
  state.active.delete(tokenKey(held.token));
  state.memory = { ...state.memory, holdings, outbox: [...state.memory.outbox, entry] };
  save(state, effects, { messages: [outcomeMessage(entry)], activate: "" });
}

export function outcomeMessage(entry: EdgeMemory["outbox"][number]): EdgeMessage {
  const { kind: result, ...rest } = entry;
  return { kind: "outcome", ...rest, result };
}

/** Holdings that the hub does not know any more: the right to act on them is gone. */
export function drop(
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

export function forget(state: EdgeState, id: string, effects: EdgeEffect[]): void {
  const outbox = state.memory.outbox.filter((entry) => entry.id !== id);
  if (outbox.length === state.memory.outbox.length) return;
  state.memory = { ...state.memory, outbox };
  save(state, effects, { messages: [], activate: "" });
}

/** R10: asks for the memory to be stored; `then` happens when it is durable. */
export function save(
  state: EdgeState,
  effects: EdgeEffect[],
  then: { readonly messages: readonly EdgeMessage[]; readonly activate: string },
): void {
  state.version += 1;
  for (const token of state.active) {
    if (!state.memory.holdings.some((held) => tokenKey(held.token) === token)) state.active.delete(token);
  }
  state.held.push({ version: state.version, ...then });
  effects.push({ kind: "save", version: state.version, memory: state.memory });
}
