// The mode control: halt for robot, fleet and site at once; lower and clear with a reason. All of them ask the hub;
// what is in force is read from the hub's views, never remembered here.

import { type Acts, type AskScope, scopeName } from "./acts.js";
import { openForm } from "./dialogs.js";
import { byId } from "./dom.js";
import type { Store } from "./store.js";

export class ModeControl {
  readonly #store: Store;
  readonly #acts: Acts;

  constructor(store: Store, acts: Acts) {
    this.#store = store;
    this.#acts = acts;
    byId("halt-site").addEventListener("click", () => this.haltSite());
    byId("mode").addEventListener("click", () => this.choose());
  }

  haltSite(): void {
    void this.#acts.halt({ site: true });
  }

  /** No-op without a selected robot. */
  haltRobot(): void {
    if (this.#store.selected !== "") void this.#acts.halt({ robot: this.#store.selected });
  }

  haltFleet(): void {
    const fleet = this.#store.view?.robots[this.#store.selected]?.fleet ?? this.#onlyFleet;
    if (fleet !== "") void this.#acts.halt({ fleet });
  }

  get #onlyFleet(): string {
    const [first, second] = this.#store.site.fleets;
    return first !== undefined && second === undefined ? first.id : "";
  }

  lower(scope: AskScope): void {
    const rung = {
      name: "rung",
      label: "At most",
      choices: [
        ["REACTIVE_ONLY", "REACTIVE_ONLY: slow, by its sensors; nothing new"],
        ["CONFIRM", "CONFIRM: hold"],
        ["HALT", "HALT: stand"],
      ] as const,
    };
    openForm({
      title: `Lower ${scopeName(scope)}`,
      fields: [rung, { name: "reason", label: "Reason" }],
      submit: "Lower now",
      onSubmit: ({ rung: found = "", reason = "" }) => this.#acts.lower(scope, found, reason),
    });
  }

  clear(scope: AskScope): void {
    const whole = "robot" in scope ? "" : " Latches of single robots stay: look at each robot and clear it there.";
    const latch = "robot" in scope ? " or of what this robot has latched" : "";
    openForm({
      title: `Clear ${scopeName(scope)}`,
      says: `Lets go of one ceiling${latch}. Look first.${whole}`,
      fields: [{ name: "reason", label: "What you saw, and why it may go on" }],
      submit: "Clear",
      onSubmit: ({ reason = "" }) => this.#acts.clear(scope, reason),
    });
  }

  absent(robot: string): void {
    openForm({
      title: `State that ${robot} is off the floor`,
      says: "Its places are then no longer kept for it. Say this only after you have seen the robot.",
      fields: [
        { name: "seen", label: "Where it is instead, as you saw it" },
        { name: "reason", label: "Reason" },
      ],
      submit: "State it",
      onSubmit: ({ seen = "", reason = "" }) =>
        this.#acts.ask(`${robot} is off the floor`, "stateAbsent", { robot, seen }, reason),
    });
  }

  /** It finishes what it has in hand and takes nothing more; or is taken back into service. */
  drain(robot: string, isDrained: boolean): void {
    const verb = isDrained ? "Take back into service" : "Drain";
    openForm({
      title: `${verb}: ${robot}`,
      says: isDrained ? "It takes tasks again." : "It finishes what it has in hand, and then takes nothing more.",
      fields: [{ name: "reason", label: "Reason" }],
      submit: verb,
      onSubmit: ({ reason = "" }) =>
        this.#acts.ask(`${verb.toLowerCase()}: ${robot}`, isDrained ? "undrainRobot" : "drainRobot", { robot }, reason),
    });
  }

  /** For a fleet or the whole site. */
  choose(): void {
    const scopes = [["site", "the whole site"], ...this.#store.site.fleets.map(({ id }) => [id, `fleet ${id}`])];
    openForm({
      title: "Mode of fleet or site",
      fields: [
        { name: "scope", label: "Of", choices: scopes as [string, string][] },
        {
          name: "what",
          label: "Do",
          choices: [
            ["REACTIVE_ONLY", "lower to REACTIVE_ONLY"],
            ["CONFIRM", "lower to CONFIRM"],
            ["HALT", "lower to HALT"],
            ["clear", "clear one ceiling"],
          ],
        },
        { name: "reason", label: "Reason" },
      ],
      submit: "Do it",
      onSubmit: ({ scope = "", what = "", reason = "" }) => {
        const of: AskScope = scope === "site" ? { site: true } : { fleet: scope };
        return what === "clear" ? this.#acts.clear(of, reason) : this.#acts.lower(of, what, reason);
      },
    });
  }
}
