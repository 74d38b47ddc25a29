// The robots, whoever needs attention first: what is the matter, since when, and what is done about it, in the row
// itself. The order settles once a second, so that rows do not jump under the pointer.

import type { LiveRobot } from "../../proto/console.js";
import { byNeed, type Need, needOf } from "./attention.js";
import { byId, el, Rows, setAttribute, setText } from "./dom.js";
import type { Store } from "./store.js";
import { ageText, SHORT, several } from "./words.js";

const SORT_MS = 1000;

interface Shown {
  readonly robot: LiveRobot;
  readonly need: Need;
  readonly selected: boolean;
}

export class FleetList {
  readonly #store: Store;
  readonly #rows: Rows<Shown>;
  readonly #filter = byId("filter") as HTMLInputElement;
  readonly #count = byId("robot-count");
  #order: string[] = [];
  #sortedMs = Number.NEGATIVE_INFINITY;

  constructor(store: Store, onShow: (robot: string) => void) {
    this.#store = store;
    this.#rows = new Rows(byId("robots"), (id) =>
      row(
        id,
        () => this.#store.select(id),
        () => onShow(id),
      ),
    );
    store.onChange(() => this.show());
    this.#filter.addEventListener("input", () => this.#sortNow());
    byId("robots").addEventListener("keydown", (event) => this.#key(event as KeyboardEvent));
  }

  show(): void {
    const { view, site, selected } = this.#store;
    if (view === null) return;
    const { isStale } = this.#store;
    const seen = { site, isStale, viewAgeMs: this.#store.viewAgeMs(), wallMs: this.#store.wallMs() };
    const needs = new Map(Object.values(view.robots).map((robot) => [robot.id, needOf(robot, seen)]));
    const nowMs = performance.now();
    if (nowMs - this.#sortedMs > SORT_MS) {
      this.#sortedMs = nowMs;
      this.#order = [...needs.values()].sort(byNeed).map(({ id }) => id);
    }
    const wanted = this.#filter.value.trim().toLowerCase();
    const shown = this.#order.flatMap((id): [string, Shown][] => {
      const [robot, need] = [view.robots[id], needs.get(id)];
      if (robot === undefined || need === undefined || !matches(robot, need, wanted)) return [];
      return [[id, { robot, need, selected: id === selected }]];
    });
    this.#rows.show(shown);
    const needy = [...needs.values()].filter(({ level }) => level >= 2).length;
    const asOf = this.#store.past === null ? "" : "As of now, not of the past: ";
    const wants = needy === 0 ? "none needs" : needy === 1 ? "1 needs" : `${needy} need`;
    setText(this.#count, `${asOf}${several(needs.size, "robot")}, ${wants} attention`);
  }

  #sortNow(): void {
    this.#sortedMs = Number.NEGATIVE_INFINITY;
    this.show();
  }

  focusFilter(): void {
    this.#filter.focus();
    this.#filter.select();
  }

  /** Selects the next or the one before. */
  step(by: 1 | -1): void {
    const buttons = [...byId("robots").querySelectorAll<HTMLElement>("button.robot")];
    const at = buttons.findIndex((button) => button.dataset.robot === this.#store.selected);
    const next = buttons[Math.max(0, Math.min(buttons.length - 1, at < 0 ? 0 : at + by))];
    if (next?.dataset.robot === undefined) return;
    this.#store.select(next.dataset.robot);
    next.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.step(event.key === "ArrowDown" ? 1 : -1);
  }
}

function matches(robot: LiveRobot, need: Need, wanted: string): boolean {
  if (wanted === "") return true;
  const text = `${robot.id} ${robot.fleet} ${robot.rung} ${robot.task} ${robot.destination} ${need.freshness.verdict}`;
  return text.toLowerCase().includes(wanted);
}

function row(id: string, onSelect: () => void, onShow: () => void) {
  const [name, chip, age, why, doing] = [el("b"), el("span"), el("span"), el("span"), el("span")];
  age.className = "age";
  why.className = "why";
  doing.className = "doing";
  name.textContent = id;
  const button = el(
    "button",
    { type: "button", class: "robot", "data-robot": id, click: onSelect, dblclick: onShow },
    ...[name, chip, doing, age, why],
  );
  const element = el("li", {}, button);
  const update = ({ robot, need, selected }: Shown): void => {
    chip.className = `chip ${robot.rung}`;
    setText(chip, SHORT[robot.rung]);
    const { verdict, ageMs } = need.freshness;
    age.className = `age ${verdict}`;
    setText(age, `${verdict} ${ageText(ageMs)}`);
    setText(why, need.why);
    setText(doing, doingText(robot, verdict === "fresh"));
    setAttribute(button, "aria-pressed", String(selected));
    const level = need.level >= 6 ? "urgent" : need.level >= 2 ? "care" : "well";
    if (element.className !== level) element.className = level;
  };
  return { element, update };
}

/** What it does; of a robot that is not fresh, that this was its last word. */
function doingText({ activity, destination, absent }: LiveRobot, fresh: boolean): string {
  if (absent) return "away";
  const words = activity === "" ? "not told" : activity;
  const goal = destination === "" ? words : `${words} → ${destination}`;
  return fresh ? goal : `last: ${goal}`;
}
