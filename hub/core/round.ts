// A round of dispatch: the view that the dispatcher gets, and what becomes of its proposals. The dispatcher only asks;
// each claim is decided by the ledger (R1). A robot that stands somewhere idle claims the place that it stands on, so
// that what is taken is taken in the ledger too (R4: occupied first, autonomous later).

import { tokenKey, type Whereabouts } from "../../proto/claim.js";
import type { Refusal } from "../../proto/errors.js";
import { claim, isElsewhere, isOutside, isStanding, standsLong, standsOn, whyNoGrants } from "./claims.js";
import { foresee } from "./deadlines.js";
import type { Bar, BatteryPolicy, Dispatched, DispatchRobot, DispatchView, Proposal, Swap } from "./dispatch/view.js";
import { heldOff } from "./interplay.js";
import { actingClaim, claimsOfRobot } from "./ledger-state.js";
import { dwellOf } from "./links.js";
import { proposeMovements } from "./movements.js";
import type { Site } from "./site.js";
import { pausedLoads, tasksUnderWay, waitingTasks } from "./task-queue.js";
import { closeTask } from "./tasks.js";
import type { Turn } from "./turn.js";
import { channelAgeMs, lastBattery, lastPose, type RobotWatch, whereabouts } from "./watch.js";

/**
 * After a certain lapse a task that nobody has begun goes to another robot when its own has stayed silent this long.
 */
const ABANDON_MS = 10_000;

/** Proposals alone: of a dispatcher that foresees nothing. */
export type Dispatcher = (view: DispatchView, nowMs: number) => Dispatched | readonly Proposal[];

const NOTHING_FORESEEN = { doneInMs: new Map<string, number>(), swaps: [] } as const;

export function stepRound(turn: Turn, dispatcher: Dispatcher): void {
  if (turn.nowMs - turn.state.lastRoundMs < turn.site.config.limits.dispatchMs) return;
  turn.state.lastRoundMs = turn.nowMs;
  abandon(turn);
  settle(turn);
  const given = dispatcher(viewOf(turn), turn.nowMs);
  const { doneInMs, swaps } = "proposals" in given ? given : NOTHING_FORESEEN;
  for (const proposal of proposalsOf(given)) {
    const { robot, purpose, task, destination, choice: why } = proposal;
    const stopIndex = turn.ledger.tasks.get(task)?.stopIndex ?? 0;
    const asked = { robot, destination, purpose, task, stopIndex, dwellMs: dwellOf(turn.state, task) };
    claim(turn, why === undefined ? asked : { ...asked, why });
  }
  for (const swap of swaps) recall(turn, swap);
  proposeMovements(turn, { propose: (view) => proposalsOf(dispatcher(view, turn.nowMs)), view: () => viewOf(turn) });
  foresee(turn, doneInMs);
}

function proposalsOf(given: ReturnType<Dispatcher>): readonly Proposal[] {
  return "proposals" in given ? given.proposals : given;
}

/** The robot is asked back for another one that is nearer; a task only once, so that nothing goes to and fro (R13). */
function recall(turn: Turn, swap: Swap): void {
  const { recalled, watches } = turn.state;
  const watch = watches.get(swap.robot);
  const acting = actingClaim(turn.ledger, swap.robot);
  if (watch === undefined || acting === undefined || acting.task !== swap.task || recalled.has(swap.task)) return;
  for (const task of recalled) if (!turn.ledger.open.has(task)) recalled.delete(task);
  recalled.add(swap.task);
  watch.recalled = {
    key: tokenKey(acting.token),
    reason: `${swap.other} is ${swap.gainM.toFixed(1)} m nearer`.slice(0, 120),
  };
}

/**
 * A silent robot's task goes on elsewhere when it has not been begun; its place stays taken (R4). One without a link
 * that is still heard is not silent yet: its telemetry ages by itself, because no nonce reaches it any more (R6). It is
 * given up at twice the age that counts as fresh, so that no sample of then can show its place free.
 */
function abandon(turn: Turn): void {
  const at = { nowMs: turn.nowMs, site: turn.site };
  const heardMs = 2 * turn.site.config.decisions.dispatch.telemetryMs;
  for (const watch of turn.state.watches.values()) {
    const acting = actingClaim(turn.ledger, watch.id);
    if (acting === undefined || !acting.lapsed || turn.nowMs - watch.leaseEndMs < ABANDON_MS) continue;
    if (watch.stream === null && channelAgeMs(watch, "pose", at) <= heardMs) continue;
    const task = turn.ledger.tasks.get(acting.task);
    if (task !== undefined && task.stopIndex > 0 && !task.cancelAsked) continue; // it carries the load
    turn.emit({
      kind: "assignmentEnded",
      token: acting.token,
      end: "ABANDONED",
      reason: "its robot is silent",
      outcome: "",
    });
    closeTask(turn, acting.task);
  }
}

/**
 * R4: an idle robot holds what it stands on; and where its claim has lapsed and it stands so near that nothing can show
 * the place free, it is sent there, for it would stand in the way for ever.
 */
function settle(turn: Turn): void {
  for (const watch of turn.state.watches.values()) {
    const destination = standsLong(turn.state, watch, turn.nowMs) ?? lapsedUnder(turn, watch);
    if (destination === null || actingClaim(turn.ledger, watch.id) !== undefined) continue;
    if (whyNoGrants(turn.state, watch, turn.nowMs) !== null) continue;
    const held = turn.ledger.byDestination.get(destination);
    if (held !== undefined && !(held.robot === watch.id && held.lapsed)) continue;
    claim(turn, { robot: watch.id, destination, purpose: "PARK", task: "", stopIndex: 0, dwellMs: 0 });
  }
}

function lapsedUnder(turn: Turn, watch: RobotWatch): string | null {
  if (!isStanding(watch, turn.nowMs)) return null;
  const where = whereabouts(watch, { nowMs: turn.nowMs, site: turn.site });
  if (where === undefined) return null;
  const held = claimsOfRobot(turn.ledger, watch.id).find(
    (own) => own.lapsed && own.phase !== "assigned" && !isOutside(turn.state, where, own.destination),
  );
  return held?.destination ?? null;
}

/** What the dispatcher sees at this instant. */
export function viewOf(turn: Turn): DispatchView {
  const { state } = turn;
  const blockers = new Map<string, readonly string[]>();
  let sightings: readonly Sighting[] | null = null;
  const blockersOf = (destination: string) => {
    const known = blockers.get(destination);
    if (known !== undefined) return known;
    sightings ??= sightingsOf(turn);
    const found = findBlockers(turn, destination, sightings);
    blockers.set(destination, found);
    return found;
  };
  return {
    robots: robotViews(turn),
    // What the boundary never gives is not proposed either.
    tasks: turn.site.boundary.taskGrant.ways.AUTONOMOUS === "never" ? [] : waitingTasks(turn),
    underWay: tasksUnderWay(turn),
    destinations: state.site.config.destinations,
    holder: (destination, asker) => {
      const found = blockersOf(destination);
      return found.find((robot) => robot !== asker) ?? found[0] ?? null;
    },
    conflicts: (a, b) => state.site.conflicts.get(a)?.includes(b) ?? false,
    homes: new Map(state.site.config.robots.map((robot) => [robot.id, robot.home])),
    battery: state.site.config.battery,
    fleetBattery: fleetBatteries(state.site),
    policy: state.site.config.dispatch,
    speedMps: state.site.config.physics.maxSpeedMps * state.site.config.dispatch.speedShare,
  };
}

function fleetBatteries(site: Site): ReadonlyMap<string, BatteryPolicy> {
  return new Map([...site.fleets.values()].map(({ id, battery }) => [id, { ...site.config.battery, ...battery }]));
}

/** Where a robot may be in this round: the same for every destination that it may block. */
interface Sighting {
  readonly watch: RobotWatch;
  readonly where: Whereabouts | undefined; // undefined: anywhere
  readonly stood: string; // the place that it has long stood on; empty for none
}

function sightingsOf(turn: Turn): readonly Sighting[] {
  const { state, nowMs } = turn;
  const at = { nowMs, site: state.site };
  return Array.from(state.watches.values(), (watch) => {
    return { watch, where: whereabouts(watch, at), stood: standsLong(state, watch, nowMs) ?? "" };
  });
}

/**
 * Every robot that holds the destination or a neighbour in conflict, or may stand on it; "" for one that may be
 * anywhere.
 */
function findBlockers(turn: Turn, destination: string, sightings: readonly Sighting[]): readonly string[] {
  const { state } = turn;
  const found: string[] = [];
  const neighbours = state.site.conflicts.get(destination) ?? [];
  for (const place of [destination, ...neighbours]) {
    const holder = state.ledger.byDestination.get(place)?.robot;
    if (holder !== undefined && !found.includes(holder)) found.push(holder);
  }
  for (const { watch, where, stood } of sightings) {
    if (isElsewhere(state, watch, destination) || found.includes(watch.id)) continue;
    if (where === undefined) found.push("");
    else if (!isOutside(state, where, destination)) found.push(watch.id);
    else if (neighbours.includes(stood)) found.push(watch.id);
  }
  return found;
}

/** Robots that have told where they are. */
function robotViews(turn: Turn): readonly DispatchRobot[] {
  const robots: DispatchRobot[] = [];
  const loads = pausedLoads(turn);
  for (const watch of turn.state.watches.values()) {
    const pose = lastPose(watch);
    if (pose === undefined) continue;
    const barred = barOf(turn, watch.id, loads);
    const robot = robotView(turn, watch, pose);
    robots.push(barred === null ? robot : { ...robot, barred });
  }
  return robots;
}

/** What keeps a robot from new tasks by the word of people. */
function barOf(turn: Turn, robot: string, loads: ReadonlyMap<string, string>): Bar | null {
  const drained = turn.ledger.drained.get(robot);
  if (drained !== undefined)
    return { reason: "DRAINED", detail: `it is drained by ${drained.operator}: ${drained.reason}`.slice(0, 120) };
  const load = loads.get(robot);
  return load === undefined
    ? null
    : { reason: "CARRIES_LOAD", detail: `it carries the load of ${load}, which is paused` };
}

/** The code of a refusal, and its message without whom it is about. */
function whyOf({ code, message }: Refusal): Bar {
  const reason = code === "NO_LEASE" || code === "NOT_AUTONOMOUS" || code === "ROBOT_STALE" ? code : "OTHER";
  return { reason, detail: message.slice(message.indexOf(": ") + 2, message.indexOf(": ") + 122) };
}

function robotView(turn: Turn, watch: RobotWatch, told: NonNullable<ReturnType<typeof lastPose>>): DispatchRobot {
  const acting = actingClaim(turn.ledger, watch.id);
  const battery = lastBattery(watch);
  const refusal = whyNoGrants(turn.state, watch, turn.nowMs);
  for (const [destination, untilMs] of watch.excluded) if (turn.nowMs >= untilMs) watch.excluded.delete(destination);
  const held = claimsOfRobot(turn.ledger, watch.id).find((own) => own.phase === "standing");
  const { interplay } = turn.state;
  const isFree = refusal === null && heldOff(interplay, "rung of", watch.id, turn.nowMs) === null;
  const apart = heldOff(interplay, "robot", watch.id, turn.nowMs)?.between ?? [];
  return {
    id: watch.id,
    fleet: watch.fleet,
    xM: told.pose.xM,
    yM: told.pose.yM,
    speedMps: told.speedMps,
    chargeRatio: battery?.chargeRatio ?? null,
    charging: battery?.charging ?? false,
    availability: acting !== undefined || watch.approval !== null ? "busy" : isFree ? "free" : "unavailable",
    standsOn: standsOn(turn.state, watch) ?? held?.destination ?? null,
    assignment: acting === undefined ? null : { purpose: acting.purpose, destination: acting.destination },
    excluded: new Set([...watch.excluded.keys(), ...apart]),
    idleSinceMs: watch.idleSinceMs,
    ...(refusal === null ? {} : { why: whyOf(refusal) }),
  };
}
