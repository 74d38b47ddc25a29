// R11, blast radius, in true time: no candidate takes over without a permission that its hub gave on this link, for
// this model, lately and not used before; and no hub lets more of a fleet through in a minute than the site file says,
// over its restarts too. Judged from messages and events alone.

import { slotWith } from "../../../edge/core/controller/slots.js";
import type { EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import { SWAP_USABLE_MS } from "../../../proto/swap.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { MS, SECOND } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";

/** A suspension that is shorter than this is not noticed (proto/clock.ts), and clocks are read in whole ms. */
const SLACK_MS = 1000;
const MINUTE_US = 60 * SECOND;

interface Asked {
  readonly ask: number;
  readonly model: string;
  readonly stream: number;
  readonly atUs: number;
  isAllowed: boolean;
}

export class Swaps {
  readonly #truth: Truth;
  readonly #asked = new Map<EdgeProcess, Asked>();
  readonly #allowedUs = new Map<string, readonly number[]>(); // by hub and fleet

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  fed(edge: EdgeProcess, input: EdgeInput): void {
    if (input.kind !== "hub" || input.message.kind !== "swapAnswer") return;
    const { ask, model, version, allowed } = input.message;
    const asked = this.#asked.get(edge);
    if (asked?.ask === ask && asked.model === `${model} ${version}` && asked.stream === edge.stream?.id)
      asked.isAllowed = allowed;
  }

  stepped(edge: EdgeProcess, effects: readonly EdgeEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "note" && effect.event === "model promoted") this.#swapped(edge);
      if (effect.kind !== "send" || effect.message.kind !== "askSwap") continue;
      const { ask, model, version } = effect.message;
      const stream = edge.stream?.id ?? 0;
      this.#asked.set(edge, {
        ...{ ask, model: `${model} ${version}`, stream, atUs: this.#truth.nowUs, isAllowed: false },
      });
    }
  }

  #swapped(edge: EdgeProcess): void {
    const model = slotWith(edge.edge.state.controllers, "live")?.model ?? "none";
    const asked = this.#asked.get(edge);
    const isAllowed = asked?.isAllowed === true && asked.model === model && asked.stream === edge.stream?.id;
    if (!isAllowed) throw new Violation("swap-unasked", `${edge.robot} swaps to ${model}, which no hub has allowed it`);
    this.#asked.delete(edge);
    const ageMs = (edge.board.bootUsAt(this.#truth.nowUs) - edge.board.bootUsAt(asked.atUs)) / MS;
    if (ageMs <= SWAP_USABLE_MS + SLACK_MS) return;
    throw new Violation("swap-unasked", `${edge.robot} swaps to ${model} ${ageMs.toFixed(0)} ms after it asked`);
  }

  decided(hub: HubProcess, events: readonly LedgerEvent[]): void {
    const { config, robots } = this.#truth.sim.site;
    for (const { body } of events) {
      if (body.kind !== "modelSwapAllowed") continue;
      const fleet = robots.get(body.robot)?.fleet ?? "";
      const key = `${hub.name} ${fleet}`;
      const { nowUs } = this.#truth;
      const lately = (this.#allowedUs.get(key) ?? []).filter((atUs) => nowUs - atUs < MINUTE_US);
      this.#allowedUs.set(key, [...lately, nowUs]);
      const count = [...robots.values()].filter((robot) => robot.fleet === fleet).length;
      const most = Math.max(config.interplay.swapLeast, Math.ceil(config.interplay.swapShare * count));
      if (lately.length < most) continue;
      const says = `${lately.length + 1} of fleet ${fleet} may swap within a minute, at most ${most}`;
      throw new Violation("swap-flood", says);
    }
  }

  forget(edge: EdgeProcess): void {
    this.#asked.delete(edge);
  }
}
