// What people and other systems are shown: plain values made from the state at one instant. No rule reads them.

import { tokenKey } from "../../proto/claim.js";
import { NEVER_FRESH } from "../../proto/freshness.js";
import { type Cause, causesOf, type Rung } from "../../proto/mode.js";
import type { PlaceView, RobotView, SiteView, TaskView } from "../../proto/operator-views.js";
import type { TelemetryValue } from "../../proto/wire.js";
import { isOutside, standsOn, whyNotFree } from "./claims.js";
import { deadlineLeftMs, lateMs } from "./deadlines.js";
import { haltStateOf } from "./halts.js";
import { actingClaim, type Claim, ceilingsOn, isEnded, type Task } from "./ledger-state.js";
import { effectiveOf, hubCauses, worstOf } from "./modes.js";
import { decisionViews } from "./questions.js";
import { overrideLeftMs } from "./taking-over.js";
import type { HubState } from "./turn.js";
import { lastBattery, lastPose, type RobotWatch, telemetryAge, whereabouts } from "./watch.js";

export function robotViews(state: HubState, nowMs: number): RobotView[] {
  return [...state.watches.values()].map((watch) => robotView(state, watch, nowMs));
}

function robotView(state: HubState, watch: RobotWatch, nowMs: number): RobotView {
  const fleet = state.site.fleets.get(watch.fleet);
  const age = fleet === undefined ? undefined : telemetryAge(watch, fleet, { nowMs, site: state.site });
  const acting = actingClaim(state.ledger, watch.id);
  const pose = lastPose(watch);
  const battery = lastBattery(watch);
  const edge = edgeTelemetry(watch);
  const leaseLeftMs = watch.leaseEndMs - nowMs;
  const capturedMs = watch.channels.get("pose")?.capturedMs;
  // One plain literal: spread from parts it costs a hundred times as much, and a site may have a thousand robots.
  return {
    id: watch.id,
    fleet: watch.fleet,
    linked: watch.stream !== null,
    rung: effectiveOf(state, watch),
    causes: causes(state, watch),
    ageBoundMs: age === undefined || age.boundMs === NEVER_FRESH ? undefined : age.boundMs,
    leaseLeftMs: leaseLeftMs > 0 && watch.lastNonce > 0 ? leaseLeftMs : undefined,
    task: acting?.task ?? taskOf(state, watch.id),
    destination: acting?.destination ?? "",
    pose: pose?.pose,
    errorM: pose?.errorM ?? 0,
    speedMps: pose?.speedMps ?? 0,
    charging: battery?.charging ?? false,
    chargeRatio: battery?.chargeRatio,
    planMs: edge === undefined || edge.plans === 0 ? undefined : edge.planMs,
    activity: edge?.activity ?? "",
    blockedBy: edge?.blockedBy ?? "",
    pathM: edge?.pathM ?? [],
    absent: state.ledger.absent.has(watch.id),
    telemetryVerdict: age?.verdict ?? "lost",
    telemetrySent: sentBy(watch),
    telemetryCapturedMs: capturedMs,
    halt: haltStateOf(state, watch, nowMs),
    plans: edge?.plans ?? 0,
    planDeadlineMisses: edge?.planDeadlineMisses ?? 0,
    inferenceMs: edge?.inferenceMs ?? 0,
    model: edge?.model,
    ...takenOver(state, watch, nowMs),
  };
}

/** What people have asked of the robot; nothing of most. */
function takenOver(state: HubState, watch: RobotWatch, nowMs: number): Pick<RobotView, "drained" | "overrideLeftMs"> {
  const { drained, ceilings } = state.ledger;
  if (drained.size === 0 && ceilings.size === 0) return NOT_TAKEN_OVER;
  const by = drained.get(watch.id);
  const lefts = ceilingsOn(state.ledger, watch).map((one) => overrideLeftMs(state, one, nowMs));
  const known = lefts.filter((leftMs) => leftMs !== null);
  return {
    ...(by === undefined ? {} : { drained: `${by.operator}: ${by.reason}` }),
    ...(known.length === 0 ? {} : { overrideLeftMs: Math.min(...known) }),
  };
}
const NOT_TAKEN_OVER = {};

function edgeTelemetry(watch: RobotWatch): Extract<TelemetryValue, { kind: "edge" }> | undefined {
  const value = watch.channels.get("edge")?.value;
  return value?.kind === "edge" ? value : undefined;
}

function sentBy(watch: RobotWatch): number {
  let sent = 0;
  for (const channel of watch.channels.values()) sent += channel.sequence;
  return sent;
}

/** Causes of both sides; the edge's own lapse is what the hub's other causes brought about, so it comes last. */
function causes(state: HubState, watch: RobotWatch): readonly Cause[] {
  return [...hubCauses(state, watch), ...watch.edgeCauses].slice(0, 16);
}

function taskOf(state: HubState, robot: string): string {
  for (const id of state.ledger.open) if (state.ledger.tasks.get(id)?.robot === robot) return id;
  return "";
}

export function placeViews(state: HubState, nowMs: number): PlaceView[] {
  return state.site.config.destinations.map((place) => placeView(state, place.id, nowMs));
}

function placeView(state: HubState, id: string, nowMs: number): PlaceView {
  const token = undefined;
  const held = state.ledger.byDestination.get(id);
  if (held !== undefined) return { id, ...claimView(held) };
  for (const watch of state.watches.values()) {
    if (state.ledger.absent.has(watch.id) || watch.notAt.has(id) || watch.stillSinceMs === null) continue;
    const where = whereabouts(watch, { nowMs, site: state.site });
    if (where === undefined || isOutside(state, where, id) || standsOn(state, watch) !== id) continue;
    return {
      id,
      state: "OCCUPIED_UNCLAIMED",
      robot: watch.id,
      task: "",
      token,
      detail: "stands there without a claim",
    };
  }
  const refusal = whyNotFree(state, { robot: "", destination: id }, nowMs);
  if (refusal?.code === "PLACE_UNKNOWN")
    return { id, state: "UNKNOWN", robot: "", task: "", token, detail: "not every robot has been heard" };
  return { id, state: "FREE", robot: "", task: "", token, detail: "" };
}

function claimView(held: Claim): Omit<PlaceView, "id"> {
  const detail =
    held.phase === "assigned" ? "on its way" : held.phase === "standing" ? "has arrived" : "has given it up";
  const { robot, task, token } = held;
  return { state: held.lapsed ? "LAPSED_UNKNOWN" : "CLAIMED", robot, task, token, detail };
}

export function taskViews(
  state: HubState,
  at: { readonly all: boolean; readonly nowMs: number; readonly wallMs: number },
): TaskView[] {
  return [...state.ledger.tasks.values()]
    .filter((task) => at.all || !isEnded(task))
    .map((task) => taskView(state, task, at));
}

function taskView(state: HubState, task: Task, at: { readonly nowMs: number; readonly wallMs: number }): TaskView {
  const destination = state.ledger.claims.get(tokenKey(task.token))?.destination ?? "";
  const sameEpoch = task.acceptedEpoch === state.ledger.epoch;
  const acceptedAgoMs = Math.max(0, sameEpoch ? at.nowMs - task.acceptedHubMs : at.wallMs - task.acceptedWallMs);
  const { id, phase, stops, stopIndex, robot, fleet, operator, priority } = task;
  const seen = isEnded(task) ? {} : timesOf(state, task, at);
  const paused = task.paused === null ? undefined : `${task.paused.operator}: ${task.paused.reason}`;
  const detail = task.ended || detailOf(task, { paused, late: seen.lateMs });
  const view = { id, phase, stops, stopIndex, robot, destination, fleet, operator, acceptedAgoMs, detail, priority };
  return paused === undefined ? { ...view, ...seen } : { ...view, ...seen, paused };
}

function detailOf(task: Task, of: { readonly paused: string | undefined; readonly late: number | undefined }): string {
  if (task.cancelAsked) return "to be cancelled";
  if (of.paused !== undefined) return `paused by ${of.paused}`;
  if (of.late === undefined) return "";
  if (of.late === 0) return "may be late";
  return `${task.told === "MISSED" ? "late by" : "expected late by"} ${Math.ceil(of.late / 1000)} s`;
}

function timesOf(
  state: HubState,
  task: Task,
  at: { readonly nowMs: number; readonly wallMs: number },
): Pick<TaskView, "deadlineLeftMs" | "lateMs" | "doneInMs"> {
  const leftMs = deadlineLeftMs(state, task, at);
  const late = lateMs(state, task, at);
  const doneInMs = state.doneInMs.get(task.id);
  return {
    ...(leftMs === null || leftMs <= 0 ? {} : { deadlineLeftMs: Math.round(leftMs) }),
    ...(late === null ? {} : { lateMs: Math.round(late) }),
    ...(doneInMs === undefined ? {} : { doneInMs }),
  };
}

export function taskCounts(state: HubState) {
  const open = [...state.ledger.open].map((id) => state.ledger.tasks.get(id)?.phase);
  const waiting = open.filter((phase) => phase === "WAITING").length;
  return { submitted: state.submitted, ...state.ledger.counts, waiting, active: open.length - waiting };
}

export function fleetViews(state: HubState) {
  return [...state.fleets.values()].map((fleet) => {
    const own = causesOf(fleet.ladder);
    const robots = [...state.watches.values()].filter((watch) => watch.fleet === fleet.id).length;
    return { id: fleet.id, rung: worstOf(own) as Rung, causes: own, robots, stale: fleet.stale };
  });
}

export function siteView(
  state: HubState,
  at: { readonly nowMs: number; readonly telemetryReceived: number; readonly telemetryBytes: number },
): SiteView {
  const { nowMs, telemetryReceived, telemetryBytes } = at;
  const robots = robotViews(state, nowMs);
  let telemetryRefused = 0;
  for (const watch of state.watches.values()) telemetryRefused += watch.refused;
  return {
    ...{
      site: state.site.config.site,
      epoch: state.ledger.epoch,
      events: state.ledger.events,
      upMs: nowMs - state.startedMs,
    },
    restartWaitMs: Math.max(0, state.restartUntilMs - nowMs),
    grantsFrozen: [...state.fleets.values()].some((fleet) => causesOf(fleet.ladder).length > 0),
    ...{ robots, fleets: fleetViews(state), tasks: taskCounts(state), decisions: decisionViews(state, nowMs) },
    ...{ nowMs, telemetryReceived, telemetryRefused, telemetryBytes },
  };
}
