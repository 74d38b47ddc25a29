// The controller models that an edge holds: at most one drives, a candidate runs in its shadow, and the one before
// stands by. Who has which role, and what of each is remembered between two ticks. Plain data.

import type { Frames } from "../../../models/assemble.js";
import type { NamedTensor } from "../../../models/elements.js";
import type { ModelManifest } from "../../../models/manifest.js";
import { type Breaker, type Failures, openBecause } from "../breaker.js";
import type { Advice, Point } from "../motion/motion.js";

/**
 * `live`: its advice drives. `shadow`: it runs on the same evidence, its advice is judged and recorded, never driven.
 * `standby`: it was live before the one that is, and comes back when that one fails. `failed`: it is not asked again.
 */
export type Role = "live" | "shadow" | "standby" | "failed";

/** What the edge starts with. */
export interface ControllerModels {
  readonly live: ModelManifest | null;
  readonly candidate: ModelManifest | null;
}

export const NO_CONTROLLERS: ControllerModels = { live: null, candidate: null };

/** What a run was fed, and how old the oldest of it was. */
export interface Rested {
  readonly feeds: readonly NamedTensor[];
  readonly ageMs: number;
}

export interface Flight {
  readonly id: number;
  readonly sentMs: number;
  readonly advicePose: Advice["pose"];
  readonly rests: Rested;
  missed: boolean; // past its deadline
}

/** An advice and when its evidence was gathered. */
export interface Advised extends Advice {
  readonly id: number;
  readonly sentMs: number;
  readonly confidence: number;
  readonly rests: Rested;
}

export interface Counts {
  asked: number;
  driven: number; // ticks
  missing: number; // ticks in which it should have advised, and did not
  unsure: number;
  late: number;
  refused: number;
  vetoed: number;
}

export interface Slot {
  readonly model: string; // name and version
  readonly manifest: ModelManifest;
  role: Role;
  ready: boolean;
  readonly frames: Frames;
  targetId: string; // of the last run; a new one begins its states anew
  flight: Flight | null;
  advice: Advised | null;
  why: string; // it advises nothing; empty while it does
  readonly failures: Failures;
  vetoRun: number;
  judgedId: number; // of the last advice that was judged
  readonly counts: Counts;
  /** In the shadow: the way that what drove made, and that this one would have made, in metres of free floor. */
  readonly shadowed: { drivenM: number; advisedM: number };
}

/** Somewhere, and how far the target is from there in metres of free floor. */
export interface Near {
  readonly toGoM: number;
  readonly at: Point;
}

/** What a candidate that could take over has asked the hub, and why it waits. */
export interface Swap {
  asks: number; // of this start
  sentMs: number; // the newest of them
  asked: {
    readonly id: number;
    readonly sentMs: number;
    readonly session: string;
    readonly model: string; // name and version
    readonly sha256: string; // how it begins
    answered: boolean;
    allowed: boolean;
  } | null;
  waits: string; // for people; empty while it does not
  code: string; // of the reason, which is noted once
}

export interface Controllers {
  readonly slots: readonly Slot[];
  nextId: number;
  sinceMs: number; // the candidate is ready, or the one promoted is live, since then
  readonly swap: Swap;
  isOnTrial: boolean; // the live one was promoted, and what was before it still comes back when it fails
  failing: string; // why immediate rules hold; empty when they need not
  failingUntilMs: number;
  /**
   * How near the live one has come to its target on this site plan; the ticks that it has driven since it last made
   * way, and from where that counts: null after a wait.
   */
  best: (Near & { readonly target: string; readonly plan: number; readonly since: Near | null; ticks: number }) | null;
}

export function slotsOf(models: ControllerModels): Controllers {
  const slots = [
    ...(models.live === null ? [] : [slotOf(models.live, "live")]),
    ...(models.candidate === null ? [] : [slotOf(models.candidate, "shadow")]),
  ];
  const last = { sinceMs: Number.NEGATIVE_INFINITY, isOnTrial: false, failing: "", failingUntilMs: 0, best: null };
  const swap = { asks: 0, sentMs: Number.NEGATIVE_INFINITY, asked: null, waits: "", code: "" };
  return { slots, nextId: 1, swap, ...last };
}

/** Name and version: what tells two models of an edge apart. */
export function modelName({ name, version }: Pick<ModelManifest, "name" | "version">): string {
  return `${name} ${version}`;
}

function slotOf(manifest: ModelManifest, role: Role): Slot {
  return {
    model: modelName(manifest),
    ...{
      manifest,
      role,
      ready: false,
      frames: new Map(),
      targetId: "",
      flight: null,
      advice: null,
      why: "not asked yet",
    },
    ...{ failures: [], vetoRun: 0, judgedId: 0 },
    counts: { asked: 0, driven: 0, missing: 0, unsure: 0, late: 0, refused: 0, vetoed: 0 },
    shadowed: { drivenM: 0, advisedM: 0 },
  };
}

export function slotWith(controllers: Controllers, role: Role): Slot | undefined {
  return controllers.slots.find((slot) => slot.role === role);
}

export function slotNamed(controllers: Controllers, model: string): Slot | undefined {
  return controllers.slots.find((slot) => slot.model === model);
}

/** Why the live model must not drive now; empty when it may. */
export function controllerFault(controllers: Controllers, breaker: Breaker, nowMs: number): string {
  const live = slotWith(controllers, "live");
  if (live === undefined) return "";
  if (controllers.failing !== "") return controllers.failing;
  const open = openBecause(live.failures, breaker, nowMs);
  if (open !== "") return `${live.model}: ${open}`;
  if (live.flight?.missed === true) return `${live.model} has not answered within its deadline`;
  return live.ready ? "" : `${live.model} is not ready`;
}
