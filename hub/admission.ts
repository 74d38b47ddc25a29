// Who calls the hub, and as what: a bearer token that was issued, the one-time token of this start, or the name in a
// certificate. A token goes before a certificate, since one machine's certificate may serve several people; by one that
// is void nobody comes in, with a token neither. Calls that are denied are counted one by one and told to the log
// together. The console asks the same.

import type { PersonConfig } from "../fleet-config/types.js";
import { type Identity, voidText } from "../proto/codec/tls.js";
import { type Refusal, refuse } from "../proto/errors.js";
import type { Person, Role } from "../proto/rights.js";
import type { Named } from "./io/token-book.js";

/** At most one line in the log for all that was denied in this time. */
const TOLD_MS = 10_000;
/** Whom the one-time token names where nobody says more. */
const LOCAL = "local";

export interface Credentials {
  readonly token: string | null; // as it came after "Bearer "
  readonly certified: Identity | null; // null without TLS
}

export interface AdmissionParts {
  readonly book: { find(token: string): Named | null };
  /** Whether a token is the one-time token of this start. */
  readonly isOneTime: (token: string) => boolean;
  readonly people: readonly PersonConfig[] | undefined; // of the site file
  readonly robots: { has(name: string): boolean };
  readonly nowMs: () => number;
  readonly onDenied: (code: Refusal["code"]) => void;
  readonly onTold: (denied: Readonly<Record<string, number>>, last: string) => void;
}

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #denied: Record<string, number> = {};
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Whose token this is; null for one that is unknown, expired or revoked. */
  authenticate(token: string): { readonly operator: string; readonly role: Role } | null {
    if (this.#parts.isOneTime(token)) return { operator: LOCAL, role: "supervisor" };
    return this.#parts.book.find(token);
  }

  /** Who calls, or why that is not known. */
  personOf({ token, certified }: Credentials): Person | Refusal {
    if (certified !== null && certified.voidBy !== null)
      return refuse("WRONG_IDENTITY", voidText(certified.name, certified.voidBy));
    if (token !== null) {
      const found = this.authenticate(token);
      if (found === null) return refuse("UNAUTHENTICATED", "the token is unknown, expired or revoked");
      return { ...found, isNamed: !this.#parts.isOneTime(token) };
    }
    if (certified === null) return refuse("UNAUTHENTICATED", "no token was given, and this hub needs one");
    return this.#certified(certified.name);
  }

  #certified(name: string | null): Person | Refusal {
    if (name === null) return refuse("WRONG_IDENTITY", "the certificate names nobody clearly");
    if (this.#parts.robots.has(name))
      return refuse("WRONG_IDENTITY", `the certificate names "${name}", a robot, and robots do not act for people`);
    const { people } = this.#parts;
    const role = people === undefined ? "operator" : people.find((person) => person.name === name)?.role;
    if (role !== undefined) return { operator: name, role, isNamed: true };
    return refuse("NOT_PERMITTED", `the certificate names "${name}", whom the site file does not list under people`);
  }

  /** Counts a call that was denied, and tells the log of all since it was last told. */
  denied({ code, message }: Refusal): void {
    this.#parts.onDenied(code);
    this.#denied[code] = (this.#denied[code] ?? 0) + 1;
    const nowMs = this.#parts.nowMs();
    if (nowMs - this.#toldMs < TOLD_MS) return;
    this.#toldMs = nowMs;
    this.#parts.onTold({ ...this.#denied }, message);
    for (const key of Object.keys(this.#denied)) delete this.#denied[key];
  }
}

const BEARER = /^Bearer +(\S+) *$/i;

/** The token in a header "authorization"; null without one, and "" for one that is no bearer token. */
export function bearerOf(header: unknown): string | null {
  if (header === undefined || header === null) return null;
  return (typeof header === "string" ? BEARER.exec(header)?.[1] : undefined) ?? "";
}
