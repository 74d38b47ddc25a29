// R7: the causes that the edge finds by itself, and the rung that results from them and from the hub's order. Every
// cause that is watched is signalled at each step; during boot the sensors are evidence, after it they are causes.

import { NEVER } from "../../proto/lease.js";
import {
  CAUSES,
  type Cause,
  type CauseName,
  causesOf,
  effectiveRung,
  type Hold,
  PERMITS,
  type Rung,
  type Signal,
  stepLadder,
  worseRung,
} from "../../proto/mode.js";
import { hasLease, leaseEndMs } from "./authority.js";
import { openBecause } from "./breaker.js";
import { ageMs, FREEZING, frozen, sampleOf } from "./channels.js";
import { controllerFault, slotWith } from "./controller/slots.js";
import { save } from "./holding.js";
import type { EdgeEffect, EdgeState } from "./types.js";

/** The e-stop and the bumper must be known; a silent base driver is a stale sensor. */
export const BASE_LIMIT_MS = 1000;
/** What the hub was told of the rung is told again after this. */
const REPORT_AGAIN_MS = 1000;

export function rungOf(state: EdgeState): Rung {
  return worseRung(effectiveRung(state.ladder), state.hubOrder.rung);
}

/** The edge's causes and the hub's, worst first. */
export function allCauses(state: EdgeState): readonly Cause[] {
  return [...causesOf(state.ladder), ...state.hubOrder.causes];
}

export function stepModes(state: EdgeState, nowMs: number, effects: EdgeEffect[]): void {
  const before = state.ladder;
  const booting = !state.booted;
  state.ladder = stepLadder(before, { signals: signalsNow(state, nowMs), nowMs, policy: state.context.fleet.ladder });
  if (booting && !before.has("boot")) throw new Error("the boot cause was never imposed");
  const held = state.ladder.get("boot")?.rung ?? "AUTONOMOUS"; // a cause that has cleared is forgotten in time
  if (booting && held === "AUTONOMOUS") state.booted = true;
  const { baseSeen } = state;
  baseSeen.emergencyStop = false;
  baseSeen.bumper = false;
  baseSeen.manual = false;
  state.poseDoubtSeen = "";
  state.poseJumpSeen = "";
  rememberLatches(state, effects);
  report(state, nowMs, effects);
}

function signalsNow(state: EdgeState, nowMs: number): readonly Signal[] {
  const signals: Signal[] = [];
  always(state, nowMs, signals);
  if (state.booted) watched(state, nowMs, signals);
  signals.push(boot(state, nowMs));
  return signals;
}

/**
 * Nothing is wrong with what a cause is about: such a signal tells only whether its evidence is calm. Made once, since
 * nearly all that is signalled at a step is so.
 */
interface Well {
  readonly calm: Signal;
  readonly restless: Signal;
}

function wellOf(name: CauseName, subject = ""): Well {
  const demand = "AUTONOMOUS";
  return {
    calm: { name, subject, demand, calm: true, detail: "" },
    restless: { name, subject, demand, calm: false, detail: "" },
  };
}

const WELL = {
  boot: wellOf("boot"),
  bootConfirm: wellOf("boot-confirm"),
  emergencyStop: wellOf("emergency-stop"),
  bumper: wellOf("bumper"),
  manual: wellOf("manual"),
  storeFault: wellOf("store-fault"),
  clockFault: wellOf("clock-fault"),
  poseDoubt: wellOf("pose-doubt"),
  poseJump: wellOf("pose-jump"),
  plannerFault: wellOf("planner-fault"),
  controllerFault: wellOf("controller-fault"),
  leaseLapsed: wellOf("lease-lapsed"),
  stale: {
    pose: wellOf("sensor-stale", "pose"),
    scan: wellOf("sensor-stale", "scan"),
    odometry: wellOf("sensor-stale", "odometry"),
    base: wellOf("sensor-stale", "base"),
  },
  frozen: {
    scan: wellOf("sensor-frozen", "scan"),
    pose: wellOf("sensor-frozen", "pose"),
    odometry: wellOf("sensor-frozen", "odometry"),
  },
} as const;

/** The signal of a cause that demands something. */
function wrong(well: Well, demand: Rung, seen: { readonly calm: boolean; readonly detail: string }): Signal {
  const { name, subject } = well.calm;
  return { name, subject, demand, calm: seen.calm, detail: seen.detail };
}

/** R7: boot is CONFIRM until evidence is fresh; it clears by itself and is no fall. */
function boot(state: EdgeState, nowMs: number): Signal {
  const missing = state.booted ? "" : whyNotReady(state, nowMs);
  return missing === "" ? WELL.boot.calm : wrong(WELL.boot, "CONFIRM", { calm: true, detail: missing });
}

/** The causes of a robot before its first step: they hold until evidence says otherwise. */
export function bootSignals(state: EdgeState): readonly Signal[] {
  const confirm = { calm: true, detail: "a person must confirm each start" };
  const latches = state.memory.latches.map((name) =>
    isLatch(name)
      ? wrong(wellOf(name), "HALT", { calm: false, detail: "latched before the restart" })
      : wrong(WELL.storeFault, "HALT", { calm: false, detail: `latched by a cause of other software: ${name}` }),
  );
  return [
    wrong(WELL.boot, "CONFIRM", { calm: false, detail: "started" }),
    ...(state.context.fleet.ladder.bootNeedsPerson ? [wrong(WELL.bootConfirm, "CONFIRM", confirm)] : []),
    ...latches,
  ];
}

function isLatch(name: string): name is CauseName {
  return name in CAUSES && CAUSES[name as CauseName].clear === "person";
}

/** What a start waits for; empty when nothing. */
export function whyNotReady(state: EdgeState, nowMs: number): string {
  for (const channel of REQUIRED)
    if (ageMs(state, channel, nowMs) > limitMsOf(state, channel)) return `waits for a fresh ${channel}`;
  if (!state.plan.ready) return "waits for the planner";
  return slotWith(state.controllers, "live")?.ready === false ? "waits for the model that drives" : "";
}

/** Channels without which nothing drives. */
export const REQUIRED = ["pose", "scan", "odometry", "base"] as const;

export function limitMsOf(state: EdgeState, channel: (typeof REQUIRED)[number]): number {
  const { drive } = state.context.config.decisions;
  switch (channel) {
    case "pose":
      return drive.poseMs;
    case "scan":
      return drive.scanMs;
    case "odometry":
      return drive.odometryMs;
    case "base":
      return BASE_LIMIT_MS;
  }
}

/** What is watched from the first step on. A base that is silent is no evidence that a latch may open. */
function always(state: EdgeState, nowMs: number, signals: Signal[]): void {
  const base = sampleOf(state, "base");
  const { baseSeen } = state;
  const isKnown = ageMs(state, "base", nowMs) <= BASE_LIMIT_MS;
  const latch = (well: Well, on: boolean, rung: Rung): Signal => {
    if (on) return wrong(well, rung, { calm: isKnown, detail: CAUSES[well.calm.name].says });
    return isKnown ? well.calm : well.restless;
  };
  signals.push(
    latch(WELL.emergencyStop, baseSeen.emergencyStop || base?.emergencyStop === true, "HALT"),
    latch(WELL.bumper, baseSeen.bumper || base?.bumper === true, "HALT"),
    latch(WELL.manual, baseSeen.manual || base?.manual === true, "CONFIRM"),
    WELL.bootConfirm.calm,
    unless(state.storeFault, WELL.storeFault, "HALT"),
    unless(state.clockFault, WELL.clockFault, "CONFIRM"),
    jumped(state, nowMs),
  );
}

/** F54: only a pose that is fresh now can be what a person believes. */
function jumped(state: EdgeState, nowMs: number): Signal {
  const isFresh = ageMs(state, "pose", nowMs) <= limitMsOf(state, "pose") / 2;
  const detail = state.poseJumpSeen;
  if (detail !== "") return wrong(WELL.poseJump, "REACTIVE_ONLY", { calm: isFresh, detail });
  return isFresh ? WELL.poseJump.calm : WELL.poseJump.restless;
}

/** Well while there is no reason why not; its evidence is always good enough to climb on. */
function unless(why: string, well: Well, demand: Rung): Signal {
  return why === "" ? well.calm : wrong(well, demand, { calm: true, detail: why });
}

function watched(state: EdgeState, nowMs: number, signals: Signal[]): void {
  const doubt = state.poseDoubt || state.poseDoubtSeen; // what was so between two steps was so
  const { breaker } = state.context.config.models;
  const leased = hasLease(state, nowMs) || leaseEndMs(state) === NEVER; // one that was never had cannot lapse
  for (const channel of REQUIRED) signals.push(stale(state, channel, nowMs));
  for (const channel of FREEZING) {
    const why = frozen(state, channel);
    const well = WELL.frozen[channel];
    signals.push(why === "" ? well.calm : wrong(well, "REACTIVE_ONLY", { calm: false, detail: why }));
  }
  signals.push(
    unless(doubt, WELL.poseDoubt, "REACTIVE_ONLY"),
    unless(plannerFault(state, nowMs), WELL.plannerFault, "REACTIVE_ONLY"),
    unless(controllerFault(state.controllers, breaker, nowMs), WELL.controllerFault, "REACTIVE_ONLY"),
    unless(leased ? "" : "no lease from the hub", WELL.leaseLapsed, "REACTIVE_ONLY"),
  );
  state.health.signals(signals);
}

function plannerFault(state: EdgeState, nowMs: number): string {
  const { missed, failing, ready, failures } = state.plan;
  if (missed) return "a plan is past its deadline";
  if (failing !== "") return failing;
  return ready ? openBecause(failures, state.context.config.models.breaker, nowMs) : "the planner is not ready";
}

/** What each decision needs of a channel, drive.ts demands. */
function stale(state: EdgeState, channel: (typeof REQUIRED)[number], nowMs: number): Signal {
  const age = ageMs(state, channel, nowMs);
  const limitMs = limitMsOf(state, channel);
  const well = WELL.stale[channel];
  if (age <= limitMs) return age <= limitMs / 2 ? well.calm : well.restless;
  const detail = `${channel} is up to ${age} ms old, at most ${limitMs}`;
  return wrong(well, "REACTIVE_ONLY", { calm: false, detail });
}

/** R7: what a person must clear survives a restart: it is stored when it is imposed and when it is cleared. */
function rememberLatches(state: EdgeState, effects: EdgeEffect[]): void {
  if (state.ladder === state.latchedLadder) return;
  state.latchedLadder = state.ladder;
  const unknown = state.ladder.has("store-fault") ? state.memory.latches.filter((name) => !isLatch(name)) : [];
  const latches = [
    ...unknown,
    ...new Set(
      causesOf(state.ladder)
        .map((cause) => cause.name)
        .filter(isLatch),
    ),
  ]
    .filter((name) => name !== "boot-confirm")
    .sort();
  if (latches.join() === [...state.memory.latches].sort().join()) return;
  state.memory = { ...state.memory, latches };
  save(state, effects, { messages: [], activate: "" });
}

/** What a person must clear, and is there now. */
function isFound(hold: Hold): boolean {
  return CAUSES[hold.name].clear === "person" && hold.demand !== "AUTONOMOUS";
}

/** Tells the hub when rung or causes change, and again each second. */
function report(state: EdgeState, nowMs: number, effects: EdgeEffect[]): void {
  const { reported } = state;
  if (!state.link.open || state.link.session === "") return;
  const again = nowMs - reported.sentMs >= REPORT_AGAIN_MS;
  const changed = state.ladder !== reported.ladder;
  if (!changed && !again) return;
  reported.ladder = state.ladder;
  const found = [...state.ladder.values()].filter(isFound).map((hold) => hold.name);
  const causes = causesOf(state.ladder).slice(0, 32);
  const rung = effectiveRung(state.ladder);
  const key = `${rung} ${causes.map((cause) => `${cause.name}=${cause.rung}`).join(" ")}, now ${found.join(" ")}`;
  if (key === reported.key && !again) return;
  Object.assign(reported, { key, sentMs: nowMs, sequence: reported.sequence + 1 });
  if (changed && found.length > 0) reported.since = reported.sequence;
  effects.push({
    kind: "send",
    message: {
      kind: "modeReport",
      sequence: reported.sequence,
      rung,
      causes: causes.map((cause) => ({ ...cause, detail: cause.detail.slice(0, 200) })),
    },
  });
}

export function mayPlan(state: EdgeState): boolean {
  return PERMITS[rungOf(state)].models;
}

/** R6: a channel that is frozen, or was until its cause lets go. */
export function isFrozen(state: EdgeState, channel: (typeof FREEZING)[number]): boolean {
  return frozen(state, channel) !== "" || imposes(state, `sensor-frozen/${channel}`);
}

/** R6: a pose that is frozen or doubted, or was until its cause lets go, says nothing of where the robot is. */
export function poseDoubted(state: EdgeState): boolean {
  if (isFrozen(state, "pose") || state.poseDoubt !== "" || state.poseJumpSeen !== "") return true;
  return state.poseAlone || imposes(state, "pose-doubt") || imposes(state, "pose-jump");
}

function imposes(state: EdgeState, key: string): boolean {
  return (state.ladder.get(key)?.rung ?? "AUTONOMOUS") !== "AUTONOMOUS";
}
