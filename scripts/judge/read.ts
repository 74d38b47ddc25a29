// Reads lines of a trace file (R13). Unknown means no: an unknown kind, a missing field or a number that is none is
// refused with the line and the field, because a judge that skips what it does not understand finds nothing.

import type { TraceLine } from "./trace.js";

/** Thrown for a line that is not a line of a trace. */
export class TraceRefused extends Error {
  override readonly name = "TraceRefused";
}

type Kind = TraceLine["kind"];
type Check = "number" | "string" | "boolean" | "list" | "object" | "number|null" | "object|null";

const FIELDS: Readonly<Record<Kind, Readonly<Record<string, Check>>>> = {
  site: {
    ...{ site: "string", robots: "list", destinations: "list", conflicts: "list", map: "object", limits: "object" },
    ...{ deadmanMs: "number", brakingMs: "number", waitMs: "number" },
  },
  pose: { robot: "string", x: "number", y: "number", heading: "number", speed: "number" },
  command: {
    ...{ robot: "string", sequence: "number", speed: "number", turn: "number", validMs: "number", rung: "string" },
    ...{ token: "object|null", leaseEndMs: "number", applied: "boolean" },
  },
  ledger: { event: "object" },
  mode: { from: "string", to: "string", cause: "string" },
  fault: { spec: "string", phase: "string" },
  telemetry: {
    ...{ robot: "string", channel: "string", sequence: "number", capturedMs: "number" },
    ...{ boundMs: "number|null", verdict: "string" },
  },
  contact: { a: "string", b: "string", x: "number", y: "number" },
};

/** One line of the file; `number` counts from 1. Throws TraceRefused. */
export function readLine(text: string, number: number): TraceLine {
  const line = parsed(text, number);
  const kind = line.kind;
  if (typeof kind !== "string" || !Object.hasOwn(FIELDS, kind)) {
    throw new TraceRefused(
      `trace line ${number}: expected a kind of ${Object.keys(FIELDS).join(", ")}, found ${show(kind)}`,
    );
  }
  for (const [field, check] of Object.entries({ t: "number" as const, ...FIELDS[kind as Kind] })) {
    if (!holds(line[field], check)) {
      throw new TraceRefused(`trace line ${number}: ${kind}.${field}: expected ${check}, found ${show(line[field])}`);
    }
  }
  if (kind === "ledger") checkEvent(line.event as Record<string, unknown>, number);
  return line as unknown as TraceLine;
}

function parsed(text: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (holds(value, "object")) return value as Record<string, unknown>;
  } catch {
    // reported below, with the text
  }
  throw new TraceRefused(`trace line ${number}: expected a JSON object, found ${show(text)}`);
}

function checkEvent(event: Record<string, unknown>, number: number): void {
  const body = event.body as Record<string, unknown> | undefined;
  if (holds(event.sequence, "number") && holds(body, "object") && holds(body?.kind, "string")) return;
  throw new TraceRefused(
    `trace line ${number}: ledger.event: expected a sequence and a body with its kind, found ${show(event)}`,
  );
}

function holds(value: unknown, check: Check): boolean {
  switch (check) {
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "string":
    case "boolean":
      return typeof value === check;
    case "list":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "number|null":
      return value === null || holds(value, "number");
    case "object|null":
      return value === null || holds(value, "object");
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
