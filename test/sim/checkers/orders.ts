// R7: what each side was last told of the other's rung counts, in whatever order words come: a robot obeys the newest
// order of its stream, a hub believes the newest report, tells every robot that says hello its order, and takes of two
// rungs the worse one.

import type { EdgeInput } from "../../../edge/core/types.js";
import type { HubInput } from "../../../hub/core/hub.js";
import { effectiveOf } from "../../../hub/core/modes.js";
import type { HubEffect } from "../../../hub/core/turn.js";
import { type Rung, severity } from "../../../proto/mode.js";
import type { HubMessage } from "../../../proto/wire.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { Violation } from "../trace.js";

interface Told {
  readonly stream: number;
  readonly sequence: number;
  readonly rung: Rung;
}

export class Orders {
  readonly #ordered = new Map<EdgeProcess, Told>();
  readonly #reported = new Map<HubProcess, Map<number, Told>>(); // by stream

  /** The order that a robot must obey: the newest of its stream; undefined before the first. */
  orderOf(edge: EdgeProcess): Rung | undefined {
    return this.#ordered.get(edge)?.rung;
  }

  fed(edge: EdgeProcess, input: EdgeInput): void {
    if (input.kind !== "hub" || input.message.kind !== "modeOrder") return;
    const told = { ...input.message, stream: edge.stream?.id ?? 0 };
    if (isNewest(this.#ordered.get(edge), told)) this.#ordered.set(edge, told);
  }

  /** After a step of an edge. */
  stepped(edge: EdgeProcess): void {
    const told = this.#ordered.get(edge);
    const { rung, sequence } = edge.edge.state.hubOrder;
    if (told === undefined || told.stream !== edge.stream?.id || rung === told.rung) return;
    const says = `${edge.robot} obeys order ${sequence}, ${rung}, after order ${told.sequence}, ${told.rung}`;
    throw new Violation("order-older", says);
  }

  /** After a step of a hub. */
  hubStepped(hub: HubProcess, input: HubInput | null, effects: readonly HubEffect[]): void {
    if (input?.kind !== "link") return;
    const { stream, message } = input;
    const { state } = hub.hub;
    const watch = state.watches.get(state.streams.get(stream) ?? "");
    if (watch?.stream !== stream) return;
    const isSent = (kind: HubMessage["kind"]) =>
      effects.some((effect) => effect.kind === "send" && effect.stream === stream && effect.message.kind === kind);
    if (isSent("welcome") && !isSent("modeOrder"))
      throw new Violation("order-untold", `${watch.id} is welcomed, and not told its order`);
    if (message.kind !== "modeReport") return;
    const reported = this.#reported.get(hub) ?? new Map<number, Told>();
    this.#reported.set(hub, reported);
    const told = { stream, sequence: message.sequence, rung: message.rung };
    if (isNewest(reported.get(stream), told)) reported.set(stream, told);
    const newest = reported.get(stream);
    if (newest !== undefined && watch.edgeRung !== newest.rung) {
      const says = `the hub thinks ${watch.id} on ${watch.edgeRung}, which has last reported ${newest.rung}`;
      throw new Violation("report-older", says);
    }
    const effective = effectiveOf(state, watch);
    if (severity(effective) >= severity(newest?.rung ?? "AUTONOMOUS")) return;
    throw new Violation("report-ignored", `the hub takes ${watch.id} for ${effective}, which reports ${newest?.rung}`);
  }

  forget(edge: EdgeProcess): void {
    this.#ordered.delete(edge);
  }

  forgetHub(hub: HubProcess): void {
    this.#reported.delete(hub);
  }
}

function isNewest(last: Told | undefined, next: Told): boolean {
  return last === undefined || last.stream !== next.stream || next.sequence >= last.sequence;
}
