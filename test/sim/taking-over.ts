// People who take over for a while: they pause tasks and resume them, drain robots and take them back, and lower a mode
// for a time. While the site works they do so now and then; while it heals they put everything back.

import type { OperatorAsk } from "../../proto/operator.js";
import type { Random } from "../../scripts/world/random.js";
import type { HubProcess } from "./hub-process.js";

const ACT = { operator: "bob", reason: "taken over" } as const;
const PAUSES = 0.06;
const DRAINS = 0.04;
const LOWERS = 0.04;
const GIVES_BACK = 0.25;
const LONGEST_MS = 20_000;
/** Urgency of tasks: now and then one says how urgent it is, and by when it is to be done. */
const URGENT = 0.3;
const DUE = 0.3;

export class TakingOver {
  readonly #chance: Random;
  readonly #ask: (ask: OperatorAsk) => void;

  constructor(parts: { readonly chance: Random; readonly ask: (ask: OperatorAsk) => void }) {
    this.#chance = parts.chance;
    this.#ask = parts.ask;
  }

  /** What a new task says beside its stops. */
  urgency(): { readonly priority?: number; readonly deadlineMs?: number } {
    const chance = this.#chance;
    const priority = chance.next() < URGENT ? { priority: chance.below(10) } : {};
    return chance.next() < DUE ? { ...priority, deadlineMs: 1 + chance.below(60_000) } : priority;
  }

  /** A look at the site: takes something over, or gives something back. */
  look(hub: HubProcess, works: boolean): void {
    const { ledger, site } = hub.hub.state;
    const chance = this.#chance;
    if (works && chance.next() < PAUSES) {
      const task = this.#any([...ledger.open]);
      if (task !== undefined) this.#ask({ kind: "pauseTask", task, act: ACT });
    }
    if (works && chance.next() < DRAINS) {
      const robot = this.#any([...site.robots.keys()]);
      if (robot !== undefined) this.#ask({ kind: "drainRobot", robot, act: ACT });
    }
    if (works && chance.next() < LOWERS) this.#lower(hub);
    for (const id of ledger.open) {
      const isPaused = ledger.tasks.get(id)?.paused !== null;
      if (isPaused && (!works || chance.next() < GIVES_BACK)) this.#ask({ kind: "resumeTask", task: id, act: ACT });
    }
    for (const robot of ledger.drained.keys())
      if (!works || chance.next() < GIVES_BACK) this.#ask({ kind: "undrainRobot", robot, act: ACT });
  }

  #lower(hub: HubProcess): void {
    const { site } = hub.hub.state;
    const chance = this.#chance;
    const robot = chance.next() < 0.6 ? (this.#any([...site.robots.keys()]) ?? "") : "";
    const fleet = robot === "" && chance.next() < 0.5 ? (this.#any([...site.fleets.keys()]) ?? "") : "";
    const rung = chance.next() < 0.5 ? "CONFIRM" : "REACTIVE_ONLY";
    const forMs = 1 + chance.below(LONGEST_MS);
    this.#ask({ kind: "setMode", scope: { robot, fleet }, rung, forMs, act: ACT });
  }

  #any<T>(of: readonly T[]): T | undefined {
    return of[this.#chance.below(Math.max(1, of.length))];
  }
}
