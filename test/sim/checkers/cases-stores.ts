// R10: what `stores` must never let pass, and what is just within the rules.

import { type EdgeMemory, EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { type Cases, claimed, type How, Stand, token } from "./stand.js";
import { Stores } from "./stores.js";

const HOLDING: EdgeMemory["holdings"][number] = {
  ...{ token: token(1), assignment: "a1", task: "t1", destination: "home-1", purpose: "TASK" },
  ...{ arrived: false, dwellMs: 0 },
};
const OUTCOME = { id: "o1", token: token(1), assignment: "a1", reason: "", decisionId: "" } as const;

/** An edge on whose disk the grant and its outcome stand, or nothing. */
function edgeWith(how: How) {
  const stand = new Stand();
  const edge = stand.edge("r1");
  const stored = { ...EMPTY_MEMORY, holdings: [HOLDING], outbox: [{ ...OUTCOME, kind: "ARRIVED" } as const] };
  edge.disk.memory = how === "wrong" ? EMPTY_MEMORY : stored;
  return { stand, edge, stores: new Stores() };
}

function outcome(how: How): void {
  const { edge, stores } = edgeWith(how);
  stores.stepped(edge, [{ kind: "send", message: { kind: "outcome", ...OUTCOME, result: "ARRIVED" } }]);
}

function accepted(how: How): void {
  const { edge, stores } = edgeWith(how);
  const message = { kind: "grantAnswer", token: token(1), accepted: true, refusal: "" } as const;
  stores.stepped(edge, [{ kind: "send", message }]);
}

function acts(how: How): void {
  const { edge, stores } = edgeWith(how);
  stores.wrote(edge, {
    ...{ sequence: 1, speedMps: 1, turnRadps: 0, validForMs: 300, sentMonotonicMs: 0, rung: "AUTONOMOUS" },
    ...{ token: token(1), leaseEndMonotonicMs: 1000, decisionId: "" },
  });
}

function grant(how: How): void {
  const stand = new Stand();
  const hub = stand.hub();
  if (how === "sound") hub.disk.events.push(...stand.events(claimed("r1", "home-1", token(1))));
  const { assignment, task, destination, purpose, dwellMs } = HOLDING;
  const message = { kind: "grant", token: token(1), assignment, task, destination, purpose, dwellMs } as const;
  new Stores().performed(hub, { kind: "send", stream: 1, message });
}

/** People are told that their task is accepted. */
function answer(how: How): void {
  const stand = new Stand();
  const hub = stand.hub();
  const stores = new Stores();
  const events = stand.events(claimed("r1", "home-1", token(1)));
  const effect = { kind: "answer", ask: 1, answer: {} } as const;
  stores.hubStepped(hub, [{ kind: "append", events }, effect]);
  if (how === "sound") hub.disk.events.push(...events);
  stores.performed(hub, effect);
}

function outcomeDropped(how: How): void {
  const { edge, stores } = edgeWith(how);
  stores.saved(edge, { ...EMPTY_MEMORY, outbox: [{ ...OUTCOME, kind: "ARRIVED" }] });
  if (how === "sound") stores.fed(edge, { kind: "hub", message: { kind: "outcomeStored", id: "o1" } });
  stores.saved(edge, EMPTY_MEMORY);
}

export const STORES: Cases = {
  "outcome-dropped": outcomeDropped,
  "outcome-unstored": outcome,
  "accepted-unstored": accepted,
  "acts-unstored": acts,
  "grant-unstored": grant,
  "answer-unstored": answer,
};
