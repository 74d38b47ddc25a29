// The gRPC service FleetOperator over a port that the hub's runtime implements. Requests are parsed here (R13) and a
// refusal leaves as a status by its class with its code in trailing metadata, so that the caller has the same refusal.
// With TLS nobody acts under another's name. Streams are bounded: a site view is sent only when the one before has
// left (the newest wins), events are read as fast as the follower takes them, and one that takes nothing for `slowMs`
// is ended with a status. A stream waits for `drain` or for its own end, because a cancelled call never drains.

import * as grpc from "@grpc/grpc-js";
import { REFUSALS, type Refusal, refuse } from "../../proto/errors.js";
import { toLedgerEvent } from "../../proto/ledger.js";
import {
  ASK_KINDS,
  type AskKind,
  methodOf,
  type OperatorAnswer,
  REFUSAL_METADATA,
  readAsk,
  readEventsRequest,
  readExplainRequest,
  readListTasksRequest,
  readWatchPeriodMs,
  STATUS_OF_CLASS,
} from "../../proto/operator.js";
import { WireRefused } from "../../proto/shape.js";
import type { OperatorPort } from "../operator-port.js";

export type { OperatorPort } from "../operator-port.js";

export interface OperatorOptions {
  /** The name in the caller's certificate; null without TLS. With TLS and no clear name: "", which is nobody. */
  readonly identityOf: (call: OperatorCall) => string | null;
  /** Open streams at once. */
  readonly streamsMost: number;
  readonly nowMs: () => number; // monotonic
  /** How long a follower may take nothing before its stream is ended. Default 30 s. */
  readonly slowMs?: number;
  /** When it fires every stream is ended with SITE_STOPPING, and no new one is opened. */
  readonly stopping?: AbortSignal;
  /** Told of what was thrown where no refusal was expected; the caller gets INTERNAL without details. */
  readonly onFault?: (fault: unknown, method: string) => void;
}

/** What the handlers use of a call, unary or streaming. */
export type OperatorCall = UnaryCall | StreamCall;
type UnaryCall = grpc.ServerUnaryCall<unknown, object>;
type StreamCall = grpc.ServerWritableStream<unknown, object>;

const SLOW_MS = 30_000;
const EVENTS_PER_READ = 256;
const MESSAGE_CHARACTERS_MOST = 1000; // it travels in a header

/** The implementation of service FleetOperator, for `grpc.Server.addService`. */
export function operatorHandlers(port: OperatorPort, options: OperatorOptions): grpc.UntypedServiceImplementation {
  const streams = new Streams(options);
  const unary = (method: string, answer: (call: UnaryCall) => object | Promise<object>) =>
    unaryHandler(method, answer, options);
  const handlers: grpc.UntypedServiceImplementation = {
    GetSite: unary("GetSite", () => port.site()),
    ListRobots: unary("ListRobots", () => ({ robots: port.robots() })),
    ListPlaces: unary("ListPlaces", () => ({ places: port.places() })),
    ListTasks: unary("ListTasks", (call) => ({ tasks: port.tasks(readListTasksRequest(call.request, "request").all) })),
    Explain: unary("Explain", async (call) => {
      const found = await port.explain(readExplainRequest(call.request, "request").id);
      return isRefusal(found) ? found : { ...found, events: found.events.map(toLedgerEvent) };
    }),
    WatchSite: streams.handler("WatchSite", (stream) => watchSite(port, stream)),
    Events: streams.handler("Events", (stream) => sendEvents(port, stream)),
  };
  for (const kind of ASK_KINDS) {
    const method = methodOf(kind);
    handlers[method] = unary(method, (call) => askedBy(call, kind, { port, options }));
  }
  return handlers;
}

async function askedBy(
  call: UnaryCall,
  kind: AskKind,
  { port, options }: { readonly port: OperatorPort; readonly options: OperatorOptions },
): Promise<OperatorAnswer | Refusal> {
  const ask = readAsk(kind, call.request);
  if (isRefusal(ask)) return ask;
  const identity = options.identityOf(call);
  if (identity !== null && identity !== ask.act.operator) {
    const found = identity === "" ? "no clear name" : `"${identity}"`;
    return refuse("WRONG_IDENTITY", `cannot ${kind} as operator "${ask.act.operator}": the certificate names ${found}`);
  }
  return port.act(ask);
}

function unaryHandler(
  method: string,
  answer: (call: UnaryCall) => object | Promise<object>,
  options: OperatorOptions,
): (call: UnaryCall, callback: grpc.sendUnaryData<object>) => void {
  return (call, callback) => {
    Promise.resolve()
      .then(() => answer(call))
      .then((found) => (isRefusal(found) ? callback(toStatus(found)) : callback(null, found)))
      .catch((fault) => callback(faultStatus(fault, method, options)));
  };
}

function isRefusal(found: object): found is Refusal {
  return "code" in found && "message" in found;
}

/** A refusal as a gRPC status: number by class, text for people, code in the metadata. */
export function toStatus(refusal: Refusal): { code: number; details: string; metadata: grpc.Metadata } {
  const metadata = new grpc.Metadata();
  metadata.set(REFUSAL_METADATA, refusal.code);
  const details = refusal.message.slice(0, MESSAGE_CHARACTERS_MOST).replace(BROKEN_HALF, "\ufffd");
  return { code: STATUS_OF_CLASS[REFUSALS[refusal.code][0]], details, metadata };
}

// Half a character cannot be percent-encoded, and a header that cannot be written would hide the refusal.
const BROKEN_HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function faultStatus(fault: unknown, method: string, options: OperatorOptions): Partial<ReturnType<typeof toStatus>> {
  if (fault instanceof WireRefused) return toStatus(refuse("MALFORMED", `cannot ${method}: ${fault.message}`));
  if (fault instanceof SlowFollower)
    return { code: grpc.status.RESOURCE_EXHAUSTED, details: `${method} ends: ${fault.message}` };
  options.onFault?.(fault, method);
  return { code: grpc.status.INTERNAL, details: `cannot ${method}: the hub has a fault, see its log` };
}

/** What a streaming method sees of its call. */
interface Stream {
  readonly request: unknown;
  readonly nowMs: () => number;
  /** Aborts when the call is over, whoever ended it. */
  readonly over: AbortSignal;
  /** Resolves when the next may be sent: true, or false when the call is over. Rejects with SlowFollower. */
  send(message: object): Promise<boolean>;
}

class SlowFollower extends Error {}

class Streams {
  readonly #options: OperatorOptions;
  #open = 0;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  handler(method: string, run: (stream: Stream) => Promise<void>): (call: StreamCall) => void {
    return (call) => {
      const { streamsMost, stopping } = this.#options;
      if (stopping?.aborted)
        return end(call, toStatus(refuse("SITE_STOPPING", `cannot ${method}: the hub is stopping`)));
      if (this.#open >= streamsMost) {
        const message = `cannot ${method}: ${this.#open} streams are open, at most ${streamsMost}`;
        return end(call, toStatus(refuse("TOO_MANY", message)));
      }
      this.#open += 1;
      call.once("close", () => {
        this.#open -= 1;
      });
      this.#run(call, method, run);
    };
  }

  #run(call: StreamCall, method: string, run: (stream: Stream) => Promise<void>): void {
    const { stopping, slowMs = SLOW_MS } = this.#options;
    const over = new AbortController();
    const stop = () => over.abort();
    for (const event of ["cancelled", "close", "error"]) call.once(event, stop);
    stopping?.addEventListener("abort", stop);
    call.sendMetadata(new grpc.Metadata()); // so that a follower of a quiet stream knows that it is open
    const send = (message: object) => write(call, message, { over: over.signal, slowMs });
    run({ request: call.request, nowMs: this.#options.nowMs, over: over.signal, send })
      .then(() => {
        if (stopping?.aborted) end(call, toStatus(refuse("SITE_STOPPING", `${method} ends: the hub is stopping`)));
        else if (!call.destroyed) call.end();
      })
      .catch((fault) => end(call, faultStatus(fault, method, this.#options)))
      .finally(() => {
        stopping?.removeEventListener("abort", stop);
        stop();
      });
  }
}

/** Ends a stream with a status once what was written before has left. No-op after a cancel. */
function end(call: StreamCall, how: Partial<ReturnType<typeof toStatus>>): void {
  if (!call.destroyed && !call.writableEnded) call.emit("error", how);
}

function write(
  call: StreamCall,
  message: object,
  { over, slowMs }: { readonly over: AbortSignal; readonly slowMs: number },
): Promise<boolean> {
  if (over.aborted) return Promise.resolve(false);
  if (call.write(message)) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => () => {
      clearTimeout(timer);
      call.off("drain", drained);
      over.removeEventListener("abort", ended);
      settle();
    };
    const drained = done(() => resolve(true));
    const ended = done(() => resolve(false));
    const late = done(() => reject(new SlowFollower(`the follower has taken nothing for ${slowMs} ms`)));
    const timer = setTimeout(late, slowMs);
    call.once("drain", drained);
    over.addEventListener("abort", ended, { once: true });
  });
}

/** Sends the view at once and then each period; while one has not left there is no newer one. */
async function watchSite(port: OperatorPort, stream: Stream): Promise<void> {
  const periodMs = readWatchPeriodMs(stream.request, "request");
  const bell = new Bell(stream.over);
  for (;;) {
    const dueMs = stream.nowMs() + periodMs;
    if (!(await stream.send(port.site()))) return;
    await bell.rung(Math.max(0, dueMs - stream.nowMs()));
  }
}

/** Sends what is durable from the asked event on, and with `follow` what becomes durable later. */
async function sendEvents(port: OperatorPort, stream: Stream): Promise<void> {
  const { fromSequence, follow, last } = readEventsRequest(stream.request, "request");
  if (last !== 0 && fromSequence !== 0) {
    throw new WireRefused("request", "fromSequence or last, not both", { fromSequence, last });
  }
  const more = new Bell(stream.over);
  const quiet = port.onEvents(() => more.ring());
  try {
    let next = last === 0 ? Math.max(1, fromSequence) : Math.max(1, port.eventCount() - last + 1);
    while (!stream.over.aborted) {
      const events = next <= port.eventCount() ? await port.events(next, EVENTS_PER_READ) : [];
      for (const event of events) {
        if (!(await stream.send(toLedgerEvent(event)))) return;
        next = event.sequence + 1;
      }
      if (events.length > 0) continue;
      if (!follow) return;
      await more.rung();
    }
  } finally {
    quiet();
  }
}

/**
 * Remembers one ring, so that what happens between looking and waiting is not missed. The end of the stream rings
 * too.
 */
class Bell {
  #rang = false;
  #wake: (() => void) | null = null;

  constructor(over: AbortSignal) {
    over.addEventListener("abort", () => this.ring(), { once: true });
  }

  ring(): void {
    this.#rang = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, at once after one that nobody waited for, or after `mostMs`. */
  async rung(mostMs?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (mostMs !== undefined) timer = setTimeout(resolve, mostMs);
      });
    }
    clearTimeout(timer);
    this.#rang = false;
    this.#wake = null;
  }
}
