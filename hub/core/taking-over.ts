// What people take into their own hands for a while: a task is paused and resumed, a robot drained and taken back into
// service, a mode lowered for a time. All of it stands in the ledger with operator and reason, so that a restart
// forgets none of it. Nothing here takes a destination from a robot: that goes by the withdrawal (links.ts).

import { type Refusal, refuse } from "../../proto/errors.js";
import type { OperatorAnswer, OperatorAsk } from "../../proto/operator.js";
import { certainlyMs, hubTimeMs } from "./hub-time.js";
import { actingClaim, type Ceiling, isEnded, type Task } from "./ledger-state.js";
import type { HubState, Turn } from "./turn.js";

type Asked<K extends OperatorAsk["kind"]> = Extract<OperatorAsk, { kind: K }>;

/** An active task waits from when its robot has given its destination back; one that has ended is not paused. */
export function pauseTask(turn: Turn, ask: Asked<"pauseTask">): OperatorAnswer | Refusal {
  const task = openTask(turn, ask);
  if ("code" in task) return task;
  if (task.cancelAsked) return refuse("TASK_ENDED", `cannot pause task "${task.id}": it is about to be cancelled`);
  if (task.paused === null) turn.emit({ kind: "taskPaused", task: task.id, ...ask.act });
  return { phase: task.phase };
}

export function resumeTask(turn: Turn, ask: Asked<"resumeTask">): OperatorAnswer | Refusal {
  const task = openTask(turn, ask);
  if ("code" in task) return task;
  if (task.paused === null) return refuse("NOTHING_TO_DO", `cannot resume task "${task.id}": it is not paused`);
  turn.emit({ kind: "taskResumed", task: task.id, ...ask.act });
  return { phase: task.phase };
}

function openTask(turn: Turn, ask: Asked<"pauseTask"> | Asked<"resumeTask">): Task | Refusal {
  const what = ask.kind === "pauseTask" ? "pause" : "resume";
  const task = turn.ledger.tasks.get(ask.task);
  if (task === undefined)
    return refuse("UNKNOWN_TASK", `cannot ${what} task "${ask.task}": there is none of that name`);
  if (isEnded(task)) return refuse("TASK_ENDED", `cannot ${what} task "${task.id}": it is ${task.phase}`);
  return task;
}

/** The robot goes on with what it has in hand, and is given nothing else until it is taken back. */
export function drainRobot(turn: Turn, ask: Asked<"drainRobot">): OperatorAnswer | Refusal {
  if (!turn.site.robots.has(ask.robot))
    return refuse("UNKNOWN_ROBOT", `cannot drain ${ask.robot}: the site has no such robot`);
  if (!turn.ledger.drained.has(ask.robot)) turn.emit({ kind: "robotDrained", robot: ask.robot, ...ask.act });
  return { task: taskInHand(turn.state, ask.robot) };
}

export function undrainRobot(turn: Turn, ask: Asked<"undrainRobot">): OperatorAnswer | Refusal {
  if (!turn.ledger.drained.has(ask.robot))
    return refuse("NOTHING_TO_DO", `cannot take ${ask.robot} back: it is not drained`);
  turn.emit({ kind: "robotUndrained", robot: ask.robot, ...ask.act });
  return {};
}

/** The open task that the robot acts on or whose load it carries; empty for none. */
export function taskInHand(state: HubState, robot: string): string {
  const acting = actingClaim(state.ledger, robot)?.task ?? "";
  if (acting !== "") return acting;
  for (const id of state.ledger.open) if (state.ledger.tasks.get(id)?.robot === robot) return id;
  return "";
}

/** R1: why the task may not be given to the robot now, by what people have asked; null when it may. */
export function whyTakenOver(state: HubState, ask: { readonly robot: string; readonly task: Task }): Refusal | null {
  const { robot, task } = ask;
  if (task.paused !== null)
    return refuse("PAUSED", `task ${task.id} is paused by ${task.paused.operator}: ${task.paused.reason}`);
  const drained = state.ledger.drained.get(robot);
  if (drained !== undefined && task.robot !== robot)
    return refuse("DRAINED", `${robot} is drained by ${drained.operator}: ${drained.reason}`);
  return null;
}

/** R3: ends every ceiling that was set for a time once that time has certainly passed. */
export function stepOverrides(turn: Turn): void {
  for (const { robot, fleet, rung, ...timed } of [...turn.ledger.ceilings.values()]) {
    if (overrideLeftMs(turn.state, timed, turn.nowMs) === 0) turn.emit({ kind: "ceilingEnded", robot, fleet, rung });
  }
}

/** Hub time until the ceiling ends by itself; null when it does not. */
export function overrideLeftMs(
  state: HubState,
  { forMs, sinceEpoch = 0, sinceMs = 0, spentMs = 0 }: Pick<Ceiling, "forMs" | "sinceEpoch" | "sinceMs" | "spentMs">,
  nowMs: number,
): number | null {
  if (forMs === undefined) return null;
  const passedMs = hubTimeMs(state.ledger, { epoch: sinceEpoch, hubMs: sinceMs, spentMs }, nowMs);
  return Math.max(0, certainlyMs(forMs, state.site.config.lease.rhoHub) - passedMs);
}
