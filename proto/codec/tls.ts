// Who stands behind a TLS connection. A certificate names one party: its single common name or, without one, its single
// DNS name. Where that is not clear the answer is nobody (unknown means no).

import type { PeerCertificate } from "node:tls";

/** PEM contents: the site's own authority, and one's own certificate and key. */
export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

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
