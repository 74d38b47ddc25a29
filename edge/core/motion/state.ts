// What the motion core remembers between calls, in one mutable value. Deterministic: time, chance and every sample are
// arguments of the functions that change it, and all buffers are taken here, once.
import type { Grid } from "../../../fleet-config/grid.js";
import type { Advice, Leash } from "./advice.js";
import type { Progress } from "./follow.js";
import { createSettle, SETTLE_MS, type Settle } from "./goal.js";
import { type GuardReason, type GuardVerdict, NO_VETOES } from "./guard.js";
import type { Path } from "./path.js";
import type { Before } from "./rate.js";
import type { Reacting } from "./reactive.js";
import { createSeen, type Seen } from "./scan.js";
import {
  type Disc,
  type Footprint,
  type MeasuredPose,
  type Physics,
  type Scan,
  scaleOf,
  type Target,
} from "./types.js";
import { type Walls, wallsOf } from "./walls.js";
import { createWindow, type LocalWindow } from "./window.js";
import { createYield, type YieldState } from "./yield.js";

/** Rungs on which the motion core moves the robot; on every other it stands. */
export type MovingRung = "AUTONOMOUS" | "REACTIVE_ONLY";

export interface MotionInput {
  readonly nowMs: number;
  readonly pose: MeasuredPose;
  /** From odometry. */
  readonly speedMps: number;
  readonly turnRadps: number;
  /** The newest scan, or null when none is fresh. */
  readonly scan: Scan | null;
  readonly target: Target | null;
  readonly rung: MovingRung | "CONFIRM" | "HALT";
  /** In [0, 1): who gives way first when robots block each other. */
  readonly priority: number;
  /** A controller model is live, and this is what it advises now, on that leash; null: the path itself is pursued. */
  readonly controller: { readonly advice: Advice | null; readonly leash: Leash | null } | null;
}

export interface MotionOptions {
  /** What the guard and the local window go by. */
  readonly grid: Grid;
  /** A coarser one of the same place for the site plan, within the model's limit; default `grid`. */
  readonly planGrid?: Grid;
  readonly physics: Physics;
  readonly destinations: readonly Footprint[];
  /** Control ticks per second; default 10. */
  readonly controlHz?: number;
  /** Local plans per second while driving; default 8. */
  readonly planHz?: number;
  /** Period of the site plan; default 2000. */
  readonly sitePlanMs?: number;
  /** From a decision until the base obeys it; default 100. */
  readonly latencyMs?: number;
  /** How long the base may obey a command that no other follows (its dead-man); default 300. */
  readonly deadmanMs?: number;
  /** How long the robot stands on the target before it has arrived; default 300. */
  readonly settleMs?: number;
  /** Side and cell of the local window; default 6.4 and 0.1 for a radius of 0.35, in proportion for others. */
  readonly windowM?: number;
  readonly windowCellM?: number;
}

export interface InFlight {
  readonly id: number;
  readonly kind: "site" | "local";
  readonly targetId: string;
  readonly blocks: number;
  readonly isRefuge: boolean;
  readonly sentMs: number;
  readonly pose: MeasuredPose;
}

export interface Block extends Disc {
  readonly untilMs: number;
}

export interface MotionState {
  readonly options: Required<MotionOptions>;
  readonly walls: Walls;
  readonly siteWalls: Walls;
  readonly seen: Seen;
  readonly settle: Settle;
  readonly progress: Progress;
  readonly retreatProgress: Progress;
  yielding: YieldState;
  blocks: Block[];
  /** Counts changes of `blocks`. */
  blocksVersion: number;
  nextId: number;
  inFlight: InFlight | null;
  siteCost: Float32Array;
  pendingSiteCost: Float32Array;
  readonly siteSeed: Float32Array;
  readonly siteValue: Float32Array;
  /** Of the accepted site field; "" for none. */
  siteTargetId: string;
  siteBlocks: number;
  siteMs: number;
  window: LocalWindow;
  pendingWindow: LocalWindow;
  localMs: number;
  localSentMs: number;
  path: Path | undefined;
  retreat: Path | undefined;
  retreatEndsInRefuge: boolean;
  isRefugeMissing: boolean;
  /** How much longer the local way is than the site field promises, in metres of free floor. */
  detourM: number;
  /** What was commanded last. */
  before: Before;
  readonly reacting: Reacting;
  /** Proposals that the guard refused whole, by cause, since the start. */
  readonly vetoes: Record<GuardReason, number>;
  /** Whether the last set-point followed the path, or would have; then a controller may advise. */
  isFollowing: boolean;
  /** What became of the last advice: "" when there was none to judge. */
  adviceVerdict: GuardReason | "driven" | "";
  /** What the guard said to the last wish; null when nothing was wished. */
  judged: GuardVerdict | null;
  /** Steps on which the reactive rules drove because the newest plan was late, since the start. */
  fallbacks: number;
  /** Where the nearest unmapped thing was when it last moved, and when that was. */
  other: { xM: number; yM: number; atMs: number };
  /** Where and when the robot last made headway. */
  headway: { xM: number; yM: number; atMs: number };
}

/** Fields that a refused or mistyped option would break later are checked here; throws RangeError naming the option. */
export function createMotion(options: MotionOptions): MotionState {
  const defaults = {
    controlHz: 10,
    planHz: 8,
    sitePlanMs: 2000,
    latencyMs: 100,
    deadmanMs: 300,
    settleMs: SETTLE_MS,
    windowM: 6.4 * scaleOf(options.physics),
    windowCellM: 0.1 * scaleOf(options.physics),
    planGrid: options.grid,
  };
  const full: Required<MotionOptions> = Object.assign(defaults, options);
  for (const key of ["controlHz", "planHz", "sitePlanMs", "windowM", "windowCellM"] as const) {
    if (!(full[key] > 0)) throw new RangeError(`motion option ${key} must be more than 0, found ${full[key]}`);
  }
  const walls = wallsOf(full.grid);
  const siteWalls = full.planGrid === full.grid ? walls : wallsOf(full.planGrid);
  const cells = full.planGrid.width * full.planGrid.height;
  const size = { sideM: full.windowM, cellM: full.windowCellM, physics: full.physics };
  return {
    options: full,
    walls,
    siteWalls,
    seen: createSeen(),
    settle: createSettle(),
    progress: { segment: 0, turning: false },
    retreatProgress: { segment: 0, turning: false },
    yielding: createYield(),
    blocks: [],
    blocksVersion: 0,
    nextId: 1,
    inFlight: null,
    siteCost: new Float32Array(cells),
    pendingSiteCost: new Float32Array(cells),
    siteSeed: new Float32Array(cells),
    siteValue: new Float32Array(cells),
    siteTargetId: "",
    siteBlocks: 0,
    siteMs: 0,
    window: createWindow(size),
    pendingWindow: createWindow(size),
    localMs: -1e9,
    localSentMs: -1e9,
    path: undefined,
    retreat: undefined,
    retreatEndsInRefuge: false,
    isRefugeMissing: false,
    detourM: 0,
    other: { xM: 0, yM: 0, atMs: -1e9 },
    before: { speedMps: 0, accelMps2: 0, periodS: 1 / full.controlHz },
    reacting: { isHeld: false },
    vetoes: { ...NO_VETOES },
    isFollowing: false,
    adviceVerdict: "",
    judged: null,
    fallbacks: 0,
    headway: { xM: 0, yM: 0, atMs: 0 },
  };
}
