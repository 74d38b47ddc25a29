// What gRPC services of a server share: a refusal as a status, and bounded streams. A stream waits for `drain` or
// for its own end, because a cancelled call never drains; one whose follower takes nothing for `slowMs` is ended with a
// status, and so is one whose caller may not follow any longer.

import * as grpc from "@grpc/grpc-js";
import { REFUSALS, type Refusal, refuse } from "../errors.js";
import { REFUSAL_METADATA, STATUS_OF_CLASS } from "../operator.js";
import { WireRefused } from "../shape.js";

/** A refusal as a gRPC status: number by class, text for people, code in the metadata. */
export function toStatus(refusal: Refusal): { code: number; details: string; metadata: grpc.Metadata } {
  const metadata = new grpc.Metadata();
  metadata.set(REFUSAL_METADATA, refusal.code);
  const details = refusal.message.slice(0, MESSAGE_CHARACTERS_MOST).replace(BROKEN_HALF, "\ufffd");
  const code = refusal.code === "UNAUTHENTICATED" ? grpc.status.UNAUTHENTICATED : undefined;
  return { code: code ?? STATUS_OF_CLASS[REFUSALS[refusal.code][0]], details, metadata };
}

const MESSAGE_CHARACTERS_MOST = 1000; // it travels in a header

// Half a character cannot be percent-encoded, and a header that cannot be written would hide the refusal.
const BROKEN_HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** What was thrown as a status: what the caller did wrong in words, a fault without details. */
export function faultStatus(
  fault: unknown,
  method: string,
  options: Pick<StreamOptions, "onFault">,
): Partial<ReturnType<typeof toStatus>> {
  if (fault instanceof WireRefused) return toStatus(refuse("MALFORMED", `cannot ${method}: ${fault.message}`));
  if (fault instanceof SlowFollower)
    return { code: grpc.status.RESOURCE_EXHAUSTED, details: `${method} ends: ${fault.message}` };
  options.onFault?.(fault, method);
  return { code: grpc.status.INTERNAL, details: `cannot ${method}: the hub has a fault, see its log` };
}

type StreamCall = grpc.ServerWritableStream<unknown, object>;

export interface StreamOptions {
  /** Open streams at once. */
  readonly streamsMost: number;
  readonly nowMs: () => number; // monotonic
  /** How long a follower may take nothing before its stream is ended. Default 30 s. */
  readonly slowMs?: number;
  /** When it fires every stream is ended with SITE_STOPPING, and no new one is opened. */
  readonly stopping?: AbortSignal;
  /** Told of what was thrown where no refusal was expected; the caller gets INTERNAL without details. */
  readonly onFault?: (fault: unknown, method: string) => void;
  /** Why this caller may not follow; null when they may. Asked at the start, and again while the stream is open. */
  readonly whyNot: (call: StreamCall, method: string) => Refusal | null;
}

const SLOW_MS = 30_000;
/** A right that was taken away ends a stream within this. */
const RIGHTS_AGAIN_MS = 500;

/** What a streaming method sees of its call. */
export interface Stream {
  readonly request: unknown;
  readonly nowMs: () => number;
  /** Aborts when the call is over, whoever ended it. */
  readonly over: AbortSignal;
  /** Resolves when the next may be sent: true, or false when the call is over. Rejects with SlowFollower. */
  send(message: object): Promise<boolean>;
}

class SlowFollower extends Error {}

export class Streams {
  readonly #options: StreamOptions;
  #open = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  handler(method: string, run: (stream: Stream) => Promise<void>): (call: StreamCall) => void {
    return (call) => {
      const { streamsMost, stopping } = this.#options;
      if (stopping?.aborted)
        return end(call, toStatus(refuse("SITE_STOPPING", `cannot ${method}: the hub is stopping`)));
      const refusal = this.#options.whyNot(call, method);
      if (refusal !== null) return end(call, toStatus(refusal));
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
    const again = setInterval(() => {
      const refusal = this.#options.whyNot(call, method);
      if (refusal !== null) end(call, toStatus(refusal));
    }, RIGHTS_AGAIN_MS);
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
        clearInterval(again);
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

/**
 * Remembers one ring, so that what happens between looking and waiting is not missed. The end of the stream rings
 * too.
 */
export class Bell {
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
