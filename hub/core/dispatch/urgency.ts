// How urgent a task is, as a time of waiting: what it has truly waited, a step for each point of priority above or
// below the usual one, and as its deadline draws near up to a few steps more. One number in one unit, so that nothing
// needs weights: a task is overtaken only by tasks that were accepted less than (9 - priority + LATE_STEPS) steps
// after it, and so its wait is bounded whatever comes (match.ts tells the proof).
import { PRIORITY_USUAL } from "../../../proto/ledger.js";
import type { DispatchTask } from "./view.js";

export const PRIORITY_STEP_MS = 60_000;
/** A deadline that cannot be met by anything but leaving at once counts as so many steps of priority. */
const LATE_STEPS = 3;
/** Older than this a task is only as urgent as this, so that the bonus stays small beside the reluctance. */
const AGE_MAX_MS = 86_400_000;

export interface UrgencyAt {
  readonly nowMs: number;
  readonly stepMs: number;
  /** What the task takes from the arrival at its present stop on. */
  readonly restMs: number;
}

export function urgencyMs(task: DispatchTask, at: UrgencyAt): number {
  const ageMs = Math.min(AGE_MAX_MS, Math.max(0, at.nowMs - task.waitingSinceMs));
  const { priority = PRIORITY_USUAL, deadlineMs } = task;
  return ageMs + (priority - PRIORITY_USUAL) * at.stepMs + pressureMs(deadlineMs, at);
}

/** Grows from nothing as the slack shrinks to nothing, and stays there when it is too late. */
function pressureMs(deadlineMs: number | undefined, { nowMs, stepMs, restMs }: UrgencyAt): number {
  if (deadlineMs === undefined) return 0;
  const mostMs = LATE_STEPS * stepMs;
  const slackMs = deadlineMs - nowMs - (restMs < Number.POSITIVE_INFINITY ? restMs : 0);
  return Math.max(0, Math.min(mostMs, mostMs - slackMs));
}
