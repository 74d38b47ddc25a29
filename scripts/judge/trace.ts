// The trace of a run: JSON lines on one clock (CLOCK_MONOTONIC of the machine, milliseconds). Whoever has it can
// recompute every zero of the report. This file is the only definition of the lines; it shares nothing with the
// product. The `site` line comes first. Ledger lines stand in ledger order.

/** R5. As in the product's claims and commands. */
export interface TraceToken {
  readonly epoch: number;
  readonly counter: number;
}

export interface TraceMap {
  readonly width: number;
  readonly height: number;
  readonly cellM: number;
  readonly originXM: number;
  readonly originYM: number;
  readonly blockedRle: readonly number[]; // lengths of runs, row 0 at the bottom: free, blocked, free, ...
}

export interface SiteLine {
  readonly kind: "site";
  readonly t: number;
  readonly site: string;
  readonly robots: readonly { readonly id: string; readonly radiusM: number }[];
  readonly destinations: readonly {
    readonly id: string;
    readonly xM: number;
    readonly yM: number;
    readonly footprintRadiusM: number;
  }[];
  readonly conflicts: readonly (readonly [string, string])[];
  readonly deadmanMs: number;
  readonly brakingMs: number;
  readonly waitMs: number;
  readonly map: TraceMap;
  /** `channelLimitsMs` names channels whose limit is not telemetryLimitMs. */
  readonly limits: { readonly telemetryLimitMs: number; readonly channelLimitsMs?: Readonly<Record<string, number>> };
}

/** True pose of a robot. */
export interface PoseLine {
  readonly kind: "pose";
  readonly t: number;
  readonly robot: string;
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  readonly speed: number;
}

/**
 * A set-point as the base received it. `leaseEndMs` on the same clock, 0 without a lease; `token` null without a claim.
 */
export interface CommandLine {
  readonly kind: "command";
  readonly t: number;
  readonly robot: string;
  readonly sequence: number;
  readonly speed: number;
  readonly turn: number;
  readonly validMs: number;
  readonly rung: string;
  readonly token: TraceToken | null;
  readonly leaseEndMs: number;
  readonly applied: boolean;
  readonly refusal?: string; // why it was not applied
  readonly decision?: string; // id of the decision that it came from
}

/** Any event of the ledger; the fields that the judge reads. */
export interface LedgerLine {
  readonly kind: "ledger";
  readonly t: number;
  readonly event: {
    readonly sequence: number;
    readonly hubMs?: number;
    readonly body: {
      readonly kind: string;
      readonly token?: TraceToken;
      readonly robot?: string;
      readonly destination?: string;
      readonly epoch?: number;
      readonly [other: string]: unknown;
    };
  };
}

export interface ModeLine {
  readonly kind: "mode";
  readonly t: number;
  readonly robot?: string;
  readonly fleet?: string;
  readonly from: string;
  readonly to: string;
  readonly cause: string;
}

export interface FaultLine {
  readonly kind: "fault";
  readonly t: number;
  readonly spec: string;
  readonly phase: "begin" | "end";
}

/** The hub's verdict on a sample and its age bound, both at time t on the hub's reading of the same clock. */
export interface TelemetryLine {
  readonly kind: "telemetry";
  readonly t: number;
  readonly robot: string;
  readonly channel: string;
  readonly sequence: number;
  readonly capturedMs: number;
  readonly boundMs: number | null; // null: no bound
  readonly verdict: "fresh" | "late" | "lost";
}

/** The world saw two bodies touch, or a body and the map. */
export interface ContactLine {
  readonly kind: "contact";
  readonly t: number;
  readonly a: string;
  readonly b: string; // "map" for the map
  readonly x: number;
  readonly y: number;
}

export type TraceLine =
  | SiteLine
  | PoseLine
  | CommandLine
  | LedgerLine
  | ModeLine
  | FaultLine
  | TelemetryLine
  | ContactLine;

/** Cells as lengths of runs, free first. The reverse of `cellsOf`. */
export function runLengths(blocked: Uint8Array): number[] {
  const runs: number[] = [];
  let value = 0;
  let length = 0;
  for (const cell of blocked) {
    if (cell !== value) {
      runs.push(length);
      value = cell;
      length = 0;
    }
    length += 1;
  }
  runs.push(length);
  return runs;
}

/** Runs as cells. Throws when they do not fill the map exactly. */
export function cellsOf(map: TraceMap): Uint8Array {
  const cells = new Uint8Array(map.width * map.height);
  let at = 0;
  map.blockedRle.forEach((length, index) => {
    if (index % 2 === 1) cells.fill(1, at, at + length);
    at += length;
  });
  if (at !== cells.length) {
    throw new Error(`site.map.blockedRle: expected runs that add up to ${cells.length} cells, found ${at}`);
  }
  return cells;
}
