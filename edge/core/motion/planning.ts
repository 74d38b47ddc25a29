// When to ask the planning model, what for, and what to make of its answer. At most one request is in flight; an answer
// that is late, does not match or holds a value that is no cost-to-go changes nothing (R11).
import { type PlanRequest, type PlanResult, UNREACHABLE } from "../../../models/planner.js";
import { siteCost, siteSeed } from "./costmap.js";
import { descend, extractPath, nearestReachable, type Path } from "./path.js";
import { BEHIND_SEED, refugeSeed } from "./refuge.js";
import { placeScan } from "./scan.js";
import type { MotionInput, MotionState } from "./state.js";
import { type Footprint, scaleOf, type Target } from "./types.js";
import { localWindow } from "./window.js";

/** Footprints of the destinations that this robot does not hold. */
function foreignFootprints(state: MotionState, target: Target | null): readonly Footprint[] {
  return state.options.destinations.filter((destination) => destination.id !== target?.id);
}

/** The plan to ask for now, or null. The caller sends it, and reports the result or its loss. */
export function nextPlanRequest(state: MotionState, input: MotionInput): PlanRequest | null {
  const { target, nowMs } = input;
  if (state.inFlight !== null || target === null || input.rung !== "AUTONOMOUS" || state.settle.arrived) return null;
  dropOldBlocks(state, nowMs);
  const hasSite = state.siteTargetId === target.id && state.siteBlocks === state.blocksVersion;
  if (!hasSite || nowMs - state.siteMs >= state.options.sitePlanMs) return siteRequest(state, input, target);
  if (input.scan === null || nowMs - state.localSentMs < 1000 / state.options.planHz - 1) return null;
  return localRequest(state, input, target);
}

function dropOldBlocks(state: MotionState, nowMs: number): void {
  if (!state.blocks.some((block) => block.untilMs <= nowMs)) return;
  state.blocks = state.blocks.filter((block) => block.untilMs > nowMs);
  state.blocksVersion++;
}

function siteRequest(state: MotionState, input: MotionInput, target: Target): PlanRequest {
  const { siteWalls: walls, pendingSiteCost } = state;
  const avoid = foreignFootprints(state, target);
  const open = [input.pose, target];
  siteCost(walls, { physics: state.options.physics, avoid, blockedAt: state.blocks, open }, pendingSiteCost);
  siteSeed(walls, pendingSiteCost, target, state.siteSeed);
  const id = take(state, input, { kind: "site", targetId: target.id, isRefuge: false });
  const { width, height } = walls.grid;
  return { id, kind: "site", width, height, cost: pendingSiteCost, seed: state.siteSeed };
}

function localRequest(state: MotionState, input: MotionInput, target: Target): PlanRequest {
  const { walls, siteWalls, seen, siteValue, pendingWindow } = state;
  const { physics } = state.options;
  if (input.scan !== null) placeScan(seen, input.scan, { walls, physics });
  const { pose } = input;
  const avoid = foreignFootprints(state, target);
  localWindow(pendingWindow, { walls, siteWalls, physics, pose, seen, avoid, siteValue, goal: target });
  const isRefuge = state.yielding.phase === "retreating";
  if (isRefuge) {
    refugeSeed(pendingWindow, { siteWalls, physics, pose, siteValue, pathM: state.path?.pointsM ?? [] });
  }
  const id = take(state, input, { kind: "local", targetId: target.id, isRefuge });
  state.localSentMs = input.nowMs;
  const { side, cost, seed } = pendingWindow;
  return { id, kind: "local", width: side, height: side, cost, seed };
}

interface Asked {
  readonly kind: "site" | "local";
  readonly targetId: string;
  readonly isRefuge: boolean;
}

function take(state: MotionState, input: MotionInput, asked: Asked): number {
  const id = state.nextId++;
  state.inFlight = { id, ...asked, blocks: state.blocksVersion, sentMs: input.nowMs, pose: input.pose };
  return id;
}

/** Reports that no result will come for this request (deadline, planner lost). Unknown ids are ignored. */
export function planLost(state: MotionState, id: number): void {
  if (state.inFlight?.id === id) state.inFlight = null;
}

export type PlanVerdict = "accepted" | "ignored" | "refused";

/** Takes a result. `ignored`: late, or for a target that is no longer ours. `refused`: it breaks the contract. */
export function acceptPlan(state: MotionState, result: PlanResult, input: MotionInput): PlanVerdict {
  const asked = state.inFlight;
  if (asked === null || asked.id !== result.id) return "ignored";
  state.inFlight = null;
  if (asked.kind !== result.kind || !isField(state, asked.kind, result)) return "refused";
  if (input.target === null || input.target.id !== asked.targetId) return "ignored";
  if (asked.kind === "site") {
    const cost = state.siteCost;
    state.siteCost = state.pendingSiteCost;
    state.pendingSiteCost = cost;
    state.siteValue.set(result.value);
    state.siteTargetId = asked.targetId;
    state.siteBlocks = asked.blocks;
    state.siteMs = asked.sentMs;
    return "accepted";
  }
  if (state.siteTargetId !== asked.targetId) return "ignored";
  const window = state.window;
  state.window = state.pendingWindow;
  state.pendingWindow = window;
  state.window.value.set(result.value);
  state.localMs = asked.sentMs;
  if (asked.isRefuge) takeRetreat(state, input);
  else takeRoute(state, input, input.target);
  return "accepted";
}

function isField(state: MotionState, kind: "site" | "local", result: PlanResult): boolean {
  const { grid } = state.siteWalls;
  const width = kind === "site" ? grid.width : state.window.side;
  const height = kind === "site" ? grid.height : state.window.side;
  if (result.width !== width || result.height !== height || result.value.length !== width * height) return false;
  for (let index = 0; index < result.value.length; index++) {
    const value = result.value[index] as number;
    if (!(value >= 0) || value === Infinity) return false;
  }
  return true;
}

function takeRoute(state: MotionState, input: MotionInput, target: Target): void {
  const { siteWalls, siteValue, window } = state;
  const { pose } = input;
  const path = extractPath(window, { siteWalls, siteCost: state.siteCost, siteValue, pose, target });
  state.detourM = path === undefined ? UNREACHABLE : path.detourM;
  // A path that leads a long way round is no route: the last good one stays, as the way that is blocked.
  if (path !== undefined && (!isWayBlocked(state) || state.path?.targetId !== target.id)) {
    state.path = path;
    state.progress.segment = 0;
  }
}

/** Whether something that is not on the map closes the way: without such a thing, a crooked way is still the way. */
export function isWayBlocked(state: MotionState): boolean {
  return state.seen.unmappedCount > 0 && state.detourM > detourLimitM(state);
}

/** A way longer than the site field promises by more than this, in metres, is blocked, not just crooked. */
export function detourLimitM(state: MotionState): number {
  return 2.2 * scaleOf(state.options.physics);
}

function startCell(state: MotionState, input: MotionInput): number {
  const { window } = state;
  const x = (input.pose.xM - window.originXM) / window.cellM;
  const y = (input.pose.yM - window.originYM) / window.cellM;
  return nearestReachable(
    { width: window.side, height: window.side, cost: window.cost, value: window.value },
    { x, y },
    4,
  );
}

function takeRetreat(state: MotionState, input: MotionInput): void {
  const { window } = state;
  const start = startCell(state, input);
  state.isRefugeMissing = start < 0;
  if (start < 0) return;
  const field = { width: window.side, height: window.side, cost: window.cost, value: window.value };
  const cells = descend(field, start);
  const pointsM = [input.pose.xM, input.pose.yM];
  for (const cell of cells.slice(1)) {
    pointsM.push(window.originXM + ((cell % window.side) + 0.5) * window.cellM);
    pointsM.push(window.originYM + (Math.floor(cell / window.side) + 0.5) * window.cellM);
  }
  const end = cells[cells.length - 1] as number;
  state.retreatEndsInRefuge = (window.seed[end] as number) < BEHIND_SEED;
  const retreat: Path = { targetId: "", pointsM, reachesTarget: true, detourM: 0 };
  state.retreat = retreat;
  state.retreatProgress.segment = 0;
}
