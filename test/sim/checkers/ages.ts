// R6 in true time: no age bound, on board or at the hub, is ever below the true age of what it is about.

import { ageMs } from "../../../edge/core/channels.js";
import { channelAgeMs } from "../../../hub/core/watch.js";
import type { OnboardSample, Telemetry } from "../../../proto/wire.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { MS, SECOND } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";

/** A stamp from further ahead than this is a lie, and never fresh; less may be a rate that differs. */
const AHEAD_MS = 1000;

/** A pose further off than this, and than what was driven since, is no error of measurement. */
const ASTRAY_M = 1;

/** The newest sample of a channel. */
interface Last {
  readonly who: string; // the robot
  readonly channel: string;
  readonly source: string;
  readonly sequence: number;
}

/** R6: newest wins, in whatever order samples of one source come. */
function takeNewest(lasts: Map<string, Last>, next: Last): void {
  const last = lasts.get(next.channel);
  if (last?.source === next.source) {
    if (next.sequence === last.sequence) return;
    if (next.sequence < last.sequence)
      throw new Violation(
        "sample-older",
        `${next.who}: ${next.channel} ${next.sequence} is taken after ${last.sequence}`,
      );
  }
  lasts.set(next.channel, next);
}

export class Ages {
  readonly #lasts = new WeakMap<object, Map<string, Last>>(); // of an edge, or of a robot at a hub
  readonly #truth: Truth;

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  /** After a tick: what the edge thinks of its channels. In units of the board's clock, suspended time counted in. */
  edge(edge: EdgeProcess): void {
    const { nowUs } = this.#truth;
    const { state } = edge.edge;
    const nowMs = edge.board.monotonicMs(nowUs);
    const nowBootUs = edge.board.bootUsAt(nowUs);
    const lasts = this.#lastsOf(edge);
    for (const [channel, { sample, order }] of state.channels) {
      takeNewest(lasts, { who: edge.robot, channel, source: order.source, sequence: order.sequence });
      const capturedUs = this.#truth.capturedUs(sample);
      if (capturedUs === undefined) continue;
      const trueMs = (nowBootUs - edge.board.bootUsAt(capturedUs)) / MS;
      const boundMs = ageMs(state, channel, nowMs);
      if (boundMs >= trueMs - 0.001 && (trueMs >= -AHEAD_MS || boundMs === Number.POSITIVE_INFINITY)) continue;
      const says = `${edge.robot} takes its ${channel} for ${boundMs} ms old at the most, it is ${trueMs.toFixed(1)}`;
      throw new Violation("age-on-board", says);
    }
  }

  /** After a tick: what the hub thinks of its robots' telemetry. In true time. */
  hub(hub: HubProcess): void {
    const { nowUs } = this.#truth;
    const { state } = hub.hub;
    const at = { nowMs: hub.machine.monotonicMs(nowUs), site: state.site };
    for (const watch of state.watches.values()) {
      const lasts = this.#lastsOf(watch);
      for (const [name, channel] of watch.channels) {
        takeNewest(lasts, { who: watch.id, channel: name, source: channel.boot, sequence: channel.sequence });
        const capturedUs = this.#truth.publishedUs(name, channel);
        if (capturedUs === undefined) continue;
        const trueMs = (nowUs - capturedUs) / MS;
        const boundMs = channelAgeMs(watch, name, at);
        if (boundMs >= trueMs - 0.001) continue;
        const says = `the hub takes ${watch.id}'s ${name} for ${boundMs} ms old at most, it is ${trueMs.toFixed(1)}`;
        throw new Violation("age-at-hub", says);
      }
    }
  }

  /** R4, R6: where a robot tells the hub that it is, it was when that was measured. */
  told(robot: string, { value }: Telemetry, from: OnboardSample | undefined): void {
    if (value.kind !== "pose" || from === undefined) return;
    const measuredUs = this.#truth.frozen(from)?.atUs ?? this.#truth.capturedUs(from);
    if (measuredUs === undefined) return;
    const body = this.#truth.body(robot);
    const { maxSpeedMps } = this.#truth.sim.site.config.physics;
    const mostM = ASTRAY_M + (maxSpeedMps * Math.max(0, this.#truth.nowUs - measuredUs)) / SECOND;
    const offM = Math.hypot(value.pose.xM - body.xM, value.pose.yM - body.yM);
    if (offM > mostM) throw new Violation("told-astray", `${robot} tells a pose ${offM.toFixed(1)} m from where it is`);
  }

  #lastsOf(of: object): Map<string, Last> {
    const known = this.#lasts.get(of);
    if (known !== undefined) return known;
    const lasts = new Map<string, Last>();
    this.#lasts.set(of, lasts);
    return lasts;
  }

  /** True age of the pose that the hub has of a robot, ms; infinite when it has none. */
  trueAgeMs(hub: HubProcess, robot: string): number {
    const channel = hub.hub.state.watches.get(robot)?.channels.get("pose");
    const capturedUs = channel === undefined ? undefined : this.#truth.publishedUs("pose", channel);
    return capturedUs === undefined ? Number.POSITIVE_INFINITY : (this.#truth.nowUs - capturedUs) / MS;
  }
}
