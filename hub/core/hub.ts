// The hub's core: one incarnation of the site's authority. `step` takes an input and the clocks and returns ordered
// effects (R10). It imports nothing that can wait, send or store, so the same code runs in production, under a virtual
// clock and in replay.

import { compareTokens } from "../../proto/claim.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { NO_HOLDS } from "../../proto/mode.js";
import type { OperatorAsk } from "../../proto/operator.js";
import type { EdgeMessage, Telemetry } from "../../proto/wire.js";
import { perform } from "./acts.js";
import { apply } from "./apply.js";
import { stepClaims } from "./claims.js";
import { firstNonce } from "./identity.js";
import { noInterplay, stepInterplay } from "./interplay.js";
import { emptyLedgerState, type LedgerState } from "./ledger-state.js";
import { closed, edgeMessage, hello, stepLinks } from "./links.js";
import { holdAgain, stepModes } from "./modes.js";
import { stepMovements } from "./movements.js";
import { noAsking, stepQuestions } from "./questions.js";
import { type Dispatcher, stepRound } from "./round.js";
import { longestWaitOf, type Site } from "./site.js";
import { countAsUsed, noSwaps, stepSwaps } from "./swaps.js";
import { stepOverrides } from "./taking-over.js";
import { closeTask } from "./tasks.js";
import { type HubEffect, type HubState, Turn } from "./turn.js";
import { answeredElsewhereMs, newWatch, takeTelemetry } from "./watch.js";

export type HubInput =
  | { readonly kind: "tick" }
  | { readonly kind: "link"; readonly stream: number; readonly message: EdgeMessage }
  | { readonly kind: "closed"; readonly stream: number }
  | { readonly kind: "telemetry"; readonly sample: Telemetry }
  | { readonly kind: "ask"; readonly ask: number; readonly what: OperatorAsk };

export interface Now {
  readonly nowMs: number; // CLOCK_MONOTONIC
  readonly wallMs: number; // since 1970, for people
}

/** Replays a ledger. Throws when the events contradict each other. */
export function replay(events: Iterable<LedgerEvent>, tasksKept?: number): LedgerState {
  const ledger = emptyLedgerState(tasksKept);
  for (const event of events) apply(ledger, event);
  return ledger;
}

export class Hub {
  readonly state: HubState;
  readonly #dispatcher: Dispatcher;

  /** `incarnation`: a name for this start that no other start of any hub ever had. */
  constructor(parts: {
    readonly site: Site;
    readonly ledger: LedgerState;
    readonly dispatcher: Dispatcher;
    readonly incarnation: string;
  }) {
    this.#dispatcher = parts.dispatcher;
    this.state = {
      site: parts.site,
      incarnation: parts.incarnation,
      ledger: parts.ledger,
      watches: new Map(),
      fleets: new Map(),
      streams: new Map(),
      startedMs: 0,
      restartUntilMs: 0,
      givesFromMs: 0,
      hubNonce: firstNonce(parts.incarnation),
      lastRoundMs: 0,
      doneInMs: new Map(),
      recalled: new Set(),
      nextId: 1,
      submitted: 0,
      interplay: noInterplay(),
      swaps: noSwaps(),
      asking: noAsking(),
      movements: { lookedMs: Number.NEGATIVE_INFINITY, after: "" },
    };
  }

  /**
   * R5: to be called once, first. Raises the epoch; the effects must be durable before any robot is answered. Whatever
   * was inherited may be given away only when every lease that was ever granted has certainly lapsed on this clock.
   */
  start(now: Now): readonly HubEffect[] {
    const { state } = this;
    const { site, ledger } = state;
    const turn = new Turn(state, now);
    const inherited = ledger.epoch > 0;
    const longestWaitMs = longestWaitOf(state);
    turn.emit({
      kind: "hubStarted",
      epoch: ledger.epoch + 1,
      longestWaitMs,
      configHash: site.hash,
      software: site.software,
    });
    state.startedMs = now.nowMs;
    state.lastRoundMs = now.nowMs;
    if (inherited) countAsUsed(state, now.nowMs);
    state.restartUntilMs = inherited ? now.nowMs + longestWaitMs : now.nowMs;
    for (const robot of site.robots.values()) state.watches.set(robot.id, newWatch(robot, state.restartUntilMs));
    for (const fleet of site.fleets.values())
      state.fleets.set(fleet.id, { id: fleet.id, ladder: NO_HOLDS, stale: 0, counted: 0 });
    const isDropped = forgetPlaces(turn);
    state.givesFromMs = isDropped ? state.restartUntilMs : now.nowMs;
    endConflicts(turn);
    holdAgain(turn);
    return turn.effects();
  }

  step(input: HubInput, now: Now): readonly HubEffect[] {
    const turn = new Turn(this.state, now);
    switch (input.kind) {
      case "tick":
        stepInterplay(this.state.interplay, turn.site.config.interplay, turn.nowMs);
        stepSwaps(this.state, turn.nowMs);
        stepOverrides(turn);
        stepModes(turn);
        stepClaims(turn);
        stepLinks(turn);
        stepMovements(turn);
        stepRound(turn, this.#dispatcher);
        stepQuestions(turn);
        break;
      case "link":
        this.#link(turn, input);
        break;
      case "closed":
        closed(turn, input.stream);
        break;
      case "telemetry":
        this.#telemetry(turn, input.sample);
        break;
      case "ask":
        turn.effect({ kind: "answer", ask: input.ask, answer: perform(turn, input.what) });
        break;
    }
    return turn.effects();
  }

  #link(turn: Turn, input: { readonly stream: number; readonly message: EdgeMessage }): void {
    if (input.message.kind === "hello") {
      const known = this.state.streams.has(input.stream);
      if (!known) return hello(turn, input.stream, input.message);
    }
    const watch = this.state.watches.get(this.state.streams.get(input.stream) ?? "");
    if (watch === undefined || watch.stream !== input.stream) return; // a stream that a newer one has replaced
    edgeMessage(turn, watch, input.message);
  }

  #telemetry(turn: Turn, sample: Telemetry): void {
    const watch = this.state.watches.get(sample.robot);
    if (watch === undefined) return;
    takeTelemetry(watch, sample, { nowMs: turn.nowMs, site: turn.site });
    const heardMs = answeredElsewhereMs(watch, sample, { nowMs: turn.nowMs, site: turn.site });
    if (heardMs !== null) watch.leaseEndMs = Math.max(watch.leaseEndMs, heardMs + longestWaitOf(turn.state));
  }
}

/**
 * What the site's configuration has dropped: assignments of robots that no longer exist end, claims on destinations
 * that no longer exist are freed by whoever dropped them, and tasks that no longer have a place to go to, or whose load
 * is on a robot that no longer exists, end as failed, so that nothing waits for ever (R10). True: a claim was freed,
 * though its robot may still act on it.
 */
function forgetPlaces(turn: Turn): boolean {
  const { ledger, site } = turn;
  const exists = (destination: string) => site.destinations.has(destination);
  let isFreed = false;
  const stated = { operator: "configuration", reason: "the site no longer has this destination", seen: "" };
  for (const held of [...ledger.claims.values()]) {
    const { token } = held;
    if (exists(held.destination)) {
      if (site.robots.has(held.robot) || held.end !== null) continue;
      turn.emit({
        kind: "assignmentEnded",
        token,
        end: "ABANDONED",
        reason: "the site no longer has its robot",
        outcome: "",
      });
      closeTask(turn, held.task);
      continue; // the place stays taken until somebody has looked
    }
    if (held.end === null)
      turn.emit({ kind: "assignmentEnded", token, end: "ABANDONED", reason: stated.reason, outcome: "" });
    turn.emit({ kind: "claimFreed", token, exit: "STATED_FREE", ...stated });
    isFreed = true;
  }
  for (const id of [...ledger.open]) if (ledger.tasks.get(id)?.token.epoch === 0) closeTask(turn, id);
  return isFreed;
}

/**
 * R1: a robot on its way to a place that this site file puts in conflict with another one's lets go; of two that are on
 * their way the later one.
 */
function endConflicts(turn: Turn): void {
  const { ledger, site } = turn;
  for (const held of [...ledger.claims.values()]) {
    if (held.phase !== "assigned") continue;
    const near = site.conflicts.get(held.destination) ?? [];
    const against = near
      .map((destination) => ledger.byDestination.get(destination))
      .find((other) => other !== undefined && other.robot !== held.robot);
    if (against === undefined) continue;
    const isLater = against.phase !== "assigned" || compareTokens(held.token, against.token) > 0;
    const later = isLater ? held : against;
    const reason = `the site now has ${held.destination} and ${against.destination} in conflict`;
    turn.emit({ kind: "assignmentEnded", token: later.token, end: "ABANDONED", reason, outcome: "" });
    closeTask(turn, later.task);
  }
}
