// The panels at the right, one at a time, by the usual keys of tabs.

import { byId } from "./dom.js";

export const PANELS = ["card", "tasks", "queue", "events", "health"] as const;
export type Panel = (typeof PANELS)[number];

export class Tabs {
  readonly #onOpen: (name: Panel) => void;

  constructor(onOpen: (name: Panel) => void) {
    this.#onOpen = onOpen;
    for (const name of PANELS) {
      const tab = byId(`tab-${name}`);
      tab.addEventListener("click", () => this.open(name));
      tab.addEventListener("keydown", (event) => {
        const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        const next = PANELS[(PANELS.indexOf(name) + by + PANELS.length) % PANELS.length];
        if (by === 0 || next === undefined) return;
        this.open(next);
        byId(`tab-${next}`).focus();
      });
    }
  }

  open(name: Panel): void {
    for (const one of PANELS) {
      byId(`panel-${one}`).hidden = one !== name;
      byId(`tab-${one}`).setAttribute("aria-selected", String(one === name));
      byId(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    }
    this.#onOpen(name);
  }
}
