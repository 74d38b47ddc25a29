// Why a robot or a fleet stands on its rung: every cause with who imposed it, since when, its rule for clearing, and
// what is still missing for that. The edge's causes are told as its reports tell them; their evidence is on the robot.

import type { FleetConfig } from "../../../fleet-config/types.js";
import { clearingOf } from "../../../proto/clearing.js";
import { CAUSES, type CauseName, causesOf, type Hold, type Ladder, severity } from "../../../proto/mode.js";
import { ageText } from "../../../proto/span-text.js";
import { whyNoGrants } from "../claims.js";
import { type Finding, heldOff, questionOf } from "../interplay.js";
import { type Ceiling, ceilingKey, ceilingsOf, HUB, type Question, scopeKey } from "../ledger-state.js";
import { effectiveOf, mayRaiseNow, suspectFrom, worstOf } from "../modes.js";
import { movementOf } from "../movements.js";
import type { FleetWatch, HubState } from "../turn.js";
import { channelAgeMs, type RobotWatch, telemetryAge } from "../watch.js";
import { type Beginnings, bounded, type Fact } from "./fact.js";
import { beyondFacts, closedFacts, isNothingGiven, notAbsentFacts, placesOf, unheardFacts } from "./giving.js";

interface At {
  readonly nowMs: number;
  readonly began: Beginnings;
}

/** The rung of a robot, whether it may be given work, and every cause of both sides, worst first. */
export function robotFacts(state: HubState, watch: RobotWatch, at: At): readonly Fact[] {
  const rung = effectiveOf(state, watch);
  const fleet = state.fleets.get(watch.fleet);
  const config = state.site.fleets.get(watch.fleet);
  const causes = [
    ...(config === undefined ? [] : held(watch.ladder, { about: watch.id, by: "the hub", config, at, state, watch })),
    ...(fleet === undefined || config === undefined ? [] : fleetHolds(state, fleet, { config, at })),
    ...ceilingFacts(state, { robot: watch.id, fleet: "" }, at),
    ...ceilingFacts(state, { robot: "", fleet: watch.fleet }, at),
    ...ceilingFacts(state, { robot: "", fleet: "" }, at),
    ...edgeFacts(watch, at),
  ];
  const off = [
    heldOff(state.interplay, "robot", watch.id, at.nowMs),
    heldOff(state.interplay, "rung of", watch.id, at.nowMs),
  ];
  return [
    { about: watch.id, code: "RUNG", says: `${watch.id} is ${rung}` },
    ...readyFacts(state, watch, at.nowMs),
    ...approvalFacts(state, watch, at.nowMs),
    ...unheardFacts(state, { about: watch.id, places: placesOf(state), nowMs: at.nowMs }),
    ...notAbsentFacts(state, watch, at.nowMs),
    ...(mayRaiseNow(state, watch, at.nowMs) ? [] : [pacedFact(state, watch)]),
    ...off.flatMap((finding) => (finding === null ? [] : [heldOffFact(finding, watch.id, at)])),
    ...modelFacts(state, watch, at),
    ...bounded(causes, "causes"),
  ];
}

/** Whether it may be given work, and else what keeps it: the rules, then people, the boundary, and who is not heard. */
function readyFacts(state: HubState, watch: RobotWatch, nowMs: number): readonly Fact[] {
  const about = watch.id;
  if (watch.approval !== null) return []; // it is given one thing and no work
  const refusal = whyNoGrants(state, watch, nowMs);
  if (refusal !== null) return [{ about, code: refusal.code, says: refusal.message }];
  const noTask = beyondFacts(state, watch, { purpose: "TASK", nowMs });
  const beyond = [...noTask, ...beyondFacts(state, watch, { purpose: "PARK", nowMs })];
  const drained = state.ledger.drained.get(about);
  if (drained !== undefined) {
    const by = `drained by ${drained.operator}: ${drained.reason}`;
    const says = `${about} finishes what it has in hand, and takes nothing more: ${by}`;
    return [{ about, code: "DRAINED", says }, ...beyond];
  }
  if (noTask.length > 0 || isNothingGiven(state, nowMs)) return beyond;
  return [{ about, code: "READY", says: `${about} may be given work` }, ...beyond];
}

/** R8: where people hold it in CONFIRM, the one movement that they approved, or what they are asked about. */
function approvalFacts(state: HubState, watch: RobotWatch, nowMs: number): readonly Fact[] {
  const { id: about, approval } = watch;
  if (approval !== null) {
    const { movement, operator } = approval;
    const says = `${operator} lets it make one movement, to ${movement.destination}; with its end it holds again`;
    return [{ about, code: "APPROVED", says, leftMs: approval.endsMs - nowMs }];
  }
  const movement = movementOf(state, watch, nowMs);
  const isAsked = ({ type, subject }: Question) => type === "move" && subject === scopeKey({ robot: about, fleet: "" });
  if (movement === null || ![...state.ledger.questions.values()].some(isAsked)) return [];
  return [
    { about, code: "ASKED", says: `people are asked whether it may go to ${movement.destination}: drover queue` },
  ];
}

/** Blast radius: it could not climb to the top just now, however good its evidence. */
function pacedFact(state: HubState, watch: RobotWatch): Fact {
  const { raiseShare, raiseLeast } = state.site.config.interplay;
  const most = `${raiseShare * 100} % of fleet ${watch.fleet}, or ${raiseLeast} robots`;
  return {
    about: watch.id,
    code: "HELD_OFF",
    says: `it waits for AUTONOMOUS: ${most}, were raised within the last minute`,
  };
}

/** A candidate that asks to take over is refused for a while, since the models of its robot went to and fro. */
function modelFacts(state: HubState, { id }: RobotWatch, { nowMs }: At): readonly Fact[] {
  const finding = heldOff(state.interplay, "model of", id, nowMs);
  if (finding === null) return [];
  const leftMs = finding.untilMs - nowMs;
  const says = `its model may not be swapped for another ${ageText(leftMs)}: ${questionOf(finding)}`;
  return [{ about: id, code: "HELD_OFF", says, leftMs }];
}

/** What dispatch leaves alone for a while, since it went to and fro. */
export function heldOffFact(finding: Finding, about: string, { nowMs }: Pick<At, "nowMs">): Fact {
  const leftMs = finding.untilMs - nowMs;
  const says = `dispatch leaves ${about} alone for another ${ageText(leftMs)}: ${questionOf(finding)}`;
  return { about, code: "HELD_OFF", says, leftMs };
}

/** The rung that a fleet imposes on all its robots, and why. */
export function fleetFacts(state: HubState, fleet: FleetWatch, at: At): readonly Fact[] {
  const config = state.site.fleets.get(fleet.id);
  if (config === undefined) return [];
  const holds = fleetHolds(state, fleet, { config, at });
  const ceilings = [
    ...ceilingFacts(state, { robot: "", fleet: fleet.id }, at),
    ...ceilingFacts(state, { robot: "", fleet: "" }, at),
  ];
  const imposed = [...fleet.ladder.values(), ...standing(state, fleet.id)];
  const says = `fleet ${fleet.id} is held at ${worstOf(imposed.map(({ rung }) => ({ name: "", rung, detail: "" })))}`;
  return [{ about: fleet.id, code: "RUNG", says }, ...bounded([...holds, ...ceilings], "causes")];
}

/** What holds the whole site, or all of it for a while. */
export function siteFacts(state: HubState, at: At): readonly Fact[] {
  const facts = [
    ...restartFacts(state, at.nowMs),
    ...unheardFacts(state, { about: "", places: placesOf(state), nowMs: at.nowMs }),
    ...closedFacts(state, { about: "", kinds: ["taskGrant", "idleMove"] }),
    ...bounded(posesBeyond(state, at.nowMs), "robots"),
    ...ceilingFacts(state, { robot: "", fleet: "" }, at),
    ...[...state.fleets.values()].flatMap((fleet) => frozenFacts(fleet)),
  ];
  return facts.length > 0 ? facts : [{ about: "", code: "FREE", says: "nothing holds the site as a whole" }];
}

/** Robots that the boundary alone keeps from something, by their poses. */
function posesBeyond(state: HubState, nowMs: number): readonly Fact[] {
  return [...state.watches.values()]
    .filter((watch) => whyNoGrants(state, watch, nowMs) === null)
    .flatMap((watch) => [
      ...beyondFacts(state, watch, { purpose: "TASK", nowMs }),
      ...beyondFacts(state, watch, { purpose: "PARK", nowMs }),
    ])
    .filter(({ code }) => code !== "NOT_PERMITTED");
}

/** R5: how long nothing is given away of what a former start of the hub gave. */
export function restartFacts(state: HubState, nowMs: number): readonly Fact[] {
  if (nowMs >= state.restartUntilMs) return [];
  const leftMs = state.restartUntilMs - nowMs;
  const says = `the hub has restarted: what robots held before is not given away for another ${ageText(leftMs)}`;
  return [{ about: "", code: "RESTART_WAIT", says, leftMs }];
}

/** R9 */
export function frozenFacts(fleet: FleetWatch): readonly Fact[] {
  const [cause] = causesOf(fleet.ladder);
  if (cause === undefined) return [];
  const found = `${fleet.stale} of ${fleet.counted} robots are stale`;
  const says = `grants to fleet ${fleet.id} are frozen by ${cause.name}: ${found}; is the network or the broker down?`;
  return [{ about: fleet.id, code: "FROZEN", says }];
}

function standing(state: HubState, fleet: string): readonly Ceiling[] {
  return [
    ...ceilingsOf(state.ledger, { robot: "", fleet }),
    ...ceilingsOf(state.ledger, { robot: "", fleet: "" }),
  ].filter((ceiling) => ceiling !== undefined);
}

interface Held {
  readonly about: string;
  readonly by: string;
  readonly config: FleetConfig;
  readonly at: At;
  readonly state: HubState;
  readonly watch?: RobotWatch;
  readonly fleet?: FleetWatch;
}

function fleetHolds(
  state: HubState,
  fleet: FleetWatch,
  { config, at }: { readonly config: FleetConfig; readonly at: At },
): readonly Fact[] {
  return held(fleet.ladder, { about: fleet.id, by: `the hub, for fleet ${fleet.id}`, config, at, state, fleet });
}

function held(ladder: Ladder, from: Held): readonly Fact[] {
  return [...ladder.values()]
    .filter(({ rung }) => rung !== "AUTONOMOUS")
    .sort((a, b) => severity(b.rung) - severity(a.rung))
    .map((hold) => holdFact(hold, from));
}

function holdFact(hold: Hold, from: Held): Fact {
  const { nowMs } = from.at;
  const forMs = hold.falls > 0 ? nowMs - hold.fellMs : undefined;
  const since = forMs === undefined ? "" : `, for ${ageText(forMs)}`;
  const detail = hold.detail === "" ? "" : `: ${hold.detail}`;
  const clears = clearingOf(hold, {
    ...{ policy: from.config.ladder, nowMs, missing: missingFor(hold, from) },
    asked: `drover mode clear --robot ${from.about} --reason TEXT`,
  });
  return {
    about: from.about,
    code: "CAUSE",
    says: `${hold.rung} by ${hold.name}, found by ${from.by}${since}${detail}; ${clears.says}`,
    ...(forMs === undefined ? {} : { forMs }),
    ...(clears.leftMs === undefined ? {} : { leftMs: clears.leftMs }),
  };
}

function missingFor({ name }: Hold, { config, at, state, watch, fleet }: Held): string {
  const aPose = "a fresh pose of its present start";
  if (name === "telemetry-stale" && watch !== undefined) return whatIsOld(state, watch, { config, nowMs: at.nowMs });
  if (name === "fleet-stale" && fleet !== undefined) {
    const most = suspectFrom(config, fleet.counted);
    return `fewer than ${most} stale robots, there are ${fleet.stale} of ${fleet.counted}`;
  }
  if (name === "place-unknown") return watch?.stream === null ? `a link, and ${aPose}` : aPose;
  if (name === "config-differs") return `that it runs on this hub's site file (${state.site.hash.slice(0, 12)})`;
  return "good evidence";
}

/** R6: the channels that are too old to climb on, each with half its limit, under which it must stay. */
function whatIsOld(
  state: HubState,
  watch: RobotWatch,
  { config, nowMs }: { readonly config: FleetConfig; readonly nowMs: number },
): string {
  if (telemetryAge(watch, config, { nowMs, site: state.site }).calm) return "nothing more";
  const { channels } = config.freshness;
  const old: string[] = [];
  for (const name of Object.keys(channels) as (keyof typeof channels)[]) {
    const limitMs = (channels[name]?.limitMs ?? Number.POSITIVE_INFINITY) / 2;
    const ageMs = channelAgeMs(watch, name, { nowMs, site: state.site });
    if (ageMs <= limitMs) continue;
    const found = Number.isFinite(ageMs) ? `it is up to ${ageText(ageMs)} old` : "none has come";
    old.push(`${name} under ${ageText(limitMs)}, ${found}`);
  }
  return old.join("; ");
}

function ceilingFacts(
  state: HubState,
  scope: { readonly robot: string; readonly fleet: string },
  at: At,
): readonly Fact[] {
  return ceilingsOf(state.ledger, scope).flatMap((ceiling) => {
    if (ceiling === undefined) return [];
    const key = `ceiling ${ceilingKey(ceiling)}`;
    const forMs = at.began.forMs(key, at.nowMs);
    const flag =
      scope.robot !== "" ? `--robot ${scope.robot}` : scope.fleet === "" ? "--site" : `--fleet ${scope.fleet}`;
    const who = ceiling.operator === HUB ? "the hub itself" : `operator ${ceiling.operator}`;
    const since = at.began.text(key, at.nowMs);
    const clears = `clears by a person: drover mode clear ${flag} --reason TEXT`;
    const says = `${ceiling.rung} by ${who} for ${scopeKey(scope)}${since}: ${ceiling.reason}; ${clears}`;
    return [
      { about: scope.robot || scope.fleet, code: "CAUSE", says, ...(forMs === undefined ? {} : { forMs }) } as const,
    ];
  });
}

const RULES = {
  calm: "clears as soon as its evidence is good",
  dwell: "clears one rung at a time, each after its dwell of good evidence",
  person: "clears by a person, when its evidence is good: drover mode clear --reason TEXT --robot",
} as const;

/** What the robot itself has found, as it was last told; how far each has got is known on the robot alone. */
function edgeFacts(watch: RobotWatch, at: At): readonly Fact[] {
  return watch.edgeCauses.map((cause) => {
    const sinceMs = watch.causesSinceMs.get(cause.name);
    const forMs = sinceMs === undefined ? undefined : at.nowMs - sinceMs;
    const since = forMs === undefined ? "" : `, told for ${ageText(forMs)}`;
    const detail = cause.detail === "" ? "" : `: ${cause.detail}`;
    const known = cause.name in CAUSES ? CAUSES[cause.name as CauseName] : undefined;
    const rule = known === undefined ? "its rule is not known here" : RULES[known.clear];
    const who = known?.clear === "person" ? ` ${watch.id}` : "";
    const says = `${cause.rung} by ${cause.name}, found by its edge${since}${detail}; ${rule}${who}`;
    return { about: watch.id, code: "EDGE_CAUSE", says, ...(forMs === undefined ? {} : { forMs }) } as const;
  });
}
