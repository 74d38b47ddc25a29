// What stands above everything else: that the page itself is stale and since when, what is wrong with the whole site,
// and which ceilings of people are in force, so that nobody forgets one.

import { byId, el, setText } from "./dom.js";
import type { Store } from "./store.js";
import { ageText, clockText, leftText, several } from "./words.js";

const CEILINGS_MOST = 4;

export class Banner {
  readonly #store: Store;
  readonly #stale = byId("stale");
  readonly #site = byId("site-notes");
  #key = "";

  constructor(store: Store) {
    this.#store = store;
    store.onChange(() => this.show());
  }

  show(): void {
    const { isStale, view, trouble } = this.#store;
    this.#stale.hidden = !isStale;
    document.body.classList.toggle("page-stale", isStale);
    if (isStale) setText(this.#stale, this.#staleText());
    const live = byId("live");
    setText(live, isStale ? "STALE" : "live");
    live.className = isStale ? "chip stale" : "chip live";
    if (view === null) return;
    const { site, epoch, upMs } = view.site;
    setText(byId("site-name"), site);
    setText(byId("site-epoch"), `epoch ${epoch}, up ${leftText(upMs)}`);
    document.title = `${isStale ? "STALE " : ""}${site} - Drover`;
    const notes = [...this.#notes(), ...(trouble === "" || isStale ? [] : [trouble])];
    const key = notes.join("\n");
    if (key === this.#key) return;
    this.#key = key;
    this.#site.replaceChildren(...notes.map((note) => el("li", {}, note)));
  }

  #staleText(): string {
    const { trouble, view } = this.#store;
    const why = trouble === "" ? "The hub sends nothing." : trouble;
    if (view === null) return `This page has no view of the site. ${why}`;
    const since = clockText(view.site.wallMs);
    const ago = ageText(this.#store.viewAgeMs());
    return `This page is stale: its last view of the site is of ${since}, ${ago} ago. ${why} Nothing here is live.`;
  }

  #notes(): string[] {
    const { view } = this.#store;
    if (view === null) return [];
    const { restartWaitMs, grantsFrozen, fleets } = view.site;
    const notes: string[] = [];
    if (restartWaitMs > 0)
      notes.push(`The hub has started again: nothing inherited is given away for ${leftText(restartWaitMs)}.`);
    if (grantsFrozen) notes.push("Grants are frozen: too many robots went stale at once. Suspect the network first.");
    for (const { id, rung, stale } of fleets)
      if (rung !== "AUTONOMOUS") notes.push(`Fleet ${id} is at most ${rung}; ${several(stale, "robot")} stale.`);
    return [...notes, ...this.#ceilings()];
  }

  /** What operators have imposed, with their words, and on how many robots. */
  #ceilings(): string[] {
    const found = new Map<string, string[]>();
    for (const { id, causes } of this.#store.robots)
      for (const { name, rung, detail } of causes)
        if (name === "operator") {
          const key = `${rung} in force, ${detail === "" ? "no reason told" : detail}`;
          found.set(key, [...(found.get(key) ?? []), id]);
        }
    const lines = [...found].map(([key, ids]) => {
      const whom = ids.length > 3 ? several(ids.length, "robot") : ids.join(", ");
      return `${key}: ${whom}. It stays until somebody clears it.`;
    });
    const more = lines.length - CEILINGS_MOST;
    return more > 0 ? [...lines.slice(0, CEILINGS_MOST), `and ${more} more ceilings`] : lines;
  }
}
