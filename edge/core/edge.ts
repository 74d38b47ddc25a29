// The edge's core: `step(input, nowMs)` changes the state and returns ordered effects (R10). A fault of this code
// throws and ends the process, which is safe because a base whose edge is silent stops by its own dead-man.

import { planGridOf } from "../../fleet-config/derive.js";
import type { Grid } from "../../fleet-config/grid.js";
import { ClockFault, type ClockReading, clockAnomaly } from "../../proto/clock.js";
import { NO_LEASE } from "../../proto/lease.js";
import { NO_HOLDS, stepLadder } from "../../proto/mode.js";
import type { OnboardSample } from "../../proto/wire.js";
import { begin, closed, hubMessage, opened, saved, stepAuthority } from "./authority.js";
import { takeSample } from "./channels.js";
import {
  controllerGone,
  controllerLooked,
  controllerRan,
  controllerReady,
  controllerRefused,
  stepTrial,
} from "./controller/controller.js";
import { slotsOf } from "./controller/slots.js";
import { forgetPermission } from "./controller/swap.js";
import { stepDrive } from "./drive.js";
import { watchGap } from "./health/gaps.js";
import { Health } from "./health/health.js";
import type { EdgeMemory } from "./memory.js";
import { bootSignals, stepModes } from "./modes.js";
import { createMotion } from "./motion/motion.js";
import { type Driver, rememberPose } from "./motion-input.js";
import { planned, plannerGone, planRefused } from "./planner.js";
import { type EdgeSnapshot, restore, snapshotOf } from "./snapshot.js";
import { stepTelemetry } from "./telemetry.js";
import type { EdgeContext, EdgeEffect, EdgeInput, EdgeState } from "./types.js";

/** Ticks that a base may echo; at 20 a second this is some 10 s. */
const TICKS_KEPT = 200;

export class Edge {
  readonly state: EdgeState;
  readonly #driver: Driver;

  constructor(parts: {
    readonly context: EdgeContext;
    readonly memory: EdgeMemory;
    readonly grid: Grid;
    readonly clocks: ClockReading; // of its start
    /** R14: goes on from there, and takes it over; memory and clocks are then those of the snapshot. */
    readonly from?: EdgeSnapshot;
  }) {
    const { context, from } = parts;
    this.state = emptyState(context, parts.memory);
    this.state.clocks = parts.clocks; // R2: a suspension before the first tick is one
    const policy = context.fleet.ladder;
    this.state.ladder = stepLadder(NO_HOLDS, {
      signals: bootSignals(this.state),
      nowMs: parts.clocks.monotonicMs,
      policy,
    });
    const { config } = context;
    const motion = createMotion({
      grid: parts.grid,
      planGrid: planGridOf(config, parts.grid),
      physics: config.physics,
      destinations: config.destinations.map(({ id, xM, yM, footprintRadiusM }) => ({
        id,
        xM,
        yM,
        radiusM: footprintRadiusM,
      })),
      controlHz: 1000 / config.limits.controlMs,
      planHz: 1000 / config.limits.localPlanMs,
      sitePlanMs: config.limits.sitePlanMs,
      deadmanMs: config.lease.deadmanMs,
      settleMs: config.physics.settleMs,
    });
    this.#driver = {
      motion,
      priority: priorityOf(context.robot),
      poses: [],
      headway: null,
      refusedUntilMs: 0,
      targets: new Map(config.destinations.map(({ id, xM, yM, headingRad }) => [id, { id, xM, yM, headingRad }])),
    };
    if (from !== undefined) restore(from, this.state, this.#driver);
  }

  /** R14: all that this core remembers; it shares its values with the core, so copy it before the next step. */
  snapshot(): EdgeSnapshot {
    return snapshotOf(this.state, this.#driver);
  }

  step(input: EdgeInput, nowMs: number): readonly EdgeEffect[] {
    const effects: EdgeEffect[] = [];
    const { state } = this;
    switch (input.kind) {
      case "tick":
        this.#tick(input, nowMs, effects);
        break;
      case "sample":
        this.#sample(input.sample, nowMs, effects);
        break;
      case "linkOpened":
        opened(state, effects);
        break;
      case "linkClosed":
        closed(state);
        break;
      case "hub":
        hubMessage(state, input.message, nowMs, effects);
        break;
      case "saved":
        saved(state, input.version, effects);
        break;
      case "storeFault":
        state.storeFault = input.why;
        begin(state, effects);
        break;
      case "plannerReady":
        state.plan.ready = true;
        break;
      case "plannerGone":
        plannerGone(state, this.#driver, nowMs);
        effects.push({ kind: "note", event: "planner gone", detail: input.why });
        break;
      case "planned":
        planned(state, this.#driver, input.result, nowMs);
        break;
      case "canary":
        controllerLooked(state, input, { nowMs, effects });
        break;
      case "planRefused":
        planRefused(state, this.#driver, { id: input.id, why: input.reason, nowMs });
        break;
      case "modelReady":
        controllerReady(state, input.model, nowMs);
        break;
      case "modelGone":
        controllerGone(state, input.model, input.why, { nowMs, effects });
        break;
      case "ran":
        controllerRan(state, input.model, input.result, { nowMs, effects });
        break;
      case "runRefused":
        controllerRefused(state, input.model, input, { nowMs, effects });
        break;
    }
    return effects;
  }

  #sample(sample: OnboardSample, nowMs: number, effects: EdgeEffect[]): void {
    const { state } = this;
    const { channel } = sample;
    const beforeMs = state.channels.get(channel)?.capturedMs;
    if (!takeSample(state, sample, nowMs)) return;
    watchGap(state, { channel, beforeMs, nowMs }, effects);
    if (channel === "pose") rememberPose(state, this.#driver);
  }

  #tick(input: Extract<EdgeInput, { kind: "tick" }>, nowMs: number, effects: EdgeEffect[]): void {
    const { state } = this;
    watchClocks(state, this.#driver, input);
    state.tickNonce += 1;
    state.ticks.set(state.tickNonce, nowMs);
    state.ticks.delete(state.tickNonce - TICKS_KEPT);
    effects.push({ kind: "tick", tick: { nonce: state.tickNonce, monotonicMs: nowMs } });
    stepAuthority(state, nowMs, effects);
    stepTrial(state, { nowMs, effects });
    stepModes(state, nowMs, effects);
    stepDrive(state, this.#driver, nowMs, effects);
    stepTelemetry(state, nowMs, effects);
  }
}

/**
 * R2, R6: no lease survives a suspended board, and nothing that was seen before is fresh. Throws ClockFault when the
 * clock went backwards: everything that waits for a time would wait for the old one, so the process ends.
 */
function watchClocks(state: EdgeState, driver: Driver, input: Extract<EdgeInput, { kind: "tick" }>): void {
  const anomaly = state.clocks === null ? "none" : clockAnomaly(state.clocks, input.clocks);
  state.clocks = input.clocks;
  if (anomaly === "backwards") throw new ClockFault("the board's clock went backwards");
  state.clockFault = anomaly === "suspended" ? "the board was suspended" : "";
  if (anomaly !== "suspended") return;
  state.link.lease = NO_LEASE;
  state.link.hubNonce = 0;
  state.notBeforeMs = input.clocks.monotonicMs;
  forgetPermission(state);
  state.channels.clear();
  state.ticks.clear();
  driver.poses.length = 0;
}

/** In [0, 1), by name: who gives way first when two robots block each other. */
function priorityOf(robot: string): number {
  let mixed = 0x811c9dc5;
  for (let index = 0; index < robot.length; index += 1) mixed = Math.imul(mixed ^ robot.charCodeAt(index), 0x01000193);
  return (mixed >>> 0) / 2 ** 32;
}

function emptyState(context: EdgeContext, memory: EdgeMemory): EdgeState {
  const { health: policy, limits } = context.config;
  return {
    context,
    memory,
    savedVersion: 0,
    version: 0,
    followsVersion: 0,
    held: [],
    active: new Set(),
    health: new Health({ policy, controlMs: limits.controlMs, models: context.watched }),
    link: {
      open: false,
      session: "",
      answersSwaps: false,
      welcome: null,
      lease: NO_LEASE,
      nonce: 0,
      renewedMs: Number.NEGATIVE_INFINITY,
      hubNonce: 0,
      hubNonceReceivedMs: 0,
      resendMs: Number.NEGATIVE_INFINITY,
    },
    channels: new Map(),
    gaps: new Map(),
    ticks: new Map(),
    tickNonce: 0,
    clocks: null,
    ladder: NO_HOLDS,
    booted: false,
    hubOrder: { sequence: 0, rung: "AUTONOMOUS", causes: [] },
    latchedLadder: null,
    reported: { sequence: 0, since: 1, sentMs: 0, key: "", ladder: null },
    poseDoubt: "",
    poseDoubtSeen: "",
    poseJumpSeen: "",
    way: null,
    toldToMove: false,
    commanded: { speedMps: 0, turnRadps: 0 },
    step: null,
    poseAlone: false,
    storeFault: "",
    clockFault: "",
    notBeforeMs: 0,
    baseSeen: { emergencyStop: false, bumper: false, manual: false },
    controllers: slotsOf(context.controllers),
    plan: noPlans(),
    commandSequence: 0,
    decision: 0,
    decided: null,
    lastDecisionMs: 0,
    activity: "standing",
    blockedBy: "",
    path: [],
    dwell: null,
    telemetry: { sequence: new Map(), poseMs: 0, slowMs: 0 },
  };
}

function noPlans(): EdgeState["plan"] {
  const counts = { plans: 0, misses: 0, lastMs: 0, inferenceMs: 0 };
  return { ready: false, flight: null, taken: null, missed: false, failing: "", failures: [], ...counts };
}
