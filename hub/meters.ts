// The hub's metrics (fleet-config/observability/hub-metrics.ts): counted in the shell from what goes into the core and
// what comes out of it, and read from the core's state when somebody scrapes. The core knows nothing of them.

import { Meters, type Put } from "../fleet-config/observability/exposition.js";
import { HUB_METRICS } from "../fleet-config/observability/hub-metrics.js";
import { closed } from "../fleet-config/observability/table.js";
import { REFUSALS } from "../proto/errors.js";
import { ASSIGNMENT_ENDS, DEADLINE_VERDICTS, FREE_EXITS, type LedgerBody, type LedgerEvent } from "../proto/ledger.js";
import { CAUSES, severity } from "../proto/mode.js";
import { QUESTIONS, typeOf } from "../proto/questions.js";
import { PURPOSES } from "../proto/wire.js";
import type { HubInput } from "./core/hub.js";
import { decisionViews } from "./core/questions.js";
import type { HubEffect, HubState } from "./core/turn.js";
import { type Depths, putHub } from "./readings.js";

/** Ticks between two looks at the questions that wait. */
const LOOK_EACH = 20;

/** Telemetry messages that came, and the bytes of their payloads. */
type TelemetryCounts = () => { readonly messages: number; readonly bytes: number };

interface HubMetersParts {
  readonly state: HubState;
  readonly telemetryCounts: TelemetryCounts;
  readonly certificateLeft: () => number | null; // of the life of the hub's own, from 1 to 0; null without TLS
}

export class HubMeters {
  readonly #meters = new Meters(HUB_METRICS);
  readonly #state: HubState;
  readonly #parts: HubMetersParts;
  #waiting = new Map<string, number>(); // subject of a question to how long it has waited
  readonly #asked = new Map<string, number>(); // question that waits to when it was first asked, hub's clock
  #ticks = 0;

  constructor(parts: HubMetersParts) {
    this.#state = parts.state;
    this.#parts = parts;
    const meters = this.#meters;
    for (const purpose of PURPOSES) meters.add("drover_hub_grants_total", { purpose }, 0);
    for (const exit of FREE_EXITS) meters.add("drover_hub_claims_freed_total", { exit }, 0);
    for (const end of ASSIGNMENT_ENDS) meters.add("drover_hub_assignments_ended_total", { end }, 0);
    for (const granted of ["yes", "no"]) meters.add("drover_hub_renewals_total", { granted }, 0);
    for (const verdict of DEADLINE_VERDICTS) meters.add("drover_hub_deadlines_told_total", { verdict }, 0);
    for (const type of Object.keys(QUESTIONS))
      for (const event of ["asked", "answered", "expired", "withdrawn"])
        meters.add("drover_hub_questions_total", { type, event }, 0);
    for (const { id } of this.#state.ledger.questions.values()) this.#asked.set(id, this.#state.startedMs);
    meters.add("drover_hub_claims_lapsed_total", {}, 0);
    meters.add("drover_hub_links_turned_away_total", {}, 0);
  }

  /** A tick came `lateMs` after it should have. */
  ticked(lateMs: number, nowMs: number): void {
    this.#meters.observe("drover_hub_tick_delay_seconds", {}, Math.max(0, lateMs) / 1000);
    this.#ticks += 1;
    if (this.#ticks % LOOK_EACH === 0) this.#look(nowMs);
  }

  /** Questions that are gone since the last look were answered, or withdrawn (R12). */
  #look(nowMs: number): void {
    const now = new Map(decisionViews(this.#state, nowMs).map(({ id, waitingMs }) => [id, waitingMs]));
    for (const [id, waitedMs] of this.#waiting)
      if (!now.has(id)) this.#meters.observe("drover_hub_question_wait_seconds", {}, waitedMs / 1000);
    this.#waiting = now;
  }

  /** An input that the core took, and its answers that wait for no append. A lease of no time is a no (R8). */
  took(input: HubInput, answers: readonly Extract<HubEffect, { kind: "renewed" }>[]): void {
    if (input.kind !== "link") return;
    const { message } = input;
    if (message.kind === "renew") {
      const isGranted = answers.some(({ message: answer }) => answer.kind === "renewed" && answer.leaseMs > 0);
      this.#meters.add("drover_hub_renewals_total", { granted: isGranted ? "yes" : "no" });
    }
    if (message.kind === "grantAnswer" && !message.accepted)
      this.#meters.add("drover_hub_grants_refused_total", { code: closed(message.refusal, REFUSALS) });
  }

  did(effect: HubEffect): void {
    switch (effect.kind) {
      case "append":
      case "renewed":
        return;
      case "send":
        if (effect.message.kind === "refused") this.#refused(effect.message.code, "robot");
        return;
      case "end":
        return this.#refused(effect.code, "robot");
      case "answer":
        if ("code" in effect.answer) this.#refused(String(effect.answer.code), "operator");
        return;
    }
  }

  /** A call that never reached the core: nobody known asked, or one without the right (R12). */
  denied(code: string): void {
    this.#refused(code, "operator");
  }

  turnedAway(): void {
    this.#meters.add("drover_hub_links_turned_away_total", {});
  }

  #refused(code: string, to: string): void {
    this.#meters.add("drover_hub_refusals_total", { code: closed(code, REFUSALS), to });
  }

  /** A batch of events is durable, `tookMs` after it was given to the store. */
  appended(events: readonly LedgerEvent[], tookMs: number): void {
    this.#meters.observe("drover_hub_ledger_append_seconds", {}, tookMs / 1000);
    for (const { body, hubMs } of events) {
      this.#meters.add("drover_hub_ledger_events_total", { kind: body.kind });
      this.#stored(body);
      this.#question(body, hubMs);
    }
  }

  /** R12: how many, and how long people took. One that another start asked counts from this start. */
  #question(body: LedgerBody, hubMs: number): void {
    if (!("question" in body)) return;
    const { question, kind } = body;
    const type = typeOf(question) ?? "other";
    const event = kind.slice("question".length).toLowerCase();
    const askedMs = this.#asked.get(question);
    if (kind === "questionAsked") {
      this.#asked.set(question, askedMs ?? hubMs);
      if (askedMs !== undefined) return; // asked anew, as another version
    } else this.#asked.delete(question);
    this.#meters.add("drover_hub_questions_total", { type, event });
    if (kind !== "questionAnswered" || askedMs === undefined) return;
    this.#meters.observe("drover_hub_question_answer_seconds", { type }, Math.max(0, hubMs - askedMs) / 1000);
  }

  #stored(body: LedgerBody): void {
    const meters = this.#meters;
    if (body.kind === "claimed") meters.add("drover_hub_grants_total", { purpose: body.purpose });
    if (body.kind === "claimLapsed") meters.add("drover_hub_claims_lapsed_total", {});
    if (body.kind === "claimFreed") meters.add("drover_hub_claims_freed_total", { exit: body.exit });
    if (body.kind === "assignmentEnded") meters.add("drover_hub_assignments_ended_total", { end: body.end });
    if (body.kind === "deadlineTold") meters.add("drover_hub_deadlines_told_total", { verdict: body.verdict });
    if (body.kind !== "modeChanged" || severity(body.to) <= severity(body.from)) return;
    const scope = body.robot === "" ? "fleet" : "robot";
    meters.add("drover_hub_downgrades_total", { scope, cause: closed(body.cause, CAUSES), to: body.to });
  }

  /** The page of a scrape. */
  page(at: { readonly nowMs: number; readonly wallMs: number; readonly depths: Depths }): string {
    return this.#meters.page((put: Put<typeof HUB_METRICS>) => {
      const { telemetryCounts, certificateLeft } = this.#parts;
      putHub(put, this.#state, { ...at, telemetry: telemetryCounts(), certificateLeft: certificateLeft() });
    });
  }
}
