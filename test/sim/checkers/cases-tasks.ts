// R10, R13: what `tasks` and the bounds must never let pass, and what is just within the rules.

import type { PendingOutcome } from "../../../edge/core/memory.js";
import { replay } from "../../../hub/core/hub.js";
import { tokenKey } from "../../../proto/claim.js";
import type { LedgerBody } from "../../../proto/ledger.js";
import type { EdgeProcess } from "../edge-process.js";
import { boundsOfEdge, boundsOfHub } from "./bounds.js";
import { type Cases, claimed, type How, Stand, token } from "./stand.js";
import { Tasks } from "./tasks.js";

function open() {
  const stand = new Stand();
  const tasks = new Tasks(stand.truth);
  const hub = stand.hub();
  const decide = (...bodies: readonly LedgerBody[]) => tasks.decided(hub, stand.events(...bodies));
  return { stand, tasks, hub, decide, place: stand.pair[0] };
}

function accepted(task: string, place: string): LedgerBody {
  const stops = [{ destinations: [place] }];
  return { kind: "taskAccepted", task, stops, fleet: "", dwellMs: 0, operator: "ada", reason: "" };
}

function ended(task: string, end: "END_DONE" | "END_FAILED" | "END_CANCELLED"): LedgerBody {
  return { kind: "taskEnded", task, end, reason: "" };
}

const ARRIVED: LedgerBody = { kind: "arrived", token: token(1), outcome: "o1" };

/** The edge stores that it has arrived on its claim 1.1. */
function sayArrived(tasks: Tasks, edge: EdgeProcess): void {
  const said = { token: token(1), assignment: `a${tokenKey(token(1))}`, kind: "ARRIVED", reason: "", decisionId: "" };
  const outbox: readonly PendingOutcome[] = [{ ...said, id: "o1" } as PendingOutcome];
  tasks.stepped(edge, [{ kind: "save", version: 1, memory: { ...edge.edge.state.memory, outbox } }]);
}

/** r1 truly stands on the place, and says so by its claim 1.1. */
function r1Arrives(stand: Stand, tasks: Tasks, place: string): void {
  const edge = stand.edge("r1");
  stand.put("r1", place);
  stand.hold(edge, token(1), place);
  sayArrived(tasks, edge);
}

function taskTwice(how: How): void {
  const { decide, place } = open();
  decide(accepted("t1", place));
  decide(accepted(how === "wrong" ? "t1" : "t2", place));
}

function taskUnknown(how: How): void {
  const { decide, place } = open();
  decide(accepted("t1", place));
  decide(ended(how === "wrong" ? "t2" : "t1", "END_CANCELLED"));
}

function taskEndsTwice(how: How): void {
  const { decide, place } = open();
  decide(accepted("t1", place), accepted("t2", place));
  decide(ended("t1", "END_FAILED"));
  decide(ended(how === "wrong" ? "t1" : "t2", "END_CANCELLED"));
}

/** An assignment ends before its task does. */
function taskEndsRunning(how: How): void {
  const { decide, place } = open();
  decide(accepted("t1", place), claimed("r1", place, token(1)));
  const over = { kind: "assignmentEnded", token: token(1), end: "WITHDRAWN", reason: "", outcome: "" } as const;
  if (how === "sound") decide(over);
  decide(ended("t1", "END_CANCELLED"));
}

function completedUnarrived(how: How): void {
  const { stand, tasks, decide, place } = open();
  r1Arrives(stand, tasks, place);
  decide(accepted("t1", place), claimed("r1", place, token(1)));
  if (how === "sound") decide(ARRIVED);
  decide({ kind: "assignmentEnded", token: token(1), end: "COMPLETED", reason: "", outcome: "" });
}

function taskNotDone(how: How): void {
  const { stand, tasks, decide, place } = open();
  r1Arrives(stand, tasks, place);
  decide(accepted("t1", place), claimed("r1", place, token(1)));
  if (how === "sound") decide(ARRIVED);
  const end = how === "sound" ? "COMPLETED" : "REFUSED";
  decide({ kind: "assignmentEnded", token: token(1), end, reason: "", outcome: "" });
  decide(ended("t1", "END_DONE"));
}

/** A robot that has arrived at a stop carries the load; the rest is its own. */
function loadElsewhere(how: How): void {
  const { stand, tasks, decide, place } = open();
  r1Arrives(stand, tasks, place);
  decide(accepted("t1", place), claimed("r2", place, token(3, 0)), claimed("r1", place, token(1)), ARRIVED);
  decide(claimed(how === "wrong" ? "r2" : "r1", place, token(2)));
}

function arrivedElsewhere(how: How): void {
  const { stand, tasks, place } = open();
  const edge = stand.edge("r1");
  stand.hold(edge, token(1), place);
  if (how === "sound") stand.put("r1", place);
  sayArrived(tasks, edge);
}

function arrivedUnsaid(how: How): void {
  const { stand, tasks, decide, place } = open();
  const edge = stand.edge("r1");
  stand.put("r1", place);
  stand.hold(edge, token(1), place);
  if (how === "sound") sayArrived(tasks, edge);
  decide(claimed("r1", place, token(1)), ARRIVED);
}

function taskRenamed(how: How): void {
  const { tasks } = open();
  tasks.accepted("t1", how === "wrong" ? "t2" : "t1");
}

function taskLost(how: How): void {
  const { stand, tasks, hub, place } = open();
  tasks.accepted("t1", "t1");
  const stored = [...hub.disk.events, ...(how === "wrong" ? [] : stand.events(accepted("t1", place)))];
  tasks.opened(replay(stored));
}

/** What people lose with a backup is no fault of the hub; all else is. */
function taskLostAfterRollback(how: How): void {
  const { stand, tasks, hub, place } = open();
  const kept = [...hub.disk.events, ...stand.events(accepted("t1", place))];
  tasks.accepted("t1", "t1");
  tasks.accepted("t2", "t2");
  tasks.rolledBack(how === "wrong" ? [...kept, ...stand.events(accepted("t2", place))] : kept);
  tasks.opened(replay(kept));
}

function snapshotDiffers(how: How): void {
  const { tasks, hub } = open();
  const ledger = replay(hub.disk.events);
  if (how === "wrong") ledger.counter += 1;
  tasks.rebuilt(hub.disk.events, ledger);
}

function replayDiffers(how: How): void {
  const { tasks, hub } = open();
  if (how === "wrong") hub.hub.state.ledger.open.add("t1");
  tasks.same(hub);
}

/** An edge whose state is forged, `more` beyond the bound. */
function edgeBound(forge: (edge: EdgeProcess, more: number) => void): (how: How) => void {
  return (how) => {
    const edge = new Stand().edge("r1");
    forge(edge, how === "wrong" ? 1 : 0);
    boundsOfEdge(edge);
  };
}

function filled(map: Map<number, number>, count: number): void {
  for (let key = 1; key <= count; key += 1) map.set(key, key);
}

function hubQueue(how: How): void {
  const hub = new Stand().hub();
  Object.assign(hub.pending, { length: how === "wrong" ? 2001 : 2000 });
  boundsOfHub(hub);
}

function hubNonces(how: How): void {
  const stand = new Stand();
  const hub = stand.hub();
  filled(stand.watch(hub, "r1").nonces, how === "wrong" ? 257 : 256);
  boundsOfHub(hub);
}

function openTasks(how: How): void {
  const stand = new Stand();
  const hub = stand.hub();
  const { tasksWaiting } = stand.sim.site.config.limits;
  for (let index = how === "wrong" ? 0 : 1; index <= tasksWaiting; index += 1)
    hub.hub.state.ledger.open.add(`t${index}`);
  boundsOfHub(hub);
}

export const TASKS: Cases = {
  "task-twice": taskTwice,
  "task-unknown": taskUnknown,
  "task-ends-twice": taskEndsTwice,
  "task-ends-running": taskEndsRunning,
  "completed-unarrived": completedUnarrived,
  "task-not-done": taskNotDone,
  "load-elsewhere": loadElsewhere,
  "task-renamed": taskRenamed,
  "task-lost: at a start": taskLost,
  "task-lost: after a rollback": taskLostAfterRollback,
  "arrived-elsewhere": arrivedElsewhere,
  "arrived-unsaid": arrivedUnsaid,
  "snapshot-differs": snapshotDiffers,
  "replay-differs": replayDiffers,
  "bound: ticks of an edge": edgeBound((edge, more) => filled(edge.edge.state.ticks, 256 + more)),
  "bound: outbox of an edge": edgeBound((edge, more) => {
    const { state } = edge.edge;
    const length = state.context.config.limits.outbox + 64 + more;
    state.memory = { ...state.memory, outbox: Array.from({ length }) as PendingOutcome[] };
  }),
  "bound: effects that wait": hubQueue,
  "bound: nonces of a robot": hubNonces,
  "bound: open tasks": openTasks,
};
