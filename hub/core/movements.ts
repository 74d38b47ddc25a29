// R8: the movements that people are asked about. A robot whose only obstacle is that people hold it in CONFIRM goes on
// with what it has in hand, or is given what dispatch would give it, once a person has approved exactly that: until
// then it is a question and nothing is claimed. Dispatch weighs these robots in a round of their own, after the one for
// robots that need nobody, so that no task waits for a person that another robot could take.

import { type Refusal, refuse } from "../../proto/errors.js";
import { type Cause, causesOf, NO_HOLDS, severity } from "../../proto/mode.js";
import type { Act } from "../../proto/operator.js";
import { approvalOf, askingCeilings, isAsking, type Movement } from "./approvals.js";
import { claim } from "./claims.js";
import type { DispatchView, Proposal } from "./dispatch/view.js";
import { actingClaim, ceilingsOn } from "./ledger-state.js";
import { dwellOf } from "./links.js";
import { stepModes } from "./modes.js";
import type { HubState, Turn } from "./turn.js";
import { channelAgeMs, type RobotWatch } from "./watch.js";

/** It is there because the hub renews nothing in CONFIRM, and goes with the first renewal. */
const OF_CONFIRM = "lease-lapsed";

/** Whether nothing but a ceiling of CONFIRM by people keeps this robot from being given work. */
export function waitsForApproval(state: HubState, watch: RobotWatch, nowMs: number): boolean {
  if (watch.approval !== null || watch.stream === null || !watch.heard) return false;
  if (askingCeilings(state, watch).length === 0) return false;
  const limitMs = state.site.config.decisions.dispatch.telemetryMs;
  if (channelAgeMs(watch, "pose", { nowMs, site: state.site }) > limitMs) return false;
  if (ceilingsOn(state.ledger, watch).some((ceiling) => !isAsking(ceiling))) return false;
  const fleet = state.fleets.get(watch.fleet)?.ladder ?? NO_HOLDS;
  return causesOf(watch.ladder).length + causesOf(fleet).length === 0 && isEdgeWell(watch);
}

/** A rung without a cause is one of which nothing is known. */
function isEdgeWell({ edgeRung, edgeCauses }: RobotWatch): boolean {
  if (edgeRung === "AUTONOMOUS") return true;
  const isOfConfirm = ({ name, rung }: Cause) => name === OF_CONFIRM && severity(rung) <= severity("REACTIVE_ONLY");
  return edgeCauses.length > 0 && edgeCauses.every(isOfConfirm);
}

/** What people may let this robot do now; null for nothing. */
export function movementOf(state: HubState, watch: RobotWatch, nowMs: number): Movement | null {
  if (!waitsForApproval(state, watch, nowMs)) return null;
  const acting = actingClaim(state.ledger, watch.id);
  if (acting === undefined) return watch.proposed !== null && isAsked(state, watch.proposed) ? watch.proposed : null;
  const { destination, purpose, task, stopIndex } = acting;
  const held = state.ledger.tasks.get(task);
  if (held !== undefined && (held.cancelAsked || held.paused !== null)) return null; // it is to give it back
  const movement = { destination, purpose, task, stopIndex };
  return isAsked(state, movement) ? movement : null;
}

/** Whether the site's boundary has people asked about movements of this kind. */
function isAsked(state: HubState, { purpose }: Pick<Movement, "purpose">): boolean {
  return state.site.boundary[decisionOf({ purpose })].ways.CONFIRM === "ask";
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
  if (watch === undefined)
    return refuse("UNKNOWN_ROBOT", `cannot approve a movement of "${robot}": the site has no such robot`);
  const movement = movementOf(turn.state, watch, turn.nowMs);
  if (movement === null)
    return refuse("NOTHING_TO_DO", `cannot approve a movement of ${robot}: none of it waits for a person`);
  const assignment = actingClaim(turn.ledger, robot)?.assignment ?? null;
  turn.emit({ kind: "actRecorded", act: "movement", subject: robot, ...act, seen: `to ${movement.destination}` });
  watch.approval = approvalOf(turn.state, watch, { movement, operator: act.operator, assignment, nowMs: turn.nowMs });
  stepModes(turn);
  return null;
}

/** Gives what was approved as soon as the robot has its lease and may have it. */
export function stepMovements(turn: Turn): void {
  for (const watch of turn.state.watches.values()) {
    const { approval } = watch;
    if (approval === null || approval.assignment !== null) continue;
    const { movement } = approval;
    const given = claim(turn, { robot: watch.id, ...movement, dwellMs: dwellOf(turn.state, movement.task) });
    if (!("code" in given)) approval.assignment = actingClaim(turn.ledger, watch.id)?.assignment ?? null;
  }
}

/** Takes what dispatch would have robots do that wait for people, as if they were free and nobody else. */
export function proposeMovements(
  turn: Turn,
  by: { readonly propose: (view: DispatchView) => readonly Proposal[]; readonly view: () => DispatchView },
): void {
  const waiting = new Set<string>();
  for (const watch of turn.state.watches.values()) {
    watch.proposed = null;
    if (waitsForApproval(turn.state, watch, turn.nowMs) && actingClaim(turn.ledger, watch.id) === undefined)
      waiting.add(watch.id);
  }
  if (waiting.size === 0) return;
  const seen = by.view();
  const robots = seen.robots.map((robot) => {
    if (waiting.has(robot.id)) return { ...robot, availability: "free" as const };
    return robot.availability === "free" ? { ...robot, availability: "unavailable" as const } : robot;
  });
  const tasks = turn.site.boundary.taskGrant.ways.CONFIRM === "ask" ? seen.tasks : [];
  for (const { robot, destination, purpose, task } of by.propose({ ...seen, robots, tasks })) {
    const watch = turn.state.watches.get(robot);
    const stopIndex = turn.ledger.tasks.get(task)?.stopIndex ?? 0;
    if (watch !== undefined && waiting.has(robot)) watch.proposed = { destination, purpose, task, stopIndex };
  }
}
