// R6, R7, R8 judged by their effects: motion only on a rung that permits it and on sensors that are truly fresh, models
// only in AUTONOMOUS, grants only to robots that were truly heard lately, a fall as soon as telemetry is truly too old,
// and no climb before the dwell is over.

import { ageMs } from "../../../edge/core/channels.js";
import { BASE_LIMIT_MS } from "../../../edge/core/modes.js";
import type { EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import { scopeKey } from "../../../hub/core/ledger-state.js";
import { effectiveOf, hubCauses } from "../../../hub/core/modes.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import { type Rung, severity } from "../../../proto/mode.js";
import type { OnboardSample } from "../../../proto/wire.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { MS } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Measured, Truth } from "../truth.js";
import type { Ages } from "./ages.js";
import { Approvals } from "./approvals.js";
import type { Orders } from "./orders.js";
import { imposedBy, worstRung } from "./rungs.js";

/** A robot's falls by age as the checker counts them. */
interface Falls {
  lastOldMs: number; // hub's clock: when its telemetry was last truly older than half its limit
  fellMs: number;
  count: number;
  isOver: boolean; // it has climbed since; a fall behind another cause is not told, and counts as the first
}

/** When, after how much motion and how far along a process found a channel frozen, or began. */
interface Noticed {
  readonly atUs: number;
  readonly movingUs: number;
  readonly travelledM: number;
}

/** R6: a channel that is frozen and arrives is found within this. */
const FROZEN_SEEN_MS = 2000;
const FROZEN_SEEN_M = 1;
const NEEDED = ["pose", "scan", "odometry", "base"] as const;
/** So many stale robots are no accident of each. */
const ALONE = 2;
/** One tick of the hub. */
const TICK_MS = 60;

export class Modes {
  readonly #truth: Truth;
  readonly #ages: Ages;
  readonly #orders: Orders;
  readonly #booted = new WeakSet<EdgeProcess>();
  readonly #noticed = new WeakMap<EdgeProcess, Map<string, Noticed>>(); // frozen channels found, by their names
  readonly #falls = new Map<HubProcess, Map<string, Falls>>();
  readonly #approvals = new Approvals();

  constructor(truth: Truth, ages: Ages, orders: Orders) {
    this.#truth = truth;
    this.#ages = ages;
    this.#orders = orders;
  }

  stepped(edge: EdgeProcess, input: EdgeInput, effects: readonly EdgeEffect[]): void {
    if (input.kind !== "tick") return;
    const worst = imposedBy(edge.edge.state.ladder, this.#orders.orderOf(edge) ?? "AUTONOMOUS");
    this.#boots(edge);
    this.#notice(edge);
    const nowMs = edge.board.monotonicMs(this.#truth.nowUs);
    for (const effect of effects) {
      if (effect.kind === "plan" && worst !== "AUTONOMOUS")
        throw new Violation("plans-below", `${edge.robot} asks its model for a plan on ${worst}`);
      if (effect.kind !== "command") continue;
      const { speedMps, turnRadps } = effect.command;
      if ((speedMps === 0 && turnRadps === 0) || nowMs >= effect.command.leaseEndMonotonicMs) continue;
      if (severity(worst) >= severity("CONFIRM"))
        throw new Violation("moves-below", `${edge.robot} commands motion on ${worst}`);
      this.#fresh(edge, effect.command.rung);
    }
  }

  /** R7: a start is over when every sense that motion rests on has been heard. */
  #boots(edge: EdgeProcess): void {
    const { booted, channels } = edge.edge.state;
    if (!booted || this.#booted.has(edge)) return;
    this.#booted.add(edge);
    const unheard = NEEDED.find((channel) => !channels.has(channel));
    if (unheard !== undefined)
      throw new Violation("booted-blind", `${edge.robot} counts as started, and has no ${unheard}`);
  }

  /** A frozen channel was found: from here on it has to be found again. Nobody finds one before they have begun. */
  #notice(edge: EdgeProcess): void {
    const { movingUs, travelledM } = this.#truth.body(edge.robot);
    const now = { atUs: this.#truth.nowUs, movingUs, travelledM };
    if (!this.#noticed.has(edge)) this.#noticed.set(edge, new Map(NEEDED.map((channel) => [channel, now])));
    for (const { name, subject, rung } of edge.edge.state.ladder.values()) {
      if (name !== "sensor-frozen" || rung === "AUTONOMOUS") continue;
      this.#noticed.get(edge)?.set(subject, now);
    }
  }

  /** R6: what a moving robot rests on is truly young enough. */
  #fresh(edge: EdgeProcess, rung: Rung): void {
    const limits = this.#truth.sim.site.config.decisions[rung === "AUTONOMOUS" ? "drive" : "react"];
    const pairs = [
      ["pose", limits.poseMs],
      ["scan", limits.scanMs],
      ["odometry", limits.odometryMs],
      ["base", BASE_LIMIT_MS],
    ] as const;
    for (const [channel, limitMs] of pairs) {
      const sample = edge.edge.state.channels.get(channel)?.sample;
      const { nowUs } = this.#truth;
      const measured = sample === undefined ? undefined : this.#truth.frozen(sample);
      if (measured !== undefined && !this.#isLate(edge, channel, { sample, measured, limitMs })) continue;
      const capturedUs = sample === undefined ? undefined : (measured?.atUs ?? this.#truth.capturedUs(sample));
      const trueMs =
        capturedUs === undefined
          ? Number.POSITIVE_INFINITY
          : (edge.board.bootUsAt(nowUs) - edge.board.bootUsAt(capturedUs)) / MS;
      if (trueMs <= limitMs) continue;
      const says = `${edge.robot} moves on a ${channel} ${trueMs.toFixed(0)} ms old, at most ${limitMs}`;
      throw new Violation(
        "moves-on-old",
        `${says} (it thinks ${ageMs(edge.edge.state, channel, edge.board.monotonicMs(nowUs))})`,
      );
    }
  }

  /**
   * R6: a frozen channel must have been found by now. A scan repeats its noise; pose and way travelled may repeat while
   * the robot stands, so that only the time in motion counts, and for the way travelled what it has missed.
   */
  #isLate(
    edge: EdgeProcess,
    channel: "pose" | "scan" | "odometry" | "base",
    seen: { readonly sample: OnboardSample | undefined; readonly measured: Measured; readonly limitMs: number },
  ): boolean {
    const body = this.#truth.body(edge.robot);
    const noticed = this.#noticed.get(edge)?.get(channel) ?? { atUs: 0, movingUs: 0, travelledM: 0 };
    const sinceUs =
      channel === "scan"
        ? this.#truth.nowUs - Math.max(noticed.atUs, seen.measured.atUs)
        : body.movingUs - Math.max(noticed.movingUs, seen.measured.movingUs);
    if (sinceUs / MS <= seen.limitMs + FROZEN_SEEN_MS) return false;
    if (channel !== "odometry") return true;
    const toldM = seen.sample?.channel === "odometry" ? seen.sample.travelledM : 0;
    return body.travelledM - Math.max(noticed.travelledM, toldM) >= FROZEN_SEEN_M;
  }

  /** After a tick of the hub. */
  hub(hub: HubProcess): void {
    const { state } = hub.hub;
    for (const scope of hub.name === "hub" ? this.#ceilings : [])
      if (!state.ledger.ceilings.has(scopeKey(scope)))
        throw new Violation("ceiling-lost", `the ceiling of ${scopeKey(scope)} was acknowledged, and is gone`);
    const nowMs = hub.machine.monotonicMs(this.#truth.nowUs);
    const falls = this.#fallsOf(hub);
    this.#fleets(hub);
    for (const watch of state.watches.values()) {
      const limit = state.site.fleets.get(watch.fleet)?.freshness.channels.pose;
      if (limit === undefined) continue;
      const ageMs = this.#ages.trueAgeMs(hub, watch.id);
      const seen = falls.get(watch.id) ?? {
        lastOldMs: nowMs,
        fellMs: Number.NEGATIVE_INFINITY,
        count: 0,
        isOver: false,
      };
      falls.set(watch.id, seen);
      if (ageMs > limit.limitMs / 2) seen.lastOldMs = nowMs;
      const must: Rung = ageMs > limit.lostMs ? "CONFIRM" : ageMs > limit.limitMs ? "REACTIVE_ONLY" : "AUTONOMOUS";
      const imposed = worstRung(hubCauses(state, watch).map(({ rung }) => rung));
      if (severity(imposed) >= severity(must)) continue;
      const says = `${watch.id}'s telemetry is ${ageMs.toFixed(0)} ms old: ${must}, and the hub imposes ${imposed}`;
      throw new Violation("stale-unnoticed", says);
    }
  }

  /** R9: too many of a fleet that are truly stale lower all of it: then it is not the robots that cannot be heard. */
  #fleets(hub: HubProcess): void {
    const { state } = hub.hub;
    for (const [id, { freshness }] of state.site.fleets) {
      const limitMs = freshness.channels.pose?.limitMs ?? Number.POSITIVE_INFINITY;
      let stale = 0;
      for (const watch of state.watches.values())
        if (watch.fleet === id && watch.heard && this.#ages.trueAgeMs(hub, watch.id) > limitMs) stale += 1;
      if (stale < ALONE) continue;
      const heard = [...state.watches.values()].filter((watch) => watch.fleet === id && watch.heard);
      if (stale / heard.length < freshness.staleShare) continue;
      const spared = heard.find(
        (watch) => severity(worstRung(hubCauses(state, watch).map(({ rung }) => rung))) < severity("REACTIVE_ONLY"),
      );
      if (spared === undefined) continue;
      const says = `${stale} of ${heard.length} robots of ${id} are stale, and ${spared.id} is not lowered with them`;
      throw new Violation("fleet-unnoticed", says);
    }
  }

  /** The hub has decided these events. */
  decided(hub: HubProcess, events: readonly LedgerEvent[]): void {
    const { state } = hub.hub;
    for (const { body, hubMs } of events) {
      this.#approvals.decided(hub, body);
      if (body.kind === "claimed") {
        const watch = state.watches.get(body.robot);
        const ageMs = this.#ages.trueAgeMs(hub, body.robot);
        const mostMs = state.site.config.decisions.dispatch.telemetryMs;
        const says = `${body.robot} is given ${body.destination}`;
        if (ageMs > mostMs) throw new Violation("granted-unheard", `${says}, its pose ${ageMs.toFixed(0)} ms old`);
        const isHeld = hub.name === "hub" && this.#trulyBelow(body.robot) && !this.#approvals.permit(hub, body);
        if (watch === undefined || effectiveOf(state, watch) !== "AUTONOMOUS" || isHeld)
          throw new Violation("granted-below", `${says} and is not AUTONOMOUS`);
      }
      if (body.kind === "modeChanged" && body.robot !== "" && body.cause === "telemetry-stale")
        this.#changed(hub, body, hubMs);
    }
  }

  /** An operator's ceiling stands in the ledger of this hub. */
  #trulyBelow(robot: string): boolean {
    return this.#ceilings.some(
      (one) => one.robot === robot || (one.robot === "" && one.fleet === "") || one.fleet === this.#fleetOf(robot),
    );
  }

  #fleetOf(robot: string): string {
    return this.#truth.sim.site.robots.get(robot)?.fleet ?? "";
  }

  /** Ceilings that people were told are stored, and have not taken back. */
  readonly #ceilings: { readonly robot: string; readonly fleet: string }[] = [];
  readonly #takenBack = new Map<string, number>(); // scope to when that was last asked
  #asked = 0;

  /** People ask for a ceiling. Gives what `ceilingStored` needs: what is taken back after this is taken back. */
  ceilingAsked(): number {
    this.#asked += 1;
    return this.#asked;
  }

  /** People were told that the ceiling stands. */
  ceilingStored(scope: { readonly robot: string; readonly fleet: string }, asked: number): void {
    if ((this.#takenBack.get(scopeKey(scope)) ?? 0) < asked) this.#ceilings.push(scope);
  }

  ceilingsGone(): void {
    this.#ceilings.length = 0;
  }

  /** People ask for the ceiling to be gone: from here on it may be. */
  ceilingTakenBack(scope: { readonly robot: string; readonly fleet: string }): void {
    this.#asked += 1;
    this.#takenBack.set(scopeKey(scope), this.#asked);
    const left = this.#ceilings.filter((one) => one.robot !== scope.robot || one.fleet !== scope.fleet);
    this.#ceilings.splice(0, this.#ceilings.length, ...left);
  }

  #changed(
    hub: HubProcess,
    body: { readonly robot: string; readonly from: Rung; readonly to: Rung },
    hubMs: number,
  ): void {
    const watch = hub.hub.state.watches.get(body.robot);
    const policy = hub.hub.state.site.fleets.get(watch?.fleet ?? "")?.ladder;
    const seen = this.#fallsOf(hub).get(body.robot);
    if (policy === undefined || seen === undefined) return;
    if (severity(body.to) > severity(body.from)) {
      if (body.from !== "AUTONOMOUS") return;
      seen.count = hubMs - seen.fellMs <= policy.fallMemoryMs ? seen.count + 1 : 1;
      seen.fellMs = hubMs;
      seen.isOver = false;
      return;
    }
    if (severity(body.from) - severity(body.to) > 1)
      throw new Violation("climbed-at-once", `${body.robot} climbs from ${body.from} to ${body.to} in one step`);
    const doublings = seen.isOver ? 0 : Math.min(Math.max(0, seen.count - 1), policy.maxDoublings);
    seen.isOver ||= body.to === "AUTONOMOUS";
    const dwellMs = policy.dwellMs * 2 ** doublings - TICK_MS;
    if (hubMs - seen.lastOldMs >= dwellMs) return;
    const calmMs = hubMs - seen.lastOldMs;
    const says = `${body.robot} climbs to ${body.to} ${calmMs} ms after it was last too old, dwell ${dwellMs}`;
    throw new Violation("climbed-early", says);
  }

  #fallsOf(hub: HubProcess): Map<string, Falls> {
    const known = this.#falls.get(hub);
    if (known !== undefined) return known;
    const falls = new Map<string, Falls>();
    this.#falls.set(hub, falls);
    return falls;
  }

  forgetHub(hub: HubProcess): void {
    this.#approvals.forgetHub(hub);
    this.#falls.delete(hub);
  }
}
