// Reads the three PEM files of a TLS configuration, or none, and again later: certificates are renewed beside a running
// edge. Half a configuration is refused before any file is opened.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { ConfigRefused } from "./refused.js";
import type { TlsSources } from "./secure.js";

const PARTS = ["ca", "cert", "key"] as const;
const LOOK_MS = 1000;
const PEM_BYTES_MOST = 262_144;

interface Pems {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Gives what stands in the files now, or what was good last where that cannot be used: files are replaced one after the
 * other. Looks at most once a second, whoever asks. `onUnfit` is told why, once for each reason.
 */
export class RenewedTls {
  readonly #sources: TlsSources;
  readonly #onUnfit: (why: string) => void;
  #good: Pems;
  #told = "";
  readonly #nowMs: () => number;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(sources: TlsSources, first: Pems, onUnfit: (why: string) => void, nowMs = () => performance.now()) {
    this.#sources = sources;
    this.#nowMs = nowMs;
    this.#good = first;
    this.#onUnfit = onUnfit;
  }

  /** What the last `read` gave. */
  get current(): Pems {
    return this.#good;
  }

  /** The same object for as long as nothing has changed. Never throws. */
  read(): Pems {
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedMs < LOOK_MS) return this.#good;
    this.#lookedMs = nowMs;
    try {
      const found = readPems(this.#sources) ?? this.#good;
      if (PARTS.some((part) => !found[part].equals(this.#good[part]))) {
        judge(found, this.#sources);
        this.#good = found;
      }
      this.#told = "";
    } catch (cause) {
      const why = (cause as Error).message;
      if (why !== this.#told) this.#onUnfit(why);
      this.#told = why;
    }
    return this.#good;
  }
}

/**
 * Contents of ca, cert and key; undefined when none is given. Throws ConfigRefused for files that cannot be read, that
 * are not what their names say, and for a certificate of another key.
 */
export function readTls(sources: TlsSources): Pems | undefined {
  const found = readPems(sources);
  if (found !== undefined) judge(found, sources);
  return found;
}

function readPems({ ca, cert, key }: TlsSources): Pems | undefined {
  if (ca === undefined || cert === undefined || key === undefined) return undefined;
  return { ca: readPem(ca), cert: readPem(cert), key: readPem(key) };
}

function judge(found: Pems, { ca = "", cert = "", key = "" }: TlsSources): void {
  judged(ca, "a certificate in PEM", () => new X509Certificate(found.ca));
  const own = judged(cert, "a certificate in PEM", () => new X509Certificate(found.cert));
  const secret = judged(key, "a private key in PEM, without a passphrase", () => createPrivateKey(found.key));
  judged(cert, `a certificate of the key in ${key}`, () => {
    if (!own.checkPrivateKey(secret)) throw new Error("one of another key");
  });
  judged(cert, "a chain of certificates that TLS takes", () => createSecureContext(found)); // beyond the first one
}

function judged<T>(file: string, expected: string, judge: () => T): T {
  try {
    return judge();
  } catch (cause) {
    throw new ConfigRefused([{ file, path: "", line: 0, found: (cause as Error).message, expected }]);
  }
}

function readPem(file: string): Buffer {
  return judged(file, `a regular PEM file of at most ${PEM_BYTES_MOST} bytes`, () => {
    const found = statSync(file);
    if (!found.isFile() || found.size > PEM_BYTES_MOST)
      throw new Error(found.isFile() ? `${found.size} bytes` : "no regular file");
    const bytes = readFileSync(file);
    if (!bytes.includes("-----BEGIN ")) throw new Error("no PEM block");
    return bytes;
  });
}
