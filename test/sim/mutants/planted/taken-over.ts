// Planted in what people take over, and in the ways in which a site forgets it.

import type { Mutant } from "../mutant.js";

const TAKING_OVER = "hub/core/taking-over.ts";
const APPLY = "hub/core/apply.ts";
const ROUND = "hub/core/round.ts";
const LINKS = "hub/core/links.ts";
const TASK_QUEUE = "hub/core/task-queue.ts";
const HUB_TIME = "hub/core/hub-time.ts";
const SNAPSHOT = "hub/core/snapshot.ts";

export const TAKEN_OVER_MUTANTS: readonly Mutant[] = [
  {
    id: "drained-robot-is-given-a-task",
    rule: "R1",
    about: "a drained robot is given work like any other",
    patches: [
      {
        file: TAKING_OVER,
        find: "if (drained !== undefined && task.robot !== robot)",
        replace: "if (drained !== undefined && task.robot !== robot && robot === task.id)",
      },
      {
        file: ROUND,
        find: "    robots.push(barred === null ? robot : { ...robot, barred });",
        replace: "    robots.push(robot);",
      },
    ],
  },
  {
    id: "drain-forgotten-at-restart",
    rule: "R10",
    about: "a robot that was drained works again after a restart of the hub",
    patches: [
      {
        file: APPLY,
        find: "  closeEpoch(state);",
        replace: "  closeEpoch(state);\n  state.drained.clear();",
      },
    ],
  },
  {
    id: "pause-forgotten-at-restart",
    rule: "R10",
    about: "a paused task goes on by itself after a restart of the hub",
    patches: [
      {
        file: APPLY,
        find: "    task.spentMs = hubTimeMs(state, since, state.lastMs);",
        replace: "    task.spentMs = hubTimeMs(state, since, state.lastMs);\n    task.paused = null;",
      },
    ],
  },
  {
    id: "pause-is-only-shown",
    rule: "R8",
    about: "a paused task says so, and is given to robots all the same",
    patches: [
      {
        file: TAKING_OVER,
        find: "  if (task.paused !== null)\n    return refuse",
        replace: '  if (task.paused !== null && robot === "")\n    return refuse',
      },
      {
        file: TASK_QUEUE,
        find: " || task.cancelAsked || task.paused !== null) continue;",
        replace: " || task.cancelAsked) continue;",
      },
    ],
  },
  {
    id: "resume-is-not-heard",
    rule: "R10",
    about: "a task that was paused once waits for ever",
    patches: [
      {
        file: APPLY,
        find: 'body.kind === "taskPaused" ? { operator, reason } : null;',
        replace: "{ operator, reason };",
      },
    ],
  },
  {
    id: "override-ends-early",
    rule: "R3",
    about: "an override for a time ends when half of it has passed",
    patches: [
      {
        file: HUB_TIME,
        find: "return Math.ceil((1 + rhoHub) * spanMs) + 1;",
        replace: "return Math.ceil(spanMs / (2 + rhoHub));",
      },
    ],
  },
  {
    id: "override-counts-another-epochs-clock",
    rule: "R3",
    about: "after a restart an override counts from a reading of the former clock of the hub",
    patches: [
      {
        file: HUB_TIME,
        find: "const from = since.epoch === state.epoch ? since.hubMs : state.startedMs;",
        replace: "const from = since.epoch === state.epoch ? since.hubMs : 0;",
      },
    ],
  },
  {
    id: "override-lost-in-snapshot",
    rule: "R7",
    about: "a snapshot makes an override for a time one without an end",
    patches: [
      {
        file: SNAPSHOT,
        find: "ceilings: [...state.ceilings.values()].map((ceiling) => ({ ...ceiling })),",
        replace: "ceilings: [...state.ceilings.values()].map(({ forMs: _, ...ceiling }) => ({ ...ceiling })),",
      },
    ],
  },
  {
    id: "paused-task-is-not-asked-back",
    rule: "R10",
    about:
      "a robot whose task is paused is never asked to give its destination back, and the pause ends the wait for it",
    patches: [
      {
        file: LINKS,
        find: '    else if (task !== undefined && task.paused !== null) withdraw(turn, watch, acting, "paused");',
        replace: `    else if (task !== undefined && task.paused !== null) {
      turn.emit({ kind: "assignmentEnded", token: acting.token, end: "WITHDRAWN", reason: "paused", outcome: "" });
    }`,
      },
    ],
  },
  {
    id: "confirm-needs-nobody",
    rule: "R8",
    about: "a robot that people hold in CONFIRM goes on as if each of its movements were approved",
    with: ["operator-halt"],
    patches: [
      {
        file: "hub/core/approvals.ts",
        find: "return watch.approval !== null && isAsking(ceiling)",
        replace: 'return watch.id !== "" && isAsking(ceiling)',
      },
    ],
  },
  {
    id: "approval-lifts-any-ceiling",
    rule: "R8",
    about: "an approved movement is excepted from every ceiling of people, HALT with them",
    with: ["operator-halt"],
    patches: [
      {
        file: "hub/core/approvals.ts",
        find: 'return rung === "CONFIRM" && operator !== HUB;',
        replace: 'return rung !== "AUTONOMOUS" && operator !== HUB;',
      },
    ],
  },
];
