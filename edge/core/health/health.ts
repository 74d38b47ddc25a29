// R7: whether the models of a robot are well, by what their newest decisions were like. Each measure has a limit in the
// site file and a cause in the ladder. On REACTIVE_ONLY no model runs and nothing new would be seen: so a finding is
// told once, what led to it is forgotten, and the model is tried again after the dwell, which grows with each fall.

import type { HealthPolicy } from "../../../fleet-config/types.js";
import type { ModelReference } from "../../../models/histogram.js";
import type { ModelManifest } from "../../../models/manifest.js";
import { TENTHS } from "../../../proto/confidence.js";
import type { CauseName, Signal } from "../../../proto/mode.js";
import { modelName } from "../controller/slots.js";
import { Drift, type DriftMemory } from "./drift.js";
import { type BinMemory, BinWindow, type ShareMemory, ShareWindow } from "./windows.js";

/** A model whose decisions are watched. */
export interface WatchedModel {
  readonly name: string; // and version
  readonly leastConfidence: number; // 0 where it tells none
  readonly reference: ModelReference | null;
}

export function watchedOf(manifest: ModelManifest, reference: ModelReference | undefined): WatchedModel {
  const { confidence } = manifest;
  const leastConfidence = confidence.kind === "none" ? 0 : confidence.least;
  return { name: modelName(manifest), leastConfidence, reference: reference ?? null };
}

/** One decision of a model. */
export interface ModelDecision {
  readonly confidence: number | null; // null where it tells none, or none that can be read
  readonly ageMs: number; // of its oldest input, an upper bound
  readonly isRefused: boolean; // by its contract or the guard
  readonly features: ArrayLike<number> | null; // in the order of its reference; null where there is none
  readonly atMs: number;
}

/** What is known of a model now. Shares of the newest decisions, or of the newest time on AUTONOMOUS. */
export interface HealthFigures {
  readonly decisions: number;
  readonly confidence: readonly number[]; // how many decisions in each tenth from 0 to 1
  readonly unsure: number; // how many of these were less sure than the model must be, findings or not
  readonly unsureShare: number;
  readonly oldShare: number;
  readonly refusedShare: number;
  readonly fallbackShare: number;
  readonly driftIndex: number; // of the worst input
  readonly canaryFault: string; // empty: the last canary was well, or there was none
}

type HealthCause = Extract<CauseName, `model-${string}` | "canary-failed">;

const MEASURES = ["model-unsure", "model-inputs-old", "model-refused", "model-fallback", "model-drift"] as const;

/** Of a cause, as the link takes it. */
const MOST_DETAIL = 200;

const SHARES = ["unsure", "old", "refused", "fallback"] as const;

/** What is remembered of one model, as plain values (R14). */
export interface WatchMemory {
  readonly model: string;
  readonly confidence: BinMemory;
  readonly shares: readonly ShareMemory[]; // in the order of the measures
  readonly drift: DriftMemory | null;
  readonly canaryFault: string;
}

class Watch {
  readonly model: WatchedModel;
  readonly confidence: BinWindow; // the tenth of each decision, and whether it was too unsure
  readonly unsure: ShareWindow;
  readonly old: ShareWindow;
  readonly refused: ShareWindow;
  readonly fallback: ShareWindow;
  readonly drift: Drift | null;
  canaryFault = "";
  #tenth = 0; // of the newest confidence
  #isUnsure = false;
  readonly #newest = (feature: number) => (feature === 0 ? this.#tenth : Number(this.#isUnsure));
  readonly #policy: HealthPolicy;
  readonly #well: ReadonlyMap<HealthCause, Signal>;

  constructor(model: WatchedModel, policy: HealthPolicy, controlMs: number) {
    this.model = model;
    this.#policy = policy;
    this.confidence = new BinWindow([TENTHS, 2], policy.decisions);
    this.unsure = new ShareWindow(policy.decisions);
    this.old = new ShareWindow(policy.decisions);
    this.refused = new ShareWindow(policy.decisions);
    this.fallback = new ShareWindow(Math.max(1, Math.round(policy.fallbackMs / controlMs)));
    this.drift = model.reference === null ? null : new Drift(model.reference, policy);
    const well = { subject: model.name, demand: "AUTONOMOUS", calm: true, detail: "" } as const;
    this.#well = new Map([...MEASURES, "canary-failed" as const].map((name) => [name, { ...well, name }]));
  }

  decided({ confidence, ageMs, isRefused, features, atMs }: ModelDecision): void {
    if (confidence !== null) this.#sure(confidence);
    this.old.add(!(ageMs <= this.#policy.inputAgeMs));
    this.refused.add(isRefused);
    if (features !== null) this.drift?.add(features, atMs);
  }

  #sure(confidence: number): void {
    this.#tenth = Math.min(TENTHS - 1, Math.max(0, Math.floor(confidence * TENTHS))) || 0;
    this.#isUnsure = !(confidence >= this.model.leastConfidence);
    this.confidence.add(this.#newest);
    this.unsure.add(this.#isUnsure);
  }

  get memory(): WatchMemory {
    const { confidence, drift, canaryFault } = this;
    const shares = SHARES.map((name) => this[name].memory);
    const model = this.model.name;
    return { model, confidence: confidence.memory, shares, drift: drift?.memory ?? null, canaryFault };
  }

  restore({ confidence, shares, drift, canaryFault }: WatchMemory): void {
    this.confidence.restore(confidence);
    for (const [at, memory] of shares.entries()) this[SHARES[at] ?? "old"].restore(memory);
    if (drift !== null) this.drift?.restore(drift);
    this.canaryFault = canaryFault;
  }

  signals(into: Signal[]): void {
    for (const name of MEASURES) into.push(this.#signal(name, this.#take(name)));
    into.push(this.#signal("canary-failed", this.canaryFault));
  }

  /** Why it is not well, canaries aside; empty when it is. What led to it is forgotten. */
  unwell(): string {
    const found = MEASURES.map((name) => ({ name, why: this.#take(name) })).filter(({ why }) => why !== "");
    return found.map(({ name, why }) => `${name}: ${why}`).join("; ");
  }

  #signal(name: HealthCause, why: string): Signal {
    const well = this.#well.get(name) as Signal;
    if (why === "") return well;
    return {
      ...well,
      demand: "REACTIVE_ONLY",
      calm: false,
      detail: `${this.model.name}: ${why}`.slice(0, MOST_DETAIL),
    };
  }

  /** Why a cause falls; empty when it does not. What led to it is forgotten. */
  #take(name: (typeof MEASURES)[number]): string {
    const { unsureShare, oldShare, refusedShare, fallbackShare } = this.#policy;
    switch (name) {
      case "model-unsure":
        return this.#takeShare(this.unsure, unsureShare, "of the newest decisions are less sure than it must be");
      case "model-inputs-old":
        return this.#takeShare(this.old, oldShare, "of the newest decisions rest on an old input");
      case "model-refused":
        return this.#takeShare(this.refused, refusedShare, "of the newest decisions were refused");
      case "model-fallback": {
        const share = this.fallback.shareOfAll;
        if (share <= fallbackShare) return "";
        this.fallback.clear();
        return `${percent(share)} of the newest time other rules drove, at most ${percent(fallbackShare)}`;
      }
      case "model-drift":
        return this.drift?.take() ?? "";
    }
  }

  #takeShare(window: ShareWindow, most: number, what: string): string {
    const { size, share } = window;
    if (size < this.#policy.leastDecisions || share <= most) return "";
    window.clear();
    return `${percent(share)} ${what}, at most ${percent(most)}`;
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

export class Health {
  /** The name of the model that values grids. */
  readonly planner: string;
  readonly #watches = new Map<string, Watch>();

  constructor(parts: {
    readonly policy: HealthPolicy;
    readonly controlMs: number;
    readonly models: readonly WatchedModel[]; // the planner first
  }) {
    this.planner = parts.models[0]?.name ?? "";
    for (const model of parts.models) {
      if (this.#watches.has(model.name)) throw new Error(`expected each model once, found "${model.name}" again`);
      this.#watches.set(model.name, new Watch(model, parts.policy, parts.controlMs));
    }
  }

  /** A model has answered. Throws for a model that is not watched. */
  decided(model: string, decision: ModelDecision): void {
    this.#watch(model).decided(decision);
  }

  /** A step of the control loop on AUTONOMOUS with somewhere to go; `fellBack`: other rules drove in its place. */
  drove(model: string, fellBack: boolean): void {
    this.#watch(model).fallback.add(fellBack);
  }

  /** A canary of a model has come back; `fault` is empty when it was well. */
  canary(model: string, fault: string): void {
    this.#watch(model).canaryFault = fault;
  }

  /** Everything that is watched, as signals; to be asked once at each step. */
  signals(into: Signal[]): void {
    for (const watch of this.#watches.values()) watch.signals(into);
  }

  /**
   * Why a model is not well; empty when it is. As with its signals, what led to it is forgotten: ask once at each step,
   * before them, for a model whose findings shall cost it its place and not the rung.
   */
  unwell(model: string): string {
    return this.#watch(model).unwell();
  }

  get memory(): readonly WatchMemory[] {
    return [...this.#watches.values()].map((watch) => watch.memory);
  }

  /** Takes over what a core with the same models remembered. Throws for a model that is not watched. */
  restore(memory: readonly WatchMemory[]): void {
    for (const watch of memory) this.#watch(watch.model).restore(watch);
  }

  figures(model: string): HealthFigures {
    const { confidence, unsure, old, refused, fallback, drift, canaryFault } = this.#watch(model);
    return {
      decisions: old.size,
      confidence: [...confidence.counts.subarray(0, TENTHS)],
      unsure: confidence.counts[TENTHS + 1] as number,
      unsureShare: unsure.share,
      oldShare: old.share,
      refusedShare: refused.share,
      fallbackShare: fallback.shareOfAll,
      driftIndex: drift?.index ?? 0,
      canaryFault,
    };
  }

  #watch(model: string): Watch {
    const watch = this.#watches.get(model);
    if (watch === undefined) throw new Error(`expected a watched model, found "${model}"`);
    return watch;
  }
}
