// The hub as a stranger sees it: service FleetOperator over gRPC, by the schemas alone. Every call has a limit in
// time. A failure says whether the hub can have done something: UNREACHABLE when nothing was sent, NOT_ANSWERED when
// nobody knows (R10: asking again under the same name cannot do it twice). Proxies of the environment are ignored.

import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";
import type { TlsFiles } from "../../proto/codec/tls.js";
import type { ExitClass } from "../../proto/errors.js";
import { classOfStatus, isRefusalCode, REFUSAL_METADATA } from "../../proto/operator.js";
import { type Reader, WireRefused } from "../../proto/shape.js";
import { type CliCode, CliFailure } from "./failure.js";
import { tlsObjection } from "./probe.js";

export interface HubAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | null;
  /** For an answer, or for the connection of a stream. */
  readonly timeoutMs: number;
  /** Who asks, to a hub that knows people by tokens; asked for at each call. */
  readonly token?: () => string | null;
}

const RECEIVED_BYTES_MOST = 33_554_432;
const CHANNEL = {
  "grpc.enable_http_proxy": 0,
  "grpc.enable_retries": 0,
  // A hub that starts again is asked again soon: a halt may be waiting.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 500,
  "grpc.keepalive_time_ms": 2000,
  "grpc.keepalive_timeout_ms": 2000,
  "grpc.max_receive_message_length": RECEIVED_BYTES_MOST,
  "grpc.use_local_subchannel_pool": 1,
};

export class Hub {
  readonly #client: Client;
  readonly #service: ServiceDefinition;
  readonly #at: HubAddress;
  readonly #stop: AbortSignal;

  constructor(at: HubAddress, stop: AbortSignal) {
    this.#at = at;
    this.#stop = stop;
    this.#service = serviceOf(loadSchemas(), "FleetOperator");
    this.#client = new Client(`dns:${at.host}:${at.port}`, credentialsOf(at.tls), CHANNEL);
  }

  /** Asks once. Throws CliFailure: the hub's refusal, or what came in between. */
  async ask<T>(method: string, request: object, read: Reader<T>, timeoutMs = this.#at.timeoutMs): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const deadline = new Date(Date.now() + timeoutMs);
    const answer = new Promise<unknown>((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata(),
        { deadline },
        (error, found) => {
          this.#stop.removeEventListener("abort", cancel);
          if (error === null) resolve(found);
          else reject(this.#failure(error, timeoutMs));
        },
      );
      const cancel = () => call.cancel();
      this.#stop.addEventListener("abort", cancel);
      if (this.#stop.aborted) cancel();
    });
    return this.#read(method, read, await this.#explained(answer));
  }

  /**
   * Follows a stream until it ends, `take` gives false, or the person stops it. Takes no message before the one before
   * is done with. Throws CliFailure.
   */
  async follow<T>(
    method: string,
    request: object,
    { read, take }: { readonly read: Reader<T>; readonly take: (item: T) => Promise<boolean> },
  ): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata(),
    );
    const cancel = () => call.cancel();
    this.#stop.addEventListener("abort", cancel);
    const late = setTimeout(() => call.destroy(timedOut()), this.#at.timeoutMs);
    call.once("metadata", () => clearTimeout(late));
    try {
      for await (const item of call) {
        clearTimeout(late);
        if (!(await take(this.#read(method, read, item)))) break;
      }
    } catch (error) {
      if (this.#stop.aborted) return;
      await this.#explained(Promise.reject(isServiceError(error) ? this.#failure(error) : error));
    } finally {
      clearTimeout(late);
      this.#stop.removeEventListener("abort", cancel);
      cancel();
    }
  }

  /** Says of a connection that was not made whether TLS is the reason. */
  async #explained<T>(answer: Promise<T>): Promise<T> {
    const { host, port, tls } = this.#at;
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof CliFailure) || error.code !== "UNREACHABLE" || this.#stop.aborted) throw error;
      if (tls === null && VAGUE.test(error.message)) {
        throw new CliFailure("UNREACHABLE", `${error.message}; if it wants TLS, give --ca, --cert and --key`);
      }
      const objection = tls === null ? null : await tlsObjection({ host, port, tls });
      throw objection === null ? error : this.#distrust(objection);
    }
  }

  #distrust(why: string): CliFailure {
    return new CliFailure("NOT_TRUSTED", `the hub at ${this.#place} and this command do not trust each other: ${why}`);
  }

  close(): void {
    this.#client.close();
  }

  #method(name: string): ServiceDefinition[string] {
    const method = this.#service[name];
    if (method === undefined) throw new Error(`FleetOperator has no method ${name}`);
    return method;
  }

  #read<T>(method: string, read: Reader<T>, answer: unknown): T {
    try {
      return read(answer, method);
    } catch (cause) {
      if (!(cause instanceof WireRefused)) throw cause;
      throw new CliFailure("NOT_UNDERSTOOD", `the hub at ${this.#place} may be of another version: ${cause.message}`);
    }
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    const token = this.#at.token?.() ?? null;
    if (token !== null) metadata.set("authorization", `Bearer ${token}`);
    return metadata;
  }

  get #place(): string {
    return `${this.#at.host}:${this.#at.port}`;
  }

  #failure(error: ServiceError, timeoutMs = this.#at.timeoutMs): CliFailure {
    const [code] = error.metadata?.get(REFUSAL_METADATA) ?? [];
    if (typeof code === "string" && isRefusalCode(code)) return new CliFailure(code, error.details);
    const place = this.#place;
    if (this.#stop.aborted && error.code === status.CANCELLED) {
      return new CliFailure("INTERRUPTED", "interrupted before the hub answered");
    }
    if (TRUST.test(error.details)) return this.#distrust(reasonOf(error.details));
    if (error.code === status.UNAVAILABLE && NOT_SENT.test(error.details)) {
      return new CliFailure("UNREACHABLE", `cannot reach the hub at ${place}: ${reasonOf(error.details)}`);
    }
    if (error.code === status.DEADLINE_EXCEEDED) {
      return new CliFailure("NOT_ANSWERED", `the hub at ${place} did not answer within ${Math.round(timeoutMs)} ms`);
    }
    if (error.code === status.UNIMPLEMENTED) {
      return new CliFailure("NOT_UNDERSTOOD", `the hub at ${place} is of another version: ${error.details}`);
    }
    if (error.code === status.CANCELLED || error.details.includes("RST_STREAM")) {
      return new CliFailure("NOT_ANSWERED", `the hub at ${place} broke the call off: ${error.details}`);
    }
    return new CliFailure(CODE_OF_CLASS[classOfStatus(error.code)], `the hub at ${place}: ${error.details}`);
  }
}

// grpc-js tells these apart only by their words.
const NOT_SENT = /^(No connection established|Name resolution failed)/;
const VAGUE = /Failed to connect/;
const TRUST = /certificate|altnames|self.signed|alert (number|unknown ca|bad)|SSL routines/i;

const CODE_OF_CLASS: Readonly<Record<ExitClass, CliCode>> = {
  usage: "HUB_DATA",
  data: "HUB_DATA",
  missing: "HUB_MISSING",
  unavailable: "NOT_ANSWERED",
  software: "FAULT",
  io: "FAULT",
  later: "HUB_LATER",
  permission: "NOT_PERMITTED",
  config: "HUB_LATER",
};

function credentialsOf(tls: TlsFiles | null): ChannelCredentials {
  return tls === null ? credentials.createInsecure() : credentials.createSsl(tls.ca, tls.key, tls.cert);
}

function timedOut(): ServiceError {
  const error = new Error("no answer in time");
  return Object.assign(error, { code: status.DEADLINE_EXCEEDED, details: error.message, metadata: new Metadata() });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

/** The last part of what grpc-js says about a connection that was not made. */
function reasonOf(details: string): string {
  const reason = /Last error: (?:Error: )?(.*?)\.? *(?:Resolution note:.*)?$/.exec(details)?.[1];
  return reason === undefined || reason === "" || reason === "null" ? details : reason;
}
