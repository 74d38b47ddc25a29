// Who has an assignment, what keeps that robot now, and why it was this robot and not another: what dispatch weighed
// then, as the ledger has it, and how the others stand now, in one fact for each.

import type { AssignmentWhy, WhyNot } from "../../../proto/why.js";
import { WHY_NOT, whyLines } from "../../../proto/why.js";
import { whyNoGrants } from "../claims.js";
import type { Claim, Task } from "../ledger-state.js";
import type { HubState } from "../turn.js";
import { bounded, type Fact } from "./fact.js";
import { type At, byCause, candidates, type Look, lookOf, toldForAll, whyNotRobot } from "./not-robot.js";
import { heldFact } from "./place.js";

/** An assignment whose claim still stands. */
export function assignmentFacts(state: HubState, held: Claim, begun: At): readonly Fact[] {
  const at = lookOf(state, begun);
  const end = held.end === null ? "" : `, ended: ${held.end}`;
  return [{ about: held.assignment, code: "PHASE", says: `${held.phase}${end}` }, ...activeFacts(state, held, at)];
}

/** An assignment under way: who has it, what keeps that robot, and how it stands with the others now. */
export function activeFacts(state: HubState, held: Claim, at: Look): readonly Fact[] {
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

/** Why this robot and why not that one. */
function whyThisRobot(state: HubState, held: Claim, at: Look): readonly Fact[] {
  const task = state.ledger.tasks.get(held.task);
  if (task === undefined) return [];
  const why = held.phase === "assigned" ? at.began.whyOf(held.token) : undefined;
  const about = held.robot;
  const given: Fact = { about, code: "CHOSEN", says: `${about} was given it as assignment ${held.assignment}` };
  const weighed = why === undefined ? [] : whyLines(about, { ...why, robots: [] });
  const [best, ...places] = weighed.map((says): Fact => ({ about, code: "CHOSEN", says }));
  return [
    given,
    ...(best === undefined ? [] : [best]),
    ...bounded(othersFacts(state, { held, task, why, at }), "robots"),
    ...places,
  ];
}

function othersFacts(
  state: HubState,
  {
    held,
    task,
    why,
    at,
  }: { readonly held: Claim; readonly task: Task; readonly why: AssignmentWhy | undefined; readonly at: Look },
): readonly Fact[] {
  const forAll = toldForAll(state, task);
  const others = candidates(state, { ...task, robot: "" }).filter(({ id }) => id !== held.robot);
  return others.flatMap((watch) => {
    const now = whyNotRobot(state, watch, { task, at });
    const then = why?.robots.find(({ subject }) => subject === watch.id);
    const isTold = now !== null && forAll.has(now.code);
    if (isTold && then === undefined) return [];
    const says = notText(watch.id, then, isTold ? undefined : (now?.says ?? `${watch.id} could be given work`));
    return [{ about: watch.id, code: now?.code ?? "READY", says } as const];
  });
}

/** `then`: what it lost by; `now`: how it stands now; each is said once, and both at once when they are the same. */
function notText(robot: string, then: WhyNot | undefined, now: string | undefined): string {
  const nowText = now === undefined ? "" : `as it stands now: ${now}`;
  if (then === undefined) return `not ${robot}, ${nowText}`;
  const thenText = then.detail || WHY_NOT[then.reason];
  if (now?.includes(thenText.replace(/^(it is|it has|it|its) /, ""))) return `not ${robot}, then and now: ${now}`;
  return `not ${robot}: ${thenText}${nowText === "" ? "" : `; ${nowText}`}`;
}
