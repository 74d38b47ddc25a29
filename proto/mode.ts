// R7 and R8: one ladder from cause to permitted motion, computed by the same code on both sides. A cause imposes its
// rung at once and gives it back by its own clear rule; the effective rung is the worst of all. Each cause climbs
// alone, so a cause that clears never lifts what another one imposes.

export const RUNGS = ["AUTONOMOUS", "REACTIVE_ONLY", "CONFIRM", "HALT"] as const;
export type Rung = (typeof RUNGS)[number];

const SEVERITY: Readonly<Record<Rung, number>> = { AUTONOMOUS: 0, REACTIVE_ONLY: 1, CONFIRM: 2, HALT: 3 };

/** 0 for AUTONOMOUS up to 3 for HALT. */
export function severity(rung: Rung): number {
  return SEVERITY[rung];
}

export function worseRung(a: Rung, b: Rung): Rung {
  return severity(a) >= severity(b) ? a : b;
}

/** R8: what each rung permits. One row per rung, one column per permission. */
export const PERMITS = {
  AUTONOMOUS: { newGrants: true, renewals: true, models: true, motion: "planned" },
  REACTIVE_ONLY: { newGrants: false, renewals: true, models: false, motion: "reactive" },
  CONFIRM: { newGrants: false, renewals: false, models: false, motion: "none" },
  HALT: { newGrants: false, renewals: false, models: false, motion: "none" },
} as const satisfies Record<Rung, { newGrants: boolean; renewals: boolean; models: boolean; motion: string }>;

/**
 * How a cause lets go. `calm`: as soon as its evidence is good. `dwell`: one rung at a time, each after the evidence
 * has been good for the dwell, which doubles with each repeated fall. `person`: latched until a person clears it and
 * its evidence is good.
 */
export type ClearRule = "calm" | "dwell" | "person";

/** The closed table of causes. `by`: who finds it. */
export const CAUSES = {
  boot: { by: "edge", clear: "calm", says: "the edge has started and waits for fresh evidence" },
  "boot-confirm": { by: "edge", clear: "person", says: "the edge has started and its fleet wants a person to confirm" },
  "sensor-stale": { by: "edge", clear: "dwell", says: "an on-board channel is older than the policy of the decision" },
  "sensor-frozen": { by: "edge", clear: "dwell", says: "an on-board channel repeats itself as no live sensor does" },
  "pose-doubt": { by: "edge", clear: "dwell", says: "the error of the pose is larger than allowed" },
  "pose-jump": { by: "edge", clear: "person", says: "the pose jumped, and people must say which one is true" },
  "planner-fault": { by: "edge", clear: "dwell", says: "the planner is late, gone, or proposes what cannot be" },
  "controller-fault": { by: "edge", clear: "dwell", says: "the model that drives is late, gone, or refused" },
  "model-unsure": { by: "edge", clear: "dwell", says: "too many decisions of a model are less sure than it must be" },
  "model-inputs-old": { by: "edge", clear: "dwell", says: "too many decisions of a model rest on an old input" },
  "model-refused": { by: "edge", clear: "dwell", says: "too many decisions of a model were refused" },
  "model-fallback": { by: "edge", clear: "dwell", says: "other rules drove in place of a model for too long" },
  "model-drift": { by: "edge", clear: "dwell", says: "inputs of a model are spread otherwise than where it was made" },
  "canary-failed": { by: "edge", clear: "dwell", says: "a golden vector of a model gave another answer, or none" },
  "lease-lapsed": { by: "edge", clear: "calm", says: "no lease from the hub" },
  "clock-fault": { by: "edge", clear: "dwell", says: "the board was suspended, or its clock went backwards" },
  "store-fault": { by: "edge", clear: "person", says: "the edge cannot store what it must not forget" },
  "emergency-stop": { by: "edge", clear: "person", says: "the base reports its emergency stop" },
  bumper: { by: "edge", clear: "person", says: "the base reports a contact" },
  manual: { by: "edge", clear: "person", says: "a person drives the base by hand" },
  "telemetry-stale": { by: "hub", clear: "dwell", says: "the robot's telemetry is older than its freshness contract" },
  "fleet-stale": { by: "hub", clear: "dwell", says: "too large a share of the fleet is stale at once" },
  "place-unknown": { by: "hub", clear: "calm", says: "the hub does not know yet where the robot stands" },
  "config-differs": { by: "hub", clear: "calm", says: "the robot runs on another site file than the hub" },
  "identity-clash": { by: "hub", clear: "person", says: "two processes speak under the robot's name" },
  "raise-held": { by: "hub", clear: "person", says: "the site's boundary asks a person before it may climb" },
  operator: {
    by: "hub",
    clear: "person",
    says: "an operator's ceiling, or the hub's own when its store was rolled back",
  },
} as const satisfies Record<string, { by: "edge" | "hub"; clear: ClearRule; says: string }>;

export type CauseName = keyof typeof CAUSES;

/** What was seen of a cause at one instant. Every cause that a side watches is signalled at each step. */
export interface Signal {
  readonly name: CauseName;
  readonly subject: string; // what it is about, e.g. a channel; empty when there is only one
  readonly demand: Rung; // AUTONOMOUS: nothing is wrong
  readonly calm: boolean; // the evidence is good enough to climb on
  readonly detail: string;
}

/** A cause's hold on the ladder. */
export interface Hold {
  readonly name: CauseName;
  readonly subject: string;
  readonly rung: Rung; // imposed now
  readonly demand: Rung; // at the last signal
  readonly calm: boolean; // at the last signal
  readonly calmSinceMs: number | null;
  readonly falls: number; // repeated falls remembered, this one counted
  readonly fellMs: number;
  readonly detail: string;
}

export type Ladder = ReadonlyMap<string, Hold>;
export const NO_HOLDS: Ladder = new Map();

export interface LadderPolicy {
  readonly dwellMs: number; // per rung
  readonly maxDoublings: number;
  readonly fallMemoryMs: number; // a fall later than this after the one before counts as the first
}

/**
 * Applies what was seen at `nowMs`. Holds that get no signal stay, and begin their dwell anew (unknown means no). The
 * same ladder comes back when nothing of it has changed, which is what nearly every step finds.
 */
export function stepLadder(
  ladder: Ladder,
  step: { readonly signals: readonly Signal[]; readonly nowMs: number; readonly policy: LadderPolicy },
): Ladder {
  const next = new Draft(ladder);
  for (const hold of ladder.values())
    if (hold.calmSinceMs !== null && !step.signals.some((signal) => isAbout(signal, hold)))
      next.set({ ...hold, calmSinceMs: null });
  for (const signal of step.signals) {
    const hold = next.holdOf(signal);
    if (hold === undefined && signal.demand === "AUTONOMOUS") continue;
    const stepped = stepHold(hold, signal, step);
    if (stepped !== hold) next.set(stepped);
  }
  for (const hold of next.ladder.values())
    if (hold.rung === "AUTONOMOUS" && step.nowMs - hold.fellMs > step.policy.fallMemoryMs) next.forget(hold);
  return next.ladder;
}

/** A ladder that is copied at its first change. */
class Draft {
  ladder: Ladder;
  #copy: Map<string, Hold> | null = null;

  constructor(ladder: Ladder) {
    this.ladder = ladder;
  }

  /** Looks through the few holds: cheaper than to make their key of name and subject. */
  holdOf(signal: Signal): Hold | undefined {
    for (const hold of this.ladder.values()) if (isAbout(signal, hold)) return hold;
    return undefined;
  }

  /** Each hold is made here, by one literal: what looks through ladders at every step then sees one shape. */
  set(hold: Hold): void {
    const { name, subject, rung, demand, calm, calmSinceMs, falls, fellMs, detail } = hold;
    this.#changing().set(holdKey(hold), {
      name,
      subject,
      rung,
      demand,
      calm,
      calmSinceMs,
      falls,
      fellMs,
      detail,
    });
  }

  forget(hold: Hold): void {
    this.#changing().delete(holdKey(hold));
  }

  #changing(): Map<string, Hold> {
    if (this.#copy === null) {
      this.#copy = new Map(this.ladder);
      this.ladder = this.#copy;
    }
    return this.#copy;
  }
}

function isAbout(signal: Signal, hold: Hold): boolean {
  return signal.name === hold.name && signal.subject === hold.subject;
}

/** R7: a person lets go of the latched causes of these names; each clears only when its evidence is good. */
export function clearLatches(ladder: Ladder, names: readonly CauseName[]): Ladder {
  const next = new Map(ladder);
  for (const [key, hold] of ladder) {
    const latched = CAUSES[hold.name].clear === "person" && names.includes(hold.name);
    if (latched && hold.demand === "AUTONOMOUS" && hold.calm) next.delete(key);
  }
  return next;
}

/** The effective rung: the worst of all holds. */
export function effectiveRung(ladder: Ladder): Rung {
  let worst: Rung = "AUTONOMOUS";
  for (const hold of ladder.values()) worst = worseRung(worst, hold.rung);
  return worst;
}

/** A cause as it is told to people and to the other side. */
export interface Cause {
  readonly name: string;
  readonly rung: Rung;
  readonly detail: string;
}

/** The causes that impose something, worst first. */
export function causesOf(ladder: Ladder): readonly Cause[] {
  return [...ladder.values()]
    .filter((hold) => hold.rung !== "AUTONOMOUS")
    .sort((a, b) => severity(b.rung) - severity(a.rung))
    .map((hold) => ({ name: hold.name, rung: hold.rung, detail: hold.detail }));
}

function holdKey(of: { readonly name: CauseName; readonly subject: string }): string {
  return of.subject === "" ? of.name : `${of.name}/${of.subject}`;
}

function stepHold(
  hold: Hold | undefined,
  signal: Signal,
  step: { readonly nowMs: number; readonly policy: LadderPolicy },
): Hold {
  const before: Hold = hold ?? { ...FIRST, name: signal.name, subject: signal.subject };
  const detail = signal.demand === "AUTONOMOUS" ? before.detail : signal.detail;
  if (isSteady(before, signal) && detail === before.detail) return before;
  const seen = { ...before, demand: signal.demand, calm: signal.calm, detail };
  if (severity(signal.demand) > severity(before.rung)) return fall(seen, step);
  if (signal.demand === before.rung || !signal.calm) return { ...seen, calmSinceMs: null };
  return climb(seen, step);
}

/** Imposes what is demanded, as before: it neither falls nor climbs. */
function isSteady(hold: Hold, signal: Signal): boolean {
  const { demand, calm } = signal;
  return hold.rung === demand && hold.demand === demand && hold.calm === calm && hold.calmSinceMs === null;
}

const FIRST = {
  name: "boot",
  subject: "",
  rung: "AUTONOMOUS",
  demand: "AUTONOMOUS",
  calm: false,
  calmSinceMs: null,
  falls: 0,
  fellMs: 0,
  detail: "",
} as const;

/** Down at once, to the demanded rung. Boot is no fall; a further step down of one fall is not another. */
function fall(hold: Hold, step: { readonly nowMs: number; readonly policy: LadderPolicy }): Hold {
  const imposed = { ...hold, rung: hold.demand, calmSinceMs: null };
  if (hold.rung !== "AUTONOMOUS") return imposed;
  const recent = hold.falls > 0 && step.nowMs - hold.fellMs <= step.policy.fallMemoryMs;
  return { ...imposed, falls: recent ? hold.falls + 1 : 1, fellMs: step.nowMs };
}

function climb(hold: Hold, step: { readonly nowMs: number; readonly policy: LadderPolicy }): Hold {
  switch (CAUSES[hold.name].clear) {
    case "person":
      return { ...hold, calmSinceMs: null };
    case "calm":
      return { ...hold, rung: hold.demand, calmSinceMs: null };
    case "dwell": {
      const calmSinceMs = hold.calmSinceMs ?? step.nowMs;
      if (step.nowMs - calmSinceMs < dwellMs(hold, step.policy)) return { ...hold, calmSinceMs };
      const up = RUNGS[severity(hold.rung) - 1] ?? "AUTONOMOUS";
      return { ...hold, rung: worseRung(up, hold.demand), calmSinceMs: step.nowMs };
    }
  }
}

/** Dwell per rung: doubled with each repeated fall of the same cause, up to maxDoublings times. */
export function dwellMs(hold: Hold, policy: LadderPolicy): number {
  let ms = policy.dwellMs;
  const doublings = Math.min(Math.max(0, hold.falls - 1), policy.maxDoublings);
  for (let doubling = 0; doubling < doublings; doubling += 1) ms *= 2;
  return ms;
}
