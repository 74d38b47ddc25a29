// R2, R3, R8 on the hub's side: what `renewals` must never let pass, and what is just within the rules.

import { tokenKey } from "../../../proto/claim.js";
import type { HubProcess } from "../hub-process.js";
import { Renewals } from "./renewals.js";
import { type Cases, type How, Stand, token } from "./stand.js";

const STREAM = 1;

/** A hub with r1 on its stream, holding claim 1.1 and AUTONOMOUS. */
function open() {
  const stand = new Stand();
  const hub = stand.hub();
  const { state } = hub.hub;
  state.streams.set(STREAM, "r1");
  const watch = stand.watch(hub, "r1");
  watch.stream = STREAM;
  watch.edgeRung = "AUTONOMOUS";
  hold(hub, "r1", stand.pair[0]);
  const renewals = new Renewals();
  hello(renewals, hub, state.site.hash);
  return { stand, hub, watch, renewals };
}

function hold(hub: HubProcess, robot: string, destination: string): void {
  const claim = {
    token: token(1),
    assignment: "a1",
    robot,
    destination,
    purpose: "TASK",
    task: "t1",
    stopIndex: 0,
  } as const;
  hub.hub.state.ledger.claims.set(tokenKey(token(1)), { ...claim, phase: "assigned", lapsed: false, end: null });
}

function hello(renewals: Renewals, hub: HubProcess, configHash: string): void {
  const message = { kind: "hello", robot: "r1", boot: "b", protocol: 1, highestToken: token(1), holdings: [] } as const;
  const rest = { configHash, software: "", followsEpoch: 0, followsIncarnation: "" };
  renewals.stepped(hub, { kind: "link", stream: STREAM, message: { ...message, ...rest } }, []);
}

function elsewhere(how: How): void {
  const { hub, renewals } = open();
  if (how === "wrong") hello(renewals, hub, "another");
  answer(renewals, hub, 1);
}

/** The hub answers a renewal that came on r1's stream. */
function answer(renewals: Renewals, hub: HubProcess, nonce: number, hubNonce = 1): void {
  const message = { kind: "renew", nonce, modeSequence: 0, acting: [token(1)] } as const;
  const renewed = { kind: "renewed", nonce, leaseMs: 3000, hubNonce } as const;
  const effect = { kind: "renewed", stream: STREAM, message: renewed } as const;
  renewals.stepped(hub, { kind: "link", stream: STREAM, message }, [effect]);
}

function replacedHeard(how: How): void {
  const { hub, watch, renewals } = open();
  if (how === "wrong") watch.stream = STREAM + 1;
  answer(renewals, hub, 1);
}

function repeated(how: How): void {
  const { hub, renewals } = open();
  answer(renewals, hub, 5);
  answer(renewals, hub, how === "wrong" ? 5 : 6);
}

function overtaken(how: How): void {
  const { hub, renewals } = open();
  answer(renewals, hub, 5);
  if (how === "sound") renewals.forget(hub);
  answer(renewals, hub, 4);
}

/** Two hubs answer r1, each as it would. */
function nonceOfTwo(how: How): void {
  const first = open();
  const second = open();
  hello(first.renewals, second.hub, second.hub.hub.state.site.hash);
  answer(first.renewals, first.hub, 1, 7);
  answer(first.renewals, second.hub, 1, how === "wrong" ? 7 : 8);
}

function foreign(how: How): void {
  const { stand, hub, renewals } = open();
  if (how === "wrong") hold(hub, "r2", stand.pair[0]);
  answer(renewals, hub, 1);
}

function unknown(how: How): void {
  const { hub, renewals } = open();
  if (how === "wrong") hub.hub.state.ledger.claims.clear();
  answer(renewals, hub, 1);
}

function below(how: How): void {
  const { hub, watch, renewals } = open();
  watch.edgeRung = how === "wrong" ? "CONFIRM" : "REACTIVE_ONLY";
  answer(renewals, hub, 1);
}

function grantedLapsed(how: How): void {
  const { stand, hub, renewals } = open();
  const claim = hub.hub.state.ledger.claims.get(tokenKey(token(1)));
  if (claim === undefined) throw new Error("no claim");
  claim.lapsed = how === "wrong";
  const words = { assignment: "a1", task: "t1", destination: stand.pair[0], purpose: "TASK", dwellMs: 0 } as const;
  renewals.stepped(hub, { kind: "tick" }, [
    { kind: "send", stream: STREAM, message: { kind: "grant", token: token(1), ...words } },
  ]);
}

export const RENEWALS: Cases = {
  "renewed-elsewhere": elsewhere,
  "granted-lapsed": grantedLapsed,
  "replaced-heard": replacedHeard,
  "renewal-repeated: twice": repeated,
  "renewal-repeated: an older one": overtaken,
  "nonce-of-two": nonceOfTwo,
  "renewed-foreign: another's": foreign,
  "renewed-foreign: nobody's": unknown,
  "renewed-below": below,
};
