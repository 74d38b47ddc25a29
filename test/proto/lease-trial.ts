// One robot and one hub that use the lease rules over a bad network and bad clocks, and a judge who sees true time:
// at no instant may the hub be certain of a lapse while the robot acts, or while its base still follows its last
// command.
import {
  certainlyLapsed,
  hubLeaseEnd,
  hubWaitMs,
  type LeaseConstants,
  mayAct,
  NEVER,
  NO_LEASE,
  type RobotLease,
  renewalAnswered,
  renewalSent,
} from "../../proto/lease.js";
import { Agenda, arrivals, between, type Chance, Clock, chanceFrom, GAITS, networkFrom, pick } from "./true-time.js";

/** How the rules are broken on purpose; "none" is the product's own code. */
export type Breach = "none" | "no-robot-drift" | "no-motion" | "from-receipt" | "silence-proves" | "no-tick";

export interface Trial {
  readonly seed: number;
  readonly breach: Breach;
  readonly corner?: boolean; // slowest robot, fastest hub, instant network
  readonly tickMs?: number;
}

export interface Outcome {
  readonly overlapMs: number; // by how much motion outlasted the hub's certainty at the worst; at most 0 when sound
  readonly acts: number;
  readonly lapses: number;
}

type Event =
  | { readonly kind: "robot" }
  | { readonly kind: "hub" }
  | { readonly kind: "renewal"; readonly nonce: number }
  | { readonly kind: "answer"; readonly nonce: number };

const RUN_MS = 40_000;

export function constantsFrom(chance: Chance, tickMs: number): LeaseConstants {
  const rho = pick(chance, [0.0002, 0.01, 0.1, 0.3]);
  return {
    leaseMs: pick(chance, [200, 1000, 3000]),
    deadmanMs: pick(chance, [100, 300]),
    brakingMs: pick(chance, [50, 800]),
    rhoRobot: rho,
    rhoHub: pick(chance, [rho, 0.1]),
    tickMs,
    loopJitterMs: 50,
  };
}

function waitOf(constants: LeaseConstants, breach: Breach): number {
  switch (breach) {
    case "none":
    case "from-receipt":
      return hubWaitMs(constants);
    case "no-robot-drift":
      return hubWaitMs({ ...constants, rhoRobot: 0 });
    case "no-motion":
      return hubWaitMs({ ...constants, deadmanMs: 0, brakingMs: 0 });
    case "silence-proves":
      return constants.leaseMs;
    case "no-tick":
      return hubWaitMs(constants) - constants.tickMs - 1;
  }
}

/** Runs a trial; the same seed gives the same outcome. */
export function tryLease(trial: Trial): Outcome {
  const chance = chanceFrom(trial.seed);
  const run = new Run(trial, chance);
  return run.outcome();
}

class Run {
  readonly #trial: Trial;
  readonly #chance: Chance;
  readonly #constants: LeaseConstants;
  readonly #waitMs: number;
  readonly #robotClock: Clock;
  readonly #hubClock: Clock;
  readonly #agenda = new Agenda<Event>();
  readonly #network: ReturnType<typeof networkFrom>;
  readonly #heard = new Set<number>();
  readonly #cutAtMs: number;
  #lease: RobotLease = NO_LEASE;
  #nonce = 0;
  #renewedMs = NEVER;
  #hubEndMs = NEVER;
  #motionEndMs = NEVER; // true time at which the motion of the last command has ended at the latest
  #certainMs: number | null = null; // true time since when the hub has been certain of a lapse
  #overlapMs = NEVER;
  #acts = 0;
  #lapses = 0;

  constructor(trial: Trial, chance: Chance) {
    this.#trial = trial;
    this.#chance = chance;
    const tickMs = trial.tickMs ?? 1;
    const constants = constantsFrom(chance, tickMs);
    this.#constants = constants;
    this.#waitMs = waitOf(constants, trial.breach);
    const corner = trial.corner === true;
    const gait = (cornered: "slowest" | "fastest") => (corner ? cornered : pick(chance, GAITS));
    this.#robotClock = new Clock({ gait: gait("slowest"), rho: constants.rhoRobot, chance, tickMs });
    this.#hubClock = new Clock({ gait: gait("fastest"), rho: constants.rhoHub, chance, tickMs });
    const network = networkFrom(chance);
    this.#network = corner ? { lossRatio: 0.3, twiceRatio: 0, delayMs: () => 0 } : network;
    this.#cutAtMs = between(chance, 5000, RUN_MS); // from then on nothing arrives for a while
  }

  outcome(): Outcome {
    this.#agenda.plan(0, { kind: "robot" });
    this.#agenda.plan(0, { kind: "hub" });
    for (let event = this.#agenda.next(); event !== undefined; event = this.#agenda.next()) {
      if (event.trueMs > RUN_MS) break;
      this.#happen(event.what, event.trueMs);
    }
    return { overlapMs: this.#overlapMs, acts: this.#acts, lapses: this.#lapses };
  }

  #happen(event: Event, trueMs: number): void {
    switch (event.kind) {
      case "robot":
        this.#robot(trueMs);
        return;
      case "hub":
        this.#judge(trueMs);
        this.#agenda.plan(trueMs + between(this.#chance, 0.2, 9), { kind: "hub" });
        return;
      case "renewal":
        this.#renewal(event.nonce, trueMs);
        return;
      case "answer":
        this.#answer(event.nonce, trueMs);
        return;
    }
  }

  #robot(trueMs: number): void {
    const nowMs = this.#robotClock.read(trueMs);
    if (nowMs - this.#renewedMs >= this.#constants.leaseMs / 4) {
      this.#renewedMs = nowMs;
      this.#nonce += 1;
      const nonce = this.#nonce;
      this.#lease = renewalSent(this.#lease, { nonce, sentMs: nowMs });
      this.#send(trueMs, { kind: "renewal", nonce });
    }
    if (mayAct(this.#lease, nowMs)) {
      this.#acts += 1;
      this.#motionEndMs = trueMs + this.#constants.deadmanMs + this.#constants.brakingMs;
      if (this.#certainMs !== null) this.#overlapMs = Math.max(this.#overlapMs, this.#motionEndMs - this.#certainMs);
    }
    this.#agenda.plan(trueMs + between(this.#chance, 0.2, 9), { kind: "robot" });
  }

  #send(trueMs: number, event: Event): void {
    const isCut = trueMs > this.#cutAtMs && trueMs < this.#cutAtMs + 10_000;
    if (isCut) return;
    for (const atMs of arrivals(this.#network, this.#chance, trueMs)) this.#agenda.plan(atMs, event);
  }

  /** The hub answers each renewal as often as it comes: doubling and old renewals must do no harm either. */
  #renewal(nonce: number, trueMs: number): void {
    this.#judge(trueMs);
    const receivedMs = this.#hubClock.read(trueMs);
    this.#hubEndMs = hubLeaseEnd(this.#hubEndMs, { receivedMs, waitMs: this.#waitMs });
    if (!certainlyLapsed(this.#hubEndMs, receivedMs)) this.#certainMs = null;
    this.#send(trueMs + between(this.#chance, 0, 50), { kind: "answer", nonce });
  }

  #answer(nonce: number, trueMs: number): void {
    const { leaseMs } = this.#constants;
    if (this.#trial.breach === "from-receipt" && !this.#heard.has(nonce)) {
      const nowMs = this.#robotClock.read(trueMs);
      this.#lease = { ...this.#lease, endMs: Math.max(this.#lease.endMs, nowMs + leaseMs) };
      this.#heard.add(nonce);
      return;
    }
    this.#lease = renewalAnswered(this.#lease, { nonce, leaseMs, leaseMostMs: leaseMs });
  }

  /** Asks the hub whether it is certain, and holds it to that against what the base may still be doing. */
  #judge(trueMs: number): void {
    const nowMs = this.#hubClock.read(trueMs);
    if (this.#hubEndMs === NEVER || !certainlyLapsed(this.#hubEndMs, nowMs) || this.#certainMs !== null) return;
    this.#certainMs = trueMs;
    this.#lapses += 1;
    this.#overlapMs = Math.max(this.#overlapMs, this.#motionEndMs - trueMs);
  }
}
