// Reads the three PEM files of a TLS configuration, or none, and again later: certificates are renewed beside a daemon
// that runs. Half a configuration is refused before any file is opened.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext, type PeerCertificate } from "node:tls";
import { lifeLeft, type TlsFiles, whyVoid } from "../proto/codec/tls.js";
import { ConfigRefused } from "./refused.js";
import type { TlsSources } from "./secure.js";

const PARTS = ["ca", "cert", "key"] as const;
const LOOK_MS = 1000;
const PEM_BYTES_MOST = 262_144;

const CLOCKS = { nowMs: () => performance.now(), wallMs: () => Date.now() };

/**
 * Gives what stands in the files now, or what was good last where that cannot be used: files are replaced one after the
 * other, and a certificate that has not begun, or has ended, is no renewal. Looks at most once a second, whoever asks.
 * `onUnfit` is told why, once for each reason.
 */
export class RenewedTls {
  readonly #sources: TlsSources;
  readonly #onUnfit: (why: string) => void;
  #good: TlsFiles;
  #told = "";
  readonly #clocks: typeof CLOCKS;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(sources: TlsSources, first: TlsFiles, onUnfit: (why: string) => void, clocks = CLOCKS) {
    this.#sources = sources;
    this.#clocks = clocks;
    this.#good = first;
    this.#onUnfit = onUnfit;
  }

  /** What the last `read` gave. */
  get current(): TlsFiles {
    return this.#good;
  }

  /** The same object for as long as nothing has changed. Never throws. */
  read(): TlsFiles {
    const nowMs = this.#clocks.nowMs();
    if (nowMs - this.#lookedMs < LOOK_MS) return this.#good;
    this.#lookedMs = nowMs;
    try {
      const found = readPems(this.#sources) ?? this.#good;
      if (PARTS.some((part) => !found[part].equals(this.#good[part]))) {
        judge(found, this.#sources);
        judgeLife(found, this.#sources, this.#clocks.wallMs());
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

/** What a daemon shows and whom it believes, as its files are whenever it asks; without files there is no `tls`. */
export function ownTls(sources: TlsSources, log: { warn(detail: { readonly why: string }, says: string): void }) {
  const first = readTls(sources);
  if (first === undefined) return { tls: undefined, certificateLeft: () => null };
  const renewed = new RenewedTls(sources, first, (why) => log.warn({ why }, "a new certificate is not taken up"));
  return { tls: () => renewed.read(), certificateLeft: () => lifeLeft(renewed.current.cert, Date.now()) };
}

/**
 * Contents of ca, cert and key; undefined when none is given. Throws ConfigRefused for files that cannot be read, that
 * are not what their names say, and for a certificate of another key.
 */
export function readTls(sources: TlsSources): TlsFiles | undefined {
  const found = readPems(sources);
  if (found !== undefined) judge(found, sources);
  return found;
}

function readPems({ ca, cert, key }: TlsSources): TlsFiles | undefined {
  if (ca === undefined || cert === undefined || key === undefined) return undefined;
  return { ca: readPem(ca), cert: readPem(cert), key: readPem(key) };
}

function judge(found: TlsFiles, { ca = "", cert = "", key = "" }: TlsSources): void {
  judged(ca, "whole certificates in PEM", () => certificatesIn(found.ca));
  const own = judged(cert, "whole certificates in PEM", () => certificatesIn(found.cert));
  const secret = judged(key, "a private key in PEM, without a passphrase", () => createPrivateKey(found.key));
  judged(cert, `a certificate of the key in ${key}`, () => {
    if (!own.checkPrivateKey(secret)) throw new Error("one of another key");
  });
  judged(cert, "a chain of certificates that TLS takes", () => createSecureContext(found)); // beyond the first one
}

/** Begins and ends with a line of its own: what does not is silently none to TLS. */
const BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----\n(?:(?!-----)[\s\S])*\n-----END \1-----$/gm;
const CERTIFICATE = /^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/;
/** What is left of a block beside whole ones and what people wrote between them. */
const CUT_OFF = /-----(BEGIN|END) |(^|\n)-{1,5}(B|BE|BEG|BEGI|BEGIN)?$/;

/** Judges every block, since TLS leaves out in silence what it cannot read after the first; gives that one. */
function certificatesIn(pem: Buffer): X509Certificate {
  const lines = pem.toString("utf8").replace("\uFEFF", "").split("\n");
  const text = lines.flatMap((line) => (line.startsWith("#") ? [] : [line.trimEnd()])).join("\n");
  if (CUT_OFF.test(text.replace(BLOCK, ""))) throw new Error("a block that is cut off, or not on lines of its own");
  const blocks = (text.match(BLOCK) ?? []).filter((block) => CERTIFICATE.test(block));
  const [first] = blocks.map((block) => new X509Certificate(block));
  if (first === undefined) throw new Error("none");
  return first;
}

function judgeLife(found: TlsFiles, { cert = "" }: TlsSources, wallMs: number): void {
  judged(cert, "a certificate that is good now", () => {
    const voidBy = whyVoid(new X509Certificate(found.cert).toLegacyObject() as PeerCertificate, wallMs);
    if (voidBy !== null) throw new Error(`one that ${voidBy}`);
  });
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
