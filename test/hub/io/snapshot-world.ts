// Ledgers that a hub can replay, with and without a snapshot of theirs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Level } from "level";
import { piecesOf, Rebuilding } from "../../../hub/core/rebuilding.js";
import { LedgerDamaged, LedgerStore } from "../../../hub/io/ledger-store.js";
import { LEDGER_SCHEMA, type LedgerBody, type LedgerEvent } from "../../../proto/ledger.js";
import { stateText } from "../core/site-under-test.js";
import { aDirectory, SITE, type Teardown } from "./ledger-world.js";

export const SNAPSHOT = "ledger.snapshot";
const TASKS_KEPT = 20;
const said = { operator: "ada", reason: "r".repeat(60) };

function bodyOf(sequence: number): LedgerBody {
  if (sequence === 1) return { kind: "hubStarted", epoch: 1, longestWaitMs: 9, configHash: "0", software: "0" };
  const turn = (sequence - 2) % 5;
  const first = sequence - turn;
  const token = { epoch: 1, counter: first };
  const task = `t${first}`;
  const ends = { reason: "done", outcome: "" } as const;
  if (turn === 0)
    return { kind: "taskAccepted", task, stops: [{ destinations: ["A"] }], fleet: "", dwellMs: 0, ...said };
  if (turn === 1) {
    const of = { task, stopIndex: 0, leaseMs: 3000 };
    const by = { assignment: `a${first}`, robot: "r1", destination: "A", purpose: "TASK" } as const;
    return { kind: "claimed", token, ...by, ...of };
  }
  if (turn === 2) return { kind: "assignmentEnded", token, end: "COMPLETED", ...ends };
  if (turn === 3) return { kind: "claimFreed", token, exit: "LEFT", ...said, seen: "" };
  return { kind: "taskEnded", task, end: "END_DONE", reason: "" };
}

/** Events of a shift, possible from the first on. */
export function shift(from: number, to: number): LedgerEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const sequence = from + index;
    return { sequence, schema: LEDGER_SCHEMA, epoch: 1, hubMs: sequence, wallMs: sequence, body: bodyOf(sequence) };
  });
}

/** Opens as a hub does. */
export async function start(dir: string, options: { readonly site?: string; readonly create?: boolean } = {}) {
  const replay = new Rebuilding(TASKS_KEPT);
  const taken: number[] = [];
  const { site = SITE, create = false } = options;
  const counting = {
    begin: replay.begin,
    take: (event: LedgerEvent) => {
      taken.push(event.sequence);
      replay.take(event);
    },
  };
  const opened = await LedgerStore.open({ dir, site, create, replay: counting });
  return { ...opened, state: replay.state, taken };
}

/** What a start gives, as one text; its notes and problems. The ledger is closed again. */
export async function started(dir: string, options: { readonly site?: string; readonly create?: boolean } = {}) {
  try {
    const { store, state, notes, snapshotAt, taken } = await start(dir, options);
    await store.close();
    return { text: stateText(state), notes: notes.join("\n"), snapshotAt, taken: taken.length, problems: "" };
  } catch (cause) {
    if (!(cause instanceof LedgerDamaged)) throw cause;
    return { text: "", notes: "", snapshotAt: -1, taken: -1, problems: cause.problems.join("\n") };
  }
}

/** The text of the state after `count` events of a shift. */
export function stateAfter(count: number): string {
  const replay = new Rebuilding(TASKS_KEPT);
  for (const event of shift(1, count)) replay.take(event);
  return stateText(replay.state);
}

/** Appends up to event `to`, and keeps a snapshot when asked. */
export async function workOn(dir: string, to: number, options: { readonly keep: boolean }): Promise<void> {
  const { store, state } = await start(dir, { create: true });
  for (let at = store.count + 1; at <= to; at += 40) await store.append(shift(at, Math.min(to, at + 39)));
  if (options.keep) {
    const replay = new Rebuilding(TASKS_KEPT);
    for (const event of shift(1, to)) replay.take(event);
    await store.keepSnapshot(to, piecesOf(state.events === to ? state : replay.state));
  }
  await store.close();
}

/** A closed ledger: `before` events in tables, a snapshot after them, `after` more in the log. */
export async function snapshotted(t: Teardown, { before = 200, after = 30 } = {}): Promise<string> {
  const dir = aDirectory(t, { below: "/dev/shm" });
  await workOn(dir, before, { keep: false });
  await workOn(dir, before, { keep: true });
  await workOn(dir, before + after, { keep: false });
  return dir;
}

export function snapshotBytes(dir: string): Buffer {
  return readFileSync(join(dir, SNAPSHOT));
}

export async function withLevel(dir: string, act: (level: Level<string, Buffer>) => Promise<void>): Promise<void> {
  const options = { keyEncoding: "utf8", valueEncoding: "buffer", compression: false } as const;
  const level = new Level<string, Buffer>(join(dir, "ledger"), options);
  await level.open();
  await act(level);
  await level.close();
}
