// The ledger beside LevelDB alone, the same bytes under the same keys. An append of ours seals each event, chains it by
// hash, and syncs twice: LevelDB's log, then the head that counts it, so that a lost tail is noticed. Opening reads and
// judges every byte on a copy before LevelDB may touch the store.

import { cpSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { LedgerStore } from "../../hub/io/ledger-store.js";
import { sealRecord } from "../../proto/codec/records.js";
import { recordKey } from "../../proto/codec/records-chain.js";
import { payloadOf } from "../../proto/codec/records-ledger.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { beside, type Row } from "./bench.js";
import { makeLedger, SITE, shiftEvents, take } from "./ledger-load.js";
import { interleave, perAwaitMs } from "./rounds.js";
import { atEnd, scratchDir } from "./scratch.js";

const ROUNDS = 25;
const OPEN_ROUNDS: Readonly<Record<number, number>> = { 10000: 7, 100000: 3 };
const HEAD_BYTES = 96;
const ENCODING = { keyEncoding: "utf8", valueEncoding: "buffer", compression: false } as const;

/** The bytes that LedgerStore would write for these events; the hash before is not theirs. */
function sealed(events: readonly LedgerEvent[]): [string, Buffer][] {
  return events.map((event, index) => {
    const { sequence } = event;
    const left = events.length - 1 - index;
    return [
      recordKey(sequence),
      sealRecord({ sequence, left, previous: new Uint8Array(32), payload: payloadOf(event) }),
    ];
  });
}

async function rawAppend(level: Level<string, Buffer>, records: readonly [string, Buffer][]): Promise<void> {
  const batch = level.batch();
  for (const [key, value] of records) batch.put(key, value);
  await batch.write({ sync: true });
}

async function rawHead(file: FileHandle): Promise<void> {
  await file.write(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  await file.datasync();
}

async function appendRows(): Promise<readonly Row[]> {
  const dir = scratchDir();
  const { store } = await LedgerStore.open({ dir, site: SITE, create: true });
  const level = new Level<string, Buffer>(join(dir, "raw"), ENCODING);
  await level.open();
  const head = await open(join(dir, "raw.head"), "w");
  const close = atEnd(async () => {
    await Promise.all([store.close(), level.close(), head.close()]);
  });
  const rows: Row[] = [];
  const source = shiftEvents();
  for (const size of [1, 50]) {
    const next = (): LedgerEvent[] => take(source, size);
    const own = async (): Promise<number> => {
      const events = next();
      return perAwaitMs(() => store.append(events), 1);
    };
    const other = { store: shiftEvents() };
    const records = (): [string, Buffer][] => sealed(take(other.store, size));
    const raw = async (): Promise<number> => {
      const ready = records();
      return perAwaitMs(() => rawAppend(level, ready), 1);
    };
    const twice = async (): Promise<number> => {
      const ready = records();
      return perAwaitMs(() => rawAppend(level, ready).then(() => rawHead(head)), 1);
    };
    const [ownMs, rawMs, twiceMs] = await interleave([own, raw, twice] as const, { rounds: ROUNDS });
    const figure = `append ${size} event${size === 1 ? "" : "s"}`;
    rows.push(beside({ figure, unit: "ms" }, { own: ownMs, raw: rawMs }, { what: "level batch, one sync" }));
    const what = "level batch and a second file, two syncs";
    rows.push(beside({ figure, unit: "ms" }, { own: ownMs, raw: twiceMs }, { what }));
  }
  await close();
  return rows;
}

/** Opens LevelDB and reads every value. */
export async function readAll(dir: string): Promise<number> {
  const level = new Level<string, Buffer>(dir, ENCODING);
  let bytes = 0;
  for await (const [, value] of level.iterator()) bytes += value.length;
  await level.close();
  return bytes;
}

async function openRow(count: number): Promise<Row> {
  const dir = scratchDir();
  await makeLedger(dir, count);
  const rawDir = join(scratchDir(), "raw");
  cpSync(join(dir, "ledger"), rawDir, { recursive: true });
  const own = async (): Promise<number> => {
    const startMs = performance.now();
    const { store } = await LedgerStore.open({ dir, site: SITE, create: false });
    const tookMs = performance.now() - startMs;
    if (store.count !== count) throw new Error(`expected ${count} events, found ${store.count}`);
    await store.close();
    return tookMs;
  };
  const raw = (): Promise<number> => perAwaitMs(() => readAll(rawDir), 1);
  const [ownMs, rawMs] = await interleave([own, raw] as const, { rounds: OPEN_ROUNDS[count] ?? 3, warmUp: 1 });
  const what = "level open and iteration";
  return beside({ figure: `open ${count} events, all judged`, unit: "ms" }, { own: ownMs, raw: rawMs }, { what });
}

export async function run(): Promise<readonly Row[]> {
  return [...(await appendRows()), await openRow(10_000), await openRow(100_000)];
}
