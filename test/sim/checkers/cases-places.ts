// R1, R4, R5 on the ledger's side: what `places` must never let pass, and what is just within the rules.

import type { Token } from "../../../proto/claim.js";
import type { LedgerBody } from "../../../proto/ledger.js";
import { Places } from "./places.js";
import { Rights } from "./rights.js";
import { type Cases, claimed, freed, type How, Stand, token } from "./stand.js";

function open() {
  const stand = new Stand();
  const places = new Places(stand.truth, new Rights(stand.truth));
  const hub = stand.hub();
  const decide = (...bodies: readonly LedgerBody[]) => places.decided(hub, stand.events(...bodies));
  return { stand, hub, places, decide, pair: stand.pair };
}

function started(epoch: number): LedgerBody {
  return { kind: "hubStarted", epoch, longestWaitMs: 0, configHash: "", software: "" };
}

function epoch(how: How): void {
  const { decide } = open();
  decide(started(how === "wrong" ? 1 : 2));
}

/** R5: leases of 3 s were given. */
function restartWait(how: How): void {
  const { stand, hub, decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)));
  const { rhoHub, rhoRobot, deadmanMs, brakingMs } = stand.sim.site.config.lease;
  const waitMs = Math.ceil((1 + rhoHub) * (3000 / (1 - rhoRobot) + deadmanMs + brakingMs));
  hub.hub.state.restartUntilMs = stand.nowMs + waitMs - (how === "wrong" ? 1 : 0);
  decide(started(2));
}

function tokenOrder(how: How): void {
  const { decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)));
  decide(claimed("r1", pair[1], token(how === "wrong" ? 1 : 2)));
}

function tokenOfAnotherEpoch(how: How): void {
  const { decide, pair } = open();
  decide(claimed("r1", pair[0], how === "wrong" ? token(1, 2) : token(1, 1)));
}

function twoHold(how: How): void {
  const { decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)));
  if (how === "sound") decide(freed(token(1)));
  decide(claimed("r2", pair[1], token(2)));
}

/** R4: neither its end nor its lapse makes a place free. */
function lapsedIsNotFree(how: How): void {
  const { decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)));
  decide({ kind: "claimLapsed", token: token(1) });
  decide({ kind: "assignmentEnded", token: token(1), end: "ABANDONED", reason: "", outcome: "" });
  decide(claimed(how === "wrong" ? "r2" : "r1", pair[0], token(2)));
}

function givenOccupied(how: How): void {
  const { stand, decide, pair } = open();
  if (how === "wrong") stand.put("r2", pair[0]);
  decide(claimed("r1", pair[0], token(1)));
}

function givenBeside(how: How): void {
  const { stand, decide, pair } = open();
  stand.put("r2", pair[1]);
  stand.wait(how === "wrong" ? 3000 : 2999);
  decide(claimed("r1", pair[0], token(1)));
}

function freedUnheld(how: How): void {
  const { decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)));
  decide(freed(token(how === "wrong" ? 2 : 1)));
}

function freedTwice(how: How): void {
  const { decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)), freed(token(1)));
  if (how === "wrong") decide(freed(token(1)));
}

function freedOccupied(how: How): void {
  const { stand, decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)));
  if (how === "wrong") stand.put("r1", pair[0]);
  decide(freed(token(1), "LEFT"));
}

function seenElsewhere(how: How): void {
  const { stand, decide, pair } = open();
  decide(claimed("r1", pair[0], token(1)));
  stand.put("r1", pair[0]);
  decide(freed(token(1), how === "wrong" ? "SEEN_ELSEWHERE" : "STATED_FREE"));
}

/** R5: tokens of older epochs too; what the hub has begun above is known. */
function rollbackUnnoticed(how: How): void {
  const { stand, hub, decide, places, pair } = open();
  hub.hub.state.restartUntilMs = stand.nowMs + 60_000;
  decide(claimed("r1", pair[0], token(1)), started(2));
  const hello = (seen: Token, stream: number) => {
    const watch = hub.hub.state.watches.get("r1");
    if (watch === undefined) throw new Error("no r1");
    watch.stream = stream;
    const message = {
      kind: "hello" as const,
      ...{ robot: "r1", boot: "b", protocol: 1, highestToken: seen, holdings: [], configHash: "" },
      ...{ software: "", followsEpoch: 0, followsIncarnation: "" },
    };
    places.heard(hub, { kind: "link", stream, message });
  };
  hello(token(1), 1);
  const ceiling = { robot: "", fleet: "", rung: "CONFIRM", operator: "hub", reason: "" } as const;
  if (how === "sound") decide({ kind: "ceilingSet", ...ceiling });
  hello(token(2), 2);
}

export const PLACES: Cases = {
  "rollback-unnoticed": rollbackUnnoticed,
  epoch,
  "restart-wait": restartWait,
  "token-order: counter": tokenOrder,
  "token-order: epoch": tokenOfAnotherEpoch,
  "two-hold: in conflict": twoHold,
  "two-hold: lapsed": lapsedIsNotFree,
  "given-occupied": givenOccupied,
  "given-beside": givenBeside,
  "freed-unheld: never held": freedUnheld,
  "freed-unheld: twice": freedTwice,
  "freed-occupied: left": freedOccupied,
  "freed-occupied: seen elsewhere": seenElsewhere,
};
