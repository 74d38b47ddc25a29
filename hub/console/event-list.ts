// The events that the page has seen, newest last and without a gap: what did not come with a frame is asked for. Pure.

import type { LedgerEvent } from "../../proto/ledger.js";

const KEPT = 2000;
/** Of more than this that are missing only the newest are asked for. */
const ASKED_MOST = 500;

export class EventList {
  #events: LedgerEvent[] = [];

  get all(): readonly LedgerEvent[] {
    return this.#events;
  }

  /** Takes what follows the newest; earlier ones are known, later ones wait until what is between was asked for. */
  add(events: readonly LedgerEvent[]): void {
    for (const event of events) {
      const last = this.#events.at(-1)?.sequence;
      if (last === undefined || event.sequence === last + 1) this.#events.push(event);
    }
    if (this.#events.length > KEPT) this.#events.splice(0, this.#events.length - KEPT);
  }

  /**
   * What to ask for when the ledger has `count` events: the first of those that are missing; null when none is.
   * Forgets what it has when too many are, and when the ledger is another, shorter one.
   */
  missing(count: number): number | null {
    const last = this.#events.at(-1)?.sequence ?? 0;
    if (last === count) return null;
    if (last < count && count - last <= ASKED_MOST) return last + 1;
    this.#events = [];
    return Math.max(1, count - ASKED_MOST + 1);
  }
}
