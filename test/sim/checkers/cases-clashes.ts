// R5: what `clashes` must never let pass, and what is just within the rules.

import { Clashes } from "./clashes.js";
import { type Cases, type How, Stand, token } from "./stand.js";

/** Two processes take turns as r1. */
function clashUnnoticed(how: How): void {
  const hub = new Stand().hub();
  const clashes = new Clashes();
  const spoken = { kind: "hello", robot: "r1", protocol: 1, highestToken: token(1), holdings: [] } as const;
  const rest = { configHash: "", software: "", followsEpoch: 0, followsIncarnation: "" };
  for (const [stream, boot] of ["a", "b", "a"].entries()) {
    hub.hub.state.streams.set(stream, "r1");
    const held = { robot: "r1", fleet: "", rung: "CONFIRM", operator: "hub", reason: "", event: 1 } as const;
    if (how === "sound" && stream === 2) hub.hub.state.ledger.ceilings.set("r1", held);
    clashes.stepped(hub, { kind: "link", stream, message: { ...spoken, ...rest, boot } });
  }
}

export const CLASHES: Cases = { "clash-unnoticed": clashUnnoticed };
