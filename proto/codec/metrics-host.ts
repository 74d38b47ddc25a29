// One page for a Prometheus, over HTTP or, where a daemon has certificates, over TLS to those that the site's authority
// has signed. R13: few connections, each for one request and ten seconds at most, short headers; the page is made at
// most once a second, whoever asks, so that nobody outside can keep the daemon from its work.

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { monotonicMs } from "./clock.js";
import { endWithCertificate, type IsRevoked, showRenewed, type TlsFiles } from "./tls.js";

export interface MetricsHostOptions {
  readonly host: string;
  readonly port: number; // 0: any
  /** Asked at each connection. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly isRevoked?: IsRevoked | undefined;
  readonly page: () => string;
  /** Nobody was told anything, and the daemon goes on. */
  readonly onFault: (cause: Error) => void;
  readonly connectionMs?: number; // that a connection may last
}

const CONNECTIONS_MOST = 8;
const CONNECTION_MS = 10_000;
const HEADER_BYTES = 8192;
const PAGE_KEPT_MS = 1000;
const TYPE = "text/plain; version=0.0.4; charset=utf-8";

type HttpServer = ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>;

export class MetricsHost {
  readonly port: number;
  readonly #server: HttpServer;

  private constructor(server: HttpServer) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens. Throws when the port cannot be had. */
  static async open(options: MetricsHostOptions): Promise<MetricsHost> {
    const { host, port, tls, isRevoked, connectionMs = CONNECTION_MS } = options;
    const limits = {
      ...{ maxHeaderSize: HEADER_BYTES, headersTimeout: connectionMs, requestTimeout: connectionMs },
      ...{ connectionsCheckingInterval: 1000, insecureHTTPParser: false },
    };
    const answer = answering(options);
    const server =
      tls === undefined
        ? createServer(limits, answer)
        : judging(
            showRenewed(
              createTlsServer({ ...limits, ...tls(), requestCert: true, rejectUnauthorized: true }, answer),
              tls,
            ),
            isRevoked,
          );
    server.maxConnections = CONNECTIONS_MOST;
    server.on("connection", (socket: Socket) => {
      const limit = setTimeout(() => socket.destroy(), connectionMs);
      socket.once("close", () => clearTimeout(limit));
    });
    server.on("clientError", (_cause: Error, socket: Duplex) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", (cause: Error) => options.onFault(cause));
    return new MetricsHost(server);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** The server, for nobody whose certificate is void, whom a resumed session would let in. */
function judging(server: ReturnType<typeof createTlsServer>, isRevoked: IsRevoked | undefined) {
  return server.prependListener("secureConnection", (socket: TLSSocket) => {
    endWithCertificate(socket, () => {}, isRevoked);
  });
}

/** A host at `at`; none when that is null. */
export async function openMetrics(
  at: Pick<MetricsHostOptions, "host" | "port"> | null,
  options: Omit<MetricsHostOptions, "host" | "port">,
): Promise<MetricsHost | null> {
  return at === null ? null : MetricsHost.open({ ...at, ...options });
}

function answering({ page, onFault }: MetricsHostOptions): RequestListener {
  let kept: { readonly body: Buffer; readonly atMs: number } | null = null;
  const body = (): Buffer => {
    const nowMs = monotonicMs();
    if (kept === null || nowMs - kept.atMs >= PAGE_KEPT_MS) kept = { body: Buffer.from(page(), "utf8"), atMs: nowMs };
    return kept.body;
  };
  return (request, response) => {
    const refusal = refusalOf(request);
    if (refusal !== null) return end(response, refusal, `${refusal}\n`);
    try {
      end(response, 200, body());
    } catch (cause) {
      end(response, 500, "500\n");
      onFault(cause as Error);
    }
  };
}

/** The status of what is not answered; null for a scrape. */
function refusalOf({ url = "", method }: IncomingMessage): 404 | 405 | null {
  if (url.split("?")[0] !== "/metrics") return 404;
  return method === "GET" ? null : 405;
}

function end(response: ServerResponse, status: number, body: string | Buffer): void {
  const allow = status === 405 ? { allow: "GET" } : {};
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "content-type": TYPE, "content-length": length, connection: "close", ...allow });
  response.end(body);
}
