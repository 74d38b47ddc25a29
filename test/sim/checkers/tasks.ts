// R10: every task that somebody was told is accepted is known for ever and ends exactly once; a task asked for twice is
// one task; what ends as done was truly done, stop by stop; and the ledger replayed, with or without a snapshot on the
// way, gives the state that the hub has.

import { isDeepStrictEqual } from "node:util";
import type { EdgeEffect } from "../../../edge/core/types.js";
import { replay } from "../../../hub/core/hub.js";
import type { LedgerState } from "../../../hub/core/ledger-state.js";
import { tokenKey } from "../../../proto/claim.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";

interface Told {
  readonly stops: number;
  arrived: number;
  carrier: string; // robot that has its load, once it has arrived at a stop
  ended: string;
}

/** The tasks of hubs that share a ledger. */
class Book {
  readonly tasks = new Map<string, Told>();
  readonly arrived = new Set<string>(); // tokens
  readonly running = new Map<string, string>(); // token of an assignment that has not ended, to its task
  readonly claims = new Map<string, { readonly task: string; readonly destination: string; readonly robot: string }>();

  take({ body }: LedgerEvent): void {
    switch (body.kind) {
      case "taskAccepted":
        if (this.tasks.has(body.task)) throw new Violation("task-twice", `task ${body.task} is accepted twice`);
        this.tasks.set(body.task, { stops: body.stops.length, arrived: 0, carrier: "", ended: "" });
        return;
      case "taskEnded": {
        const task = this.tasks.get(body.task);
        if (task === undefined) throw new Violation("task-unknown", `task ${body.task} ends and was never accepted`);
        const running = [...this.running].find(([, of]) => of === body.task);
        if (running !== undefined)
          throw new Violation("task-ends-running", `task ${body.task} ends while a robot may act on ${running[0]}`);
        if (task.ended !== "")
          throw new Violation("task-ends-twice", `task ${body.task} ends as ${body.end} after ${task.ended}`);
        if (body.end === "END_DONE" && task.arrived !== task.stops)
          throw new Violation(
            "task-not-done",
            `task ${body.task} is done after ${task.arrived} of ${task.stops} arrivals`,
          );
        task.ended = body.end;
        return;
      }
      case "claimed": {
        const carrier = this.tasks.get(body.task)?.carrier ?? "";
        if (carrier !== "" && carrier !== body.robot)
          throw new Violation("load-elsewhere", `${body.robot} goes on with ${body.task}, whose load ${carrier} has`);
        this.claims.set(tokenKey(body.token), body);
        this.running.set(tokenKey(body.token), body.task);
        return;
      }
      case "assignmentEnded":
        if (body.end === "COMPLETED" && !this.arrived.has(tokenKey(body.token)))
          throw new Violation("completed-unarrived", `${tokenKey(body.token)} is completed, and nobody has arrived`);
        this.running.delete(tokenKey(body.token));
        return;
      case "claimFreed":
        this.running.delete(tokenKey(body.token));
        return;
      case "arrived": {
        this.arrived.add(tokenKey(body.token));
        const claim = this.claims.get(tokenKey(body.token));
        const task = this.tasks.get(claim?.task ?? "");
        if (claim === undefined || task === undefined) return;
        task.arrived += 1;
        task.carrier = claim.robot;
        return;
      }
      default: // nothing about tasks
        return;
    }
  }
}

export class Tasks {
  readonly #truth: Truth;
  readonly #books = new Map<HubProcess, Book>();
  readonly #arrivals = new Set<string>(); // robot and token
  #told = new Map<string, string>(); // task to the name under which it was asked for

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  get told(): readonly string[] {
    return [...this.#told.keys()];
  }

  /** An operator was told that the task is accepted. */
  accepted(asked: string, task: string): void {
    if (asked !== task) throw new Violation("task-renamed", `task "${asked}" was accepted as "${task}"`);
    this.#told.set(task, asked);
  }

  /** R10: an edge says that it has arrived: it truly stands there. */
  stepped(edge: EdgeProcess, effects: readonly EdgeEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "save") continue;
      for (const { kind, token } of effect.memory.outbox) {
        const key = `${edge.robot} ${tokenKey(token)}`;
        if (kind !== "ARRIVED" || this.#arrivals.has(key)) continue;
        this.#arrivals.add(key);
        const held = effect.memory.holdings.find((holding) => tokenKey(holding.token) === tokenKey(token));
        const place = this.#truth.sim.site.destinations.get(held?.destination ?? "");
        if (held === undefined || place === undefined) continue;
        const offM = this.#truth.distanceM(edge.robot, held.destination);
        if (offM > place.footprintRadiusM)
          throw new Violation(
            "arrived-elsewhere",
            `${edge.robot} says ARRIVED at ${held.destination}, ${offM.toFixed(2)} m away`,
          );
      }
    }
  }

  decided(hub: HubProcess, events: readonly LedgerEvent[]): void {
    let book = this.#books.get(hub);
    if (book === undefined) {
      book = new Book();
      for (const event of hub.disk.events) book.take(event);
      this.#books.set(hub, book);
    }
    for (const event of events) {
      book.take(event);
      if (event.body.kind === "arrived") this.#trulyArrived(book, event.body);
    }
  }

  #trulyArrived(book: Book, body: { readonly token: { readonly epoch: number; readonly counter: number } }): void {
    const claim = book.claims.get(tokenKey(body.token));
    if (claim === undefined) return;
    if (!this.#arrivals.has(`${claim.robot} ${tokenKey(body.token)}`))
      throw new Violation(
        "arrived-unsaid",
        `the hub has ${claim.robot} arrived at ${claim.destination}, which it never said`,
      );
  }

  forget(hub: HubProcess): void {
    this.#books.delete(hub);
  }

  /** People put an older ledger in place: what was accepted after it is lost with it. */
  rolledBack(events: readonly LedgerEvent[]): void {
    const kept = new Set(events.map(({ body }) => (body.kind === "taskAccepted" ? body.task : "")));
    this.#told = new Map([...this.#told].filter(([task]) => kept.has(task)));
  }

  /** What a start works on, with a snapshot or without, is what all of the events give. */
  rebuilt(events: readonly LedgerEvent[], ledger: LedgerState): void {
    const again = replay(events, ledger.tasksKept);
    if (!isDeepStrictEqual(again, ledger))
      throw new Violation("snapshot-differs", "the state that the hub starts on is not what its ledger says");
  }

  /** At a start of the hub: everything that was acknowledged is in what the disk gives back. */
  opened(ledger: LedgerState): void {
    for (const task of this.#told.keys())
      if (!ledger.tasks.has(task) && !ledger.endedIds.has(task))
        throw new Violation("task-lost", `task ${task} was accepted and the ledger does not know it`);
  }

  /** Replay of what is durable gives the state that the hub works on. */
  same(hub: HubProcess): void {
    const again = replay(hub.disk.events, hub.hub.state.ledger.tasksKept);
    if (!isDeepStrictEqual(again, hub.hub.state.ledger))
      throw new Violation("replay-differs", "the ledger replayed gives another state than the hub has");
  }
}
