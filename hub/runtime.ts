// The hub's shell: feeds the core, and performs its effects in order. R10: whatever follows an append waits until that
// append is durable; appends that are waiting together become one synced batch. Answers to renewals touch no disk and
// pass by, since they rest on nothing that is not yet stored. A store that fails ends the hub: it never tries the same
// sync again.

import { type ClockReading, clockAnomaly } from "../proto/clock.js";
import { monotonicMs, readClocks } from "../proto/codec/clock.js";
import { type Refusal, refuse } from "../proto/errors.js";
import type { LedgerEvent } from "../proto/ledger.js";
import type { OperatorAnswer, OperatorAsk } from "../proto/operator.js";
import type { HubMessage, Telemetry } from "../proto/wire.js";
import { explain } from "./core/explain.js";
import type { Hub, HubInput } from "./core/hub.js";
import type { HubEffect } from "./core/turn.js";
import { placeViews, robotViews, siteView, taskViews } from "./core/views.js";
import type { EdgeLinkOptions, LinkStream } from "./io/edge-link.js";
import type { LedgerStore } from "./io/ledger-store.js";
import type { OperatorPort } from "./io/operator-service.js";

const TICK_MS = 50;

export interface RuntimeParts {
  readonly hub: Hub;
  readonly store: Pick<LedgerStore, "append">;
  readonly events: readonly LedgerEvent[]; // replayed
  readonly telemetryCounts: () => { readonly messages: number; readonly bytes: number };
  readonly onFault: (cause: Error) => void; // the hub must end
  readonly clocks?: () => ClockReading; // this machine's unless given
}

export class HubRuntime {
  readonly #parts: RuntimeParts;
  readonly #streams = new Map<number, LinkStream>();
  readonly #queue: HubEffect[] = [];
  readonly #asks = new Map<number, (answer: OperatorAnswer | Refusal) => void>();
  readonly #history: LedgerEvent[];
  readonly #listeners = new Set<(events: readonly LedgerEvent[]) => void>();
  #nextAsk = 1;
  #pumping: Promise<void> | null = null;
  #failed = false;
  #clocks: ClockReading | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
    this.#history = [...parts.events];
  }

  /** R5: resolves when the new epoch is durable. Nothing is granted before. */
  async start(): Promise<void> {
    const clocks = this.#read();
    this.#clocks = clocks;
    this.#perform(this.#parts.hub.start({ nowMs: clocks.monotonicMs, wallMs: clocks.wallMs }));
    await this.#pumping;
    if (this.#failed) throw new Error("the hub's first event could not be stored");
    this.#timer = setInterval(() => this.#feed({ kind: "tick" }), TICK_MS);
  }

  /** Takes no more input, and waits until everything decided so far is stored and sent. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#pumping;
    this.#failed = true; // takes no more input
    for (const stream of this.#streams.values()) stream.end({ code: "SITE_STOPPING", message: "the hub is stopping" });
  }

  readonly onLink: EdgeLinkOptions["onOpen"] = (stream) => {
    this.#streams.set(stream.id, stream);
    stream.onMessage((message) => this.#feed({ kind: "link", stream: stream.id, message }));
    stream.onClosed(() => {
      this.#streams.delete(stream.id);
      this.#feed({ kind: "closed", stream: stream.id });
    });
  };

  readonly onTelemetry = (sample: Telemetry): void => this.#feed({ kind: "telemetry", sample });

  readonly operator: OperatorPort = {
    site: () => {
      const { messages, bytes } = this.#parts.telemetryCounts();
      return siteView(this.#state, { nowMs: monotonicMs(), telemetryReceived: messages, telemetryBytes: bytes });
    },
    robots: () => robotViews(this.#state, monotonicMs()),
    places: () => placeViews(this.#state, monotonicMs()),
    tasks: (all) => taskViews(this.#state, { all, nowMs: monotonicMs(), wallMs: Date.now() }),
    act: (what) => this.#act(what),
    events: async (from, most) => this.#history.slice(Math.max(0, from - 1), Math.max(0, from - 1) + most),
    eventCount: () => this.#history.length,
    onEvents: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
    explain: async (id) => {
      const found = explain(this.#state, id, { history: this.#history, nowMs: monotonicMs() });
      return (
        found ?? refuse("UNKNOWN_ID", `cannot explain "${id}": no task, assignment, robot, place or token of that name`)
      );
    },
  };

  #read(): ClockReading {
    return (this.#parts.clocks ?? readClocks)();
  }

  get #state() {
    return this.#parts.hub.state;
  }

  #act(what: OperatorAsk): Promise<OperatorAnswer | Refusal> {
    if (this.#failed) return Promise.resolve(refuse("SITE_STOPPING", "the hub is stopping"));
    const ask = this.#nextAsk;
    this.#nextAsk += 1;
    return new Promise((resolve) => {
      this.#asks.set(ask, resolve);
      this.#feed({ kind: "ask", ask, what });
    });
  }

  #feed(input: HubInput): void {
    if (this.#failed) return;
    const clocks = this.#read();
    const anomaly = this.#clocks === null ? "none" : clockAnomaly(this.#clocks, clocks);
    this.#clocks = clocks;
    // R3, R6: while this machine slept its clock stood still, and nothing that it knows of robots is as young as it
    // seems.
    if (anomaly === "suspended" || anomaly === "backwards")
      return this.#fail(new Error(`this machine's clock: ${anomaly}`));
    this.#perform(this.#parts.hub.step(input, { nowMs: clocks.monotonicMs, wallMs: clocks.wallMs }));
  }

  /** The hub must end, and be started again: what it knows may be wrong, or cannot be stored. */
  #fail(cause: Error): void {
    this.#failed = true;
    for (const answer of this.#asks.values()) answer(refuse("SITE_STOPPING", cause.message));
    this.#parts.onFault(cause);
  }

  #perform(effects: readonly HubEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "renewed") this.#streams.get(effect.stream)?.send(effect.message);
      else this.#queue.push(effect);
    }
    if (this.#queue.length > 0) this.#pumping ??= this.#pump().finally(() => (this.#pumping = null));
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0 && !this.#failed) {
      const batch = this.#queue.splice(0);
      const events = batch.flatMap((effect) => (effect.kind === "append" ? effect.events : []));
      if (events.length > 0 && !(await this.#append(events))) return;
      for (const effect of batch) this.#do(effect);
    }
  }

  async #append(events: readonly LedgerEvent[]): Promise<boolean> {
    try {
      await this.#parts.store.append(events);
    } catch (cause) {
      this.#fail(new Error(`the ledger cannot be written: ${(cause as Error).message}`));
      return false;
    }
    this.#history.push(...events);
    for (const listener of this.#listeners) listener(events);
    return true;
  }

  #do(effect: HubEffect): void {
    switch (effect.kind) {
      case "append":
      case "renewed":
        return;
      case "send":
        return this.#send(effect.stream, effect.message);
      case "end":
        return this.#streams.get(effect.stream)?.end({ code: effect.code, message: effect.message });
      case "answer": {
        this.#asks.get(effect.ask)?.(effect.answer);
        this.#asks.delete(effect.ask);
        return;
      }
    }
  }

  #send(stream: number, message: HubMessage): void {
    this.#streams.get(stream)?.send(message);
  }
}
