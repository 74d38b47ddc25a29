// What a gRPC server shows and whom it believes, renewed while it runs: new handshakes go by what was found at the last
// look, and what is open already stays as it is.

import { experimental, type ServerCredentials } from "@grpc/grpc-js";
import type { TlsFiles } from "./tls.js";

type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

export class GrpcTls implements experimental.CertificateProvider {
  /** Of a server that turns away whoever has no certificate of the authority. */
  readonly credentials: ServerCredentials;
  readonly #tls: () => TlsFiles;
  readonly #ofAuthority = new Set<CaListener>();
  readonly #ofIdentity = new Set<IdentityListener>();
  #used: TlsFiles;

  constructor(tls: () => TlsFiles) {
    this.#tls = tls;
    this.#used = tls();
    // One for both: grpc-js 1.14 has the two the other way round inside.
    this.credentials = experimental.createCertificateProviderServerCredentials(this, this, true);
  }

  /** Tells those who listen when there is something else. */
  look(): void {
    const now = this.#tls();
    if (now === this.#used) return;
    this.#used = now;
    for (const listener of this.#ofAuthority) this.#tellAuthority(listener);
    for (const listener of this.#ofIdentity) this.#tellIdentity(listener);
  }

  /** Tells what is used in the next turn: grpc-js passes on nothing that it is told within this call. */
  addCaCertificateListener(listener: CaListener): void {
    this.#ofAuthority.add(listener);
    process.nextTick(() => this.#tellAuthority(listener));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#ofAuthority.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#ofIdentity.add(listener);
    process.nextTick(() => this.#tellIdentity(listener));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#ofIdentity.delete(listener);
  }

  #tellAuthority(listener: CaListener): void {
    if (this.#ofAuthority.has(listener)) listener({ caCertificate: this.#used.ca });
  }

  #tellIdentity(listener: IdentityListener): void {
    if (this.#ofIdentity.has(listener)) listener({ certificate: this.#used.cert, privateKey: this.#used.key });
  }
}
