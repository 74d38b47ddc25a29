// R1, R3, R4, R5 on the ledger's side, judged against where the bodies truly are: tokens and epochs grow, no place is
// given that another robot holds, stands on or overlaps, a place becomes free by a named exit that is true.

import type { HubInput } from "../../../hub/core/hub.js";
import { ceilingKey, HUB } from "../../../hub/core/ledger-state.js";
import { compareTokens, NO_TOKEN, type Token, tokenKey } from "../../../proto/claim.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import type { HubProcess } from "../hub-process.js";
import { SECOND } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";
import type { Rights } from "./rights.js";

interface Held {
  readonly robot: string;
  readonly destination: string;
  readonly token: string;
}

/** Key of the ceiling that a hub imposes when it begins above what it does not know. */
const ABOVE = ceilingKey({ robot: "", fleet: "", operator: HUB });

/** What a line of hubs that share a ledger has given. */
class Line {
  readonly held = new Map<string, Held>();
  epoch = 0;
  counter = 0;
  given: Token = NO_TOKEN; // the highest
  aboveEpoch = 0; // in which it began above what others may have given
  longestLeaseMs = 0; // that was ever given

  constructor(events: readonly LedgerEvent[]) {
    for (const event of events) this.take(event);
  }

  take({ body }: LedgerEvent): void {
    if (body.kind === "hubStarted") {
      this.epoch = body.epoch;
      this.counter = 0;
    } else if (body.kind === "claimed") {
      this.counter = body.token.counter;
      this.given = body.token;
      this.longestLeaseMs = Math.max(this.longestLeaseMs, body.leaseMs);
      this.held.set(tokenKey(body.token), {
        robot: body.robot,
        destination: body.destination,
        token: tokenKey(body.token),
      });
    } else if (body.kind === "ceilingSet" && ceilingKey(body) === ABOVE) this.aboveEpoch = this.epoch;
    else if (body.kind === "claimFreed") this.held.delete(tokenKey(body.token));
  }
}

const STANDING_US = 2 * SECOND;
const LAG_US = 1 * SECOND;

export class Places {
  readonly #truth: Truth;
  readonly #rights: Rights;
  readonly #lines = new Map<HubProcess, Line>();

  constructor(truth: Truth, rights: Rights) {
    this.#truth = truth;
    this.#rights = rights;
  }

  /** A step has decided these events. They are judged before anything of them is durable. */
  decided(hub: HubProcess, events: readonly LedgerEvent[]): void {
    const line = this.#lines.get(hub) ?? new Line(hub.disk.events);
    this.#lines.set(hub, line);
    for (const event of events) {
      this.#judge(hub, line, event);
      line.take(event);
    }
  }

  /** R5: what a robot has seen, this ledger gave, or the hub has begun above it. */
  heard(hub: HubProcess, input: HubInput | null): void {
    if (input?.kind !== "link" || input.message.kind !== "hello") return;
    const line = this.#lines.get(hub);
    const { robot, highestToken } = input.message;
    if (line === undefined || hub.hub.state.watches.get(robot)?.stream !== input.stream) return;
    if (compareTokens(highestToken, line.given) <= 0 || highestToken.epoch < line.aboveEpoch) return;
    const says = `${robot} has seen ${tokenKey(highestToken)}, and the ledger gave up to ${tokenKey(line.given)}`;
    throw new Violation("rollback-unnoticed", says);
  }

  forget(hub: HubProcess): void {
    this.#lines.delete(hub);
  }

  #judge(hub: HubProcess, line: Line, event: LedgerEvent): void {
    const { body } = event;
    switch (body.kind) {
      case "hubStarted":
        if (body.epoch <= line.epoch)
          throw new Violation("epoch", `the hub starts epoch ${body.epoch} after ${line.epoch}`);
        return this.#waits(hub, line, event.hubMs);
      case "claimed":
        return this.#claimed(hub, line, body);
      case "claimLapsed": {
        const held = line.held.get(tokenKey(body.token));
        if (held !== undefined) this.#rights.lapsed(held.robot, hub.name);
        return;
      }
      case "claimFreed":
        return this.#freed(hub, line, body);
      default: // events about no place
        return;
    }
  }

  /** R5: a start waits for the longest lease that was ever given, counted on by this hub's clock. */
  #waits(hub: HubProcess, line: Line, nowMs: number): void {
    if (line.longestLeaseMs === 0) return;
    const { rhoHub, rhoRobot, deadmanMs, brakingMs } = this.#truth.sim.site.config.lease;
    const waitMs = (1 + rhoHub) * (line.longestLeaseMs / (1 - rhoRobot) + deadmanMs + brakingMs);
    const waitsMs = hub.hub.state.restartUntilMs - nowMs;
    if (waitsMs >= waitMs) return;
    const says = `the hub starts and waits ${waitsMs} ms, where leases of ${line.longestLeaseMs} ms were given`;
    throw new Violation("restart-wait", says);
  }

  #claimed(
    hub: HubProcess,
    line: Line,
    body: { readonly token: Token; readonly robot: string; readonly destination: string },
  ): void {
    const { robot, destination, token } = body;
    const key = tokenKey(token);
    if (token.epoch !== line.epoch || token.counter <= line.counter)
      throw new Violation("token-order", `token ${key} is given after ${line.epoch}.${line.counter}`);
    for (const held of line.held.values()) {
      if (held.robot === robot || !this.#truth.areInConflict(destination, held.destination)) continue;
      throw new Violation("two-hold", `${robot} is given ${destination} while ${held.robot} holds ${held.destination}`);
    }
    for (const other of this.#truth.bodies.keys()) {
      if (other === robot) continue;
      if (this.#truth.isOn(other, destination))
        throw new Violation("given-occupied", `${robot} is given ${destination}, on which ${other} truly is`);
      const stood = this.#standsNear(hub, other, destination);
      if (stood === "") continue;
      throw new Violation("given-beside", `${robot} is given ${destination} while ${other} has long stood on ${stood}`);
    }
  }

  /** R1: a place in conflict on which the robot has stood for longer than telemetry can have kept from the hub. */
  #standsNear(hub: HubProcess, robot: string, destination: string): string {
    const body = this.#truth.body(robot);
    const channel = hub.hub.state.watches.get(robot)?.channels.get("pose");
    const heardUs = channel === undefined ? undefined : this.#truth.publishedUs("pose", channel);
    // One that is not heard may have stood there ever since, and counts as if it did.
    const ageUs = heardUs === undefined ? 0 : Math.min(STANDING_US, this.#truth.nowUs - heardUs);
    if (!body.atRest || this.#truth.nowUs - body.stillSinceUs < STANDING_US + LAG_US + ageUs) return "";
    for (const near of this.#truth.sim.site.conflicts.get(destination) ?? []) {
      const place = this.#truth.sim.site.destinations.get(near);
      if (place !== undefined && this.#truth.distanceM(robot, near) < place.footprintRadiusM - 0.1) return near;
    }
    return "";
  }

  #freed(hub: HubProcess, line: Line, body: { readonly token: Token; readonly exit: string }): void {
    const held = line.held.get(tokenKey(body.token));
    if (held === undefined) throw new Violation("freed-unheld", `${tokenKey(body.token)} is freed, and nobody held it`);
    const boot = hub.hub.state.watches.get(held.robot)?.boot ?? "";
    if (body.exit !== "REPLACED") this.#rights.over(held, { hub: hub.name, boot });
    if (body.exit !== "LEFT" && body.exit !== "SEEN_ELSEWHERE") return;
    if (this.#truth.isOn(held.robot, held.destination))
      throw new Violation(
        "freed-occupied",
        `${held.destination} is freed (${body.exit}), and ${held.robot} truly is on it`,
      );
  }
}
