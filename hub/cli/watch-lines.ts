// What changed between two views of a site, a line each: for logs and pipes, where a table that is redrawn says
// nothing. Pure. Numbers that move all the time (ages, speed, pose) make no lines.

import type { FleetView, RobotView, SiteView, TaskView } from "../../proto/operator-views.js";
import { shown } from "./escape.js";
import { causeText } from "./robots-table.js";
import { tasksLine, warnings } from "./site-text.js";
import { clockText } from "./units.js";

/**
 * Lines for `after`; empty when nothing that people act on has changed. Each begins with the hub's time since start.
 */
export function changeLines(before: SiteView, after: SiteView): readonly string[] {
  const lines: string[] = [];
  if (before.epoch !== after.epoch) lines.push(`site ${after.site} epoch ${before.epoch} -> ${after.epoch}`);
  lines.push(...changedSet(warnings(before), warnings(after)));
  lines.push(...pairs(before.fleets, after.fleets, fleetChanges));
  lines.push(...pairs(before.robots, after.robots, robotChanges));
  lines.push(...waitingChanges(before, after));
  if (tasksLine(before) !== tasksLine(after)) lines.push(tasksLine(after));
  return lines.map((line) => shown(`${clockText(after.upMs)}  ${line}`));
}

/** Whether the table of robots says anything else that people act on. */
export function robotsChanged(before: readonly RobotView[], after: readonly RobotView[]): boolean {
  return before.length !== after.length || pairs(before, after, robotChanges).length > 0;
}

/** Whether the list of tasks does. */
export function tasksChanged(before: readonly TaskView[], after: readonly TaskView[]): boolean {
  const told = (tasks: readonly TaskView[]) =>
    JSON.stringify(
      tasks.map(({ id, phase, stopIndex, robot, destination, paused, lateMs }) => {
        return [id, phase, stopIndex, robot, destination, paused, lateMs !== undefined];
      }),
    );
  return told(before) !== told(after);
}

function changedSet(before: readonly string[], after: readonly string[]): readonly string[] {
  const first = (line: string) => line.split(":")[0] ?? line; // the wait itself counts down all the time
  const fresh = after.filter((line) => !before.some((old) => first(old) === first(line)));
  const gone = before.filter((line) => !after.some((now) => first(now) === first(line)));
  return [...fresh, ...gone.map((line) => `over: ${first(line)}`)];
}

function pairs<V extends { readonly id: string }>(
  before: readonly V[],
  after: readonly V[],
  changes: (old: V, now: V) => readonly string[],
): readonly string[] {
  const known = new Map(before.map((view) => [view.id, view]));
  return after.flatMap((now) => {
    const old = known.get(now.id);
    return old === undefined ? [`${now.id} is new`] : changes(old, now);
  });
}

function fleetChanges(old: FleetView, now: FleetView): readonly string[] {
  return old.rung === now.rung ? [] : [`fleet ${now.id} ${old.rung} -> ${now.rung}  ${causeText(now)}`];
}

function robotChanges(old: RobotView, now: RobotView): readonly string[] {
  const parts: string[] = [];
  if (old.rung !== now.rung || causeText(old) !== causeText(now)) {
    parts.push(`${old.rung === now.rung ? now.rung : `${old.rung} -> ${now.rung}`} ${causeText(now)}`);
  }
  if (old.linked !== now.linked) parts.push(now.linked ? "linked" : "no link");
  if (old.absent !== now.absent) parts.push(now.absent ? "absent" : "no longer absent");
  if (old.task !== now.task || old.destination !== now.destination) {
    parts.push(
      now.destination === "" ? "no destination" : `to ${now.destination}${now.task && ` for task ${now.task}`}`,
    );
  }
  if ((old.drained ?? "") !== (now.drained ?? ""))
    parts.push(now.drained === undefined ? "back in service" : `drained by ${now.drained}`);
  if (old.blockedBy !== now.blockedBy && now.blockedBy !== "") parts.push(`blocked by ${now.blockedBy}`);
  return parts.length === 0 ? [] : [`${now.id} ${parts.join(", ")}`];
}

function waitingChanges(before: SiteView, after: SiteView): readonly string[] {
  const known = new Set(before.decisions.map(({ id }) => id));
  return after.decisions
    .filter(({ id }) => !known.has(id))
    .map(({ id, question, safeDefault }) => `decision ${id} waits for a person: ${question} (else ${safeDefault})`);
}
