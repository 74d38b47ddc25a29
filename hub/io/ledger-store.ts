// The hub's ledger on disk: `DATA/ledger` (LevelDB), `DATA/ledger.head` and `DATA/ledger.snapshot` (DESIGN: ledger; R3,
// R5, R10). Opening proves every event sound before anything can be granted. Flipping any byte of a stored event,
// cutting its tail, losing a file or bringing another site's store makes it fail with LedgerDamaged, and leaves the
// directory as it was found.
//
// The snapshot spares reading what was already judged: tables of LevelDB whose SHA-256 it knows, and the replay of the
// events before it. Where it is missing, damaged or of no use everything is read. A sound snapshot that was taken after
// an event which the ledger does not have is damage, as a head that counts more is.
//
// An append resolves when its events and the head that counts them are durable: two syncs, one after the other. The
// head therefore trails by no acknowledged event, not even right after a kill; at most one batch may be newer than the
// head, and it was never acknowledged.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { genesis } from "../../proto/codec/records.js";
import type { Known } from "../../proto/codec/records-chain.js";
import { TableDigests } from "../../proto/codec/records-digests.js";
import { eventOf, ledgerPlace, payloadOf, SNAPSHOT_NAME } from "../../proto/codec/records-ledger.js";
import { readDigests, readSnapshot, type SnapshotPart, writeSnapshot } from "../../proto/codec/records-snapshot.js";
import { SealedStore, StoreDamaged } from "../../proto/codec/records-store.js";
import { LEDGER_SCHEMA, type LedgerEvent } from "../../proto/ledger.js";

export { StoreInUse as LedgerInUse } from "../../proto/codec/records-store.js";

/** Thrown at open: names the file or record, what is wrong, what was expected and what was found. */
export class LedgerDamaged extends StoreDamaged {
  override readonly name = "LedgerDamaged";
}

/** Who replays the ledger while it is read. */
export interface LedgerReplay {
  /**
   * Begins, or begins anew: with the parts of a snapshot, or with nothing (null). Returns after which event it begins;
   * those after it are taken. Throws for a snapshot that it cannot begin with.
   */
  readonly begin: (parts: Iterable<SnapshotPart> | null) => number;
  readonly take: (event: LedgerEvent) => void; // what it throws is a problem of that event
}

export interface LedgerOptions {
  readonly dir: string; // the data directory; the ledger is `dir/ledger`
  readonly site: string;
  readonly create: boolean; // only at the first start: make an empty ledger where there never was one
  readonly replay?: LedgerReplay; // without one nothing is replayed, only judged
}

export interface OpenedLedger {
  readonly store: LedgerStore;
  readonly snapshotAt: number; // the event after which the replay began; 0: all events were taken
  readonly notes: readonly string[]; // what was found and is no damage, e.g. a torn write that was never acknowledged
}

export class LedgerStore {
  readonly #store: SealedStore;
  readonly #dir: string;
  readonly #genesis: Uint8Array;
  readonly #digests: TableDigests;

  private constructor(store: SealedStore, options: LedgerOptions, known: Known | null) {
    this.#store = store;
    this.#dir = options.dir;
    this.#genesis = genesis("ledger", options.site);
    this.#digests = new TableDigests(join(options.dir, "ledger"), known?.tables ?? []);
  }

  /** Throws LedgerDamaged, LedgerInUse, or the file system's error (no permission, no space). */
  static async open(options: LedgerOptions): Promise<OpenedLedger> {
    const { dir, site, replay } = options;
    const file = join(dir, SNAPSHOT_NAME);
    const begun = beginWith(await readSnapshot(file, genesis("ledger", site)), replay);
    const notes = [...begun.notes];
    let { after } = begun;
    const again = (why: string): void => {
      notes.push(`the whole ledger was read: ${why}`);
      after = replay?.begin(null) ?? 0;
    };
    const take = (payload: Uint8Array, sequence: number): void => {
      const event = eventOf(payload, sequence);
      replay?.take(event);
    };
    const known = begun.known === null ? {} : { known: { ...begun.known, after, again } };
    try {
      const create = options.create && !existsSync(file);
      const { store, found } = await SealedStore.open(ledgerPlace(dir), { owner: site, create, take, ...known });
      const ledger = new LedgerStore(store, options, begun.known);
      return { store: ledger, snapshotAt: after, notes: [...notes, ...found.notes] };
    } catch (cause) {
      if (cause instanceof StoreDamaged) throw new LedgerDamaged(`the ledger in ${dir}`, cause.problems);
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

  /**
   * Durable events from sequence `from` on, at most `most`, each judged again; fewer or none at the end. Throws
   * RecordDamaged.
   */
  async read(from: number, most: number): Promise<readonly LedgerEvent[]> {
    const first = Math.max(1, from);
    const payloads = await this.#store.read(first, most);
    return payloads.map((payload, index) => eventOf(payload, first + index));
  }

  /**
   * Keeps a snapshot that was taken after the durable event `after`, in place of the one before. Appends and reads go
   * on meanwhile; one call at a time. Returns its size in bytes; throws the file system's error, and then the snapshot
   * before is still there.
   */
  async keepSnapshot(after: number, parts: Iterable<SnapshotPart>): Promise<number> {
    const hash = await this.#store.hashAt(after);
    const tables = await this.#digests.now();
    const head = { genesis: this.#genesis, count: after, hash };
    return writeSnapshot(join(this.#dir, SNAPSHOT_NAME), head, withTables(parts, tables));
  }

  /** The hub is to end: keeping a snapshot takes `mostMs` and a little more, at the cost of the next start. */
  hurry(mostMs: number): void {
    this.#digests.hurry(mostMs);
  }

  /** Events that are durable and acknowledged. */
  get count(): number {
    return this.#store.count;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

interface Begun {
  readonly known: Known | null;
  readonly after: number;
  readonly notes: readonly string[];
}

function beginWith(found: Awaited<ReturnType<typeof readSnapshot>>, replay: LedgerReplay | undefined): Begun {
  const unused = (why: string): string[] => [`${SNAPSHOT_NAME} is not used: ${why}`];
  const afresh = (): number => replay?.begin(null) ?? 0;
  if (found === null || typeof found === "string")
    return { known: null, after: afresh(), notes: found === null ? [] : unused(found) };
  try {
    const tables = (found.parts.get("tables") ?? []).flatMap((part) => readDigests(part, "tables"));
    const known: Known = { name: SNAPSHOT_NAME, count: found.count, hash: found.hash, tables };
    try {
      const after = replay?.begin(partsOf(found.parts)) ?? found.count;
      if (after === found.count) return { known, after, notes: [] };
      throw new Error(`its state follows event ${after}, its hash is that of ${found.count}`);
    } catch (cause) {
      const notes = unused(`only its list of tables: ${(cause as Error).message}`);
      return { known, after: afresh(), notes };
    }
  } catch (cause) {
    return { known: null, after: afresh(), notes: unused((cause as Error).message) };
  }
}

function* partsOf(parts: ReadonlyMap<string, readonly unknown[]>): Generator<SnapshotPart> {
  for (const [name, values] of parts) for (const value of values) if (name !== "tables") yield [name, value];
}

function* withTables(parts: Iterable<SnapshotPart>, tables: readonly unknown[]): Generator<SnapshotPart> {
  for (let at = 0; at < tables.length; at += 50) yield ["tables", tables.slice(at, at + 50)];
  yield* parts;
}
