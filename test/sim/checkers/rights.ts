// R2, R3, R5 judged in true time: who had the right to act, computed again from the renewals that passed and from exact
// clocks. Nobody commands motion after the end of its lease, or on a claim that no answered renewal named; no two
// robots act on places in conflict; when the hub says that a lease has certainly lapsed, the worst that could still
// move under it has ended.

import { actingOn } from "../../../edge/core/authority.js";
import type { EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import { tokenKey } from "../../../proto/claim.js";
import type { Command } from "../../../proto/wire.js";
import type { EdgeDisk } from "../disk.js";
import type { EdgeProcess } from "../edge-process.js";
import { MS } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";

interface Asked {
  readonly stream: number;
  readonly sentBootUs: number; // the board's boot clock, exactly
  readonly tokens: ReadonlySet<string>;
}

/** The right to act of one process of an edge. */
interface Right {
  readonly asked: Map<number, Asked>;
  by: string; // the hub that renewed it last
  incarnation: string; // of that hub
  endBootUs: number;
  tickedBootUs: number; // last tick
  steadySinceUs: number; // boot clock: its ticks have come in time since then
  newest: number; // nonce
  covered: ReadonlySet<string>;
}

/** Ticks that come later than so many periods are late. */
const LATE_TICKS = 2;

export class Rights {
  readonly #truth: Truth;
  readonly #rights = new Map<EdgeProcess, Right>();
  readonly #moving = new Map<string, { readonly destination: string; readonly token: string; readonly by: string }>();
  readonly #highest = new Map<EdgeDisk, { readonly epoch: number; readonly counter: number }>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  #of(edge: EdgeProcess): Right {
    const known = this.#rights.get(edge);
    if (known !== undefined) return known;
    const right: Right = {
      asked: new Map(),
      tickedBootUs: 0,
      steadySinceUs: 0,
      by: "",
      incarnation: "",
      endBootUs: Number.NEGATIVE_INFINITY,
      newest: 0,
      covered: new Set(),
    };
    this.#rights.set(edge, right);
    return right;
  }

  /** Rights of a process that is gone count until they have run out, or its board starts anew. */
  rebooted(robot: string): void {
    for (const edge of this.#rights.keys()) if (edge.robot === robot && edge.ended) this.#rights.delete(edge);
  }

  stepped(edge: EdgeProcess, effects: readonly EdgeEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "command") this.#validity(edge, effect.command);
      if (effect.kind !== "send" || effect.message.kind !== "renew") continue;
      const { nonce, acting } = effect.message;
      const sentBootUs = edge.board.bootUsAt(this.#truth.nowUs);
      const tokens = new Set(acting.map(tokenKey));
      const { asked } = this.#of(edge);
      asked.set(nonce, { stream: edge.stream?.id ?? 0, sentBootUs, tokens });
      if (asked.size > 200) asked.delete(asked.keys().next().value ?? 0);
    }
  }

  /** R2: a command tells its lease's end, and is made to be followed no longer than the dead-man time and than that. */
  #validity(edge: EdgeProcess, command: Command): void {
    const { deadmanMs, tickMs } = this.#truth.sim.site.config.lease;
    const { nowUs } = this.#truth;
    const restMs = (this.#of(edge).endBootUs - edge.board.bootUsAt(nowUs)) / MS;
    const toldMs = command.leaseEndMonotonicMs - edge.board.monotonicMs(nowUs);
    if (command.leaseEndMonotonicMs > 0 && toldMs > 0 && toldMs > restMs + tickMs + 1) {
      const says = `${edge.robot} counts on ${toldMs} ms of lease, and has ${restMs.toFixed(0)}`;
      throw new Violation("lease-too-long", says);
    }
    if (command.speedMps === 0 && command.turnRadps === 0) return;
    if (command.validForMs <= Math.min(deadmanMs, restMs + tickMs + 1)) return;
    const rest = `${restMs.toFixed(0)} ms before its lease ends`;
    throw new Violation(
      "command-validity",
      `${edge.robot} makes a command valid for ${command.validForMs} ms, ${rest}`,
    );
  }

  /**
   * R2: after a tick. A robot whose lease is over stands, because it began to brake in time; one whose edge was held
   * up, or whose base did not hear it, is stopped by the base's own dead-man.
   */
  ticked(edge: EdgeProcess): void {
    const { brakeAheadMs, site } = this.#truth.sim;
    const right = this.#of(edge);
    const bootUs = edge.board.bootUsAt(this.#truth.nowUs);
    const isLate = bootUs - right.tickedBootUs > LATE_TICKS * site.config.limits.controlMs * MS;
    if (isLate || this.#truth.isDeaf(edge.robot)) right.steadySinceUs = bootUs;
    right.tickedBootUs = bootUs;
    const overMs = (bootUs - right.endBootUs) / MS;
    const isSteady = bootUs - right.steadySinceUs > (brakeAheadMs + overMs + 1000) * MS;
    if (overMs <= site.config.limits.controlMs || overMs > 500 || !isSteady) return;
    if (this.#truth.body(edge.robot).atRest) return;
    throw new Violation("moves-at-end", `${edge.robot} still moves ${overMs.toFixed(0)} ms after the end of its lease`);
  }

  fed(edge: EdgeProcess, input: EdgeInput): void {
    if (input.kind !== "hub" || input.message.kind !== "renewed") return;
    const { nonce, leaseMs } = input.message;
    const right = this.#of(edge);
    const asked = right.asked.get(nonce);
    if (asked === undefined || asked.stream !== edge.stream?.id || leaseMs <= 0) return;
    const mostMs = this.#truth.sim.site.config.lease.leaseMs;
    right.endBootUs = Math.max(right.endBootUs, asked.sentBootUs + Math.min(leaseMs, mostMs) * MS);
    right.by = edge.stream?.to ?? "";
    right.incarnation = edge.edge.state.memory.follows?.incarnation ?? "";
    this.#first(edge, right);
    if (nonce < right.newest) return;
    right.newest = nonce;
    right.covered = asked.tokens;
  }

  /** R3: a hub that has given one process of a robot a lease gives another one none before that lease has ended. */
  #first(edge: EdgeProcess, right: Right): void {
    for (const [other, theirs] of this.#rights) {
      if (other === edge || other.robot !== edge.robot || other.ended) continue;
      const leftUs = theirs.endBootUs - other.board.bootUsAt(this.#truth.nowUs);
      if (leftUs <= 0 || theirs.by !== right.by || theirs.incarnation !== right.incarnation) continue;
      const says = `${edge.robot} has a lease (${edge.boot}), and that of ${other.boot} lasts`;
      throw new Violation("two-leases", `${says} ${(leftUs / MS).toFixed(0)} ms more`);
    }
  }

  /** A command goes to the base now. */
  wrote(edge: EdgeProcess, command: Command): void {
    if (command.speedMps === 0 && command.turnRadps === 0) return;
    const right = this.#of(edge);
    const overMs = (edge.board.bootUsAt(this.#truth.nowUs) - right.endBootUs) / MS;
    const tickMs = this.#truth.sim.site.config.lease.tickMs;
    if (overMs > tickMs) throw new Violation("command-after-lease", `${edge.robot} commands motion ${over(overMs)}`);
    const token = command.token === undefined ? "none" : tokenKey(command.token);
    if (!right.covered.has(token))
      throw new Violation("command-uncovered", `${edge.robot} acts on ${token}, which no answered renewal named`);
    const destination = actingOn(edge.edge.state)?.destination ?? "";
    this.#moving.set(edge.robot, { destination, token, by: right.by });
    this.#alone(edge, destination);
  }

  /** R1: nobody else acts, or still moves, towards a place in conflict. */
  #alone(edge: EdgeProcess, destination: string): void {
    for (const other of this.#truth.edges) {
      if (other.robot === edge.robot) continue;
      const theirs = actingOn(other.edge.state);
      if (theirs === undefined || !this.#truth.areInConflict(destination, theirs.destination)) continue;
      const right = this.#of(other);
      const left = right.endBootUs - other.board.bootUsAt(this.#truth.nowUs);
      if (left <= 0 || !right.covered.has(tokenKey(theirs.token))) continue;
      throw new Violation(
        "two-act",
        `${edge.robot} acts on ${destination} while ${other.robot} may act on ${theirs.destination}`,
      );
    }
    for (const [robot, { destination: theirs, token }] of this.#moving) {
      if (robot === edge.robot || !this.#truth.areInConflict(destination, theirs)) continue;
      if (this.#truth.body(robot).atRest) continue;
      const says = `${edge.robot} acts on ${destination} while ${robot} still moves towards ${theirs} by ${token}`;
      throw new Violation("two-move", says);
    }
  }

  /**
   * R3: the hub says that every lease of this robot that it ever gave has certainly lapsed. What another hub gives, it
   * cannot know; then it may not give the place away (two-act, two-move).
   */
  lapsed(robot: string, hub: string): void {
    const { deadmanMs, brakingMs } = this.#truth.sim.site.config.lease;
    const worstUs = (deadmanMs + brakingMs) * MS;
    for (const [edge, right] of this.#rights) {
      if (edge.robot !== robot || right.by !== hub) continue;
      const earlyUs = right.endBootUs - edge.board.bootUsAt(this.#truth.nowUs - worstUs);
      if (earlyUs <= 0) continue;
      const says = `the hub calls ${robot}'s lease lapsed ${(earlyUs / MS).toFixed(0)} ms before its worst motion ends`;
      throw new Violation("lapsed-early", says);
    }
  }

  /** True time until which this robot can move at the most by leases of this hub, as far as is certain from outside. */
  movesUntilUs(robot: string, hub: string): number {
    const { deadmanMs, brakingMs, rhoRobot } = this.#truth.sim.site.config.lease;
    const { nowUs } = this.#truth;
    let untilUs = Number.NEGATIVE_INFINITY;
    for (const [edge, right] of this.#rights) {
      if (edge.robot !== robot || right.by !== hub) continue;
      const leftUs = right.endBootUs - edge.board.bootUsAt(nowUs);
      const drift = leftUs > 0 ? 1 / (1 + rhoRobot) : 1 / (1 - rhoRobot);
      untilUs = Math.max(untilUs, nowUs + leftUs * drift + (deadmanMs + brakingMs) * MS);
    }
    return untilUs;
  }

  /**
   * R4: a claim was freed or given on: its former holder may not act on it any more. The process to which the hub
   * listens has said that it does not; R3: what another one of the robot does, until its lease ends, nobody knows.
   */
  over(held: { readonly robot: string; readonly token: string }, by: { readonly hub: string; readonly boot: string }) {
    const { robot, token } = held;
    const moving = this.#moving.get(robot);
    if (moving?.token === token && moving.by === by.hub && !this.#truth.body(robot).atRest)
      throw new Violation(
        "freed-while-rolling",
        `the hub freed ${token}, by which ${robot} was told to move, and still does`,
      );
    for (const [edge, right] of this.#rights) {
      if (edge.robot !== robot || !right.covered.has(token) || edge.ended || right.by !== by.hub) continue;
      const acting = actingOn(edge.edge.state);
      const left = right.endBootUs - edge.board.bootUsAt(this.#truth.nowUs);
      const isActing = acting !== undefined && tokenKey(acting.token) === token;
      if (left <= 0 || (!isActing && edge.boot === by.boot)) continue;
      throw new Violation(
        "freed-while-acting",
        `the hub freed ${token} while ${robot} (${edge.boot}) may act on it for ${(left / MS).toFixed(0)} ms`,
      );
    }
  }

  /** R5: tokens that a robot takes only grow. A robot that was given another disk begins anew. */
  took(edge: EdgeProcess, token: { readonly epoch: number; readonly counter: number }): void {
    const before = this.#highest.get(edge.disk);
    if (
      before !== undefined &&
      (token.epoch < before.epoch || (token.epoch === before.epoch && token.counter < before.counter))
    )
      throw new Violation("token-fell", `${edge.robot} takes ${tokenKey(token)} after ${tokenKey(before)}`);
    this.#highest.set(edge.disk, token);
  }

  newDisk(robot: string): void {
    for (const disk of this.#highest.keys()) if (disk.owner === robot) this.#highest.delete(disk);
  }
}

function over(ms: number): string {
  return Number.isFinite(ms) ? `${ms.toFixed(1)} ms after its lease's end` : "without a lease";
}
