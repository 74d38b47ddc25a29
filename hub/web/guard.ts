// Who may ask the console's host for what. A page of another origin must not act for a person who has the console open:
// names that lead to this machine by another's DNS are refused by their Host header, writes from elsewhere by their
// Origin, and everything behind /api needs a token that no browser sends by itself.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { isLoopback } from "../../fleet-config/secure.js";
import type { Caller } from "../../proto/console.js";
import type { Admission } from "../admission.js";

/** Who holds this token; null: nobody. */
export type Authenticate = (token: string) => Caller | null;

export const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** Without TLS only loopback listens, and only by a loopback name is it asked. A certificate binds the name itself. */
export function isOwnHost(host: string | undefined, secure: boolean): boolean {
  if (secure) return host !== undefined;
  const found = /^(\[[^\]]+\]|[^:]+)(:\d+)?$/.exec(host ?? "");
  return found !== null && isLoopback(found[1] ?? "");
}

/** A browser says where a write comes from; other programs say nothing. */
export function isOwnOrigin({ origin, host }: IncomingHttpHeaders, secure: boolean): boolean {
  return origin === undefined || origin === `${secure ? "https" : "http"}://${host}`;
}

/** The token of `Authorization: Bearer TOKEN`; "" without one. */
export function bearerOf({ authorization = "" }: IncomingHttpHeaders): string {
  return /^Bearer ([A-Za-z0-9._~+/=-]{1,1024})$/.exec(authorization)?.[1] ?? "";
}

/** One token for all, compared in constant time; whoever has it names themselves. */
export function oneToken(token: string): Authenticate {
  const known = digestOf(token);
  return (found) => (timingSafeEqual(digestOf(found), known) ? { operator: "", role: "supervisor" } : null);
}

/** By the token of this data directory, or by one that was issued to a person; what nobody holds is counted. */
export function either(own: Authenticate, admission: Pick<Admission, "personOf" | "denied">): Authenticate {
  return (token) => {
    const found = own(token);
    if (found !== null) return found;
    const person = admission.personOf({ token, certified: null });
    if ("code" in person) admission.denied(person);
    return "code" in person ? null : { operator: person.isNamed ? person.operator : "", role: person.role };
  };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * The token of a data directory: 256 random bits, kept in a file that only its owner reads, so that an open page finds
 * its hub again after a restart. Throws the file system's error.
 */
export function tokenIn(dataDir: string): string {
  const file = join(dataDir, "console.token");
  const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (/^[A-Za-z0-9_-]{43}$/.test(kept)) return kept;
  const token = randomBytes(32).toString("base64url");
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}
