// Commands by which a person takes over: pause and resume a task, drain a robot and take it back, cancel a task and
// wait for the evidence that its robot has stopped acting on it.

import type { LedgerBody, LedgerEvent } from "../../proto/ledger.js";
import { readExplainResponse, readListRobotsResponse, type TaskPhase } from "../../proto/operator-views.js";
import { actOf, ask } from "./asking.js";
import { ACT_FLAGS, type Command, type Context, positional } from "./command.js";
import { shown } from "./escape.js";
import { CliFailure } from "./failure.js";
import { leftText } from "./units.js";
import { anId, durationMs } from "./values.js";
import { pause } from "./watched.js";

const WAIT_MS = { usual: 30_000, most: 600_000, step: 250 } as const;

const taskCancel: Command = {
  name: "task cancel",
  takes: "ID",
  least: 1,
  most: 1,
  flags: [
    { name: "wait", says: "until its robot has confirmed that it acts on it no more; exit 75 when it has not" },
    { name: "within", value: "TIME", says: "with --wait: the longest wait (default 30s)" },
    ...ACT_FLAGS,
  ],
  says: "ends a task; a robot that is under way for it is told to stop acting on it",
  run: async (context) => {
    const task = anId(positional(context, 0), "ID");
    const within = context.given.text("within") ?? `${WAIT_MS.usual}ms`;
    const waitMs = durationMs(within, { name: "--within", leastMs: 1, mostMs: WAIT_MS.most });
    const { phase } = await ask(context, "cancelTask", { kind: "cancelTask", act: actOf(context), task });
    if (context.given.on("wait")) return tellStopped(context, { task, waitMs });
    const text = phase === "CANCELLED" ? "cancelled" : `is to be cancelled; it is ${phase} until its robot lets go`;
    await context.out.effect({ task, phase }, [`task ${task} ${text}`]);
  },
};

/** Waits until the task has ended and tells by what evidence its robot acts on it no more. Throws NOT_CONFIRMED. */
async function tellStopped(context: Context, of: { readonly task: string; readonly waitMs: number }): Promise<void> {
  const { out, shell } = context;
  for (let leftMs = of.waitMs; ; leftMs -= WAIT_MS.step) {
    const { events } = await context.hub().ask("Explain", { id: of.task }, readExplainResponse);
    const end = bodies(events, "taskEnded").at(-1);
    if (end !== undefined) {
      const stopped = evidenceOf(events);
      const line = `task ${of.task} ${END_TEXT[end.end]}: ${stopped.text}`;
      if (stopped.isConfirmed) return out.effect({ task: of.task, end: end.end, ...stopped }, [shown(line)]);
      throw new CliFailure("NOT_CONFIRMED", shown(line), undefined, { task: of.task, end: end.end, ...stopped });
    }
    if (leftMs <= 0 || shell.stop.aborted) break;
    await pause(Math.min(leftMs, WAIT_MS.step), shell.stop);
  }
  throw await notConfirmed(context, of.task);
}

const END_TEXT = { END_DONE: "was done before", END_FAILED: "has failed", END_CANCELLED: "cancelled" } as const;

interface Evidence {
  readonly isConfirmed: boolean;
  readonly robot: string;
  readonly text: string;
}

/** What the ledger says of the last robot that acted on the task. */
export function evidenceOf(events: readonly LedgerEvent[]): Evidence {
  const claim = bodies(events, "claimed").at(-1);
  if (claim === undefined) return { isConfirmed: true, robot: "", text: "no robot ever acted on it" };
  const { robot, token } = claim;
  const ended = bodies(events, "assignmentEnded").findLast((end) => {
    return end.token.epoch === token.epoch && end.token.counter === token.counter;
  });
  const told = (text: string) => ({ isConfirmed: true, robot, text: `${robot} ${text}` });
  switch (ended?.end) {
    case "WITHDRAWN":
      return told(`has confirmed that it acts on it no more (${ended.outcome})`);
    case "COMPLETED":
      return told(`had arrived at ${claim.destination} and acts on it no more (${ended.outcome})`);
    case "GAVE_UP":
      return told(`had given it up itself (${ended.outcome})`);
    case "REFUSED":
      return told("never took it");
    default: {
      const why = `${robot} has not confirmed it: it was silent until its lease had certainly lapsed`;
      return { isConfirmed: false, robot, text: `${why}, by when it brakes by itself (R2); go and look` };
    }
  }
}

async function notConfirmed({ hub }: Context, task: string): Promise<CliFailure> {
  const { robots } = await hub().ask("ListRobots", {}, readListRobotsResponse);
  const robot = robots.find((view) => view.task === task);
  const link = robot?.linked === true ? "it is linked" : "it has no link";
  const lease =
    robot?.leaseLeftMs === undefined ? "it holds no lease" : `its lease lapses in ${leftText(robot.leaseLeftMs)}`;
  const who = robot === undefined ? "its robot" : robot.id;
  const how = robot === undefined ? "" : `: ${link}, ${lease}`;
  return new CliFailure(
    "NOT_CONFIRMED",
    shown(`task ${task} is to be cancelled; ${who} has not confirmed it yet${how}`),
  );
}

function bodies<K extends LedgerBody["kind"]>(events: readonly LedgerEvent[], kind: K) {
  return events.map(({ body }) => body).filter((body): body is Extract<LedgerBody, { kind: K }> => body.kind === kind);
}

const taskPause: Command = {
  name: "task pause",
  takes: "ID",
  least: 1,
  most: 1,
  flags: ACT_FLAGS,
  says: "lets a task wait until drover task resume; a robot under way for it gives its destination back",
  run: async (context) => {
    const task = anId(positional(context, 0), "ID");
    const { phase } = await ask(context, "pauseTask", { kind: "pauseTask", act: actOf(context), task });
    await context.out.effect({ task, phase }, [`task ${task} is paused${untilLetGo(phase)}`]);
  },
};

function untilLetGo(phase: TaskPhase): string {
  return phase === "ACTIVE" ? "; a robot that is under way for it is told to give its destination back" : "";
}

const taskResume: Command = {
  name: "task resume",
  takes: "ID",
  least: 1,
  most: 1,
  flags: ACT_FLAGS,
  says: "lets a paused task go on",
  run: async (context) => {
    const task = anId(positional(context, 0), "ID");
    const { phase } = await ask(context, "resumeTask", { kind: "resumeTask", act: actOf(context), task });
    await context.out.effect({ task, phase }, [`task ${task} goes on`]);
  },
};

const robotDrain: Command = {
  name: "robot drain",
  takes: "ROBOT",
  least: 1,
  most: 1,
  flags: ACT_FLAGS,
  says: "lets a robot finish what it has in hand and take nothing more, until drover robot undrain",
  run: async (context) => {
    const robot = anId(positional(context, 0), "ROBOT");
    const { task } = await ask(context, "drainRobot", { kind: "drainRobot", act: actOf(context), robot });
    const rest = task === "" ? "it has nothing in hand" : `it finishes task ${shown(task)}`;
    await context.out.effect({ drained: robot, task }, [`robot ${robot} takes nothing new; ${rest}`]);
  },
};

const robotUndrain: Command = {
  name: "robot undrain",
  takes: "ROBOT",
  least: 1,
  most: 1,
  flags: ACT_FLAGS,
  says: "takes a drained robot back into service",
  run: async (context) => {
    const robot = anId(positional(context, 0), "ROBOT");
    await ask(context, "undrainRobot", { kind: "undrainRobot", act: actOf(context), robot });
    await context.out.effect({ undrained: robot }, [`robot ${robot} is back in service`]);
  },
};

export const TAKING_OVER = { taskCancel, taskPause, taskResume, robotDrain, robotUndrain } as const;
