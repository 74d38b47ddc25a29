// R8: the movements that people are asked about. A robot whose only obstacle is that people hold it in CONFIRM goes on
// with what it has in hand, or is given what dispatch would give it, once a person has approved exactly that: until
// then it is a question and nothing is claimed. Dispatch weighs these robots in a round of their own, after the one for
// robots that need nobody, so that no task waits for a person that another robot could take. People can answer only so
// much: few robots are asked about at once, the others after them, and one that is to hold is left alone for a while.

import { type Refusal, refuse } from "../../proto/errors.js";
import { type Cause, severity } from "../../proto/mode.js";
import type { Act } from "../../proto/operator.js";
import { approvalOf, askingCeilings, beginApproval, isAsking, isFoundWell, type Movement } from "./approvals.js";
import { claim, whyBeyondBoundary, whyNotFree, whyNotTask } from "./claims.js";
import type { DispatchView, Proposal } from "./dispatch/view.js";
import { actingClaim, ceilingsOn } from "./ledger-state.js";
import { dwellOf } from "./links.js";
import { stepModes } from "./modes.js";
import type { HubState, Turn } from "./turn.js";
import { channelAgeMs, type RobotWatch } from "./watch.js";

/** It is there because the hub renews nothing in CONFIRM, and goes with the first renewal. */
const OF_CONFIRM = "lease-lapsed";
/** R13: robots that people are asked about at once. */
const ASKED_MOST = 16;
/** And of these about moves without a task. */
const IDLE_MOST = 8;
const LOOK_MS = 2000;
/** A robot that people let hold is asked about again after this. */
const KEPT_MS = 300_000;

/** What the hub would have a robot do, if a person approved it. */
export interface Proposed {
  readonly movement: Movement;
  readonly assignment: string | null; // that it goes on with
  readonly sinceMs: number;
}

/** Where the last look at robots that wait has ended. */
export interface Movements {
  lookedMs: number;
  after: string; // robot
}

/** Whether nothing but a ceiling of CONFIRM by people keeps this robot from being given work. */
export function waitsForApproval(state: HubState, watch: RobotWatch, nowMs: number): boolean {
  if (watch.approval !== null || watch.stream === null || !watch.heard || nowMs < state.givesFromMs) return false;
  const ceilings = ceilingsOn(state.ledger, watch);
  if (ceilings.length === 0 || !ceilings.every(isAsking)) return false;
  if (!isFoundWell(state, watch) || !isEdgeWell(watch)) return false;
  const limitMs = state.site.config.decisions.dispatch.telemetryMs;
  return channelAgeMs(watch, "pose", { nowMs, site: state.site }) <= limitMs;
}

/** A rung without a cause is one of which nothing is known. */
function isEdgeWell({ edgeRung, edgeCauses }: RobotWatch): boolean {
  if (edgeRung === "AUTONOMOUS") return true;
  const isOfConfirm = ({ name, rung }: Cause) => name === OF_CONFIRM && severity(rung) <= severity("REACTIVE_ONLY");
  return edgeCauses.length > 0 && edgeCauses.every(isOfConfirm);
}

/** What people may let this robot do now; null for nothing. */
export function movementOf(state: HubState, watch: RobotWatch, nowMs: number): Movement | null {
  const { proposed } = watch;
  if (proposed === null || !waitsForApproval(state, watch, nowMs)) return null;
  return isPossible(state, watch, { proposed, nowMs }) ? proposed.movement : null;
}

/** Nothing but the ceiling refuses it, as far as can be known before: whoever approves it shall not do so in vain. */
function isPossible(
  state: HubState,
  watch: RobotWatch,
  { proposed, nowMs }: { readonly proposed: Proposed; readonly nowMs: number },
): boolean {
  const { movement, assignment } = proposed;
  const acting = actingClaim(state.ledger, watch.id);
  if ((acting?.assignment ?? null) !== assignment) return false;
  const ask = { robot: watch.id, ...movement, dwellMs: 0 };
  if (state.site.boundary[decisionOf(movement)].ways.CONFIRM !== "ask") return false;
  if (whyBeyondBoundary(state, ask, { watch, nowMs, isAsked: true }) !== null || whyNotTask(state, ask) !== null)
    return false;
  const held = state.ledger.tasks.get(movement.task);
  if (held !== undefined && (held.cancelAsked || held.paused !== null)) return false; // it is to give it back
  return acting?.lapsed === false || whyNotFree(state, ask, nowMs) === null;
}

export function decisionOf({ purpose }: Pick<Movement, "purpose">): "taskGrant" | "idleMove" {
  return purpose === "TASK" ? "taskGrant" : "idleMove";
}

/** The same for the same movement: where to, what for, and by whose word it must be asked. */
export function movementFacts(state: HubState, watch: RobotWatch, movement: Movement): string {
  const { destination, purpose, task, stopIndex } = movement;
  const stops = state.ledger.tasks.get(task)?.stops.length ?? 1;
  const ways = { TASK: `for ${task}, stop ${stopIndex + 1} of ${stops}`, PARK: "to park", CHARGE: "to charge" };
  const by = askingCeilings(state, watch).map(
    ({ operator, reason, event }) => `${operator} (event ${event}): ${reason}`,
  );
  return `${watch.id} to ${destination} ${ways[purpose]}; held in CONFIRM by ${by.join(", ")}`;
}

/** A person lets the robot make the movement that they were asked about, once. */
export function approve(turn: Turn, by: { readonly robot: string; readonly act: Act }): Refusal | null {
  const { robot, act } = by;
  const watch = turn.state.watches.get(robot);
  const movement = watch === undefined ? null : movementOf(turn.state, watch, turn.nowMs);
  if (watch === undefined || movement === null)
    return refuse("NOTHING_TO_DO", `cannot approve a movement of "${robot}": none of it waits for a person`);
  const assignment = watch.proposed?.assignment ?? null;
  turn.emit({ kind: "actRecorded", act: "movement", subject: robot, ...act, seen: `to ${movement.destination}` });
  watch.approval = approvalOf(turn.state, watch, { movement, operator: act.operator, assignment, nowMs: turn.nowMs });
  watch.proposed = null;
  stepModes(turn);
  return null;
}

/** People let the robot hold, by their word or by none: another one may have what it would have been given. */
export function letHold({ state, nowMs }: Turn, robot: string): void {
  const watch = state.watches.get(robot);
  if (watch === undefined) return;
  watch.proposed = null;
  watch.holdsUntilMs = nowMs + KEPT_MS;
}

/** Gives what was approved as soon as the robot has its lease and may have it. */
export function stepMovements(turn: Turn): void {
  for (const watch of turn.state.watches.values()) {
    const { approval } = watch;
    if (approval === null || approval.begun !== null) continue;
    const { movement, assignment } = approval;
    if (assignment === null) claim(turn, { robot: watch.id, ...movement, dwellMs: dwellOf(turn.state, movement.task) });
    beginApproval(turn, watch, approval);
  }
}

interface Proposer {
  readonly propose: (view: DispatchView) => readonly Proposal[];
  readonly view: () => DispatchView;
}

/** Finds what robots that wait for people would do: what they have in hand, or else what dispatch would give them. */
export function proposeMovements(turn: Turn, by: Proposer): void {
  const { state, nowMs } = turn;
  if (nowMs - state.movements.lookedMs < LOOK_MS) return;
  state.movements.lookedMs = nowMs;
  const waiting: RobotWatch[] = [];
  for (const watch of state.watches.values())
    if (nowMs >= watch.holdsUntilMs && waitsForApproval(state, watch, nowMs)) waiting.push(watch);
    else watch.proposed = null;
  if (waiting.length === 0) return;
  const isFree = new Set<string>();
  waiting.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const watch of inTurn(turn, waiting)) {
    if (actingClaim(state.ledger, watch.id) === undefined) isFree.add(watch.id);
    else watch.proposed = goingOn(turn, watch);
  }
  if (isFree.size > 0) weigh(turn, isFree, by);
}

/** Those of them, by name, that are looked at now; what people are asked about for a task, and still can be, stays. */
function inTurn(turn: Turn, waiting: readonly RobotWatch[]): readonly RobotWatch[] {
  const { state, nowMs } = turn;
  const { movements } = state;
  let room = ASKED_MOST;
  const open: RobotWatch[] = [];
  for (const watch of waiting) {
    const { proposed } = watch;
    if (proposed !== null && !isPossible(state, watch, { proposed, nowMs })) watch.proposed = null;
    if (stays(turn, watch)) room -= 1;
    else open.push(watch);
  }
  const next = open.findIndex(({ id }) => id > movements.after);
  const first = next === -1 ? 0 : next;
  const idle = open.filter(({ proposed }) => proposed !== null).slice(0, IDLE_MOST);
  const others = [...open.slice(first), ...open.slice(0, first)].filter(({ proposed }) => proposed === null);
  const chosen = [...idle, ...others].slice(0, Math.max(0, room));
  for (const watch of open) if (!chosen.includes(watch)) watch.proposed = null;
  movements.after = chosen.at(-1)?.id ?? "";
  return chosen;
}

/** A task that a robot was asked about is not weighed anew while people may look at it: poses have noise. */
function stays({ state, nowMs }: Turn, { proposed }: RobotWatch): boolean {
  if (proposed === null || proposed.movement.purpose !== "TASK") return false;
  const answerMs = state.site.boundary.taskGrant.answerMs ?? 0;
  return nowMs - proposed.sinceMs < answerMs;
}

function goingOn({ state, nowMs }: Turn, watch: RobotWatch): Proposed | null {
  const acting = actingClaim(state.ledger, watch.id);
  if (acting === undefined) return null;
  const { destination, purpose, task, stopIndex, assignment } = acting;
  const proposed = { movement: { destination, purpose, task, stopIndex }, assignment, sinceMs: nowMs };
  return isPossible(state, watch, { proposed, nowMs }) ? proposed : null;
}

/** As if these robots were free and nobody else, and what others were asked about were taken. */
function weigh(turn: Turn, isFree: ReadonlySet<string>, by: Proposer): void {
  const { state } = turn;
  const seen = by.view();
  const robots = seen.robots.map((robot) => {
    if (isFree.has(robot.id)) return { ...robot, availability: "free" as const };
    return robot.availability === "free" ? { ...robot, availability: "unavailable" as const } : robot;
  });
  const others = [...state.watches.values()].filter(({ id }) => !isFree.has(id));
  const taken = new Set(others.map(({ proposed }) => proposed?.movement.task ?? ""));
  const isAsked = turn.site.boundary.taskGrant.ways.CONFIRM === "ask";
  const tasks = isAsked ? seen.tasks.filter(({ id }) => !taken.has(id)) : [];
  const found = new Map(by.propose({ ...seen, robots, tasks }).map((proposal) => [proposal.robot, proposal]));
  let idle = [...state.watches.values()].filter(({ proposed }) => isIdle(proposed?.movement)).length;
  for (const robot of isFree) {
    const watch = state.watches.get(robot);
    if (watch === undefined) continue;
    const before = watch.proposed;
    watch.proposed = proposedBy(turn, watch, found.get(robot));
    if (isIdle(before?.movement) || !isIdle(watch.proposed?.movement)) continue;
    idle += 1;
    if (idle > IDLE_MOST) watch.proposed = null;
  }
}

function isIdle(movement: Movement | undefined): boolean {
  return movement !== undefined && movement.purpose !== "TASK";
}

/** The same idle move as before, where it still is one. */
function proposedBy({ state, nowMs }: Turn, watch: RobotWatch, proposal: Proposal | undefined): Proposed | null {
  if (proposal === undefined) return null;
  const { destination, purpose, task } = proposal;
  if (purpose !== "TASK" && watch.proposed?.movement.purpose === purpose) return watch.proposed;
  const stopIndex = state.ledger.tasks.get(task)?.stopIndex ?? 0;
  const proposed = { movement: { destination, purpose, task, stopIndex }, assignment: null, sinceMs: nowMs };
  return isPossible(state, watch, { proposed, nowMs }) ? proposed : null;
}
