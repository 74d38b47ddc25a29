// A collector of traces on loopback, as strict as the format: it takes nothing that is not an ExportTraceServiceRequest
// of opentelemetry-proto in JSON, and keeps the spans.

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

export interface SpanSeen {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: ReadonlyMap<string, unknown>;
  readonly events: readonly string[];
  readonly status: number;
  readonly service: unknown;
}

export interface Collector {
  readonly url: string;
  readonly spans: SpanSeen[];
  readonly requests: { readonly path: string; readonly type: string; readonly spans: number }[];
  answers: number | "nothing"; // status
}

const KEYS = {
  request: ["resourceSpans"],
  resourceSpans: ["resource", "scopeSpans"],
  scopeSpans: ["scope", "spans"],
  span: "traceId spanId parentSpanId name kind startTimeUnixNano endTimeUnixNano attributes events status".split(" "),
  event: ["timeUnixNano", "name", "attributes"],
} as const;

/** Throws for anything that the format does not know. */
export function readOtlp(body: unknown): readonly SpanSeen[] {
  const spans: SpanSeen[] = [];
  for (const group of listIn(only(body, KEYS.request), "resourceSpans")) {
    const { resource, scopeSpans } = only(group, KEYS.resourceSpans);
    const service = attributesIn(only(resource, ["attributes"])).get("service.name");
    for (const scoped of scopeSpans as unknown[]) {
      const { scope } = only(scoped, KEYS.scopeSpans);
      only(scope, ["name", "version"]);
      for (const span of listIn(scoped as object, "spans")) spans.push({ ...spanIn(span), service });
    }
  }
  return spans;
}

function only(value: unknown, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error(`expected an object, found ${value}`);
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw new Error(`unknown field ${key}`);
  return value as Record<string, unknown>;
}

function listIn(value: object, key: string): readonly unknown[] {
  const found = (value as Record<string, unknown>)[key];
  if (!Array.isArray(found)) throw new Error(`expected a list in ${key}`);
  return found;
}

function matching(value: unknown, pattern: RegExp): string {
  if (typeof value !== "string" || !pattern.test(value)) throw new Error(`expected ${pattern}, found ${value}`);
  return value;
}

function spanIn(value: unknown): Omit<SpanSeen, "service"> {
  const span = only(value, KEYS.span);
  if (span.kind !== 1) throw new Error(`kind ${span.kind}`);
  const nanos = (found: unknown) => BigInt(matching(found, /^\d{19}$/));
  const [startNs, endNs] = [nanos(span.startTimeUnixNano), nanos(span.endTimeUnixNano)];
  if (endNs < startNs) throw new Error("it ends before it begins");
  const events = listIn(span, "events").map((one) => {
    const event = only(one, KEYS.event);
    nanos(event.timeUnixNano);
    attributesIn(event);
    return matching(event.name, /./);
  });
  const status = only(span.status, ["code"]).code;
  if (status !== 0 && status !== 2) throw new Error(`status ${status}`);
  return {
    traceId: matching(span.traceId, /^(?!0+$)[0-9a-f]{32}$/),
    spanId: matching(span.spanId, /^(?!0+$)[0-9a-f]{16}$/),
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: matching(span.parentSpanId, /^[0-9a-f]{16}$/) }),
    name: matching(span.name, /./),
    ...{ startNs, endNs, attributes: attributesIn(span), events, status },
  };
}

function attributesIn(holder: object): ReadonlyMap<string, unknown> {
  return new Map(
    listIn(holder, "attributes").map((one) => {
      const { key, value } = only(one, ["key", "value"]);
      const [[kind, found] = ["", null], ...more] = Object.entries(
        only(value, ["stringValue", "intValue", "doubleValue", "boolValue"]),
      );
      const types = { stringValue: "string", intValue: "string", doubleValue: "number", boolValue: "boolean" } as const;
      if (more.length > 0 || typeof found !== types[kind as keyof typeof types])
        throw new Error(`${key}: ${kind} ${found}`);
      if (kind === "intValue") matching(found, /^-?\d+$/);
      return [matching(key, /^[a-z.A-Z]+$/), found] as const;
    }),
  );
}

async function textOf(from: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of from) text += chunk;
  return text;
}

export async function openCollector(t: Test): Promise<Collector> {
  const seen: Collector = { url: "", spans: [], requests: [], answers: 200 };
  const server = createServer((request, answer) => {
    void textOf(request).then((text) => {
      if (seen.answers === "nothing") return;
      let [status, spans]: [number, readonly SpanSeen[]] = [seen.answers, []];
      try {
        spans = readOtlp(JSON.parse(text));
      } catch (cause) {
        status = 400;
        t.fail(`the collector refuses: ${(cause as Error).message}`);
      }
      if (status === 200) seen.spans.push(...spans);
      const type = request.headers["content-type"] ?? "";
      seen.requests.push({ path: `${request.method} ${request.url}`, type, spans: spans.length });
      answer.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(seen, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
