// Judges a ledger without changing it (DESIGN: ledger): everything is read on a copy, so the evidence survives, and a
// hub may be running meanwhile. It trusts no snapshot: every event is judged, as the hub does when it has none, and the
// snapshot's state is compared, field by field, with the one that the events give.

import { join } from "node:path";
import type { Known } from "../../proto/codec/records-chain.js";
import { digestProblems } from "../../proto/codec/records-digests.js";
import { readHead } from "../../proto/codec/records-head.js";
import { judgeStore } from "../../proto/codec/records-judge.js";
import { eventOf, ledgerPlace, SNAPSHOT_NAME } from "../../proto/codec/records-ledger.js";
import { readDigests, readSnapshot, type SnapshotFile } from "../../proto/codec/records-snapshot.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { joinPieces, Rebuilding } from "../core/rebuilding.js";
import { differenceOf, fromSnapshot, snapshotOf } from "../core/snapshot.js";

export interface LedgerVerdict {
  readonly site: string | null; // whose ledger it says it is
  readonly events: number; // sequence of the last event
  readonly head: { readonly count: number; readonly hash: string } | null; // hashes in hex
  readonly lastHash: string | null;
  readonly snapshotAt: number | null; // the event after which its snapshot was taken; null without a readable one
  readonly problems: readonly string[]; // empty: sound
  readonly notes: readonly string[]; // what was found and is no damage
}

/**
 * Verifies the ledger in `dataDir`; with `site`, also that it is that site's. Never throws for damage; errors of the
 * file system (no permission, no space for the copy) are thrown as they are.
 */
export async function verifyLedger(
  dataDir: string,
  options: { readonly site?: string | undefined } = {},
): Promise<LedgerVerdict> {
  const snapshot = await readBeside(dataDir); // before the store: it never knows more than the store that is read after
  const check = typeof snapshot === "string" || snapshot === null ? null : new SnapshotCheck(snapshot);
  const take = (payload: Uint8Array, sequence: number): void => check?.take(eventOf(payload, sequence));
  const plain = (payload: Uint8Array, sequence: number): void => void eventOf(payload, sequence);
  const judging = { owner: options.site ?? null, take: check === null ? plain : take, known: check?.known };
  const judged = await judgeStore(ledgerPlace(dataDir), judging);
  const { head, lastHash } = judged;
  const sound = judged.problems.length === 0;
  const told = sound && check !== null ? await check.verdict(join(dataDir, "ledger")) : { problems: [], notes: [] };
  const unused = typeof snapshot === "string" ? [`${SNAPSHOT_NAME} cannot be used: ${snapshot}`] : [];
  return {
    site: judged.owner,
    events: judged.count,
    head: head === null ? null : { count: head.count, hash: inHex(head.hash) },
    lastHash: lastHash === null ? null : inHex(lastHash),
    snapshotAt: check?.known.count ?? null,
    problems: [...judged.problems, ...told.problems],
    notes: [...judged.notes, ...unused, ...told.notes],
  };
}

/** The snapshot, where it is that of the store whose head file stands beside it. */
async function readBeside(dataDir: string): Promise<SnapshotFile | string | null> {
  const snapshot = await readSnapshot(join(dataDir, SNAPSHOT_NAME), null);
  if (snapshot === null || typeof snapshot === "string") return snapshot;
  const { head } = await readHead(join(dataDir, "ledger.head"), "ledger.head");
  const isOwn = head === null || Buffer.compare(head.genesis, snapshot.genesis) === 0;
  return isOwn ? snapshot : "it belongs to another store";
}

/** Replays the events beside the judgement and compares at the event of the snapshot. */
class SnapshotCheck {
  readonly known: Known;
  readonly #told: unknown; // the snapshot's state
  readonly #replayed: Rebuilding;
  readonly #problems: string[] = [];
  readonly #notes: string[] = [];

  constructor({ count, hash, parts }: SnapshotFile) {
    const pieces = [...parts].flatMap(([name, values]) => values.map((value) => [name, value] as const));
    let tasksKept = 0;
    let tables: Known["tables"] = [];
    try {
      tables = (parts.get("tables") ?? []).flatMap((part) => readDigests(part, "tables"));
      const state = fromSnapshot(joinPieces(pieces));
      if (state.events !== count) throw new Error(`its state follows event ${state.events}, its hash that of ${count}`);
      tasksKept = state.tasksKept;
      this.#told = snapshotOf(state);
    } catch (cause) {
      this.#told = null;
      this.#notes.push(`${SNAPSHOT_NAME} cannot be compared: ${(cause as Error).message}`);
    }
    this.known = { name: SNAPSHOT_NAME, count, hash, tables };
    this.#replayed = new Rebuilding(tasksKept);
  }

  take(event: LedgerEvent): void {
    if (this.#told === null || event.sequence > this.known.count) return;
    this.#replayed.take(event);
    if (event.sequence < this.known.count) return;
    try {
      const difference = differenceOf(this.#told, snapshotOf(this.#replayed.state));
      const after = `after event ${event.sequence}`;
      if (difference !== null) this.#problems.push(`${SNAPSHOT_NAME}: ${after} ${difference}`);
      else this.#notes.push(`${SNAPSHOT_NAME} agrees with the events: the state ${after}`);
    } catch (cause) {
      this.#problems.push(`${SNAPSHOT_NAME}: ${(cause as Error).message}`);
    }
  }

  /** Of a ledger whose events are sound. */
  async verdict(dir: string): Promise<{ readonly problems: readonly string[]; readonly notes: readonly string[] }> {
    const wrong = await digestProblems(dir, this.known.tables);
    return { problems: [...this.#problems, ...wrong.map((text) => `${SNAPSHOT_NAME}: ${text}`)], notes: this.#notes };
  }
}

function inHex(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}
