// Why a TLS connection is not made. gRPC keeps the other end's reason for itself, and "unreachable" sends people to
// look at cables when it is their certificate that expired; so after a failure one plain TLS connection is tried and
// listened to.

import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { TlsFiles } from "../../proto/codec/tls.js";

const LISTEN_MS = 1000;

/** What TLS says against this connection, or null when it says nothing within a second. */
export function tlsObjection(at: {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles;
}): Promise<string | null> {
  const host = at.host.replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const socket = connect({ host, port: at.port, ...at.tls, ALPNProtocols: ["h2"] });
    const done = (objection: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(objection);
    };
    const timer = setTimeout(() => done(null), LISTEN_MS);
    let secured = false;
    socket.on("secureConnect", () => {
      secured = true;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => done(isOfTls(error) ? error.message : null));
    // A hub speaks first. One that hangs up instead has seen the certificate and does not take it.
    socket.on("close", () => done(secured ? `it hung up when it had seen ${described(at.tls.cert)}` : null));
    socket.on("data", () => done(null));
  });
}

function described(cert: Buffer): string {
  const { subject, validTo } = new X509Certificate(cert);
  return `your certificate (${subject}, valid to ${validTo})`;
}

/** Errors of sockets have a system call; those of TLS have not. */
function isOfTls(error: NodeJS.ErrnoException): boolean {
  return error.syscall === undefined && error.code !== "ECONNRESET";
}
