// Tasks: what waits, runs and has ended, asked again while the list is in sight; to submit one and to cancel one.

import { PRIORITY_USUAL } from "../../proto/ledger.js";
import type { TaskView } from "../../proto/operator-views.js";
import type { Acts } from "./acts.js";
import { isRefused } from "./api.js";
import { openForm, openStory } from "./dialogs.js";
import { byId, el, Rows, setText } from "./dom.js";
import { stopsOf, stopsText } from "./figures.js";
import type { Store } from "./store.js";
import { ageText, leftText } from "./words.js";

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
    const button = (label: string, click: () => void) => el("button", { type: "button", click }, label);
    const why = button("Why?", () => void this.#why(id));
    const pause = button("Pause…", () => this.#say(id, "pauseTask", "Pause"));
    const resume = button("Resume…", () => this.#say(id, "resumeTask", "Resume"));
    const cancel = button("Cancel…", () => this.#say(id, "cancelTask", "Cancel"));
    const buttons = el("div", { class: "buttons" }, why, pause, resume, cancel);
    const element = el("li", {}, el("b", {}, id), phase, where, stops, age, buttons);
    const update = (task: TaskView): void => {
      phase.className = `phase ${task.phase}`;
      setText(phase, PHASES[task.phase]);
      setText(where, task.robot === "" ? task.detail : `${task.robot} → ${task.destination || "between stops"}`);
      setText(stops, stopsText(task));
      setText(age, [ageText(task.acceptedAgoMs), task.operator, ...asked(task)].join(", "));
      const isOpen = task.phase === "WAITING" || task.phase === "ACTIVE";
      cancel.hidden = !isOpen;
      pause.hidden = !isOpen || task.paused !== undefined;
      resume.hidden = !isOpen || task.paused === undefined;
    };
    return { element, update };
  }

  #say(task: string, kind: "pauseTask" | "resumeTask" | "cancelTask", verb: string): void {
    openForm({
      title: `${verb} task ${task}`,
      fields: [{ name: "reason", label: "Reason" }],
      submit: `${verb} the task`,
      onSubmit: ({ reason = "" }) => this.#acts.ask(`${verb.toLowerCase()} task ${task}`, kind, { task }, reason),
    });
  }

  /** What it waits for, or why this robot has it. */
  async #why(task: string): Promise<void> {
    const found = await this.#store.api
      .get<{ readonly lines: readonly string[] }>("explain", { id: task })
      .catch((cause: Error) => ({ lines: [`the hub was not reached (${cause.message})`] }));
    openStory(`Task ${task}`, isRefused(found) ? [found.message] : found.lines);
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
        { name: "priority", label: "Priority, 0 to 9", value: String(PRIORITY_USUAL) },
        { name: "minutes", label: "To be done within minutes", optional: true },
        { name: "reason", label: "Reason" },
      ],
      submit: "Submit",
      onSubmit: ({ stops = "", fleet = "", priority = "", minutes = "", reason = "" }) => {
        const due = minutes === "" ? {} : { deadlineMs: Math.round(Number(minutes) * 60_000) };
        const request = { task: "", fleet, dwellMs: 0, stops: stopsOf(stops), priority: Number(priority), ...due };
        return this.#acts.ask(`task to ${stops}`, "submitTask", request, reason);
      },
    });
  }
}

/** What people have asked of it beside its stops, and what is foreseen. */
function asked({ priority = PRIORITY_USUAL, deadlineLeftMs, lateMs, paused }: TaskView): readonly string[] {
  return [
    ...(priority === PRIORITY_USUAL ? [] : [`priority ${priority}`]),
    ...(deadlineLeftMs === undefined ? [] : [`due in ${leftText(deadlineLeftMs)}`]),
    ...(lateMs === undefined ? [] : [`late by ${ageText(lateMs)}`]),
    ...(paused === undefined ? [] : [`paused by ${paused}`]),
  ];
}

const PHASES: Readonly<Record<TaskView["phase"], string>> = {
  WAITING: "waiting",
  ACTIVE: "active",
  DONE: "done",
  TASK_FAILED: "failed",
  CANCELLED: "cancelled",
};
