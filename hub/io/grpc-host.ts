// Where the hub's gRPC services listen, with reflection and health. Everything has a limit (R13), keepalive finds peers
// that are gone, and with TLS every caller shows a certificate of the site's own authority. A request that is not what
// the schema says never reaches a handler as data: for calls with one request it is answered INVALID_ARGUMENT, and on a
// stream of requests it arrives as a MalformedMessage in the place of the message.

import { createServer } from "node:net";
import {
  type ChannelOptions,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import { MalformedMessage } from "../../proto/codec/codec.js";
import { GrpcTls } from "../../proto/codec/grpc-tls.js";
import { type Identity, type IsRevoked, identityIn, RENEWAL_LOOK_MS, type TlsFiles } from "../../proto/codec/tls.js";

export interface HostedService {
  readonly definition: ServiceDefinition<UntypedServiceImplementation>;
  readonly implementation: UntypedServiceImplementation;
}

export interface GrpcHostOptions {
  readonly host: string;
  readonly port: number; // 0: any
  /** Asked each `RENEWAL_LOOK_MS`. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly services: readonly HostedService[];
  readonly packageDefinition: PackageDefinition;
}

const CHANNEL: ChannelOptions = {
  "grpc.keepalive_time_ms": 2000,
  "grpc.keepalive_timeout_ms": 1000,
  "grpc.max_receive_message_length": 65_536,
  "grpc.max_send_message_length": 4 * 1024 * 1024,
  "grpc.max_concurrent_streams": 16,
  "grpc-node.max_session_memory": 8,
};

export class GrpcHost {
  readonly port: number;
  readonly #grpc: Server;
  readonly #health: HealthImplementation;
  readonly #names: readonly string[];
  readonly #looking: NodeJS.Timeout | undefined;

  private constructor(parts: {
    readonly grpc: Server;
    readonly health: HealthImplementation;
    readonly names: readonly string[];
    readonly port: number;
    readonly looking: NodeJS.Timeout | undefined;
  }) {
    this.#grpc = parts.grpc;
    this.#looking = parts.looking;
    this.#health = parts.health;
    this.#names = parts.names;
    this.port = parts.port;
  }

  /** Listens. Throws, naming host and port, when it cannot. Health says NOT_SERVING until `setServing(true)`. */
  static async open(options: GrpcHostOptions): Promise<GrpcHost> {
    const { host, port, tls, services, packageDefinition } = options;
    await probe(host, port);
    const grpc = new Server(CHANNEL);
    for (const { definition, implementation } of services) addService(grpc, definition, implementation);
    const names = ["", ...services.map(({ definition }) => serviceName(definition))];
    const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, "NOT_SERVING"])));
    health.addToServer(grpc);
    new ReflectionService(packageDefinition).addToServer(grpc);
    const renewed = tls && new GrpcTls(tls);
    const credentials = renewed?.credentials ?? ServerCredentials.createInsecure();
    const address = `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
    const bound = await new Promise<number>((done, fail) => {
      grpc.bindAsync(address, credentials, (error, found) => {
        if (error === null) done(found);
        else fail(new Error(`port ${port} on ${host} cannot be used: ${error.message}`));
      });
    });
    const looking = renewed && setInterval(() => renewed.look(), RENEWAL_LOOK_MS).unref();
    return new GrpcHost({ grpc, health, names, port: bound, looking });
  }

  /** What the health service says of every service here. */
  setServing(serving: boolean): void {
    for (const name of this.#names) this.#health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
  }

  /** Takes no more calls, and ends those that are still running after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.setServing(false);
    clearInterval(this.#looking);
    await new Promise<void>((done) => {
      const timer = setTimeout(() => {
        this.#grpc.forceShutdown();
        done(); // the library may wait for a connection that is gone
      }, graceMs);
      this.#grpc.tryShutdown(() => {
        clearTimeout(timer);
        done();
      });
    });
  }
}

/** What the caller's certificate says now; null without TLS. */
export function identityOf(
  call: Pick<ServerUnaryCall<unknown, unknown>, "getAuthContext">,
  isRevoked?: IsRevoked,
): Identity | null {
  const { transportSecurityType, sslPeerCertificate } = call.getAuthContext();
  return transportSecurityType === undefined ? null : identityIn(sslPeerCertificate, isRevoked);
}

// grpc-js does not tell why it could not bind, so the port is tried first.
function probe(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((done, fail) => {
    const listener = createServer();
    listener.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "is taken by another process" : `cannot be used: ${error.message}`;
      fail(new Error(`port ${port} on ${host} ${why}`));
    });
    listener.listen(port, host.replace(/^\[|\]$/g, ""), () => listener.close(() => done()));
  });
}

function serviceName(definition: HostedService["definition"]): string {
  const [first] = Object.values(definition);
  return first?.path.split("/")[1] ?? "";
}

function addService(grpc: Server, definition: HostedService["definition"], given: UntypedServiceImplementation): void {
  const methods: Record<string, object> = {};
  const handlers: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(definition)) {
    const handler = given[name];
    if (handler === undefined) throw new Error(`no handler for ${method.path}`);
    methods[name] = { ...method, requestDeserialize: orMalformed(method.requestDeserialize) };
    if (method.requestStream) handlers[name] = handler;
    else if (method.responseStream)
      handlers[name] = judgedStream(handler as handleServerStreamingCall<unknown, unknown>);
    else handlers[name] = judgedUnary(handler as handleUnaryCall<unknown, unknown>);
  }
  grpc.addService(methods as unknown as HostedService["definition"], handlers);
}

function orMalformed(read: (bytes: Buffer) => unknown): (bytes: Buffer) => unknown {
  return (bytes) => {
    try {
      return read(bytes);
    } catch (cause) {
      return cause instanceof MalformedMessage ? cause : new MalformedMessage(String(cause));
    }
  };
}

function judgedUnary(handle: handleUnaryCall<unknown, unknown>): handleUnaryCall<unknown, unknown> {
  return (call, answer) => {
    if (!(call.request instanceof MalformedMessage)) return handle(call, answer);
    answer({ code: status.INVALID_ARGUMENT, details: call.request.message });
  };
}

function judgedStream(
  handle: handleServerStreamingCall<unknown, unknown>,
): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    if (!(call.request instanceof MalformedMessage)) return handle(call);
    call.emit("error", { code: status.INVALID_ARGUMENT, details: call.request.message });
  };
}
