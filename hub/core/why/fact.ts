// What an explanation is made of: one fact each, derived from the state and the ledger at the moment of asking. A fact
// has a code for programs and a sentence for people; times are on the hub's clock.

import { type Token, tokenKey } from "../../../proto/claim.js";
import type { RefusalCode } from "../../../proto/errors.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import { ageText } from "../../../proto/span-text.js";
import type { AssignmentWhy } from "../../../proto/why.js";
import { ceilingKey } from "../ledger-state.js";
import type { HubState } from "../turn.js";

export interface Fact {
  readonly about: string; // robot, place, fleet or task; empty for the site
  readonly code: FactCode;
  readonly says: string;
  readonly forMs?: number; // since when
  readonly leftMs?: number; // until it ends by itself, when nothing comes in between
}

/** A refusal's code where the core's own decision is told, else one of these. */
export type FactCode =
  | RefusalCode
  | "PHASE"
  | "READY"
  | "APPROVED"
  | "ASKED"
  | "ACTING"
  | "IN_HAND"
  | "ABSENT"
  | "EXCLUDED"
  | "LOW_CHARGE"
  | "HELD_OFF"
  | "NO_ROBOT"
  | "ALL_STALE"
  | "FROZEN"
  | "RESTART_WAIT"
  | "CANCEL"
  | "RUNG"
  | "CAUSE"
  | "EDGE_CAUSE" // as its reports tell it, until the robot itself is asked
  | "HELD"
  | "FREES"
  | "TRIED"
  | "FREE"
  | "CHOSEN"
  | "MORE";

/** R13: facts of one list; the rest is counted. */
export const FACTS_MOST = 16;

/** The first of a list, and one fact that counts the rest. */
export function bounded(facts: readonly Fact[], what: string): readonly Fact[] {
  if (facts.length <= FACTS_MOST) return facts;
  const rest = facts.slice(FACTS_MOST);
  const codes = [...new Set(rest.map(({ code }) => code))].map(
    (code) => `${rest.filter((fact) => fact.code === code).length} ${code}`,
  );
  const says = `and ${rest.length} more ${what}: ${codes.join(", ")}`;
  return [...facts.slice(0, FACTS_MOST), { about: "", code: "MORE", says }];
}

/** When what stands now began, out of the events that were read for a story. */
export class Beginnings {
  readonly #state: HubState;
  readonly #at = new Map<string, LedgerEvent>();

  constructor(state: HubState) {
    this.#state = state;
  }

  /** Keeps what begins a claim, a lapse, an end or a ceiling that still stands. */
  take(event: LedgerEvent): void {
    const { body } = event;
    if (body.kind === "ceilingSet") {
      if (this.#state.ledger.ceilings.has(ceilingKey(body))) this.#at.set(`ceiling ${ceilingKey(body)}`, event);
    } else if ("token" in body && this.#state.ledger.claims.has(tokenKey(body.token))) {
      this.#at.set(`${body.kind} ${tokenKey(body.token)}`, event);
    }
  }

  /** What was weighed when a claim that stands was made; undefined when nothing was, or that was not read. */
  whyOf(token: Token): AssignmentWhy | undefined {
    const body = this.#at.get(`claimed ${tokenKey(token)}`)?.body;
    return body?.kind === "claimed" ? body.why : undefined;
  }

  /** ", for 12 s (event 41)"; empty when it began before what was read. `what`: kind and token, or "ceiling KEY". */
  text(what: string, nowMs: number): string {
    const event = this.#at.get(what);
    if (event === undefined) return "";
    const forMs = this.forMs(what, nowMs);
    const long = forMs === undefined ? "from before the hub's start" : `for ${ageText(forMs)}`;
    return `, ${long} (event ${event.sequence})`;
  }

  /** undefined when it began before what was read, or on the clock of another start of the hub. */
  forMs(what: string, nowMs: number): number | undefined {
    const event = this.#at.get(what);
    return event?.epoch === this.#state.ledger.epoch ? Math.max(0, nowMs - event.hubMs) : undefined;
  }
}
