// Sound decisions that together do harm. Every automatic actor of the hub leaves its intent in the ledger: this looks
// at the events as they are made and finds what goes to and fro in a window: a task between robots, a robot between
// places or models, two actors that undo each other, a rung that flaps. What is found is held off for a while, longer
// each time and never for ever: dispatch leaves it alone. Nothing here delays a fall, an end, a renewal or an act of a
// person; only new grants, climbs and swaps may wait (R7). It forgets with its window and with the hub: a restart holds
// nothing off.

import type { Token } from "../../proto/claim.js";
import type { INTERPLAYS, LedgerBody, LedgerEvent } from "../../proto/ledger.js";
import { CAUSES, type CauseName, severity } from "../../proto/mode.js";
import { type Actor, actorOf } from "./actors.js";

export interface InterplayPolicy {
  readonly windowMs: number;
  readonly returns: number;
  readonly falls: number;
  readonly holdOffMs: number;
  readonly holdOffDoublings: number;
}

export type FindingKind = (typeof INTERPLAYS)[number];

/** What goes to and fro, held off until `untilMs` and remembered for a window more. */
export interface Finding {
  readonly kind: FindingKind;
  readonly subject: string; // task, robot or fleet
  readonly between: readonly string[]; // robots of a task, places or models of a robot, causes of a rung
  readonly sinceMs: number; // of the first time in a row
  readonly atMs: number;
  readonly untilMs: number;
  readonly times: number; // in a row
  readonly events: readonly number[]; // the chain, by sequence
}

interface Step {
  readonly atMs: number;
  readonly sequence: number;
  readonly to: string;
  readonly actor: Actor;
}

export interface Interplay {
  readonly tracks: Map<string, readonly Step[]>; // by kind and subject, the least recently changed first
  readonly findings: Map<string, Finding>; // by kind of subject, and subject
  readonly raised: Map<string, number>; // robot to when it was last raised to AUTONOMOUS
}

/** R13 */
const TRACKS_MOST = 10_000;
const STEPS_MOST = 24;
const RAISE_WINDOW_MS = 60_000;

export function noInterplay(): Interplay {
  return { tracks: new Map(), findings: new Map(), raised: new Map() };
}

/** The claim that a token stands for. */
export type ClaimFinder = (token: Token) => { readonly robot: string; readonly task: string } | undefined;

/** Takes an event that was just applied, and tells what it completes, if anything. */
export function observe(
  state: Interplay,
  event: LedgerEvent,
  by: { readonly policy: InterplayPolicy; readonly claimOf: ClaimFinder },
): readonly Finding[] {
  const { body } = event;
  const { policy } = by;
  if (body.kind === "modeChanged") return changed(state, event, { body, policy });
  if (body.kind === "modelSwapAllowed") return swapped(state, event, { body, policy });
  if (body.kind === "taskEnded") state.tracks.delete(`task ${body.task}`);
  if (body.kind === "assignmentEnded" && body.end === "COMPLETED") cameToSomething(state, by.claimOf(body.token));
  if (body.kind !== "claimed") return [];
  return [
    ...(body.task === "" ? [] : went(state, `task ${body.task}`, { event, to: body.robot, policy })),
    ...went(state, `robot ${body.robot}`, { event, to: body.destination, policy }),
  ];
}

function cameToSomething(state: Interplay, claim: ReturnType<ClaimFinder>): void {
  if (claim === undefined || claim.task === "") return;
  state.tracks.delete(`task ${claim.task}`);
  state.tracks.delete(`robot ${claim.robot}`);
  state.findings.delete(`task ${claim.task}`);
}

interface Gone {
  readonly event: LedgerEvent;
  readonly to: string;
  readonly policy: InterplayPolicy;
}

function went(state: Interplay, key: string, { event, to, policy }: Gone): readonly Finding[] {
  const steps = stepsOf(state, key, { nowMs: event.hubMs, policy });
  const last = steps.at(-1);
  if (last?.to === to) return []; // it goes on, under another token
  const next = [...steps, { atMs: event.hubMs, sequence: event.sequence, to, actor: actorOf(event.body) }];
  keep(state, key, next);
  const returns = next.filter((step, index) => index >= 2 && next[index - 2]?.to === step.to).length;
  return returns < policy.returns ? [] : [found(state, key, { kind: kindOf(key, next), steps: next, policy })];
}

function kindOf(key: string, steps: readonly Step[]): FindingKind {
  if (key.startsWith("task ")) return "TASK_TO_AND_FRO";
  if (key.startsWith("model of ")) return "MODEL_TO_AND_FRO";
  return steps.every(({ actor }) => actor === steps[0]?.actor) ? "ROBOT_TO_AND_FRO" : "ACTORS_FIGHT";
}

/** What drives now may have come back by itself since the last swap: nobody asks for that, so it tells of both. */
function swapped(
  state: Interplay,
  event: LedgerEvent,
  of: { readonly body: Extract<LedgerBody, { kind: "modelSwapAllowed" }>; readonly policy: InterplayPolicy },
): readonly Finding[] {
  const { robot, from, model, version } = of.body;
  const both = [from === "" ? "none" : from, `${model} ${version}`];
  return both.flatMap((to) => went(state, `model of ${robot}`, { event, to, policy: of.policy }));
}

function changed(
  state: Interplay,
  event: LedgerEvent,
  { body, policy }: { readonly body: Extract<LedgerBody, { kind: "modeChanged" }>; readonly policy: InterplayPolicy },
): readonly Finding[] {
  if (!isPaced(body.cause)) return []; // a start is no fall, and what clears at once is no climb
  if (body.to === "AUTONOMOUS" && body.robot !== "") state.raised.set(body.robot, event.hubMs);
  if (severity(body.to) <= severity(body.from) || body.from !== "AUTONOMOUS") return [];
  const key = body.robot === "" ? `rung of fleet ${body.fleet}` : `rung of ${body.robot}`;
  const steps = stepsOf(state, key, { nowMs: event.hubMs, policy });
  const next = [...steps, { atMs: event.hubMs, sequence: event.sequence, to: body.cause, actor: "modes" as const }];
  keep(state, key, next);
  return next.length < policy.falls ? [] : [found(state, key, { kind: "RUNG_FLAPS", steps: next, policy })];
}

/** Clears by good evidence over a dwell. */
function isPaced(cause: string): boolean {
  return cause in CAUSES && CAUSES[cause as CauseName].clear === "dwell";
}

function stepsOf(
  state: Interplay,
  key: string,
  { nowMs, policy }: { readonly nowMs: number; readonly policy: InterplayPolicy },
): readonly Step[] {
  return (state.tracks.get(key) ?? []).filter(({ atMs }) => nowMs - atMs <= policy.windowMs).slice(1 - STEPS_MOST);
}

function keep(state: Interplay, key: string, steps: readonly Step[]): void {
  state.tracks.delete(key);
  state.tracks.set(key, steps);
  const oldest = state.tracks.size > TRACKS_MOST ? state.tracks.keys().next() : null;
  if (oldest?.done === false) state.tracks.delete(oldest.value);
}

/** Found again while it is remembered: held off for twice as long. What led to it is forgotten with it. */
function found(
  state: Interplay,
  key: string,
  from: { readonly kind: FindingKind; readonly steps: readonly Step[]; readonly policy: InterplayPolicy },
): Finding {
  const { kind, steps, policy } = from;
  const atMs = steps.at(-1)?.atMs ?? 0;
  const before = state.findings.get(key);
  const times = before !== undefined && atMs - before.untilMs <= policy.windowMs ? before.times + 1 : 1;
  let holdMs = policy.holdOffMs;
  for (let doubling = 1; doubling < times && doubling <= policy.holdOffDoublings; doubling += 1) holdMs *= 2;
  const finding: Finding = {
    ...{ kind, subject: key.slice(key.lastIndexOf(" ") + 1), between: [...new Set(steps.map(({ to }) => to))].sort() },
    ...{ sinceMs: times === 1 ? atMs : (before?.sinceMs ?? atMs), atMs, untilMs: atMs + holdMs, times },
    events: [...new Set(steps.map(({ sequence }) => sequence))],
  };
  state.tracks.delete(key);
  state.findings.delete(key);
  state.findings.set(key, finding);
  return finding;
}

/** Forgets what is out of its window. */
export function stepInterplay(state: Interplay, policy: InterplayPolicy, nowMs: number): void {
  for (const [key, { untilMs }] of state.findings) if (nowMs - untilMs > policy.windowMs) state.findings.delete(key);
  for (const [robot, atMs] of state.raised) if (nowMs - atMs > RAISE_WINDOW_MS) state.raised.delete(robot);
}

/** What holds a task or a robot off now; null when nothing does. Of a robot: its ways, its rung or its model. */
export function heldOff(
  state: Interplay,
  what: "task" | "robot" | "rung of" | "model of",
  id: string,
  nowMs: number,
): Finding | null {
  const finding = state.findings.get(`${what} ${id}`);
  return finding !== undefined && nowMs < finding.untilMs ? finding : null;
}

/** Whether one more robot of its fleet may be raised to AUTONOMOUS now; one that was within the minute always may. */
export function mayRaise(
  state: Interplay,
  robot: string,
  by: {
    readonly robots: number; // of its fleet
    readonly isOfFleet: (robot: string) => boolean;
    readonly policy: { readonly raiseShare: number; readonly raiseLeast: number };
    readonly nowMs: number;
  },
): boolean {
  let left = Math.max(by.policy.raiseLeast, Math.ceil(by.policy.raiseShare * by.robots));
  for (const [raised, atMs] of state.raised) {
    if (by.nowMs - atMs > RAISE_WINDOW_MS || !by.isOfFleet(raised)) continue;
    if (raised === robot) return true;
    left -= 1;
  }
  return left > 0;
}

/** A question for people: what was found, and the events that show it. It goes by itself when its window has passed. */
export interface InterplayQuestion {
  readonly subject: string;
  readonly question: string;
  readonly sinceMs: number;
  readonly events: readonly number[];
}

/** One question for each that is held off or was lately; of a fleet whose rung flaps none for each of its robots. */
export function interplayQuestions(
  state: Interplay,
  fleetOf: (robot: string) => string | undefined,
): readonly InterplayQuestion[] {
  const flapping = new Set(
    [...state.findings.keys()].filter((key) => key.startsWith("rung of fleet ")).map((key) => key.slice(14)),
  );
  return [...state.findings]
    .filter(([key, { kind, subject }]) => {
      const isRobots = kind === "RUNG_FLAPS" && !key.startsWith("rung of fleet ");
      return !(isRobots && flapping.has(fleetOf(subject) ?? ""));
    })
    .map(([, finding]) => {
      const { subject, sinceMs, events } = finding;
      return { subject, question: questionOf(finding), sinceMs, events };
    });
}

/** What was found, for people. */
export function questionOf({ kind, subject, between, times, events }: Finding): string {
  const among = between.slice(0, 4).join(", ");
  const chain = `events ${events.slice(-6).join(", ")}`;
  const again = times > 1 ? `, ${times} times in a row` : "";
  switch (kind) {
    case "TASK_TO_AND_FRO":
      return `task ${subject} goes to and fro between ${among}${again} (${chain}): what keeps them from it?`;
    case "ROBOT_TO_AND_FRO":
      return `${subject} is sent to and fro between ${among}${again} (${chain}): is there room for it?`;
    case "ACTORS_FIGHT":
      return `${subject} is sent to and fro between ${among} by two rules${again} (${chain}): which one shall it be?`;
    case "RUNG_FLAPS":
      return `${subject} falls again and again by ${among}${again} (${chain}): what is wrong with it?`;
    case "MODEL_TO_AND_FRO":
      return `${subject} swaps to and fro between models ${among}${again} (${chain}): which one shall drive it?`;
  }
}

/** A person has answered: nothing is asked or held off any more until it is found again. False: there was nothing. */
export function answered(state: Interplay, subject: string): boolean {
  const keys = [...state.findings].filter(([, finding]) => finding.subject === subject).map(([key]) => key);
  for (const key of keys) state.findings.delete(key);
  return keys.length > 0;
}

/** Of the ledger's event: everything of a finding that its time does not tell. */
export function toBody(finding: Finding): Extract<LedgerBody, { kind: "interplayFound" }> {
  const { kind: what, subject, between, times, events, atMs, untilMs } = finding;
  return { kind: "interplayFound", what, subject, between, times, events, holdOffMs: untilMs - atMs };
}
