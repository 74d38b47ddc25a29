// The tokens of people, in one file of the hub's data directory: of each token only its SHA-256 is kept, so that the
// file gives nobody a right. It is replaced as a whole, and looked at again at each question, so that what is issued or
// revoked beside a running hub holds from the next call on. A file that cannot be read, or that others could have
// written, names nobody (unknown means no).

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { changeKept, KeptLook, type KeptShape, readKept } from "../../proto/codec/kept-file.js";
import { PERSON_NAME, ROLES, type Role } from "../../proto/rights.js";
import { count, enumOf, id, type Read, struct, WireRefused } from "../../proto/shape.js";

export const TOKENS_FILE = "tokens.json";
export const TOKENS_MOST = 256;
const FILE_BYTES_MOST = 262_144;
const TOKEN_CHARACTERS_MOST = 256;

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

/** One token as it is kept. Times since 1970. */
export type TokenRow = Read<typeof readRow>;

const SHAPE: KeptShape<TokenRow> = { key: "tokens", row: readRow, rowsMost: TOKENS_MOST, bytesMost: FILE_BYTES_MOST };

/** What stands in the file; empty without one. Throws, with a sentence, for one that cannot be believed. */
export function readTokens(dataDir: string): readonly TokenRow[] {
  return readKept(join(dataDir, TOKENS_FILE), SHAPE);
}

/** Replaces the tokens by what `change` makes of them. Throws as `changeKept` does. */
export function changeTokens(dataDir: string, change: (rows: readonly TokenRow[]) => readonly TokenRow[]): void {
  changeKept(join(dataDir, TOKENS_FILE), SHAPE, change);
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
  readonly #file: KeptLook<TokenRow>;
  #rows: readonly (TokenRow & { readonly digest: Buffer })[] = [];

  constructor(options: TokenBookOptions) {
    this.#options = options;
    const { dataDir, onUnread } = options;
    this.#file = new KeptLook({ path: join(dataDir, TOKENS_FILE), shape: SHAPE, mayVanish: true, onUnread });
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
    const found = this.#file.look();
    if (found === "same") return;
    const rows = found === "unread" ? [] : found;
    this.#rows = rows.map((row) => ({ ...row, digest: Buffer.from(row.sha256, "hex") }));
  }
}
