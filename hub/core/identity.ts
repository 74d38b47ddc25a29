// Who speaks: processes under one name (F60), other hubs of this site, and this hub before its ledger was rolled back.
// R5: a hub that does not know all that was given begins anew above it, and asks people to look.

import { compareTokens, tokenKey } from "../../proto/claim.js";
import type { Refusal } from "../../proto/errors.js";
import type { Hello } from "../../proto/wire.js";
import { ceilingKey, HUB } from "./ledger-state.js";
import { longestWaitOf } from "./site.js";
import { countAsUsed } from "./swaps.js";
import type { Turn } from "./turn.js";
import type { RobotWatch } from "./watch.js";

/** R6: hub nonces carry the epoch, so that one of another epoch is never taken for one of this. */
export const NONCES_PER_EPOCH = 2 ** 32;

/** R6: where an incarnation begins to count its nonces (FNV-1a): two hubs of one epoch do not send the same ones. */
export function firstNonce(incarnation: string): number {
  let mixed = 0x811c9dc5;
  for (const character of incarnation) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return mixed >>> 0;
}

/** Boot ids that a robot has spoken under lately. */
const BOOTS_KEPT = 16;

/**
 * A new boot has no lease until every lease of the process before it has certainly lapsed: that process may still run,
 * link or no link (R3). A boot that comes back after another one shows that two run; then people must look (F60). R1: a
 * robot on another site file means other places by the same names.
 */
export function identify(turn: Turn, watch: RobotWatch, message: Hello): void {
  watch.configDiffers = message.configHash !== turn.site.hash;
  if (watch.boot === message.boot) return;
  if (watch.boot !== "") watch.quietUntilMs = watch.leaseEndMs;
  if (watch.boots.includes(message.boot)) clash(turn, watch);
  watch.boots.push(message.boot);
  if (watch.boots.length > BOOTS_KEPT) forgetBoot(watch, watch.boots.shift() ?? "");
  watch.boot = message.boot;
  watch.heard = false;
}

/** What a process that has not spoken for long told last: of one that took turns with others that counts on (R6). */
function forgetBoot(watch: RobotWatch, boot: string): void {
  if (watch.boots.includes(boot)) return;
  for (const [key, { source }] of watch.orders) if (source === boot) watch.orders.delete(key);
}

/** R7: until a person has looked, over restarts of the hub too. */
function clash(turn: Turn, watch: RobotWatch): void {
  watch.clashed = true;
  const scope = { robot: watch.id, fleet: "" };
  if (turn.ledger.ceilings.has(ceilingKey({ ...scope, operator: HUB }))) return;
  const reason = `identity-clash: two processes speak as ${watch.id}`;
  turn.emit({ kind: "ceilingSet", ...scope, rung: "CONFIRM", operator: HUB, reason });
}

/**
 * R5: what a robot knows of this site's authority that this hub does not: its store was rolled back, or another hub
 * speaks for the site. null: nothing.
 */
export function whyUnknown(turn: Turn, message: Hello): string | null {
  const { robot, highestToken, followsEpoch, followsIncarnation } = message;
  const { epoch, counter, lastGiven } = turn.ledger;
  const given = highestToken.epoch < epoch ? lastGiven : { epoch, counter };
  if (compareTokens(highestToken, given) > 0) {
    const [seen, own] = [tokenKey(highestToken), tokenKey(given)];
    return `the ledger was rolled back: ${robot} has seen token ${seen}, the hub had given up to ${own}`;
  }
  const isOwn = followsEpoch < epoch || (followsEpoch === epoch && followsIncarnation === turn.state.incarnation);
  if (isOwn) return null;
  const seen = `${robot} has followed epoch ${followsEpoch}, this hub is at ${epoch}`;
  return `another hub, or this one before a rollback: ${seen}`;
}

/**
 * R5: begins anew above everything that was ever given, waits until every lease has lapsed and every robot has been
 * heard again, and grants nothing until people have looked, over restarts too.
 */
export function beginAbove(turn: Turn, highest: number, reason: string): void {
  const { state, site } = turn;
  const longestWaitMs = longestWaitOf(state);
  const { hash: configHash, software } = site;
  const epoch = Math.max(highest, turn.ledger.epoch) + 1;
  turn.emit({ kind: "hubStarted", epoch, longestWaitMs, configHash, software });
  state.restartUntilMs = turn.nowMs + longestWaitMs;
  countAsUsed(state, turn.nowMs);
  for (const watch of state.watches.values()) {
    watch.leaseEndMs = Math.max(watch.leaseEndMs, state.restartUntilMs);
    watch.heard = false; // another hub may have given it work since
    watch.channels.clear();
    watch.notAt.clear();
    if (turn.ledger.absent.has(watch.id)) turn.emit({ kind: "robotEnrolled", robot: watch.id });
    endStream(turn, watch, `the hub begins anew above epoch ${highest}`); // it must hear of that: another welcome
  }
  turn.emit({ kind: "ceilingSet", robot: "", fleet: "", rung: "CONFIRM", operator: HUB, reason });
}

export function endStream(turn: Turn, watch: RobotWatch, message: string): void {
  if (watch.stream !== null) end(turn, watch.stream, { code: "SUPERSEDED", message });
  watch.stream = null;
}

export function end(turn: Turn, stream: number, why: Refusal): void {
  turn.effect({ kind: "end", stream, ...why });
}
