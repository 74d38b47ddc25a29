// What may have happened to the content of a store (reference: bad input, LevelDB directory), and what Drover answers:
// the hub ends with 65 and grants nothing, the edge stands in HALT; both leave the evidence as it is. Rows about the
// place of a store, its permissions and its disk are in store-place.test.ts and disk.test.ts.

import { appendFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  appendSealed,
  cut,
  dirOf,
  edit,
  fileOf,
  flip,
  forge,
  headOf,
  keyOf,
  LOG,
  MANIFEST,
  otherComparator,
  recordOf,
  type StoreAt,
  sequencesOf,
  TABLE,
  withSchema,
  zeroTail,
} from "./store-harm.js";

export interface DamageRow {
  readonly id: string;
  readonly what: string;
  /** `unacknowledged`: the last record was written and never acknowledged, as when the power goes in between. */
  readonly of?: "unacknowledged";
  readonly harm: (at: StoreAt) => void | Promise<void>;
  /** What the refusal says; null: it opens, and nothing that was acknowledged is missing. */
  readonly says: RegExp | null;
}

const current = (at: StoreAt): string => join(dirOf(at), "CURRENT");
/** LevelDB is opened by the harm; what it held for obsolete is gone then. */
const dropRecord = (at: StoreAt) =>
  edit(at, async (level) => {
    await level.del(keyOf(Math.max(...(await sequencesOf(level))) - 2));
  });
const spoilRecord = (at: StoreAt) =>
  edit(at, async (level) => {
    const key = keyOf(Math.max(...(await sequencesOf(level))) - 1);
    const bytes = Buffer.from(await recordOf(level, key));
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    await level.put(key, bytes);
  });

export const DAMAGES: readonly DamageRow[] = [
  { id: "L02", what: "directory missing later", harm: (at) => rmSync(dirOf(at), { recursive: true }), says: /missing/ },
  { id: "L02", what: "head file missing", harm: (at) => rmSync(headOf(at)), says: /\.head: missing/ },
  { id: "L02", what: "head file with a flipped bit", harm: (at) => flip(headOf(at), 0.003), says: /\.head: slot 0/ },
  { id: "L10", what: "CURRENT missing", harm: (at) => rmSync(current(at)), says: /CURRENT: missing/ },
  { id: "L11", what: "CURRENT empty", harm: (at) => truncateSync(current(at), 0), says: /CURRENT: expected/ },
  { id: "L12", what: "CURRENT without newline", harm: (at) => cut(current(at), 1), says: /CURRENT: expected/ },
  {
    id: "L13",
    what: "CURRENT of two lines",
    harm: (at) => appendFileSync(current(at), "x\n"),
    says: /CURRENT: expected/,
  },
  {
    ...{ id: "L14", what: "CURRENT names a missing MANIFEST" },
    ...{ harm: (at) => writeFileSync(current(at), "MANIFEST-999999\n"), says: /MANIFEST-999999: missing/ },
  },
  { id: "L15", what: "MANIFEST cut off", harm: (at) => cut(fileOf(at, MANIFEST), 7), says: /MANIFEST-\d+.*torn/ },
  { id: "L16", what: "MANIFEST bit flip", harm: (at) => flip(fileOf(at, MANIFEST), 0.5), says: /MANIFEST-\d+: byte/ },
  { id: "L17", what: "table of no length", harm: (at) => truncateSync(fileOf(at, TABLE), 0), says: /\.ldb: .*found 0/ },
  { id: "L18", what: "table missing", harm: (at) => rmSync(fileOf(at, TABLE)), says: /\.ldb: missing/ },
  { id: "L19", what: "bit flip inside a table", harm: (at) => flip(fileOf(at, TABLE), 0.4), says: /\.ldb: .*checksum/ },
  {
    ...{ id: "L20", what: "torn log tail, never acknowledged", of: "unacknowledged" },
    ...{ harm: (at) => cut(fileOf(at, LOG), 9), says: null },
  },
  { id: "L20", what: "torn log tail, acknowledged", harm: (at) => cut(fileOf(at, LOG), 9), says: /missing/ },
  {
    ...{ id: "L21", what: "zeros after the log", harm: (at) => appendFileSync(fileOf(at, LOG), Buffer.alloc(4096)) },
    says: null,
  },
  { id: "L21", what: "log whose tail is zeros", harm: (at) => zeroTail(fileOf(at, LOG), 600), says: /missing/ },
  { id: "L22", what: "bit flip in mid-log", harm: (at) => flip(fileOf(at, LOG), 0.4), says: /\.log: byte/ },
  { id: "L23", what: "log deleted", harm: (at) => rmSync(fileOf(at, LOG)), says: /\.log: missing/ },
  {
    ...{ id: "L24", what: "text LOG of 1 GiB", says: null },
    harm(at) {
      writeFileSync(join(dirOf(at), "LOG"), "");
      truncateSync(join(dirOf(at), "LOG"), 2 ** 30); // sparse
    },
  },
  { id: "L25", what: "other comparator", harm: otherComparator, says: /comparator/ },
  { id: "L26", what: "newer schema", harm: (at) => withSchema(at, 9), says: /expected schema \d, found 9/ },
  { id: "L27", what: "older schema", harm: (at) => withSchema(at, 0), says: /expected schema \d, found 0/ },
  {
    ...{ id: "L30", what: "unknown key", harm: (at) => edit(at, (level) => level.put("zzz", Buffer.from("x"))) },
    says: /unknown key "zzz"/,
  },
  {
    ...{ id: "L31", what: "value not decodable", harm: (at) => appendSealed(at, Buffer.from("{nothing")) },
    says: /record \d+: not readable/,
  },
  { id: "L32", what: "value CRC wrong", harm: spoilRecord, says: /record \d+: its CRC32C/ },
  { id: "L33", what: "sequence gap", harm: dropRecord, says: /record \d+ is missing/ },
  { id: "L34", what: "two records of one sequence", harm: forge, says: /record \d+: it follows|hash/ },
  {
    ...{ id: "L36", what: "value of 100 MB" },
    ...{ harm: (at) => edit(at, (level) => level.put(keyOf(99_999), Buffer.alloc(100_000_000))), says: /are missing/ },
  },
];
