// R10: a task ends once, when the end of an assignment, a cancellation or the site's configuration decides it.

import { isEnded, type Task } from "./ledger-state.js";
import type { Site } from "./site.js";
import type { Turn } from "./turn.js";

const ATTEMPTS_MOST = 5;

/** Brings a task to its one terminal state when its assignment's end decides it; else it goes on. */
export function closeTask(turn: Turn, id: string): void {
  const task = turn.ledger.tasks.get(id);
  if (task === undefined || isEnded(task)) return;
  if (task.stopIndex >= task.stops.length) {
    turn.emit({ kind: "taskEnded", task: id, end: "END_DONE", reason: "" });
  } else if (task.cancelAsked && task.token.epoch === 0) {
    turn.emit({ kind: "taskEnded", task: id, end: "END_CANCELLED", reason: "an operator cancelled it" });
  } else if (task.attempts >= ATTEMPTS_MOST) {
    turn.emit({
      kind: "taskEnded",
      task: id,
      end: "END_FAILED",
      reason: `given up ${ATTEMPTS_MOST} times at stop ${task.stopIndex + 1}`,
    });
  } else if (task.token.epoch === 0) {
    const reason = whyHopeless(turn.site, task);
    if (reason !== null) turn.emit({ kind: "taskEnded", task: id, end: "END_FAILED", reason });
  }
}

/** R10: why a task could only wait for ever on this site's configuration; null when it could not. */
export function whyHopeless(site: Site, task: Task): string | null {
  if (task.robot !== "" && !site.robots.has(task.robot))
    return `the site no longer has ${task.robot}, which carries its load`;
  if (task.fleet !== "" && !site.fleets.has(task.fleet)) return `the site no longer has the fleet ${task.fleet}`;
  const left = task.stops.slice(task.stopIndex);
  const lost = left.find((stop) => !stop.destinations.some((destination) => site.destinations.has(destination)));
  return lost === undefined ? null : `the site no longer has ${lost.destinations.slice(0, 4).join(", ")}`;
}
