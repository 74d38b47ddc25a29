// Deadlines of tasks: how much is left, and telling people early that one cannot be met. A deadline counts from
// acceptance in hub time, and only that can miss it. Over a restart nobody knows how long the hub was down, so the
// longer of hub time and wall time is told: a wall clock that was set back makes no deadline later, and downtime uses
// it up. But a wall clock may also have been set forward, so by it a task is expected late at most, and in time again
// when the clock is put right.

import type { DeadlineVerdict } from "../../proto/ledger.js";
import { hubTimeMs } from "./hub-time.js";
import type { Task } from "./ledger-state.js";
import type { HubState, Turn } from "./turn.js";

/** R13: so often a task says that it will be late after all; from then on it stays so. */
const TOLD_MOST = 8;

interface At {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Left until the deadline, negative once it has certainly passed, nothing where a wall clock says so; null without. */
export function deadlineLeftMs(state: HubState, task: Task, at: At): number | null {
  const leftMs = certainLeftMs(state, task, at);
  if (leftMs === null || task.deadlineMs === null || task.acceptedEpoch === state.ledger.epoch) return leftMs;
  const byWallMs = task.deadlineMs - (at.wallMs - task.acceptedWallMs);
  return Math.min(leftMs, Math.max(0, byWallMs));
}

/** R6: by the time for which a hub has certainly run. */
function certainLeftMs({ ledger }: HubState, task: Task, at: At): number | null {
  if (task.deadlineMs === null) return null;
  const { acceptedEpoch: epoch, acceptedHubMs: hubMs, spentMs } = task;
  return task.deadlineMs - hubTimeMs(ledger, { epoch, hubMs, spentMs }, at.nowMs);
}

/** By how much the task is late, or will be as it has told last; null when it is in time as far as is known. */
export function lateMs(state: HubState, task: Task, at: At): number | null {
  const leftMs = deadlineLeftMs(state, task, at);
  if (leftMs === null || (leftMs > 0 && task.told !== "EXPECTED_LATE")) return null;
  return Math.max(0, (state.doneInMs.get(task.id) ?? 0) - leftMs);
}

/** Takes what the dispatcher foresees, and records once whatever has changed about a deadline. */
export function foresee(turn: Turn, doneInMs: ReadonlyMap<string, number>): void {
  turn.state.doneInMs = doneInMs;
  for (const id of turn.ledger.open) {
    const task = turn.ledger.tasks.get(id);
    if (task !== undefined && task.deadlineMs !== null && task.told !== "MISSED") tell(turn, task);
  }
}

function tell(turn: Turn, task: Task): void {
  const leftMs = deadlineLeftMs(turn.state, task, turn) ?? 0;
  const isMissed = (certainLeftMs(turn.state, task, turn) ?? 0) <= 0;
  const doneInMs = turn.state.doneInMs.get(task.id);
  const verdict = isMissed ? "MISSED" : foreseen(turn, task, { leftMs, doneInMs });
  if (verdict === null) return;
  const byMs = Math.abs((isMissed ? 0 : (doneInMs ?? 0)) - leftMs);
  const estimate =
    doneInMs === undefined ? "nothing is known of when it is done" : `done in ${seconds(doneInMs)} at best`;
  const none = isMissed ? "no time left" : "by the wall clock no time left";
  const left = leftMs > 0 ? `${seconds(leftMs)} left` : none;
  turn.emit({ kind: "deadlineTold", task: task.id, verdict, byMs, detail: `${estimate}, ${left}` });
}

/** What is to be told before the deadline; null for nothing new. Between late and in time is `deadlineSlackMs`. */
function foreseen(
  { site }: Turn,
  task: Task,
  seen: { readonly leftMs: number; readonly doneInMs: number | undefined },
): DeadlineVerdict | null {
  const { leftMs, doneInMs } = seen;
  if (task.told !== "EXPECTED_LATE") {
    const isLate = leftMs <= 0 || (doneInMs !== undefined && doneInMs > leftMs);
    return isLate && task.toldTimes < 2 * TOLD_MOST ? "EXPECTED_LATE" : null;
  }
  if (doneInMs === undefined || task.toldTimes >= 2 * TOLD_MOST - 1) return null;
  return leftMs - doneInMs >= site.config.dispatch.deadlineSlackMs ? "EXPECTED_IN_TIME" : null;
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
