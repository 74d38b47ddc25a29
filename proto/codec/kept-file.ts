// A small file of rows that commands change beside a daemon that runs: replaced as a whole and durably, by one command
// at a time, and looked at again when it has changed. A file that others could have written, or that does not say what
// is expected, is refused with a sentence; what could not be read again is not written.

import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { listOf, type Reader, struct, WireRefused } from "../shape.js";

/** What such a file holds: `{"schema":1,"<key>":[rows]}`. */
export interface KeptShape<Row> {
  readonly key: string;
  readonly row: Reader<Row>;
  readonly rowsMost: number;
  readonly bytesMost: number;
}

const SCHEMA = 1;
/** A writer that takes longer than this is dead. */
const LOCK_MS = 10_000;

/** What stands in the file; empty without one. Throws, with a sentence, for one that cannot be believed. */
export function readKept<Row>(path: string, shape: KeptShape<Row>): readonly Row[] {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw code === "ELOOP" ? new Error(`${path}: expected a file, found a link`) : cause;
  }
  try {
    const stat = fstatSync(file);
    const mode = (stat.mode & 0o777).toString(8);
    if (!stat.isFile()) throw new Error(`${path}: expected a file, found something else of that name`);
    const folder = dirname(path);
    const owners = [0, process.geteuid?.(), statSync(folder).uid, daemonOf(folder)?.uid];
    if (!owners.includes(stat.uid))
      throw new Error(`${path}: expected a file of its folder's owner, found one of user ${stat.uid}`);
    if ((stat.mode & 0o022) !== 0)
      throw new Error(`${path}: expected a file of its owner alone, found that others may write it (mode ${mode})`);
    if (stat.size > shape.bytesMost)
      throw new Error(`${path}: expected at most ${shape.bytesMost} bytes, found ${stat.size}`);
    return rowsIn(readFileSync(file, "utf8"), path, shape);
  } finally {
    closeSync(file);
  }
}

function rowsIn<Row>(text: string, path: string, { key, row, rowsMost }: KeptShape<Row>): readonly Row[] {
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path}: expected JSON, found: ${(cause as Error).message}; put a sound one in its place`);
  }
  const schema: Reader<number> = (value, at) => {
    if (value === SCHEMA) return SCHEMA;
    throw new WireRefused(at, String(SCHEMA), value);
  };
  const rows = struct({ schema, [key]: listOf(row, rowsMost) })(plain, path)[key] as readonly Row[];
  const found = plain as Readonly<Record<string, readonly unknown[]>>;
  refuseUnknown(found, { schema, [key]: rows }, path);
  for (const [index, one] of rows.entries()) refuseUnknown(found[key]?.[index], one, `${path}.${key}[${index}]`);
  return rows;
}

/** People write such files too: a key that nobody reads was meant to say something. */
function refuseUnknown(found: unknown, read: unknown, path: string): void {
  if (typeof found !== "object" || found === null) return;
  const known = Object.keys(read as object);
  const unknown = Object.keys(found).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new WireRefused(path, `no keys but ${known.join(", ")}`, unknown);
}

/**
 * Replaces the rows by what `change` makes of them. Of two at once one throws, with the code EEXIST, and nothing is
 * lost. Of a crash in between nothing is left but a file that a later one takes away.
 */
export function changeKept<Row>(
  path: string,
  shape: KeptShape<Row>,
  change: (rows: readonly Row[]) => readonly Row[],
): void {
  const fresh = `${path}.new`;
  const owner = ownerOf(dirname(path));
  const left = lstatSync(fresh, { throwIfNoEntry: false });
  if (left !== undefined && Math.abs(Date.now() - left.mtimeMs) > LOCK_MS) rmSync(fresh);
  const file = openSync(fresh, "wx", 0o600);
  const isOwn = () => statSync(fresh, { throwIfNoEntry: false })?.ino === fstatSync(file).ino;
  try {
    const rows = change(readKept(path, shape));
    const text = `${JSON.stringify({ schema: SCHEMA, [shape.key]: rows }, null, 1)}\n`;
    rowsIn(text, path, shape);
    const bytes = Buffer.byteLength(text);
    if (bytes > shape.bytesMost) throw new Error(`${path}: expected at most ${shape.bytesMost} bytes, found ${bytes}`);
    writeFileSync(file, text);
    if (owner !== null) fchownSync(file, owner.uid, owner.gid);
    fsyncSync(file);
    if (!isOwn()) throw Object.assign(new Error(`${path}: another command has taken over`), { code: "EEXIST" });
    renameSync(fresh, path);
    syncFolder(dirname(path));
  } catch (cause) {
    if (isOwn()) rmSync(fresh);
    throw cause;
  } finally {
    closeSync(file);
  }
}

/**
 * To whom a new file is given, so that the daemon whose folder it is can read it; null: it is this user's. Throws, with
 * the code EACCES, where it could not be given.
 */
function ownerOf(folder: string): { readonly uid: number; readonly gid: number } | null {
  const daemon = daemonOf(folder);
  const { uid, gid } = daemon ?? statSync(folder);
  const own = process.geteuid?.() ?? uid;
  if (own === uid) return null;
  if (own === 0) return { uid, gid };
  if (daemon === undefined) return null; // there is none yet
  const message = `the ledger in ${folder} belongs to user ${uid}, and this is user ${own}: expected that one, or root`;
  throw Object.assign(new Error(message), { code: "EACCES" });
}

/** Whose daemon keeps its ledger in the folder, which may itself be another user's; undefined: none yet. */
function daemonOf(folder: string): Stats | undefined {
  return statSync(join(folder, "ledger"), { throwIfNoEntry: false });
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export interface KeptLookParts<Row> {
  readonly path: string;
  readonly shape: KeptShape<Row>;
  /** Whether a file that was there and is no longer is one without rows; else it cannot be believed. */
  readonly mayVanish: boolean;
  /** Told once of each reason why the file cannot be believed. */
  readonly onUnread: (why: string) => void;
}

/** A file that is looked at again and again, and read when it has changed. */
export class KeptLook<Row> {
  readonly #parts: KeptLookParts<Row>;
  #seen = "never";
  #wasThere = false;
  #told = "";

  constructor(parts: KeptLookParts<Row>) {
    this.#parts = parts;
  }

  /** The rows when they may have changed, "same" when not, and "unread" while the file cannot be believed. */
  look(): readonly Row[] | "same" | "unread" {
    const { path, shape, mayVanish, onUnread } = this.#parts;
    try {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined && this.#wasThere && !mayVanish)
        throw new Error(`${path}: expected the file that was there, found none`);
      this.#wasThere ||= stat !== undefined;
      const seen = stat === undefined ? "none" : `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}`;
      if (seen === this.#seen) return "same";
      const rows = readKept(path, shape);
      this.#seen = seen;
      this.#told = "";
      return rows;
    } catch (cause) {
      this.#seen = "unread";
      const why = (cause as Error).message;
      if (why !== this.#told) onUnread(why);
      this.#told = why;
      return "unread";
    }
  }
}
