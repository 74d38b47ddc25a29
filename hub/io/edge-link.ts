// The hub's side of the link. A stream counts as open once its first message, hello, has come, within 2 s and in the
// robot's own name; what is not a message of the protocol ends the stream, and so does the robot's certificate once it
// has ended or was revoked. R3: the time of receipt is read before anything else happens to a message, since the hub's
// waiting counts from it. Sending never waits: what the robot does not take up is bounded, and a full queue ends the
// stream.

import { Metadata, type ServerDuplexStream, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { Budget, type RateLimit } from "../../proto/codec/budget.js";
import { monotonicMs } from "../../proto/codec/clock.js";
import { MalformedMessage } from "../../proto/codec/codec.js";
import { type Identity, type IsRevoked, voidText, whenVoid } from "../../proto/codec/tls.js";
import type { RefusalCode } from "../../proto/errors.js";
import { toOneOf, WireRefused } from "../../proto/shape.js";
import { type EdgeMessage, type Hello, type HubMessage, readEdgeMessage } from "../../proto/wire.js";

export interface LinkRefusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** One open stream of one robot. Handlers are set in `onOpen`, and the hello is the first message they get. */
export interface LinkStream {
  readonly id: number; // new for each stream of this process
  readonly robot: string;
  /** Hands the message over; never waits. No-op once closed. */
  send(message: HubMessage): void;
  /** Ends the stream; with a refusal, says it first. No-op once closed. */
  end(refused?: LinkRefusal): void;
  onMessage(handler: (message: EdgeMessage, receivedMs: number) => void): void;
  /** Called once, whoever ended the stream. Proves nothing about leases (R3). */
  onClosed(handler: (reason: string) => void): void;
}

export interface LinkLimits {
  readonly helloMs: number;
  readonly queuedMessages: number; // not yet taken up by the robot
  readonly rate: RateLimit;
}

export const LINK_LIMITS: LinkLimits = { helloMs: 2000, queuedMessages: 64, rate: { perSecond: 200, burst: 2000 } };

export interface EdgeLinkOptions {
  readonly onOpen: (stream: LinkStream) => void;
  /** What the certificate of a call says; null without TLS. */
  readonly identityOf: (call: LinkCall) => Identity | null;
  /** Asked again of an open link. */
  readonly isRevoked?: IsRevoked | undefined;
  readonly limits?: Partial<LinkLimits>;
  /** A stream that ended before it was open. */
  readonly onTurnedAway?: (reason: string) => void;
}

export type LinkCall = ServerDuplexStream<unknown, object>;

/** The implementation of the EdgeLink service. */
export function edgeLinkHandlers(options: EdgeLinkOptions): UntypedServiceImplementation {
  let lastId = 0;
  const limits = { ...LINK_LIMITS, ...options.limits };
  const connect = (call: LinkCall): void => {
    lastId += 1;
    new Link(call, lastId, { ...options, limits });
  };
  return { Connect: connect as UntypedServiceImplementation[string] };
}

const STATUS: Partial<Record<RefusalCode, status>> = {
  WRONG_IDENTITY: status.PERMISSION_DENIED,
  MALFORMED: status.INVALID_ARGUMENT,
  TOO_MANY: status.RESOURCE_EXHAUSTED,
  SITE_STOPPING: status.UNAVAILABLE,
  SUPERSEDED: status.ABORTED,
};

type Phase = "before-hello" | "open" | "closed";

class Link implements LinkStream {
  readonly id: number;
  readonly #call: LinkCall;
  readonly #options: EdgeLinkOptions & { readonly limits: LinkLimits };
  readonly #budget: Budget;
  readonly #helloTimer: NodeJS.Timeout;
  #phase: Phase = "before-hello";
  #robot = "";
  #queued = 0;
  #callOff: () => void = () => {};
  #onMessage: (message: EdgeMessage, receivedMs: number) => void = () => {};
  #onClosed: (reason: string) => void = () => {};

  constructor(call: LinkCall, id: number, options: EdgeLinkOptions & { readonly limits: LinkLimits }) {
    this.id = id;
    this.#call = call;
    this.#options = options;
    this.#budget = new Budget(options.limits.rate, monotonicMs());
    const { helloMs } = options.limits;
    this.#helloTimer = setTimeout(() => this.#refuse("MALFORMED", `expected hello within ${helloMs} ms`), helloMs);
    call.on("data", (value: unknown) => this.#receive(value, monotonicMs()));
    call.on("end", () => this.#finish("the robot ended the stream"));
    call.on("cancelled", () => this.#close("the connection was lost or cancelled"));
    call.on("error", (error: Error) => this.#close(error.message));
    call.sendMetadata(new Metadata()); // tells the robot that a hub, and not only a socket, is there
  }

  get robot(): string {
    return this.#robot;
  }

  send(message: HubMessage): void {
    if (this.#phase === "closed") return;
    if (this.#queued >= this.#options.limits.queuedMessages) {
      this.#refuse("TOO_MANY", `the robot has not taken up ${this.#queued} messages`);
      return;
    }
    this.#write(message);
  }

  end(refused?: LinkRefusal): void {
    if (refused !== undefined) this.#refuse(refused.code, refused.message);
    else this.#finish("the hub ended the stream");
  }

  onMessage(handler: (message: EdgeMessage, receivedMs: number) => void): void {
    this.#onMessage = handler;
  }

  onClosed(handler: (reason: string) => void): void {
    this.#onClosed = handler;
  }

  #receive(value: unknown, receivedMs: number): void {
    if (this.#phase === "closed") return;
    if (!this.#budget.spend(receivedMs)) {
      this.#refuse("TOO_MANY", `more than ${this.#options.limits.rate.perSecond} messages a second`);
      return;
    }
    const message = judge(value);
    if (typeof message === "string") this.#refuse("MALFORMED", message);
    else if (this.#phase === "open") this.#onMessage(message, receivedMs);
    else if (message.kind === "hello") this.#open(message, receivedMs);
    else this.#refuse("MALFORMED", `expected hello as the first message, found ${message.kind}`);
  }

  #open(hello: Hello, receivedMs: number): void {
    const { identityOf, isRevoked } = this.#options;
    const identity = identityOf(this.#call);
    const denied = identity === null ? null : whyNot(hello.robot, identity);
    if (denied !== null) {
      this.#refuse("WRONG_IDENTITY", denied);
      return;
    }
    clearTimeout(this.#helloTimer);
    if (identity !== null) {
      const certificate = this.#call.getAuthContext().sslPeerCertificate;
      this.#callOff = whenVoid(
        certificate,
        (voidBy) => this.#refuse("WRONG_IDENTITY", voidText(identity.name, voidBy)),
        isRevoked,
      );
    }
    this.#robot = hello.robot;
    this.#phase = "open";
    this.#options.onOpen(this);
    this.#onMessage(hello, receivedMs);
  }

  #write(message: HubMessage): void {
    this.#queued += 1;
    this.#call.write(toOneOf(message), () => {
      this.#queued -= 1;
    });
  }

  #refuse(code: RefusalCode, message: string): void {
    if (this.#phase === "closed") return;
    this.#write({ kind: "refused", code, message: message.slice(0, 400) });
    const reason = `${code}: ${message}`;
    this.#close(reason);
    this.#call.emit("error", { code: STATUS[code] ?? status.FAILED_PRECONDITION, details: reason, message: reason });
  }

  #finish(reason: string): void {
    if (this.#phase === "closed") return;
    this.#close(reason);
    this.#call.end();
  }

  #close(reason: string): void {
    if (this.#phase === "closed") return;
    const was = this.#phase;
    this.#phase = "closed";
    clearTimeout(this.#helloTimer);
    this.#callOff();
    if (was === "open") this.#onClosed(reason);
    else this.#options.onTurnedAway?.(reason);
  }
}

/** Why this certificate does not speak for the robot; null when it does. */
function whyNot(robot: string, { name, voidBy }: Identity): string | null {
  if (voidBy !== null) return `hello says ${robot}, ${voidText(name, voidBy)}`;
  return name === robot ? null : `hello says ${robot}, the certificate says ${name ?? "no clear name"}`;
}

function judge(value: unknown): EdgeMessage | string {
  if (value instanceof MalformedMessage) return value.message;
  try {
    return readEdgeMessage(value, "edgeMessage");
  } catch (cause) {
    if (cause instanceof WireRefused) return cause.message;
    throw cause;
  }
}
