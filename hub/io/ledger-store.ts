// The hub's ledger on disk: `DATA/ledger` (LevelDB) and `DATA/ledger.head` (DESIGN: ledger; R3, R5, R10). Opening reads
// and verifies every event before anything can be granted. Flipping any byte of a stored event, cutting its tail,
// losing a file or bringing another site's store makes it fail with LedgerDamaged, and leaves the directory as it was
// found.
//
// An append resolves when its events and the head that counts them are durable: two syncs, one after the other. The
// head therefore trails by no acknowledged event, not even right after a kill; at most one batch may be newer than the
// head, and it was never acknowledged.

import { eventOf, ledgerPlace, payloadOf } from "../../proto/codec/records-ledger.js";
import { SealedStore, StoreDamaged } from "../../proto/codec/records-store.js";
import { LEDGER_SCHEMA, type LedgerEvent } from "../../proto/ledger.js";

export { StoreInUse as LedgerInUse } from "../../proto/codec/records-store.js";

/** Thrown at open: names the file or record, what is wrong, what was expected and what was found. */
export class LedgerDamaged extends StoreDamaged {
  override readonly name = "LedgerDamaged";
}

export interface OpenedLedger {
  readonly store: LedgerStore;
  readonly events: readonly LedgerEvent[]; // all, verified, in order
  readonly notes: readonly string[]; // what was found and is no damage, e.g. a torn write that was never acknowledged
}

export interface LedgerOptions {
  readonly dir: string; // the data directory; the ledger is `dir/ledger`
  readonly site: string;
  readonly create: boolean; // only at the first start: make an empty ledger where there never was one
}

export class LedgerStore {
  readonly #store: SealedStore;

  private constructor(store: SealedStore) {
    this.#store = store;
  }

  /** Throws LedgerDamaged, LedgerInUse, or the file system's error (no permission, no space). */
  static async open(options: LedgerOptions): Promise<OpenedLedger> {
    const events: LedgerEvent[] = [];
    const take = (payload: Uint8Array, sequence: number): void => {
      events.push(eventOf(payload, sequence));
    };
    try {
      const owner = { owner: options.site, create: options.create, take };
      const { store, found } = await SealedStore.open(ledgerPlace(options.dir), owner);
      return { store: new LedgerStore(store), events, notes: found.notes };
    } catch (cause) {
      if (cause instanceof StoreDamaged) throw new LedgerDamaged(`the ledger in ${options.dir}`, cause.problems);
      throw cause;
    }
  }

  /**
   * Resolves when all these events are durable. Their sequences must continue those before; an empty list is a no-op.
   * Rejects with RangeError for a gap, and nothing is written. After a write error this and every later append rejects:
   * the hub must stop granting, end, and open the ledger anew.
   */
  async append(events: readonly LedgerEvent[]): Promise<void> {
    if (this.#store.poison !== null) throw this.#store.poison;
    let expected = this.#store.nextSequence;
    for (const { sequence, schema } of events) {
      if (sequence !== expected || schema !== LEDGER_SCHEMA) {
        const wanted = `sequence ${expected} of schema ${LEDGER_SCHEMA}`;
        throw new RangeError(`cannot append an event: expected ${wanted}, found ${sequence} of ${schema}`);
      }
      expected += 1;
    }
    await this.#store.append(events.map(payloadOf));
  }

  /** Events that are durable and acknowledged. */
  get count(): number {
    return this.#store.count;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
