// Planted in the life of a task, and in what is sent again: R10, R13.

import type { Mutant } from "../mutant.js";

const LINKS = "hub/core/links.ts";
const APPLY = "hub/core/apply.ts";
const ACTS = "hub/core/acts.ts";
const AUTHORITY = "edge/core/authority.ts";
const TASKS = "hub/core/tasks.ts";
const HOLDING = "edge/core/holding.ts";

export const TASK_MUTANTS: readonly Mutant[] = [
  {
    id: "retry-makes-second-task",
    rule: "R10",
    about: "a task that is sent again under its name becomes a second task",
    patches: [
      { file: ACTS, find: "if (existing !== undefined) return sameTask(existing, ask);", replace: "" },
      { file: ACTS, find: "if (ledger.endedIds.has(ask.task)) return { task: ask.task, existed: true };", replace: "" },
      {
        file: ACTS,
        find: 'const task = ask.task === "" ?',
        replace: 'const task = ask.task === "" || existing !== undefined || ledger.endedIds.has(ask.task) ?',
      },
    ],
  },
  {
    id: "outcome-counted-twice",
    rule: "R10",
    about: "an outcome that is sent again completes the next stop as well",
    patches: [
      {
        file: LINKS,
        find: " && own.robot === watch.id && own.end === null) endAssignment",
        replace: " && own.robot === watch.id) endAssignment",
      },
      {
        file: APPLY,
        find: "if (claim.end !== null) fault(",
        replace: "if (claim.end !== null && state.events < 0) fault(",
      },
      {
        file: APPLY,
        find: "if (task === undefined || tokenKey(task.token) !== tokenKey(claim.token)) return;",
        replace: "if (task === undefined || !state.open.has(task.id)) return;",
      },
    ],
  },
  {
    id: "failure-counts-as-done",
    rule: "R10",
    about: "a robot that gave up is taken for one that has arrived",
    patches: [
      {
        file: LINKS,
        find: 'end: "GAVE_UP", reason, outcome });',
        replace: 'end: "COMPLETED", reason, outcome });',
      },
    ],
  },
  {
    id: "abandonment-counts-as-done",
    rule: "R10",
    about: "a stop that was abandoned or taken back counts as visited",
    patches: [
      {
        file: APPLY,
        find: 'if (body.end === "COMPLETED") {',
        replace: 'if (body.end === "COMPLETED" || body.end === "ABANDONED") {',
      },
    ],
  },
  {
    id: "cancel-ends-task-that-runs",
    rule: "R10",
    about: "a cancelled task is called ended while its robot still drives",
    patches: [{ file: TASKS, find: "task.cancelAsked && task.token.epoch === 0) {", replace: "task.cancelAsked) {" }],
  },
  {
    id: "task-lost-at-cancel",
    rule: "R10",
    about: "a waiting task that is cancelled never ends",
    patches: [{ file: ACTS, find: "  closeTask(turn, task.id);\n  return { phase", replace: "  return { phase" }],
  },
  {
    id: "task-lost-at-release",
    rule: "R10",
    about: "a task whose assignment ended stays bound to it and is never served again",
    patches: [{ file: APPLY, find: '  unbind(task, task.stopIndex === 0 ? "" : claim.robot);\n', replace: "" }],
  },
  {
    id: "task-ended-twice",
    rule: "R10",
    about: "a task that has ended is ended once more by whatever comes late",
    patches: [
      {
        file: TASKS,
        find: "if (task === undefined || isEnded(task)) return;",
        replace: "if (task === undefined) return;",
      },
    ],
  },
  {
    id: "withdrawal-not-heard",
    rule: "R10",
    about: "the robot drives on towards a destination that was taken back",
    patches: [{ file: AUTHORITY, find: "      return withdraw(state, message, effects);", replace: "      return;" }],
  },
  {
    id: "withdrawn-before-it-stops",
    rule: "R10",
    about: "the hub calls an assignment withdrawn when it has asked for it, and does not wait for the robot",
    patches: [
      {
        file: LINKS,
        find: "    if (task?.cancelAsked === true) withdraw(turn, watch, acting);",
        replace: `    if (task?.cancelAsked === true) {
      withdraw(turn, watch, acting);
      turn.emit({ kind: "assignmentEnded", token: acting.token, end: "WITHDRAWN", reason: "cancelled", outcome: "" });
      closeTask(turn, acting.task);
    }`,
      },
    ],
  },
  {
    id: "outcome-sent-once",
    rule: "R10",
    about: "an outcome that is lost on its way is not sent again",
    patches: [
      {
        file: AUTHORITY,
        find: "    for (const entry of state.memory.outbox)\n",
        replace: "    for (const entry of state.memory.outbox.slice(0, 0))\n",
      },
    ],
  },
  {
    id: "outcome-forgotten-at-restart",
    rule: "R10",
    about: "what the hub has not heard of before a restart of the robot it never hears of",
    patches: [
      {
        file: "edge/core/edge.ts",
        find: "this.state = emptyState(context, parts.memory);",
        replace: "this.state = emptyState(context, { ...parts.memory, outbox: [] });",
      },
    ],
  },
  {
    id: "hub-acknowledges-unheard-outcomes",
    rule: "R10",
    about: "the hub acknowledges an outcome of a claim that has lapsed, and takes nothing from it",
    patches: [
      {
        file: LINKS,
        find: "own.end === null) endAssignment",
        replace: "own.end === null && !own.lapsed) endAssignment",
      },
    ],
  },
  {
    id: "hub-nonces-unbounded",
    rule: "R13",
    about: "the hub remembers every nonce that it ever sent",
    patches: [
      {
        file: "hub/core/watch.ts",
        find: "if (watch.nonces.size <= NONCES_KEPT) return;",
        replace: "if (watch.nonces.size >= 0) return;",
      },
    ],
  },
  {
    id: "edge-ticks-unbounded",
    rule: "R13",
    about: "the robot remembers every tick that it ever sent",
    patches: [
      { file: "edge/core/edge.ts", find: "    state.ticks.delete(state.tickNonce - TICKS_KEPT);\n", replace: "" },
    ],
  },
  {
    id: "arrived-holdings-unbounded",
    rule: "R13",
    about: "the robot keeps every place at which it has ever arrived",
    patches: [
      { file: HOLDING, find: "held.destination !== destination).slice(-8);", replace: "held.token.epoch > 0);" },
    ],
  },
];
