// R7, R9: the rung that the hub imposes on each robot and fleet, from the age of telemetry and the ceilings of
// operators, and the orders that tell the robots. A fleet of which too large a share is stale falls together: then the
// observer is suspected, grants stop by themselves, and one question is raised instead of one per robot.

import type { FleetConfig } from "../../fleet-config/types.js";
import type { Verdict } from "../../proto/freshness.js";
import {
  CAUSES,
  type Cause,
  type CauseName,
  causesOf,
  type Ladder,
  NO_HOLDS,
  type Rung,
  type Signal,
  severity,
  stepLadder,
  worseRung,
} from "../../proto/mode.js";
import { endApprovals, rungUnder } from "./approvals.js";
import { haltOrdered } from "./halts.js";
import { mayRaise } from "./interplay.js";
import { type Ceiling, ceilingsOn } from "./ledger-state.js";
import type { FleetWatch, HubState, Turn } from "./turn.js";
import { type Imposed, type RobotWatch, type TelemetryAge, telemetryAge } from "./watch.js";

const DEMAND = { fresh: "AUTONOMOUS", late: "REACTIVE_ONLY", lost: "CONFIRM" } as const satisfies Record<Verdict, Rung>;

/** R9: so many robots must be stale before the observer is suspected. */
const STALE_LEAST = 2;

/** Steps every ladder at `turn.nowMs` and sends the orders that changed. */
export function stepModes(turn: Turn): void {
  endApprovals(turn);
  for (const watch of turn.state.watches.values()) stepRobot(turn, watch);
  for (const fleet of turn.state.fleets.values()) stepFleet(turn, fleet);
  for (const watch of turn.state.watches.values()) order(turn, watch);
}

/** The causes that the hub imposes on a robot: its own, its fleet's, and ceilings; worst first. */
export function hubCauses(state: HubState, watch: RobotWatch): readonly Cause[] {
  return imposedOn(state, watch).causes;
}

/** The same object as before while nothing of what it is made of has changed: it is asked for at every tick. */
function imposedOn(state: HubState, watch: RobotWatch): Imposed {
  const fleets = state.fleets.get(watch.fleet)?.ladder ?? NO_HOLDS;
  const { imposed } = watch;
  const { approval } = watch;
  const isSame = imposed !== null && imposed.own === watch.ladder && imposed.fleets === fleets;
  if (isSame && imposed.approval === approval) {
    if (areSame(state.ledger.ceilings, imposed.ceilings)) return imposed;
  }
  const ceilings = ceilingsOn(state.ledger, watch).map((ceiling) => causeOf(watch, ceiling));
  const causes = [...causesOf(watch.ladder), ...causesOf(fleets), ...ceilings];
  causes.sort((a, b) => severity(b.rung) - severity(a.rung));
  watch.imposed = { own: watch.ladder, fleets, ceilings: [...state.ledger.ceilings.values()], approval, causes };
  return watch.imposed;
}

export function worstOf(causes: readonly Cause[]): Rung {
  return causes.reduce<Rung>((worst, cause) => worseRung(worst, cause.rung), "AUTONOMOUS");
}

/** R7: the effective rung of a robot as far as the hub knows: its own causes and those that the edge reported. */
export function effectiveOf(state: HubState, watch: RobotWatch): Rung {
  return worseRung(watch.edgeRung, worstOf(hubCauses(state, watch)));
}

/** Nothing was imposed, replaced or taken back: to compare them all makes no keys, and there are few. */
function areSame(ceilings: ReadonlyMap<string, Ceiling>, known: readonly Ceiling[]): boolean {
  if (ceilings.size !== known.length) return false;
  let index = 0;
  for (const ceiling of ceilings.values()) {
    if (ceiling !== known[index]) return false;
    index += 1;
  }
  return true;
}

/** A movement that a person approves is told beside what it is excepted from. */
function causeOf(watch: RobotWatch, ceiling: Ceiling): Cause {
  const { operator, reason, forMs } = ceiling;
  const rung = rungUnder(watch, ceiling);
  const span = forMs === undefined ? "" : ` (for ${Math.ceil(forMs / 1000)} s)`;
  const { approval } = watch;
  const but =
    rung === ceiling.rung || approval === null
      ? ""
      : `${ceiling.rung} but for one movement to ${approval.movement.destination} by ${approval.operator}; `;
  return { name: "operator", rung, detail: `${but}${operator}: ${reason}${span}`.slice(0, 200) };
}

function fleetOf(turn: Turn, watch: { readonly fleet: string }): FleetConfig {
  const fleet = turn.site.fleets.get(watch.fleet);
  if (fleet === undefined) throw new Error(`robot of fleet "${watch.fleet}", which the site does not have`);
  return fleet;
}

/**
 * A robot that was never heard in this incarnation is unknown rather than stale; one that was heard once can go stale.
 */
function stepRobot(turn: Turn, watch: RobotWatch): void {
  const fleet = fleetOf(turn, watch);
  const age = telemetryAge(watch, fleet, { nowMs: turn.nowMs, site: turn.site });
  if (!watch.heard && age.verdict === "fresh" && watch.channels.get("pose")?.boot === watch.boot) watch.heard = true;
  const signals = [
    watch.heard ? WELL.placeUnknown : NOT_HEARD,
    watch.configDiffers ? CONFIG_DIFFERS : WELL.configDiffers,
    watch.clashed ? CLASHED : WELL.identityClash,
  ];
  if (watch.heard) signals.push(staleSignal(age));
  if (turn.site.asksToClimb) signals.push(raiseSignal(turn, watch));
  change(turn, watch, stepLadder(watch.ladder, { signals, nowMs: turn.nowMs, policy: fleet.ladder }));
  rememberHeld(turn, watch);
  watch.clashed = false;
  watch.verdict = age.verdict;
}

/** A robot that has fallen as far as a rung out of which the boundary asks a person is held there until one lets it. */
function raiseSignal(turn: Turn, watch: RobotWatch): Signal {
  const fleet = turn.state.fleets.get(watch.fleet)?.ladder ?? NO_HOLDS;
  const fallen = [...causesOf(watch.ladder), ...causesOf(fleet), ...watch.edgeCauses].filter(isFall);
  const rung = worstOf(fallen);
  if (turn.site.boundary.raise.ways[rung] !== "ask" || rung === "HALT") return WELL.raiseHeld;
  return signal("raise-held", { demand: rung, calm: true, detail: `fell by ${fallen[0]?.name ?? ""}` });
}

/** What a person must let go of stands in the ledger, so that a restart does not let go of it. */
function rememberHeld(turn: Turn, watch: RobotWatch): void {
  const hold = watch.ladder.get("raise-held");
  const rung = hold?.rung ?? "AUTONOMOUS";
  const known = turn.ledger.climbsHeld.get(watch.id)?.rung ?? "AUTONOMOUS";
  if (rung !== known) turn.emit({ kind: "climbHeld", robot: watch.id, rung, cause: hold?.detail ?? "" });
}

/** What an earlier start has held back, held by this one too, where the site file still asks for it. */
export function holdAgain(turn: Turn): void {
  for (const [robot, { rung, cause }] of [...turn.ledger.climbsHeld]) {
    const watch = turn.state.watches.get(robot);
    if (watch === undefined) continue; // it is not on this site file, and may come back
    if (turn.site.boundary.raise.ways[rung] !== "ask") {
      turn.emit({ kind: "climbHeld", robot, rung: "AUTONOMOUS", cause: "the site file does not ask" });
      continue;
    }
    const signals = [signal("raise-held", { demand: rung, calm: true, detail: cause })];
    watch.ladder = stepLadder(watch.ladder, { signals, nowMs: turn.nowMs, policy: fleetOf(turn, watch).ladder });
  }
}

/** A robot that starts, or waits for its first lease, has not fallen. */
function isFall({ name }: Cause): boolean {
  return Object.hasOwn(CAUSES, name) && CAUSES[name as CauseName].clear === "dwell";
}

function staleSignal({ verdict, calm, channel, boundMs }: TelemetryAge): Signal {
  if (verdict === "fresh") return calm ? WELL.telemetryStale : RESTLESS;
  return signal("telemetry-stale", { demand: DEMAND[verdict], calm, detail: `${channel} is up to ${boundMs} ms old` });
}

function signal(
  name: CauseName,
  seen: { readonly demand: Rung; readonly calm: boolean; readonly detail: string },
): Signal {
  return { name, subject: "", demand: seen.demand, calm: seen.calm, detail: seen.detail };
}

/** Signals that are always the same are made once: nearly all of a step are so. */
function well(name: CauseName): Signal {
  return signal(name, { demand: "AUTONOMOUS", calm: true, detail: "" });
}

const WELL = {
  placeUnknown: well("place-unknown"),
  configDiffers: well("config-differs"),
  identityClash: well("identity-clash"),
  raiseHeld: well("raise-held"),
  telemetryStale: well("telemetry-stale"),
} as const;
// Fresh, but too old to climb on.
const RESTLESS = signal("telemetry-stale", { demand: "AUTONOMOUS", calm: false, detail: "" });
const NOT_HEARD = signal("place-unknown", { demand: "CONFIRM", calm: true, detail: "not heard yet" });
const CONFIG_DIFFERS = signal("config-differs", { demand: "CONFIRM", calm: true, detail: "" });
const CLASHED = signal("identity-clash", { demand: "CONFIRM", calm: true, detail: "" });

function stepFleet(turn: Turn, watch: FleetWatch): void {
  const config = fleetOf(turn, { fleet: watch.id });
  const counts = { robots: 0, stale: 0, lost: 0 };
  for (const robot of turn.state.watches.values()) {
    if (robot.fleet !== watch.id || !robot.heard) continue;
    counts.robots += 1;
    if (robot.verdict !== "fresh") counts.stale += 1;
    if (robot.verdict === "lost") counts.lost += 1;
  }
  const robots = Math.max(1, counts.robots);
  const stale = counts.stale / robots;
  const limit = staleLimit(config, robots);
  const demand: Rung = stale < limit ? "AUTONOMOUS" : counts.lost / robots < limit ? "REACTIVE_ONLY" : "CONFIRM";
  watch.counted = counts.robots;
  watch.stale = counts.stale;
  const detail = demand === "AUTONOMOUS" ? "" : `${watch.stale} of ${watch.counted} robots are stale`;
  const signals = [signal("fleet-stale", { demand, calm: stale < limit, detail })];
  change(turn, watch, stepLadder(watch.ladder, { signals, nowMs: turn.nowMs, policy: config.ladder }));
}

/** One robot alone is no sign of a broken observer, however small its fleet. */
function staleLimit(config: FleetConfig, robots: number): number {
  return Math.max(config.freshness.staleShare, STALE_LEAST / robots);
}

/** R9: so many stale robots of these make the observer suspect. */
export function suspectFrom(config: FleetConfig, counted: number): number {
  const robots = Math.max(1, counted);
  let stale = 1;
  while (stale / robots < staleLimit(config, robots)) stale += 1;
  return stale;
}

/**
 * Blast radius: a robot that could climb waits, as it is, while so many of its fleet were raised within a minute. What
 * clears at once does not wait, and nothing that lowers does.
 */
export function mayRaiseNow(state: HubState, watch: RobotWatch, nowMs: number): boolean {
  const [cause] = causesOf(watch.ladder);
  if (cause === undefined || CAUSES[cause.name as CauseName].clear !== "dwell") return true;
  const robots = state.fleets.get(watch.fleet)?.counted ?? 0;
  const isOfFleet = (robot: string) => state.watches.get(robot)?.fleet === watch.fleet;
  return mayRaise(state.interplay, watch.id, { robots, isOfFleet, policy: state.site.config.interplay, nowMs });
}

/**
 * Replaces a ladder and records it in the ledger when the rung that it imposes has changed, with the cause that did it.
 */
function change(turn: Turn, subject: RobotWatch | FleetWatch, next: Ladder): void {
  if (next === subject.ladder) return;
  const before = causesOf(subject.ladder);
  const after = causesOf(next);
  const [from, to] = [worstOf(before), worstOf(after)];
  if (to === "AUTONOMOUS" && from !== to && "stream" in subject && !mayRaiseNow(turn.state, subject, turn.nowMs))
    return;
  subject.ladder = next;
  if (from === to) return;
  const cause = (severity(to) > severity(from) ? after : before)[0]?.name ?? "";
  const scope = "stream" in subject ? { robot: subject.id, fleet: "" } : { robot: "", fleet: subject.id };
  turn.emit({ kind: "modeChanged", ...scope, from, to, cause });
}

/** Sends a robot its order when rung or causes have changed; details alone are no change. */
function order(turn: Turn, watch: RobotWatch): void {
  const imposed = imposedOn(turn.state, watch);
  if (imposed === watch.ordered) return;
  watch.ordered = imposed;
  const causes = imposed.causes.slice(0, 32);
  const key = causes.map((cause) => `${cause.name}=${cause.rung}`).join(" ");
  if (key === watch.order.key && watch.order.sequence > 0) return;
  watch.order = { sequence: watch.order.sequence + 1, rung: worstOf(causes), causes, key };
  watch.halt = haltOrdered(watch);
  sendOrder(turn, watch);
}

/** Sends the robot's present order, again or for the first time on a stream. */
export function sendOrder(turn: Turn, watch: RobotWatch): void {
  const { sequence, rung, causes } = watch.order;
  turn.send(watch, { kind: "modeOrder", sequence, rung, causes });
}
