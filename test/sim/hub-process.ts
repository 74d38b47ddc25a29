// A hub as a process: the production core behind its production queue, on a simulated machine, disk and network. It
// stores, sends and answers exactly what the core asks, in the core's order, and can end or stop between any two of
// these. It decides nothing.

import { Hub, type HubInput } from "../../hub/core/hub.js";
import type { LedgerState } from "../../hub/core/ledger-state.js";
import { Pending } from "../../hub/core/pending.js";
import type { Dispatcher } from "../../hub/core/round.js";
import type { Site } from "../../hub/core/site.js";
import type { HubEffect } from "../../hub/core/turn.js";
import { ClockFault } from "../../proto/clock.js";
import type { Refusal } from "../../proto/errors.js";
import type { OperatorAnswer, OperatorAsk } from "../../proto/operator.js";
import type { EdgeMessage, Telemetry } from "../../proto/wire.js";
import type { HubDisk } from "./disk.js";
import type { Kernel } from "./kernel.js";
import type { Machine } from "./machine.js";
import type { End, Stream } from "./network.js";
import { Process } from "./process.js";

const TICK_MS = 50;

export interface HubWatcher {
  stepped(hub: HubProcess, input: HubInput | null, effects: readonly HubEffect[]): void;
  stored(hub: HubProcess): void;
  performed(hub: HubProcess, effect: HubEffect): void;
  ended(hub: HubProcess, why: string): void;
}

export interface HubParts {
  readonly name: string;
  readonly incarnation: string;
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly disk: HubDisk;
  readonly site: Site;
  readonly dispatcher: Dispatcher;
  readonly ledger: LedgerState; // of the disk's events
  readonly watcher: HubWatcher;
}

type Answer = (answer: OperatorAnswer | Refusal) => void;

export class HubProcess extends Process {
  readonly name: string;
  readonly hub: Hub;
  readonly machine: Machine;
  readonly disk: HubDisk;
  readonly pending: Pending;
  readonly #parts: HubParts;
  readonly #streams = new Map<number, Stream>();
  readonly #asks = new Map<number, Answer>();
  #nextAsk = 1;
  #storing = false;
  #listens = false;
  #tickWaits = false;

  constructor(parts: HubParts) {
    super();
    this.#parts = parts;
    this.name = parts.name;
    this.machine = parts.machine;
    this.disk = parts.disk;
    const { site, ledger, incarnation, dispatcher } = parts;
    this.hub = new Hub({ site, ledger, incarnation, dispatcher });
    this.#watch();
    this.pending = new Pending(this.hub);
    this.pending.start(this.#read());
    this.#pump();
    this.#tickLater();
  }

  /** Everything that it has decided is durable. */
  get settled(): boolean {
    return this.hub.state.ledger.events === this.disk.events.length;
  }

  /** Takes streams: its epoch is durable. */
  get listens(): boolean {
    return this.#listens && this.running;
  }

  /** Checkers see the effects of a step when it is made, before anything of them is durable. */
  #watch(): void {
    const { watcher } = this.#parts;
    const [start, step] = [this.hub.start.bind(this.hub), this.hub.step.bind(this.hub)];
    this.hub.start = (now) => {
      const effects = start(now);
      watcher.stepped(this, null, effects);
      return effects;
    };
    this.hub.step = (input, now) => {
      const effects = step(input, now);
      watcher.stepped(this, input, effects);
      return effects;
    };
  }

  /** A robot has opened a stream. */
  accept(stream: Stream): End<EdgeMessage> {
    this.#streams.set(stream.id, stream);
    return {
      take: (message) => this.enter(() => this.#feed({ kind: "link", stream: stream.id, message })),
      closed: () => {
        this.#streams.delete(stream.id);
        this.enter(() => this.#feed({ kind: "closed", stream: stream.id }));
      },
    };
  }

  telemetry(sample: Telemetry): void {
    if (this.#listens) this.enter(() => this.#feed({ kind: "telemetry", sample }));
  }

  /** `answer` is never called when the hub ends first. */
  ask(what: OperatorAsk, answer: Answer): void {
    this.enter(() => {
      const ask = this.#nextAsk;
      this.#nextAsk += 1;
      this.#asks.set(ask, answer);
      this.#feed({ kind: "ask", ask, what });
    });
  }

  #read() {
    return this.machine.read(this.#parts.kernel.nowUs);
  }

  #tickLater(): void {
    this.#parts.kernel.after(this.machine.lastsUs(TICK_MS), () => {
      if (this.ended) return;
      this.#tickLater();
      if (this.#tickWaits) return;
      this.#tickWaits = true;
      this.enter(() => {
        this.#tickWaits = false;
        this.#feed({ kind: "tick" });
      });
    });
  }

  #feed(input: HubInput): void {
    if (!this.#listens) return;
    try {
      const passing = this.pending.feed(input, this.#read());
      this.perform(
        passing,
        (effect) => this.#do(effect),
        () => this.#pump(),
      );
    } catch (cause) {
      if (!(cause instanceof ClockFault)) throw cause;
      this.end(cause.message);
    }
  }

  #pump(): void {
    if (this.#storing || this.ended) return;
    const batch = this.pending.next();
    if (batch === null) return;
    this.#storing = true;
    const then = () => {
      this.#storing = false;
      this.#pump();
    };
    const go = () => this.perform(batch.effects, (effect) => this.#do(effect), then);
    if (batch.events.length === 0) return go();
    this.disk.write(batch.events, (ok) =>
      this.enter(() => {
        if (!ok) return this.end("the ledger cannot be written");
        this.#listens = true;
        this.#parts.watcher.stored(this);
        go();
      }),
    );
  }

  #do(effect: HubEffect): void {
    this.#parts.watcher.performed(this, effect);
    switch (effect.kind) {
      case "append":
        return;
      case "renewed":
      case "send":
        return this.#streams.get(effect.stream)?.down(effect.message);
      case "end": {
        const stream = this.#streams.get(effect.stream);
        this.#streams.delete(effect.stream);
        stream?.close("hub", effect.code);
        return this.#feed({ kind: "closed", stream: effect.stream });
      }
      case "answer":
        this.#asks.get(effect.ask)?.(effect.answer);
        this.#asks.delete(effect.ask);
        return;
    }
  }

  protected override gone(why: string): void {
    this.disk.crash();
    for (const stream of this.#streams.values()) stream.close("hub", "the hub is gone");
    this.#streams.clear();
    this.#parts.watcher.ended(this, why);
  }
}
