// R10: nothing is told, given or acted on before what it rests on is durable, on either side; and a robot forgets an
// outcome only when the hub has said that it has it.

import type { EdgeMemory } from "../../../edge/core/memory.js";
import type { EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import type { HubEffect } from "../../../hub/core/turn.js";
import { sameToken, type Token, tokenKey } from "../../../proto/claim.js";
import type { Command } from "../../../proto/wire.js";
import type { EdgeDisk } from "../disk.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { Violation } from "../trace.js";

export class Stores {
  readonly #outboxes = new Map<EdgeDisk, readonly string[]>();
  readonly #acknowledged = new Set<string>(); // robot and outcome
  readonly #decided = new Map<HubProcess, number>(); // sequence of the newest event
  readonly #rests = new Map<HubProcess, Map<number, number>>(); // ask to the newest event when it was answered

  fed(edge: EdgeProcess, input: EdgeInput): void {
    if (input.kind !== "hub" || input.message.kind !== "outcomeStored") return;
    this.#acknowledged.add(`${edge.robot} ${input.message.id}`);
  }

  /** A memory is durable now. */
  saved(edge: EdgeProcess, memory: EdgeMemory): void {
    const ids = memory.outbox.map(({ id }) => id);
    const before = this.#outboxes.get(edge.disk) ?? [];
    this.#outboxes.set(edge.disk, ids);
    const lost = before.find((id) => !ids.includes(id) && !this.#acknowledged.has(`${edge.robot} ${id}`));
    if (lost !== undefined)
      throw new Violation("outcome-dropped", `${edge.robot} forgets outcome ${lost}, which no hub has acknowledged`);
  }

  /** People gave the robot an empty disk. */
  newDisk(robot: string): void {
    for (const disk of this.#outboxes.keys()) if (disk.owner === robot) this.#outboxes.delete(disk);
  }

  /** An edge has decided these effects. */
  stepped(edge: EdgeProcess, effects: readonly EdgeEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "send") continue;
      const { message } = effect;
      if (message.kind === "outcome" && edge.disk.memory?.outbox.some(({ id }) => id === message.id) !== true)
        throw new Violation("outcome-unstored", `${edge.robot} tells outcome ${message.id} before it is durable`);
      if (message.kind === "grantAnswer" && message.accepted && !isHeld(edge, message.token))
        throw new Violation(
          "accepted-unstored",
          `${edge.robot} accepts ${tokenKey(message.token)} before it is durable`,
        );
    }
  }

  /** A command goes to the base. */
  wrote(edge: EdgeProcess, command: Command): void {
    if (command.token === undefined || (command.speedMps === 0 && command.turnRadps === 0)) return;
    if (!isHeld(edge, command.token))
      throw new Violation("acts-unstored", `${edge.robot} acts on ${tokenKey(command.token)} before it is durable`);
  }

  /** A step of a hub has given these effects. */
  hubStepped(hub: HubProcess, effects: readonly HubEffect[]): void {
    const rests = this.#rests.get(hub) ?? new Map<number, number>();
    this.#rests.set(hub, rests);
    for (const effect of effects)
      if (effect.kind === "append") this.#decided.set(hub, effect.events.at(-1)?.sequence ?? 0);
    for (const effect of effects) if (effect.kind === "answer") rests.set(effect.ask, this.#decided.get(hub) ?? 0);
  }

  /** A hub performs an effect. */
  performed(hub: HubProcess, effect: HubEffect): void {
    if (effect.kind === "answer") this.#answered(hub, effect.ask);
    if (effect.kind !== "send" || effect.message.kind !== "grant") return;
    const { token } = effect.message;
    const isStored = hub.disk.events.some(({ body }) => body.kind === "claimed" && sameToken(body.token, token));
    if (!isStored) throw new Violation("grant-unstored", `the hub grants ${tokenKey(token)} before it is durable`);
  }

  /** What a person is told rests on all that was decided before. */
  #answered(hub: HubProcess, ask: number): void {
    const needed = this.#rests.get(hub)?.get(ask) ?? 0;
    this.#rests.get(hub)?.delete(ask);
    const durable = hub.disk.events.at(-1)?.sequence ?? 0;
    if (durable >= needed) return;
    throw new Violation(
      "answer-unstored",
      `the hub answers after event ${needed}, and ${durable} is the newest durable`,
    );
  }

  forget(hub: HubProcess): void {
    this.#decided.delete(hub);
    this.#rests.delete(hub);
  }
}

function isHeld(edge: EdgeProcess, token: Token): boolean {
  return edge.disk.memory?.holdings.some((held) => sameToken(held.token, token)) === true;
}
