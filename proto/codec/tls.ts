// Who stands behind a TLS connection, and for how long. A certificate names one party: its single common name or,
// without one, its single DNS name. Where that is not clear the answer is nobody (unknown means no).

import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { monotonicMs } from "./clock.js";

/** PEM contents: the site's own authority, and one's own certificate and key. */
export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Node fires a longer timer at once. */
const TIMER_MOST_MS = 2_147_483_647;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The name in the certificate, or null when there is none or more than one. */
export function nameOf(certificate: PeerCertificate | undefined): string | null {
  if (certificate === undefined || certificate.subject === undefined) return null;
  const common: unknown = certificate.subject.CN;
  if (common !== undefined) return typeof common === "string" && NAME.test(common) ? common : null;
  const names = (certificate.subjectaltname ?? "").split(", ").filter((name) => name.startsWith("DNS:"));
  const [only] = names;
  const name = names.length === 1 && only !== undefined ? only.slice("DNS:".length) : "";
  return NAME.test(name) ? name : null;
}

/** When a certificate is good, in milliseconds since 1970; never, where its times cannot be read. */
function lifeOf({ valid_from, valid_to }: Pick<PeerCertificate, "valid_from" | "valid_to">) {
  const [fromMs, toMs] = [Date.parse(valid_from), Date.parse(valid_to)];
  return fromMs < toMs ? { fromMs, toMs } : { fromMs: 0, toMs: 0 };
}

/** For how much longer the certificate is good, in milliseconds; 0 when it has ended or has not begun. */
export function goodForMs(certificate: PeerCertificate | undefined, wallMs: number): number {
  if (certificate === undefined) return 0;
  const { fromMs, toMs } = lifeOf(certificate);
  return fromMs <= wallMs ? Math.max(0, toMs - wallMs) : 0;
}

/**
 * Calls `ended` when the certificate has ended, whoever sets the wall clock meanwhile. Returns what calls it off. A
 * handshake judges a certificate once, and a connection would outlive it.
 */
export function whenEnded(certificate: PeerCertificate | undefined, ended: () => void): () => void {
  const endMs = monotonicMs() + goodForMs(certificate, Date.now());
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = endMs - monotonicMs();
    if (leftMs <= 0) ended();
    else timer = setTimeout(wait, Math.min(leftMs, TIMER_MOST_MS)).unref();
  };
  timer = setTimeout(wait).unref();
  return () => clearTimeout(timer);
}

/** What is left of the life of a certificate in PEM, from 1 to 0; 0 for one that cannot be read. */
export function lifeLeft(pem: Buffer, wallMs: number): number {
  try {
    const { fromMs, toMs } = lifeOf(new X509Certificate(pem).toLegacyObject() as PeerCertificate);
    return toMs === fromMs ? 0 : Math.min(1, Math.max(0, (toMs - wallMs) / (toMs - fromMs)));
  } catch {
    return 0;
  }
}
