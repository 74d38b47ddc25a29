// The gRPC service FleetOperator over a port that the hub's runtime implements. Every call is admitted first: who asks,
// and whether their role reaches for it. Requests are parsed here (R13) and a refusal leaves as a status by its class
// with its code in trailing metadata, so that the caller has it too. Nobody acts under another's name. Streams
// are bounded: a site view is sent only when the one before has left (the newest wins), events are read as fast as the
// follower takes them.

import type * as grpc from "@grpc/grpc-js";
import {
  Bell,
  faultStatus,
  type Stream,
  type StreamOptions,
  Streams,
  toStatus,
} from "../../proto/codec/bounded-stream.js";
import { type Refusal, refuse } from "../../proto/errors.js";
import { toLedgerEvent } from "../../proto/ledger.js";
import {
  ASK_KINDS,
  type AskKind,
  methodOf,
  type OperatorAnswer,
  readAsk,
  readEventsRequest,
  readExplainRequest,
  readListTasksRequest,
  readWatchPeriodMs,
} from "../../proto/operator.js";
import { actsAs, type Person, whyNotAsked, whyNotPermitted } from "../../proto/rights.js";
import { WireRefused } from "../../proto/shape.js";
import type { OperatorPort } from "../operator-port.js";

export type { OperatorPort } from "../operator-port.js";

export interface OperatorOptions extends Omit<StreamOptions, "whyNot"> {
  /** Who calls, or why that is not known. What they may is decided here. */
  readonly personOf: (call: OperatorCall) => Person | Refusal;
  /** Told of each call that was refused for want of a name or of a right. */
  readonly onDenied?: (refusal: Refusal, method: string) => void;
}

/** What the handlers use of a call, unary or streaming. */
export type OperatorCall = UnaryCall | StreamCall;
type UnaryCall = grpc.ServerUnaryCall<unknown, object>;
type StreamCall = grpc.ServerWritableStream<unknown, object>;

const EVENTS_PER_READ = 256;

/** The implementation of service FleetOperator, for `grpc.Server.addService`. */
export function operatorHandlers(port: OperatorPort, options: OperatorOptions): grpc.UntypedServiceImplementation {
  const whyNot = (call: OperatorCall, method: string) => {
    const found = admitted(call, method, options);
    return isRefusal(found) ? found : null;
  };
  const streams = new Streams({ ...options, whyNot });
  const unary = (method: string, answer: Answer) => unaryHandler(method, answer, options);
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
    handlers[method] = unary(method, (call, person) =>
      askedBy(call, kind, { port, person, onDenied: options.onDenied }),
    );
  }
  return handlers;
}

/** Who calls, when they may call this; else why not. */
function admitted(call: OperatorCall, method: string, options: OperatorOptions): Person | Refusal {
  const person = options.personOf(call);
  const refusal = isRefusal(person) ? person : whyNotPermitted(person, method);
  if (refusal === null) return person;
  options.onDenied?.(refusal, method);
  return refusal;
}

async function askedBy(
  call: UnaryCall,
  kind: AskKind,
  {
    port,
    person,
    onDenied,
  }: { readonly port: OperatorPort; readonly person: Person; readonly onDenied: OperatorOptions["onDenied"] },
): Promise<OperatorAnswer | Refusal> {
  const ask = readAsk(kind, named(call.request, person));
  if (isRefusal(ask)) return ask;
  const denied = whyNotAsked(person, ask);
  if (denied !== null) {
    onDenied?.(denied, methodOf(kind));
    return denied;
  }
  if (actsAs(person, ask.act.operator) !== null) return port.act(ask);
  const found = `the token or certificate names "${person.operator}"`;
  return refuse("WRONG_IDENTITY", `cannot ${kind} as operator "${ask.act.operator}": ${found}`);
}

/** The request of an act that says no operator, with the name that is known of whoever asks. */
function named(request: unknown, { operator, isNamed }: Person): unknown {
  const { act } = request as { readonly act?: { readonly operator?: unknown } };
  return isNamed && act?.operator === "" ? { ...(request as object), act: { ...act, operator } } : request;
}

type Answer = (call: UnaryCall, person: Person) => object | Promise<object>;

function unaryHandler(
  method: string,
  answer: Answer,
  options: OperatorOptions,
): (call: UnaryCall, callback: grpc.sendUnaryData<object>) => void {
  return (call, callback) => {
    Promise.resolve()
      .then(() => {
        const person = admitted(call, method, options);
        return isRefusal(person) ? person : answer(call, person);
      })
      .then((found) => (isRefusal(found) ? callback(toStatus(found)) : callback(null, found)))
      .catch((fault) => callback(faultStatus(fault, method, options)));
  };
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

function isRefusal(found: object): found is Refusal {
  return "code" in found && "message" in found;
}
