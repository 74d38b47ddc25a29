// Backup and restore of the ledger (R5, R10; DESIGN: ledger). A backup is taken from a copy that is judged as `verify`
// judges it, while a hub may be running: all that was acknowledged before, and at most one batch more. A restore makes
// a ledger only where there is nothing, from a backup of which every record, its event and the chain of hashes were
// judged, and it gives it its name only when it is whole.

import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BackupHead, BackupWriter, isThere, readBackup } from "../../proto/codec/records-backup.js";
import { recordKey, type StorePlace } from "../../proto/codec/records-chain.js";
import { createIfNew, sweep } from "../../proto/codec/records-create.js";
import { HeadWriter, readHead, syncDirectory } from "../../proto/codec/records-head.js";
import { judgeStore, openLevel } from "../../proto/codec/records-judge.js";
import { eventOf, ledgerPlace, payloadOf } from "../../proto/codec/records-ledger.js";
import { SealedStore } from "../../proto/codec/records-store.js";
import type { ExitClass } from "../../proto/errors.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { Rebuilding } from "../core/rebuilding.js";
import { restoredEvents } from "../core/restored.js";

const RECORDS_AT_ONCE = 1000;

/** Thrown for what is not done, by the class of its reason; nothing was changed. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
  constructor(
    readonly exitClass: ExitClass,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Writes the ledger in `dataDir` to `file`, which must not exist. Throws BackupRefused, and the file system's error.
 */
export async function backupLedger(dataDir: string, file: string): Promise<BackupHead> {
  const place = ledgerPlace(dataDir);
  if (!(await isThere(join(dataDir, place.name)))) throw new BackupRefused("missing", `${dataDir} holds no ledger`);
  if (await isThere(file)) throw alreadyThere(file);
  const writer = new BackupWriter(file);
  try {
    let last: LedgerEvent | null = null;
    let fault: unknown = null; // of the disk of the backup: it says nothing of the ledger
    const take = (payload: Uint8Array, sequence: number, sealed: Uint8Array): void => {
      last = eventOf(payload, sequence);
      try {
        if (fault === null) writer.add(sealed);
      } catch (cause) {
        fault = cause;
      }
    };
    const { problems, owner, count, lastHash } = await judgeStore(place, { owner: null, take });
    if (fault !== null) throw fault;
    if (problems.length > 0 || owner === null || lastHash === null) {
      throw new BackupRefused("data", `a damaged ledger is not backed up: ${problems.join("; ")}`);
    }
    const { epoch = 0 } = (last as LedgerEvent | null) ?? {};
    const { kind, schema } = place;
    const head = { kind, owner, schema, count, hash: lastHash, epoch, takenWallMs: Date.now() };
    await writer.publish(head);
    return head;
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === "EEXIST" ? alreadyThere(file) : cause;
  } finally {
    await writer.close();
  }
}

function alreadyThere(file: string): BackupRefused {
  return new BackupRefused("usage", `${file} is there already, and no backup is overwritten; name another file`);
}

export interface RestoreOptions {
  readonly file: string;
  readonly dataDir: string; // empty, or not there yet
  readonly site: string | null; // whose ledger it must be; null: whoever's
  /** Judges the new ledger before it gets its name; what it returns is wrong with it. */
  readonly judge: (dataDir: string) => Promise<readonly string[]>;
}

/** What was restored, and how many events the restore has added. */
export type Restored = BackupHead & { readonly added: number };

/** Throws BackupRefused, BackupDamaged, and the file system's error; then `dataDir` holds what it held. */
export async function restoreLedger({ file, dataDir, site, judge }: RestoreOptions): Promise<Restored> {
  const head = await readBackup(file, (_, payload, sequence) => void eventOf(payload, sequence));
  const place = ledgerPlace(dataDir);
  if (head.kind !== place.kind || head.schema !== place.schema) {
    const found = `a ${head.kind} of schema ${head.schema}`;
    throw new BackupRefused("data", `${file}: expected a ${place.kind} of schema ${place.schema}, found ${found}`);
  }
  if (site !== null && head.owner !== site) {
    throw new BackupRefused("data", `${file}: expected the ledger of site "${site}", found that of "${head.owner}"`);
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await sweep(place); // what a restore that was killed has left
  const [first] = await readdir(dataDir);
  if (first !== undefined) {
    const found = `${dataDir} is not empty: it holds ${first}`;
    throw new BackupRefused("usage", `${found}; a ledger is restored only into an empty directory`);
  }
  const fresh = await mkdtemp(join(dataDir, `${place.name}.new-${process.pid}-`));
  try {
    const added = await build({ place: ledgerPlace(fresh), head, file });
    const problems = await judge(fresh);
    if (problems.length > 0)
      throw new BackupRefused("data", `the restored ledger is not sound: ${problems.join("; ")}`);
    // The head first: a restore that is cut short between the two is told from an empty directory.
    await rename(join(fresh, `${place.name}.head`), join(dataDir, `${place.name}.head`));
    await rename(join(fresh, place.name), join(dataDir, place.name));
    return { ...head, added };
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await syncDirectory(dataDir);
  }
}

interface Building {
  readonly place: StorePlace;
  readonly head: BackupHead;
  readonly file: string;
}

async function build({ place, head, file }: Building): Promise<number> {
  await createIfNew(place, head.owner);
  await fill({ place, head, file });
  const replay = new Rebuilding(1);
  let hubMs = 0;
  const take = (payload: Uint8Array, sequence: number): void => {
    const event = eventOf(payload, sequence);
    hubMs = event.hubMs;
    replay.take(event);
  };
  const { store } = await SealedStore.open(place, { owner: head.owner, create: false, take });
  try {
    const taken = new Date(head.takenWallMs).toISOString();
    const reason = `restored from a backup of ${taken}: what was decided after event ${head.count} is not known`;
    const added = restoredEvents(replay.state, { hubMs, wallMs: Date.now(), reason });
    await store.append(added.map(payloadOf));
    return added.length;
  } finally {
    await store.close();
  }
}

/** The records as they were sealed, so that the chain is the one of the backup. */
async function fill({ place, head, file }: Building): Promise<void> {
  const dir = join(place.dataDir, place.name);
  const level = await openLevel(dir, { create: false });
  try {
    let batch = level.batch();
    await readBackup(file, async (sealed, _, sequence) => {
      batch.put(recordKey(sequence), Buffer.from(sealed));
      if (sequence !== head.count && batch.length < RECORDS_AT_ONCE) return;
      await batch.write({ sync: true });
      batch = level.batch();
    });
    await batch.close();
  } finally {
    await level.close();
  }
  const { head: empty } = await readHead(`${dir}.head`, `${place.name}.head`);
  if (empty === null) throw new Error(`${dir}.head is gone`);
  const writer = await HeadWriter.open(`${dir}.head`, empty);
  await writer.write(head.count, head.hash);
  await writer.close();
}
