// Who stands behind a TLS connection, and for how long. A certificate names one party: its single common name or,
// without one, its single DNS name. Where that is not clear the answer is nobody (unknown means no). A certificate is
// void before it begins, once it has ended and once it was revoked, and what is open under it ends then: a handshake
// judges a certificate once, and a resumed session not at all.

import { X509Certificate } from "node:crypto";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { monotonicMs } from "./clock.js";

/** PEM contents: the site's own authority, and one's own certificate and key. */
export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Node fires a longer timer at once. */
const TIMER_MOST_MS = 2_147_483_647;
/** How often a certificate in use is looked up among the revoked ones. */
const LOOK_MS = 500;

/** How often a daemon looks at files of its own that no connection makes it ask for. */
export const RENEWAL_LOOK_MS = 2000;

/** What a certificate may name. */
export const CERTIFICATE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a certificate was revoked. Must be quick: it is asked of each connection twice a second. */
export type IsRevoked = (certificate: PeerCertificate) => boolean;

/** Why a certificate is void. */
export type VoidBy = "has not begun" | "has ended" | "was revoked" | "was not shown";

/** What a peer's certificate says. */
export interface Identity {
  readonly name: string | null; // null: nobody clearly
  readonly voidBy: VoidBy | null; // null: it is good
}

/** The name in the certificate, or null when there is none or more than one. */
export function nameOf(certificate: PeerCertificate | null | undefined): string | null {
  if (certificate?.subject === undefined) return null; // Node gives null for a connection that is gone
  const common: unknown = certificate.subject.CN;
  if (common !== undefined) return typeof common === "string" && CERTIFICATE_NAME.test(common) ? common : null;
  const names = (certificate.subjectaltname ?? "").split(", ").filter((name) => name.startsWith("DNS:"));
  const [only] = names;
  const name = names.length === 1 && only !== undefined ? only.slice("DNS:".length) : "";
  return CERTIFICATE_NAME.test(name) ? name : null;
}

/** When a certificate is good, in milliseconds since 1970; never, where its times cannot be read. */
export function lifeOf({ valid_from, valid_to }: Pick<PeerCertificate, "valid_from" | "valid_to">) {
  const [fromMs, toMs] = [Date.parse(valid_from), Date.parse(valid_to)];
  return fromMs < toMs ? { fromMs, toMs } : { fromMs: 0, toMs: 0 };
}

/** For how much longer the certificate is good, in milliseconds; 0 when it has ended or has not begun. */
export function goodForMs(certificate: PeerCertificate | undefined, wallMs: number): number {
  if (certificate === undefined) return 0;
  const { fromMs, toMs } = lifeOf(certificate);
  return fromMs <= wallMs ? Math.max(0, toMs - wallMs) : 0;
}

/** Why the certificate is void now; null for a good one. */
export function whyVoid(
  certificate: PeerCertificate | undefined,
  wallMs: number,
  isRevoked?: IsRevoked,
): VoidBy | null {
  if (certificate === undefined) return "was not shown";
  if (goodForMs(certificate, wallMs) <= 0) return lifeOf(certificate).fromMs > wallMs ? "has not begun" : "has ended";
  return isRevoked?.(certificate) === true ? "was revoked" : null;
}

/** What the certificate says now. */
export function identityIn(certificate: PeerCertificate | undefined, isRevoked?: IsRevoked): Identity {
  return { name: nameOf(certificate), voidBy: whyVoid(certificate, Date.now(), isRevoked) };
}

/** That a certificate is void, in words. */
export function voidText(name: string | null, voidBy: VoidBy): string {
  return `the certificate${name === null ? "" : ` of ${name}`} ${voidBy}`;
}

/**
 * Calls `ended` when the certificate has ended, whoever sets the wall clock meanwhile, or within 0.5 s of when
 * `isRevoked` says so. Returns what calls it off.
 */
export function whenVoid(
  certificate: PeerCertificate | undefined,
  ended: (voidBy: VoidBy) => void,
  isRevoked?: IsRevoked,
): () => void {
  const endMs = monotonicMs() + goodForMs(certificate, Date.now());
  const mostMs = isRevoked === undefined ? TIMER_MOST_MS : LOOK_MS;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = endMs - monotonicMs();
    if (leftMs <= 0 || certificate === undefined) ended("has ended");
    else if (isRevoked?.(certificate) === true) ended("was revoked");
    else timer = setTimeout(wait, Math.min(leftMs, mostMs)).unref();
  };
  timer = setTimeout(wait).unref();
  return () => clearTimeout(timer);
}

/** Ends a connection with its certificate, and says why; false, and it ends at once, where that is void already. */
export function endWithCertificate(socket: TLSSocket, onEnded: (why: string) => void, isRevoked?: IsRevoked): boolean {
  const certificate = (socket.getPeerCertificate() as PeerCertificate | null) ?? undefined;
  const { name, voidBy } = identityIn(certificate, isRevoked);
  const end = (by: VoidBy): void => {
    socket.destroy();
    onEnded(voidText(name, by));
  };
  if (voidBy === null) socket.once("close", whenVoid(certificate, end, isRevoked));
  else end(voidBy);
  return voidBy === null;
}

interface Renewable {
  prependListener(event: "connection", listener: () => void): unknown;
  setSecureContext(files: TlsFiles): void;
}

/** The server with what `tls` gives whenever somebody connects. What is open already stays as it is. */
export function showRenewed<T extends Renewable>(server: T, tls: () => TlsFiles): T {
  let used: TlsFiles | null = null; // the server may have been made from what came before
  server.prependListener("connection", () => {
    const now = tls();
    if (now !== used) server.setSecureContext(now);
    used = now;
  });
  return server;
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
