// From the ledger's events to spans: one trace for each assignment, from the moment its task was accepted to its
// outcome. The robot's decisions hang under the span of its acting (edge/traces.ts). Pure; what is remembered is
// bounded (R13).

import { type Token, tokenKey } from "../proto/claim.js";
import { ACTING_SPAN, type Span, spanIdOf, traceIdOf } from "../proto/codec/otlp.js";
import type { LedgerBody, LedgerEvent } from "../proto/ledger.js";

type Claimed = Extract<LedgerBody, { kind: "claimed" }>;
type Event = Span["events"][number];

interface Open {
  readonly body: Claimed;
  readonly claimedMs: number;
  readonly waitedFromMs: number; // since the task was accepted, or was last let go of
  readonly events: Event[];
}

const REMEMBERED_MOST = 10_000;
const EVENTS_MOST = 32;

/** The names under which the ledger knows what a span is about. */
export type Ids = Readonly<Record<string, string>>;

export class HubTraces {
  readonly #site: string;
  readonly #open = new Map<string, Open>(); // by token
  readonly #waiting = new Map<string, number>(); // task to since when

  constructor(site: string) {
    this.#site = site;
  }

  /** Takes an event that is durable, and tells the spans that end with it. */
  take({ body, wallMs }: LedgerEvent): readonly Span[] {
    switch (body.kind) {
      case "taskAccepted":
        remember(this.#waiting, body.task, wallMs);
        return [];
      case "taskEnded":
        this.#waiting.delete(body.task);
        return [];
      case "claimed":
        this.#claimed(body, wallMs);
        return [];
      case "arrived":
      case "claimLapsed":
        this.#note(body.token, { name: body.kind, atMs: wallMs, attributes: {} });
        return [];
      case "assignmentEnded":
        return this.#ended(body, wallMs);
      default:
        return [];
    }
  }

  #claimed(body: Claimed, wallMs: number): void {
    const before = [...this.#open.values()].find((one) => one.body.assignment === body.assignment);
    if (before !== undefined) {
      this.#open.delete(tokenKey(before.body.token));
      before.events.push({ name: "granted again", atMs: wallMs, attributes: { "drover.token": tokenKey(body.token) } });
    }
    const waitedFromMs = before?.waitedFromMs ?? this.#waiting.get(body.task) ?? wallMs;
    const open = { body, claimedMs: before?.claimedMs ?? wallMs, waitedFromMs, events: before?.events ?? [] };
    remember(this.#open, tokenKey(body.token), open);
  }

  #note(token: Token, event: Event): void {
    const events = this.#open.get(tokenKey(token))?.events;
    if (events !== undefined && events.length < EVENTS_MOST) events.push(event);
  }

  #ended(body: Extract<LedgerBody, { kind: "assignmentEnded" }>, wallMs: number): readonly Span[] {
    const open = this.#open.get(tokenKey(body.token));
    if (open === undefined) return []; // of a former hub
    this.#open.delete(tokenKey(body.token));
    const { body: claimed, claimedMs, waitedFromMs, events } = open;
    if (claimed.task !== "") remember(this.#waiting, claimed.task, wallMs);
    const traceId = traceIdOf(this.#site, claimed.assignment);
    const rootId = spanIdOf(traceId, "assignment");
    const isError = body.end !== "COMPLETED";
    const ids = this.#idsOf(claimed);
    const end = { "drover.end": body.end, ...(body.reason === "" ? {} : { "drover.reason": body.reason }) };
    const none = { traceId, isError: false, attributes: {}, events: [] };
    return [
      {
        ...{ traceId, spanId: rootId, parentId: "", name: "assignment", startMs: waitedFromMs, endMs: wallMs },
        ...{ attributes: { ...ids, "drover.purpose": claimed.purpose, ...end }, isError, events: [] },
      },
      {
        ...{ ...none, spanId: spanIdOf(traceId, "wait"), parentId: rootId, name: "wait" },
        ...{ startMs: waitedFromMs, endMs: claimedMs },
      },
      {
        ...{ traceId, spanId: spanIdOf(traceId, ACTING_SPAN), parentId: rootId, name: ACTING_SPAN },
        ...{ startMs: claimedMs, endMs: wallMs, attributes: { ...ids, ...end }, isError, events },
      },
    ];
  }

  #idsOf({ assignment, task, robot, destination, token }: Claimed): Ids {
    return {
      "drover.assignment": assignment,
      ...(task === "" ? {} : { "drover.task": task }),
      ...{ "drover.robot": robot, "drover.destination": destination, "drover.token": tokenKey(token) },
    };
  }
}

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.delete(key);
  known.set(key, value);
  const oldest = known.size > REMEMBERED_MOST ? known.keys().next() : null;
  if (oldest?.done === false) known.delete(oldest.value);
}
