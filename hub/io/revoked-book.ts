// Which certificates were revoked, in one file: a row names a party and says up to when its certificates are void.
// Those that begin later are good, so nobody needs the stolen one in hand. The file is read at a start, which one that
// cannot be believed refuses, and looked at again once a second. What was revoked stays so while it is damaged or gone.

import { existsSync } from "node:fs";
import { changeKept, KeptLook, type KeptShape, readKept } from "../../proto/codec/kept-file.js";
import { CERTIFICATE_NAME, type IsRevoked, lifeOf, nameOf } from "../../proto/codec/tls.js";
import { count, type Read, struct, text, WireRefused } from "../../proto/shape.js";
import { HUB_ID } from "../broker/policy.js";

/** In the hub's data directory. */
export const REVOKED_FILE = "revoked.json";
export const REVOKED_MOST = 1024;
export const REASON_CHARACTERS_MOST = 200;
const FILE_BYTES_MOST = 1_048_576;
const LOOK_MS = 1000;
/** The latest that a Date can tell. */
const LATEST_MS = 8.64e15;

const readRow = struct({
  name: (value: unknown, path: string) => {
    if (value === HUB_ID) throw new WireRefused(path, "a name that is not the hub's own", value);
    if (typeof value === "string" && CERTIFICATE_NAME.test(value)) return value;
    throw new WireRefused(path, "a name of 1 to 64 [A-Za-z0-9._-]", value);
  },
  beforeMs: (value: unknown, path: string) => {
    if (count(value, path) <= LATEST_MS) return value as number;
    throw new WireRefused(path, "a time in milliseconds since 1970", value);
  },
  reason: text(REASON_CHARACTERS_MOST),
});

/** Certificates of this name that begin at or before this time since 1970 are void. */
export type RevokedRow = Read<typeof readRow>;

const SHAPE: KeptShape<RevokedRow> = {
  ...{ key: "revoked", row: readRow, rowsMost: REVOKED_MOST, bytesMost: FILE_BYTES_MOST },
};

/** What stands in the file; empty without one. Throws, with a sentence, for one that cannot be believed. */
export function readRevoked(path: string): readonly RevokedRow[] {
  return readKept(path, SHAPE);
}

/**
 * Revokes the certificates of this name that begin at or before `beforeMs`, or up to later where that was said before.
 * Returns the row that holds now. Throws as `changeKept` does.
 */
export function revoke(path: string, asked: RevokedRow): RevokedRow {
  let held = asked;
  changeKept(path, SHAPE, (rows) => {
    const beforeMs = Math.max(asked.beforeMs, ...rows.filter(isOf(asked.name)).map((row) => row.beforeMs));
    held = { ...asked, beforeMs };
    const others = rows.filter((row) => !isOf(asked.name)(row));
    if (others.length < REVOKED_MOST) return [...others, held];
    const found = `found ${others.length} others; take out those of which every certificate has ended`;
    throw new Error(`${path}: expected room for one of ${REVOKED_MOST} names, ${found}`);
  });
  return held;
}

const isOf = (name: string) => (row: RevokedRow) => row.name === name;

/** Begins a list without rows where there is none. Throws as `changeKept` does. */
export function beginRevoked(path: string): void {
  if (!existsSync(path)) changeKept(path, SHAPE, (rows) => rows);
}

const EMPTY = '{"schema":1,"revoked":[]}';

export interface RevokedBookOptions {
  readonly path: string;
  /** Told once of each reason why the file cannot be believed: what was revoked before stays so. */
  readonly onUnread: (why: string) => void;
}

/** What was revoked, for a process that judges certificates. */
export class RevokedBook {
  readonly #file: KeptLook<RevokedRow>;
  #beforeMs: ReadonlyMap<string, number>;

  /** Throws, with a sentence, when the file is not there or cannot be believed. */
  constructor({ path, onUnread }: RevokedBookOptions) {
    if (!existsSync(path)) throw new Error(`${path}: expected a list, found none; an empty one is ${EMPTY}`);
    this.#beforeMs = byName(readRevoked(path));
    this.#file = new KeptLook({ path, shape: SHAPE, mayVanish: false, onUnread });
    this.look();
  }

  /** Takes up what was changed. What cannot be believed changes nothing. */
  look(): void {
    const found = this.#file.look();
    if (typeof found === "object") this.#beforeMs = byName(found);
  }

  /** Whether it was revoked. One that names nobody clearly never is: it speaks for nobody. */
  readonly isRevoked: IsRevoked = (certificate) => {
    const beforeMs = this.#beforeMs.get(nameOf(certificate) ?? "");
    return beforeMs !== undefined && lifeOf(certificate).fromMs <= beforeMs;
  };
}

/** What was revoked, looked at once a second for as long as the process runs. Throws as `RevokedBook`. */
export function watchRevoked(options: RevokedBookOptions): IsRevoked {
  const book = new RevokedBook(options);
  setInterval(() => book.look(), LOOK_MS).unref();
  return book.isRevoked;
}

/** Of two rows of one name the later holds. */
function byName(rows: readonly RevokedRow[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { name, beforeMs } of rows) found.set(name, Math.max(beforeMs, found.get(name) ?? 0));
  return found;
}
