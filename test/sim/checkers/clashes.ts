// R5, F60: two processes under one robot's name. A hub to which one speaks again after another one has spoken knows
// that both run; the robot stays where people must look until somebody has.

import type { HubInput } from "../../../hub/core/hub.js";
import { severity } from "../../../proto/mode.js";
import type { HubProcess } from "../hub-process.js";
import { Violation } from "../trace.js";

export class Clashes {
  readonly #spoke = new Map<HubProcess, Map<string, string[]>>(); // the boots of each robot, the newest last

  /** After a step of a hub. */
  stepped(hub: HubProcess, input: HubInput | null): void {
    if (input?.kind !== "link" || input.message.kind !== "hello") return;
    const { robot, boot } = input.message;
    if (hub.hub.state.streams.get(input.stream) !== robot) return; // it was sent away
    const boots = this.#bootsOf(hub, robot);
    if (boots.at(-1) === boot) return;
    const isBack = boots.includes(boot);
    boots.push(boot);
    if (!isBack) return;
    const ceilings = [...hub.hub.state.ledger.ceilings.values()];
    const isHeld = ceilings.some(
      (one) => one.robot === robot && one.operator === "hub" && severity(one.rung) >= severity("CONFIRM"),
    );
    if (isHeld) return;
    throw new Violation("clash-unnoticed", `${boot} speaks as ${robot} again, after another one, and nobody is asked`);
  }

  #bootsOf(hub: HubProcess, robot: string): string[] {
    const robots = this.#spoke.get(hub) ?? new Map<string, string[]>();
    this.#spoke.set(hub, robots);
    const boots = robots.get(robot) ?? [];
    robots.set(robot, boots);
    return boots;
  }

  forget(hub: HubProcess): void {
    this.#spoke.delete(hub);
  }
}
