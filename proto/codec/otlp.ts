// Traces for an OpenTelemetry collector: spans as OTLP over HTTP in JSON, to a collector on this machine. Ids follow
// from what both sides know, so that a hub and a robot that never speak of traces write into the same one. Nothing
// waits for a collector: what it does not take in time is dropped and counted (R13).

import { createHash } from "node:crypto";
import { request } from "node:http";

/** A value of an attribute; numbers become doubles, but whole ones integers. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  readonly traceId: string; // 32 digits
  readonly spanId: string; // 16 digits
  readonly parentId: string; // empty for the root
  readonly name: string;
  readonly startMs: number; // wall clock; fractions count
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly isError: boolean;
  readonly events: readonly { readonly name: string; readonly atMs: number; readonly attributes: Attributes }[];
}

/** The trace of an assignment, or of a decision under none: the same wherever it is asked. */
export function traceIdOf(site: string, subject: string): string {
  return digits(`drover trace ${site} ${subject}`, 32);
}

/** A span of a trace, by a name that no other span of it has. */
export function spanIdOf(traceId: string, name: string): string {
  return digits(`drover span ${traceId} ${name}`, 16);
}

/** The name of the span under which a robot's decisions hang, whether the hub tells of it or not. */
export const ACTING_SPAN = "act";

// An id of zeros alone is none, says the format; no SHA-256 that anybody will meet begins so.
function digits(text: string, most: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, most);
}

export interface ExporterOptions {
  readonly url: string; // of the collector: http://127.0.0.1:4318
  readonly resource: Attributes;
  readonly version: string; // of this software
  /** Spans were lost: the first time, and then at most once a minute. `dropped`: in all. */
  readonly onFault: (why: string, dropped: number) => void;
  readonly everyMs?: number;
  readonly answerMs?: number; // for the collector to answer
}

/** R13: spans that wait, and those of one request: a fraction of a millisecond of this thread. */
const WAITING_MOST = 2048;
const BATCH_MOST = 64;
const EVERY_MS = 250;
const ANSWER_MS = 3000;
const TELL_MS = 60_000;

export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #url: URL;
  readonly #timer: NodeJS.Timeout;
  #waiting: Span[] = [];
  #sending: Promise<void> | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;
  #fault = "";
  #isFailing = false;
  dropped = 0;
  sent = 0;

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#url = new URL("/v1/traces", options.url);
    this.#timer = setInterval(() => this.#flush(), options.everyMs ?? EVERY_MS).unref();
  }

  /** Never waits, never throws. The newest is dropped when the collector is too slow. */
  add(spans: readonly Span[]): void {
    for (const span of spans) {
      if (this.#waiting.length < WAITING_MOST) this.#waiting.push(span);
      else this.#lost(1, "the collector does not keep up");
    }
  }

  /** Sends what waits, for no longer than two answers may take, and no more once one was lost. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const untilMs = performance.now() + (this.#options.answerMs ?? ANSWER_MS);
    await this.#sending;
    while (this.#waiting.length > 0 && !this.#isFailing && performance.now() < untilMs) {
      this.#flush();
      await this.#sending;
    }
    this.#lost(this.#waiting.length, "the process ends");
    this.#waiting = [];
  }

  #flush(): void {
    if (this.#sending !== null || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, BATCH_MOST);
    this.#sending = this.#post(batch)
      .then(() => {
        this.sent += batch.length;
        this.#isFailing = false;
      })
      .catch((cause: Error) => {
        this.#isFailing = true;
        this.#lost(batch.length, cause.message);
      })
      .finally(() => {
        this.#sending = null;
      });
  }

  #post(batch: readonly Span[]): Promise<void> {
    const body = JSON.stringify(toOtlp(batch, this.#options));
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(this.#options.answerMs ?? ANSWER_MS);
    return new Promise((resolve, reject) => {
      const post = request(this.#url, { method: "POST", headers, signal, agent: false }, (answer) => {
        answer.resume();
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) answer.on("end", resolve).on("error", reject);
        else reject(new Error(`the collector answered ${statusCode}`));
      });
      post.on("error", reject);
      post.end(body);
    });
  }

  #lost(spans: number, why: string): void {
    if (spans === 0) return;
    this.dropped += spans;
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < TELL_MS && why === this.#fault) return;
    this.#toldMs = nowMs;
    this.#fault = why;
    this.#options.onFault(why, this.dropped);
  }
}

/** The body of one request, as opentelemetry-proto's ExportTraceServiceRequest in JSON. */
export function toOtlp(spans: readonly Span[], by: Pick<ExporterOptions, "resource" | "version">): object {
  const scope = { name: "drover", version: by.version };
  const resource = { attributes: attributesOf(by.resource) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(toSpan) }] }] };
}

const INTERNAL = 1; // the span's kind
const STATUS = { unset: 0, error: 2 } as const;

function toSpan(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId === "" ? {} : { parentSpanId: span.parentId }),
    name: span.name,
    kind: INTERNAL,
    startTimeUnixNano: nanosText(span.startMs),
    endTimeUnixNano: nanosText(Math.max(span.startMs, span.endMs)),
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name, atMs, attributes }) => {
      return { timeUnixNano: nanosText(atMs), name, attributes: attributesOf(attributes) };
    }),
    status: { code: span.isError ? STATUS.error : STATUS.unset },
  };
}

/** Whole nanoseconds as text: they are beyond what a double holds. */
function nanosText(ms: number): string {
  return `${BigInt(Math.round(ms * 1000)) * 1000n}`;
}

function attributesOf(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: `${value}` } : { doubleValue: value };
}
