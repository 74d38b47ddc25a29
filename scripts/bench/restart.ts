// How long a hub that was restarted keeps its robots waiting: its ledger opened and judged, replayed, and its first
// event, the raised epoch, durable. What R5 makes it wait after that is no cost of the machine and not counted.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { generateWarehouse } from "../../fleet-config/warehouse.js";
import { Hub, replay } from "../../hub/core/hub.js";
import { makeSite, type Site } from "../../hub/core/site.js";
import { LedgerStore } from "../../hub/io/ledger-store.js";
import { alone, type BenchOptions, beside, type Row } from "./bench.js";
import { readAll } from "./ledger.js";
import { makeLedger, SITE } from "./ledger-load.js";
import { interleave, perAwaitMs, retainedBytes } from "./rounds.js";
import { scratchDir } from "./scratch.js";

const NOW = { nowMs: 1_000_000_000, wallMs: 1_763_100_000_000 };

/** Milliseconds of the parts of one restart. */
interface Parts {
  readonly openMs: number[];
  readonly replayMs: number[];
  readonly startMs: number[];
}

function site(): Site {
  const { config, grid } = generateWarehouse({ seed: 1, robots: 6 });
  return makeSite({ config, grid, conflicts: new Map(), hash: "hash", software: "bench" });
}

async function restart(dir: string, { parts, at }: { readonly parts: Parts; readonly at: Site }): Promise<number> {
  const begunMs = performance.now();
  const { store, events } = await LedgerStore.open({ dir, site: SITE, create: false });
  const openedMs = performance.now();
  const ledger = replay(events);
  const replayedMs = performance.now();
  const hub = new Hub({ site: at, ledger, dispatcher: () => [] });
  for (const effect of hub.start(NOW)) if (effect.kind === "append") await store.append(effect.events);
  const readyMs = performance.now();
  parts.openMs.push(openedMs - begunMs);
  parts.replayMs.push(replayedMs - openedMs);
  parts.startMs.push(readyMs - replayedMs);
  await store.close();
  return readyMs - begunMs;
}

/** What the events and the state that follows from them keep in memory, in MiB: the hub holds both. */
async function memoryMb(dir: string): Promise<number> {
  const before = retainedBytes();
  const { store, events } = await LedgerStore.open({ dir, site: SITE, create: false });
  const ledger = replay(events);
  const usedMb = (retainedBytes() - before) / 2 ** 20;
  await store.close();
  return ledger.events === events.length ? usedMb : Number.NaN;
}

export async function run({ events }: BenchOptions): Promise<readonly Row[]> {
  const dir = scratchDir();
  const madeMs = await makeLedger(dir, events);
  const rawDir = join(scratchDir(), "raw");
  cpSync(join(dir, "ledger"), rawDir, { recursive: true });
  const parts: Parts = { openMs: [], replayMs: [], startMs: [] };
  const at = site();
  const own = (): Promise<number> => restart(dir, { parts, at });
  const raw = (): Promise<number> => perAwaitMs(() => readAll(rawDir), 1);
  const [ownMs, rawMs] = await interleave([own, raw] as const, { rounds: 3, warmUp: 1 });
  const figure = `${events} events to ready`;
  return [
    beside({ figure, unit: "ms" }, { own: ownMs, raw: rawMs }, { what: "level open and iteration" }),
    alone("of it opening, all judged", "ms", parts.openMs.slice(1)),
    alone("of it replay", "ms", parts.replayMs.slice(1)),
    alone("of it the first event durable", "ms", parts.startMs.slice(1)),
    alone("memory of events and state", "MB", [await memoryMb(dir)]),
    alone("writing them, 1000 to a batch", "us/event", [(madeMs * 1000) / events]),
  ];
}
