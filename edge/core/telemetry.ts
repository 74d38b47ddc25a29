// What the robot tells the hub by telemetry, each sample with its freshness tag (R6): captured on the edge's clock, and
// the time elapsed since the last hub nonce was received. Newest wins; nothing is queued; none of it is authority.

import type { DrivingModel, Telemetry, TelemetryValue } from "../../proto/wire.js";
import { actingOn } from "./authority.js";
import { ageMs, frozen, sampleOf } from "./channels.js";
import { slotWith } from "./controller/slots.js";
import { allCauses, mayPlan, poseDoubted, rungOf } from "./modes.js";
import type { EdgeEffect, EdgeState } from "./types.js";

const SLOW_MS = 1000;
const PATH_NUMBERS = 128;

export function stepTelemetry(state: EdgeState, nowMs: number, effects: EdgeEffect[]): void {
  const periodMs = state.context.config.limits.telemetryMs;
  if (nowMs - state.telemetry.poseMs >= periodMs) {
    state.telemetry.poseMs = nowMs;
    publishPose(state, nowMs, effects);
  }
  if (nowMs - state.telemetry.slowMs >= SLOW_MS) {
    state.telemetry.slowMs = nowMs;
    publishBattery(state, effects);
    publish(state, { capturedMs: nowMs, value: edgeValue(state) }, effects);
  }
}

function publishPose(state: EdgeState, nowMs: number, effects: EdgeEffect[]): void {
  const pose = sampleOf(state, "pose");
  const capturedMs = state.channels.get("pose")?.capturedMs;
  if (pose === undefined || capturedMs === undefined || poseDoubted(state)) return;
  const { xM, yM, headingRad, errorM } = pose;
  const { odometryMs } = state.context.config.decisions.react;
  const isTrue = ageMs(state, "odometry", nowMs) <= odometryMs && frozen(state, "odometry") === "";
  const speedMps = isTrue ? (sampleOf(state, "odometry")?.speedMps ?? 0) : 0; // R1: it may stand
  publish(state, { capturedMs, value: { kind: "pose", pose: { xM, yM, headingRad }, errorM, speedMps } }, effects);
}

function publishBattery(state: EdgeState, effects: EdgeEffect[]): void {
  const battery = sampleOf(state, "battery");
  const capturedMs = state.channels.get("battery")?.capturedMs;
  if (battery === undefined || capturedMs === undefined) return;
  publish(
    state,
    { capturedMs, value: { kind: "battery", chargeRatio: battery.chargeRatio, charging: battery.charging } },
    effects,
  );
}

function edgeValue(state: EdgeState): TelemetryValue {
  const { plan } = state;
  return {
    kind: "edge",
    rung: rungOf(state),
    causes: allCauses(state).slice(0, 8),
    planMs: plan.lastMs,
    plans: plan.plans,
    planDeadlineMisses: plan.misses,
    inferenceMs: plan.inferenceMs,
    activity: state.activity,
    blockedBy: state.blockedBy.slice(0, 64),
    pathM: state.path.slice(0, PATH_NUMBERS),
    model: drivingModel(state),
  };
}

/** The live controller; without one the planner's values are followed as they are, and it tells no confidence. */
function drivingModel(state: EdgeState): DrivingModel {
  const drives = mayPlan(state) && actingOn(state) !== undefined && state.activity !== "arrived"; // R8
  const live = slotWith(state.controllers, "live");
  if (live === undefined) {
    const name = state.health.planner;
    return { name, drives: drives && name !== "", confidence: undefined };
  }
  const { model: name, manifest } = live;
  if (manifest.confidence.kind === "none") return { name, drives, confidence: undefined };
  const { confidence: tenths, unsure } = state.health.figures(name);
  return { name, drives, confidence: { least: manifest.confidence.least, unsure, tenths } };
}

function publish(
  state: EdgeState,
  what: { readonly capturedMs: number; readonly value: TelemetryValue },
  effects: EdgeEffect[],
): void {
  const channel = what.value.kind;
  const sequence = (state.telemetry.sequence.get(channel) ?? 0) + 1;
  state.telemetry.sequence.set(channel, sequence);
  const { robot, boot } = state.context;
  const { hubNonce, hubNonceReceivedMs } = state.link;
  const elapsedMs = hubNonce === 0 ? 0 : Math.trunc(what.capturedMs - hubNonceReceivedMs);
  const sample: Telemetry = {
    robot,
    boot,
    channel,
    sequence,
    capturedMs: what.capturedMs,
    hubNonce,
    elapsedMs,
    value: what.value,
  };
  effects.push({ kind: "publish", sample });
}
