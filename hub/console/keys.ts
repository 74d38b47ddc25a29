// The keys of the page. The halts work everywhere, also while somebody types; the others only outside of fields.

import { byId } from "./dom.js";
import type { FleetList } from "./fleet-list.js";
import type { SiteMap } from "./map.js";
import type { ModeControl } from "./mode-control.js";
import { PANELS, type Tabs } from "./tabs.js";
import type { Timeline } from "./timeline.js";

export interface KeyParts {
  readonly list: FleetList;
  readonly map: SiteMap;
  readonly modes: ModeControl;
  readonly tabs: Tabs;
  readonly timeline: Timeline;
  readonly theme: () => void;
}

export function bindKeys({ list, map, modes, tabs, timeline, theme }: KeyParts): void {
  const help = byId("help") as HTMLDialogElement;
  byId("help-open").addEventListener("click", () => help.showModal());
  const halts: Readonly<Record<string, () => void>> = {
    F8: () => modes.haltSite(),
    F9: () => modes.haltRobot(),
    "shift F9": () => modes.haltFleet(),
  };
  const others: Readonly<Record<string, () => void>> = {
    ...{ "/": () => list.focusFilter(), j: () => list.step(1), k: () => list.step(-1) },
    ...{ "+": () => map.zoom(1.25), "-": () => map.zoom(0.8), "0": () => map.fit() },
    ...{ "[": () => timeline.step(-1), "]": () => timeline.step(1), n: () => timeline.now() },
    ...{ m: () => modes.choose(), t: () => theme(), "?": () => help.showModal() },
    ...Object.fromEntries(PANELS.map((name, at) => [String(at + 1), () => tabs.open(name)])),
  };
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const halt = halts[`${event.shiftKey ? "shift " : ""}${event.key}`];
    const typing = (event.target as HTMLElement).closest("input, select, textarea, dialog") !== null;
    const act = halt ?? (typing ? undefined : others[event.key]);
    if (act === undefined || event.repeat) return;
    event.preventDefault();
    act();
  });
}
