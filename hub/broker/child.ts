// Keeps the site broker running as a child of the hub, or stands for one that runs elsewhere. A broker that ends is
// started again on the same port; the lease service never waits for it.

import { type ChildProcess, fork } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { EXIT } from "../../proto/errors.js";
import { REVOKED_FILE } from "../io/revoked-book.js";
import type { HubOptions } from "../options.js";
import { HubStopped } from "../stopped.js";

const BROKER_MAIN = join(dirname(fileURLToPath(import.meta.url)), "main.js");
const BROKER_RESTART_MS = 500;

export class BrokerChild {
  readonly #options: HubOptions;
  readonly #parts: {
    readonly site: string;
    readonly log: Logger;
    readonly onBroker: (port: number, pid: number) => void;
  };
  #child: ChildProcess | null = null;
  #port = 0;
  #closed = false;

  constructor(
    options: HubOptions,
    parts: { site: string; log: Logger; onBroker: (port: number, pid: number) => void },
  ) {
    this.#options = options;
    this.#parts = parts;
  }

  /** The URL to dial. Throws HubStopped when the first start fails. */
  async start(): Promise<string> {
    const { broker, tls } = this.#options;
    if (typeof broker === "string") return broker;
    const host = tls.cert === undefined ? broker.host : dialledHost(broker.host, readFileSync(tls.cert));
    this.#port = await this.#spawn(broker.port).catch((cause: Error) => {
      throw new HubStopped(EXIT.unavailable, cause.message);
    });
    return `${tls.ca === undefined ? "mqtt" : "mqtts"}://${host}:${this.#port}`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 3000);
    await gone;
    clearTimeout(hard);
  }

  #spawn(port: number): Promise<number> {
    const { broker, tls, dataDir } = this.#options;
    if (typeof broker === "string") throw new Error("an outside broker is not started here");
    const files = ["--ca", tls.ca ?? "", "--cert", tls.cert ?? "", "--key", tls.key ?? ""];
    const secure = tls.ca === undefined ? [] : [...files, "--revoked", join(dataDir, REVOKED_FILE)];
    const args = ["--site", this.#parts.site, "--host", broker.host, "--port", String(port), ...secure];
    const child = fork(BROKER_MAIN, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child = child;
    child.once("exit", (code, signal) => this.#ended(signal ?? String(code)));
    return new Promise((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the site broker ended with ${code} before it listened`)));
      child.once("message", (ready: { readonly port: number }) => {
        this.#parts.onBroker(ready.port, child.pid ?? 0);
        resolve(ready.port);
      });
    });
  }

  #ended(how: string): void {
    if (this.#closed || this.#port === 0) return;
    this.#parts.log.error({ how }, "the site broker ended; it is started again");
    setTimeout(() => {
      if (!this.#closed) this.#spawn(this.#port).catch(() => {});
    }, BROKER_RESTART_MS);
  }
}

/**
 * By what name the hub reaches its own broker, so that the certificate which both show carries it: the address listened
 * on (for every address: loopback), else a name of the certificate. Throws HubStopped when there is none.
 */
export function dialledHost(listened: string, cert: Buffer): string {
  const certificate = new X509Certificate(cert);
  const bare = listened.replace(/^\[|\]$/g, "");
  const near = bare === "0.0.0.0" || bare === "::" ? ["127.0.0.1", "localhost"] : [bare];
  const named = (certificate.subjectAltName ?? "").split(", ").filter((name) => /^DNS:[^*]+$/.test(name));
  const carries = (host: string) =>
    (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
  const found = [...near, ...named.map((name) => name.slice("DNS:".length))].find(carries);
  if (found !== undefined) return isIP(found) === 6 ? `[${found}]` : found;
  const expected = `expected ${near.join(" or ")} or a DNS name in the hub's certificate`;
  const carried = certificate.subjectAltName ?? "none";
  throw new HubStopped(
    EXIT.config,
    `the hub cannot reach its own broker on ${listened} by TLS: ${expected}, found ${carried}`,
  );
}
