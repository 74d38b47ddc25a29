// An event of the ledger as a row of a list.

import { eventWords } from "../../proto/event-text.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { el } from "./dom.js";
import { weightOf } from "./events.js";
import { clockText } from "./words.js";

/** With `onPick` the row is a button. */
export function eventRow(event: LedgerEvent, onPick?: () => void): HTMLElement {
  const words = [
    el("time", {}, clockText(event.wallMs)),
    el("small", {}, `#${event.sequence}`),
    el("span", {}, eventWords(event.body)),
  ];
  const inner = onPick === undefined ? words : [el("button", { type: "button", click: onPick }, ...words)];
  return el("li", { class: weightOf(event) }, ...inner);
}
