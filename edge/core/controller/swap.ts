// R11, blast radius: a candidate that has proven itself takes over only by a permission of the hub, for this model, on
// this link, soon after it was asked for, and once. Without a link, an answer, or a hub that knows the question, what
// drives goes on, and it is asked again at its pace. Nothing that gives the wheel back comes by here.

import { SWAP_USABLE_MS } from "../../../proto/swap.js";
import type { HubMessage } from "../../../proto/wire.js";
import type { EdgeEffect, EdgeState } from "../types.js";
import { modelName, type Slot, slotWith } from "./slots.js";

/** Between two questions, answered or not. */
const ASK_EVERY_MS = 10_000;
/** Digits of a checksum that tell two files of one name and version apart. */
const DIGITS = 16;

interface Turn {
  readonly nowMs: number;
  readonly effects: EdgeEffect[];
}

/** Uses up the permission that this candidate has; without one asks for it, and says once why it waits. */
export function takesPermission(state: EdgeState, candidate: Slot, turn: Turn): boolean {
  const { swap } = state.controllers;
  const { link } = state;
  const { asked } = swap;
  const isLive = asked !== null && asked.session === link.session && turn.nowMs - asked.sentMs <= SWAP_USABLE_MS;
  if (asked?.allowed === true && isLive && asked.model === candidate.model && asked.sha256 === digitsOf(candidate)) {
    Object.assign(swap, { asked: null, waits: "", code: "" });
    return true;
  }
  if (!link.open || link.session === "")
    return waits(state, candidate, { code: "NO_LINK", why: "no link to a hub", turn });
  if (!link.answersSwaps)
    return waits(state, candidate, { code: "OLDER_HUB", why: "the hub does not know the question", turn });
  if (turn.nowMs - swap.sentMs < ASK_EVERY_MS) return false;
  if (asked?.answered === false)
    waits(state, candidate, { code: "NO_ANSWER", why: "the hub has not answered in time", turn });
  ask(state, candidate, turn);
  return false;
}

function ask(state: EdgeState, candidate: Slot, { nowMs, effects }: Turn): void {
  const { swap } = state.controllers;
  const { name: model, version } = candidate.manifest;
  const sha256 = digitsOf(candidate);
  swap.asks += 1;
  swap.sentMs = nowMs;
  const id = swap.asks;
  swap.asked = {
    ...{ id, sentMs: nowMs, session: state.link.session, model: candidate.model, sha256 },
    ...{ answered: false, allowed: false },
  };
  const from = slotWith(state.controllers, "live")?.model ?? "";
  effects.push({ kind: "send", message: { kind: "askSwap", ask: id, model, version, sha256, from } });
}

/** An answer to another question, of another link, about another model, or one that comes too late changes nothing. */
export function swapAnswered(state: EdgeState, message: Extract<HubMessage, { kind: "swapAnswer" }>, turn: Turn): void {
  const { asked } = state.controllers.swap;
  if (asked === null || asked.answered || message.ask !== asked.id || asked.session !== state.link.session) return;
  if (modelName({ name: message.model, version: message.version }) !== asked.model) return;
  if (message.sha256 !== asked.sha256 || turn.nowMs - asked.sentMs > SWAP_USABLE_MS) return;
  asked.answered = true;
  asked.allowed = message.allowed;
  const candidate = slotWith(state.controllers, "shadow");
  if (message.allowed || candidate === undefined) return;
  waits(state, candidate, { code: message.refusal || "REFUSED", why: `${message.refusal}: ${message.message}`, turn });
}

/** How long ago it was asked for is not known any more. */
export function forgetPermission({ controllers: { swap } }: EdgeState): void {
  swap.asked = null;
}

function waits(
  { controllers: { swap } }: EdgeState,
  { model }: Slot,
  { code, why, turn }: { readonly code: string; readonly why: string; readonly turn: Turn },
): false {
  swap.waits = `${model} waits to take over: ${why}`;
  if (code !== swap.code) turn.effects.push({ kind: "note", event: "model waits", detail: swap.waits });
  swap.code = code;
  return false;
}

function digitsOf({ manifest }: Slot): string {
  return manifest.sha256.slice(0, DIGITS);
}
