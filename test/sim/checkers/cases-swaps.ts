// R11: what `swaps` must never let pass, and what is just within the rules.

import { slotsOf } from "../../../edge/core/controller/slots.js";
import { SWAP_USABLE_MS } from "../../../proto/swap.js";
import { controller } from "../../edge/core/chaser.js";
import { type Cases, type How, Stand } from "./stand.js";
import { Swaps } from "./swaps.js";

const MODEL = { model: "chaser", version: "2.0.0", sha256: "0123456789abcdef" } as const;
const SWAPPED = { kind: "note", event: "model promoted", detail: "" } as const;

/** An edge that has asked, and whose candidate drives now. */
function asking() {
  const stand = new Stand();
  const swaps = new Swaps(stand.truth);
  const edge = stand.edge("r1");
  Object.assign(edge.edge.state, { controllers: slotsOf({ live: controller("2.0.0"), candidate: null }) });
  swaps.stepped(edge, [{ kind: "send", message: { kind: "askSwap", ask: 1, ...MODEL, from: "" } }]);
  const answer = (allowed: boolean, ask = 1) =>
    swaps.fed(edge, {
      ...{ kind: "hub", message: { kind: "swapAnswer", ask, ...MODEL, allowed, refusal: "", message: "" } },
    });
  return { stand, swaps, edge, answer };
}

function unasked(how: How): void {
  const { swaps, edge, answer } = asking();
  answer(how === "sound");
  swaps.stepped(edge, [SWAPPED]);
}

function twice(how: How): void {
  const { swaps, edge, answer } = asking();
  answer(true);
  swaps.stepped(edge, [SWAPPED]);
  if (how === "wrong") swaps.stepped(edge, [SWAPPED]);
}

function late(how: How): void {
  const { stand, swaps, edge, answer } = asking();
  answer(true);
  stand.wait(SWAP_USABLE_MS + (how === "wrong" ? 1100 : 0));
  swaps.stepped(edge, [SWAPPED]);
}

function flood(how: How): void {
  const stand = new Stand();
  const swaps = new Swaps(stand.truth);
  const hub = stand.hub();
  const allowed = stand.events({ kind: "modelSwapAllowed", robot: "r1", ...MODEL, from: "" });
  swaps.decided(hub, allowed);
  stand.wait(how === "wrong" ? 59_000 : 60_000);
  swaps.decided(hub, allowed);
}

export const SWAPS: Cases = {
  "swap-unasked": unasked,
  "swap-unasked: twice by one permission": twice,
  "swap-unasked: too late": late,
  "swap-flood": flood,
};
