// R1, R3, R4: who may be given which destination, when a claim has certainly lapsed, and by which named exits a place
// becomes free. Everybody else only asks.

import { certainlyOutside, holderAgainst, type Token, tokenKey, type Whereabouts } from "../../proto/claim.js";
import { type Refusal, refuse } from "../../proto/errors.js";
import { certainlyLapsed } from "../../proto/lease.js";
import { PERMITS, type Rung } from "../../proto/mode.js";
import type { AssignmentWhy } from "../../proto/why.js";
import type { Purpose } from "../../proto/wire.js";
import { whyNotApproved } from "./approvals.js";
import { actingClaim, type Claim, claimsOfRobot } from "./ledger-state.js";
import { effectiveOf } from "./modes.js";
import { waitMsFor } from "./site.js";
import { whyTakenOver } from "./taking-over.js";
import type { HubState, Turn } from "./turn.js";
import { channelAgeMs, lastPose, poseCapturedMs, type RobotWatch, whereabouts } from "./watch.js";

/** R1: standing on a destination for longer than this is holding it. */
const STANDING_MS = 2000;

export interface ClaimAsk {
  readonly robot: string;
  readonly destination: string;
  readonly purpose: Purpose;
  readonly task: string;
  readonly stopIndex: number;
  readonly dwellMs: number;
  readonly why?: AssignmentWhy; // what the dispatcher weighed
  readonly assignment?: string; // an assignment that goes on under a new token
}

/** Why a robot may not be given anything at all now; null when it may. */
export function whyNoGrants(state: HubState, watch: RobotWatch, nowMs: number): Refusal | null {
  const robot = watch.id;
  if (nowMs < state.givesFromMs)
    return refuse(
      "NO_LEASE",
      `cannot grant to ${robot}: by the former site file robots may still act where it is given`,
    );
  if (watch.stream === null) return refuse("NO_LEASE", `cannot grant to ${robot}: no link`);
  if (certainlyLapsed(watch.leaseEndMs, nowMs))
    return refuse("NO_LEASE", `cannot grant to ${robot}: it has not renewed`);
  const rung = effectiveOf(state, watch);
  if (!PERMITS[rung].newGrants) return refuse("NOT_AUTONOMOUS", `cannot grant to ${robot}: its mode is ${rung}`);
  const ageMs = channelAgeMs(watch, "pose", { nowMs, site: state.site });
  const limitMs = state.site.config.decisions.dispatch.telemetryMs;
  if (ageMs > limitMs)
    return refuse("ROBOT_STALE", `cannot grant to ${robot}: its pose may be ${ageMs} ms old, at most ${limitMs}`);
  return null;
}

/** Why the site's boundary lets no robot on this rung be given anything of a kind; null when it does. */
export function wayClosed({ site }: HubState, kind: "taskGrant" | "idleMove", rung: Rung): string | null {
  const way = site.boundary[kind].ways[rung];
  return way === "automatic" ? null : `the site's boundary has ${kind} ${way} in ${rung}`;
}

/** Why the site's boundary does not let a robot be given this now; null when it does. It may hold where it stands. */
export function whyBeyondBoundary(
  state: HubState,
  ask: Pick<ClaimAsk, "purpose" | "destination">,
  at: { readonly watch: RobotWatch; readonly nowMs: number; readonly isAsked?: boolean },
): Refusal | null {
  const { watch, nowMs, isAsked = watch.approval !== null } = at; // of a person, who is asked where it says so
  const kind = ask.purpose === "TASK" ? "taskGrant" : "idleMove";
  if (kind === "idleMove" && standsOn(state, watch) === ask.destination) return null;
  const { telemetryMs, poseErrorM } = state.site.boundary[kind];
  const where = `cannot give ${ask.destination} to ${watch.id}`;
  const closed = isAsked ? null : wayClosed(state, kind, effectiveOf(state, watch));
  if (closed !== null) return refuse("NOT_PERMITTED", `${where}: ${closed}`);
  const what = `${where}: the site's boundary`;
  const ageMs = channelAgeMs(watch, "pose", { nowMs, site: state.site });
  if (telemetryMs !== null && ageMs > telemetryMs)
    return refuse("ROBOT_STALE", `${what} wants a pose of at most ${telemetryMs} ms, and it may be ${ageMs} ms old`);
  const errorM = lastPose(watch)?.errorM ?? Number.POSITIVE_INFINITY;
  if (poseErrorM !== null && errorM > poseErrorM)
    return refuse("ROBOT_STALE", `${what} wants a pose within ${poseErrorM} m, and it is within ${errorM} m`);
  return null;
}

/** R1, R4: why a destination may not be given to a robot now; null when it may. */
export function whyNotFree(
  state: HubState,
  ask: { readonly robot: string; readonly destination: string },
  nowMs: number,
): Refusal | null {
  const where = `cannot give ${ask.destination} to ${ask.robot}`;
  const holder = holderAgainst(ask, {
    conflicts: state.site.conflicts,
    holderOf: (destination) => state.ledger.byDestination.get(destination)?.robot,
  });
  if (holder !== null) return refuse("BUSY", `${where}: ${holder.destination} is held by ${holder.robot}`);
  const place = state.site.destinations.get(ask.destination);
  if (place === undefined) return refuse("UNKNOWN_DESTINATION", `${where}: the site has no such destination`);
  const neighbours = state.site.conflicts.get(ask.destination) ?? [];
  for (const other of state.watches.values()) {
    if (other.id === ask.robot || isElsewhere(state, other, ask.destination)) continue;
    const seen = whereabouts(other, { nowMs, site: state.site });
    if (seen === undefined)
      return refuse("PLACE_UNKNOWN", `${where}: ${other.id} has not been heard and may stand anywhere`);
    if (!isOutside(state, seen, ask.destination)) return refuse("BUSY", `${where}: ${other.id} is or may be on it`);
    const near = mayStandOn(state, other, { seen, among: neighbours, nowMs });
    if (near !== null) return refuse("BUSY", `${where}: ${other.id} is silent, and may stand on ${near}`);
    const stood = neighbours.length > 0 ? standsLong(state, other, nowMs) : null;
    if (stood !== null && neighbours.includes(stood)) return refuse("BUSY", `${where}: ${other.id} stands on ${stood}`);
  }
  return null;
}

/** R1: which of these places a robot that is not heard may have stood on for long; null when none. */
function mayStandOn(
  state: HubState,
  watch: RobotWatch,
  at: { readonly seen: Whereabouts; readonly among: readonly string[]; readonly nowMs: number },
): string | null {
  if (channelAgeMs(watch, "pose", { nowMs: at.nowMs, site: state.site }) <= STANDING_MS) return null;
  return at.among.find((near) => !isElsewhere(state, watch, near) && !isOutside(state, at.seen, near)) ?? null;
}

/** The destination whose footprint holds the robot's centre, nearest first; null when there is none. */
export function standsOn(state: HubState, watch: RobotWatch): string | null {
  const pose = lastPose(watch)?.pose;
  if (pose === undefined) return null;
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const place of state.site.config.destinations) {
    const dx = place.xM - pose.xM;
    const dy = place.yM - pose.yM;
    const distance2 = dx * dx + dy * dy;
    if (distance2 > place.footprintRadiusM * place.footprintRadiusM) continue;
    if (distance2 >= least) continue;
    nearest = place.id;
    least = distance2;
  }
  return nearest;
}

/** R1: the robot has stood still for so long that it counts as standing there. */
export function isStanding(watch: RobotWatch, nowMs: number): boolean {
  return watch.stillSinceMs !== null && nowMs - watch.stillSinceMs > STANDING_MS;
}

/** R1: the destination that a robot stands on, once that counts as holding it, claim or no claim. */
export function standsLong(state: HubState, watch: RobotWatch, nowMs: number): string | null {
  const stood = isStanding(watch, nowMs) ? standsOn(state, watch) : null;
  return stood === null || isElsewhere(state, watch, stood) ? null : stood;
}

/** R4: a named operator has stated that the robot is off the floor, or not on this place. */
export function isElsewhere(state: HubState, watch: RobotWatch, destination: string): boolean {
  const isAbsent = state.ledger.absent.has(watch.id) && lastPose(watch) === undefined;
  return isAbsent || watch.notAt.has(destination);
}

/** R4: the body is certainly outside the destination's footprint, by the site's margin. */
export function isOutside(state: HubState, where: Whereabouts, destination: string): boolean {
  const place = state.site.destinations.get(destination);
  if (place === undefined) return false;
  const { xM, yM, footprintRadiusM } = place;
  const { radiusM: robotRadiusM, marginM } = state.site.config.physics;
  return certainlyOutside(where, { xM, yM, footprintRadiusM, robotRadiusM, marginM });
}

/** R1: one atomic compare-and-append, then the grant. Returns the refusal when it lost. */
export function claim(turn: Turn, ask: ClaimAsk): Refusal | Token {
  const { state } = turn;
  const watch = state.watches.get(ask.robot);
  if (watch === undefined) return refuse("UNKNOWN_ROBOT", `the site has no robot ${ask.robot}`);
  const refusal =
    whyNoGrants(state, watch, turn.nowMs) ??
    whyNotApproved(watch, ask) ??
    whyBeyondBoundary(state, ask, { watch, nowMs: turn.nowMs }) ??
    whyNotFree(state, ask, turn.nowMs) ??
    whyOnItsWay(state, ask) ??
    whyNotTask(state, ask);
  if (refusal !== null) return refusal;
  replaceOwn(turn, ask.destination);
  const token: Token = { epoch: state.ledger.epoch, counter: state.ledger.counter + 1 };
  const assignment = ask.assignment ?? `a${token.epoch}-${token.counter}`;
  const { robot, destination, purpose, task, stopIndex } = ask;
  const leaseMs = state.site.config.lease.leaseMs;
  const why = ask.why === undefined ? {} : { why: ask.why };
  turn.emit({ kind: "claimed", token, assignment, robot, destination, purpose, task, stopIndex, leaseMs, ...why });
  watch.grants.set(tokenKey(token), turn.nowMs);
  turn.send(watch, { kind: "grant", token, assignment, task, destination, purpose, dwellMs: ask.dwellMs });
  return token;
}

/** R1: a robot acts on one claim at a time; null when it acts on none, or when this assignment goes on. */
export function whyOnItsWay(
  state: HubState,
  ask: Pick<ClaimAsk, "robot" | "destination" | "assignment">,
): Refusal | null {
  const acting = actingClaim(state.ledger, ask.robot);
  if (acting === undefined || acting.assignment === ask.assignment) return null;
  return refuse("BUSY", `cannot give ${ask.destination} to ${ask.robot}: it is on its way to ${acting.destination}`);
}

/**
 * R1: why a task may not be carried on by this robot to this destination; null when it may, when there is no task, and
 * when an assignment of it goes on under a new token.
 */
export function whyNotTask(state: HubState, ask: ClaimAsk): Refusal | null {
  if (ask.task === "" || actingClaim(state.ledger, ask.robot) !== undefined) return null;
  const task = state.ledger.tasks.get(ask.task);
  if (task === undefined) return refuse("UNKNOWN_TASK", `there is no task ${ask.task}`);
  if (!state.ledger.open.has(task.id) || task.cancelAsked)
    return refuse("TASK_ENDED", `task ${task.id} is ended, or about to be`);
  const takenOver = whyTakenOver(state, { robot: ask.robot, task });
  if (takenOver !== null) return takenOver;
  const isWaiting = task.token.epoch === 0 && (task.robot === "" || task.robot === ask.robot);
  const isStop = task.stops[task.stopIndex]?.destinations.includes(ask.destination) ?? false;
  if (isWaiting && isStop && task.stopIndex === ask.stopIndex) return null;
  return refuse("BUSY", `task ${task.id} does not wait for ${ask.robot} to go to ${ask.destination}`);
}

/** The asker's own older claim on the destination makes way for its new one, in the same batch. */
function replaceOwn(turn: Turn, destination: string): void {
  const own = turn.ledger.byDestination.get(destination);
  if (own !== undefined) free(turn, own, { exit: "REPLACED" });
}

type Exit = "LEFT" | "SEEN_ELSEWHERE" | "STATED_FREE" | "REPLACED";

export function free(
  turn: Turn,
  held: Claim,
  how: { readonly exit: Exit; readonly operator?: string; readonly reason?: string; readonly seen?: string },
): void {
  const { exit, operator = "", reason = "", seen = "" } = how;
  const watch = turn.state.watches.get(held.robot);
  for (const byToken of [watch?.lapsedMs, watch?.endedMs, watch?.grants, watch?.withdrawn])
    byToken?.delete(tokenKey(held.token));
  turn.emit({ kind: "claimFreed", token: held.token, exit, operator, reason, seen });
}

/** R3: marks what has certainly lapsed. R4: frees what fresh positions prove free. */
export function stepClaims(turn: Turn): void {
  for (const watch of turn.state.watches.values()) {
    const lapsed = certainlyLapsed(watch.leaseEndMs, turn.nowMs);
    for (const held of claimsOfRobot(turn.ledger, watch.id)) {
      if (lapsed && !held.lapsed) {
        turn.emit({ kind: "claimLapsed", token: held.token });
        watch.lapsedMs.set(tokenKey(held.token), turn.nowMs);
      }
      if (held.phase !== "assigned") leave(turn, watch, held);
    }
  }
}

function leave(turn: Turn, watch: RobotWatch, held: Claim): void {
  const key = tokenKey(held.token);
  const stays = whyStays(turn.state, watch, { held, nowMs: turn.nowMs });
  if (stays?.code !== "ANOTHER_PROCESS" && !watch.endedMs.has(key)) watch.endedMs.set(key, turn.nowMs);
  if (stays !== null) return;
  free(turn, held, { exit: held.lapsed ? "SEEN_ELSEWHERE" : "LEFT" });
}

/** What keeps a claim whose robot acts on it no more; `leftMs`: how long at least, where a clock alone decides. */
export interface Staying {
  readonly code: "ACTING" | "ANOTHER_PROCESS" | "MAY_ROLL" | "STALE" | "BEFORE_LAPSE" | "NOT_OUTSIDE";
  readonly leftMs?: number;
}

/**
 * R4: an assignment that is over holds its place until a fresh pose shows that the robot has left. After a lapse the
 * pose must have been captured later than the lapse. A robot that is far away can be on its way there while it rolls to
 * a stand, or while a process of it that another one has superseded may still act on the claim. null: it has left.
 */
export function whyStays(
  state: HubState,
  watch: RobotWatch,
  { held, nowMs }: { readonly held: Claim; readonly nowMs: number },
): Staying | null {
  const { site } = state;
  const at = { nowMs, site };
  if (held.phase === "assigned") return { code: "ACTING" };
  const aloneMs = Math.max(watch.quietUntilMs, state.restartUntilMs);
  if (nowMs < aloneMs) return { code: "ANOTHER_PROCESS", leftMs: aloneMs - nowMs };
  const rollsMs = rollsUntilMs(state, watch, { held, nowMs });
  if (nowMs < rollsMs) return { code: "MAY_ROLL", leftMs: rollsMs - nowMs };
  if (channelAgeMs(watch, "pose", at) > site.config.decisions.dispatch.telemetryMs) return { code: "STALE" };
  const lapsedMs = held.lapsed ? (watch.lapsedMs.get(tokenKey(held.token)) ?? state.startedMs) : null;
  if (lapsedMs !== null && poseCapturedMs(watch, site) < lapsedMs) return { code: "BEFORE_LAPSE" };
  const where = whereabouts(watch, at);
  return where !== undefined && isOutside(state, where, held.destination) ? null : { code: "NOT_OUTSIDE" };
}

/** R4: a robot that lets go of an assignment in motion follows its last command and brakes; a lapse counts that in. */
function rollsUntilMs(
  { site }: HubState,
  watch: RobotWatch,
  { held, nowMs }: { readonly held: Claim; readonly nowMs: number },
): number {
  if (certainlyLapsed(watch.leaseEndMs, nowMs)) return nowMs;
  return (watch.endedMs.get(tokenKey(held.token)) ?? nowMs) + waitMsFor(site, 0);
}
