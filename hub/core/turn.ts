// One step of the hub's core: what it reads, and the ordered effects it leaves (R10). Events are applied as they are
// made, so that later decisions of the same step see them; the shell makes them durable before it performs any later
// effect.

import { type Token, tokenKey } from "../../proto/claim.js";
import type { Refusal, RefusalCode } from "../../proto/errors.js";
import type { LedgerBody, LedgerEvent } from "../../proto/ledger.js";
import { LEDGER_SCHEMA } from "../../proto/ledger.js";
import type { OperatorAnswer } from "../../proto/operator.js";
import type { HubMessage } from "../../proto/wire.js";
import { apply } from "./apply.js";
import { type Interplay, observe, toBody } from "./interplay.js";
import type { LedgerState } from "./ledger-state.js";
import type { Movements } from "./movements.js";
import type { Asking } from "./questions.js";
import type { Site } from "./site.js";
import type { Swaps } from "./swaps.js";
import type { RobotWatch } from "./watch.js";

export type HubEffect =
  | { readonly kind: "append"; readonly events: readonly LedgerEvent[] } // durable before any effect after it
  | { readonly kind: "send"; readonly stream: number; readonly message: HubMessage }
  // waits for no append: renewals touch no disk
  | { readonly kind: "renewed"; readonly stream: number; readonly message: HubMessage }
  | { readonly kind: "end"; readonly stream: number; readonly code: RefusalCode; readonly message: string }
  | { readonly kind: "answer"; readonly ask: number; readonly answer: OperatorAnswer | Refusal };

export interface HubState {
  readonly site: Site;
  readonly incarnation: string; // R5: of this start, never used again
  readonly ledger: LedgerState;
  readonly watches: Map<string, RobotWatch>;
  readonly fleets: Map<string, FleetWatch>;
  readonly streams: Map<number, string>; // open streams to robots
  startedMs: number;
  restartUntilMs: number; // R5
  givesFromMs: number; // nothing is given before
  hubNonce: number;
  lastRoundMs: number;
  doneInMs: ReadonlyMap<string, number>; // by task, as the last round of dispatch foresaw it
  readonly recalled: Set<string>; // tasks whose robot was asked to make way for a nearer one
  nextId: number;
  submitted: number;
  readonly interplay: Interplay;
  readonly swaps: Swaps;
  readonly asking: Asking;
  readonly movements: Movements;
}

export interface FleetWatch {
  readonly id: string;
  ladder: RobotWatch["ladder"];
  stale: number;
  counted: number;
}

/** The clock readings of a step and the effects that it gathers. */
export class Turn {
  readonly state: HubState;
  readonly nowMs: number;
  readonly #wallMs: number;
  readonly #events: LedgerEvent[] = [];
  readonly #after: HubEffect[] = [];

  constructor(state: HubState, now: { readonly nowMs: number; readonly wallMs: number }) {
    this.state = state;
    this.nowMs = now.nowMs;
    this.#wallMs = now.wallMs;
  }

  /** Since 1970: for people, and for deadlines over a restart. */
  get wallMs(): number {
    return this.#wallMs;
  }

  get site(): Site {
    return this.state.site;
  }

  get ledger(): LedgerState {
    return this.state.ledger;
  }

  /** Appends an event and applies it. Throws when it contradicts the state: a fault of the core. */
  emit(body: LedgerBody): void {
    const { ledger } = this.state;
    const epoch = body.kind === "hubStarted" ? body.epoch : ledger.epoch;
    const event: LedgerEvent = {
      sequence: ledger.events + 1,
      schema: LEDGER_SCHEMA,
      epoch,
      hubMs: this.nowMs,
      wallMs: this.#wallMs,
      body,
    };
    const claimOf = (token: Token) => ledger.claims.get(tokenKey(token));
    apply(ledger, event);
    this.#events.push(event);
    const findings = observe(this.state.interplay, event, { policy: this.site.config.interplay, claimOf });
    for (const finding of findings) this.emit(toBody(finding));
  }

  /** Sends over the robot's stream after everything emitted in this step is durable. No-op without a stream. */
  send(watch: RobotWatch, message: HubMessage): void {
    if (watch.stream !== null) this.#after.push({ kind: "send", stream: watch.stream, message });
  }

  effect(effect: HubEffect): void {
    this.#after.push(effect);
  }

  effects(): readonly HubEffect[] {
    const append: HubEffect[] = this.#events.length > 0 ? [{ kind: "append", events: this.#events }] : [];
    return [...append, ...this.#after];
  }
}
