// Events of the ledger in one line each, for a terminal. Pure; the demo runner prints the same lines.

import { eventWords } from "../../proto/event-text.js";
import type { LedgerBody, LedgerEvent } from "../../proto/ledger.js";
import { shown } from "./escape.js";
import { wallText } from "./units.js";

/** `  42  2026-03-01 12:00:03Z  r3 claims P4 for task t7 (token 2.17)`, escaped. */
export function eventLine(event: LedgerEvent): string {
  return `${String(event.sequence).padStart(6)}  ${wallText(event.wallMs)}  ${eventText(event.body)}`;
}

/** What happened, escaped, without its time. */
export function eventText(body: LedgerBody): string {
  return shown(eventWords(body));
}
