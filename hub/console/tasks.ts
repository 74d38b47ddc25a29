// Tasks: what waits, runs and has ended, asked again while the list is in sight; to submit one and to cancel one.

import type { TaskView } from "../../proto/operator-views.js";
import type { Acts } from "./acts.js";
import { isRefused } from "./api.js";
import { openForm } from "./dialogs.js";
import { byId, el, Rows, setText } from "./dom.js";
import { stopsOf, stopsText } from "./figures.js";
import type { Store } from "./store.js";
import { ageText } from "./words.js";

const ASK_MS = 1000;
const ROWS_MOST = 300;

export class Tasks {
  readonly #store: Store;
  readonly #acts: Acts;
  readonly #rows: Rows<TaskView>;
  readonly #ended = byId("tasks-ended") as HTMLInputElement;
  readonly #counts = byId("task-counts");

  constructor(store: Store, acts: Acts) {
    this.#store = store;
    this.#acts = acts;
    this.#rows = new Rows(byId("tasks"), (id) => this.#row(id));
    byId("task-add").addEventListener("click", () => this.#add());
    this.#ended.addEventListener("change", () => void this.#ask());
    store.onChange(() => this.#showCounts());
    setInterval(() => void this.#ask(), ASK_MS);
  }

  /** To be called when the list comes into sight. */
  async shown(): Promise<void> {
    await this.#ask();
  }

  #showCounts(): void {
    const tasks = this.#store.view?.site.tasks;
    if (tasks === undefined) return;
    const { waiting, active, done, failed, cancelled } = tasks;
    setText(
      this.#counts,
      `${waiting} waiting, ${active} active, ${done} done, ${failed} failed, ${cancelled} cancelled`,
    );
  }

  async #ask(): Promise<void> {
    if (byId("panel-tasks").hidden || document.hidden) return;
    const all = this.#ended.checked ? 1 : 0;
    const found = await this.#store.api
      .get<{ readonly tasks: readonly TaskView[]; readonly leftOut: number }>("tasks", { all })
      .catch(() => null);
    if (found === null || isRefused(found)) return;
    const order: readonly string[] = ["ACTIVE", "WAITING", "TASK_FAILED", "CANCELLED", "DONE"];
    const sorted = [...found.tasks].sort((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase));
    const shown = sorted.slice(0, ROWS_MOST);
    this.#rows.show(shown.map((task) => [task.id, task]));
    const leftOut = found.leftOut + sorted.length - shown.length;
    setText(byId("tasks-left-out"), leftOut === 0 ? "" : `${leftOut} more are not shown here`);
  }

  #row(id: string) {
    const [phase, where, stops, age] = [el("span"), el("span"), el("span"), el("span")];
    const cancel = el("button", { type: "button", click: () => this.#cancel(id) }, "Cancel…");
    const element = el("li", {}, el("b", {}, id), phase, where, stops, age, cancel);
    const update = (task: TaskView): void => {
      phase.className = `phase ${task.phase}`;
      setText(phase, PHASES[task.phase]);
      setText(where, task.robot === "" ? task.detail : `${task.robot} → ${task.destination || "between stops"}`);
      setText(stops, stopsText(task));
      setText(age, `${ageText(task.acceptedAgoMs)}, ${task.operator}`);
      cancel.hidden = task.phase !== "WAITING" && task.phase !== "ACTIVE";
    };
    return { element, update };
  }

  #cancel(task: string): void {
    openForm({
      title: `Cancel task ${task}`,
      fields: [{ name: "reason", label: "Reason" }],
      submit: "Cancel the task",
      onSubmit: ({ reason = "" }) => this.#acts.ask(`cancel task ${task}`, "cancelTask", { task }, reason),
    });
  }

  #add(): void {
    const { destinations, fleets } = this.#store.site;
    openForm({
      title: "A new task",
      says: "Stops in order, each after a blank; alternatives of one stop with commas: p1e-1 pack-1,pack-2",
      fields: [
        { name: "stops", label: "Stops", list: destinations.map(({ id }) => id) },
        {
          name: "fleet",
          label: "Fleet",
          choices: [["", "any"], ...fleets.map(({ id }) => [id, id] as const)],
          optional: true,
        },
        { name: "reason", label: "Reason" },
      ],
      submit: "Submit",
      onSubmit: ({ stops = "", fleet = "", reason = "" }) => {
        const request = { task: "", fleet, dwellMs: 0, stops: stopsOf(stops) };
        return this.#acts.ask(`task to ${stops}`, "submitTask", request, reason);
      },
    });
  }
}

const PHASES: Readonly<Record<TaskView["phase"], string>> = {
  WAITING: "waiting",
  ACTIVE: "active",
  DONE: "done",
  TASK_FAILED: "failed",
  CANCELLED: "cancelled",
};
