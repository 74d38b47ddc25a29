// Every trouble that the edge finds by itself: how it is brought about, how soon it must be noticed, and what may
// move from then on. A cause of the closed table without a row here fails the test that reads this table.
import type { ModelDecision } from "../../../edge/core/health/health.js";
import type { CauseName, Rung } from "../../../proto/mode.js";
import { action } from "./chaser.js";
import type { EdgeUnderTest } from "./edge-under-test.js";
import { POLICY } from "./policy.js";

export interface Trouble {
  readonly name: CauseName;
  readonly what: string;
  readonly impose: (robot: EdgeUnderTest) => void;
  readonly withinMs: number;
  readonly rung: Rung;
  readonly motion: "none" | "reactive"; // from then on
  readonly fleet?: "confirm"; // each start needs a person
}

/** The model of a robot that has one. */
export const DRIVES = "chaser 1.0.0";
const bare = (robot: EdgeUnderTest) => robot.connect();
const REACTIVE = { rung: "REACTIVE_ONLY", motion: "reactive" } as const;

/** A model that decides so for a while. */
function unwell(name: CauseName, what: string, change: Partial<ModelDecision>): readonly Trouble[] {
  const decision: ModelDecision = { confidence: 0.9, ageMs: 100, isRefused: false, features: null, atMs: 0, ...change };
  const impose = (robot: EdgeUnderTest) => {
    for (let count = 0; count < 600; count += 1)
      robot.edge.state.health.decided(POLICY.name, { ...decision, atMs: 1000 * count });
  };
  return [{ name, what, impose, withinMs: 50, ...REACTIVE }];
}

export const TROUBLES: readonly Trouble[] = [
  { name: "boot", what: "it has just started", impose: bare, withinMs: 50, rung: "CONFIRM", motion: "none" },
  {
    ...{ name: "boot-confirm", what: "its fleet wants a person", withinMs: 50, rung: "CONFIRM", motion: "none" },
    ...{ impose: bare, fleet: "confirm" },
  },
  {
    ...{ name: "sensor-stale", what: "the lidar falls silent", withinMs: 650, rung: "REACTIVE_ONLY", motion: "none" },
    impose: (robot) => robot.base.silent.add("scan"),
  },
  {
    ...{ name: "sensor-stale", what: "the pose falls silent", withinMs: 600, ...REACTIVE },
    impose: (robot) => robot.base.silent.add("pose"),
  },
  {
    ...{ name: "sensor-stale", what: "odometry falls silent", withinMs: 600, rung: "REACTIVE_ONLY", motion: "none" },
    impose: (robot) => robot.base.silent.add("odometry"),
  },
  {
    ...{ name: "sensor-stale", what: "e-stop and bumper are unknown", withinMs: 1150, rung: "REACTIVE_ONLY" },
    ...{ motion: "none", impose: (robot) => robot.base.silent.add("base") },
  },
  {
    ...{ name: "sensor-stale", what: "samples carry no time", withinMs: 150, rung: "REACTIVE_ONLY", motion: "none" },
    impose: (robot) => {
      robot.base.captureOf = () => ({});
    },
  },
  {
    ...{ name: "sensor-frozen", what: "the lidar repeats itself", withinMs: 650, rung: "REACTIVE_ONLY" },
    ...{ motion: "none", impose: (robot) => robot.base.frozen.add("scan") },
  },
  {
    ...{ name: "sensor-frozen", what: "the pose stands while it drives", withinMs: 650, rung: "REACTIVE_ONLY" },
    ...{ motion: "none", impose: (robot) => robot.base.frozen.add("pose") },
  },
  {
    ...{ name: "sensor-frozen", what: "the way travelled stands at speed", withinMs: 700, rung: "REACTIVE_ONLY" },
    ...{ motion: "none", impose: (robot) => robot.base.frozen.add("odometry") },
  },
  {
    ...{ name: "pose-jump", what: "the pose jumps", withinMs: 100, ...REACTIVE },
    impose: (robot) => {
      robot.base.shiftM = 0.8;
    },
  },
  {
    ...{ name: "pose-doubt", what: "the pose is too uncertain", withinMs: 100, rung: "REACTIVE_ONLY", motion: "none" },
    impose: (robot) => {
      robot.base.errorM = 0.5;
    },
  },
  {
    ...{ name: "planner-fault", what: "the planner falls silent", withinMs: 450, ...REACTIVE },
    impose: (robot) => {
      robot.planner = "silent";
    },
  },
  {
    ...{ name: "planner-fault", what: "the planner refuses", withinMs: 250, ...REACTIVE },
    impose: (robot) => {
      robot.planner = "refuses";
    },
  },
  {
    ...{ name: "planner-fault", what: "the planner answers with what is no number", withinMs: 250, ...REACTIVE },
    impose: (robot) => {
      robot.planner = "lies";
    },
  },
  {
    ...{ name: "planner-fault", what: "the planner has gone", withinMs: 50, ...REACTIVE },
    impose: (robot) => void robot.step({ kind: "plannerGone", why: "killed" }),
  },
  ...unwell("model-unsure", "a model is unsure", { confidence: 0.5 }),
  ...unwell("model-inputs-old", "a model decides on old inputs", { ageMs: 450 }),
  ...unwell("model-refused", "a model proposes what cannot be", { isRefused: true }),
  ...unwell("model-drift", "the inputs of a model have drifted", { features: [2] }),
  {
    ...{ name: "model-fallback", what: "other rules drive in place of a model", withinMs: 50, ...REACTIVE },
    impose: (robot) => {
      for (let step = 0; step < 400; step += 1) robot.edge.state.health.drove(POLICY.name, step % 3 > 0);
    },
  },
  {
    ...{ name: "canary-failed", what: "a golden vector gives another answer", withinMs: 50, ...REACTIVE },
    impose: (robot) => void robot.step({ kind: "canary", model: POLICY.name, fault: "y[0] is off" }),
  },
  {
    ...{ name: "controller-fault", what: "the model that drives gives what is no number", withinMs: 150, ...REACTIVE },
    impose: (robot) => robot.answering.set(DRIVES, () => action(Number.NaN, 0)),
  },
  {
    ...{ name: "controller-fault", what: "the model that drives falls silent", withinMs: 250, ...REACTIVE },
    impose: (robot) => robot.answering.set(DRIVES, () => null),
  },
  {
    ...{ name: "controller-fault", what: "the model that drives has gone", withinMs: 50, ...REACTIVE },
    impose: (robot) => void robot.step({ kind: "modelGone", model: DRIVES, why: "killed" }),
  },
  {
    ...{ name: "lease-lapsed", what: "the hub answers no more", withinMs: 3100, rung: "REACTIVE_ONLY", motion: "none" },
    impose: (robot) => {
      robot.isHubAnswering = false;
    },
  },
  {
    ...{ name: "clock-fault", what: "the board was suspended", withinMs: 50, rung: "CONFIRM", motion: "none" },
    impose: (robot) => {
      robot.suspendedMs += 500;
    },
  },
  {
    ...{ name: "store-fault", what: "the disk is full", withinMs: 50, rung: "HALT", motion: "none" },
    impose: (robot) => void robot.step({ kind: "storeFault", why: "the disk is full" }),
  },
  {
    ...{ name: "emergency-stop", what: "somebody presses it", withinMs: 150, rung: "HALT", motion: "none" },
    impose: (robot) => {
      robot.base.emergencyStop = true;
    },
  },
  {
    ...{ name: "bumper", what: "it touches something", withinMs: 150, rung: "HALT", motion: "none" },
    impose: (robot) => {
      robot.base.bumper = true;
    },
  },
  {
    ...{ name: "manual", what: "a person takes the base", withinMs: 150, rung: "CONFIRM", motion: "none" },
    impose: (robot) => {
      robot.base.manual = true;
    },
  },
];
