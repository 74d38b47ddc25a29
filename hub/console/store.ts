// What the page knows: the newest view with the clock to judge its age, the events seen, what is selected, and, when
// somebody looks back, the site as it was. Parts of the page subscribe to what they show.

import {
  type ConsoleSite,
  type Frame,
  type LiveRobot,
  type LiveView,
  PAGE_STALE_MS,
  type PastSite,
  withFrame,
} from "../../proto/console.js";
import { HubClock, PageClock } from "./ages.js";
import type { Api } from "./api.js";
import { EventList } from "./event-list.js";

export class Store {
  readonly api: Api;
  readonly clock = new HubClock();
  readonly #pageClock = new PageClock({ monotonicMs: performance.now(), wallMs: Date.now() });
  readonly #listeners = new Set<() => void>();
  site: ConsoleSite;
  view: LiveView | null = null;
  frames = 0;
  readonly events = new EventList();
  past: PastSite | null = null;
  selected = "";
  operator = "";
  /** Why there is no stream, in words; "" while there is one. */
  trouble = "";

  constructor(api: Api, site: ConsoleSite) {
    this.api = api;
    this.site = site;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (cause) {
        reportError(cause); // one part that fails must not keep the others, a halt among them, from what is new
      }
    }
  }

  /** The page's clock, ms. */
  nowMs(): number {
    return this.#pageClock.read({ monotonicMs: performance.now(), wallMs: Date.now() });
  }

  take(frame: Frame): void {
    this.view = withFrame(this.view, frame);
    this.frames += 1;
    this.events.add(frame.events);
    this.changed();
  }

  /** How old the shown view is by now, at the most; infinite without one. */
  viewAgeMs(): number {
    return this.view === null ? Number.POSITIVE_INFINITY : this.clock.sinceMs(this.view.site.nowMs, this.nowMs());
  }

  get isStale(): boolean {
    return this.viewAgeMs() > PAGE_STALE_MS;
  }

  /** The hub's wall clock by now. */
  wallMs(): number {
    const ageMs = this.viewAgeMs();
    return (this.view?.site.wallMs ?? 0) + (Number.isFinite(ageMs) ? ageMs : 0);
  }

  get robots(): readonly LiveRobot[] {
    return this.view === null ? [] : Object.values(this.view.robots);
  }

  select(robot: string): void {
    this.selected = robot;
    this.changed();
  }
}
