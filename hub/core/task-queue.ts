// What the dispatcher is shown of tasks: those that wait for a robot or a place, and those under way, with their
// deadlines on the clock of this hub. A task has waited for as long as a hub certainly ran since it was accepted. A
// paused task is not shown; the robot that carries its load takes nothing else. They may be very many, so each costs
// little.

import { tokenKey } from "../../proto/claim.js";
import { deadlineLeftMs } from "./deadlines.js";
import type { DispatchTask, UnderWay } from "./dispatch/view.js";
import { hubTimeMs } from "./hub-time.js";
import { heldOff } from "./interplay.js";
import type { Task } from "./ledger-state.js";
import type { Turn } from "./turn.js";

/** Tasks that wait for a robot, or whose next stop waits for a place. */
export function waitingTasks(turn: Turn): readonly DispatchTask[] {
  const { ledger, interplay } = turn.state;
  const tasks: DispatchTask[] = [];
  for (const id of ledger.open) {
    const task = ledger.tasks.get(id);
    if (task === undefined || task.token.epoch !== 0 || task.cancelAsked || task.paused !== null) continue;
    // What is on a robot stays with it, and in hand: it can go to and fro no more.
    if (task.robot === "" && heldOff(interplay, "task", id, turn.nowMs) !== null) continue;
    const stop = task.stops[task.stopIndex]?.destinations;
    if (stop === undefined) continue;
    tasks.push({
      id,
      fleet: task.fleet,
      stop,
      robot: task.robot === "" ? null : task.robot,
      waitingSinceMs: turn.nowMs - waitedMs(turn, task),
      order: task.order,
      priority: task.priority,
      ...timesOf(turn, task),
    });
  }
  return tasks;
}

/** R6: the time for which a hub has certainly run since the task was accepted, over all restarts. */
function waitedMs({ ledger, nowMs }: Turn, task: Task): number {
  const { acceptedEpoch: epoch, acceptedHubMs: hubMs, spentMs } = task;
  return hubTimeMs(ledger, { epoch, hubMs, spentMs }, nowMs);
}

/** Tasks whose robot acts on a claim of theirs. */
export function tasksUnderWay(turn: Turn): readonly UnderWay[] {
  const { ledger, recalled } = turn.state;
  const tasks: UnderWay[] = [];
  for (const id of ledger.open) {
    const task = ledger.tasks.get(id);
    if (task === undefined || task.token.epoch === 0) continue;
    const claim = ledger.claims.get(tokenKey(task.token));
    const stop = task.stops[task.stopIndex]?.destinations;
    if (claim === undefined || claim.phase !== "assigned" || stop === undefined) continue;
    const isTaken = task.cancelAsked || task.paused !== null || recalled.has(id) || claim.lapsed;
    const { robot, destination } = claim;
    const isUnbegun = task.stopIndex === 0 && !isTaken;
    tasks.push({ id, robot, destination, isUnbegun, fleet: task.fleet, stop, ...timesOf(turn, task) });
  }
  return tasks;
}

const NO_LEGS: readonly (readonly string[])[] = [];

function timesOf(turn: Turn, task: Task): Pick<DispatchTask, "legs" | "dwellMs" | "deadlineMs"> {
  const { stops, stopIndex, dwellMs } = task;
  const isLast = stopIndex + 1 >= stops.length;
  const legs = isLast ? NO_LEGS : stops.slice(stopIndex + 1).map(({ destinations }) => destinations);
  const leftMs = deadlineLeftMs(turn.state, task, turn);
  return leftMs === null ? { legs, dwellMs } : { legs, dwellMs, deadlineMs: turn.nowMs + leftMs };
}

/** Robots that carry the load of a paused task, with its name. */
export function pausedLoads(turn: Turn): ReadonlyMap<string, string> {
  const { ledger } = turn.state;
  const loads = new Map<string, string>();
  for (const id of ledger.open) {
    const task = ledger.tasks.get(id);
    if (task !== undefined && task.paused !== null && task.robot !== "") loads.set(task.robot, id);
  }
  return loads;
}
