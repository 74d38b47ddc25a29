// R6, R8, R11 for what drives: a controller model is asked only on AUTONOMOUS and on what is truly young enough, and no
// command leaves the limits of the base and of its rung.

import { slotNamed } from "../../../edge/core/controller/slots.js";
import type { EdgeEffect } from "../../../edge/core/types.js";
import { SOURCES } from "../../../models/sources.js";
import type { EdgeProcess } from "../edge-process.js";
import { MS } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";
import type { Orders } from "./orders.js";
import { imposedBy } from "./rungs.js";

/** Speeds are numbers of floating point, scaled and clipped. */
const SLACK = 1e-6;

export class Drivers {
  readonly #truth: Truth;
  readonly #orders: Orders;

  constructor(truth: Truth, orders: Orders) {
    this.#truth = truth;
    this.#orders = orders;
  }

  stepped(edge: EdgeProcess, effects: readonly EdgeEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "run") this.#asked(edge, effect.model);
      if (effect.kind === "command") this.#within(edge, effect);
    }
  }

  #asked(edge: EdgeProcess, model: string): void {
    const rung = imposedBy(edge.edge.state.ladder, this.#orders.orderOf(edge) ?? "AUTONOMOUS");
    if (rung !== "AUTONOMOUS") throw new Violation("runs-below", `${edge.robot} runs ${model} on ${rung}`);
    const features = slotNamed(edge.edge.state.controllers, model)?.manifest.inputs.flatMap(({ fill }) =>
      fill.kind === "features" ? fill.features : [],
    );
    for (const { from, maxAgeMs } of features ?? []) {
      const { channel } = SOURCES[from];
      const trueMs = channel === null ? 0 : this.#trueAgeMs(edge, channel);
      if (trueMs <= maxAgeMs) continue;
      const says = `${edge.robot} feeds ${model} a ${channel} ${trueMs.toFixed(0)} ms old, at most ${maxAgeMs}`;
      throw new Violation("fed-old", says);
    }
  }

  /** By the stamps of what was captured: what is frozen, the ladder finds. */
  #trueAgeMs(edge: EdgeProcess, channel: Parameters<typeof edge.edge.state.channels.get>[0]): number {
    const sample = edge.edge.state.channels.get(channel)?.sample;
    const capturedUs = sample === undefined ? undefined : this.#truth.capturedUs(sample);
    if (capturedUs === undefined) return Number.POSITIVE_INFINITY;
    return (edge.board.bootUsAt(this.#truth.nowUs) - edge.board.bootUsAt(capturedUs)) / MS;
  }

  #within(edge: EdgeProcess, { command }: Extract<EdgeEffect, { kind: "command" }>): void {
    const { maxSpeedMps, maxTurnRadps, reactiveSpeedMps } = this.#truth.sim.site.config.physics;
    const { speedMps, turnRadps, rung } = command;
    const mostMps = rung === "AUTONOMOUS" ? maxSpeedMps : reactiveSpeedMps;
    if (Math.abs(speedMps) <= mostMps + SLACK && Math.abs(turnRadps) <= maxTurnRadps + SLACK) return;
    throw new Violation("too-fast", `${edge.robot} commands ${speedMps} m/s and ${turnRadps} rad/s on ${rung}`);
  }
}
