// What the console's page and the hub say to each other over HTTP: the site as it stays, the live view as a full frame
// and then what changed, and the site as it was. Both halves of a frame stand here, so that they cannot drift.

import type { LedgerEvent } from "./ledger.js";
import type { Rung } from "./mode.js";
import type { PlaceView, RobotView, SiteView } from "./operator-views.js";
import type { Role } from "./rights.js";

/** Period of live frames, ms. */
export const FRAME_MS = 200;
/** A page that got no frame for so long says that it is stale, ms. */
export const PAGE_STALE_MS = 2000;
/** Most events in one frame; a page that sees a gap asks for the rest. */
export const FRAME_EVENTS_MOST = 200;

/** Who holds a token. `operator` empty: whoever names themselves at the page. */
export interface Caller {
  readonly operator: string;
  readonly role: Role;
}

/** What of a site does not change while the hub runs. */
export interface ConsoleSite {
  readonly site: string;
  readonly software: string;
  readonly caller: Caller;
  /** Row 0 is the bottom. Lengths of runs, free first: [free, blocked, free, ..]. */
  readonly map: {
    readonly width: number;
    readonly height: number;
    readonly cellM: number;
    readonly originXM: number;
    readonly originYM: number;
    readonly runs: readonly number[];
  };
  readonly destinations: readonly {
    readonly id: string;
    readonly xM: number;
    readonly yM: number;
    readonly headingRad: number;
    readonly footprintRadiusM: number;
    readonly kind: string;
  }[];
  readonly fleets: readonly {
    readonly id: string;
    /** The freshness contract of telemetry, by channel. */
    readonly channels: Readonly<Record<string, { readonly limitMs: number; readonly lostMs: number }>>;
    readonly dwellMs: number;
  }[];
  readonly robots: readonly { readonly id: string; readonly fleet: string; readonly home: string }[];
  readonly radiusM: number;
  readonly maxSpeedMps: number;
  /** Of clocks: how much a span on the hub's can be longer on another. */
  readonly rhoHub: number;
}

/** A robot as the page is told of it. */
export interface LiveRobot extends RobotView {
  /** When its lease has, or had, certainly lapsed, on the hub's clock; absent when the hub gave none that it knows. */
  readonly leaseEndMs?: number | undefined;
}

export interface LiveView {
  readonly site: Omit<SiteView, "robots" | "fleets"> & { readonly fleets: SiteView["fleets"]; readonly wallMs: number };
  readonly robots: Readonly<Record<string, LiveRobot>>;
  readonly places: Readonly<Record<string, PlaceView>>;
}

type Changes = Readonly<Record<string, unknown>>;

/** The whole view, or what changed of it; a field that became absent is null. */
export interface Frame {
  readonly full: boolean;
  readonly site: Changes;
  readonly robots: Readonly<Record<string, Changes>>;
  readonly places: Readonly<Record<string, Changes>>;
  /** Events that became durable since the frame before; none in a full frame. */
  readonly events: readonly LedgerEvent[];
}

/** The frame that turns `before` into `after`; null: the full one. Which robots and places there are never changes. */
export function frameOf(before: LiveView | null, after: LiveView, events: readonly LedgerEvent[]): Frame {
  return {
    full: before === null,
    site: changesOf(before?.site ?? {}, after.site) ?? {},
    robots: changesOfEach(before?.robots ?? {}, after.robots),
    places: changesOfEach(before?.places ?? {}, after.places),
    events,
  };
}

/** The view after a frame. Throws an Error for changes without a view that they change. */
export function withFrame(before: LiveView | null, frame: Frame): LiveView {
  if (before === null && !frame.full) throw new Error("a frame of changes came before a full one");
  const base = frame.full ? null : before;
  return {
    site: changed(base?.site ?? {}, frame.site) as LiveView["site"],
    robots: changedEach(base?.robots ?? {}, frame.robots) as LiveView["robots"],
    places: changedEach(base?.places ?? {}, frame.places) as LiveView["places"],
  };
}

function changesOfEach(before: Readonly<Record<string, object>>, after: Readonly<Record<string, object>>) {
  const all: Record<string, Changes> = {};
  for (const id of Object.keys(after)) {
    const found = changesOf(before[id] ?? {}, after[id] ?? {});
    if (found !== null) all[id] = found;
  }
  return all;
}

function changesOf(before: object, after: object): Changes | null {
  const old = before as Changes;
  const found: Record<string, unknown> = {};
  let some = false;
  for (const [key, value] of Object.entries(after)) {
    if (same(old[key], value)) continue;
    found[key] = value ?? null;
    some = true;
  }
  return some ? found : null;
}

function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [a, b] = [one as Changes, other as Changes];
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}

function changed(before: object, changes: Changes): object {
  const next: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(changes)) next[key] = value === null ? undefined : value;
  return next;
}

function changedEach(before: Readonly<Record<string, object>>, changes: Readonly<Record<string, Changes>>) {
  const next: Record<string, object> = { ...before };
  for (const [id, one] of Object.entries(changes)) next[id] = changed(before[id] ?? {}, one);
  return next;
}

/** What the hub alone knows of one robot, for its card. Spans are as of the answer. */
export interface RobotDetail {
  readonly id: string;
  readonly nowMs: number;
  readonly channels: readonly {
    readonly name: string;
    readonly ageBoundMs: number | null; // null: never fresh
    readonly verdict: string; // "" for a channel without a limit
    readonly samples: number;
  }[];
  readonly token: string; // of the claim that it acts on or stands under; "" without one
  readonly renewedAgoMs: number | null; // null: never in this epoch
  readonly refused: number; // telemetry that was refused
  readonly holds: readonly {
    readonly name: string;
    readonly of: string; // robot or fleet
    readonly calmForMs: number | null; // null: its evidence is not good
    readonly dwellMs: number;
    readonly falls: number;
  }[];
}

/** The site as the ledger tells it after one event. */
export interface PastSite {
  readonly sequence: number;
  readonly wallMs: number;
  readonly epoch: number;
  readonly places: readonly {
    readonly id: string;
    readonly robot: string;
    readonly task: string;
    readonly token: string;
    readonly lapsed: boolean;
    readonly phase: string;
  }[];
  readonly tasks: readonly { readonly id: string; readonly phase: string; readonly robot: string }[];
  readonly counts: {
    readonly accepted: number;
    readonly done: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  readonly ceilings: readonly {
    readonly robot: string;
    readonly fleet: string;
    readonly rung: Rung;
    readonly operator: string;
    readonly reason: string;
  }[];
  /** Rungs that changed since that epoch began; what is not here, the ledger does not tell. */
  readonly modes: readonly {
    readonly robot: string;
    readonly fleet: string;
    readonly rung: Rung;
    readonly cause: string;
  }[];
  readonly absent: readonly string[];
  /** From memory, not from the ledger; null where nothing is remembered of that time. */
  readonly poses: Readonly<Record<string, readonly [xM: number, yM: number, headingRad: number, ageMs: number]>> | null;
}

/** Samples of one robot that the hub remembers, oldest first; NaN becomes null on the way. */
export interface TrailView {
  readonly robot: string;
  readonly periodMs: number;
  readonly endedAgoMs: number; // how long ago the newest was taken
  readonly series: Readonly<Record<TrailField, readonly (number | null)[]>>;
}

export const TRAIL_FIELDS = [
  ...(["xM", "yM", "headingRad", "ageMs", "planMs", "inferenceMs"] as const),
  ...(["plans", "misses", "unsure", "speedMps", "rung"] as const),
] as const;
export type TrailField = (typeof TRAIL_FIELDS)[number];
