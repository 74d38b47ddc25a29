// What people have taken over stays so, over crashes too, until they give it back or its time has truly passed: a
// drained robot is given no task, a paused task no robot, and an override neither ends early nor gets lost. Judged from
// the events alone and in true time.

import { scopeKey } from "../../../hub/core/ledger-state.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import type { HubProcess } from "../hub-process.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";

type Body<K extends LedgerBody["kind"]> = Extract<LedgerBody, { kind: K }>;

interface Override {
  readonly scope: string;
  readonly rung: string;
  readonly forMs: number;
  readonly sinceUs: number | undefined; // undefined: set by a hub that nobody watched
}

/** What the events of one ledger have said. */
class Book {
  readonly drained = new Set<string>();
  readonly paused = new Set<string>();
  readonly carriers = new Map<string, string>(); // task to the robot that has its load
  readonly claims = new Map<string, Body<"claimed">>(); // by assignment
  readonly byHub = new Set<string>(); // scopes
  readonly overrides = new Map<string, Override>();

  take(body: LedgerBody, atUs: number | undefined): void {
    if (body.kind === "robotDrained") this.drained.add(body.robot);
    if (body.kind === "robotUndrained") this.drained.delete(body.robot);
    if (body.kind === "taskPaused") this.paused.add(body.task);
    if (body.kind === "taskResumed") this.paused.delete(body.task);
    if (body.kind === "claimed") this.#claimed(body);
    if (body.kind === "arrived") this.#arrived(body);
    if (body.kind === "ceilingSet") this.#set(body, atUs);
    if (body.kind === "ceilingEnded") this.overrides.delete(`${scopeKey(body)} ${body.rung}`);
    if (body.kind !== "ceilingCleared") return;
    if (this.byHub.delete(scopeKey(body))) return;
    for (const [key, { scope }] of this.overrides) if (scope === scopeKey(body)) this.overrides.delete(key);
  }

  #claimed(body: Body<"claimed">): void {
    const isNew = !this.claims.has(body.assignment);
    this.claims.set(body.assignment, body);
    if (body.task === "" || !isNew) return; // an assignment that goes on under a higher token
    if (this.drained.has(body.robot) && this.carriers.get(body.task) !== body.robot)
      throw new Violation("drained-given", `${body.robot} is drained, and is given ${body.task}`);
    if (this.paused.has(body.task))
      throw new Violation("paused-given", `${body.task} is paused, and is given to ${body.robot}`);
  }

  #arrived({ token }: Body<"arrived">): void {
    for (const claim of this.claims.values())
      if (claim.token.epoch === token.epoch && claim.token.counter === token.counter && claim.task !== "")
        this.carriers.set(claim.task, claim.robot);
  }

  #set(body: Body<"ceilingSet">, sinceUs: number | undefined): void {
    const scope = scopeKey(body);
    if (body.operator === "hub") this.byHub.add(scope);
    if (body.forMs === undefined) return;
    this.overrides.set(`${scope} ${body.rung}`, { scope, rung: body.rung, forMs: body.forMs, sinceUs });
  }
}

export class TakenOver {
  readonly #truth: Truth;
  readonly #books = new Map<HubProcess, Book>();
  readonly #decidedUs = new Map<string, number>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  decided(hub: HubProcess, events: readonly LedgerEvent[]): void {
    const book = this.#bookOf(hub);
    for (const event of events) {
      const { body } = event;
      if (body.kind === "ceilingEnded") this.#ended(book, body);
      this.#decidedUs.set(nameOf(hub, event), this.#truth.nowUs);
      book.take(body, this.#truth.nowUs);
    }
  }

  #ended(book: Book, body: Body<"ceilingEnded">): void {
    const override = book.overrides.get(`${scopeKey(body)} ${body.rung}`);
    if (override?.sinceUs === undefined) return;
    const passedMs = (this.#truth.nowUs - override.sinceUs) / 1000;
    if (passedMs < override.forMs)
      throw new Violation(
        "override-early",
        `${body.rung} for ${override.scope} ends after ${passedMs.toFixed(0)} ms of ${override.forMs}`,
      );
  }

  /** After a tick of the hub. */
  hub(hub: HubProcess): void {
    const { ceilings } = hub.hub.state.ledger;
    for (const { scope, rung } of this.#bookOf(hub).overrides.values())
      if (
        ![...ceilings.values()].some((one) => scopeKey(one) === scope && one.rung === rung && one.forMs !== undefined)
      )
        throw new Violation("override-lost", `${rung} for ${scope} was to stand for a time, and is gone`);
  }

  forget(hub: HubProcess): void {
    this.#books.delete(hub);
  }

  #bookOf(hub: HubProcess): Book {
    let book = this.#books.get(hub);
    if (book !== undefined) return book;
    book = new Book();
    for (const event of hub.disk.events) book.take(event.body, this.#decidedUs.get(nameOf(hub, event)));
    this.#books.set(hub, book);
    return book;
  }
}

/** Of one decision: a ledger that lost its tail has other events under the same sequence in a later epoch. */
function nameOf(hub: HubProcess, { epoch, sequence }: LedgerEvent): string {
  return `${hub.name} ${epoch}.${sequence}`;
}
