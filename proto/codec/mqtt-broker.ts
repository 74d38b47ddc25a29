// An MQTT 3.1.1 broker (aedes) that refuses by default: what a client may do is asked of a policy, and everything has a
// limit (R13). Nobody receives what the policy does not grant, no session outlives its connection, nothing is retained,
// and a client that stops reading loses packets first and its connection after a while, so that no one waits for it.
// Used for the robot's own broker and for the site's.

import { createServer as createPlain, type Server, type Socket } from "node:net";
import { createServer as createTls, TLSSocket } from "node:tls";
import { Aedes, type Client } from "aedes";
import { guardSocket, UNREAD_BYTES } from "./mqtt-guard.js";
import { covers, cut, ordinary, publishPacket } from "./mqtt-packet.js";
import { type BrokerLimits, type BrokerPolicy, type ConnectAsked, connectRefusal } from "./mqtt-policy.js";
import { endWithCertificate, type IsRevoked, showRenewed, type TlsFiles } from "./tls.js";

export interface BrokerOptions {
  readonly host: string;
  readonly port: number;
  /** Asked at each connection. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly isRevoked?: IsRevoked | undefined;
  readonly policy: BrokerPolicy;
  readonly limits: BrokerLimits;
  /** What was refused and why; the client is gone by then. `id` is null before it said who it is. */
  readonly onRefused: (id: string | null, reason: string) => void;
  readonly monotonicMs: () => number;
}

const CONNECT_TIMEOUT_MS = 2000;
const STALLED_MS = 3000;
const NOT_AUTHORIZED = 5; // CONNACK
const HEADER_BYTES = 8;
const MOST_FILTERS = 16;
const BACKLOG_BYTES = UNREAD_BYTES / 2;

type AuthError = Error & { returnCode: number };

interface Receiver {
  readonly filters: Set<string>;
  stalledSinceMs: number | null;
  promisedBytes: number; // let through, but written only in the next turn of the event loop
}

export class PolicedBroker {
  readonly port: number;
  readonly #aedes: Aedes;
  readonly #listener: Server;
  readonly #sockets: Set<Socket>;
  readonly #receivers: Map<Client, Receiver>;

  private constructor(parts: {
    aedes: Aedes;
    listener: Server;
    sockets: Set<Socket>;
    receivers: Map<Client, Receiver>;
  }) {
    this.#aedes = parts.aedes;
    this.#listener = parts.listener;
    this.#sockets = parts.sockets;
    this.#receivers = parts.receivers;
    const address = parts.listener.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Listens. Throws, naming the port, when it cannot. */
  static async open(options: BrokerOptions): Promise<PolicedBroker> {
    const receivers = new Map<Client, Receiver>();
    const aedes = await Aedes.createBroker({
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepaliveLimit: options.limits.keepaliveMostS,
      ...handlersOf(options, receivers),
    });
    watch(aedes, options, receivers);
    const sockets = new Set<Socket>();
    const listener = listenerOf(options, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.setNoDelay(true);
      guardSocket(socket, options.limits, options.monotonicMs);
      const ended = (why: string) => options.onRefused(null, why);
      if (!(socket instanceof TLSSocket) || endWithCertificate(socket, ended, options.isRevoked)) aedes.handle(socket);
    });
    try {
      await listen(listener, options);
    } catch (cause) {
      aedes.close();
      throw cause;
    }
    return new PolicedBroker({ aedes, listener, sockets, receivers });
  }

  /**
   * Writes one QoS 0 packet to every subscriber of the topic, inside this call: `gate` is asked for each receiver right
   * before its bytes go to the operating system, with nothing in between that could wait. A receiver with bytes still
   * waiting in this process is passed over, since a packet queued behind them would leave at an unknown time. Returns
   * how many receivers were written to.
   */
  pushNow(packet: {
    readonly topic: string;
    readonly payload: () => Uint8Array;
    readonly gate: () => boolean;
  }): number {
    let bytes: Buffer | null = null;
    let told = 0;
    for (const [client, { filters }] of this.#receivers) {
      const socket = client.conn;
      if (!client.connected || socket.destroyed || !covers(filters, packet.topic)) continue;
      bytes ??= publishPacket(packet.topic, packet.payload());
      while (socket.writableCorked > 0) socket.uncork();
      if (socket.writableLength > 0 || !packet.gate()) continue;
      socket.write(bytes);
      told += 1;
    }
    return told;
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#listener.close(() => done()));
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => this.#aedes.close(done));
    await closed;
  }
}

function bytesOf(payload: string | Buffer): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
}

function handlersOf({ policy, limits, onRefused, monotonicMs }: BrokerOptions, receivers: Map<Client, Receiver>) {
  const refusals = new WeakMap<Client, string>();
  return {
    preConnect(client: Client, packet: ConnectAsked, done: (error: Error | null, ok: boolean) => void): void {
      const refusal = connectRefusal({ socket: client.conn, packet, policy, limits });
      if (refusal !== null) refusals.set(client, refusal);
      done(null, true);
    },
    authenticate(
      client: Client,
      _user: unknown,
      _password: unknown,
      done: (error: AuthError | null, ok: boolean) => void,
    ): void {
      const refusal = refusals.get(client);
      if (refusal === undefined) return done(null, true);
      onRefused(client.id, refusal);
      done(Object.assign(new Error(refusal), { returnCode: NOT_AUTHORIZED }), false);
    },
    authorizePublish(
      client: Client | null,
      packet: { topic: string; payload: string | Buffer; retain: boolean },
      done: (error?: Error | null) => void,
    ): void {
      packet.retain = false;
      const { topic } = packet;
      if (client === null) done();
      else if (!ordinary(topic) || !policy.mayPublish(client.id, topic))
        done(new Error(`may not publish ${cut(topic)}`));
      else {
        policy.onPublish?.(client.id, topic, bytesOf(packet.payload));
        done();
      }
    },
    authorizeSubscribe<S extends { topic: string; qos: number }>(
      client: Client,
      asked: S,
      done: (error: Error | null, granted?: S) => void,
    ): void {
      const receiver = receivers.get(client) ?? { filters: new Set(), stalledSinceMs: null, promisedBytes: 0 };
      receivers.set(client, receiver);
      receiver.filters.add(asked.topic);
      if (client.closed) done(new Error("the connection is closed"));
      else if (receiver.filters.size > MOST_FILTERS) done(new Error(`subscribed to more than ${MOST_FILTERS} filters`));
      else if (asked.qos > 1) done(new Error(`asked for QoS ${asked.qos} of ${cut(asked.topic)}; expected 0 or 1`));
      else if (!ordinary(asked.topic) || !policy.maySubscribe(client.id, asked.topic))
        done(new Error(`may not subscribe to ${cut(asked.topic)}`));
      else done(null, asked);
    },
    authorizeForward<P extends { topic: string; payload: string | Buffer }>(client: Client, packet: P): P | null {
      const receiver = receivers.get(client);
      if (receiver === undefined || !policy.mayReceive(client.id, packet.topic)) return null;
      const bytes = packet.topic.length + Buffer.byteLength(packet.payload) + HEADER_BYTES;
      return keepsUp(client, receiver, { bytes, nowMs: monotonicMs() }) ? packet : null;
    },
  };
}

// A receiver that does not read: skip it while its backlog lasts, and let go of it after a while.
function keepsUp(client: Client, receiver: Receiver, at: { readonly bytes: number; readonly nowMs: number }): boolean {
  const backlog = client.conn.writableLength + receiver.promisedBytes;
  if (backlog + at.bytes > BACKLOG_BYTES) {
    receiver.stalledSinceMs ??= at.nowMs;
    if (at.nowMs - receiver.stalledSinceMs >= STALLED_MS) {
      client.conn.destroy(new Error(`read nothing for ${STALLED_MS} ms`));
    }
    return false;
  }
  if (receiver.promisedBytes === 0) {
    // The engine writes in the next turn; the turn after that, the socket's own count holds them.
    setImmediate(() =>
      setImmediate(() => {
        receiver.promisedBytes = 0;
      }),
    );
  }
  receiver.promisedBytes += at.bytes;
  receiver.stalledSinceMs = null;
  return true;
}

function watch(aedes: Aedes, { policy, onRefused }: BrokerOptions, receivers: Map<Client, Receiver>): void {
  const told = (): void => policy.onFilters?.(new Set([...receivers.values()].flatMap((one) => [...one.filters])));
  const refused = (client: Client, error: Error): void => {
    if (!client.closed && !("code" in error)) onRefused(client.id ?? null, error.message);
  };
  aedes.on("clientError", refused);
  aedes.on("connectionError", refused);
  aedes.on("subscribe", told);
  aedes.on("unsubscribe", (filters, client) => {
    for (const filter of filters) receivers.get(client)?.filters.delete(filter);
    told();
  });
  aedes.on("clientDisconnect", (client) => {
    receivers.delete(client);
    told();
  });
}

function listenerOf({ tls, limits, onRefused }: BrokerOptions, onSocket: (socket: Socket) => void): Server {
  const handshakeTimeout = CONNECT_TIMEOUT_MS;
  const listener =
    tls === undefined
      ? createPlain(onSocket)
      : showRenewed(
          createTls({ ...tls(), requestCert: true, rejectUnauthorized: true, handshakeTimeout }, onSocket),
          tls,
        );
  listener.maxConnections = limits.clients;
  listener.on("drop", () => onRefused(null, `more than ${limits.clients} connections`));
  listener.on("tlsClientError", (error: Error) => onRefused(null, `TLS: ${error.message}`));
  return listener;
}

function listen(listener: Server, { host, port }: BrokerOptions): Promise<void> {
  return new Promise((done, fail) => {
    listener.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "is taken by another process" : `cannot be used: ${error.message}`;
      fail(new Error(`port ${port} on ${host} ${why}`));
    });
    listener.listen(port, host, done);
  });
}
