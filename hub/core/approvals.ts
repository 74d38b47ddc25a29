// R8: where people hold a robot in CONFIRM, each of its movements needs the approval of a person, and one approval is
// good for one movement. It lifts nothing but the people's own ceiling of CONFIRM, only for that robot and that
// destination. It is over with the movement or a lapse of its lease, with the link, with another start of its edge,
// with any finding of the hub or rung of CONFIRM on board, when any ceiling comes or goes, and after its time: whatever
// is not certainly still what the person approved is over (unknown means no). A restart of the hub forgets it.

import { type Refusal, refuse } from "../../proto/errors.js";
import { certainlyLapsed } from "../../proto/lease.js";
import { causesOf, NO_HOLDS, type Rung, severity } from "../../proto/mode.js";
import type { Purpose } from "../../proto/wire.js";
import { actingClaim, type Ceiling, ceilingsOn, HUB } from "./ledger-state.js";
import type { HubState, Turn } from "./turn.js";
import type { RobotWatch } from "./watch.js";

/** Where a robot would go, and what for. */
export interface Movement {
  readonly destination: string;
  readonly purpose: Purpose;
  readonly task: string; // empty unless purpose is TASK
  readonly stopIndex: number;
}

export interface Approval {
  readonly movement: Movement;
  readonly operator: string;
  readonly assignment: string | null; // that it goes on with
  readonly under: string; // every ceiling that bore on the robot
  readonly stream: number | null; // of the robot's link, and of which start of its edge
  readonly boot: string;
  readonly beginsByMs: number; // over, when the movement has not begun by then
  readonly endsMs: number;
  begun: string | null; // the assignment, once the robot has its lease and a claim under it
}

/** For its first lease and its grant. */
const BEGINS_MS = 15_000;
/** R13: however long the way is, who approved it has seen enough of it. */
const ENDS_MS = 600_000;

/** Whether a ceiling stands for people who want to be asked. The hub's own stands for a look at the site. */
export function isAsking({ rung, operator }: Pick<Ceiling, "rung" | "operator">): boolean {
  return rung === "CONFIRM" && operator !== HUB;
}

/** The ceilings by which people hold a robot in CONFIRM; empty for none. */
export function askingCeilings(state: HubState, watch: RobotWatch): readonly Ceiling[] {
  return ceilingsOn(state.ledger, watch).filter(isAsking);
}

/** Whether the hub finds nothing at this robot or its fleet: ceilings are the word of people, not a finding. */
export function isFoundWell(state: HubState, watch: RobotWatch): boolean {
  const fleet = state.fleets.get(watch.fleet)?.ladder ?? NO_HOLDS;
  return causesOf(watch.ladder).length + causesOf(fleet).length === 0;
}

function nameOf(ceilings: readonly Ceiling[]): string {
  return ceilings.map(({ event }) => event).join(" ");
}

/** What a person has approved of a robot from now on; `assignment` where it goes on with one. */
export function approvalOf(
  state: HubState,
  watch: RobotWatch,
  by: {
    readonly movement: Movement;
    readonly operator: string;
    readonly assignment: string | null;
    readonly nowMs: number;
  },
): Approval {
  const { nowMs, ...what } = by;
  const under = nameOf(ceilingsOn(state.ledger, watch));
  const { stream, boot } = watch;
  return { ...what, under, stream, boot, beginsByMs: nowMs + BEGINS_MS, endsMs: nowMs + ENDS_MS, begun: null };
}

/** Ends what is over, before anything rests on it. */
export function endApprovals(turn: Turn): void {
  for (const watch of turn.state.watches.values())
    if (watch.approval !== null && isOver(turn, watch, watch.approval)) watch.approval = null;
}

/** It does not come back: whatever has ended it may have gone by before anybody looks again. */
function isOver({ state, nowMs }: Turn, watch: RobotWatch, approval: Approval): boolean {
  if (watch.stream === null || watch.stream !== approval.stream || watch.boot !== approval.boot) return true;
  if (nowMs >= approval.endsMs || nameOf(ceilingsOn(state.ledger, watch)) !== approval.under) return true;
  if (!isFoundWell(state, watch) || severity(watch.edgeRung) >= severity("CONFIRM")) return true;
  const acting = actingClaim(state.ledger, watch.id);
  const { begun, assignment } = approval;
  if (begun !== null) return acting === undefined || acting.assignment !== begun || acting.lapsed;
  return nowMs >= approval.beginsByMs || (assignment !== null && acting?.assignment !== assignment);
}

/** To be called when claims have been made: the movement has begun with a lease and a claim that has not lapsed. */
export function beginApproval({ state, nowMs }: Turn, watch: RobotWatch, approval: Approval): void {
  const acting = actingClaim(state.ledger, watch.id);
  if (approval.begun !== null || acting === undefined || acting.lapsed) return;
  if (!certainlyLapsed(watch.leaseEndMs, nowMs)) approval.begun = acting.assignment;
}

/** The rung that a ceiling imposes on this robot: none while a movement is approved that it would forbid. */
export function rungUnder(watch: RobotWatch, ceiling: Ceiling): Rung {
  return watch.approval !== null && isAsking(ceiling) ? "AUTONOMOUS" : ceiling.rung;
}

type Asked = Movement & { readonly assignment?: string };

/** A robot that is let go for one movement is given nothing else; null when it is given this. */
export function whyNotApproved({ id, approval }: RobotWatch, ask: Asked): Refusal | null {
  if (approval === null || isApproved(approval, ask)) return null;
  const what = `cannot give ${ask.destination} to ${id}`;
  return refuse("NOT_PERMITTED", `${what}: only its movement to ${approval.movement.destination} is approved`);
}

function isApproved(approval: Approval, ask: Asked): boolean {
  const goesOn = approval.begun ?? approval.assignment;
  if (goesOn !== null) return goesOn === ask.assignment;
  const { destination, purpose, task, stopIndex } = approval.movement;
  return ask.destination === destination && ask.purpose === purpose && ask.task === task && ask.stopIndex === stopIndex;
}
