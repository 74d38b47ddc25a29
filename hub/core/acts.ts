// What people and other systems ask of the hub. Every act carries operator and reason and ends up in the ledger; asking
// twice with the same contents is the same as asking once. Statements of operators are the only way past what sensors
// cannot show (R4); no act takes a place from a robot whose lease may still run.

import { type Refusal, refuse } from "../../proto/errors.js";
import { PRIORITY_USUAL } from "../../proto/ledger.js";
import { causesOf, clearLatches, type Rung, severity } from "../../proto/mode.js";
import type { Act, OperatorAnswer, OperatorAsk, Scope } from "../../proto/operator.js";
import { answer } from "./answers.js";
import { whyNotStated } from "./boundary.js";
import { free, isOutside } from "./claims.js";
import { certainlyMs } from "./hub-time.js";
import { isLatch, readLatches } from "./latches.js";
import { ceilingKey, ceilingsOf, HUB, isEnded, scopeKey, type Task } from "./ledger-state.js";
import { stepModes } from "./modes.js";
import { drainRobot, overrideLeftMs, pauseTask, resumeTask, undrainRobot } from "./taking-over.js";
import { closeTask } from "./tasks.js";
import type { HubState, Turn } from "./turn.js";
import { channelAgeMs, type RobotWatch, whereabouts } from "./watch.js";

export function perform(turn: Turn, ask: OperatorAsk): OperatorAnswer | Refusal {
  if (ask.act.operator.trim() === "" || ask.act.reason.trim() === "") {
    return refuse(
      "NO_ACT",
      `cannot ${ask.kind}: expected an operator and a reason, found "${ask.act.operator}" and "${ask.act.reason}"`,
    );
  }
  if (ask.act.operator === HUB) {
    return refuse("WRONG_IDENTITY", `cannot ${ask.kind}: "${HUB}" names the hub itself in the ledger, and no person`);
  }
  if (turn.site.robots.has(ask.act.operator)) {
    return refuse(
      "WRONG_IDENTITY",
      `cannot ${ask.kind}: "${ask.act.operator}" is a robot, and robots do not act for people`,
    );
  }
  switch (ask.kind) {
    case "submitTask":
      return submitTask(turn, ask);
    case "cancelTask":
      return cancelTask(turn, ask);
    case "halt":
      return setCeiling(turn, { ...ask, rung: "HALT" });
    case "setMode":
      return setCeiling(turn, ask);
    case "clearMode":
      return clearMode(turn, ask);
    case "freePlace":
      return freePlace(turn, ask);
    case "stateAbsent":
      return stateAbsent(turn, ask);
    case "pauseTask":
      return pauseTask(turn, ask);
    case "resumeTask":
      return resumeTask(turn, ask);
    case "drainRobot":
      return drainRobot(turn, ask);
    case "undrainRobot":
      return undrainRobot(turn, ask);
    case "answer":
      return answer(turn, ask, perform);
  }
}

type Asked<K extends OperatorAsk["kind"]> = Extract<OperatorAsk, { kind: K }>;

/** R10: a task of the same name and contents is the same task. */
function submitTask(turn: Turn, ask: Asked<"submitTask">): OperatorAnswer | Refusal {
  const { site, ledger } = turn;
  const { limits } = site.config;
  turn.state.submitted += 1;
  const existing = ledger.tasks.get(ask.task);
  if (existing !== undefined) return sameTask(existing, ask);
  if (ledger.endedIds.has(ask.task)) return { task: ask.task, existed: true };
  const what = `cannot take task "${ask.task}"`;
  if (ask.stops.length === 0 || ask.stops.length > limits.stopsPerTask) {
    return refuse("MALFORMED", `${what}: expected 1 to ${limits.stopsPerTask} stops, found ${ask.stops.length}`);
  }
  if (ask.fleet !== "" && !site.fleets.has(ask.fleet))
    return refuse("UNKNOWN_FLEET", `${what}: the site has no fleet "${ask.fleet}"`);
  for (const [index, stop] of ask.stops.entries()) {
    const unknown = stop.destinations.find((destination) => !site.destinations.has(destination));
    if (unknown !== undefined)
      return refuse(
        "UNKNOWN_DESTINATION",
        `${what}: stop ${index + 1} names "${unknown}", which the site does not have`,
      );
    const found = stop.destinations.length;
    if (found === 0 || found > limits.alternativesPerStop) {
      return refuse(
        "MALFORMED",
        `${what}: stop ${index + 1} expected 1 to ${limits.alternativesPerStop} destinations, found ${found}`,
      );
    }
  }
  if (ledger.open.size >= limits.tasksWaiting)
    return refuse("TOO_MANY", `${what}: ${ledger.open.size} tasks are open, at most ${limits.tasksWaiting}`);
  const task = ask.task === "" ? unusedName(turn) : ask.task;
  const { act, kind: _, ...asked } = ask;
  turn.emit({ kind: "taskAccepted", ...asked, task, ...act });
  return { task, existed: false };
}

/** A name that no task has, for one that was given none. */
function unusedName({ ledger }: Turn): string {
  for (let number = ledger.events + 1; ; number += 1) {
    const name = `t${ledger.epoch}-${number}`;
    if (!ledger.tasks.has(name) && !ledger.endedIds.has(name)) return name;
  }
}

function sameTask(task: Task, ask: Asked<"submitTask">): OperatorAnswer | Refusal {
  const { priority = PRIORITY_USUAL, deadlineMs = null } = ask;
  const key = (t: Pick<Task, "stops" | "fleet" | "dwellMs" | "priority" | "deadlineMs">) =>
    JSON.stringify([t.stops.map((stop) => stop.destinations), t.fleet, t.dwellMs, t.priority, t.deadlineMs]);
  if (key(task) === key({ ...ask, priority, deadlineMs })) return { task: task.id, existed: true };
  return refuse(
    "TASK_DIFFERS",
    `cannot take task "${ask.task}": a task of that name exists with other stops, fleet, dwell, priority or deadline`,
  );
}

/** A waiting task ends at once; an active one when its robot has stopped acting on it, or has certainly lapsed. */
function cancelTask(turn: Turn, ask: Asked<"cancelTask">): OperatorAnswer | Refusal {
  const task = turn.ledger.tasks.get(ask.task);
  if (task === undefined) return refuse("UNKNOWN_TASK", `cannot cancel task "${ask.task}": there is none of that name`);
  if (isEnded(task)) {
    return task.phase === "CANCELLED"
      ? { phase: task.phase }
      : refuse("TASK_ENDED", `cannot cancel task "${task.id}": it is ${task.phase}`);
  }
  if (!task.cancelAsked) turn.emit({ kind: "cancelAsked", task: task.id, ...ask.act });
  closeTask(turn, task.id);
  return { phase: task.phase };
}

function inScope(turn: Turn, scope: Scope): readonly RobotWatch[] | Refusal {
  if (scope.robot !== "" && !turn.site.robots.has(scope.robot))
    return refuse("UNKNOWN_ROBOT", `the site has no robot "${scope.robot}"`);
  if (scope.fleet !== "" && !turn.site.fleets.has(scope.fleet))
    return refuse("UNKNOWN_FLEET", `the site has no fleet "${scope.fleet}"`);
  const all = [...turn.state.watches.values()];
  if (scope.robot !== "") return all.filter((watch) => watch.id === scope.robot);
  return scope.fleet === "" ? all : all.filter((watch) => watch.fleet === scope.fleet);
}

function setCeiling(
  turn: Turn,
  ask: { readonly act: Act; readonly scope: Scope; readonly rung: Rung; readonly forMs?: number },
): OperatorAnswer | Refusal {
  const robots = inScope(turn, ask.scope);
  if ("code" in robots) return robots;
  if (ask.rung === "AUTONOMOUS")
    return refuse("NOT_LOWER", "cannot set AUTONOMOUS: an override only lowers; clear the one that stands instead");
  const { act, scope, rung, forMs } = ask;
  if (forMs !== undefined && rung === "HALT")
    return refuse("NOT_LOWER", "cannot set HALT for a time: it latches, and ends only by a person (R7)");
  const asked = { ...scope, ...act, rung, ...(forMs === undefined ? {} : { forMs }) };
  const stands = turn.ledger.ceilings.get(ceilingKey(asked));
  const leftMs = stands === undefined ? null : overrideLeftMs(turn.state, stands, turn.nowMs);
  // By the same clock as what is left.
  const asLongMs = forMs === undefined ? 0 : certainlyMs(forMs, turn.site.config.lease.rhoHub);
  if (leftMs !== null && leftMs > asLongMs) {
    return refuse(
      "NOT_LOWER",
      `cannot set ${rung} for ${forMs} ms: it stands for another ${leftMs} ms; clear it first`,
    );
  }
  if (stands !== undefined && severity(ask.rung) < severity(stands.rung)) {
    return refuse(
      "NOT_LOWER",
      `cannot set ${ask.rung}: ${stands.rung} by ${stands.operator} stands for the same scope; clear it first`,
    );
  }
  turn.emit({ kind: "ceilingSet", ...asked });
  stepModes(turn);
  const linked = (watch: RobotWatch) => watch.stream !== null;
  return {
    told: robots.filter(linked).map((watch) => watch.id),
    notTold: robots.filter((watch) => !linked(watch)).map((watch) => watch.id),
  };
}

/** R7: lets go of the ceiling, and of what the edges have latched; each latch opens only when its evidence is good. */
function clearMode(turn: Turn, ask: Asked<"clearMode">): OperatorAnswer | Refusal {
  const robots = inScope(turn, ask.scope);
  if ("code" in robots) return robots;
  // Each latch needs a person who has looked at that robot: a clearing for the site or a fleet opens none.
  const looked = ask.scope.robot === "" ? [] : robots;
  const latched = looked.filter(
    (watch) => readLatches(turn, watch).length > 0 || causesOf(watch.ladder).some(({ name }) => isLatch(name)),
  );
  const stands = ceilingsOf(turn.ledger, ask.scope).some((ceiling) => ceiling !== undefined);
  if (!stands && latched.length === 0) {
    return refuse(
      "NOTHING_TO_DO",
      `cannot clear the mode of ${scopeKey(ask.scope)}: no ceiling stands, and no latch that anybody can have read`,
    );
  }
  turn.emit({ kind: "ceilingCleared", robot: ask.scope.robot, fleet: ask.scope.fleet, ...ask.act });
  const { operator, reason } = ask.act;
  for (const watch of latched) {
    watch.ladder = clearLatches(watch.ladder, ["identity-clash", "raise-held"]);
    const causes = readLatches(turn, watch);
    if (causes.length === 0 || watch.reportSequence === 0) continue;
    const report = watch.reportSequence;
    turn.send(watch, { kind: "clearLatches", causes, operator, reason: reason.slice(0, 200), report });
  }
  stepModes(turn);
  return {};
}

/**
 * R4: a named operator has seen the place empty. Refused while the lease of whoever holds it may still run. From then
 * on robots without a link are not thought to be there, until they are heard again.
 */
function freePlace(turn: Turn, ask: Asked<"freePlace">): OperatorAnswer | Refusal {
  const what = `cannot free ${ask.place}`;
  if (!turn.site.destinations.has(ask.place))
    return refuse("UNKNOWN_DESTINATION", `${what}: the site has no such destination`);
  if (ask.seen.trim() === "") return refuse("NO_ACT", `${what}: expected what was seen there, found nothing`);
  const unproven = whyNotStatedFree(turn.state, ask.place, turn.nowMs);
  if (unproven !== null) return unproven;
  const { held, holder, silent } = aboutPlace(turn.state, ask.place);
  const beyond = whyNotStated(turn, { decision: "freePlace", watch: holder, what });
  if (beyond !== null) return beyond;
  turn.emit({ kind: "actRecorded", act: "place free", subject: ask.place, ...ask.act, seen: ask.seen });
  for (const watch of silent) watch.notAt.add(ask.place);
  if (held === undefined) return {};
  if (holder?.stream === null) holder.notAt.add(ask.place);
  if (held.end === null) {
    turn.emit({
      kind: "assignmentEnded",
      token: held.token,
      end: "ABANDONED",
      reason: "an operator freed the place",
      outcome: "",
    });
  }
  free(turn, held, { exit: "STATED_FREE", ...ask.act, seen: ask.seen });
  closeTask(turn, held.task);
  return {};
}

/** A place's claim with its robot, and the robots without a link. */
function aboutPlace(state: HubState, place: string) {
  const held = state.ledger.byDestination.get(place);
  const holder = held === undefined ? undefined : state.watches.get(held.robot);
  const silent = [...state.watches.values()].filter((watch) => watch.stream === null && watch !== holder);
  return { held, holder, silent };
}

/** R4: why nobody's statement frees a place now; null when one would. */
export function whyNotStatedFree(state: HubState, place: string, nowMs: number): Refusal | null {
  const what = `cannot free ${place}`;
  const { held, holder, silent } = aboutPlace(state, place);
  const ends = [...silent, ...(holder ? [holder] : [])].map((watch) => watch.leaseEndMs);
  if (held !== undefined && holder === undefined) ends.push(state.restartUntilMs);
  const leftMs = Math.max(0, ...ends.map((endMs) => endMs - nowMs));
  if (leftMs > 0) return refuse("LEASE_RUNNING", `${what}: a lease may run there for another ${leftMs} ms`);
  const there = silent.concat(holder ?? []).find((watch) => isSeenOn(state, watch, { place, nowMs }));
  return there === undefined ? null : refuse("BUSY", `${what}: fresh telemetry does not show ${there.id} outside it`);
}

/** R4: a statement does not stand against fresh evidence. */
function isSeenOn(state: HubState, watch: RobotWatch, at: { readonly place: string; readonly nowMs: number }): boolean {
  const { nowMs, place } = at;
  if (channelAgeMs(watch, "pose", { nowMs, site: state.site }) > state.site.config.decisions.dispatch.telemetryMs)
    return false;
  const where = whereabouts(watch, { nowMs, site: state.site });
  return where !== undefined && !isOutside(state, where, place);
}

/** A robot that is not on the floor blocks no place by being unheard; its claims stay until they are freed. */
function stateAbsent(turn: Turn, ask: Asked<"stateAbsent">): OperatorAnswer | Refusal {
  const what = `cannot state ${ask.robot} absent`;
  const watch = turn.state.watches.get(ask.robot);
  if (watch === undefined) return refuse("UNKNOWN_ROBOT", `${what}: the site has no such robot`);
  if (ask.seen.trim() === "") return refuse("NO_ACT", `${what}: expected where it was seen, found nothing`);
  const refusal = whyNotStatedAbsent(turn, watch);
  if (refusal !== null) return refusal;
  turn.emit({ kind: "robotAbsent", robot: ask.robot, ...ask.act, seen: ask.seen });
  watch.heard = false;
  watch.channels.clear();
  return {};
}

/** R4: why nobody's statement takes a robot off the floor now; null when one would. */
export function whyNotStatedAbsent(turn: Turn, watch: RobotWatch): Refusal | null {
  const what = `cannot state ${watch.id} absent`;
  const beyond = whyNotStated(turn, { decision: "stateAbsent", watch, what });
  if (beyond !== null) return beyond;
  if (watch.stream !== null) return refuse("NOTHING_TO_DO", `${what}: it is linked`);
  const leftMs = watch.leaseEndMs - turn.nowMs;
  if (leftMs > 0) return refuse("LEASE_RUNNING", `${what}: its lease may run for another ${leftMs} ms`);
  const ageMs = channelAgeMs(watch, "pose", { nowMs: turn.nowMs, site: turn.site });
  if (ageMs > turn.site.config.decisions.dispatch.telemetryMs) return null;
  return refuse("NOTHING_TO_DO", `${what}: its telemetry is ${ageMs} ms old, so it is there`);
}
