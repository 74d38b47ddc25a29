// What the page has to say after an act: the last few sentences, read aloud by a screen reader, gone after a while or
// by a click. A refusal stays until it is put away.

import { byId, el } from "./dom.js";

const SHOWN_MS = 8000;
const SHOWN_MOST = 4;

export class Notices {
  readonly #list = byId("notices");

  tell(words: string, kind: "done" | "refused"): void {
    const notice = el("li", { class: kind }, el("span", {}, words));
    notice.append(el("button", { type: "button", "aria-label": "put away", click: () => notice.remove() }, "×"));
    this.#list.append(notice);
    while (this.#list.children.length > SHOWN_MOST) this.#list.firstElementChild?.remove();
    if (kind === "done") setTimeout(() => notice.remove(), SHOWN_MS);
  }
}
