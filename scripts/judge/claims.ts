// R1, R5, R10 replayed from the ledger's events alone: who holds what and since when, whether two robots ever held
// places that conflict, whether a place was given away on which another body truly stood, whether tokens grow, whether
// a task ended twice. The relation of conflicts is computed here again from the footprints.

import type { Findings } from "./findings.js";
import type { PoseHistory } from "./history.js";
import type { LedgerLine, SiteLine, TraceToken } from "./trace.js";

/** R1: standing on a place for longer than this is holding it. */
const HOLDS_AFTER_MS = 2000;
/** Footprints and bodies that overlap by less than this only touch. */
const TOUCH_M = 0.01;
const SAME_POINT_M = 1e-6;
/**
 * A hub's own stamp is the instant of an event when it is on this clock: not later than its line and not much earlier.
 */
const STAMP_BACK_MS = 60_000;

interface Claim {
  readonly robot: string;
  readonly destination: string;
}
type Body = LedgerLine["event"]["body"];

export class Claims {
  readonly #site: SiteLine;
  readonly #histories: ReadonlyMap<string, PoseHistory>;
  readonly #findings: Findings;
  readonly #near: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #held = new Map<string, Claim>();
  readonly #ended = new Set<string>();
  #lastToken: TraceToken = { epoch: 0, counter: 0 };
  #lastEpoch = 0;
  #lastSequence: number | null = null;
  #events = 0;

  constructor(
    site: SiteLine,
    seen: { readonly histories: ReadonlyMap<string, PoseHistory>; readonly findings: Findings },
  ) {
    this.#site = site;
    this.#histories = seen.histories;
    this.#findings = seen.findings;
    this.#near = conflictsOf(site);
  }

  /** Events replayed; one that was told again counts once. */
  get events(): number {
    return this.#events;
  }

  ledger(line: LedgerLine): void {
    const { sequence, body } = line.event;
    const last = this.#lastSequence;
    if (last !== null && sequence <= last) return; // told again after a reconnection
    if (last !== null && sequence !== last + 1) {
      this.#findings.add({
        zero: "tokens",
        t: line.t,
        says: `ledger event ${sequence} follows ${last}: events are missing`,
      });
    }
    this.#lastSequence = sequence;
    this.#events += 1;
    if (body.kind === "hubStarted") this.#hubStarted(line, body);
    else if (body.kind === "claimed") this.#claimed(line, body);
    else if (body.kind === "claimFreed") this.#held.delete(keyOf(body.token));
    else if (body.kind === "taskEnded") this.#taskEnded(line, String(body.task));
  }

  #hubStarted(line: LedgerLine, body: Body): void {
    const epoch = body.epoch ?? 0;
    if (epoch <= this.#lastEpoch) {
      const says = `the hub started epoch ${epoch} after epoch ${this.#lastEpoch}`;
      this.#findings.add({ zero: "tokens", t: line.t, says });
    }
    this.#lastEpoch = Math.max(epoch, this.#lastEpoch);
  }

  #claimed(line: LedgerLine, body: Body): void {
    const { token, robot = "", destination = "" } = body;
    this.#tokenGrows(line, token);
    const near = this.#near.get(destination);
    for (const [key, claim] of this.#held) {
      const conflicts = claim.destination === destination || near?.has(claim.destination) === true;
      if (claim.robot === robot || !conflicts) continue;
      const says = `${robot} was given ${destination} while ${claim.robot} held ${claim.destination} by token ${key}`;
      this.#findings.add({ zero: "conflicts", t: line.t, says });
    }
    this.#held.set(keyOf(token), { robot, destination });
    this.#nobodyStands(line, { robot, destination });
  }

  #tokenGrows(line: LedgerLine, token: TraceToken | undefined): void {
    const last = this.#lastToken;
    const next = token ?? { epoch: 0, counter: 0 };
    const grows = next.epoch > last.epoch || (next.epoch === last.epoch && next.counter > last.counter);
    if (grows) this.#lastToken = next;
    else this.#findings.add({ zero: "tokens", t: line.t, says: `token ${keyOf(next)} was given after ${keyOf(last)}` });
  }

  #nobodyStands(line: LedgerLine, claim: Claim): void {
    const place = this.#site.destinations.find((destination) => destination.id === claim.destination);
    if (place === undefined) {
      const says = `${claim.robot} was given ${claim.destination}, which the site does not have`;
      this.#findings.add({ zero: "conflicts", t: line.t, says });
      return;
    }
    const atMs = instantOf(line);
    for (const { id, radiusM } of this.#site.robots) {
      if (id === claim.robot) continue;
      const reach = { x: place.xM, y: place.yM, radiusM: place.footprintRadiusM + radiusM - TOUCH_M };
      if (this.#histories.get(id)?.stoodWithin(reach, { atMs, forMs: HOLDS_AFTER_MS }) !== true) continue;
      const says = `${claim.robot} was given ${claim.destination}, on which ${id} had been standing for more than 2 s`;
      this.#findings.add({ zero: "conflicts", t: line.t, says });
    }
  }

  #taskEnded(line: LedgerLine, task: string): void {
    if (this.#ended.has(task)) this.#findings.add({ zero: "taskEnds", t: line.t, says: `task ${task} ended twice` });
    this.#ended.add(task);
  }
}

/** Symmetric: what the site lists, and every pair of footprints that overlap. */
function conflictsOf(site: SiteLine): Map<string, Set<string>> {
  const near = new Map(site.destinations.map((destination) => [destination.id, new Set<string>()]));
  const pair = (a: string, b: string): void => {
    near.get(a)?.add(b);
    near.get(b)?.add(a);
  };
  for (const [a, b] of site.conflicts) pair(a, b);
  site.destinations.forEach((a, index) => {
    for (const b of site.destinations.slice(index + 1)) {
      const reachM = a.footprintRadiusM + b.footprintRadiusM - SAME_POINT_M;
      if (Math.hypot(a.xM - b.xM, a.yM - b.yM) < reachM) pair(a.id, b.id);
    }
  });
  return near;
}

function instantOf(line: LedgerLine): number {
  const stampMs = line.event.hubMs;
  return stampMs !== undefined && stampMs <= line.t && stampMs >= line.t - STAMP_BACK_MS ? stampMs : line.t;
}

function keyOf(token: TraceToken | undefined): string {
  return token === undefined ? "none" : `${token.epoch}.${token.counter}`;
}
