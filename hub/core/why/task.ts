// What a task waits for, in the order in which a person would act: what stands for the whole site, then each robot
// that could do it with its first reason against, then each place with its holder. Whether a robot may have a place is
// asked of the decision that grants it (claims.ts).

import { tokenKey } from "../../../proto/claim.js";
import { ageText } from "../../../proto/span-text.js";
import { whyNotFree } from "../claims.js";
import { heldOff } from "../interplay.js";
import { isEnded, type Task } from "../ledger-state.js";
import type { HubState } from "../turn.js";
import { channelAgeMs, type RobotWatch } from "../watch.js";
import { activeFacts } from "./assignment.js";
import { bounded, FACTS_MOST, type Fact } from "./fact.js";
import { closedFacts, unheardFacts } from "./giving.js";
import { frozenFacts, restartFacts } from "./mode.js";
import { type At, candidates, type Look, lookOf, offFact, toldForAll, whyNotRobot } from "./not-robot.js";
import { heldFact, notHeld } from "./place.js";

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
  const paused: readonly Fact[] =
    task.paused === null
      ? []
      : [{ about: task.id, code: "PAUSED", says: `paused by ${task.paused.operator}: ${task.paused.reason}` }];
  const held = state.ledger.claims.get(tokenKey(task.token));
  const off = offFact(heldOff(state.interplay, "task", task.id, at.nowMs), task.id, at);
  return [
    head,
    ...cancel,
    ...paused,
    ...off,
    ...(held === undefined ? waitingFacts(state, task, at) : activeFacts(state, held, at)),
  ];
}

function waitingFacts(state: HubState, task: Task, at: Look): readonly Fact[] {
  const robots = candidates(state, task);
  const places = task.stops[task.stopIndex]?.destinations ?? [];
  const reasons = robots.map((watch) => whyNotRobot(state, watch, { task, at }));
  const able = robots.filter((_, index) => reasons[index] === null);
  const forAll = toldForAll(state, task);
  return [
    ...siteFacts(state, robots, at),
    ...unheardFacts(state, { about: "", places, nowMs: at.nowMs }),
    ...closedFacts(state, { about: "", kinds: ["taskGrant"] }),
    ...robotsFact(state, task, robots, at),
    ...bounded(readyFacts(state, { task, able, places, at }), "that could go"),
    ...bounded(
      reasons.filter((fact) => fact !== null).filter(({ code }) => !forAll.has(code)),
      "robots",
    ),
    ...bounded(placesFacts(state, places, at), "places"),
  ];
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
