// `drover-edge explain`: a decision from its inputs to what became of it, and what the robot heard meanwhile, out of
// the history of a data directory. It is read from a copy, so that a robot that drives may be asked.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyStore } from "../../proto/codec/records-files.js";
import type { DecisionRecord, FormerDecision } from "../core/record.js";
import { recordOf } from "./decisions.js";
import { HISTORY, History } from "./history.js";
import { RecordingRefused } from "./read.js";

/** A decision as it was found; `end` is null while no later one is known to have ended it. */
export interface Explained {
  readonly record: DecisionRecord;
  readonly wallMs: number;
  readonly end: (FormerDecision & { readonly by: string }) | null;
  readonly heard: readonly Heard[]; // from its begin to its end, the newest HEARD_MOST
}

/** An input of the core as the history tells it. */
export interface Heard {
  readonly kind: string;
  readonly nowMs: number;
}

const ALL = Number.MAX_SAFE_INTEGER;
const EVERYTHING = { decisionRecords: ALL, decisionRecordDays: 36_500, recordedInputs: ALL, historyBytes: ALL };
const HEARD_MOST = 20;
const INPUTS_SEARCHED = 50_000;
const ID = /^(d-.+-)(\d{1,15})$/;

/** Opens a copy of the history, and removes it again. Throws RecordingRefused when there is no history. */
export async function withHistory<T>(dataDir: string, read: (history: History) => Promise<T>): Promise<T> {
  const from = join(dataDir, HISTORY);
  if (!existsSync(from)) throw new RecordingRefused("missing", `${dataDir}: expected an edge's history, found none`);
  const copy = await mkdtemp(join(tmpdir(), "drover-history-"));
  try {
    await copyStore(from, copy);
    const history = await History.openOnce(copy, { limits: EVERYTHING });
    try {
      return await read(history);
    } finally {
      await history.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * Throws RecordingRefused for an id that is none, or of nothing that is known. `searched`: records that are looked
 * through at most.
 */
export async function explained(history: History, id: string, searched = INPUTS_SEARCHED): Promise<Explained> {
  const [, boot = "", number = ""] = ID.exec(id) ?? [];
  if (number === "")
    throw new RecordingRefused("data", `expected the id of a decision such as d-BOOT-17, found "${id}"`);
  const found = await history.decision(id);
  const record = found === null ? null : recordOf(found.value);
  if (found === null || record === null)
    throw new RecordingRefused("missing", `${id}: no such decision is known, or no longer`);
  const by = `${boot}${Number(number) + 1}`;
  const next = recordOf((await history.decision(by))?.value);
  const end = next === null ? await endUnseen(history, record, { boot, searched }) : endBy(next);
  const untilMs = end === null ? Number.POSITIVE_INFINITY : record.atMs + end.forMs;
  const heard = (await history.recent("input", searched)).filter(isHeard);
  const meanwhile = heard.filter(({ nowMs }) => nowMs >= record.atMs && nowMs <= untilMs);
  return { record, wallMs: found.wallMs, end, heard: meanwhile.slice(-HEARD_MOST) };
}

function endBy({ id, former }: DecisionRecord): Explained["end"] {
  return former === null ? null : { ...former, by: id };
}

/** The record that followed is gone. Only samples go before the rest, and a sample begins where nothing changes. */
async function endUnseen(
  history: History,
  { id, atMs }: DecisionRecord,
  { boot, searched }: { readonly boot: string; readonly searched: number },
): Promise<Explained["end"]> {
  const later = (await history.recent("decision", searched))
    .map(recordOf)
    .find((one) => one?.id.startsWith(boot) && one.atMs > atMs);
  if (later === null || later === undefined) return null;
  return { id, outcome: "superseded", why: "samples were dropped", forMs: later.atMs - atMs, by: later.id };
}

function isHeard(value: object): value is Heard {
  const isInput = "kind" in value && "nowMs" in value && typeof value.nowMs === "number";
  return isInput && value.kind !== "sample"; // those are told with their ages
}

/** The newest decisions, oldest first, each with what became of it. */
export async function newest(history: History, most: number): Promise<readonly Explained[]> {
  const found = (await history.decisions(most)).flatMap(({ value, wallMs }) => {
    const record = recordOf(value);
    return record === null ? [] : [{ record, wallMs }];
  });
  return found.map(({ record, wallMs }, index) => {
    const next = found.slice(index + 1, index + 2).find((one) => one.record.former?.id === record.id);
    return { record, wallMs, end: next === undefined ? null : endBy(next.record), heard: [] };
  });
}
