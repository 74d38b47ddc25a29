// What a task waits for, in the order in which a person would act: what stands for the whole site, then each robot
// that could do it with its first reason against, then each place with its holder. Whether a robot may have a place is
// asked of the decision that grants it (claims.ts); what else dispatch weighs is asked of dispatch.

import { tokenKey } from "../../../proto/claim.js";
import type { RefusalCode } from "../../../proto/errors.js";
import { ageText } from "../../../proto/span-text.js";
import { whyNoGrants, whyNotFree, whyOnItsWay } from "../claims.js";
import { Round } from "../dispatch/round.js";
import { type Finding, heldOff } from "../interplay.js";
import { actingClaim, type Claim, isEnded, type Task } from "../ledger-state.js";
import { effectiveOf, hubCauses } from "../modes.js";
import { viewOf } from "../round.js";
import { whyTakenOver } from "../taking-over.js";
import { type HubState, Turn } from "../turn.js";
import { channelAgeMs, type RobotWatch } from "../watch.js";
import { type Beginnings, bounded, FACTS_MOST, type Fact } from "./fact.js";
import { beyondFacts, closedFacts, unheardFacts } from "./giving.js";
import { frozenFacts, heldOffFact, restartFacts } from "./mode.js";
import { heldFact, notHeld } from "./place.js";

interface At {
  readonly nowMs: number;
  readonly began: Beginnings;
}

/** What is made once for an explanation, when it is first asked for: a site may have a thousand robots. */
interface Look extends At {
  readonly round: () => Round; // as dispatch would see it now
  readonly inHand: () => ReadonlyMap<string, readonly string[]>; // robot to open tasks that are bound to it
}

function lookOf(state: HubState, at: At): Look {
  const { nowMs } = at;
  const once = <T>(make: () => T): (() => T) => {
    const made: T[] = [];
    return () => {
      if (made.length === 0) made.push(make());
      return made[0] as T;
    };
  };
  return {
    ...at,
    round: once(() => new Round(viewOf(new Turn(state, { nowMs, wallMs: 0 })), { travel: { costM: () => 0 }, nowMs })),
    inHand: once(() => {
      const found = new Map<string, readonly string[]>();
      for (const id of state.ledger.open) {
        const robot = state.ledger.tasks.get(id)?.robot ?? "";
        if (robot !== "") found.set(robot, [...(found.get(robot) ?? []), id]);
      }
      return found;
    }),
  };
}

export function taskFacts(state: HubState, task: Task, begun: At): readonly Fact[] {
  const at = lookOf(state, begun);
  const carrier = task.robot === "" ? "" : `, with ${task.robot}`;
  const stop = `stop ${Math.min(task.stopIndex + 1, task.stops.length)} of ${task.stops.length}`;
  const reason = task.ended === "" ? "" : `: ${task.ended}`;
  const head: Fact = { about: task.id, code: "PHASE", says: `${task.phase}, ${stop}${carrier}${reason}` };
  if (isEnded(task)) return [head];
  const cancel: readonly Fact[] = task.cancelAsked
    ? [{ about: task.id, code: "CANCEL", says: "to be cancelled, once its robot has let go of it" }]
    : [];
  const held = state.ledger.claims.get(tokenKey(task.token));
  const off = offFact(heldOff(state.interplay, "task", task.id, at.nowMs), task.id, at);
  return [
    head,
    ...cancel,
    ...off,
    ...(held === undefined ? waitingFacts(state, task, at) : activeFacts(state, held, at)),
  ];
}

function waitingFacts(state: HubState, task: Task, at: Look): readonly Fact[] {
  const robots = candidates(state, task);
  const places = task.stops[task.stopIndex]?.destinations ?? [];
  const reasons = robots.map((watch) => whyNotRobot(state, watch, { task, at }));
  const able = robots.filter((_, index) => reasons[index] === null);
  const closed = closedFacts(state, { about: "", kinds: ["taskGrant"] });
  return [
    ...siteFacts(state, robots, at),
    ...unheardFacts(state, { about: "", places, nowMs: at.nowMs }),
    ...closed,
    ...robotsFact(state, task, robots, at),
    ...bounded(readyFacts(state, { task, able, places, at }), "that could go"),
    ...bounded(
      reasons.filter((fact) => fact !== null).filter(({ code }) => closed.every((fact) => fact.code !== code)),
      "robots",
    ),
    ...bounded(placesFacts(state, places, at), "places"),
  ];
}

/** The robots that may serve the task, places aside: its carrier, else those of its fleet. */
function candidates(state: HubState, task: Task): readonly RobotWatch[] {
  const all = [...state.watches.values()];
  if (task.robot !== "") return all.filter(({ id }) => id === task.robot);
  return task.fleet === "" ? all : all.filter(({ fleet }) => fleet === task.fleet);
}

/** What keeps the hub from giving anything to these robots. */
function siteFacts(state: HubState, robots: readonly RobotWatch[], { nowMs }: At): readonly Fact[] {
  const fleets = [...state.fleets.values()].filter(({ id }) => robots.some(({ fleet }) => fleet === id));
  return [...restartFacts(state, nowMs), ...fleets.flatMap((fleet) => frozenFacts(fleet))];
}

function robotsFact(state: HubState, task: Task, robots: readonly RobotWatch[], { nowMs }: At): readonly Fact[] {
  const whose =
    task.robot !== "" ? `robot ${task.robot}` : task.fleet === "" ? "robot" : `robot of fleet ${task.fleet}`;
  if (robots.length === 0) return [{ about: task.fleet, code: "NO_ROBOT", says: `the site has no ${whose}` }];
  const ages = robots.map((watch) => channelAgeMs(watch, "pose", { nowMs, site: state.site }));
  const limitMs = state.site.boundary.taskGrant.telemetryMs ?? state.site.config.decisions.dispatch.telemetryMs;
  const youngestMs = Math.min(...ages);
  if (youngestMs <= limitMs) return [];
  const found = Number.isFinite(youngestMs) ? `the youngest may be ${ageText(youngestMs)} old` : "none has come";
  const says = `no ${whose} has a fresh pose: ${found}, at most ${ageText(limitMs)} is wanted`;
  return [{ about: task.fleet, code: "ALL_STALE", says }];
}

/** The first reason for which a robot cannot take the task on, wherever it goes; null when there is none. */
function whyNotRobot(
  state: HubState,
  watch: RobotWatch,
  { task, at }: { readonly task: Task; readonly at: Look },
): Fact | null {
  const { nowMs } = at;
  const about = watch.id;
  const absent = state.ledger.absent.get(about);
  if (absent !== undefined) return { about, code: "ABSENT", says: `${about} is stated absent (${absent})` };
  const refusal = whyNoGrants(state, watch, nowMs);
  if (refusal !== null)
    return { about, code: refusal.code, says: `${refusal.message}${byCause(state, watch, refusal.code)}` };
  const [beyond] = beyondFacts(state, watch, { purpose: "TASK", nowMs });
  if (beyond !== undefined) return beyond;
  const takenOver = whyTakenOver(state, { robot: about, task });
  if (takenOver !== null) return { about, code: takenOver.code, says: takenOver.message };
  const destination = task.stops[task.stopIndex]?.destinations[0] ?? "";
  if (whyOnItsWay(state, { robot: about, destination }) !== null) {
    const acting = actingClaim(state.ledger, about);
    const what = acting?.task ? `task ${acting.task}` : (acting?.purpose.toLowerCase() ?? "");
    return { about, code: "ACTING", says: `${about} is on its way to ${acting?.destination} (${what})` };
  }
  const [off] = offFact(heldOff(state.interplay, "rung of", about, nowMs), about, at);
  if (off !== undefined) return off;
  return inHand(watch, task, at) ?? excluded(watch, { task, nowMs }) ?? chargeOf(watch, at);
}

/** The cause of the rung that keeps it from new work, or from renewing. */
function byCause(state: HubState, watch: RobotWatch, code: RefusalCode): string {
  const rung = effectiveOf(state, watch);
  const cause = [...hubCauses(state, watch), ...watch.edgeCauses].find((one) => one.rung === rung);
  if (rung === "AUTONOMOUS" || cause === undefined || watch.stream === null) return "";
  const on = code === "NOT_AUTONOMOUS" ? "" : `, on ${rung}`;
  return `${on} by ${cause.name}${cause.detail === "" ? "" : ` (${cause.detail})`}`;
}

function inHand({ id: about }: RobotWatch, task: Task, at: Look): Fact | null {
  const other = at
    .inHand()
    .get(about)
    ?.find((id) => id !== task.id);
  if (other === undefined) return null;
  return { about, code: "IN_HAND", says: `${about} has task ${other} in hand, which waits for its next stop` };
}

/** What dispatch leaves alone for a while, since it went to and fro. */
function offFact(finding: Finding | null, about: string, at: Pick<At, "nowMs">): readonly Fact[] {
  return finding === null ? [] : [heldOffFact(finding, about, at)];
}

/** Every place of the stop is one that the robot has lately failed to reach. */
function excluded(watch: RobotWatch, { task, nowMs }: { readonly task: Task; readonly nowMs: number }): Fact | null {
  const places = task.stops[task.stopIndex]?.destinations ?? [];
  const until = places.map((place) => watch.excluded.get(place) ?? 0);
  const leftMs = Math.min(...until) - nowMs;
  if (!(leftMs > 0) || places.length === 0) return null;
  const where = places.slice(0, 4).join(", ");
  const says = `${watch.id} has lately failed to reach ${where}; it is tried again in ${ageText(leftMs)}`;
  return { about: watch.id, code: "EXCLUDED", says, leftMs };
}

/** As dispatch judges its battery. */
function chargeOf(watch: RobotWatch, at: Look): Fact | null {
  const round = at.round();
  const robot = round.robots.get(watch.id);
  if (robot === undefined) return null;
  const energy = round.energy(robot);
  if (energy !== "low" && energy !== "charging") return null;
  const { lowRatio, fullRatio } = round.policyOf(robot);
  const found = `${Math.floor((robot.chargeRatio ?? 0) * 100)} %`;
  const wanted = energy === "low" ? `under ${lowRatio * 100} %, to be charged first` : `until ${fullRatio * 100} %`;
  return {
    about: watch.id,
    code: "LOW_CHARGE",
    says: `${watch.id} ${energy === "low" ? "has" : "charges at"} ${found}, ${wanted}`,
  };
}

/** Pairs that the grant decision would take now: only dispatch has to choose one. */
function readyFacts(
  state: HubState,
  from: {
    readonly task: Task;
    readonly able: readonly RobotWatch[];
    readonly places: readonly string[];
    readonly at: At;
  },
): readonly Fact[] {
  const { able, at } = from;
  const facts: Fact[] = [];
  for (const { id, excluded } of able.slice(0, FACTS_MOST)) {
    const apart = heldOff(state.interplay, "robot", id, at.nowMs)?.between ?? [];
    const places = from.places
      .slice(0, FACTS_MOST)
      .filter((place) => !((excluded.get(place) ?? 0) > at.nowMs) && !apart.includes(place))
      .filter((destination) => whyNotFree(state, { robot: id, destination }, at.nowMs) === null);
    if (places.length === 0) continue;
    const says = `${id} may have ${places.join(", ")} now: dispatch chooses next, by ways, charge and waiting`;
    facts.push({ about: id, code: "READY", says });
  }
  return facts;
}

function placesFacts(state: HubState, places: readonly string[], at: At): readonly Fact[] {
  const looked = places.slice(0, FACTS_MOST).flatMap((place) => {
    const held = state.ledger.byDestination.get(place);
    const fact = held === undefined ? notHeld(state, place, at) : heldFact(state, held, at);
    return fact.code === "PLACE_UNKNOWN" ? [] : [fact]; // told once for all, with everybody who is not heard
  });
  const more = places.length - FACTS_MOST;
  return more <= 0 ? looked : [...looked, { about: "", code: "MORE", says: `and ${more} more places, not looked at` }];
}

/** An assignment whose claim still stands. */
export function assignmentFacts(state: HubState, held: Claim, begun: At): readonly Fact[] {
  const at = lookOf(state, begun);
  const end = held.end === null ? "" : `, ended: ${held.end}`;
  return [{ about: held.assignment, code: "PHASE", says: `${held.phase}${end}` }, ...activeFacts(state, held, at)];
}

/** An assignment under way: who has it, what keeps that robot, and how it stands with the others now. */
function activeFacts(state: HubState, held: Claim, at: Look): readonly Fact[] {
  const watch = state.watches.get(held.robot);
  const facts: Fact[] = [heldFact(state, held, at)];
  if (watch === undefined) return facts;
  const refusal = whyNoGrants(state, watch, at.nowMs);
  if (refusal !== null)
    facts.push({
      about: watch.id,
      code: refusal.code,
      says: `${refusal.message}${byCause(state, watch, refusal.code)}`,
    });
  return [...facts, ...whyThisRobot(state, held, at)];
}

/**
 * Why this robot and why not that one: with what is known after the choice, how it stands with the others now. What
 * dispatch weighed when it chose belongs here.
 */
function whyThisRobot(state: HubState, held: Claim, at: Look): readonly Fact[] {
  const task = state.ledger.tasks.get(held.task);
  if (task === undefined) return [];
  const others = candidates(state, { ...task, robot: "" }).filter(({ id }) => id !== held.robot);
  const facts = others.map((watch): Fact => {
    const why = whyNotRobot(state, watch, { task, at });
    const says = why === null ? `${watch.id} could be given work now` : why.says;
    return { about: watch.id, code: why?.code ?? "READY", says: `not another robot, as it stands now: ${says}` };
  });
  const chosen: Fact = {
    about: held.robot,
    code: "CHOSEN",
    says: `${held.robot} was given it as assignment ${held.assignment}`,
  };
  return [chosen, ...bounded(facts, "robots")];
}
