// Commands that only look: status, robots, task list, place list, mode show, explain. One question to the hub each.

import { toLedgerEvent } from "../../proto/ledger.js";
import {
  type PlaceView,
  readExplainResponse,
  readListPlacesResponse,
  readListRobotsResponse,
  readListTasksResponse,
  readSiteView,
  type SiteView,
  type TaskView,
} from "../../proto/operator-views.js";
import { type Command, positional } from "./command.js";
import { shown } from "./escape.js";
import { eventLine } from "./event-text.js";
import { robotColumns, robotRows } from "./robots-table.js";
import { modeLines, siteLines } from "./site-text.js";
import { type Column, type Row, renderTable, wrap } from "./table.js";
import { ageText } from "./units.js";
import { anId } from "./values.js";
import { changeLines, robotsChanged, tasksChanged } from "./watch-lines.js";
import { look, WATCH_FLAGS } from "./watched.js";

const none = { takes: "", least: 0, most: 0, flags: [] } as const;

const status: Command = {
  ...none,
  flags: WATCH_FLAGS,
  name: "status",
  says: "the site at a glance: fleets, tasks, what waits for a person",
  run: (context) =>
    look<SiteView>(context, {
      ask: () => context.hub().ask("GetSite", {}, readSiteView),
      lines: (view) => siteLines(view, context.out.width),
      changed: (before, after) => changeLines(before, after).length > 0 || gone(before, after),
    }),
};

const modeShow: Command = {
  ...none,
  name: "mode show",
  says: "the mode of every fleet and robot, with all causes",
  run: async ({ hub, out }) => {
    const view = await hub().ask("GetSite", {}, readSiteView);
    await out.result(view, () => out.painted(modeLines(view, out.width)));
  },
};

/** Whether a decision that waited for a person does so no more. */
function gone(before: SiteView, after: SiteView): boolean {
  return before.decisions.some(({ id }) => !after.decisions.some((decision) => decision.id === id));
}

const robots: Command = {
  ...none,
  flags: WATCH_FLAGS,
  name: "robots",
  says: "every robot: mode and cause, age of its telemetry, lease, task, destination",
  run: (context) =>
    look(context, {
      ask: () => context.hub().ask("ListRobots", {}, readListRobotsResponse),
      lines: ({ robots }) => renderTable(robotColumns, robotRows(robots), context.out.width),
      changed: (before, after) => robotsChanged(before.robots, after.robots),
    }),
};

const taskColumns: readonly Column[] = [
  { key: "task", title: "TASK", priority: 0, least: 6 },
  { key: "phase", title: "PHASE", priority: 1, least: 7 },
  { key: "stop", title: "STOP", align: "right", priority: 4, least: 3 },
  { key: "to", title: "TO", priority: 3, least: 6 },
  { key: "robot", title: "ROBOT", priority: 2, least: 4 },
  { key: "age", title: "AGE", align: "right", priority: 5, least: 5 },
  { key: "urgency", title: "PRIO", align: "right", priority: 9, least: 4 },
  { key: "due", title: "DUE", align: "right", priority: 6, least: 5 },
  { key: "fleet", title: "FLEET", priority: 8, least: 5 },
  { key: "operator", title: "OPERATOR", priority: 7, least: 6 },
  { key: "detail", title: "DETAIL", priority: 6, least: 8 },
];

function phaseText({ phase, paused }: TaskView): string {
  if (phase === "TASK_FAILED") return "FAILED";
  return phase === "WAITING" && paused !== undefined ? "PAUSED" : phase;
}

/** What is left until the deadline, or by how much it is missed. */
function dueText({ deadlineLeftMs, lateMs }: TaskView): string {
  if (deadlineLeftMs !== undefined) return ageText(deadlineLeftMs);
  return lateMs === undefined ? "-" : `-${ageText(lateMs)}`;
}

function taskRow(task: TaskView): Row {
  const stop = task.stops[task.stopIndex];
  return {
    task: task.id,
    phase: phaseText(task),
    stop:
      task.phase === "DONE"
        ? `${task.stops.length}/${task.stops.length}`
        : `${task.stopIndex + 1}/${task.stops.length}`,
    to: task.destination || (stop?.destinations.join("|") ?? "-"),
    robot: task.robot || "-",
    age: ageText(task.acceptedAgoMs),
    urgency: String(task.priority ?? "-"),
    due: dueText(task),
    fleet: task.fleet || "any",
    operator: task.operator || "-",
    detail: task.detail,
  };
}

const taskList: Command = {
  ...none,
  name: "task list",
  flags: [{ name: "all", says: "also tasks that ended" }, ...WATCH_FLAGS],
  says: "the tasks that wait or are under way",
  run: (context) =>
    look(context, {
      ask: () => context.hub().ask("ListTasks", { all: context.given.on("all") }, readListTasksResponse),
      lines: ({ tasks }) =>
        tasks.length === 0 ? ["no tasks"] : renderTable(taskColumns, tasks.map(taskRow), context.out.width),
      changed: (before, after) => tasksChanged(before.tasks, after.tasks),
    }),
};

const placeColumns: readonly Column[] = [
  { key: "place", title: "PLACE", priority: 0, least: 4 },
  { key: "state", title: "STATE", priority: 1, least: 7 },
  { key: "robot", title: "ROBOT", priority: 2, least: 4 },
  { key: "task", title: "TASK", priority: 3, least: 6 },
  { key: "token", title: "TOKEN", align: "right", priority: 5, least: 5 },
  { key: "detail", title: "DETAIL", priority: 4, least: 8 },
];

function placeRow(place: PlaceView): Row {
  const { token } = place;
  return {
    place: place.id,
    state: place.state,
    robot: place.robot || "-",
    task: place.task || "-",
    token: token === undefined || token.counter === 0 ? "-" : `${token.epoch}.${token.counter}`,
    detail: place.detail,
  };
}

const placeList: Command = {
  ...none,
  name: "place list",
  says: "every destination: free, claimed, or not known",
  run: async ({ hub, out }) => {
    const view = await hub().ask("ListPlaces", {}, readListPlacesResponse);
    await out.result(view, () => renderTable(placeColumns, view.places.map(placeRow), out.width));
  },
};

const explain: Command = {
  name: "explain",
  takes: "ID",
  least: 1,
  most: 1,
  flags: [],
  says: "why: what holds a task, robot, place, fleet or the site, and the chain behind a decision",
  run: async (context) => {
    const { hub, out } = context;
    const found = await hub().ask("Explain", { id: anId(positional(context, 0), "ID") }, readExplainResponse);
    await out.result({ ...found, events: found.events.map(toLedgerEvent) }, () => [
      `${shown(found.kind)} ${shown(positional(context, 0))}`,
      ...found.lines.flatMap((line) => wrap(`  ${line}`, out.width, "    ")),
      ...(found.events.length === 0 ? [] : ["events:", ...found.events.map(eventLine)]),
    ]);
  },
};

export const READS = { status, robots, taskList, placeList, modeShow, explain } as const;
