// Deadlines of tasks: how much is left, and telling people early that one cannot be met. A deadline counts from
// acceptance on the hub's clock. Over a restart nobody knows how long the hub was down, so the longer of hub time and
// wall time counts: a wall clock that was set back makes no deadline later, and downtime does not stop it.

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

/** Left until the deadline, negative once it has passed; null without one. */
export function deadlineLeftMs(state: HubState, task: Task, at: At): number | null {
  return task.deadlineMs === null ? null : task.deadlineMs - openMs(state, task, at);
}

function openMs({ ledger }: HubState, task: Task, at: At): number {
  const { acceptedEpoch: epoch, acceptedHubMs: hubMs, spentMs } = task;
  const hubMostMs = hubTimeMs(ledger, { epoch, hubMs, spentMs }, at.nowMs);
  return epoch === ledger.epoch ? hubMostMs : Math.max(hubMostMs, at.wallMs - task.acceptedWallMs);
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
  const doneInMs = turn.state.doneInMs.get(task.id);
  const verdict = verdictOf(turn, task, { leftMs, doneInMs });
  if (verdict === null) return;
  const byMs = Math.abs((verdict === "MISSED" ? 0 : (doneInMs ?? 0)) - leftMs);
  const estimate =
    doneInMs === undefined ? "nothing is known of when it is done" : `done in ${seconds(doneInMs)} at best`;
  const left = leftMs > 0 ? `${seconds(leftMs)} left` : "no time left";
  turn.emit({ kind: "deadlineTold", task: task.id, verdict, byMs, detail: `${estimate}, ${left}` });
}

/** What is to be told now; null for nothing new. Between late and in time there is `deadlineSlackMs`. */
function verdictOf(
  { site }: Turn,
  task: Task,
  seen: { readonly leftMs: number; readonly doneInMs: number | undefined },
): DeadlineVerdict | null {
  const { leftMs, doneInMs } = seen;
  if (leftMs <= 0) return "MISSED";
  if (doneInMs === undefined) return null;
  if (task.told !== "EXPECTED_LATE")
    return doneInMs > leftMs && task.toldTimes < 2 * TOLD_MOST ? "EXPECTED_LATE" : null;
  if (task.toldTimes >= 2 * TOLD_MOST - 1) return null;
  return leftMs - doneInMs >= site.config.dispatch.deadlineSlackMs ? "EXPECTED_IN_TIME" : null;
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
