// The hub's shell: feeds the core through its queue (hub/core/pending.ts), stores each batch and performs what follows
// it in order (R10). A store that fails ends the hub: it never tries the same sync again.

import type { ClockReading } from "../proto/clock.js";
import { monotonicMs, readClocks } from "../proto/codec/clock.js";
import { type Refusal, refuse } from "../proto/errors.js";
import type { LedgerEvent } from "../proto/ledger.js";
import type { OperatorAnswer, OperatorAsk } from "../proto/operator.js";
import type { HubMessage, Telemetry } from "../proto/wire.js";
import { Asked } from "./asked.js";
import { robotDetail } from "./core/console-view.js";
import { type Explanation, Story, type Stretch, stretchesOf, toAsk, withTold } from "./core/explain.js";
import type { Hub, HubInput } from "./core/hub.js";
import { Pending } from "./core/pending.js";
import type { HubEffect } from "./core/turn.js";
import { placeViews, robotViews, siteView, taskViews } from "./core/views.js";
import type { EdgeLinkOptions, LinkStream } from "./io/edge-link.js";
import type { LedgerStore } from "./io/ledger-store.js";
import type { SnapshotKeeper } from "./io/snapshot-keeper.js";
import type { HubMeters } from "./meters.js";
import type { ConsolePort } from "./operator-port.js";

const TICK_MS = 50;
/** Events that are read for a story at once: a few milliseconds of this thread. */
const READ_AT_ONCE = 250;

export interface RuntimeParts {
  readonly hub: Hub;
  readonly store: Pick<LedgerStore, "append" | "read" | "count">;
  readonly keeper?: Pick<SnapshotKeeper, "appended" | "close">; // of snapshots; none are kept without it
  readonly meters?: HubMeters; // nothing is counted without them
  readonly telemetryCounts: () => { readonly messages: number; readonly bytes: number };
  readonly onFault: (cause: Error) => void; // the hub must end
  readonly clocks?: () => ClockReading; // this machine's unless given
}

export class HubRuntime {
  readonly #parts: RuntimeParts;
  readonly #streams = new Map<number, LinkStream>();
  readonly #pending: Pending;
  readonly #asked: Asked;
  readonly #asks = new Map<number, (answer: OperatorAnswer | Refusal) => void>();
  readonly #listeners = new Set<(events: readonly LedgerEvent[]) => void>();
  #nextAsk = 1;
  #pumping: Promise<void> | null = null;
  #failed = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
    this.#pending = new Pending(parts.hub);
    this.#asked = new Asked(parts.hub.state.site.software);
  }

  /** R5: resolves when the new epoch is durable. Nothing is granted before. */
  async start(): Promise<void> {
    this.#pending.start(this.#read());
    await this.#pump();
    if (this.#failed) throw new Error("the hub's first event could not be stored");
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#parts.meters?.ticked(nowMs - lastMs - TICK_MS, monotonicMs());
      lastMs = nowMs;
      this.#feed({ kind: "tick" });
    }, TICK_MS);
  }

  /** The page of a scrape; empty without meters. */
  metrics(): string {
    const depths = { effects: this.#pending.length, asks: this.#asks.size };
    return this.#parts.meters?.page({ nowMs: monotonicMs(), wallMs: Date.now(), depths }) ?? "";
  }

  /** Takes no more input, and waits until everything decided so far is stored and sent. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#pumping;
    this.#failed = true; // takes no more input
    for (const stream of this.#streams.values()) stream.end({ code: "SITE_STOPPING", message: "the hub is stopping" });
    await this.#parts.keeper?.close(this.#state.ledger);
  }

  readonly onLink: EdgeLinkOptions["onOpen"] = (stream) => {
    this.#streams.set(stream.id, stream);
    stream.onMessage((message) => {
      if (!this.#asked.took(stream, message)) this.#feed({ kind: "link", stream: stream.id, message });
    });
    stream.onClosed(() => {
      this.#asked.closed(stream.id);
      this.#streams.delete(stream.id);
      this.#feed({ kind: "closed", stream: stream.id });
    });
  };

  readonly onTelemetry = (sample: Telemetry): void => this.#feed({ kind: "telemetry", sample });

  readonly operator: ConsolePort = {
    site: () => {
      const { messages, bytes } = this.#parts.telemetryCounts();
      return siteView(this.#state, { nowMs: monotonicMs(), telemetryReceived: messages, telemetryBytes: bytes });
    },
    robots: () => robotViews(this.#state, monotonicMs()),
    places: () => placeViews(this.#state, monotonicMs()),
    tasks: (all) => taskViews(this.#state, { all, nowMs: monotonicMs(), wallMs: Date.now() }),
    act: (what) => this.#act(what),
    events: (from, most) => this.#parts.store.read(from, most),
    eventCount: () => this.#parts.store.count,
    onEvents: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
    explain: async (id) => {
      const found = await this.#explained(id);
      const asks = found === null ? null : toAsk(this.#state, found, id);
      const told = asks === null ? null : await this.#asked.ask(asks.robot, asks.id);
      if (found !== null && told !== null) {
        const claim = told.claim === "" ? null : await this.#explained(told.claim);
        return withTold(found, told, claim?.events ?? []);
      }
      if (found !== null) return found;
      const names = "task, assignment, robot, place, fleet, decision or token";
      return refuse("UNKNOWN_ID", `cannot explain "${id}": no ${names} of that name`);
    },
    robotDetail: (id) => robotDetail(this.#state, id, monotonicMs()),
  };

  async #explained(id: string): Promise<Explanation | null> {
    let found: Explanation | null = null;
    for (const read of stretchesOf(this.#state, id, this.#parts.store.count)) {
      const story = await this.#story(id, read);
      found = story.told({ read, nowMs: monotonicMs() });
      if (story.isWhole) break;
    }
    return found;
  }

  async #story(id: string, { from, to }: Stretch): Promise<Story> {
    const story = new Story(this.#state, id);
    for (let at = from; at <= to; at += READ_AT_ONCE) {
      const events = await this.#parts.store.read(at, Math.min(READ_AT_ONCE, to - at + 1));
      for (const event of events) story.take(event);
    }
    return story;
  }

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
    try {
      const passing = this.#pending.feed(input, this.#read());
      for (const { stream, message } of passing) this.#streams.get(stream)?.send(message);
      this.#parts.meters?.took(input, passing);
    } catch (cause) {
      return this.#fail(cause as Error); // also a fault of the core: what it holds in memory may be half a step
    }
    if (this.#pending.length > 0) this.#pumping ??= this.#pump().finally(() => (this.#pumping = null));
  }

  /** The hub must end, and be started again: what it knows may be wrong, or cannot be stored. */
  #fail(cause: Error): void {
    this.#failed = true;
    for (const answer of this.#asks.values()) answer(refuse("SITE_STOPPING", cause.message));
    this.#parts.onFault(cause);
  }

  async #pump(): Promise<void> {
    for (let batch = this.#pending.next(); batch !== null && !this.#failed; batch = this.#pending.next()) {
      if (batch.events.length > 0 && !(await this.#append(batch.events))) return;
      for (const effect of batch.effects) this.#do(effect);
    }
  }

  async #append(events: readonly LedgerEvent[]): Promise<boolean> {
    const fromMs = performance.now();
    try {
      await this.#parts.store.append(events);
    } catch (cause) {
      this.#fail(new Error(`the ledger cannot be written: ${(cause as Error).message}`));
      return false;
    }
    this.#parts.meters?.appended(events, performance.now() - fromMs);
    this.#parts.keeper?.appended(this.#state.ledger);
    for (const listener of this.#listeners) listener(events);
    return true;
  }

  #do(effect: HubEffect): void {
    this.#parts.meters?.did(effect);
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
