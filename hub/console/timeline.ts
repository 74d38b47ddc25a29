// The ledger as a line that can be dragged: the map shows the site as it was after the event under the handle, and says
// so until somebody goes back to now. What the ledger does not tell is said, not guessed.

import type { PastSite } from "../../proto/console.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { isRefused } from "./api.js";
import { coloursOf } from "./colours.js";
import { byId, el, setText } from "./dom.js";
import { eventRow } from "./event-row.js";
import { weightOf } from "./events.js";
import { pastText } from "./figures.js";
import type { Notices } from "./notices.js";
import type { Store } from "./store.js";
import { several } from "./words.js";

const SHOWN = 200;
const ASK_MS = 150;
/** A long ledger is read beside all else; what was read once is quick. */
const REBUILD_MS = 60_000;

export class Timeline {
  readonly #store: Store;
  readonly #notices: Notices;
  readonly #slider = byId("scrub") as HTMLInputElement;
  readonly #where = byId("scrub-where");
  readonly #list = byId("events");
  readonly #marks = byId("marks") as HTMLCanvasElement;
  readonly #banner = byId("past");
  readonly #bannerText = byId("past-text");
  #held = false; // the handle is in the past
  #asking: number | null = null;
  #shownFor = "";
  #pastEvents: LedgerEvent[] = [];

  constructor(store: Store, notices: Notices) {
    this.#store = store;
    this.#notices = notices;
    this.#slider.addEventListener("input", () => this.goTo(Number(this.#slider.value)));
    byId("now").addEventListener("click", () => this.now());
    byId("step-back").addEventListener("click", () => this.step(-1));
    byId("step-on").addEventListener("click", () => this.step(1));
    store.onChange(() => this.show());
  }

  get #count(): number {
    return this.#store.view?.site.events ?? 0;
  }

  step(by: number): void {
    this.goTo(Math.max(1, (this.#held ? Number(this.#slider.value) : this.#count) + by));
  }

  now(): void {
    this.#held = false;
    this.#store.past = null;
    this.#pastEvents = [];
    this.#store.changed();
  }

  goTo(sequence: number): void {
    if (sequence >= this.#count) return this.now();
    this.#held = true;
    this.#slider.value = String(sequence);
    setText(this.#where, `event ${sequence}, reading`);
    if (this.#asking !== null) clearTimeout(this.#asking);
    this.#asking = setTimeout(() => void this.#ask(sequence), ASK_MS);
  }

  async #ask(sequence: number): Promise<void> {
    const around = { from: Math.max(1, sequence - SHOWN / 2), most: SHOWN };
    try {
      const [found, near] = await Promise.all([
        this.#store.api.get<PastSite>("past", { event: sequence }, REBUILD_MS),
        this.#store.api.get<{ readonly events: LedgerEvent[] }>("events", around),
      ]);
      if (!this.#held || Number(this.#slider.value) !== sequence) return;
      if (isRefused(found)) {
        if (found.code === "SUPERSEDED")
          this.goTo(sequence); // by somebody else's question
        else this.#notices.tell(`Cannot look back: ${found.message}`, "refused");
        return;
      }
      setText(this.#where, `event ${sequence}`);
      this.#store.past = found;
      this.#pastEvents = isRefused(near) ? [] : near.events;
      this.#store.changed();
    } catch (cause) {
      this.#notices.tell(`Cannot look back: the hub was not reached (${(cause as Error).message})`, "refused");
    }
  }

  show(): void {
    const { past } = this.#store;
    const count = this.#count;
    if (this.#slider.max !== String(count)) this.#slider.max = String(count);
    if (!this.#held) {
      this.#slider.value = String(count);
      setText(this.#where, `now, ${several(count, "event")}`);
    }
    this.#banner.hidden = past === null;
    document.body.classList.toggle("looking-back", past !== null);
    if (past !== null) setText(this.#bannerText, pastText(past));
    byId("past-list").hidden = past === null;
    const events = past === null ? this.#store.events.all.slice(-SHOWN) : this.#pastEvents;
    const key = `${events[0]?.sequence}-${events.at(-1)?.sequence}-${past?.sequence}`;
    if (key === this.#shownFor) return;
    this.#shownFor = key;
    this.#drawMarks();
    if (past !== null) byId("past-list").replaceChildren(...pastList(past));
    const at = past?.sequence;
    const rows = [...events].reverse().map((event) => {
      const row = eventRow(event, () => this.goTo(event.sequence));
      if (event.sequence === at) row.setAttribute("aria-current", "true");
      return row;
    });
    this.#list.replaceChildren(...rows);
    this.scrollToEvent();
  }

  /** To be called when the list comes into sight. */
  scrollToEvent(): void {
    this.#list.querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
  }

  /** Falls, ceilings and lapses along the line, as far back as this page has seen events. */
  #drawMarks(): void {
    const context = this.#marks.getContext("2d");
    if (context === null) return;
    const { clientWidth: width, clientHeight: height } = this.#marks;
    this.#marks.width = width * devicePixelRatio;
    this.#marks.height = height * devicePixelRatio;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const { lost, text } = coloursOf(["lost", "text"]);
    const colours = {
      good: "",
      plain: "",
      bad: lost,
      person: text,
    };
    const most = Math.max(1, this.#count - 1);
    for (const event of this.#store.events.all) {
      const weight = weightOf(event);
      if (colours[weight] === "") continue;
      context.fillStyle = colours[weight];
      const x = 8 + ((width - 16) * (event.sequence - 1)) / most;
      if (weight === "bad") context.fillRect(x - 0.5, 0, 1.5, height);
      else context.fillRect(x - 1, height / 2, 2.5, height / 2);
    }
  }
}

/** The site as it was, for whoever cannot see the map. */
export function pastList(past: PastSite): HTMLElement[] {
  const lines = [
    ...past.ceilings.map(({ robot, fleet, rung, operator, reason }) => {
      const of = robot !== "" ? robot : fleet === "" ? "site" : `fleet ${fleet}`;
      return `${of} at most ${rung} by ${operator}: ${reason}`;
    }),
    ...past.modes.map(
      ({ robot, fleet, rung, cause }) => `${robot === "" ? `fleet ${fleet}` : robot} ${rung} by ${cause}`,
    ),
    ...past.places.map(
      ({ id, robot, token, lapsed }) => `${id} held by ${robot}, token ${token}${lapsed ? ", lapsed" : ""}`,
    ),
    ...past.tasks.filter(({ robot }) => robot !== "").map(({ id, robot }) => `task ${id} with ${robot}`),
    `${several(past.tasks.filter(({ robot }) => robot === "").length, "task")} waiting for a robot`,
  ];
  return lines.map((line) => el("li", {}, line));
}
