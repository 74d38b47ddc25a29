// A stream of tasks that looks like a shift: as many wait as there are robots, so that dispatch has a choice. Each is
// submitted under a name of its own, so that asking again after a hub's death cannot make a second one.

import { CliFailure } from "../../hub/cli/failure.js";
import type { Hub } from "../../hub/cli/hub.js";
import { readAnswer, toAskRequest } from "../../proto/operator.js";

const PERIOD_MS = 400;

export class Shift {
  readonly #hub: Hub;
  readonly #tasks: Iterator<string[][]>;
  readonly #waiting: number;
  #timer: NodeJS.Timeout | null = null;
  #pending: { readonly stops: readonly { readonly destinations: readonly string[] }[]; asked: boolean } | null = null;
  #number = 0;
  #asking = false;
  submitted = 0;

  constructor(options: { readonly hub: Hub; readonly tasks: Iterator<string[][]>; readonly waiting: number }) {
    this.#hub = options.hub;
    this.#tasks = options.tasks;
    this.#waiting = options.waiting;
  }

  /** `waitingNow` tells how many tasks wait at the hub; null while it is not known. */
  start(waitingNow: () => number | null): void {
    this.#timer = setInterval(() => void this.#step(waitingNow()), PERIOD_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #step(waiting: number | null): Promise<void> {
    if (this.#asking || waiting === null) return;
    this.#asking = true;
    try {
      for (let room = this.#waiting - waiting; room > 0; room -= 1) await this.#submit();
    } catch {
      // the hub is away: the same task is asked for again
    } finally {
      this.#asking = false;
    }
  }

  async #submit(): Promise<void> {
    if (this.#pending === null) {
      const next = this.#tasks.next();
      if (next.done === true) return;
      this.submitted += 1;
      this.#number += 1;
      this.#pending = { stops: next.value.map((destinations) => ({ destinations })), asked: false };
    }
    const { stops, asked } = this.#pending;
    this.#pending.asked = true;
    const act = { operator: "shift", reason: "simulated shift" };
    const ask = { kind: "submitTask", act, fleet: "", dwellMs: 0, task: `t${this.#number}`, stops } as const;
    const taken = await this.#ask(toAskRequest(ask));
    // A name that an earlier run in the same data directory has used: the next one is tried for the same stops.
    if (taken === "used" || (taken === "existed" && !asked)) {
      this.#number += 1;
      this.#pending.asked = false;
    } else this.#pending = null;
  }

  /** Throws when the hub is away, so that the same is asked again. */
  async #ask(request: object): Promise<"new" | "existed" | "used"> {
    try {
      const { existed } = await this.#hub.ask("SubmitTask", request, readAnswer.submitTask);
      return existed ? "existed" : "new";
    } catch (cause) {
      if (cause instanceof CliFailure && cause.code === "TASK_DIFFERS") return "used";
      throw cause;
    }
  }
}
