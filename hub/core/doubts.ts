// What a person could decide now, and what is known of it: derived from the state alone, so that no question outlives
// what it is about. Facts are what the decision rests on and a person is shown; another text is another question.

import type { DecisionKind } from "../../fleet-config/boundary.js";
import { tokenKey } from "../../proto/claim.js";
import { NEVER_FRESH } from "../../proto/freshness.js";
import { CAUSES, type CauseName, causesOf, RUNGS } from "../../proto/mode.js";
import type { QuestionType } from "../../proto/questions.js";
import { isOutside } from "./claims.js";
import { interplayQuestions } from "./interplay.js";
import {
  actingClaim,
  type Ceiling,
  type Claim,
  ceilingsOn,
  HUB,
  isEnded,
  scopeKey,
  type Task,
  takenByClearing,
} from "./ledger-state.js";
import { effectiveOf } from "./modes.js";
import { decisionOf, movementFacts, movementOf } from "./movements.js";
import type { HubState } from "./turn.js";
import { channelAgeMs, lastPose, type RobotWatch } from "./watch.js";

export interface Doubt {
  readonly type: QuestionType;
  readonly subject: string; // a robot, a place, a task, or a scope as in `scopeKey`
  readonly facts: string;
  readonly decision: DecisionKind; // its row of the boundary
}

/** Everything that a person could decide, the same in the same state. What is too long to be told is told in part. */
export function doubtsOf(state: HubState, nowMs: number): readonly Doubt[] {
  const all = [...standing(state), ...[...state.watches.values()].flatMap((watch) => ofRobot(state, watch))];
  return [...all, ...held(state, nowMs), ...toAndFro(state), ...moves(state, nowMs)]
    .filter((doubt) => isAnswerable(state, doubt))
    .map((doubt) => ({ ...doubt, facts: within(doubt.facts) }));
}

/** Of facts, as the ledger takes them. */
const FACTS_MOST = 400;

/** The length is of the whole, so that a change in what is left out is another text. */
function within(facts: string): string {
  if (facts.length <= FACTS_MOST) return facts;
  const end = `... (${facts.length} characters, ${hashOf(facts)})`;
  return facts.slice(0, FACTS_MOST - end.length) + end;
}

/** FNV-1a. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16);
}

/** What the boundary lets nobody decide is asked of nobody: of a robot by its rung now, of many by any. */
function isAnswerable(state: HubState, { type, subject, decision }: Doubt): boolean {
  const { ways } = state.site.boundary[decision];
  const { byDestination, tasks } = state.ledger;
  const holders = { free: byDestination.get(subject)?.robot, outcome: tasks.get(subject)?.robot, absent: subject };
  if (!Object.hasOwn(holders, type)) return RUNGS.some((rung) => ways[rung] !== "never");
  const watch = state.watches.get(holders[type as keyof typeof holders] ?? "");
  return ways[watch === undefined ? "HALT" : effectiveOf(state, watch)] !== "never";
}

/** What stands for many at once: ceilings of the site and of fleets, and fleets that are stale (R9). */
function standing(state: HubState): readonly Doubt[] {
  const doubts: Doubt[] = [];
  const scopes = [{ robot: "", fleet: "" }, ...[...state.fleets.keys()].map((fleet) => ({ robot: "", fleet }))];
  for (const scope of scopes) {
    const taken = takenByClearing(state.ledger, scope);
    if (!taken.some(isAsked)) continue;
    doubts.push({ type: "clear", subject: scopeKey(scope), facts: taken.map(inWords).join(", "), decision: "raise" });
  }
  for (const fleet of state.fleets.values()) {
    const [worst] = causesOf(fleet.ladder);
    if (worst === undefined) continue;
    const facts = `${fleet.id} is in ${worst.rung} by ${worst.name}`;
    doubts.push({ type: "fleet", subject: `fleet/${fleet.id}`, facts, decision: "lower" });
  }
  return doubts;
}

/** What a person has lowered to work in is no question. */
function isAsked({ rung, operator }: Ceiling): boolean {
  return rung === "HALT" || operator === HUB;
}

function inWords({ rung, operator, reason, event }: Ceiling): string {
  return `${rung} by ${operator} (event ${event}): ${reason}`;
}

function ofRobot(state: HubState, watch: RobotWatch): readonly Doubt[] {
  const doubts: Doubt[] = [];
  const subject = `robot/${watch.id}`;
  if (!watch.heard && watch.stream === null && !state.ledger.absent.has(watch.id)) {
    const facts = `${watch.id} was not heard since start ${state.ledger.epoch} of the hub`;
    doubts.push({ type: "absent", subject: watch.id, facts, decision: "stateAbsent" });
  }
  const cleared = clearedWith(state, watch);
  if (cleared.length > 0)
    doubts.push({ type: "clear", subject, facts: `${watch.id}: ${cleared.join(", ")}`, decision: "raise" });
  const hold = watch.ladder.get(RAISE);
  if (hold !== undefined && hold.rung !== "AUTONOMOUS" && hold.demand === "AUTONOMOUS")
    doubts.push({ type: "raise", subject, facts: `${watch.id} is held in ${hold.rung}`, decision: "raise" });
  return doubts;
}

/** Movements that people may approve. */
function moves(state: HubState, nowMs: number): readonly Doubt[] {
  const doubts: Doubt[] = [];
  for (const watch of state.watches.values()) {
    const movement = movementOf(state, watch, nowMs);
    if (movement === null) continue;
    const facts = movementFacts(state, watch, movement);
    doubts.push({ type: "move", subject: `robot/${watch.id}`, facts, decision: decisionOf(movement) });
  }
  return doubts;
}

/** All that one clearing of this robot would take, in words; empty when nothing of it is a question. */
function clearedWith(state: HubState, watch: RobotWatch): readonly string[] {
  const edge = watch.stream === null ? [] : watch.edgeCauses;
  const latched = [...edge, ...causesOf(watch.ladder)].filter(({ name }) => needsPerson(name) && name !== RAISE);
  const taken = takenByClearing(state.ledger, { robot: watch.id, fleet: "" });
  if (latched.length === 0 && !taken.some(isAsked)) return [];
  const latches = latched.map(({ name, rung }) => `${rung} by ${name}`);
  return [...taken.map(inWords), ...latches];
}

const RAISE = "raise-held";

function needsPerson(name: string): boolean {
  return Object.hasOwn(CAUSES, name) && CAUSES[name as CauseName].clear === "person" && name !== "operator";
}

/** Places that have lapsed and whose robots are silent or elsewhere, and tasks whose outcome is not known. */
function held(state: HubState, nowMs: number): readonly Doubt[] {
  const doubts: Doubt[] = [];
  for (const claim of state.ledger.byDestination.values()) {
    if (!claim.lapsed || isKept(state, claim, nowMs)) continue;
    const facts = `lapsed under ${claim.robot}, token ${tokenKey(claim.token)}`;
    doubts.push({ type: "free", subject: claim.destination, facts, decision: "freePlace" });
    const task = taskInDoubt(state, claim);
    if (task === null) continue;
    const stop = `stop ${task.stopIndex + 1} of ${task.stops.length}`;
    const about = `${claim.robot} is silent with ${task.id}, ${stop}, token ${tokenKey(claim.token)}`;
    doubts.push({ type: "outcome", subject: task.id, facts: about, decision: "endTask" });
  }
  return doubts;
}

/** A robot that is linked and could go on does so within this, or people should know. */
const GOES_ON_MS = 120_000;

/**
 * R4: a robot that is linked and heard keeps its place although its claim has lapsed: it stands so that it is not
 * certainly outside, or goes on to it soon, or when the people who hold it let it. Nothing is given by this; whoever
 * has seen the place can still say so.
 */
function isKept(state: HubState, claim: Claim, nowMs: number): boolean {
  const watch = state.watches.get(claim.robot);
  if (watch === undefined || watch.stream === null || !watch.heard || watch.verdict !== "fresh") return false;
  const told = lastPose(watch);
  const isWatched = state.site.fleets.get(watch.fleet)?.freshness.channels.pose !== undefined;
  if (told === undefined || !isWatched) return false;
  const { pose, errorM } = told;
  if (!isOutside(state, { ...pose, radiusM: errorM }, claim.destination)) return true;
  if (claim.phase !== "assigned") return false;
  const isByPeople = ceilingsOn(state.ledger, watch).some(({ operator }) => operator !== HUB);
  return isByPeople || nowMs - (watch.lapsedMs.get(tokenKey(claim.token)) ?? 0) < GOES_ON_MS;
}

/** R10: the task of a claim that lapsed while its robot acted on it and is not there any more; null for another one. */
export function taskInDoubt(state: HubState, claim: Claim): Task | null {
  if (!claim.lapsed || actingClaim(state.ledger, claim.robot) !== claim) return null;
  if ((state.watches.get(claim.robot)?.stream ?? null) !== null) return null;
  const task = state.ledger.tasks.get(claim.task);
  return task === undefined || isEnded(task) ? null : task;
}

/** What goes to and fro, with the chain of events that shows it: of one subject all that was found is one question. */
function toAndFro(state: HubState): readonly Doubt[] {
  const found = new Map<string, string[]>();
  for (const { subject, question } of interplayQuestions(state.interplay, (id) => state.watches.get(id)?.fleet))
    found.set(subject, [...(found.get(subject) ?? []), question]);
  return [...found].map(([subject, questions]) => {
    return { type: "interplay", subject, facts: questions.join(" "), decision: "lower" };
  });
}

/** What a person may want to know before they answer. */
export function evidenceOf(
  state: HubState,
  { type, subject }: { readonly type: string; readonly subject: string },
  nowMs: number,
): readonly string[] {
  if (type === "free") return robotSeen(state, state.ledger.byDestination.get(subject)?.robot ?? "", nowMs);
  if (type === "outcome") return robotSeen(state, state.ledger.tasks.get(subject)?.robot ?? "", nowMs);
  if (type === "absent") return robotSeen(state, subject, nowMs);
  const robot = subject.startsWith("robot/") ? subject.slice("robot/".length) : "";
  const watch = state.watches.get(robot);
  if (watch === undefined) return [];
  const causes = [...causesOf(watch.ladder), ...watch.edgeCauses].slice(0, 8);
  return [
    ...causes.map(({ name, rung, detail }) => `${rung} by ${name}${detail === "" ? "" : `: ${detail}`}`),
    ...robotSeen(state, robot, nowMs),
  ];
}

function robotSeen(state: HubState, robot: string, nowMs: number): readonly string[] {
  const watch = state.watches.get(robot);
  if (watch === undefined) return [];
  const pose = lastPose(watch);
  const ageMs = channelAgeMs(watch, "pose", { nowMs, site: state.site });
  const leftMs = Math.max(0, watch.leaseEndMs - nowMs);
  const link = watch.stream === null ? "no link" : "linked";
  const lease = leftMs > 0 ? `a lease may run for ${leftMs} ms` : "no lease runs";
  if (pose === undefined || ageMs === NEVER_FRESH) return [`${robot}: ${link}, ${lease}, never seen since this start`];
  const { xM, yM } = pose.pose;
  const at = `(${xM.toFixed(1)}, ${yM.toFixed(1)}) +- ${pose.errorM.toFixed(1)} m`;
  return [`${robot}: ${link}, ${lease}, last seen at ${at}, at most ${Math.ceil(ageMs / 1000)} s ago`];
}
