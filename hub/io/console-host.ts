// The web console over HTTP or, where the hub has certificates, over TLS: the page's own files, /api for whoever has a
// token, and a stream of live views. R13: few connections, short headers and bodies, and nobody who looks can keep the
// hub from its work.

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { showRenewed, type TlsFiles } from "../../proto/codec/tls.js";
import { type Caller, FRAME_MS } from "../../proto/console.js";
import { refuse } from "../../proto/errors.js";
import { type Answer, type AnswerParts, answerAct, answerGet, isAskKind, refused } from "../web/answers.js";
import type { Asset } from "../web/assets.js";
import { type Authenticate, bearerOf, HEADERS, isOwnHost, isOwnOrigin } from "../web/guard.js";
import { Live } from "../web/live.js";
import { type SeatLimits, Seats } from "../web/seats.js";
import { TRAIL_PERIOD_MS } from "../web/trail.js";

export interface ConsoleHostOptions extends AnswerParts {
  readonly host: string;
  readonly portNumber: number; // 0: any
  /** Asked at each connection. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly authenticate: Authenticate;
  readonly wallMs: () => number;
  /** The caller was told of a fault without its details, and the hub goes on. */
  readonly onFault: (cause: unknown) => void;
  readonly streamsMost?: number;
  /** A connection that takes nothing of what it is sent is ended after this. Default 15,000 ms. */
  readonly slowMs?: number;
  /** A connection that has not sent a whole request by then is ended. Default 4000 ms. */
  readonly requestMs?: number;
  readonly seats?: Partial<SeatLimits>;
}

const SEATS = { most: 64, mostOfOne: 32 } as const;
const REQUEST_MS = 4000;
const HEADER_BYTES = 8192;
const BODY_BYTES = 64 * 1024;
const STREAMS_MOST = 16;
const SLOW_MS = 15_000;

type HttpServer = ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>;

export class ConsoleHost {
  readonly port: number;
  readonly #server: HttpServer;
  readonly #live: Live;
  readonly #timers: readonly NodeJS.Timeout[];

  private constructor(server: HttpServer, live: Live, options: ConsoleHostOptions) {
    this.#server = server;
    this.#live = live;
    this.port = (server.address() as AddressInfo).port;
    const guarded = (work: () => void) => () => {
      try {
        work();
      } catch (cause) {
        options.onFault(cause);
      }
    };
    const { trail, port, wallMs } = options;
    this.#timers = [
      setInterval(
        guarded(() => live.tick()),
        FRAME_MS,
      ),
      setInterval(
        guarded(() => trail.take(port.site(), wallMs())),
        TRAIL_PERIOD_MS,
      ),
    ];
  }

  /** Listens. Throws when the port cannot be had. */
  static async open(options: ConsoleHostOptions): Promise<ConsoleHost> {
    const { host, portNumber, tls, streamsMost = STREAMS_MOST, slowMs = SLOW_MS, requestMs = REQUEST_MS } = options;
    const limits = {
      ...{ maxHeaderSize: HEADER_BYTES, headersTimeout: requestMs, requestTimeout: requestMs },
      ...{ connectionsCheckingInterval: Math.min(1000, requestMs / 4), insecureHTTPParser: false },
      ...{ keepAliveTimeout: 5000, handshakeTimeout: requestMs },
    };
    const live = new Live({ ...options, streamsMost, slowMs });
    const answer = answering(options, live);
    const server =
      tls === undefined
        ? createServer(limits, answer)
        : showRenewed(createTlsServer({ ...limits, ...tls() }, answer), tls);
    server.setTimeout(slowMs); // of a connection on which nothing goes either way: whoever asks must read, too
    seat(server, new Seats({ ...SEATS, ...options.seats }));
    server.on("clientError", (_cause: Error, socket: Duplex) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(portNumber, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", options.onFault);
    return new ConsoleHost(server, live, options);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#live.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Before anything is read of a connection it has its seat. */
function seat(server: HttpServer, seats: Seats): void {
  server.on("connection", (socket: Socket) => seats.take(socket));
  server.on("secureConnection", (socket: Socket) => seats.secured(socket));
  server.prependListener("request", (request, response) => seats.asked(request, response));
}

function answering(options: ConsoleHostOptions, live: Live): RequestListener {
  return (request, response) => {
    response.on("error", () => undefined); // whoever asked has gone
    answer(request, response, { options, live }).catch((cause: unknown) => {
      options.onFault(cause);
      const body = { code: "", message: "the hub has a fault, see its log" };
      if (!response.headersSent) send(response, { status: 500, body });
      else response.destroy();
    });
  };
}

interface Parts {
  readonly options: ConsoleHostOptions;
  readonly live: Live;
}

const plainly = (status: number, message: string): Answer => ({ status, body: { code: "", message } });

async function answer(request: IncomingMessage, response: ServerResponse, { options, live }: Parts): Promise<void> {
  const secure = options.tls !== undefined;
  const { method, headers } = request;
  if (!isOwnHost(headers.host, secure)) return send(response, plainly(421, "this is not the host that was asked for"));
  const [path = "", search = ""] = (request.url ?? "").split("?", 2);
  if (!path.startsWith("/api/")) return sendAsset(response, { method, asset: options.assets.get(path) });
  const caller = options.authenticate(bearerOf(headers));
  if (caller === null) return send(response, plainly(401, "expected the console's token, found none that is known"));
  const name = path.slice("/api/".length);
  const isKnown = () => options.authenticate(bearerOf(headers)) !== null;
  if (method === "GET" && name === "live") return sendLive(response, live, isKnown);
  if (method === "GET") {
    const query = new URLSearchParams(search);
    return send(response, await answerGet(options, { name, query, caller }));
  }
  if (method !== "POST") return send(response, plainly(405, "expected GET or POST"));
  if (!isOwnOrigin(headers, secure)) return send(response, plainly(403, "another page's act is not taken"));
  const found = await act(request, { name, caller, options });
  if (found !== null) send(response, found);
}

async function act(
  request: IncomingMessage,
  { name, caller, options }: { readonly name: string; readonly caller: Caller; readonly options: ConsoleHostOptions },
): Promise<Answer | null> {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
    return plainly(415, "expected application/json");
  const [folder, kind = ""] = name.split("/", 2);
  if (folder !== "act" || !isAskKind(kind)) return plainly(404, "nothing of that name is answered");
  const text = await bodyOf(request);
  if (text === null) return plainly(413, `expected at most ${BODY_BYTES} bytes`);
  if (!LOWERS.has(kind) && (await isGone(request))) return null;
  return answerAct(options, { kind, text, caller });
}

/** What takes autonomy away is done however late it comes. */
const LOWERS: ReadonlySet<string> = new Set(["halt", "setMode", "pauseTask", "drainRobot"]);
const LOOK_MS = 30;

/** Whether whoever asked has given up: a hub that stood still reads first what was asked, and then that they went. */
async function isGone({ socket }: IncomingMessage): Promise<boolean> {
  await new Promise((done) => setTimeout(done, LOOK_MS));
  return socket.destroyed || socket.readableEnded;
}

/** null: it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > BODY_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Ends when the token is revoked or over: `isKnown` is asked before each frame. */
function sendLive(response: ServerResponse, live: Live, isKnown: () => boolean): void {
  const write = (text: string): boolean => {
    if (isKnown()) return response.write(text);
    response.destroy();
    return true;
  };
  const follower = live.follow({ write, end: () => response.destroy() });
  if (follower === null)
    return send(response, refused(refuse("TOO_MANY", `cannot show the site live: ${live.open} pages look already`)));
  response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
  response.socket?.setTimeout(0);
  response.socket?.setNoDelay(true);
  response.on("drain", () => follower.drained());
  response.once("close", () => follower.closed());
}

function sendAsset(
  response: ServerResponse,
  { method, asset }: { readonly method: string | undefined; readonly asset: Asset | undefined },
): void {
  if (asset === undefined) return send(response, plainly(404, "there is no such page"));
  if (method !== "GET" && method !== "HEAD") return send(response, plainly(405, "expected GET"));
  response.writeHead(200, { ...HEADERS, "content-type": asset.type, "content-length": asset.body.length });
  response.end(method === "HEAD" ? undefined : asset.body);
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  const allow = status === 405 ? { allow: "GET, POST" } : {};
  const type = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) };
  // What was not read to its end must not be taken for the next request.
  const close = status >= 400 ? { connection: "close" } : {};
  response.writeHead(status, { ...HEADERS, ...type, ...allow, ...close });
  response.end(text);
}
