// One robot and one hub that tag and judge telemetry over a bad network and bad clocks; the judge knows when each
// sample was really captured. The age bound may be as loose as it likes and may never be lower than the truth.
import { ageBoundMs, capturedAtLeastMs, type EchoedSample } from "../../proto/freshness.js";
import { Agenda, arrivals, between, type Chance, Clock, chanceFrom, GAITS, networkFrom, pick } from "./true-time.js";

export type Formula = (sample: EchoedSample) => number;

export interface Outcome {
  readonly shortMs: number; // by how much a bound fell short of the true age at the worst; at most 0 when sound
  readonly lateMs: number; // by how much the earliest time of capture came after the capture; at most 0 when sound
  readonly judged: number;
  readonly before: number; // samples captured before the nonce that they echo
}

interface Sample {
  readonly trueMs: number;
  readonly capturedMs: number;
  readonly hubMs: number; // what the hub's clock showed when it was captured
}

interface Tagged extends Sample {
  readonly nonce: number;
  readonly elapsedMs: number;
}

type Event =
  | { readonly kind: "ask" }
  | { readonly kind: "nonce"; readonly nonce: number }
  | { readonly kind: "capture" }
  | { readonly kind: "publish"; readonly sample: Sample }
  | { readonly kind: "sample"; readonly sample: Tagged }
  | { readonly kind: "judge" };

/** Long enough for some hundred samples. */
const RUN_PERIODS = 300;
const LEAST_RUN_MS = 3000;
const RHOS = [0.0002, 0.1, 0.3] as const;

/** Runs a trial; the same seed gives the same outcome. */
export function tryFreshness(seed: number, formula: Formula = ageBoundMs): Outcome {
  return new Run(chanceFrom(seed), formula).outcome();
}

class Run {
  readonly #chance: Chance;
  readonly #formula: Formula;
  readonly #rhoRobot: number;
  readonly #rhoHub: number;
  readonly #robotClock: Clock;
  readonly #hubClock: Clock;
  readonly #down: ReturnType<typeof networkFrom>;
  readonly #up: ReturnType<typeof networkFrom>;
  readonly #sentMs = new Map<number, number>(); // hub's clock
  readonly #agenda = new Agenda<Event>();
  readonly #periodMs: number;
  #echo: { readonly nonce: number; readonly receivedMs: number } | null = null;
  #newest: Tagged | null = null;
  #shortMs = Number.NEGATIVE_INFINITY;
  #lateMs = Number.NEGATIVE_INFINITY;
  #judged = 0;
  #before = 0;

  constructor(chance: Chance, formula: Formula) {
    this.#chance = chance;
    this.#formula = formula;
    this.#rhoRobot = pick(chance, RHOS);
    this.#rhoHub = pick(chance, RHOS);
    this.#robotClock = new Clock({ gait: pick(chance, GAITS), rho: this.#rhoRobot, chance });
    this.#hubClock = new Clock({ gait: pick(chance, GAITS), rho: this.#rhoHub, chance });
    this.#down = networkFrom(chance);
    this.#up = networkFrom(chance);
    this.#periodMs = pick(chance, [5, 20, 100]);
  }

  outcome(): Outcome {
    const runMs = Math.max(LEAST_RUN_MS, RUN_PERIODS * this.#periodMs);
    for (const kind of ["ask", "capture", "judge"] as const) this.#agenda.plan(0, { kind });
    for (let event = this.#agenda.next(); event !== undefined; event = this.#agenda.next()) {
      if (event.trueMs > runMs) break;
      this.#happen(event.what, event.trueMs);
    }
    return { shortMs: this.#shortMs, lateMs: this.#lateMs, judged: this.#judged, before: this.#before };
  }

  #happen(event: Event, trueMs: number): void {
    const chance = this.#chance;
    switch (event.kind) {
      case "ask": {
        const nonce = this.#sentMs.size + 1;
        this.#sentMs.set(nonce, this.#hubClock.read(trueMs));
        for (const atMs of arrivals(this.#down, chance, trueMs)) this.#agenda.plan(atMs, { kind: "nonce", nonce });
        this.#again(trueMs, event);
        return;
      }
      case "nonce": // the last one received counts, although an older one may overtake it
        this.#echo = { nonce: event.nonce, receivedMs: this.#robotClock.read(trueMs) };
        return;
      case "capture": {
        const sample = { trueMs, capturedMs: this.#robotClock.read(trueMs), hubMs: this.#hubClock.read(trueMs) };
        this.#agenda.plan(trueMs + (chance() < 0.5 ? 0 : between(chance, 0, 900)), { kind: "publish", sample });
        this.#again(trueMs, event);
        return;
      }
      case "publish":
        this.#publish(event.sample, trueMs);
        return;
      case "sample":
        this.#newest = event.sample;
        this.#judge(trueMs);
        return;
      case "judge":
        this.#judge(trueMs);
        this.#again(trueMs, event);
        return;
    }
  }

  #again(trueMs: number, event: Event): void {
    this.#agenda.plan(trueMs + between(this.#chance, 0.1, 2 * this.#periodMs), event);
  }

  #publish(sample: Sample, trueMs: number): void {
    if (this.#echo === null) return;
    const elapsedMs = sample.capturedMs - this.#echo.receivedMs;
    if (elapsedMs < 0) this.#before += 1;
    const tagged = { ...sample, nonce: this.#echo.nonce, elapsedMs };
    for (const atMs of arrivals(this.#up, this.#chance, trueMs))
      this.#agenda.plan(atMs, { kind: "sample", sample: tagged });
  }

  #judge(trueMs: number): void {
    const sample = this.#newest;
    if (sample === null) return;
    const echoed = {
      nonceSentMs: this.#sentMs.get(sample.nonce) ?? Number.NaN,
      elapsedMs: sample.elapsedMs,
      rhoHub: this.#rhoHub,
      rhoRobot: this.#rhoRobot,
    };
    const boundMs = this.#formula({ ...echoed, nowMs: this.#hubClock.read(trueMs) });
    this.#lateMs = Math.max(this.#lateMs, capturedAtLeastMs(echoed) - sample.hubMs);
    this.#judged += 1;
    this.#shortMs = Math.max(this.#shortMs, trueMs - sample.trueMs - boundMs);
  }
}
