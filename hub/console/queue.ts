// What waits for a person, in one list, oldest first, each with its safe default and with the acts that can answer it.

import type { DecisionView } from "../../proto/operator-views.js";
import { byId, el, Rows, setText } from "./dom.js";
import type { ModeControl } from "./mode-control.js";
import type { Store } from "./store.js";
import { ageText } from "./words.js";

export class Queue {
  readonly #store: Store;
  readonly #modes: ModeControl;
  readonly #rows: Rows<DecisionView>;

  constructor(store: Store, modes: ModeControl) {
    this.#store = store;
    this.#modes = modes;
    this.#rows = new Rows(byId("queue"), (id) => this.#row(id));
    store.onChange(() => this.show());
  }

  show(): void {
    const decisions = this.#store.view?.site.decisions ?? [];
    const badge = byId("queue-count");
    setText(badge, decisions.length === 0 ? "" : String(decisions.length));
    byId("queue-empty").hidden = decisions.length > 0;
    if (byId("panel-queue").hidden) return;
    const oldest = [...decisions].sort((a, b) => b.waitingMs - a.waitingMs);
    this.#rows.show(oldest.map((decision) => [`${decision.id} ${decision.question}`, decision]));
  }

  #row(key: string) {
    const [subject, question, meta, acts] = [el("b"), el("span"), el("small"), el("div", { class: "buttons" })];
    let made = "";
    const update = (decision: DecisionView): void => {
      setText(subject, decision.subject);
      setText(question, decision.question);
      setText(meta, `waiting for ${ageText(decision.waitingMs)}; until answered: ${decision.safeDefault}`);
      if (made === decision.question) return;
      made = decision.question;
      acts.replaceChildren(...this.#buttons(decision));
    };
    return { element: el("li", { "data-decision": key }, subject, question, meta, acts), update };
  }

  /** By what the decision is about: a robot, a place or a fleet. */
  #buttons({ subject }: DecisionView): HTMLElement[] {
    const { site } = this.#store;
    const button = (label: string, click: () => void) => el("button", { type: "button", click }, label);
    if (site.robots.some(({ id }) => id === subject)) {
      return [
        button("Show", () => this.#store.select(subject)),
        button("Clear…", () => this.#modes.clear({ robot: subject })),
        button("It is off the floor…", () => this.#modes.absent(subject)),
      ];
    }
    if (site.destinations.some(({ id }) => id === subject))
      return [button("It is empty…", () => this.#modes.freePlace(subject))];
    if (site.fleets.some(({ id }) => id === subject))
      return [button("Clear the fleet…", () => this.#modes.clear({ fleet: subject }))];
    return [];
  }
}
