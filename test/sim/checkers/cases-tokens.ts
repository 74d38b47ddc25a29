// R5 on the robot's side: what `tokens` must never let pass, and what is just within the rules.

import type { EdgeMemory } from "../../../edge/core/memory.js";
import type { Token } from "../../../proto/claim.js";
import type { EdgeProcess } from "../edge-process.js";
import { type Cases, type How, Stand, token } from "./stand.js";
import { Tokens } from "./tokens.js";

function open() {
  const edge = new Stand().edge("r1");
  const tokens = new Tokens();
  tokens.stepped(edge);
  return { edge, tokens };
}

function holds(edge: EdgeProcess, held: Token, highestToken: Token): void {
  const { memory } = edge.edge.state;
  const holding: EdgeMemory["holdings"][number] = {
    ...{ token: held, assignment: "a1", task: "", destination: "home-1", purpose: "PARK", arrived: false, dwellMs: 0 },
  };
  edge.edge.state.memory = { ...memory, highestToken, holdings: [...memory.holdings, holding] };
}

function notKept(how: How): void {
  const { edge, tokens } = open();
  holds(edge, token(5), token(how === "wrong" ? 4 : 5));
  tokens.stepped(edge);
}

function lower(how: How): void {
  const { edge, tokens } = open();
  holds(edge, token(5), token(5));
  tokens.stepped(edge);
  holds(edge, token(how === "wrong" ? 4 : 6), token(how === "wrong" ? 5 : 6));
  tokens.stepped(edge);
}

function follow(
  tokens: Tokens,
  edge: EdgeProcess,
  hub: { readonly epoch: number; readonly incarnation: string },
): void {
  const session = `s${hub.epoch}-${hub.incarnation}`;
  const message = { kind: "welcome", session, hubNonce: 1, void: [], ...hub } as const;
  tokens.fed(edge, { kind: "hub", message });
  edge.edge.state.link.session = session;
  tokens.stepped(edge);
}

function lowerEpoch(how: How): void {
  const { edge, tokens } = open();
  follow(tokens, edge, { epoch: 6, incarnation: "a" });
  follow(tokens, edge, { epoch: how === "wrong" ? 5 : 7, incarnation: "a" });
}

function secondHub(how: How): void {
  const { edge, tokens } = open();
  follow(tokens, edge, { epoch: 6, incarnation: "a" });
  follow(tokens, edge, { epoch: 6, incarnation: how === "wrong" ? "b" : "a" });
}

export const TOKENS: Cases = {
  "token-not-kept": notKept,
  "token-lower": lower,
  "followed-lower: epoch": lowerEpoch,
  "followed-lower: incarnation": secondHub,
};
