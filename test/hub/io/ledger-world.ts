// Real ledgers in temporary directories, and ways to harm them.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LedgerDamaged, LedgerStore } from "../../../hub/io/ledger-store.js";
import type { LedgerEvent } from "../../../proto/ledger.js";

export const SITE = "depot";
export const LOG = /\.log$/;
export const TABLE = /\.ldb$/;

export function anEvent(sequence: number, reason = "shift 2"): LedgerEvent {
  const body = { kind: "taskEnded", task: `task-${sequence}`, end: "END_DONE", reason } as const;
  return { sequence, schema: 1, epoch: 3, hubMs: sequence * 10, wallMs: 1_763_000_000_000 + sequence, body };
}

export function events(from: number, to: number): LedgerEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => anEvent(from + index));
}

export interface Teardown {
  teardown(end: () => void): void;
}

/** A new directory, removed when the test ends. */
export function aDirectory(t: Teardown, options: { readonly below?: string } = {}): string {
  const dir = mkdtempSync(join(options.below ?? tmpdir(), "drover ledger "));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export async function open(dir: string, options: { site?: string; create?: boolean } = {}) {
  const opened = await LedgerStore.open({ dir, site: options.site ?? SITE, create: options.create ?? false });
  return { ...opened, events: await opened.store.read(1, opened.store.count) };
}

/** A closed ledger in which each of these batches was one append. */
export async function aLedger(t: Teardown, batches: readonly (readonly LedgerEvent[])[]): Promise<string> {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  for (const batch of batches) await store.append(batch);
  await store.close();
  return dir;
}

/** What kill -9 would leave of a ledger that is open in this process; in memory where that can be, for many opens. */
export function asKilled(t: Teardown, dir: string): string {
  const copy = aDirectory(t, { below: existsSync("/dev/shm") ? "/dev/shm" : tmpdir() });
  cpSync(dir, copy, { recursive: true });
  return copy;
}

/** The problems that opening finds; null when it opens. Leaves the ledger closed. */
export async function problemsAtOpen(dir: string, options: { site?: string; create?: boolean } = {}) {
  try {
    const { store } = await open(dir, options);
    await store.close();
    return null;
  } catch (cause) {
    if (!(cause instanceof LedgerDamaged)) throw cause;
    return cause.problems;
  }
}

/** Paths of the files of a data directory that carry the ledger, by what their names match. */
export function filesOf(dir: string, pattern: RegExp): string[] {
  const found = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => pattern.test(name));
  return found.map((name) => join(dir, name)).filter((path) => statSync(path).isFile());
}

/** The only file whose name matches. */
export function fileOf(dir: string, pattern: RegExp): string {
  const [file, ...more] = filesOf(dir, pattern);
  if (file === undefined || more.length > 0) throw new Error(`${pattern} in ${dir}: ${more.length + 1} files`);
  return file;
}

/** Every byte below a data directory, to see that nothing changed. */
export function bytesBelow(dir: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const file of filesOf(dir, /./)) all[file] = readFileSync(file, "latin1");
  return all;
}

/** A ledger as kill -9 leaves it: five events in LevelDB's log. */
export async function killedLedger(t: Teardown): Promise<string> {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.append(events(1, 3));
  await store.append(events(4, 5));
  const killed = asKilled(t, dir);
  await store.close();
  return killed;
}

/** A ledger whose five events LevelDB has moved to a table. */
export async function tabledLedger(t: Teardown): Promise<string> {
  const dir = await aLedger(t, [events(1, 3), events(4, 5)]);
  const { store } = await open(dir);
  await store.close();
  return asKilled(t, dir);
}

/** A ledger killed between LevelDB's sync and the head's: events 4 and 5 were written and never acknowledged. */
export async function beforeTheHead(t: Teardown): Promise<{ dir: string; acknowledged: Buffer; whole: Buffer }> {
  const dir = aDirectory(t);
  const { store } = await open(dir, { create: true });
  await store.append(events(1, 3));
  const head = readFileSync(join(dir, "ledger.head"));
  const acknowledged = readFileSync(fileOf(dir, LOG));
  await store.append(events(4, 5));
  const killed = asKilled(t, dir);
  await store.close();
  writeFileSync(join(killed, "ledger.head"), head);
  return { dir: killed, acknowledged, whole: readFileSync(fileOf(killed, LOG)) };
}
