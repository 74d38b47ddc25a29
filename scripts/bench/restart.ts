// How long a hub that was restarted keeps its robots waiting: its ledger opened and proven, its state rebuilt, and its
// first event, the raised epoch, durable. What R5 makes it wait after that is no cost of the machine and not counted.
// With its snapshot, as a hub leaves it at an orderly end, and as one leaves it that was killed 5000 events later; and
// without. Also what keeping the snapshot costs while the hub runs: its size, and how long it holds anything else up.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { generateWarehouse } from "../../fleet-config/warehouse.js";
import { Hub } from "../../hub/core/hub.js";
import type { LedgerState } from "../../hub/core/ledger-state.js";
import { piecesOf, Rebuilding } from "../../hub/core/rebuilding.js";
import { makeSite, type Site } from "../../hub/core/site.js";
import { LedgerStore } from "../../hub/io/ledger-store.js";
import { alone, type BenchOptions, beside, type Row } from "./bench.js";
import { readAll } from "./ledger.js";
import { addEvents, makeLedger, SITE } from "./ledger-load.js";
import { interleave, perAwaitMs, retainedBytes } from "./rounds.js";
import { scratchDir } from "./scratch.js";

const NOW = { nowMs: 1_000_000_000, wallMs: 1_763_100_000_000 };
const LONG = 1_000_000;
const TAIL = 5000;
const TASKS_KEPT = 5000;

interface Ready {
  readonly store: LedgerStore;
  readonly state: LedgerState;
  readonly snapshotAt: number;
  readonly openMs: number; // the ledger proven and its state rebuilt
  readonly startMs: number; // the first event durable
}

function site(): Site {
  const { config, grid } = generateWarehouse({ seed: 1, robots: 6 });
  return makeSite({ config, grid, conflicts: new Map(), hash: "hash", software: "bench" });
}

/** What a hub does until it may answer. Throws when the ledger was read in another way than it should be. */
async function start(dir: string, at: Site): Promise<Ready> {
  const begunMs = performance.now();
  const replay = new Rebuilding(TASKS_KEPT);
  const { store, snapshotAt, notes } = await LedgerStore.open({ dir, site: SITE, create: false, replay });
  const openedMs = performance.now();
  const hub = new Hub({ incarnation: "h1", site: at, ledger: replay.state, dispatcher: () => [] });
  for (const effect of hub.start(NOW)) if (effect.kind === "append") await store.append(effect.events);
  const readyMs = performance.now();
  if (notes.length > 0) throw new Error(notes.join("; "));
  return { store, state: replay.state, snapshotAt, openMs: openedMs - begunMs, startMs: readyMs - openedMs };
}

/** What the state that follows from the events keeps in memory, in MiB. */
async function memoryMb(dir: string, at: Site): Promise<number> {
  const before = retainedBytes();
  const { store, state } = await start(dir, at);
  const usedMb = (retainedBytes() - before) / 2 ** 20;
  await store.close();
  return state.events === 0 ? Number.NaN : usedMb;
}

interface Kept {
  readonly ready: Ready;
  readonly tookMs: number;
  readonly heldMs: number;
  readonly stallMs: number;
  readonly bytes: number;
}

/** Starts on a ledger, keeps a snapshot as a hub does while it runs, and ends. */
async function keep(dir: string, at: Site): Promise<Kept> {
  const ready = await start(dir, at);
  const { store, state } = ready;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  const takenMs = performance.now();
  const pieces = piecesOf(state);
  const heldMs = performance.now() - takenMs;
  const bytes = await store.keepSnapshot(state.events, pieces);
  const tookMs = performance.now() - takenMs;
  delay.disable();
  await store.close();
  return { ready, tookMs, heldMs, stallMs: delay.max / 1e6, bytes };
}

function keptRows(what: string, kept: readonly Kept[]): readonly Row[] {
  const row = (figure: string, unit: string, of: (one: Kept) => number): Row =>
    alone(`${what}: ${figure}`, unit, kept.map(of));
  return [
    row("written beside all else", "ms", ({ tookMs }) => tookMs),
    row("taking the state", "ms", ({ heldMs }) => heldMs),
    row("longest stall of the event loop", "ms", ({ stallMs }) => stallMs),
    row("its size", "MB", ({ bytes }) => bytes / 2 ** 20),
  ];
}

async function rowsFor(events: number): Promise<readonly Row[]> {
  const dir = scratchDir();
  const madeMs = await makeLedger(dir, events);
  const rawDir = join(scratchDir(), "raw");
  cpSync(join(dir, "ledger"), rawDir, { recursive: true });
  const at = site();
  const first = await keep(dir, at);
  const later: Kept[] = [];
  const own = async (): Promise<number> => {
    const kept = await keep(dir, at);
    later.push(kept);
    return kept.ready.openMs + kept.ready.startMs;
  };
  const raw = (): Promise<number> => perAwaitMs(() => readAll(rawDir), 1);
  const [ownMs, rawMs] = await interleave([own, raw] as const, { rounds: 3, warmUp: 1 });
  await addEvents(dir, TAIL);
  const killed = await start(dir, at);
  await killed.store.close();
  const named = `${events} events`;
  const what = "level open and iteration";
  return [
    beside({ figure: `${named} to ready`, unit: "ms" }, { own: ownMs, raw: rawMs }, { what }),
    alone(
      "of it opening: proof and state",
      "ms",
      later.slice(1).map(({ ready }) => ready.openMs),
    ),
    alone(
      "of it the first event durable",
      "ms",
      later.slice(1).map(({ ready }) => ready.startMs),
    ),
    alone(`${named} to ready, snapshot ${TAIL} old`, "ms", [killed.openMs + killed.startMs]),
    alone(`${named} to ready without snapshot`, "ms", [first.ready.openMs + first.ready.startMs]),
    ...keptRows(`${events}: first snapshot`, [first]),
    ...keptRows(`${events}: snapshot`, later),
    alone(`${events}: memory of the state`, "MB", [await memoryMb(dir, at)]),
    alone(`${events}: writing them, 1000 to a batch`, "us/event", [(madeMs * 1000) / events]),
  ];
}

export async function run({ events }: BenchOptions): Promise<readonly Row[]> {
  const rows = [...(await rowsFor(events))];
  if (events < LONG) rows.push(...(await rowsFor(LONG)));
  return rows;
}
