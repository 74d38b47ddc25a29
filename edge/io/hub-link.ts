// The robot's side of the link to the hub: one stream at a time, dialled anew for ever with growing, jittered pauses.
// Nothing is queued while there is no stream, since authority that arrives late is worse than none. The stream counts
// as open when the hub's program has answered, and as dead when nothing has come for 3 s, whatever the sockets say: a
// stopped hub keeps its sockets open. Every attempt has its own channel, so that no timer of the library decides when,
// and takes the certificate that is there by then. When the hub's name leads nowhere, every other attempt goes to where
// it was reached last: names are often gone before machines are.

import { isIP } from "node:net";
import { Client, type ClientDuplexStream, credentials, type MethodDefinition } from "@grpc/grpc-js";
import { monotonicMs } from "../../proto/codec/clock.js";
import { Dialled } from "../../proto/codec/dialled.js";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";
import type { TlsFiles } from "../../proto/codec/tls.js";
import { toOneOf } from "../../proto/shape.js";
import { type EdgeMessage, type HubMessage, readHubMessage } from "../../proto/wire.js";

export interface HubLinkEvents {
  /** The hub answered; send hello now. */
  onOpen(): void;
  onMessage(message: HubMessage, receivedMs: number): void;
  /** The stream that was open is gone, or an attempt failed. The next attempt follows by itself. */
  onClosed(reason: string): void;
}

export interface HubLinkOptions {
  readonly address: string; // host:port
  /** Asked before each attempt. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly events: HubLinkEvents;
  readonly random: () => number; // [0, 1)
  readonly backoffMs?: { readonly initial: number; readonly max: number };
  readonly silenceMs?: number;
}

const BACKOFF_MS = { initial: 250, max: 5000 };
const SILENCE_MS = 3000;
const HELD_MS = 5000; // a stream that held this long makes the next pause short again
const MOST_WAITING = 64;
const CHANNEL = {
  "grpc.keepalive_time_ms": 1000,
  "grpc.keepalive_timeout_ms": 1000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 5000,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": 65_536,
  "grpc.max_send_message_length": 65_536,
};

type Call = ClientDuplexStream<object, unknown>;
interface Attempt {
  readonly client: Client;
  readonly call: Call;
  readonly dialled: Dialled;
  openedMs: number | null;
  heardMs: number;
  waiting: number; // messages handed to the call that have not left it
}

export class HubLink {
  readonly #options: HubLinkOptions;
  readonly #backoffMs: { readonly initial: number; readonly max: number };
  readonly #silenceMs: number;
  readonly #method: MethodDefinition<object, unknown>;
  #attempt: Attempt | null = null;
  #pauseMs: number;
  #lastPeer: string | null = null; // where the hub was reached last
  #byPeer = false; // the next attempt goes there
  #redial: NodeJS.Timeout | null = null;
  #watch: NodeJS.Timeout | null = null;
  #closed = false;

  /** Reads the schema files; connects to nothing yet. */
  constructor(options: HubLinkOptions) {
    this.#method = serviceOf(loadSchemas(), "EdgeLink").Connect as MethodDefinition<object, unknown>;
    this.#options = options;
    this.#backoffMs = options.backoffMs ?? BACKOFF_MS;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    this.#pauseMs = this.#backoffMs.initial;
  }

  /** Begins to dial. No-op when it has begun or was closed. */
  start(): void {
    if (this.#closed || this.#watch !== null) return;
    this.#watch = setInterval(() => this.#checkSilence(), Math.ceil(this.#silenceMs / 12));
    this.#dial();
  }

  /** Sends now, or returns false when there is no open stream; nothing is kept for later. */
  send(message: EdgeMessage): boolean {
    const attempt = this.#attempt;
    if (attempt === null || attempt.openedMs === null) return false;
    if (attempt.waiting >= MOST_WAITING) {
      this.#drop(attempt, `the hub has not taken up ${attempt.waiting} messages`);
      return false;
    }
    attempt.waiting += 1;
    attempt.call.write(toOneOf(message), () => {
      attempt.waiting -= 1;
    });
    return true;
  }

  /** Ends the stream and dials no more. `onClosed` is not called for it. */
  close(): void {
    this.#closed = true;
    if (this.#redial !== null) clearTimeout(this.#redial);
    if (this.#watch !== null) clearInterval(this.#watch);
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt !== null) discard(attempt);
  }

  #dial(): void {
    const { address, tls } = this.#options;
    const peer = this.#byPeer ? this.#lastPeer : null;
    const client = new Client(peer ?? address, secretOf(tls?.()), peer === null ? CHANNEL : channelAs(address));
    const { path, requestSerialize, responseDeserialize } = this.#method;
    const dialled = new Dialled();
    const call: Call = dialled.run(() => client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize));
    const attempt: Attempt = { client, call, dialled, openedMs: null, heardMs: monotonicMs(), waiting: 0 };
    this.#attempt = attempt;
    call.on("metadata", () => this.#opened(attempt));
    call.on("data", (value: unknown) => this.#received(attempt, value, monotonicMs()));
    call.on("end", () => this.#drop(attempt, "the hub ended the stream"));
    call.on("error", (error: Error) => this.#drop(attempt, error.message));
  }

  #opened(attempt: Attempt): void {
    if (attempt !== this.#attempt || attempt.openedMs !== null) return;
    attempt.openedMs = monotonicMs();
    attempt.heardMs = attempt.openedMs;
    this.#lastPeer = peerOf(attempt.call) ?? this.#lastPeer;
    this.#options.events.onOpen();
  }

  #received(attempt: Attempt, value: unknown, receivedMs: number): void {
    if (attempt !== this.#attempt) return;
    attempt.heardMs = receivedMs;
    let message: HubMessage;
    try {
      message = readHubMessage(value, "hubMessage");
    } catch (cause) {
      this.#drop(attempt, `the hub sent what the protocol does not know: ${(cause as Error).message}`);
      return;
    }
    this.#opened(attempt);
    this.#options.events.onMessage(message, receivedMs);
  }

  // After a stop of this process the timers run before the sockets are read, so what already waits there is taken
  // first.
  #checkSilence(): void {
    const attempt = this.#attempt;
    if (attempt === null || monotonicMs() - attempt.heardMs <= this.#silenceMs) return;
    setImmediate(() => {
      if (monotonicMs() - attempt.heardMs <= this.#silenceMs) return;
      this.#drop(attempt, `no message from the hub for ${this.#silenceMs} ms`);
    });
  }

  #drop(attempt: Attempt, reason: string): void {
    if (attempt !== this.#attempt) return;
    this.#attempt = null;
    discard(attempt);
    const heldMs = attempt.openedMs === null ? 0 : monotonicMs() - attempt.openedMs;
    this.#byPeer = attempt.openedMs === null && !this.#byPeer;
    if (heldMs >= HELD_MS) this.#pauseMs = this.#backoffMs.initial;
    const pauseMs = Math.round(this.#pauseMs * (0.5 + this.#options.random() / 2));
    this.#pauseMs = Math.min(this.#backoffMs.max, this.#pauseMs * 2);
    this.#redial = setTimeout(() => this.#dial(), pauseMs);
    this.#options.events.onClosed(reason);
  }
}

function secretOf(tls: TlsFiles | undefined) {
  return tls === undefined ? credentials.createInsecure() : credentials.createSsl(tls.ca, tls.key, tls.cert, {});
}

/** For a call to a number: whoever answers must still prove to be the host of that address. */
function channelAs(address: string) {
  return { ...CHANNEL, "grpc.ssl_target_name_override": hostOf(address), "grpc.default_authority": address };
}

/** Where the call went, as a number with its port; null where that is not known. */
function peerOf(call: Call): string | null {
  const peer = call.getPeer();
  return isIP(hostOf(peer)) === 0 ? null : peer;
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

function discard({ call, client, dialled }: Attempt): void {
  call.cancel();
  client.close();
  dialled.destroy();
}
