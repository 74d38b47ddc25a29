// R6 in true time: no age bound, on board or at the hub, is ever below the true age of what it is about.

import { ageMs } from "../../../edge/core/channels.js";
import { channelAgeMs } from "../../../hub/core/watch.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { MS } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";

/** A stamp from further ahead than this is a lie, and never fresh; less may be a rate that differs. */
const AHEAD_MS = 1000;

export class Ages {
  readonly #truth: Truth;

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  /** After a tick: what the edge thinks of its channels. In units of the board's clock, suspended time counted in. */
  edge(edge: EdgeProcess): void {
    const { nowUs } = this.#truth;
    const { state } = edge.edge;
    const nowMs = edge.board.monotonicMs(nowUs);
    for (const [channel, { sample }] of state.channels) {
      const capturedUs = this.#truth.capturedUs(sample);
      if (capturedUs === undefined) continue;
      const trueMs = (edge.board.bootUsAt(nowUs) - edge.board.bootUsAt(capturedUs)) / MS;
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
    const nowMs = hub.machine.monotonicMs(nowUs);
    for (const watch of state.watches.values()) {
      for (const [name, channel] of watch.channels) {
        const capturedUs = this.#truth.publishedUs(name, channel);
        if (capturedUs === undefined) continue;
        const trueMs = (nowUs - capturedUs) / MS;
        const boundMs = channelAgeMs(watch, name, { nowMs, site: state.site });
        if (boundMs >= trueMs - 0.001) continue;
        const says = `the hub takes ${watch.id}'s ${name} for ${boundMs} ms old at most, it is ${trueMs.toFixed(1)}`;
        throw new Violation("age-at-hub", says);
      }
    }
  }

  /** True age of the pose that the hub has of a robot, ms; infinite when it has none. */
  trueAgeMs(hub: HubProcess, robot: string): number {
    const channel = hub.hub.state.watches.get(robot)?.channels.get("pose");
    const capturedUs = channel === undefined ? undefined : this.#truth.publishedUs("pose", channel);
    return capturedUs === undefined ? Number.POSITIVE_INFINITY : (this.#truth.nowUs - capturedUs) / MS;
  }
}
