// R7: what `orders` must never let pass, and what is just within the rules.

import type { Rung } from "../../../proto/mode.js";
import type { EdgeMessage, HubMessage } from "../../../proto/wire.js";
import type { HubProcess } from "../hub-process.js";
import { Orders } from "./orders.js";
import { type Cases, type How, Stand, token } from "./stand.js";

const STREAM = 1;

/** r1 on its stream, at a hub that imposes nothing on it. */
function open() {
  const stand = new Stand();
  const hub = stand.hub();
  hub.hub.state.streams.set(STREAM, "r1");
  const watch = stand.watch(hub, "r1");
  watch.stream = STREAM;
  return { stand, hub, watch, orders: new Orders() };
}

function orderOlder(how: How): void {
  const { stand, orders } = open();
  const edge = stand.edge("r1", STREAM);
  const order = (sequence: number, rung: Rung) => {
    const message = { kind: "modeOrder", sequence, rung, causes: [] } as const;
    orders.fed(edge, { kind: "hub", message });
    return message;
  };
  const newest = order(2, "HALT");
  const late = order(1, "AUTONOMOUS");
  edge.edge.state.hubOrder = how === "wrong" ? late : newest;
  orders.stepped(edge);
}

/** The robot says this, and the hub answers with these. */
function said(
  at: { readonly hub: HubProcess; readonly orders: Orders },
  message: EdgeMessage,
  ...answers: readonly HubMessage[]
): void {
  const effects = answers.map((answer) => ({ kind: "send", stream: STREAM, message: answer }) as const);
  at.orders.hubStepped(at.hub, { kind: "link", stream: STREAM, message }, effects);
}

function orderUntold(how: How): void {
  const at = open();
  const hello = { kind: "hello", robot: "r1", boot: "b", protocol: 1, highestToken: token(1), holdings: [] } as const;
  const message = { ...hello, configHash: "", software: "", followsEpoch: 0, followsIncarnation: "" };
  const welcome = { kind: "welcome", session: "s", epoch: 1, hubNonce: 1, void: [], incarnation: "h" } as const;
  const order = { kind: "modeOrder", sequence: 1, rung: "CONFIRM", causes: [] } as const;
  if (how === "wrong") said(at, message, welcome);
  else said(at, message, welcome, order);
}

function reportOlder(how: How): void {
  const at = open();
  const report = (sequence: number, rung: Rung) => said(at, { kind: "modeReport", sequence, rung, causes: [] });
  at.watch.edgeRung = "HALT";
  report(2, "HALT");
  if (how === "wrong") at.watch.edgeRung = "CONFIRM";
  report(1, "CONFIRM");
}

/** The hub imposes AUTONOMOUS, or what the robot reports. */
function reportIgnored(how: How): void {
  const at = open();
  const scope = { robot: "r1", fleet: "", rung: "CONFIRM", operator: "ada", reason: "", event: 1 } as const;
  at.hub.hub.state.ledger.ceilings.set("robot/r1", scope);
  at.watch.edgeRung = "HALT";
  if (how === "wrong") Object.defineProperty(at.watch, "edgeRung", { get: twice("AUTONOMOUS", "HALT") });
  said(at, { kind: "modeReport", sequence: 1, rung: "HALT", causes: [] });
}

/** A reader that gives the second word when it is asked first, and the first one from then on. */
function twice(then: Rung, first: Rung): () => Rung {
  let asked = 0;
  return () => {
    asked += 1;
    return asked === 1 ? first : then;
  };
}

export const ORDERS: Cases = {
  "order-older": orderOlder,
  "order-untold": orderUntold,
  "report-older": reportOlder,
  "report-ignored": reportIgnored,
};
