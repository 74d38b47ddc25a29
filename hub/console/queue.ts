// What waits for a person, in one list, what expires first on top: why it is asked, what is known, until when, and what
// holds when nobody answers. An answer names the version that was shown here; the hub refuses it when that has changed.

import type { DecisionView } from "../../proto/operator-views.js";
import { choiceOf, SAFE_DEFAULT } from "../../proto/questions.js";
import type { Acts } from "./acts.js";
import { openForm } from "./dialogs.js";
import { byId, el, Rows, setText } from "./dom.js";
import type { Store } from "./store.js";
import { ageText, leftText } from "./words.js";

export class Queue {
  readonly #store: Store;
  readonly #acts: Acts;
  readonly #rows: Rows<DecisionView>;

  constructor(store: Store, acts: Acts) {
    this.#store = store;
    this.#acts = acts;
    this.#rows = new Rows(byId("queue"), (id) => this.#row(id));
    store.onChange(() => this.show());
  }

  show(): void {
    const decisions = this.#store.view?.site.decisions ?? [];
    const badge = byId("queue-count");
    setText(badge, decisions.length === 0 ? "" : String(decisions.length));
    byId("queue-empty").hidden = decisions.length > 0;
    if (byId("panel-queue").hidden) return;
    this.#rows.show(decisions.map((decision) => [decision.id, decision])); // in the hub's order
  }

  #row(id: string) {
    const [subject, question, meta] = [el("b"), el("span"), el("small")];
    const [why, evidence, acts] = [el("p"), el("ul", { class: "evidence" }), el("div", { class: "buttons" })];
    let made = 0;
    const update = (decision: DecisionView): void => {
      const passedMs = this.#store.viewAgeMs();
      const leftMs = Math.max(0, decision.deadlineLeftMs - passedMs);
      const waited = ageText(decision.waitingMs + passedMs);
      setText(meta, `${id}, waiting for ${waited}; in ${leftText(leftMs)} without an answer: ${decision.safeDefault}`);
      evidence.replaceChildren(...decision.evidence.map((line) => el("li", {}, line)));
      if (made === decision.version) return;
      made = decision.version;
      setText(subject, decision.subject);
      setText(question, decision.question);
      setText(why, decision.why);
      acts.replaceChildren(...this.#buttons(decision));
    };
    return { element: el("li", { "data-decision": id }, subject, question, why, evidence, meta, acts), update };
  }

  #buttons(decision: DecisionView): HTMLElement[] {
    const button = (label: string, title: string, click: () => void) =>
      el("button", { type: "button", title, click }, label);
    const robot = decision.subject.replace(/^robot\//, "");
    const isRobot = this.#store.site.robots.some(({ id }) => id === robot);
    return [
      ...(isRobot ? [button("Show", "the robot on the map", () => this.#store.select(robot))] : []),
      ...decision.choices.map((choice) =>
        button(`${choice}…`, choiceOf(decision.id, choice)?.says ?? "", () => this.#answer(decision, choice)),
      ),
    ];
  }

  #answer({ id: question, subject, version, question: asks }: DecisionView, choice: string): void {
    const known = choiceOf(question, choice);
    const seen = { name: "seen", label: "What you saw there" };
    openForm({
      title: `${subject}: ${choice}`,
      says: `${asks} ${choice}: ${known?.says ?? "nothing is known of this choice"}.`,
      fields: [
        ...(known?.isSeen === true ? [seen] : []),
        { name: "reason", label: "Reason", value: choice === SAFE_DEFAULT ? "it stays as it is" : "" },
      ],
      submit: "Answer",
      onSubmit: ({ seen: said = "", reason = "" }) =>
        this.#acts.ask(`${subject}: ${choice}`, "answer", { question, version, choice, seen: said }, reason),
    });
  }
}
