// Which of the tasks that wait one round looks at: of very many only so many, so that a round stays short (R13), and
// chosen so that no fleet's tasks keep another's from being seen. Those that no robot of theirs could be given now,
// however long they have waited, take only the room that the others leave.
import type { DispatchRobot, DispatchTask } from "./view.js";

/** Tasks without a robot that one round looks at; one of each fleet in any case. */
export const TASKS_MAX = 1000;

/** A task with its urgency, as a time of waiting. */
export interface Urgent {
  readonly task: DispatchTask;
  readonly urgencyMs: number;
}

/** The tasks in hand, and of those without a robot at most TASKS_MAX; most urgent first, then as they were accepted. */
export function tasksInSight(tasks: readonly Urgent[], robots: readonly DispatchRobot[]): Urgent[] {
  const inHand: Urgent[] = [];
  const ofFleet = new Map<string, Urgent[]>();
  for (const one of tasks) {
    const same = one.task.robot === null ? ofFleet.get(one.task.fleet) : inHand;
    if (same === undefined) ofFleet.set(one.task.fleet, [one]);
    else same.push(one);
  }
  const working = robots.filter((robot) => robot.availability !== "unavailable" && robot.barred === undefined);
  const living: Urgent[] = [];
  const dead: Urgent[] = [];
  for (const [fleet, own] of ofFleet) {
    const lives = fleet === "" ? working.length > 0 : working.some((robot) => robot.fleet === fleet);
    (lives ? living : dead).push(...mostUrgent(own, TASKS_MAX));
  }
  const seen = inShares(mostUrgent(living, living.length), { most: TASKS_MAX, fleetOf: ({ task }) => task.fleet });
  const room = mostUrgent(dead, Math.max(0, TASKS_MAX - seen.length));
  const all = [...inHand, ...seen, ...room];
  return mostUrgent(all, all.length);
}

/**
 * At most so many of tasks that stand most urgent first, in that order: each fleet has the same share, at least one
 * task, and what it does not need goes to the most urgent of the others.
 */
export function inShares<T>(
  tasks: readonly T[],
  by: { readonly most: number; readonly fleetOf: (task: T) => string },
): T[] {
  const { most, fleetOf } = by;
  if (tasks.length <= most) return [...tasks];
  const waiting = new Map<string, number>();
  for (const task of tasks) waiting.set(fleetOf(task), (waiting.get(fleetOf(task)) ?? 0) + 1);
  const share = Math.max(1, Math.floor(most / waiting.size));
  let left = most;
  for (const count of waiting.values()) left -= Math.min(count, share);
  const used = new Map<string, number>();
  return tasks.filter((task) => {
    const before = used.get(fleetOf(task)) ?? 0;
    used.set(fleetOf(task), before + 1);
    return before < share || left-- > 0;
  });
}

/** Sorts no more than it must: what is less urgent than the last that is wanted is dropped before. */
function mostUrgent(tasks: readonly Urgent[], most: number): Urgent[] {
  let wanted = tasks;
  if (most < tasks.length) {
    const leastMs = Float64Array.from(tasks, ({ urgencyMs }) => urgencyMs).sort()[tasks.length - most];
    wanted = tasks.filter(({ urgencyMs }) => leastMs !== undefined && urgencyMs >= leastMs);
  }
  return [...wanted].sort((a, b) => b.urgencyMs - a.urgencyMs || a.task.order - b.task.order).slice(0, most);
}
