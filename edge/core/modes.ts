// R7: the causes that the edge finds by itself, and the rung that results from them and from the hub's order. Every
// cause that is watched is signalled at each step; during boot the sensors are evidence, after it they are causes.

import { NEVER } from "../../proto/lease.js";
import {
  CAUSES,
  type Cause,
  type CauseName,
  causesOf,
  effectiveRung,
  PERMITS,
  type Rung,
  type Signal,
  stepLadder,
  worseRung,
} from "../../proto/mode.js";
import type { OnboardChannel } from "../../proto/topics.js";
import { hasLease, leaseEndMs, save } from "./authority.js";
import { ageMs, FREEZING, frozen, sampleOf } from "./channels.js";
import type { EdgeEffect, EdgeState } from "./types.js";

/** The e-stop and the bumper must be known; a silent base driver is a stale sensor. */
export const BASE_LIMIT_MS = 1000;

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
  const signals = booting
    ? [...always(state, nowMs), boot(state, nowMs)]
    : [...always(state, nowMs), ...watched(state, nowMs), boot(state, nowMs)];
  state.ladder = stepLadder(state.ladder, { signals, nowMs, policy: state.context.fleet.ladder });
  if (booting && !before.has("boot")) throw new Error("the boot cause was never imposed");
  const held = state.ladder.get("boot")?.rung ?? "AUTONOMOUS"; // a cause that has cleared is forgotten in time
  if (booting && held === "AUTONOMOUS") state.booted = true;
  Object.assign(state.baseSeen, { emergencyStop: false, bumper: false, manual: false });
  state.poseDoubtSeen = "";
  if (state.ladder !== before) rememberLatches(state, effects);
  report(state, effects);
}

/** R7: boot is CONFIRM until evidence is fresh; it clears by itself and is no fall. */
function boot(state: EdgeState, nowMs: number): Signal {
  const missing = state.booted ? "" : whyNotReady(state, nowMs);
  return signal("boot", { demand: missing === "" ? "AUTONOMOUS" : "CONFIRM", calm: true, detail: missing });
}

/** The causes of a robot before its first step: they hold until evidence says otherwise. */
export function bootSignals(state: EdgeState): readonly Signal[] {
  const person = state.context.fleet.ladder.bootNeedsPerson;
  const confirm = signal("boot-confirm", { demand: "CONFIRM", calm: true, detail: "a person must confirm each start" });
  const latches = state.memory.latches.map((name) =>
    isLatch(name)
      ? signal(name, { demand: "HALT", calm: false, detail: "latched before the restart" })
      : signal("store-fault", { demand: "HALT", calm: false, detail: `latched by a cause of other software: ${name}` }),
  );
  return [
    signal("boot", { demand: "CONFIRM", calm: false, detail: "started" }),
    ...(person ? [confirm] : []),
    ...latches,
  ];
}

function isLatch(name: string): name is CauseName {
  return name in CAUSES && CAUSES[name as CauseName].clear === "person";
}

function whyNotReady(state: EdgeState, nowMs: number): string {
  for (const { channel, limitMs } of limits(state)) {
    const age = ageMs(state, channel, nowMs);
    if (age > limitMs) return `waits for a fresh ${channel}`;
  }
  return state.plan.ready ? "" : "waits for the planner";
}

function limits(state: EdgeState): readonly { readonly channel: OnboardChannel; readonly limitMs: number }[] {
  const { poseMs, scanMs, odometryMs } = state.context.config.decisions.drive;
  return [
    { channel: "pose", limitMs: poseMs },
    { channel: "scan", limitMs: scanMs },
    { channel: "odometry", limitMs: odometryMs },
    { channel: "base", limitMs: BASE_LIMIT_MS },
  ];
}

/** What is watched from the first step on. A base that is silent is no evidence that a latch may open. */
function always(state: EdgeState, nowMs: number): readonly Signal[] {
  const base = sampleOf(state, "base");
  const { baseSeen } = state;
  const isKnown = ageMs(state, "base", nowMs) <= BASE_LIMIT_MS;
  const latch = (name: CauseName, on: boolean, rung: Rung) =>
    signal(name, { demand: on ? rung : "AUTONOMOUS", calm: isKnown, detail: CAUSES[name].says });
  return [
    latch("emergency-stop", baseSeen.emergencyStop || base?.emergencyStop === true, "HALT"),
    latch("bumper", baseSeen.bumper || base?.bumper === true, "HALT"),
    latch("manual", baseSeen.manual || base?.manual === true, "CONFIRM"),
    signal("boot-confirm", { demand: "AUTONOMOUS", calm: true, detail: CAUSES["boot-confirm"].says }),
    signal("store-fault", {
      demand: state.storeFault === "" ? "AUTONOMOUS" : "HALT",
      calm: true,
      detail: state.storeFault,
    }),
    signal("clock-fault", {
      demand: state.clockFault === "" ? "AUTONOMOUS" : "CONFIRM",
      calm: true,
      detail: state.clockFault,
    }),
  ];
}

function watched(state: EdgeState, nowMs: number): readonly Signal[] {
  const doubt = state.poseDoubt || state.poseDoubtSeen; // a jump between two steps was a jump
  const planner = state.plan.missed ? "a plan is past its deadline" : state.plan.failing;
  const leased = hasLease(state, nowMs) || leaseEndMs(state) === NEVER; // one that was never had cannot lapse
  return [
    ...limits(state).map(({ channel, limitMs }) => stale(state, { channel, limitMs, nowMs })),
    ...FREEZING.map((channel) => {
      const why = frozen(state, channel);
      return {
        ...signal("sensor-frozen", {
          demand: why === "" ? "AUTONOMOUS" : "REACTIVE_ONLY",
          calm: why === "",
          detail: why,
        }),
        subject: channel,
      };
    }),
    signal("pose-doubt", {
      demand: doubt === "" ? "AUTONOMOUS" : "REACTIVE_ONLY",
      calm: true,
      detail: doubt,
    }),
    signal("planner-fault", {
      demand: planner === "" && state.plan.ready ? "AUTONOMOUS" : "REACTIVE_ONLY",
      calm: true,
      detail: planner || "the planner is not ready",
    }),
    signal("lease-lapsed", {
      demand: leased ? "AUTONOMOUS" : "REACTIVE_ONLY",
      calm: true,
      detail: "no lease from the hub",
    }),
  ];
}

function stale(
  state: EdgeState,
  at: { readonly channel: OnboardChannel; readonly limitMs: number; readonly nowMs: number },
): Signal {
  const age = ageMs(state, at.channel, at.nowMs);
  const detail = `${at.channel} is up to ${age} ms old, at most ${at.limitMs}`;
  const demand = age > at.limitMs ? "REACTIVE_ONLY" : "AUTONOMOUS"; // what each decision needs of it, drive.ts demands
  return { ...signal("sensor-stale", { demand, calm: age <= at.limitMs / 2, detail }), subject: at.channel };
}

function signal(
  name: CauseName,
  seen: { readonly demand: Rung; readonly calm: boolean; readonly detail: string },
): Signal {
  return { name, subject: "", ...seen };
}

/** R7: what a person must clear survives a restart: it is stored when it is imposed and when it is cleared. */
function rememberLatches(state: EdgeState, effects: EdgeEffect[]): void {
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

/** Tells the hub when rung or causes change. */
function report(state: EdgeState, effects: EdgeEffect[]): void {
  const causes = causesOf(state.ladder).slice(0, 32);
  const rung = effectiveRung(state.ladder);
  const key = `${rung} ${causes.map((cause) => `${cause.name}=${cause.rung}`).join(" ")}`;
  if (key === state.reportedKey || !state.link.open || state.link.session === "") return;
  state.reportedKey = key;
  effects.push({
    kind: "send",
    message: {
      kind: "modeReport",
      rung,
      causes: causes.map((cause) => ({ ...cause, detail: cause.detail.slice(0, 200) })),
    },
  });
}

export function mayPlan(state: EdgeState): boolean {
  return PERMITS[rungOf(state)].models;
}

/** R6: a pose that is frozen or doubted, or was until its cause lets go, says nothing of where the robot is. */
export function poseDoubted(state: EdgeState): boolean {
  const imposes = (key: string) => (state.ladder.get(key)?.rung ?? "AUTONOMOUS") !== "AUTONOMOUS";
  return (
    frozen(state, "pose") !== "" || state.poseDoubt !== "" || imposes("pose-doubt") || imposes("sensor-frozen/pose")
  );
}
