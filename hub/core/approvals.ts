// R8: where people hold a robot in CONFIRM, each of its movements needs the approval of a person, and one approval is
// good for one movement. It lifts nothing but the people's own ceiling of CONFIRM, only for that robot and that
// destination, and is over with the movement, with the link, when another ceiling is set, or after its time: whatever
// is not certainly still what the person approved is over (unknown means no). A restart of the hub forgets it.

import { type Refusal, refuse } from "../../proto/errors.js";
import type { Rung } from "../../proto/mode.js";
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
  readonly under: string; // the ceilings that it was given under
  readonly beginsByMs: number; // over, when the movement has not begun by then
  readonly endsMs: number;
  assignment: string | null; // that the movement is; null: not begun
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
  const { movement, operator, assignment, nowMs } = by;
  const under = nameOf(askingCeilings(state, watch));
  return { movement, operator, under, beginsByMs: nowMs + BEGINS_MS, endsMs: nowMs + ENDS_MS, assignment };
}

/** Ends what is over, before anything rests on it. */
export function endApprovals(turn: Turn): void {
  for (const watch of turn.state.watches.values())
    if (watch.approval !== null && isOver(turn, watch, watch.approval)) watch.approval = null;
}

function isOver({ state, nowMs }: Turn, watch: RobotWatch, approval: Approval): boolean {
  if (watch.stream === null || nowMs >= approval.endsMs) return true;
  if (nameOf(askingCeilings(state, watch)) !== approval.under) return true;
  const acting = actingClaim(state.ledger, watch.id);
  if (approval.assignment !== null) return acting?.assignment !== approval.assignment;
  return nowMs >= approval.beginsByMs;
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
  if (approval.assignment !== null) return approval.assignment === ask.assignment;
  const { destination, purpose, task, stopIndex } = approval.movement;
  return ask.destination === destination && ask.purpose === purpose && ask.task === task && ask.stopIndex === stopIndex;
}
