// R5 on the robot's side: it takes no token below one that it has seen, keeps the highest of all that it holds, and
// follows no hub of a lower epoch than it ever did, and no second hub of the same one.

import type { EdgeMemory } from "../../../edge/core/memory.js";
import type { EdgeInput } from "../../../edge/core/types.js";
import { compareTokens, sameToken, tokenKey } from "../../../proto/claim.js";
import type { HubMessage } from "../../../proto/wire.js";
import type { EdgeDisk } from "../disk.js";
import type { EdgeProcess } from "../edge-process.js";
import { Violation } from "../trace.js";

type Welcome = Extract<HubMessage, { kind: "welcome" }>;

export class Tokens {
  readonly #memories = new Map<EdgeProcess, EdgeMemory>();
  readonly #welcomes = new Map<EdgeProcess, Welcome>();
  readonly #followed = new Map<EdgeDisk, { readonly epoch: number; readonly incarnation: string }>();

  fed(edge: EdgeProcess, input: EdgeInput): void {
    if (input.kind === "hub" && input.message.kind === "welcome") this.#welcomes.set(edge, input.message);
  }

  stepped(edge: EdgeProcess): void {
    const { memory, link } = edge.edge.state;
    const before = this.#memories.get(edge);
    if (before !== memory) {
      this.#memories.set(edge, memory);
      if (before !== undefined) this.#kept(edge.robot, before, memory);
    }
    const welcome = this.#welcomes.get(edge);
    if (welcome === undefined || link.session !== welcome.session) return;
    this.#welcomes.delete(edge);
    this.#follows(edge, welcome);
  }

  forget(edge: EdgeProcess): void {
    this.#memories.delete(edge);
    this.#welcomes.delete(edge);
  }

  /** People gave the robot an empty disk. */
  newDisk(robot: string): void {
    for (const disk of this.#followed.keys()) if (disk.owner === robot) this.#followed.delete(disk);
  }

  #kept(robot: string, before: EdgeMemory, memory: EdgeMemory): void {
    for (const { token } of memory.holdings) {
      if (compareTokens(token, memory.highestToken) > 0)
        throw new Violation("token-not-kept", `${robot} holds ${tokenKey(token)} above the highest that it keeps`);
      const isNew = !before.holdings.some((held) => sameToken(held.token, token));
      if (isNew && compareTokens(token, before.highestToken) <= 0)
        throw new Violation("token-lower", `${robot} takes ${tokenKey(token)} after ${tokenKey(before.highestToken)}`);
    }
  }

  #follows(edge: EdgeProcess, { epoch, incarnation }: Welcome): void {
    if (edge.edge.state.storeFault !== "") return; // it stands in HALT, and cannot keep whom it follows
    const last = this.#followed.get(edge.disk);
    if (last !== undefined && (epoch < last.epoch || (epoch === last.epoch && incarnation !== last.incarnation))) {
      const says = `${edge.robot} follows epoch ${epoch} of ${incarnation} after ${last.epoch} of ${last.incarnation}`;
      throw new Violation("followed-lower", says);
    }
    this.#followed.set(edge.disk, { epoch, incarnation });
  }
}
