// The tokens of people, in one file of the hub's data directory: of each token only its SHA-256 is kept, so that the
// file gives nobody a right. It is replaced as a whole, and looked at again at each question, so that what is issued or
// revoked beside a running hub holds from the next call on. A file that cannot be read, or that others could have
// written, names nobody (unknown means no).

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { PERSON_NAME, ROLES, type Role } from "../../proto/rights.js";
import { count, enumOf, id, listOf, type Read, struct, WireRefused } from "../../proto/shape.js";

export const TOKENS_FILE = "tokens.json";
export const TOKENS_MOST = 256;
const FILE_BYTES_MOST = 262_144;
const TOKEN_CHARACTERS_MOST = 256;
const SCHEMA = 1;
/** A writer that takes longer than this is dead. */
const LOCK_MS = 10_000;

const readRow = struct({
  id,
  operator: (value: unknown, path: string) => {
    if (typeof value === "string" && PERSON_NAME.test(value)) return value;
    throw new WireRefused(path, "a name of 1 to 64 [A-Za-z0-9._-]", value);
  },
  role: enumOf(ROLES),
  sha256: (value: unknown, path: string) => {
    if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value;
    throw new WireRefused(path, "64 hexadecimal digits", value);
  },
  issuedMs: count,
  expiresMs: count,
});
const readFileOf = struct({ schema: enumOf(["1"] as const), tokens: listOf(readRow, TOKENS_MOST) });

/** One token as it is kept. Times since 1970. */
export type TokenRow = Read<typeof readRow>;

/** What stands in the file; empty without one. Throws, with a sentence, for one that cannot be believed. */
export function readTokens(dataDir: string): readonly TokenRow[] {
  let file: number;
  try {
    file = openSync(join(dataDir, TOKENS_FILE), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & 0o022) !== 0)
      throw new Error(`${TOKENS_FILE}: others may write it (mode ${(mode & 0o777).toString(8)})`);
    if (size > FILE_BYTES_MOST) throw new Error(`${TOKENS_FILE}: at most ${FILE_BYTES_MOST} bytes, found ${size}`);
    const plain = parsed(readFileSync(file, "utf8"));
    return readFileOf({ ...plain, schema: String(plain.schema) }, TOKENS_FILE).tokens;
  } finally {
    closeSync(file);
  }
}

/** What is no JSON is no file of tokens. */
function parsed(text: string): { readonly schema?: unknown } {
  try {
    return JSON.parse(text) as { readonly schema?: unknown };
  } catch (cause) {
    throw new Error(`${TOKENS_FILE}: expected JSON, found: ${(cause as Error).message}; put a sound one in its place`);
  }
}

/**
 * Replaces the tokens by what `change` makes of them. Two at once do not lose each other's: the second one throws. Of a
 * crash in between nothing is left but a file that the next one takes away.
 */
export function changeTokens(dataDir: string, change: (rows: readonly TokenRow[]) => readonly TokenRow[]): void {
  const fresh = join(dataDir, `${TOKENS_FILE}.new`);
  const left = statSync(fresh, { throwIfNoEntry: false });
  if (left !== undefined && Date.now() - left.mtimeMs > LOCK_MS) rmSync(fresh);
  const file = openSync(fresh, "wx", 0o600);
  try {
    const tokens = change(readTokens(dataDir));
    if (tokens.length > TOKENS_MOST) throw new Error(`at most ${TOKENS_MOST} tokens, found ${tokens.length}`);
    writeSync(file, `${JSON.stringify({ schema: SCHEMA, tokens }, null, 1)}\n`);
    fsyncSync(file);
    renameSync(fresh, join(dataDir, TOKENS_FILE));
  } catch (cause) {
    rmSync(fresh, { force: true });
    throw cause;
  } finally {
    closeSync(file);
  }
}

/** A new token: 256 bits of chance. */
export function newToken(beginning = "drover_"): string {
  return `${beginning}${randomBytes(32).toString("base64url")}`;
}

export function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

export interface Named {
  readonly operator: string;
  readonly role: Role;
}

export interface TokenBookOptions {
  readonly dataDir: string;
  readonly wallMs: () => number; // since 1970
  /** Told once of each reason why the file names nobody. */
  readonly onUnread: (why: string) => void;
}

/** The tokens of a running hub. */
export class TokenBook {
  readonly #options: TokenBookOptions;
  #seen = "never";
  #rows: readonly (TokenRow & { readonly digest: Buffer })[] = [];
  #told = "";

  constructor(options: TokenBookOptions) {
    this.#options = options;
  }

  /** Whose token this is; null for one that is unknown, expired or revoked. Compares with all of them, to the end. */
  find(token: string): Named | null {
    if (token === "" || token.length > TOKEN_CHARACTERS_MOST) return null;
    this.#look();
    const digest = digestOf(token);
    const now = this.#options.wallMs();
    let found: Named | null = null;
    for (const row of this.#rows) {
      const isSame = timingSafeEqual(row.digest, digest);
      if (isSame && now < row.expiresMs) found = row;
    }
    return found === null ? null : { operator: found.operator, role: found.role };
  }

  #look(): void {
    try {
      const stat = statSync(join(this.#options.dataDir, TOKENS_FILE), { bigint: true, throwIfNoEntry: false });
      const seen = stat === undefined ? "none" : `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}`;
      if (seen === this.#seen) return;
      this.#rows = readTokens(this.#options.dataDir).map((row) => ({ ...row, digest: Buffer.from(row.sha256, "hex") }));
      this.#seen = seen;
      this.#told = "";
    } catch (cause) {
      this.#rows = [];
      this.#seen = "unread";
      const why = (cause as Error).message;
      if (why !== this.#told) this.#options.onUnread(why);
      this.#told = why;
    }
  }
}
